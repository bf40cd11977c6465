"""Readers: real files of every kind, and any bytes under any name."""

import io
import os
from contextlib import suppress
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from ingest.readers import LARGEST, READERS, read_file
from knowledge.document import Document, canonical
from knowledge.errors import DocumentError

PAGE = """<html><head><title>Open models</title><meta name="author" content="Li Lei"></head><body><nav>Home | About</nav>
<article><h1>Open models</h1><p>Alibaba Cloud opened its models in 2023 so that developers could host them themselves.
The company said that its cloud earns when they do.</p><p>Baidu kept its models closed until the summer of 2025, and
opened a series of them after that under a permissive licence.</p></article><footer>Imprint</footer></body></html>"""


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pdf(*lines: str, password: str = "") -> bytes:
    """A PDF file of one page with these lines."""
    writer = PdfWriter()
    page = writer.add_blank_page(600, 800)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    shown = "".join(f"({line}) Tj 0 -20 Td " for line in lines)
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 40 700 Td {shown} ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "A paper", "/Author": "Han Meimei"})
    if password:
        writer.encrypt(password)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.core_properties.author = "李雷"
    document.add_heading("开源与闭源", 1)
    document.add_paragraph("阿里云开源了通义。")
    document.add_paragraph("要点", style="List Bullet")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "模型", "许可证"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_text(tmp_path: Path) -> None:
    """A text file gives its words, line ends as \\n, the first line as title and a byline as author."""
    path = write(tmp_path, "笔记.txt", "开源之争\r\n文｜李雷\r\n阿里云开源了通义。\r\n")
    document = read_file(path, {})
    assert document.text == "开源之争\n文｜李雷\n阿里云开源了通义。\n"
    assert (document.id, document.metadata.title, document.metadata.author) == ("笔记", "开源之争", "李雷")
    assert (document.metadata.language, document.metadata.origin) == ("zh", str(path))


def test_markdown(tmp_path: Path) -> None:
    """Front matter becomes metadata and no text."""
    front = "---\ntitle: 标题\ndate: 2024-06-05\nstance: open\ntags: [a, 'b,c', 1]\nid: My Note\n---\n\n"
    document = read_file(write(tmp_path, "note.md", front + "# 通义\n\n通义开源。\n"), {"publisher": "报社"})
    assert document.text == "# 通义\n\n通义开源。\n"
    assert document.id == "my-note"
    said = document.metadata
    assert (said.title, said.date, said.stance, said.publisher) == ("标题", "2024-06-05", "open", "报社")
    assert said.tags == ("a", "b c", "1")


def test_foreign_front_matter_does_no_harm(tmp_path: Path) -> None:
    """What other programs write into front matter is used where it fits and left out where it does not."""
    front = (
        "---\nkind: blog\nlanguage: zh-TW\nstance: 0x"
        + "f" * 9_000
        + "\ndate: soon\nauthor: {a: [1]}\nurl: null\n---\n"
    )
    said = read_file(write(tmp_path, "note.md", front + "通义开源。\n"), {}).metadata
    assert (said.kind, said.language, said.stance, said.date, said.author, said.url) == (
        *("source", "zh-Hant", "neutral", "", "", ""),
    )


@pytest.mark.parametrize(
    ("key", "value"), [("date", "last year"), ("kind", "blog"), ("stance", "maybe"), ("date", "2024-13")]
)
def test_what_is_given_must_be_right(tmp_path: Path, key: str, value: str) -> None:
    """A wrong value on the command line is an error that names it and says what would be right."""
    path = write(tmp_path, "a.txt", "words")
    with pytest.raises(DocumentError, match=value) as caught:
        read_file(path, {key: value})
    assert caught.value.remedy


def test_html(tmp_path: Path) -> None:
    """Of a page the article is kept, without its frame; title and author are known."""
    document = read_file(write(tmp_path, "page.html", PAGE), {})
    assert "Alibaba Cloud opened" in document.text
    assert "Home | About" not in document.text
    assert (document.metadata.title, document.metadata.author) == ("Open models", "Li Lei")


def test_a_short_page_is_read_too(tmp_path: Path) -> None:
    """A page of one sentence has no article that an extractor would find, and is a text all the same."""
    document = read_file(write(tmp_path, "short.htm", "<html><body>阿里云开源了通义。</body></html>"), {})
    assert "阿里云开源了通义。" in document.text


def test_pdf(tmp_path: Path) -> None:
    """Lines that the layout broke are joined again; title and author are known."""
    lines = ("Open weights can be hosted by anyone who has", "the machines for it.", "Closed models cannot.")
    document = read_file(write(tmp_path, "paper.pdf", pdf(*lines)), {})
    assert "anyone who has the machines for it." in document.text
    assert (document.metadata.title, document.metadata.author) == ("A paper", "Han Meimei")


def test_a_locked_pdf_says_so(tmp_path: Path) -> None:
    """A password is named as the reason."""
    with pytest.raises(DocumentError, match="password"):
        read_file(write(tmp_path, "locked.pdf", pdf("words", password="secret")), {})


def test_a_scan_says_so(tmp_path: Path) -> None:
    """A PDF without text is an error that speaks of text recognition."""
    with pytest.raises(DocumentError, match="no text") as caught:
        read_file(write(tmp_path, "scan.pdf", pdf()), {})
    assert "OCR" in caught.value.remedy


def test_docx(tmp_path: Path) -> None:
    """Headings, lists and tables of a Word file become Markdown."""
    document = read_file(write(tmp_path, "a.docx", word()), {})
    assert document.text.startswith("# 开源与闭源\n\n阿里云开源了通义。\n\n- 要点")
    assert "| 模型 | 许可证 |" in document.text
    assert document.metadata.author == "李雷"


def test_metadata_is_one_plain_line(tmp_path: Path) -> None:
    """Control characters, line ends and floods in metadata never reach the store."""
    front = '---\ntitle: "a\\u202eb\\nc\\ud800\\e[31m"\nauthor: ' + "x" * 5_000 + "\n---\n"
    said = read_file(write(tmp_path, "note.md", front + "words\n"), {}).metadata
    assert said.title.isprintable()
    assert len(said.author) <= 300


@pytest.mark.parametrize("content", ["", " \n\t", "\ufeff", "***\n---\n"])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_empty_files_hold_no_text(tmp_path: Path, content: str, suffix: str) -> None:
    """A file without a letter or digit is an error."""
    with pytest.raises(DocumentError):
        read_file(write(tmp_path, f"empty{suffix}", content), {})


def test_what_is_no_file_is_an_error(tmp_path: Path) -> None:
    """A folder, a pipe, a loop of links and a missing file are errors, and nothing waits for a pipe to speak."""
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    for name in ("folder.txt", "pipe.txt", "loop.txt", "missing.txt", "n" * 300 + ".txt"):
        with pytest.raises(DocumentError):
            read_file(tmp_path / name, {})


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    """Missing rights are named; the administrator, who may read all, has the same from a link into nowhere."""
    path = write(tmp_path, "secret.txt", "words")
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.unlink()
        path.symlink_to("/proc/self/mem/nowhere.txt")
    with pytest.raises(DocumentError, match="cannot be read"):
        read_file(path, {})


def test_unknown_kinds_and_giants_are_refused(tmp_path: Path) -> None:
    """The message says which kinds can be read; a file that is too large is not read into memory."""
    with pytest.raises(DocumentError, match=r"photo\.png") as caught:
        read_file(write(tmp_path, "photo.png", "x"), {})
    assert ".docx" in caught.value.remedy
    giant = tmp_path / "giant.txt"
    with giant.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(DocumentError, match="larger"):
        read_file(giant, {})


def test_a_word_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    """A small archive that holds a huge entry is not unpacked."""
    import zipfile

    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("word/document.xml", "w") as entry,
    ):
        for _ in range(60):
            entry.write(bytes(10_000_000))
    with pytest.raises(DocumentError, match="unpacks"):
        read_file(write(tmp_path, "bomb.docx", buffer.getvalue()), {})


VALID = {".txt": "words. 词语。".encode(), ".md": b"---\ntitle: a\n---\nwords", ".html": PAGE.encode()}
VALID |= {".pdf": pdf("some words"), ".docx": word()}


def damaged(suffix: str) -> st.SearchStrategy[bytes]:
    """A valid file with a few bytes changed, or cut off."""
    data = VALID[suffix]
    changes = st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=8)

    def apply(changed: list[tuple[int, int]], end: int) -> bytes:
        array = bytearray(data)
        for place, value in changed:
            array[place] = value
        return bytes(array[:end])

    return st.builds(apply, changes, st.integers(len(data) // 2, len(data)))


junk = st.one_of(st.binary(max_size=300), st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace")))
files = st.sampled_from(sorted(READERS)).flatmap(
    lambda suffix: st.tuples(
        st.just(suffix),
        st.one_of(junk, damaged({".text": ".txt", ".markdown": ".md", ".htm": ".html"}.get(suffix, suffix))),
    )
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files)
@example((".md", b"---\n&a [*a]\n---\nx"))
@example((".md", b"---\ntitle: !!python/object/apply:os.system [id]\n---\nx"))
@example((".html", b"<p>" * 20_000 + b"x"))
@example((".html", b"&#xD800;&#0;x<script>y</script>"))
@example((".txt", b"\xff\xfe\x00\xd8x\x00"))
def test_any_bytes_under_any_name(tmp_path: Path, file: tuple[str, bytes]) -> None:
    """Any bytes under any known name give a storable document or a DocumentError, and nothing else."""
    suffix, data = file
    with suppress(DocumentError):
        document = read_file(write(tmp_path, f"junk{suffix}", data), {})
        assert isinstance(document, Document)
        assert document.text == canonical(document.text)
        document.text.encode()
        document.metadata.title.encode()


def test_reading_says_nothing_on_the_console(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What foreign libraries find odd in a file does not reach the user's terminal."""
    data = pdf("words").replace(b"startxref", b"startxxxx")
    for name, content in (("a.pdf", data), ("a.html", b"<html>"), ("a.txt", b"\x81\x82\xff")):
        with suppress(DocumentError):
            read_file(write(tmp_path, name, content), {})
    assert capfd.readouterr() == ("", "")
