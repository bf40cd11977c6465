"""Selection: from scored sentences to the handful that is shown. Good ones first, but no two that say the same.

Source of the trade-off: Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking", SIGIR 1998.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.evidence import Evidence, named, tag_of
from bot.question import Question
from knowledge.index import Index
from knowledge.script import tokens
from knowledge.terms import Terms

SAME = 0.965
"""Cosine from which two sentences say the same."""
SAME_WORDS = 0.75
"""Share of common tokens from which they do."""
DROP = 4.0
"""How far below the best score (a logit) a sentence may lie and still be shown."""


@dataclass(frozen=True, slots=True)
class Picked:
    """One sentence to show."""

    number: int
    """In the index."""
    score: float
    camp: str | None
    """open or closed where it stands for one camp in a comparison."""


def pick(
    index: Index, question: Question, evidence: Evidence, scores: NDArray[np.float64], terms: Terms, *, quotes: int
) -> list[Picked]:
    """At most `quotes` sentences, best first: one per member for a list, both camps for a comparison."""
    order = [int(i) for i in np.argsort(-scores)]
    chosen = _Chosen(index, evidence, scores)
    if question.kind == "compare":
        return _both_camps(index, chosen, order, quotes)
    if question.kind == "list":
        return _one_per_member(index, question, chosen, order, terms, quotes)
    for place in order:
        if len(chosen.picked) >= quotes or not chosen.near_best(place, DROP):
            break
        chosen.take(place, None)
    return chosen.picked


class _Chosen:
    """The sentences chosen so far."""

    def __init__(self, index: Index, evidence: Evidence, scores: NDArray[np.float64]) -> None:
        self.index = index
        self.evidence = evidence
        self.scores = scores
        self.picked: list[Picked] = []
        self._best = float(scores.max()) if len(scores) else 0.0
        self._tokens: list[frozenset[str]] = []

    def near_best(self, place: int, drop: float) -> bool:
        return float(self.scores[place]) >= self._best - drop

    def take(self, place: int, camp: str | None) -> bool:
        """Add a sentence unless it says what another already says."""
        number = int(self.evidence.numbers[place])
        words = frozenset(tokens(self.index.sentence_text(number)))
        for earlier, theirs in zip(self.picked, self._tokens, strict=True):
            cosine = float(self.index.sentence_vectors[number] @ self.index.sentence_vectors[earlier.number])
            common = len(words & theirs) / max(1, min(len(words), len(theirs)))
            if cosine >= SAME or common >= SAME_WORDS:
                return False
        self.picked.append(Picked(number, float(self.scores[place]), camp))
        self._tokens.append(words)
        return True


def _one_per_member(
    index: Index, question: Question, chosen: _Chosen, order: Sequence[int], terms: Terms, quotes: int
) -> list[Picked]:
    """The best sentence of each vendor or person that is not in the question itself."""
    asked = set(question.names)
    seen: set[str] = set()
    limit = max(quotes, LIST_QUOTES)
    for place in order:
        if len(chosen.picked) >= limit or not chosen.near_best(place, 1.5 * DROP):
            break
        passage, start, end = index.sentence_span(int(chosen.evidence.numbers[place]))
        members = named(passage.words(start, end), terms) | (
            {passage.metadata.vendor} if passage.metadata.vendor else set()
        )
        vendors = {m for m in members if m in terms.by_id and terms.by_id[m].kind == "vendor"} - asked
        new = vendors - seen if vendors else {passage.id}
        if new and not new <= seen and chosen.take(place, None):
            seen |= vendors or new
    return chosen.picked


LIST_QUOTES = 6
"""Members of a list that are shown."""


def _both_camps(index: Index, chosen: _Chosen, order: Sequence[int], quotes: int) -> list[Picked]:
    """The best of each camp in turn; what speaks for both or neither fills up."""
    limit = max(quotes, 4)
    camps = {place: camp_of(index, int(chosen.evidence.numbers[place])) for place in order}

    def best_of(camp: str, count: int) -> None:
        taken = 0
        for place in order:
            if taken == count or not chosen.near_best(place, 2.5 * DROP):
                return
            if camps[place] == camp:
                taken += chosen.take(place, camp)

    for camp in ("open", "closed"):
        best_of(camp, limit // 2)
    for place in order:
        if len(chosen.picked) >= limit or not chosen.near_best(place, DROP):
            break
        if camps[place] not in ("open", "closed"):
            chosen.take(place, "both" if camps[place] == "both" else None)
    return sorted(chosen.picked, key=lambda picked: ("open", "closed", "both", None).index(picked.camp))


def camp_of(index: Index, number: int) -> str:
    """The camp for which a sentence speaks: its tag's; for a text without tags, that of the note that says the same."""
    passage = index.passages[index.owners[number]]
    tag = tag_of(passage)
    if tag is not None:
        return tag.stance
    stance: str = passage.metadata.stance
    return stance if stance in ("open", "closed") else _transferred(index, number)


def _transferred(index: Index, number: int) -> str:
    tagged = _tagged(index)
    if len(tagged) == 0:
        return "neutral"
    cosines = index.sentence_vectors[tagged] @ index.sentence_vectors[number]
    nearest = int(np.argmax(cosines))
    if float(cosines[nearest]) < ALIKE:
        return "neutral"
    tag = tag_of(index.passages[index.owners[tagged[nearest]]])
    return tag.stance if tag else "neutral"


ALIKE = 0.9
"""Cosine from which a note's stance is taken for a source's sentence."""

_TAGGED: dict[str, NDArray[np.int64]] = {}


def _tagged(index: Index) -> NDArray[np.int64]:
    """Sentences of notes with a tag line."""
    if index.generation not in _TAGGED:
        _TAGGED.clear()
        has = np.array([tag_of(passage) is not None for passage in index.passages], bool)
        _TAGGED[index.generation] = np.flatnonzero(has[index.owners]) if len(has) else np.zeros(0, np.int64)
    return _TAGGED[index.generation]
