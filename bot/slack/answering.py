"""Answering: the pipeline of `bot.session`, run in threads, and the look-ups in the same knowledge base that Slack needs."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from bot.answer import EXTRACTIVE, Answer, Backend, CitedQuote, Statement
from bot.channels import rule_for
from bot.conversation import Conversation
from bot.session import reply_stream, stream, writers
from bot.slack.history import EarlierTurn
from bot.slack.places import Place
from bot.state import StateError
from knowledge.base import KnowledgeBase
from knowledge.document import Metadata
from knowledge.sentences import sentence_spans

if TYPE_CHECKING:
    from bot.compare import Comparison
    from bot.llm.counting import Count

log = structlog.get_logger(__name__)

AROUND = 700
"""Characters shown before and after a quote."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class InContext:
    """A quote where it stands. The three texts joined are a stretch of the document."""

    before: str
    quote: str
    after: str
    heading: str
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as the Home tab lists it."""

    id: str
    metadata: Metadata


class Answering:
    """One open knowledge base for all questions. `threads` run at the same time."""

    def __init__(self, base: KnowledgeBase, *, threads: int) -> None:
        self._base = base
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="answer")
        self._refreshing = threading.Lock()

    async def answer(
        self,
        text: str,
        earlier: Sequence[EarlierTurn] = (),
        *,
        channel: str = "",
        grown: Callable[[Answer], object] = lambda _: None,
    ) -> Answer:
        """Answer a question in the light of its thread, under the rule of its channel.

        Args:
            text: the question.
            earlier: what was asked and answered in the thread.
            channel: id of the channel; a rule of KAIBI_CHANNELS may pin it to a backend, a language or documents.
            grown: called in the event loop with what there is of the answer so far, where a model writes it.

        Raises:
            KaibiError: if it cannot be answered as asked, or not now.
        """
        loop = asyncio.get_running_loop()
        return await self._run(
            lambda: self._answer(text, earlier, channel, lambda answer: loop.call_soon_threadsafe(grown, answer))
        )

    async def compare(self, text: str, *, channel: str) -> "Comparison":
        """Several models on the same evidence, side by side.

        Raises:
            KaibiError: if there are not two models that may be asked here, or the sources do not answer.
        """
        return await self._run(lambda: self._compare(text, channel))

    async def in_context(self, place: Place) -> InContext | None:
        """A quote with what stands around it; None where the document has changed since."""
        return await self._run(lambda: self._in_context(place))

    async def documents(self) -> list[Listed]:
        """Every document, by title."""
        return await self._run(self._documents)

    async def backend(self) -> Backend:
        """Who words the answers where no channel's rule says otherwise."""
        named = await self._run(lambda: writers(self._base))
        return named[0].described if named else EXTRACTIVE

    async def counted(self, backend: Backend) -> "Count | None":
        """What all workers have counted of a backend; None where nothing was, or the database does not say."""
        return None if backend == EXTRACTIVE else await self._run(lambda: self._counted(backend))

    async def examine(self, work: Callable[[KnowledgeBase], Result]) -> Result:
        """Run `work` on the up-to-date knowledge base in one of the threads."""

        def run() -> Result:
            self._refresh()
            return work(self._base)

        return await self._run(run)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _refresh(self) -> None:
        # One thread opens a new generation; the others must not close the store under it.
        with self._refreshing:
            self._base.refresh()

    def _answer(
        self, text: str, earlier: Sequence[EarlierTurn], channel: str, grown: Callable[[Answer], object]
    ) -> Answer:
        self._refresh()
        rule = rule_for(self._base.settings.channels, channel)
        growing = (
            reply_stream(self._base, self._conversation(earlier), text, rule=rule)
            if earlier
            else stream(self._base, text, rule=rule)
        )
        answer = next(growing)
        for longer in growing:
            grown(answer)
            answer = longer
        return answer

    def _counted(self, backend: Backend) -> "Count | None":
        from bot.tally import tallies

        try:
            return tallies(self._base.settings).get((backend.name, backend.model or ""))
        except StateError as error:
            log.warning("no_tally", message=error.message)
            return None

    def _compare(self, text: str, channel: str) -> "Comparison":
        from bot.compare import compare

        self._refresh()
        rule = rule_for(self._base.settings.channels, channel)
        sides = ("open", "closed")
        return compare(self._base, text, sides, language=rule.language, local_only=rule.local_only)

    def _conversation(self, earlier: Sequence[EarlierTurn]) -> Conversation:
        """The conversation as it was, from the places of its quotes."""
        conversation = Conversation()
        for turn in earlier:
            understood = conversation.understand(turn.question, self._base.terms)
            question = conversation.turns[-1].question if understood.item is not None else understood.question
            conversation.add(question, self._recalled(turn))
        return conversation

    def _recalled(self, turn: EarlierTurn) -> Answer:
        quotes = []
        for n, place in enumerate(turn.places, 1):
            text = self._text(place)
            if text is not None:
                words = text[place.start : place.end]
                quotes.append(_quote(n, place, words, self._metadata(place.document)))
        kept = {quote.n: quote for quote in quotes}
        statements = tuple(
            Statement(said or " ".join(kept[n].text for n in numbers if n in kept), camp, numbers)
            for camp, numbers, said in turn.statements
            if all(n in kept for n in numbers)
        )
        return Answer(turn.question, turn.language, turn.status, statements, tuple(quotes), None, EXTRACTIVE)

    def _text(self, place: Place) -> str | None:
        """The document's text, if it is still in that version."""
        index = self._base.index
        passages = [p for p in index.passages if p.document == place.document and p.version == place.version]
        text = "".join(passage.text for passage in passages)
        return text if 0 <= place.start < place.end <= len(text) else None

    def _metadata(self, document: str) -> Metadata:
        return next(p.metadata for p in self._base.index.passages if p.document == document)

    def _in_context(self, place: Place) -> InContext | None:
        self._refresh()
        text = self._text(place)
        if text is None:
            return None
        starts = [start for start, _ in sentence_spans(text) if place.start - AROUND <= start <= place.start]
        ends = [end for _, end in sentence_spans(text) if place.end <= end <= place.end + AROUND]
        start, end = min(starts, default=place.start), max(ends, default=place.end)
        passage = next(
            p for p in self._base.index.passages if p.document == place.document and p.start <= place.start < p.end
        )
        return InContext(
            text[start : place.start],
            text[place.start : place.end],
            text[place.end : end],
            passage.heading,
            passage.metadata,
        )

    def _documents(self) -> list[Listed]:
        self._refresh()
        found = {passage.document: passage.metadata for passage in self._base.index.passages}
        return sorted((Listed(*entry) for entry in found.items()), key=lambda listed: listed.metadata.title)


def _quote(n: int, place: Place, text: str, metadata: Metadata) -> CitedQuote:
    described: dict[str, Any] = {"speaker": "", "locator": "", "source": "", "status": ""}
    return CitedQuote(
        n=n,
        text=text,
        document=place.document,
        version=place.version,
        start=place.start,
        end=place.end,
        title=metadata.title,
        publisher=metadata.publisher,
        date=metadata.date,
        kind=metadata.kind,
        language=metadata.language,
        url=metadata.url,
        stance=metadata.stance,
        **described,
    )
