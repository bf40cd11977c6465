"""Lexical ranking: BM25 over an inverted index in plain arrays, so that it can be stored and mapped.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, doi:10.1561/1500000019.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SATURATION = 0.3  # k1: low, for a question wants each of its words once
LENGTH = 0.6  # b

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Which text holds which token, and how much that says. `postings` of term t lie at starts[t]:starts[t + 1]."""

    terms: dict[str, int]
    starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    """Number of the text, per posting."""
    impacts: NDArray[np.float32]
    """BM25 of the token in that text, per posting."""
    size: int
    """Number of texts."""

    def rarity(self, term: str) -> float:
        """Inverse document frequency; a term that no text holds is the rarest."""
        number = self.terms.get(term)
        held = 0 if number is None else int(self.starts[number + 1] - self.starts[number])
        return math.log(1 + (self.size - held + 0.5) / (held + 0.5))

    def score(self, groups: Iterable[Sequence[str]]) -> Scores:
        """BM25 of every text, shape (size,), as a share of what a text holding all groups would get, in about [0, 1.5].

        A group holds spellings of one thing (a name in two languages): a text gets its best, once. A text with no token
        scores 0, whatever the others score, so that an English question ranks Chinese texts by meaning alone.
        """
        total = np.zeros(self.size, np.float32)
        ideal = 1e-6
        for group in groups:
            rarities = [self.rarity(term) for term in group]
            known = [self.terms[term] for term in group if term in self.terms]
            ideal += min(
                (self.rarity(term) for term in group if term in self.terms), default=max(rarities, default=0.0)
            )
            if len(known) == 1:
                texts, impacts = self._postings(known[0])
                total[texts] += impacts
            elif known:
                best = np.zeros(self.size, np.float32)
                for number in known:
                    texts, impacts = self._postings(number)
                    best[texts] = np.maximum(best[texts], impacts)
                total += best
        return total / np.float32(ideal)

    def holders(self, group: Sequence[str]) -> NDArray[np.int32]:
        """Numbers of the texts that hold some spelling of a group."""
        found = [self._postings(self.terms[term])[0] for term in group if term in self.terms]
        return np.concatenate(found) if found else np.zeros(0, np.int32)

    def _postings(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        place = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.texts[place], self.impacts[place]


def build_index(texts: Sequence[Sequence[str]]) -> LexicalIndex:
    """Index texts that are already cut into tokens."""
    size = len(texts)
    average = max(1.0, sum(map(len, texts)) / max(1, size))
    terms: dict[str, int] = {}
    postings: list[list[tuple[int, float]]] = []
    for number, words in enumerate(texts):
        damping = SATURATION * (1 - LENGTH + LENGTH * len(words) / average)
        for word, count in Counter(words).items():
            if word not in terms:
                terms[word] = len(postings)
                postings.append([])
            postings[terms[word]].append((number, count * (SATURATION + 1) / (count + damping)))
    starts = np.zeros(len(postings) + 1, np.int64)
    np.cumsum([len(entries) for entries in postings], out=starts[1:])
    flat_texts = np.fromiter((text for entries in postings for text, _ in entries), np.int32, int(starts[-1]))
    impacts = np.fromiter((value for entries in postings for _, value in entries), np.float32, int(starts[-1]))
    held = np.diff(starts)
    rarity = np.log(1 + (size - held + 0.5) / (held + 0.5)).astype(np.float32)
    return LexicalIndex(terms, starts, flat_texts, impacts * np.repeat(rarity, held), size)
