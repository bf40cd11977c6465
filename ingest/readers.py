"""Readers: a file or an address to a `Document`. A row of `READERS` a kind of file.

Whatever a file says of itself (front matter, HTML metadata, document properties) fills the metadata; what the caller gives
overrides it.
"""

import dataclasses
import hashlib
import io
import logging
import re
import stat
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ingest.decoding import decode
from ingest.description import metadata_of
from ingest.fetching import fetch
from ingest.repair import repair
from knowledge.document import Document, canonical
from knowledge.errors import DocumentError

LARGEST = 50_000_000
"""Bytes of a file or page at most."""

UNPACKED = 500_000_000
"""Bytes of an unpacked Word file at most."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What a reader takes out of a file: its words and what it says of itself."""

    text: str
    metadata: Mapping[str, object]
    """As found; `ingest.description` makes sense of it."""


def read_file(path: Path, given: Mapping[str, str]) -> Document:
    """Read one file. `given` overrides what the file says of itself.

    Raises:
        DocumentError: if its kind is unknown, or it is unreadable, empty or too large, or `given` holds a wrong value.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DocumentError(
            f"{path.name!r} is of a kind that Kaibi cannot read.", remedy=f"It reads {', '.join(sorted(READERS))}."
        )
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DocumentError(f"{path.name!r} is no regular file.")
        if path.stat().st_size > LARGEST:
            raise DocumentError(f"{path.name!r} is larger than {LARGEST // 10**6} MB.", remedy="Split it.")
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path.name!r} cannot be read: {error.strerror or error}.") from error
    raw = _read(reader, data, path.name)
    return _document(raw, origin=str(path.absolute()), name=path.stem, given=given)


def read_url(url: str, given: Mapping[str, str]) -> Document:
    """Fetch and read one page or file.

    Raises:
        DocumentError: if it cannot be fetched or read.
    """
    page = fetch(url, largest=LARGEST)
    parts = urlsplit(page.url)
    suffix = Path(parts.path).suffix.lower()
    for word, known in (("html", ".html"), ("pdf", ".pdf"), ("wordprocessingml", ".docx"), ("markdown", ".md")):
        if word in page.kind:
            suffix = known
    name = re.sub(r"\W+", "-", f"{parts.hostname or ''}{parts.path}").strip("-")
    reader = READERS.get(suffix, _read_text if "text/plain" in page.kind else _read_html)
    return _document(_read(reader, page.data, page.url), origin=page.url, name=name, given={"url": page.url, **given})


def _read(reader: Callable[[bytes], Raw], data: bytes, name: str) -> Raw:
    """The border to foreign parsers: whatever they raise on a damaged file is one sentence."""
    for library in ("pypdf", "trafilatura", "charset_normalizer"):
        # They report every oddity of a file; the user needs to hear only whether it could be read.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = reader(data)
    except DocumentError as error:
        raise DocumentError(f"{name!r} cannot be read: {error.message}", remedy=error.remedy) from error
    except ImportError:
        raise  # A broken installation is no fault of the file.
    except Exception as error:
        raise DocumentError(
            f"{name!r} is damaged or not what its name says ({type(error).__name__}).", remedy="Open and save it anew."
        ) from error
    return raw


def _document(raw: Raw, *, origin: str, name: str, given: Mapping[str, str]) -> Document:
    text = canonical(repair(raw.text))
    if not any(char.isalnum() for char in text):
        raise DocumentError(f"{name!r} holds no text.", remedy="If it is a scan, recognise its text first (OCR).")
    metadata = metadata_of(raw.metadata, text, given=given, name=name)
    identifier = _slug(str(raw.metadata.get("id") or "") or name)
    origin = origin.encode("utf-8", "replace").decode()  # A file's name may be bytes that are no text.
    return Document(identifier, text, dataclasses.replace(metadata, origin=origin))


def _slug(name: str) -> str:
    slug = re.sub(r"[^\w.]+", "-", canonical(name).lower()).strip("-.")[:80]
    return slug or "document-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _read_text(data: bytes) -> Raw:
    return Raw(decode(data), {})


def _read_markdown(data: bytes) -> Raw:
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    match = re.match(r"---\n(.*?)\n---[ \t]*\n+", text, re.DOTALL)
    if not match:
        return Raw(text, {})
    import yaml

    try:
        front = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        raise DocumentError(
            "its front matter is no YAML.", remedy="Mend what stands between the two --- lines."
        ) from error
    if not isinstance(front, dict):
        return Raw(text, {})
    return Raw(text[match.end() :], {str(key): value for key, value in front.items()})


def _read_html(data: bytes) -> Raw:
    import trafilatura

    html = decode(data)
    extracted = trafilatura.bare_extraction(html, include_comments=False, include_tables=True, with_metadata=True)
    text = trafilatura.extract(html, output_format="markdown", include_comments=False, include_tables=True) or ""
    metadata: dict[str, object] = {}
    if extracted is not None:
        found = extracted.as_dict() if hasattr(extracted, "as_dict") else extracted
        names = {"title": "title", "author": "author", "date": "date", "sitename": "publisher", "url": "url"}
        metadata = {ours: found[theirs] for theirs, ours in names.items() if found.get(theirs)}
    # Of a page with a sentence or two the extractor makes nothing; then all of its words are the text.
    return Raw(text or trafilatura.html2txt(html), metadata)


def _read_pdf(data: bytes) -> Raw:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentError("it is locked with a password.", remedy="Save a copy without the password.")
    text = "\n\n".join(_unwrapped(page.extract_text() or "") for page in reader.pages)
    described = reader.metadata
    said = {"title": described.title, "author": described.author} if described else {}
    return Raw(text, said)


def _unwrapped(page: str) -> str:
    """Join the lines that a page layout broke, so that sentences are whole."""
    lines = [line.strip() for line in page.splitlines()]
    full = max((len(line) for line in lines), default=0) * 0.7
    joined = ""
    for line, before in zip(lines, ["", *lines], strict=False):
        wrapped = before and line and len(before) >= full and not re.search(r"[。！？!?.:：]$", before)
        if not wrapped:
            joined += "\n" + line
        elif before[-1].isascii() and line[0].isascii():
            joined = joined[:-1] + line if before.endswith("-") and line[0].islower() else f"{joined} {line}"
        else:
            joined += line
    return joined.strip()


def _read_docx(data: bytes) -> Raw:
    import docx
    from docx.table import Table

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > UNPACKED:
            raise DocumentError("it unpacks to far more than a document.")
    document = docx.Document(io.BytesIO(data))
    lines: list[str] = []
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            rows = [[cell.text.replace("\n", " ").strip() for cell in row.cells] for row in item.rows]
            lines += ["| " + " | ".join(row) + " |" for row in rows] + [""]
            continue
        style = (item.style.name or "") if item.style is not None else ""
        level = int(style[-1]) if style.startswith("Heading") and style[-1].isdigit() else 0
        lines += [("#" * level + " " if level else "- " if style.startswith("List") else "") + item.text.strip(), ""]
    said = document.core_properties
    return Raw("\n".join(lines), {"title": said.title, "author": said.author})


READERS: Mapping[str, Callable[[bytes], Raw]] = {
    ".txt": _read_text,
    ".text": _read_text,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
}
