"""Documents, passages and sentences: the data that flows from a file to a quote.

All offsets count code points of a document's canonical text; an end is exclusive.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["source", "note"]
"""`source`: the original words; `note`: our own words about it."""
Language = Literal["zh", "zh-Hant", "en"]

_HALF = re.compile("[\ud800-\udfff]")


def canonical(text: str) -> str:
    """The form in which a text is kept: NFC, line ends as \\n, nothing that UTF-8 cannot hold. Idempotent."""
    # Halves of a UTF-16 pair, as some PDF files have them, are joined; a half alone becomes U+FFFD.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _HALF.search(text) else text
    return unicodedata.normalize("NFC", whole.replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a document besides its words. Empty means unknown."""

    title: str
    publisher: str = ""
    author: str = ""
    url: str = ""
    date: str = ""
    """As of when it speaks: YYYY, YYYY-MM or YYYY-MM-DD."""
    language: Language = "en"
    kind: Kind = "source"
    stance: str = "neutral"
    """open, closed, both or neutral."""
    vendor: str = ""
    licence: str = ""
    twin: str = ""
    """A name that the versions of one document in several languages share; search shows one of them."""
    tags: tuple[str, ...] = ()
    origin: str = ""
    """The file or address that it was read from."""


@dataclass(frozen=True, slots=True)
class Document:
    """A canonical text with its metadata."""

    id: str
    text: str
    metadata: Metadata

    @property
    def version(self) -> str:
        """Hash of the canonical text: 16 hexadecimal digits."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document. A document's passages tile it: joined in order they are its text."""

    document: str
    version: str
    number: int
    """From 0, in the order of the text."""
    start: int
    end: int
    text: str
    """Exactly the document's text[start:end]."""
    sentences: tuple[tuple[int, int], ...]
    """Offsets in the document of the quotable sentences, in order."""
    heading: str = ""
    """The headings above it, outermost first, joined by " › "."""
    metadata: Metadata = field(default_factory=lambda: Metadata(title=""))

    @property
    def id(self) -> str:
        return f"{self.document}@{self.version}#{self.number}"

    def words(self, start: int, end: int) -> str:
        """The document's text[start:end], for a span inside this passage."""
        if not self.start <= start <= end <= self.end:
            raise ValueError(f"{start}:{end} lies outside passage {self.id} ({self.start}:{self.end})")
        return self.text[start - self.start : end - self.start]
