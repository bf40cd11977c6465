"""Readers: a file or an address to a `Document`. A row of `READERS` a kind of file.

Whatever a file says of itself (front matter, HTML metadata, document properties) fills the metadata; what the caller gives
overrides it.
"""

import dataclasses
import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ingest.decoding import decode
from ingest.repair import repair
from knowledge.document import Document, Metadata, canonical
from knowledge.errors import DocumentError
from knowledge.facts import STANCES
from knowledge.script import language_of

LARGEST = 50_000_000
"""Bytes of a file or page at most."""

_FIELDS = {field.name for field in dataclasses.fields(Metadata)}
_BYLINE = re.compile(r"^(?:文|作者|撰文)\s*[|｜:：/]\s*(\S.{0,30}?)\s*$|^[Bb]y[: ]\s*([A-Z].{1,40}?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Raw:
    """What a reader takes out of a file: its words and what it says of itself."""

    text: str
    metadata: Mapping[str, str | tuple[str, ...]]


def read_file(path: Path, given: Mapping[str, str]) -> Document:
    """Read one file.

    Raises:
        DocumentError: if its kind is unknown, or it is unreadable, empty or too large.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DocumentError(
            f"{path.name!r} is of a kind that Kaibi cannot read.", remedy=f"It reads {', '.join(sorted(READERS))}."
        )
    try:
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
    import httpx

    try:
        with (
            httpx.Client(follow_redirects=True, timeout=20, headers={"User-Agent": "Kaibi/0.1"}) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            kind = response.headers.get("content-type", "")
            data = b""
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > LARGEST:
                    raise DocumentError(f"{url!r} is larger than {LARGEST // 10**6} MB.")
    except httpx.HTTPStatusError as error:
        raise DocumentError(f"{url!r} answered {error.response.status_code}.", remedy="Check the address.") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise DocumentError(
            f"{url!r} cannot be reached ({type(error).__name__}).", remedy="Check the address and the network."
        ) from error
    parts = urlsplit(url)
    suffix = Path(parts.path).suffix.lower()
    for word, known in (("html", ".html"), ("pdf", ".pdf"), ("wordprocessingml", ".docx"), ("markdown", ".md")):
        if word in kind:
            suffix = known
    name = re.sub(r"\W+", "-", f"{parts.hostname or ''}{parts.path}").strip("-")
    raw = _read(READERS.get(suffix, _read_text if "text/plain" in kind else _read_html), data, url)
    return _document(raw, origin=url, name=name, given={"url": url, **given})


def _read(reader: Callable[[bytes], Raw], data: bytes, name: str) -> Raw:
    """The border to foreign parsers: whatever they raise on a damaged file is one sentence."""
    try:
        raw = reader(data)
    except DocumentError as error:
        raise DocumentError(f"{name!r} cannot be read: {error.message}", remedy=error.remedy) from error
    except Exception as error:
        raise DocumentError(
            f"{name!r} is damaged or not what its name says ({type(error).__name__}).", remedy="Open and save it anew."
        ) from error
    if not any(char.isalnum() for char in raw.text):
        raise DocumentError(f"{name!r} holds no text.", remedy="If it is a scan, recognise its text first (OCR).")
    return raw


def _document(raw: Raw, *, origin: str, name: str, given: Mapping[str, str]) -> Document:
    text = canonical(repair(raw.text))
    said = {key: value for key, value in raw.metadata.items() if key in _FIELDS and value}
    byline = _BYLINE.search(text[:2_000])
    if byline and "author" not in said:
        said["author"] = (byline[1] or byline[2]).strip()
    known = {"title": _title(text) or name, "language": language_of(text[:4_000]), **said, **given, "origin": origin}
    for key, allowed in (("kind", ("source", "note")), ("stance", STANCES), ("language", ("zh", "zh-Hant", "en"))):
        if key in known and known[key] not in allowed:
            raise DocumentError(f"{name!r} has {key} {known[key]!r}.", remedy=f"Use one of {', '.join(allowed)}.")
    metadata = Metadata(**known)  # type: ignore[arg-type]
    identifier = str(raw.metadata.get("id") or "") or _slug(name)
    return Document(identifier, text, dataclasses.replace(metadata, title=" ".join(metadata.title.split())[:200]))


def _slug(name: str) -> str:
    slug = re.sub(r"[^\w.]+", "-", name.lower()).strip("-.")[:80]
    return slug or "document-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _title(text: str) -> str:
    """The first heading, or a short first line."""
    for line in text.splitlines():
        words = line.strip().lstrip("#").strip()
        if words:
            return words.rstrip("。.") if len(words) <= 80 else ""
    return ""


def _read_text(data: bytes) -> Raw:
    return Raw(decode(data), {})


def _read_markdown(data: bytes) -> Raw:
    text = canonical(decode(data))
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
    metadata: dict[str, str | tuple[str, ...]] = {
        str(key): tuple(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        for key, value in front.items()
    }
    if "tags" in metadata and isinstance(metadata["tags"], str):
        metadata["tags"] = (metadata["tags"],)
    return Raw(text[match.end() :], metadata)


def _read_html(data: bytes) -> Raw:
    import trafilatura

    html = decode(data)
    extracted = trafilatura.bare_extraction(html, include_comments=False, include_tables=True, with_metadata=True)
    text = trafilatura.extract(html, output_format="markdown", include_comments=False, include_tables=True) or ""
    metadata: dict[str, str | tuple[str, ...]] = {}
    if extracted is not None:
        found = extracted.as_dict() if hasattr(extracted, "as_dict") else extracted
        names = {"title": "title", "author": "author", "date": "date", "sitename": "publisher", "url": "url"}
        metadata = {ours: str(found[theirs]) for theirs, ours in names.items() if found.get(theirs)}
    return Raw(text, metadata)


def _read_pdf(data: bytes) -> Raw:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentError("it is locked with a password.", remedy="Save a copy without the password.")
    text = "\n\n".join(_unwrapped(page.extract_text() or "") for page in reader.pages)
    described = reader.metadata
    said = {"title": described.title or "", "author": described.author or ""} if described else {}
    return Raw(text, {key: str(value) for key, value in said.items()})


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
    return Raw("\n".join(lines), {"title": said.title or "", "author": said.author or ""})


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
