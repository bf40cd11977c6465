"""Evidence: the sentences that may answer a question, each with the features by which they are judged.

A feature is one number that can be explained. The weights are fitted (bench/fit_answers.py); no rule here knows a question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.counterparts import damaged
from bot.question import Question
from knowledge.document import Passage
from knowledge.facts import TAG_LINE, FactTag, parse_tag
from knowledge.index import Index
from knowledge.script import folded
from knowledge.search import Query, Scored
from knowledge.terms import NAMED, Terms

PASSAGES = 32
"""Passages whose sentences are looked at."""
SENTENCES = 60
"""Further sentences that are looked at on their own merit."""

FEATURES = (
    "meaning",  # cosine of question and sentence, centred
    "passage",  # the passage's search score
    "words",  # share of the question's words in the sentence, by rarity
    "passage words",  # the same for its passage, with title and headings
    "neighbour",  # best cosine among the sentences beside it
    "names",  # share of the question's names in the sentence or its speaker
    "kind",  # whether it holds the kind of thing that is asked for
    "date",  # whether it speaks of the time that is asked about
    "short",  # too short to say much
    "long",  # too long to be read
    "asks",  # is a question itself
    "heading",  # is a title, a table row or a list mark rather than a sentence
    "source",  # original words rather than a note on them
    "silence",  # tells what a source does not say, though that is not asked
    "introduction",  # tells what its note is about, and no fact
    "camp",  # speaks for the one camp that the question is about, below 0 for the other
    "damaged",  # bears the traces of an earlier conversion
    "across",  # in another language than the question
)

_PERSON = re.compile(r"称|表示|认为|说|指出|告诉|强调|透露|\b(said|says|told|wrote|according to|argues?|announced)\b")
_WHY = re.compile(
    r"因为|由于|为了|原因|目的|以便|从而|因此|所以|之所以|出于|理由|初心|一方面|好处|帮助|想要|想|可以|\b(because|reason|in order|so that|due to|since|therefore|aims?|purpose|why|helps?|wants?|as it|to (win|gain|get|build|let))\b"
)
_NUMBER = re.compile(
    r"\d|[一二两三四五六七八九十百千万亿]+[个家款名年次倍成]|\b(two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million|billion|half)\b"
)
_DATE = re.compile(
    r"(19|20)\d\d|\d+\s*月|\d+\s*日|\b(january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
_SILENCE = re.compile(
    r"(没有|未|没)(写|给出|给|说明|说|提到|提及|交代|点名|列出|解释|回答)|(gives?|gave|names?|offers?) no |does not (say|name|state|give|mention|explain)|no .{3,40} (is|are) (given|named)"
)
_ABOUT_ITSELF = re.compile(
    r"本文|本篇|这些笔记|下面|文末|\b(these|this|the) (notes?|lists?|facts|document)\b|\b(first|later) lists\b|of these sentences"
)
_GAPS = re.compile(
    r"没(有|说|提|写|讲)|未提|漏了|缺什么|(not|never|n't) (say|mention|name|state|cover)|left out|leaves? out|missing|silent"
)
_LIST = re.compile(r"、.*、|,.*,| and |和|包括|include")
_ENDS = re.compile(r"[。！？!?.…；;][”’」』）)\"'\]*_]*$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Candidate sentences of one question, in no order."""

    numbers: NDArray[np.int64]
    """Sentence numbers in the index, shape (n,)."""
    features: NDArray[np.float32]
    """Shape (n, len(FEATURES))."""


def gather(index: Index, question: Question, query: Query, scored: Scored, terms: Terms) -> Evidence:
    """Candidates and their features."""
    passages = scored.passages
    shown = np.isfinite(passages[index.owners])
    best = [int(p) for p in _top(passages, PASSAGES) if np.isfinite(passages[p])]
    merit = np.where(shown, scored.sentences + 0.1 * scored.sentence_words, -np.inf)
    numbers = {int(s) for s in _top(merit, SENTENCES) if np.isfinite(merit[s])}
    for passage in best:
        numbers.update(index.sentences_of(passage))
    ordered = np.array(sorted(numbers), np.int64)
    if len(ordered) == 0:
        return Evidence(ordered, np.zeros((0, len(FEATURES)), np.float32))
    owners = index.owners[ordered]
    columns = [
        scored.sentences[ordered],
        np.where(np.isfinite(passages[owners]), passages[owners], 0),
        scored.sentence_words[ordered],
        scored.words[owners],
        _neighbours(index, ordered, scored.sentences),
        *_textual(index, ordered, question, terms).T,
        (index.english[owners] != (question.language == "en")).astype(np.float32),
    ]
    return Evidence(ordered, np.stack(columns, axis=1).astype(np.float32))


def tag_of(passage: Passage) -> FactTag | None:
    """The tag line of a note's fact, or None."""
    return _tag(passage.text)


@lru_cache(maxsize=4_096)
def _tag(text: str) -> FactTag | None:
    match = TAG_LINE.search(text)
    if match is None:
        return None
    try:
        return parse_tag(match[0])
    except ValueError:
        return None  # A user's own bracket that only looks like a tag line.


def _top(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    count = min(count, len(scores))
    return np.argpartition(-scores, count - 1)[:count] if count else np.zeros(0, np.int64)


def _neighbours(index: Index, ordered: NDArray[np.int64], meaning: NDArray[np.float32]) -> NDArray[np.float32]:
    padded = np.concatenate([[-1.0], meaning, [-1.0]])
    owners = np.concatenate([[-1], index.owners, [-1]])
    own = index.owners[ordered]
    before = np.where(owners[ordered] == own, padded[ordered], -1.0)
    after = np.where(owners[ordered + 2] == own, padded[ordered + 2], -1.0)
    beside = np.maximum(before, after)
    return np.where(beside < -0.5, meaning[ordered], beside).astype(np.float32)


def _textual(
    index: Index, ordered: Sequence[int] | NDArray[np.int64], question: Question, terms: Terms
) -> NDArray[np.float32]:
    rows = np.zeros((len(ordered), FEATURES.index("across") - FEATURES.index("names")), np.float32)
    names = question.names
    english = question.language == "en"
    wants_gaps = bool(_GAPS.search(_folded(question.text[:2_000])))
    for row, number in enumerate(ordered):
        passage, start, end = index.sentence_span(int(number))
        text = passage.words(start, end)
        spelt = _folded(text)
        tag = tag_of(passage)
        said = names_said(text, tag, terms)
        members = len(named(text, terms) - set(names)) if question.kind == "list" else 0
        length = len(text) / (220 if passage.metadata.language == "en" else 110)
        rows[row] = (
            sum(name in said for name in names) / max(1, len(names)),
            _kind_match(question, spelt, tag, members),
            _date_match(question, spelt, tag, passage),
            max(0.0, 1 - len(text) / (40 if english else 16)),
            max(0.0, min(2.0, length - 1)),
            spelt.rstrip("”’」』\"')）").endswith(("?", "？")),
            not is_sentence(text),
            passage.metadata.kind == "source",
            not wants_gaps and bool(_SILENCE.search(spelt)),
            bool(index.introductions[index.owners[int(number)]]) and bool(_ABOUT_ITSELF.search(spelt)),
            _camp_match(question, tag),
            damaged(text),
        )
    return rows


@lru_cache(maxsize=16_384)
def _folded(text: str) -> str:
    return folded(text)


_NAMED_CACHE: dict[tuple[str, str], frozenset[str]] = {}


def named(text: str, terms: Terms) -> frozenset[str]:
    """Ids of the vendors, people and products in a text, with the vendors that they belong to."""
    key = (terms.fingerprint, text)
    if key not in _NAMED_CACHE:
        if len(_NAMED_CACHE) > 16_384:
            _NAMED_CACHE.clear()
        found = [mention.term for mention in terms.find(text) if mention.term.kind in NAMED]
        _NAMED_CACHE[key] = frozenset(term.id for term in found) | frozenset(term.of for term in found if term.of)
    return _NAMED_CACHE[key]


def names_said(text: str, tag: FactTag | None, terms: Terms) -> frozenset[str]:
    """Ids of the names in a sentence and in its tag's speaker."""
    return named(text, terms) | (named(tag.speaker, terms) if tag else frozenset())


def _kind_match(question: Question, spelt: str, tag: FactTag | None, members: int) -> float:
    """`members` counts the vendors and people in the sentence that the question does not name. 1 where the sentence holds what the kind of question asks for, 0 where not; 0 for kinds that ask for nothing special."""
    if question.kind == "number":
        return float(bool(_NUMBER.search(spelt)))
    if question.kind == "when":
        return float(bool(_DATE.search(spelt)))
    if question.kind == "who":
        return float(bool(_PERSON.search(spelt)) or bool(tag and tag.speaker))
    if question.kind == "why":
        return float(bool(_WHY.search(spelt)))
    if question.kind == "list":
        listed = min(1.0, members / 2) if question.parties else float(bool(_LIST.search(spelt)))
        return (listed + bool(_WHY.search(spelt))) / 2 if question.reasons else listed
    return 0.0


def is_sentence(text: str) -> bool:
    """Whether it ends as a sentence does, rather than being a title, a table row or a list mark."""
    return bool(_ENDS.search(text))


def _camp_match(question: Question, tag: FactTag | None) -> float:
    """1 where a fact speaks for the camp that the question names alone, -1 for the other camp, 0 where neither is so."""
    if question.camp is None or tag is None or tag.stance not in ("open", "closed"):
        return 0.0
    return 1.0 if tag.stance == question.camp else -1.0


def _date_match(question: Question, spelt: str, tag: FactTag | None, passage: Passage) -> float:
    """1 where the sentence speaks of the date asked about, -1 where of another year, 0 where neither can be told."""
    spoken = tag.date if tag else passage.metadata.date
    if question.dates:
        years = {date[:4] for date in question.dates}
        told = set(re.findall(r"(?<!\d)(20[0-3]\d)(?!\d)", spelt)) | ({spoken[:4]} if spoken else set())
        if not told:
            return 0.0
        exact = any(len(date) > 4 and spoken.startswith(date) for date in question.dates)
        return (1.0 if exact or all(len(d) == 4 for d in question.dates) else 0.7) if years & told else -1.0
    if question.now and spoken:
        return max(-1.0, min(1.0, (int(spoken[:4]) - 2025) / 1.0))
    return 0.0
