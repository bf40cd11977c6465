"""Selection: from scored sentences to the handful that is shown. Good ones first, but no two that say the same.

Source of the trade-off: Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking", SIGIR 1998.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.counterparts import common_words, note_on, original_of
from bot.evidence import Evidence, named, tag_of
from bot.question import Question
from knowledge.index import Index
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
    if question.kind == "each":
        return _one_per_name(index, question, chosen, order, terms, quotes)
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
        self._originals: set[int] = set()

    def near_best(self, place: int, drop: float) -> bool:
        return float(self.scores[place]) >= self._best - drop

    def take(self, place: int, camp: str | None) -> bool:
        """Add a sentence unless it says what another already says."""
        number = int(self.evidence.numbers[place])
        text, vectors = self.index.sentence_text(number), self.index.sentence_vectors
        for earlier in self.picked:
            cosine = float(vectors[number] @ vectors[earlier.number])
            if cosine >= SAME or common_words(text, self.index.sentence_text(earlier.number)) >= SAME_WORDS:
                return False
        # A note and the source that it retells say the same, whatever their vectors say.
        original = original_of(self.index, number)
        told = number if original is None else original
        if told in self._originals:
            return False
        self._originals.add(told)
        self.picked.append(Picked(number, float(self.scores[place]), camp))
        return True


def _one_per_member(
    index: Index, question: Question, chosen: _Chosen, order: Sequence[int], terms: Terms, quotes: int
) -> list[Picked]:
    """The best of each vendor that is not in the question itself, and at most two sentences that list several of them."""
    asked = set(question.names)
    seen: set[str] = set()
    overviews = 0
    limit = max(quotes, LIST_QUOTES)
    for place in order:
        if len(chosen.picked) >= limit or not chosen.near_best(place, 2 * DROP):
            break
        number = int(chosen.evidence.numbers[place])
        if index.introductions[index.owners[number]] and chosen.picked:
            continue
        passage, start, end = index.sentence_span(number)
        vendors = {m for m in named(passage.words(start, end), terms) if terms.by_id[m].kind == "vendor"} - asked
        if not question.parties:
            chosen.take(place, None)
        elif len(vendors) > 2:
            overviews += overviews < OVERVIEWS and chosen.take(place, None)
        elif vendors - seen and chosen.take(place, None):
            seen |= vendors
    return chosen.picked


OVERVIEWS = 2
"""Sentences of an answer that list several members at once."""


def _one_per_name(
    index: Index, question: Question, chosen: _Chosen, order: Sequence[int], terms: Terms, quotes: int
) -> list[Picked]:
    """The best sentence on each name of the question in turn, as often as there is room."""
    alone: dict[str, list[int]] = {name: [] for name in question.names}
    together: dict[str, list[int]] = {name: [] for name in question.names}
    for place in order:
        passage, start, end = index.sentence_span(int(chosen.evidence.numbers[place]))
        held = named(passage.words(start, end), terms) & alone.keys()
        for name in held:
            (alone if len(held) == 1 else together)[name].append(place)
    limit = max(quotes, len(alone))
    for _ in range(max(1, limit // max(1, len(alone)))):
        for name in alone:
            places = alone[name] + together[name]
            any(chosen.near_best(place, 3 * DROP) and chosen.take(place, None) for place in places)
    return chosen.picked[:limit]


LIST_QUOTES = 6
"""Members of a list that are shown."""


def _both_camps(index: Index, chosen: _Chosen, order: Sequence[int], quotes: int) -> list[Picked]:
    """The best of each camp in turn; what speaks for both or neither fills up."""
    limit = max(quotes, 4)
    near = [place for place in order if chosen.near_best(place, 2.5 * DROP)]
    camps = {place: camp_of(index, int(chosen.evidence.numbers[place])) for place in near}

    def best_of(camp: str, count: int) -> None:
        taken = 0
        for place in near:
            if taken == count:
                return
            if camps[place] == camp:
                taken += chosen.take(place, camp)

    for camp in ("open", "closed"):
        best_of(camp, limit // 2)
    for place in near:
        if len(chosen.picked) >= limit or not chosen.near_best(place, DROP):
            break
        if camps[place] not in ("open", "closed"):
            chosen.take(place, "both" if camps[place] == "both" else None)
    return sorted(chosen.picked, key=lambda picked: ("open", "closed", "both", None).index(picked.camp))


def camp_of(index: Index, number: int) -> str:
    """The camp for which a sentence speaks: its tag's; for a source's sentence, that of the note that retells it."""
    passage = index.passages[index.owners[number]]
    tag = tag_of(passage)
    if tag is None and index.sources[index.owners[number]]:
        note = note_on(index, number, english=passage.metadata.language == "en")
        tag = None if note is None else tag_of(index.passages[index.owners[note]])
    return tag.stance if tag else passage.metadata.stance
