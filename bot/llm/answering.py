"""Answering with a model: backends in turn, and where none answers, the extractive answer and one sentence on why."""

import dataclasses
import logging
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot import extractive, phrases
from bot.answer import Answer
from bot.extractive import Considered, consider, outcome
from bot.llm.backends import NamedBackend
from bot.llm.evidence import gather_evidence
from bot.llm.failures import KINDS, failure
from bot.llm.prompts import gives_orders
from bot.llm.writing import Written, shown, written
from bot.question import Question
from knowledge.base import KnowledgeBase
from knowledge.document import Language
from knowledge.errors import BackendError

log = logging.getLogger("kaibi.llm")


def answers(
    base: KnowledgeBase,
    question: Question,
    backends: Sequence[NamedBackend],
    *,
    quotes: int = extractive.QUOTES,
    earlier: Sequence[str] = (),
    within: NDArray[np.bool_] | None = None,
) -> Iterator[Answer]:
    """The answer as it grows, one checked statement more each time; the last one is whole.

    What the sources do not answer is never put to a model.
    """
    considered = consider(base, question, within=within)
    status = outcome(considered)
    if status != "answered":
        yield extractive.answer(base, question, quotes=quotes, within=within, status=status)
        return
    evidence = gather_evidence(base, considered)
    for document in evidence.withheld:
        log.warning("injection_suspected: document %s speaks to a model; the sentence was not shown to it", document)
    if gives_orders(question.text):
        log.warning("injection_suspected: the question gives orders to a model; they were passed on as text")
    reason, removed = "", 0
    for backend in backends:
        if not backend.breaker.admits():
            reason = reason or _why(backend, failure("resting", backend.described.name), question.language)
            continue
        try:
            last: Written | None = None
            for last in written(base, considered, evidence, backend, earlier=earlier):
                if last.statements and not last.seconds:
                    yield _answer(considered, last, reason, removed)
        except BackendError as error:
            backend.breaker.failed()
            log.warning("backend_failed: %s: %s (%s)", backend.title, error.kind, _origin(error))
            reason = reason or _why(backend, error, question.language)
            continue
        backend.breaker.succeeded()
        assert last is not None
        removed += len(last.removed)
        if last.statements:
            yield _answer(considered, last, reason, removed)
            return
        name = "llm_removed_all" if last.drafts else "llm_none"
        reason = reason or phrases.say(name, question.language, name=backend.title)
        break
    given = extractive.answer(base, question, quotes=quotes, within=within, status=status)
    by = phrases.say("extractive_name", question.language)
    described = dataclasses.replace(given.backend, reason=reason.replace("{by}", by), removed=removed)
    yield dataclasses.replace(given, backend=described)


def _answer(considered: Considered, state: Written, reason: str, removed: int) -> Answer:
    question = considered.question
    statements, quotes = shown(state, question.language)
    timings = considered.timings | {"writing": state.seconds, "checking": state.checking}
    timings["total"] = sum(timings.values()) - state.checking
    described = dataclasses.replace(
        state.backend.described,
        model=state.backend.described.model or state.backend.described.name,
        removed=removed if state.seconds else removed + len(state.removed),
        reason=reason.replace("{by}", state.backend.title),
    )
    return Answer(
        question=question.text,
        language=question.language,
        status="answered",
        statements=statements,
        quotes=quotes,
        note=None,
        backend=described,
        timings_ms={name: seconds * 1000 for name, seconds in timings.items()},
    )


def _why(backend: NamedBackend, error: BackendError, language: Language) -> str:
    """One sentence on a failure; who answered instead is filled in when it is known."""
    chinese, english = KINDS.get(error.kind, KINDS["other"])
    why = english if language == "en" else chinese
    return phrases.say("llm_failed", language, name=backend.title, why=why, by="{by}")


def _origin(error: BackendError) -> str:
    """Which exception it was and where it was raised; its text may hold what must not be logged."""
    cause: BaseException = error.__cause__ or error
    frames = traceback.extract_tb(cause.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(cause).__name__}{where}"
