"""Pairs of sentences from translated software: catalogues and help pages."""

import struct
from pathlib import Path

import pytest

from bench import parallel_text


def catalogue(file: Path, messages: dict[str, str]) -> None:
    """A compiled gettext catalogue; see "The Format of GNU MO Files" in the manual of gettext."""
    header = {"": "Content-Type: text/plain; charset=UTF-8\n"}
    pairs = sorted((key.encode(), value.encode()) for key, value in (header | messages).items())
    count, at = len(pairs), 28 + 16 * len(pairs)
    tables, body = [b"", b""], b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<2I", len(pair[side]), at + len(body))
            body += pair[side] + b"\0"
    file.parent.mkdir(parents=True)
    file.write_bytes(struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + b"".join(tables) + body)


def test_pairs_are_read_from_catalogues_and_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences come once each, without tags; single words, other languages and pages of unlike length are left out."""
    told = {
        "The file could not be <b>opened</b> for writing.": "无法打开该文件进行写入。",
        "Open": "打开",
        "Paragraph one says this much.\n\nParagraph two says a little more.": "第一段说了这么多。\n\n第二段再多说一点。",
        "menu|Do not show this message again, please": "请不要再显示这条消息",
    }
    catalogue(tmp_path / "office/locale/zh_CN/LC_MESSAGES/x.mo", told)
    catalogue(tmp_path / "office/locale/de/LC_MESSAGES/x.mo", {"One two three four five six": "Eins zwei drei"})
    for folder, first in (("en-US", "This page has one paragraph only."), ("zh-CN", "这一页只有一个段落。")):
        (tmp_path / "book" / folder).mkdir(parents=True)
        (tmp_path / "book" / folder / "a.html").write_text(f"<p>{first}</p>", encoding="utf-8")
        more = "<p>x</p>" if folder == "en-US" else ""
        (tmp_path / "book" / folder / "b.html").write_text(f"<p>{first} Again!</p>{more}", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["parallel_text", str(tmp_path)])
    parallel_text.main()
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == sorted(
        [
            "x.mo\tThe file could not be opened for writing.\t无法打开该文件进行写入。",
            "x.mo\tParagraph one says this much.\t第一段说了这么多。",
            "x.mo\tParagraph two says a little more.\t第二段再多说一点。",
            "x.mo\tDo not show this message again, please\t请不要再显示这条消息",
            "book\tThis page has one paragraph only.\t这一页只有一个段落。",
        ]
    )
