"""Writing: a model words the answer from numbered evidence; the program copies the quotes and lets nothing unproven through.

The model sees the question and about a dozen numbered sentences. Each statement that it writes must cite numbers and pass
`bot.checking.check` against the cited sentences. What fails is sent back once, then removed.
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.answer import CitedQuote, Statement
from bot.checking import check, without_scare_quotes
from bot.extractive import Considered
from bot.llm.backends import NamedBackend, Usage, prepared, without_schema, write
from bot.llm.counting import count
from bot.llm.evidence import Evidence, context
from bot.llm.language import foreign, in_script
from bot.llm.prompts import LANGUAGES, fenced, gives_orders, prompt
from bot.llm.protocol import Draft, Reader, Translated
from bot.question import Question
from bot.selection import camp_of
from knowledge.base import KnowledgeBase
from knowledge.document import Language
from knowledge.errors import BackendError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

TURNS = 3
"""Earlier questions of a conversation that it sees."""
STATEMENTS = 8
"""Statements after which a model is stopped."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A statement that did not hold."""

    draft: Draft
    why: tuple[tuple[str, str], ...]
    """Kind and words of each discrepancy; the kinds are those of `bot.checking`, "cite" and "language"."""


@dataclass(slots=True)
class Written:
    """What has come of one backend's writing so far."""

    backend: NamedBackend
    evidence: Evidence
    statements: list[Statement] = field(default_factory=list)
    """Those that hold; their quotes are numbers of evidence sentences."""
    removed: list[Removed] = field(default_factory=list)
    translations: dict[int, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    """Until the end of the writing."""
    checking: float = 0.0
    """Seconds spent on reading and checking what the model wrote."""
    drafts: int = 0
    """Statements that the model wrote in its first round."""


def messages(
    question: str, language: Language, evidence: Evidence, earlier: Sequence[str], *, structured: bool
) -> "list[BaseMessage]":
    """What leaves for the model: rules, evidence, the question and a few earlier ones. Nothing else does."""
    from langchain_core.messages import HumanMessage, SystemMessage

    mixed = any((quote.language == "en") != (language == "en") for quote in evidence.quotes)
    translating = prompt("translating", language) + "\n" if mixed and not structured else ""
    rules = prompt("answer", language, translating=translating)
    if structured:
        rules += "\n\n" + prompt("json", language)
        rules += "\n" + prompt("json_translating", language) if mixed else ""
    turns = "\n".join(fenced(turn) for turn in earlier[-TURNS:])
    asked = prompt(
        "question",
        language,
        evidence=evidence.lines(),
        question=fenced(question),
        earlier=f"\n<earlier>\n{turns}\n</earlier>\n" if turns else "",
    )
    return [SystemMessage(rules), HumanMessage(asked)]


def written(
    base: KnowledgeBase,
    considered: Considered,
    evidence: Evidence,
    backend: NamedBackend,
    *,
    earlier: Sequence[str] = (),
) -> Iterator[Written]:
    """Let a backend write: the state after each statement that holds, and at the end. What came of it is counted.

    Raises:
        BackendError: if it fails before a statement held. What held before a failure stays.
    """
    state = Written(prepared(backend), evidence)
    begun = time.monotonic()
    try:
        yield from _written(base, considered, state, earlier)
    except BackendError:
        count(base.settings, state, seconds=time.monotonic() - begun, failed=True)
        raise
    count(base.settings, state, seconds=state.seconds)


def _written(base: KnowledgeBase, considered: Considered, state: Written, earlier: Sequence[str]) -> Iterator[Written]:
    question, backend, evidence = considered.question, state.backend, state.evidence
    begun = time.monotonic()
    deadline = begun + backend.connection.timeout
    sent = messages(question.text, question.language, evidence, earlier, structured=backend.connection.structured)
    try:
        yield from _round(base, state, sent, deadline, question)
    except BackendError as error:
        plain = without_schema(error, backend)
        if plain is not None:
            state.backend = plain
            yield from _written(base, considered, state, earlier)
            return
        if not state.statements:
            raise
    failed, state.drafts = list(state.removed), len(state.statements) + len(state.removed)
    if failed and time.monotonic() < deadline:
        state.removed.clear()
        known = len(state.statements)
        again = [*sent, *_repair(base, state, failed, question.language)]
        with contextlib.suppress(BackendError):
            yield from _round(base, state, again, deadline, question)
        # A statement that was put right counts as no removed one; one that was only repeated does.
        state.removed = failed[: max(0, len(failed) - (len(state.statements) - known))]
    state.seconds = time.monotonic() - begun
    yield state


def _round(
    base: KnowledgeBase, state: Written, sent: "Sequence[BaseMessage]", deadline: float, question: Question
) -> Iterator[Written]:
    reader = Reader()
    pieces = write(state.backend, sent, state.usage, deadline=deadline)
    drafts = 0
    for piece in pieces:
        for item in reader.feed(piece):
            drafts += isinstance(item, Draft)
            if _take(base, state, item, question):
                yield state
        if drafts >= STATEMENTS:
            return
    for item in reader.end():
        if _take(base, state, item, question):
            yield state


def _take(base: KnowledgeBase, state: Written, item: Draft | Translated, question: Question) -> bool:
    """Check what was written; whether a new statement holds."""
    begun = time.perf_counter()
    try:
        if isinstance(item, Translated):
            _translate(base, state, item, question.language)
            return False
        item = _unquoted(base, state.evidence, item)
        item = dataclasses.replace(item, text=in_script(item.text, question.language))
        problems = discrepancies(base, state.evidence, item, question.language)
        if problems:
            state.removed.append(Removed(item, problems))
            return False
        if any(item.text == statement.text for statement in state.statements):
            return False
        state.statements.append(
            Statement(item.text, _camp(base, state.evidence, item) if question.kind == "compare" else None, item.cites)
        )
        return True
    finally:
        state.checking += time.perf_counter() - begun


def discrepancies(
    base: KnowledgeBase, evidence: Evidence, draft: Draft, language: Language
) -> tuple[tuple[str, str], ...]:
    """Why a statement does not hold, or cannot be shown to one who asked in `language`; empty where it does."""
    by_number = {quote.n: quote for quote in evidence.quotes}
    wrong = [str(number) for number in draft.cites if number not in by_number]
    if wrong or not draft.cites:
        return (("cite", ", ".join(wrong)),)
    if "\ufffd" in draft.text or gives_orders(draft.text):
        return (("quote", draft.text[:40]),)
    if foreign(draft.text, language):
        return (("language", LANGUAGES[language]),)
    quotes = [by_number[number] for number in draft.cites]
    found = check(
        draft.text,
        [quote.text for quote in quotes],
        base.terms,
        context=[context(quote) for quote in quotes],
        tokens=base.tokens,
    )
    return tuple((item.kind, item.words) for item in found)


def _unquoted(base: KnowledgeBase, evidence: Evidence, draft: Draft) -> Draft:
    """The statement without quotation marks around terms, which would look like a quotation."""
    cited = [quote for quote in evidence.quotes if quote.n in draft.cites]
    known = [*(quote.text for quote in cited), *(context(quote) for quote in cited)]
    return dataclasses.replace(draft, text=without_scare_quotes(draft.text, known, base.terms))


def _camp(base: KnowledgeBase, evidence: Evidence, draft: Draft) -> str | None:
    """The camp for which all cited sentences speak."""
    camps = {camp_of(base.index, evidence.numbers[number - 1]) for number in draft.cites}
    if camps <= {"open", "neutral"} or camps <= {"closed", "neutral"}:
        return "open" if "open" in camps else "closed" if "closed" in camps else None
    return "both"


def _translate(base: KnowledgeBase, state: Written, item: Translated, language: Language) -> None:
    """Keep a translation whose numbers, dates, names and denials are those of its sentence."""
    quote = next((quote for quote in state.evidence.quotes if quote.n == item.number), None)
    if quote is None or item.number in state.translations or len(item.text) > 4 * len(quote.text) + 200:
        return
    text = item.text.strip('“”"「」 ')
    if not foreign(text, language) and not check(
        text, [quote.text], base.terms, context=[context(quote)], tokens=base.tokens
    ):
        state.translations[item.number] = text


def _repair(base: KnowledgeBase, state: Written, failed: list[Removed], language: Language) -> "list[BaseMessage]":
    from langchain_core.messages import AIMessage, HumanMessage

    lines = []
    for removed in failed:
        marks = "".join(f"[{number}]" for number in removed.draft.cites)
        told = "; ".join(f"{kind}: {words}" if words else kind for kind, words in removed.why)
        better = _bearing_out(base, state.evidence, removed.draft, language)
        hint = f" ✓ [{better}]" if better else ""
        lines.append(f"- {fenced(removed.draft.text)} {marks} → {fenced(told)}{hint}")
    said = "\n".join(f"{r.draft.text} {''.join(f'[{n}]' for n in r.draft.cites)}" for r in failed)
    return [AIMessage(said), HumanMessage(prompt("repair", language, problems="\n".join(lines)))]


def _bearing_out(base: KnowledgeBase, evidence: Evidence, draft: Draft, language: Language) -> int | None:
    """The sentence that a statement could have cited. The program never cites for the model: it tells it once."""
    for quote in evidence.quotes:
        if not discrepancies(base, evidence, dataclasses.replace(draft, cites=(quote.n,)), language):
            return quote.n
    return None


def shown(state: Written, language: Language) -> tuple[tuple[Statement, ...], tuple[CitedQuote, ...]]:
    """Statements with their marks and the quotes, numbered in the order in which they are cited."""
    by_number = {quote.n: quote for quote in state.evidence.quotes}
    originals = state.evidence.originals
    cited_here = dict.fromkeys(number for statement in state.statements for number in statement.quotes)
    quotes: list[CitedQuote] = []
    renumbered: dict[int, tuple[int, ...]] = {}
    for number in cited_here:
        told = dataclasses.replace(by_number[number], translation=state.translations.get(number, ""))
        own = [told, *([originals[number]] if number in originals else [])]
        renumbered[number] = tuple(range(len(quotes) + 1, len(quotes) + len(own) + 1))
        quotes += [dataclasses.replace(quote, n=n) for quote, n in zip(own, renumbered[number], strict=True)]
    statements = []
    for statement in state.statements:
        numbers = tuple(n for number in statement.quotes for n in renumbered[number])
        marks = "".join(f"[{number}]" for number in numbers)
        gap = " " if language == "en" else ""
        statements.append(Statement(f"{statement.text}{gap}{marks}", statement.camp, numbers))
    return tuple(statements), tuple(quotes)
