"""Counterparts: the sentence of a note that retells a sentence of a source, and the same the other way round.

A note is Kaibi's own wording; where the asker has brought the original, its words are quoted instead. Two sentences are
counterparts when each is the other's nearest and they are near; over a language, by way of the note's twin.
"""

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from knowledge.index import Index
from knowledge.script import tokens
from knowledge.search import cosines

ALIKE = 0.92
"""Cosine from which a note's sentence may retell a source's; below, sentences on one subject mix (measured on the article)."""

CLOSE = 0.012
"""How much nearer to the source another note may be: several notes retell one sentence."""

RIVALS = 10
"""Nearest sentences whose words are compared too."""

_DAMAGE = re.compile(r"\ufffd|[?？][a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ]+\)|[;,][\u4e00-\u9fff]{1,3}[A-Z]?[a-zāáǎà]*\(")


def damaged(text: str) -> bool:
    """Whether an earlier conversion left its traces in a text, so that it reads badly."""
    return bool(_DAMAGE.search(text)) or text.count("(") != text.count(")")


def original_of(index: Index, number: int) -> int | None:
    """The source's sentence that sentence `number` of a note retells, or None."""
    passage = index.passages[index.owners[number]]
    if passage.metadata.kind != "note" or not index.tagged[index.owners[number]]:
        return None
    sources = _sources(index)
    if len(sources) == 0:
        return None
    # Sources in the asker's language are compared directly, others by the twin in theirs.
    for own in (number, twin_of(index, number)):
        if own is None:
            continue
        found = _mutual(index, own, sources)
        if found is not None and not damaged(index.sentence_text(found)):
            return found
    return None


def note_on(index: Index, number: int, *, english: bool) -> int | None:
    """The note's sentence in the asker's language that retells sentence `number` of a source, or None."""
    source_english = bool(index.english[index.owners[number]])
    nearest = _nearest(index, number, _notes(index, english=source_english))
    if nearest is None or _mutual(index, nearest, _sources(index)) != number:
        return None
    return nearest if source_english == english else twin_of(index, nearest)


def twin_of(index: Index, number: int) -> int | None:
    """The sentence that stands at the same place in the document's twin, or None."""
    owner = int(index.owners[number])
    metadata = index.passages[owner].metadata
    english = metadata.language == "en"
    own, other = (index.facts.get((metadata.twin, side), []) for side in (english, not english))
    if not metadata.twin or len(own) != len(other) or owner not in own:
        return None
    mine, theirs = index.sentences_of(owner), index.sentences_of(other[own.index(owner)])
    return theirs[min(number - mine.start, len(theirs) - 1)] if len(theirs) else None


def _mutual(index: Index, number: int, sources: NDArray[np.int64]) -> int | None:
    """The source's sentence that a note's retells, if no other note is much nearer to it."""
    english = index.english[index.owners[number]]
    found = _nearest(index, number, sources[index.english[index.owners[sources]] == english])
    if found is None:
        return None
    rival = _nearest(index, found, _notes(index, english=bool(english)))
    if rival is None or _likeness(index, number, found) < _likeness(index, rival, found) - CLOSE:
        return None
    return found


def _nearest(index: Index, number: int, others: NDArray[np.int64]) -> int | None:
    """The sentence of `others` that is most like sentence `number`, if it is like it at all."""
    if len(others) == 0:
        return None
    near = cosines(index.sentence_vectors, index.sentence_vectors[number])[others]
    best = [int(others[place]) for place in np.argsort(-near)[:RIVALS] if float(near[place]) >= ALIKE]
    likeness = {other: _likeness(index, number, other) for other in best}
    return max(likeness, key=likeness.__getitem__, default=None)


def _likeness(index: Index, one: int, other: int) -> float:
    """Cosine, and the share of common words: a few sentences are near to all by their vectors alone."""
    common = common_words(index.sentence_text(one), index.sentence_text(other))
    return float(index.sentence_vectors[one] @ index.sentence_vectors[other]) + 0.1 * common


def common_words(one: str, other: str) -> float:
    """Share of the shorter text's tokens that the other holds, in [0, 1]."""
    mine, theirs = _words(one), _words(other)
    return len(mine & theirs) / max(1, min(len(mine), len(theirs)))


@lru_cache(maxsize=4_096)
def _words(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


def _notes(index: Index, *, english: bool) -> NDArray[np.int64]:
    return np.flatnonzero((index.tagged & ~index.sources & (index.english == english))[index.owners])


def _sources(index: Index) -> NDArray[np.int64]:
    return np.flatnonzero(index.sources[index.owners])
