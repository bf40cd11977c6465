"""Claims: each sentence of someone's text against the stored sentences: supported, at odds with one, or not mentioned.

No model judges. A claim is supported where one stored sentence shares most of its words and bears out every number, date,
name and denial in it; at odds where a stored sentence speaks of the same and says another number, date, name or the contrary.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.answer import CitedQuote
from bot.checking import Discrepancy, check
from bot.extractive import cited
from knowledge.base import KnowledgeBase
from knowledge.index import concept
from knowledge.script import language_of, tokens
from knowledge.search import Query, Scored
from knowledge.sentences import sentence_spans

Verdict = Literal["supported", "at odds", "not mentioned"]

CANDIDATES = 8
"""Stored sentences that a claim is held against."""
SHARED_SUPPORTED = 0.8
"""Share of a claim's words that a sentence has in common with it, from which it can support it."""
SHARED_AT_ODDS = 0.65
"""The same, from which it speaks of the same thing at all."""
NEARLY = 0.1
"""A sentence that shares so much less than the nearest one may still be the one that bears the claim out."""
LONGEST = 2_000
"""Characters of a claim that are looked at."""
_ENDS = re.compile(r"[。！？!?.…；;，,][”’」』）)\"'\]*_]*$")
"""A sentence rather than a heading or a row of a table."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One sentence of the text, and what the sources say to it."""

    text: str
    verdict: Verdict
    quote: CitedQuote | None
    """The stored sentence nearest to it; None where it is not mentioned."""
    discrepancies: tuple[Discrepancy, ...]


def check_text(base: KnowledgeBase, text: str, *, limit: int) -> tuple[list[Checked], int]:
    """Check the first `limit` sentences of a text; and how many sentences it has."""
    spans = [(start, end) for start, end in sentence_spans(text) if _says_something(text[start:end])]
    return [_checked(base, text[start:end][:LONGEST], n) for n, (start, end) in enumerate(spans[:limit], 1)], len(spans)


def _checked(base: KnowledgeBase, claim: str, n: int) -> Checked:
    query = base.query(claim, language_of(claim))
    near = [(*_shared(base, query, number), number) for number in _candidates(base, base.search(query))]
    near = [row for row in near if row[0] >= SHARED_AT_ODDS]
    closest = max((_closeness(shared, kept) for shared, kept, _ in near), default=0.0)
    near = sorted(
        (row for row in near if _closeness(row[0], row[1]) >= closest - NEARLY), key=lambda row: -_closeness(*row[:2])
    )
    found = [(number, shared, _against(base, claim, number)) for shared, _, number in near]
    for place, (number, shared, discrepancies) in enumerate(found):
        if place == 0 and shared >= SHARED_SUPPORTED and {each.kind for each in discrepancies} == {"negation"}:
            break  # The nearest sentence of all says the contrary: a farther one that does not will not outweigh it.
        if not discrepancies and shared >= SHARED_SUPPORTED:
            return Checked(claim, "supported", cited(base.index, number, n), ())
    least = min((len(discrepancies) for _, _, discrepancies in found if discrepancies), default=0)
    number, _, discrepancies = next((entry for entry in found if len(entry[2]) == least), (0, 0.0, ()))
    if not discrepancies:
        return Checked(claim, "not mentioned", None, ())
    return Checked(claim, "at odds", cited(base.index, number, n), discrepancies)


def _closeness(shared: float, kept: float) -> float:
    """A sentence that says little else is nearer than a long one that says the claim's words among many."""
    return shared + 0.3 * kept


def _against(base: KnowledgeBase, claim: str, number: int) -> tuple[Discrepancy, ...]:
    about = base.index.sentence_span(number)[0]
    lines = (about.metadata.title, about.heading, about.metadata.publisher, about.metadata.date)
    sentence = base.index.sentence_text(number)
    return check(claim, [sentence], base.terms, context=[line for line in lines if line], tokens=base.tokens)


def _candidates(base: KnowledgeBase, scored: Scored) -> list[int]:
    if len(scored.sentences) == 0:
        return []
    shown = np.isfinite(scored.passages[base.index.owners])
    merit = np.where(shown, scored.sentences + 0.1 * scored.sentence_words, -np.inf)
    best = np.argsort(-merit, kind="stable")[:CANDIDATES]
    numbers = [int(number) for number in best if np.isfinite(merit[number])]
    return [number for number in numbers if _ENDS.search(base.index.sentence_text(number))]


def _shared(base: KnowledgeBase, query: Query, number: int) -> tuple[float, float]:
    """The share of a claim's words that a stored sentence, with its title, has too, and the share of the sentence's words
    that the claim has. Names count in either language."""
    if not query.groups:
        return 0.0, 0.0
    sentence = base.index.sentence_text(number)
    text = f"{sentence} {base.index.sentence_span(number)[0].metadata.title}"
    words = {*tokens(text), *(concept(mention.term.id) for mention in base.terms.find(text))}
    own = tokens(sentence)
    claimed = {word for group in query.groups for word in group}
    kept = sum(word in claimed for word in own) / max(1, len(own))
    return sum(_common(group, words) for group in query.groups) / len(query.groups), kept


def _common(group: Sequence[str], words: set[str]) -> bool:
    return any(word in words for word in group)


def _says_something(sentence: str) -> bool:
    """Whether there is something to check: questions and single words claim nothing."""
    return len(tokens(sentence)) >= 3 and not sentence.rstrip('”"』」 ').endswith(("?", "？"))
