"""Alignment: which tokens of two texts, in one language or two, say the same, by their vectors in context.

After "SimAlign" (Jalili Sabet, Dufter, Yvon and Schütze 2020): no training on parallel text, only the embedding's own states.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.denials import NOT
from bot.polarity import CLAUSE_END, STOP_WORDS, stands_for_denial
from knowledge.embeddings.bundled import TokenVectors
from knowledge.script import aligned, language_of

Flags = NDArray[np.bool_]
Reader = Callable[[str], TokenVectors]
"""Embeds the tokens of a text; see `knowledge.base.KnowledgeBase.tokens`."""


@dataclass(frozen=True, slots=True)
class TokenText:
    """A text as tokens. Arrays have one entry a token."""

    spelt: str
    english: bool
    spans: list[tuple[int, int]]
    vectors: NDArray[np.float32]
    clause: NDArray[np.int64]
    """Number of the clause that each token stands in."""
    clauses: int
    denials: list[tuple[int, int]]
    """Where the denying words stand in the text."""
    denies: Flags
    implies: Flags
    """Part of a word that may stand for a denial."""
    content: Flags
    """Part of a word that says something by itself."""

    def covering(self, span: tuple[int, int]) -> list[int]:
        """The tokens of a span."""
        return [place for place, (start, end) in enumerate(self.spans) if start < span[1] and span[0] < end]


def read_tokens(text: str, read: Reader) -> TokenText:
    """Embed the tokens of a text and find its clauses and denials."""
    found = read(text)
    spelt = aligned(text)
    ends = np.array([match.end() for match in CLAUSE_END.finditer(spelt)], np.int64)
    clause = np.searchsorted(ends, [start for start, _ in found.spans], side="right")
    denials = [match.span() for match in NOT.finditer(spelt)]
    words = [spelt[start:end] for start, end in found.spans]
    denies = _within(found.spans, denials)
    saying = np.array([bool(re.search(r"\w", word)) and word not in STOP_WORDS for word in words], bool)
    return TokenText(
        spelt,
        language_of(text) == "en",
        found.spans,
        found.vectors,
        clause,
        len(set(clause.tolist())),
        denials,
        denies,
        _within(found.spans, stands_for_denial(spelt)),
        saying & ~denies,
    )


def _within(spans: list[tuple[int, int]], marked: list[tuple[int, int]]) -> Flags:
    return np.array([any(a < end and start < b for start, end in marked) for a, b in spans], bool)
