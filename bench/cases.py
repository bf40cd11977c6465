"""Cases: questions with what counts as answering them, on the documents on which they are asked.

From SQuAD-format files (each question also without its document, so that nothing answers it) and from bench/questions/.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from bench.squad import CachedEmbedder, QuestionSet, index_of
from bot.question import Question, read_question
from ingest.shipped import ensure_shipped
from knowledge.base import KnowledgeBase, open_knowledge, open_store
from knowledge.console import Progress
from knowledge.embeddings.background import background
from knowledge.embeddings.embedder import open_embedder
from knowledge.index import Index
from knowledge.settings import Settings
from knowledge.store import Store
from knowledge.terms import load_terms

QUESTIONS = Path(__file__).parent / "questions"


@dataclass(frozen=True, slots=True)
class Case:
    """One question on one base."""

    base: KnowledgeBase
    question: Question
    gold: NDArray[np.int64]
    """Numbers of the sentences that answer it; empty where nothing does."""
    expect: str
    """answered, related or refused."""
    within: NDArray[np.bool_] | None = None
    """Passages that exist for this question; None for all."""
    members: tuple[NDArray[np.int64], ...] = ()
    """For lists and comparisons: the sentences that speak for each member."""


def squad_base(questions: QuestionSet, embedder: CachedEmbedder, settings: Settings) -> KnowledgeBase:
    """The documents of a set, as the bot would see them after ingestion."""
    terms = load_terms()
    index = index_of(questions.documents, embedder, terms)
    terms = terms.knowing(index.words.terms)
    return KnowledgeBase(settings, terms, embedder, Store(settings, None), index, background(embedder, settings.home))


def squad_cases(questions: QuestionSet, base: KnowledgeBase, *, half: int | None, most: int) -> Iterator[Case]:
    """Each question twice: as it is, and with its document left out. `half` 0 or 1 takes every other document."""
    asked = questions.questions if half is None else questions.half(half)
    step = max(1, len(asked) // most)
    documents = np.array([passage.document for passage in base.index.passages])
    for one in asked[::step][:most]:
        inside = documents == one.document
        spans = [n for p in np.flatnonzero(inside) for n in base.index.sentences_of(int(p))]
        gold = [n for n in spans if any(answer in base.index.sentence_text(n) for answer in one.answers)]
        question = read_question(one.text, base.terms)
        if gold:
            yield Case(base, question, np.array(gold, np.int64), "answered")
        yield Case(base, question, np.zeros(0, np.int64), "related", ~inside)


def shipped_base(cache: Path) -> KnowledgeBase:
    """The shipped documents, in a KAIBI_HOME under `cache`."""
    settings = Settings.model_validate({"KAIBI_HOME": str(cache.absolute() / "home")})
    store = open_store(settings)
    ensure_shipped(settings, store, lambda: open_embedder(settings), Progress())
    store.close()
    return open_knowledge(settings)


def own_cases(path: Path, base: KnowledgeBase) -> list[Case]:
    """Our own questions on the shipped documents."""
    texts = {english: _visible(base.index, english) for english in (True, False)}
    cases = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        question = read_question(entry["q"], base.terms)
        gold = entry.get("gold") or []
        groups = list(gold.values()) if isinstance(gold, dict) else [gold]
        patterns = [[re.compile(pattern) for pattern in group] for group in groups]
        visible = texts[question.language == "en"]
        found = [tuple(_matching(visible, [pattern]) for pattern in group) for group in patterns]
        members: tuple[NDArray[np.int64], ...] = ()
        if isinstance(gold, dict):
            members = tuple(np.unique(np.concatenate([np.zeros(0, np.int64), *group])) for group in found)
        elif entry.get("kind") == "list":
            members = found[0] if found else ()
        everything = [numbers for group in found for numbers in group]
        numbers = np.unique(np.concatenate([np.zeros(0, np.int64), *everything]))
        cases.append(Case(base, question, numbers.astype(np.int64), entry["expect"], members=members))
    return cases


def _visible(index: Index, english: bool) -> list[tuple[int, str]]:
    hidden = index.hidden(english=english)
    return [(n, index.sentence_text(n)) for n in range(len(index.owners)) if not hidden[index.owners[n]]]


def _matching(texts: list[tuple[int, str]], patterns: list[re.Pattern[str]]) -> NDArray[np.int64]:
    return np.array([n for n, text in texts if any(pattern.search(text) for pattern in patterns)], np.int64)
