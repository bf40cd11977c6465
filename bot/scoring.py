"""Scoring: how well each sentence answers, and how sure one can be that the question is answered at all.

Two linear models over the features of `bot.evidence`, fitted by bench/fit_answers.py and kept in bot/weights.json.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.answer import Status
from bot.evidence import FEATURES, Evidence
from bot.question import Question
from knowledge.index import Index
from knowledge.search import Query, Scored

FILE = Path(__file__).with_name("weights.json")

SIGNALS = (
    "meaning",  # of the best sentence
    "words",  # of the best sentence
    "passage words",  # of the best sentence's passage
    "three words",  # best share of the question's words in the three best sentences together
    "rarest",  # whether the question's rarest word or name is in the best sentence's passage
    "names",  # of the best sentence
    "subject",  # of the best sentence
    "kind",  # of the best sentence, where the kind asks for something
    "date",  # of the best sentence
    "margin",  # how far its meaning stands out from all sentences, in standard deviations
    "agreement",  # whether the best by words and the best by meaning are one passage
    "across",  # best sentence in another language
    "words across",  # words, where the language differs
    "meaning across",  # meaning, where the language differs
    "length",  # of the question, logarithm of its tokens
)


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted numbers."""

    sentence: NDArray[np.float64]
    """One per feature, shape (len(FEATURES),)."""
    answer: NDArray[np.float64]
    """One per signal, shape (len(SIGNALS),)."""
    offset: float
    answered: float
    """Confidence from which a question counts as answered."""
    related: float
    """Confidence from which the nearest evidence is worth showing."""

    def status(self, confidence: float) -> Status:
        """The one decision on the three outcomes."""
        return "answered" if confidence >= self.answered else "related" if confidence >= self.related else "refused"


@cache
def load_weights() -> Weights:
    """Read bot/weights.json."""
    stored = json.loads(FILE.read_text())
    return Weights(
        np.array([stored["sentence"][name] for name in FEATURES]),
        np.array([stored["answer"][name] for name in SIGNALS]),
        stored["offset"],
        stored["answered"],
        stored["related"],
    )


def sentence_scores(evidence: Evidence, weights: Weights) -> NDArray[np.float64]:
    """Score of each candidate, shape (n,); comparable within one question."""
    scores: NDArray[np.float64] = evidence.features.astype(np.float64) @ weights.sentence
    return scores


def signals(
    index: Index, question: Question, query: Query, scored: Scored, evidence: Evidence, scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What tells an answered question from one that is not, shape (len(SIGNALS),)."""
    if len(scores) == 0:
        return np.zeros(len(SIGNALS))
    order = np.argsort(-scores)
    best = dict(zip(FEATURES, evidence.features[order[0]].astype(float), strict=True))
    number = int(evidence.numbers[order[0]])
    owner = int(index.owners[number])
    meaning = scored.sentences
    spread = float(meaning.std()) or 1.0
    words_best = int(np.argmax(np.where(np.isfinite(scored.passages), scored.words, -1)))
    across = best["across"]
    asks_something = question.kind in ("number", "when", "who", "why")
    return np.array(
        [
            best["meaning"],
            best["words"],
            best["passage words"],
            _coverage(index, query, [int(evidence.numbers[i]) for i in order[:3]]),
            _rarest(index, query, owner),
            best["names"] if question.names else 0.5,
            best["subject"] if question.names else 0.5,
            best["kind"] if asks_something else 0.5,
            best["date"],
            (float(meaning[number]) - float(meaning.mean())) / spread / 4,
            float(words_best == owner),
            across,
            best["words"] * across,
            best["meaning"] * across,
            math.log1p(len(query.groups)) / 2,
        ]
    )


def confidence(values: NDArray[np.float64], weights: Weights) -> float:
    """Probability in (0, 1) that the best sentences answer the question."""
    logit = float(values @ weights.answer) + weights.offset
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))


def _coverage(index: Index, query: Query, numbers: list[int]) -> float:
    """Share of the question's words, by rarity, that some of these sentences hold."""
    total, held = 1e-6, 0.0
    wanted = np.array(numbers, np.int32)
    for group in query.groups:
        known = [term for term in group if term in index.sentence_words.terms]
        rarity = min((index.sentence_words.rarity(term) for term in known), default=index.sentence_words.rarity(""))
        total += rarity
        if any(_holds(index, term, wanted) for term in known):
            held += rarity
    return held / total


def _holds(index: Index, term: str, numbers: NDArray[np.int32]) -> bool:
    words = index.sentence_words
    at = words.terms[term]
    postings = words.texts[int(words.starts[at]) : int(words.starts[at + 1])]
    return bool(np.isin(numbers, postings).any())


def _rarest(index: Index, query: Query, owner: int) -> float:
    """1 where the passage holds the question's rarest group, else 0."""
    best: tuple[float, bool] = (-1.0, False)
    for group in query.groups:
        known = [term for term in group if term in index.words.terms]
        rarity = min((index.words.rarity(term) for term in known), default=index.words.rarity(""))
        if rarity > best[0]:
            held = False
            for term in known:
                at = index.words.terms[term]
                postings = index.words.texts[int(index.words.starts[at]) : int(index.words.starts[at + 1])]
                place = int(np.searchsorted(postings, owner))
                held = held or (place < len(postings) and int(postings[place]) == owner)
            best = (rarity, held)
    return float(best[1])
