"""Decoding: bytes of any encoding to text."""

import codecs
import re

from knowledge.errors import DocumentError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_MARKS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)
# Pages that say GB2312 or GBK use characters of its superset.
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "iso-8859-1": "cp1252",
    "big5": "big5hkscs",
}
_COMMON = frozenset(
    "的一是不了人在有我他这這中大来來上国國和地到以说說时時要就出会會可也你对對生能而子那得于於着著下为為开開"
)


def decode(data: bytes) -> str:
    """The text of `data`: by its byte-order mark, as UTF-8, as it declares, else by what reads most like a language.

    Raises:
        DocumentError: if it is no text.
    """
    for mark, encoding in (*_MARKS, *_MARKS_16):
        if data.startswith(mark):
            return _checked(data.decode(encoding, "replace").removeprefix("\ufeff"))
    if _is_wide(data):
        return _checked(data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", "replace"))
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(data[:2_048])
    if declared:
        name = declared[1].decode("ascii").lower()
        try:
            return _checked(data.decode(_SUPERSETS.get(name, name)))
        except (LookupError, UnicodeError):
            pass
    mended = data.decode("utf-8", "replace")
    # A few broken bytes do not make another encoding of it.
    if mended.count("\ufffd") <= 0.05 * sum(char > "\x7f" for char in mended):
        return _checked(mended)
    return _checked(_guessed(data))


def _is_wide(data: bytes) -> bool:
    """Whether it is mostly Latin text in UTF-16 without a mark: every other byte is 0."""
    head = data[:2_000]
    half = max(1, len(head) // 2)
    zeros = (head[0::2].count(0), head[1::2].count(0))
    return len(head) >= 4 and max(zeros) > 0.8 * half and min(zeros) < 0.1 * half


def _guessed(data: bytes) -> str:
    """Chinese encodings accept almost any bytes: the one whose text has most everyday characters is right."""
    best, best_score = "", 0.0
    for encoding in ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        score = sum(char in _COMMON for char in text) / max(1, len(text))
        if score > max(best_score, 0.03):
            best, best_score = text, score
    if best:
        return best
    from charset_normalizer import from_bytes

    found = from_bytes(data).best()
    if found is not None:
        return str(found)
    return data.decode("utf-8", "replace")


def _checked(text: str) -> str:
    controls = sum(char < " " and char not in "\n\r\t\f\v\x1b" for char in text[:10_000])
    if controls > 0.05 * len(text[:10_000]):
        raise DocumentError("it is no text file.", remedy="Give a text, Markdown, HTML, PDF or Word file.")
    return text
