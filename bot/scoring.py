"""Scoring: how well each sentence answers, and how sure one can be that the question is answered at all.

Two linear models over the features of `bot.evidence`, fitted by bench/fit_answers.py and kept in bot/weights.json.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.answer import Status
from bot.evidence import FEATURES, Evidence, names_said, tag_of
from bot.question import Question
from knowledge.index import Index
from knowledge.lexical import LexicalIndex
from knowledge.search import Query, Scored
from knowledge.terms import Terms

FILE = Path(__file__).with_name("weights.json")

SIGNALS = (
    "meaning",  # of the best sentence
    "words",  # of the best sentence
    "covered",  # share of the question's words, by rarity, in the three best sentences together
    "names",  # share of the question's names in the five best sentences or their speakers; 1 where it has none
    "figures",  # share of the question's figures (versions, sums, years) in the best sentence's passage; 1 where it has none
    "date",  # below 0 where the best sentence speaks of another time
    "passage",  # search score of the best sentence's passage
    "passage lead",  # how far the best passage is ahead of the next five
    "passage margin",  # how far the best passage stands out from all, in standard deviations
    "notions",  # names and notions of our subject in the question, logarithm of their number
    "across",  # best sentence in another language
    "words across",  # words, where the language differs
    "meaning across",  # meaning, where the language differs
    "lead across",  # passage lead, where the language differs
    "english",  # question in English
    "english across",  # the same, where the language differs
    "source",  # best sentence from a source, which says things once, rather than from a note
    "english source",  # question in English, best sentence from a source
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
    index: Index,
    question: Question,
    query: Query,
    scored: Scored,
    evidence: Evidence,
    scores: NDArray[np.float64],
    terms: Terms,
) -> NDArray[np.float64]:
    """What tells an answered question from one that is not, shape (len(SIGNALS),)."""
    if len(scores) == 0:
        return np.zeros(len(SIGNALS))
    order = np.argsort(-scores)
    best = dict(zip(FEATURES, evidence.features[order[0]].astype(float), strict=True))
    owner = int(index.owners[int(evidence.numbers[order[0]])])
    in_sight = scored.passages[np.isfinite(scored.passages)].astype(np.float64)
    passages = np.sort(in_sight)[::-1]
    lead = float(passages[0] - passages[1:6].mean()) * 10 if len(passages) > 1 else 0.0
    three = np.isin(np.arange(len(index.owners)), evidence.numbers[order[:3]])
    rarities = np.array([_rarity(index.words, group) for group in query.groups]) + 1e-6
    near = np.array([three[index.sentence_words.holders(group)].any() for group in query.groups], bool)
    figures = [group for group in query.groups if any(term[0].isdigit() for term in group)]
    across = best["across"]
    return np.array(
        [
            best["meaning"],
            best["words"],
            float(rarities[near].sum()) / (float(rarities.sum()) or 1.0),
            _names_held(index, question, terms, evidence.numbers[order[:FIRST]]),
            float(np.mean([owner in index.words.holders(group) for group in figures])) if figures else 1.0,
            min(best["date"], 0.0),
            best["passage"],
            lead,
            float(passages[0] - passages.mean()) / (float(passages.std()) or 1.0) / 4,
            math.log1p(len({mention.term.id for mention in question.mentions})),
            across,
            best["words"] * across,
            best["meaning"] * across,
            lead * across,
            float(question.language == "en"),
            float(question.language == "en") * across,
            best["source"],
            float(question.language == "en") * best["source"],
            math.log1p(len(query.groups)) / 2,
        ]
    )


def confidence(values: NDArray[np.float64], weights: Weights) -> float:
    """Probability in (0, 1) that the best sentences answer the question."""
    logit = float(values @ weights.answer) + weights.offset
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))


FIRST = 5
"""Best sentences in which the question's names are looked for."""


def _names_held(index: Index, question: Question, terms: Terms, numbers: NDArray[np.int64]) -> float:
    if not question.names:
        return 1.0
    held: set[str] = set()
    for number in numbers:
        passage, start, end = index.sentence_span(int(number))
        held |= names_said(passage.words(start, end), tag_of(passage), terms)
    return sum(name in held for name in question.names) / len(question.names)


def _rarity(words: LexicalIndex, group: Sequence[str]) -> float:
    """Of the group's commonest spelling; of a word that no text holds, the highest."""
    known = [words.rarity(term) for term in group if term in words.terms]
    return min(known, default=words.rarity(""))
