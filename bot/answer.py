"""The answer: one object that the terminal, Slack, JSON and the evaluation all render."""

from dataclasses import dataclass, field
from typing import Any, Literal

from knowledge.document import Kind, Language

Status = Literal["answered", "related", "refused"]
"""`related`: evidence near the question, but not enough to answer it."""


@dataclass(frozen=True, slots=True)
class CitedQuote:
    """Stored words with where they stand and who said them."""

    n: int
    """Its number in the answer, from 1."""
    text: str
    """Copied from the store: the document's text[start:end]."""
    document: str
    version: str
    start: int
    end: int
    title: str
    publisher: str
    speaker: str
    """Who said it, with role; empty where nobody is named."""
    date: str
    """The date to which it refers, else the document's."""
    kind: Kind
    language: Language
    locator: str
    """Where it stands: headings, line and offsets."""
    url: str
    source: str
    """What a note rests on: publisher, title and date of the original; empty for a source itself."""
    stance: str
    """The camp for which it speaks."""
    status: str
    """checked, reported or unchecked; empty where the document does not say."""
    translation: str = ""
    """The words in the answer's language as the model translated them; empty where no model did."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing said, with the quotes that bear it out."""

    text: str
    camp: str | None
    quotes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Backend:
    """Who worded the answer."""

    name: str
    model: str | None
    weights: Literal["open", "closed"] | None
    """None where no model took part."""
    place: Literal["local", "remote"]
    licence: str = ""
    """Of the model's weights; empty where it is not known."""
    removed: int = 0
    """Statements that the model wrote and that did not hold."""
    reason: str = ""
    """Why this one answered and not the one that was asked first: a sentence in the answer's language, or empty."""


EXTRACTIVE = Backend("extractive", None, None, "local")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question."""

    question: str
    language: Language
    status: Status
    statements: tuple[Statement, ...]
    quotes: tuple[CitedQuote, ...]
    note: str | None
    """One sentence on what is missing, for related and refused."""
    backend: Backend
    timings_ms: dict[str, float] = field(default_factory=dict)

    def to_json(self, text: str) -> dict[str, Any]:
        """The object of `kaibi ask --json`; `text` is the rendered answer."""
        return {
            "question": self.question,
            "language": self.language,
            "status": self.status,
            "text": text,
            "note": self.note,
            "statements": [{"text": s.text, "camp": s.camp, "quotes": list(s.quotes)} for s in self.statements],
            "quotes": [
                {name: getattr(quote, name) for name in CitedQuote.__dataclass_fields__} for quote in self.quotes
            ],
            "backend": {name: getattr(self.backend, name) for name in Backend.__dataclass_fields__},
            "timings_ms": {name: round(value, 1) for name, value in self.timings_ms.items()},
        }
