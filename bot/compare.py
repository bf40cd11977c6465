"""Comparing: the same question and the same evidence to two or more backends, side by side and blind.

What every side writes is checked as any answer is. Sides agree where they rest on the same quotes, and differ where only
one of them cites a quote. Their order is drawn by lot, and names are shown after the vote.
"""

import hashlib
import random
import socket
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot import extractive
from bot.answer import EXTRACTIVE, Backend, CitedQuote, Statement
from bot.extractive import Considered, consider, outcome
from bot.llm.backends import NamedBackend, Usage, named_backend
from bot.llm.evidence import Evidence, gather_evidence
from bot.llm.failures import failure
from bot.llm.presets import Preset, presets, variable
from bot.llm.writing import Removed, shown, written
from bot.question import read_question
from knowledge.base import KnowledgeBase
from knowledge.document import Language
from knowledge.errors import BackendError, QuestionError, SettingsError
from knowledge.settings import Settings

LABELS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Side:
    """What one backend made of the question."""

    label: str
    """A, B, …, by lot."""
    spec: str
    """The backend as it was named."""
    backend: Backend
    statements: tuple[Statement, ...]
    quotes: tuple[CitedQuote, ...]
    removed: tuple[Removed, ...]
    seconds: float
    usage: Usage
    error: str
    """Why it did not answer; empty where it did."""

    @property
    def places(self) -> frozenset[tuple[str, int, int]]:
        """Where its quotes stand."""
        return frozenset((quote.document, quote.start, quote.end) for quote in self.quotes)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One question over several backends."""

    id: str
    question: str
    language: Language
    sides: tuple[Side, ...]

    @property
    def shared(self) -> frozenset[tuple[str, int, int]]:
        """Places that more than one side quotes."""
        counted = Counter(place for side in self.sides for place in side.places)
        return frozenset(place for place, count in counted.items() if count > 1)

    def agrees(self, side: Side, statement: Statement) -> bool:
        """Whether a statement rests on a quote that another side rests on too."""
        cited = {(q.document, q.start, q.end) for q in side.quotes if q.n in statement.quotes}
        return bool(cited & self.shared)

    def to_json(self) -> dict[str, Any]:
        """The object of `kaibi compare --json`."""
        return {
            "id": self.id,
            "question": self.question,
            "language": self.language,
            "sides": [self._side(side) for side in self.sides],
            "shared_quotes": sorted([document, start, end] for document, start, end in self.shared),
        }

    def _side(self, side: Side) -> dict[str, Any]:
        return {
            "label": side.label,
            "name": side.spec,
            "backend": {name: getattr(side.backend, name) for name in Backend.__dataclass_fields__},
            "statements": [
                {"text": s.text, "camp": s.camp, "quotes": list(s.quotes), "agrees": self.agrees(side, s)}
                for s in side.statements
            ],
            "quotes": [
                {name: getattr(quote, name) for name in CitedQuote.__dataclass_fields__}
                | {"shared": (quote.document, quote.start, quote.end) in self.shared}
                for quote in side.quotes
            ],
            "removed": [
                {"text": r.draft.text, "cites": list(r.draft.cites), "why": [list(pair) for pair in r.why]}
                for r in side.removed
            ],
            "seconds": round(side.seconds, 3),
            "tokens": {"read": side.usage.read, "written": side.usage.written},
            "error": side.error,
        }


def compare(
    base: KnowledgeBase, text: str, names: Sequence[str], *, language: Language | None = None, local_only: bool = False
) -> Comparison:
    """Ask every backend in `names` ("open" and "closed" stand for the first that is configured) at the same time.

    Raises:
        QuestionError: if the sources do not answer the question, or it cannot be read.
        SettingsError: if a backend is unknown, not configured or may not be used.
    """
    specs = [chosen(base.settings, name, local_only=local_only) for name in names]
    if not 2 <= len(specs) <= len(LABELS):
        raise SettingsError(f"Compare two to {len(LABELS)} backends, not {len(specs)}.", remedy="--with open,closed")
    backends = {
        spec: named_backend(base.settings, spec, local_only=local_only) for spec in specs if spec != EXTRACTIVE.name
    }
    base.refresh()
    question = read_question(text, base.terms, language=language)
    considered = consider(base, question)
    if outcome(considered) != "answered":
        raise QuestionError(
            "The sources do not answer this question, so there is nothing to compare.", remedy="Ask it with kaibi ask."
        )
    evidence = gather_evidence(base, considered)
    identifier = hashlib.sha256(f"{question.text}{time.time_ns()}".encode()).hexdigest()[:12]
    order = list(specs)
    random.Random(identifier).shuffle(order)
    with ThreadPoolExecutor(len(order)) as threads:
        sides = threads.map(
            lambda item: _side(base, considered, evidence, item[0], item[1], backends.get(item[1])),
            zip(LABELS, order, strict=False),
        )
        return Comparison(identifier, question.text, question.language, tuple(sides))


def _side(
    base: KnowledgeBase, considered: Considered, evidence: Evidence, label: str, spec: str, backend: NamedBackend | None
) -> Side:
    if backend is None:
        begun = time.monotonic()
        given = extractive.answer(base, considered.question, status="answered")
        seconds = time.monotonic() - begun
        return Side(label, spec, EXTRACTIVE, given.statements, given.quotes, (), seconds, Usage(), "")
    begun = time.monotonic()
    try:
        *_, state = written(base, considered, evidence, backend)
    except BackendError as error:
        return Side(label, spec, backend.described, (), (), (), time.monotonic() - begun, Usage(), error.message)
    statements, quotes = shown(state, considered.question.language)
    # Where nothing held, the sentence says so; that it wrote something is in `removed`.
    told = "" if statements else failure("unproven" if state.drafts else "empty", spec).message
    return Side(
        label, spec, backend.described, statements, quotes, tuple(state.removed), state.seconds, state.usage, told
    )


def chosen(settings: Settings, name: str, *, local_only: bool = False) -> str:
    """The backend that "open" or "closed" stands for here: the one that is set, else the first preset that is configured.

    Raises:
        SettingsError: if none is.
    """
    if name not in ("open", "closed"):
        return name
    own = [settings.llm, *(part.strip() for part in settings.llm_fallback.split(",") if part.strip())]
    for spec in own:
        if spec != EXTRACTIVE.name and named_backend(settings, spec, local_only=local_only).described.weights == name:
            return spec
    for preset in presets().values():
        if preset.weights == name and configured(preset):
            return preset.name
    raise SettingsError(
        f"No backend with {name} weights is configured here.",
        remedy="Set a vendor's key, start a local server, or name backends: --with ollama,anthropic. `kaibi backends` lists them.",
    )


def configured(preset: Preset) -> bool:
    """Whether a preset could be asked now: its key is set, or its local server listens."""
    if any(variable(name) for name in preset.keys):
        return bool(preset.url or variable(preset.url_variable))
    if not preset.keyless or preset.family == "transformers":
        return False
    address = urlsplit(variable(preset.url_variable) or preset.url)
    try:
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=0.2):
            return True
    except OSError:
        return False
