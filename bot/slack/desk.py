"""The desk: takes requests, lets them wait their turn, has them answered and shows the answer. Each once.

A request is in the database before Slack hears that it was taken. Whoever took it keeps renewing a lease; where the lease
lapses, because the process was killed, another worker (or the same after its restart) takes the request over.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot import phrases as answer_phrases
from bot.answer import Answer
from bot.question import LONGEST
from bot.slack import history
from bot.slack.access import People, Rules, refusal
from bot.slack.answering import Answering
from bot.slack.comparing import comparison_messages
from bot.slack.courtesy import error_name
from bot.slack.metrics import Metrics
from bot.slack.phrases import say
from bot.slack.queue import FairQueue, Job
from bot.slack.reply import Reply, Slack
from bot.slack.request import Request
from bot.state import Outcome
from knowledge.document import Language
from knowledge.errors import KaibiError
from knowledge.script import language_of

log = structlog.get_logger(__name__)

LEASE_SECONDS = 15.0
YOUNGEST_SECONDS = 600.0
"""An unanswered request that is older is let go: its asker has given up."""
SLOW_SECONDS = 1.5
"""After so long without an answer a placeholder is posted, where Slack shows no status line."""
QUEUED_SECONDS = 1.0
"""After so long in the queue people are told how many are before them."""
MINUTE = 60.0
KEEP_SECONDS = 86_400.0
"""How long finished events are remembered."""

_NOT_THERE = ("not_in_channel", "channel_not_found")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is bounded. See the settings of the same names."""

    concurrency: int
    person: int
    """Questions a minute."""
    channel: int
    """Questions a minute."""


@dataclass
class Desk:
    """One worker."""

    slack: Slack
    answering: Answering
    people: People
    rules: Rules
    limits: Limits
    metrics: Metrics
    add_documents: Callable[[Request, Reply, Language], Awaitable[None]]
    """Answers a request that brings documents."""
    worker: str = field(default_factory=lambda: uuid.uuid4().hex)
    lease: float = LEASE_SECONDS
    queued_after: float = QUEUED_SECONDS
    _background: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = FairQueue(self._work, slots=self.limits.concurrency)
        self.metrics.waiting.set_function(lambda: len(self.queue))
        self.metrics.working.set_function(lambda: self.queue.busy)

    async def start(self) -> None:
        """Begin to work, with what earlier workers left unanswered."""
        self.queue.start()
        self._background.append(asyncio.create_task(self._keep_leases()))

    async def close(self, seconds: float) -> None:
        """Finish what was taken, for so long; leave the rest to others at once."""
        await self.queue.drain(seconds)
        for loop in self._background:
            loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loop
        await self._state("release", self.worker)

    async def take(self, request: Request) -> bool:
        """Write a request down as ours to answer; False where someone has it already. Acknowledge only after this."""
        now = time.time()
        taken: bool = await asyncio.to_thread(
            self.slack.state.take,
            request.key,
            team=request.team,
            channel=request.channel,
            thread=request.thread,
            person=request.user,
            request=request.to_json(),
            worker=self.worker,
            now=now,
            until=now + self.lease,
        )
        self.metrics.events.labels("taken" if taken else "again").inc()
        return taken

    async def submit(self, request: Request) -> None:
        """Queue a request that was taken, unless it is turned away."""
        await self._enqueue(Job(request, time.time()))

    async def welcome(self, user: str, channel: str) -> str | None:
        """Why a person may not use a button or a shortcut here, as the name of a phrase; None where they may."""
        person = await self.people.person(user)
        return refusal(self.rules, person, channel=channel, direct=channel.startswith("D"))

    async def _enqueue(self, job: Job) -> None:
        request = job.request
        reply = self._reply(request)
        try:
            turned_away = await self._turned_away(job, reply)
        except Exception as error:
            await self._failed(job, reply, error)
            return
        if turned_away:
            await self._finish(request.key, turned_away)
            return
        await self.queue.put(job)
        waiter = asyncio.create_task(self._tell_place(job, reply))
        self._background = [task for task in self._background if not task.done()] + [waiter]

    async def _turned_away(self, job: Job, reply: Reply) -> Outcome | None:
        """Tell someone that they are not answered, and why; None where they are."""
        request = job.request
        if request.kind == "reply" and not await self._engaged(request, reply):
            return "ignored"
        language = language_of(request.text)
        person = await self.people.person(request.user, outside=request.outside)
        unwelcome = refusal(self.rules, person, channel=request.channel, direct=request.kind == "direct")
        if unwelcome:
            await reply.whisper(say(unwelcome, language))
            return "done"
        if job.resumed:
            return None
        if not request.adds and not any(char.isalnum() for char in request.text):
            await reply.tell(say("no_question", language, example=answer_phrases.example(language)))
            return "done"
        if not request.adds and len(request.text) > LONGEST:
            await reply.tell(say("too_long", language, count=f"{len(request.text):,}"))
            return "done"
        by_person, by_channel = await asyncio.to_thread(
            self.slack.state.asked, person=request.user, channel=request.channel, since=time.time() - MINUTE
        )
        for name, asked, limit in (
            ("too_many_person", by_person, self.limits.person),
            ("too_many_channel", by_channel, self.limits.channel),
        ):
            if asked > limit and not (name == "too_many_channel" and request.kind == "direct"):
                await reply.whisper(say(name, language, limit=limit, seconds=int(MINUTE)))
                return "done"
        return None

    async def _engaged(self, request: Request, reply: Reply) -> bool:
        """Whether Kaibi has answered in this thread: the database knows its own, Slack knows all."""
        if await asyncio.to_thread(self.slack.state.engaged, request.channel, request.thread):
            return True
        return history.answered(await reply.thread(), bot_user=self.slack.bot_user)

    async def _tell_place(self, job: Job, reply: Reply) -> None:
        await asyncio.sleep(self.queued_after)
        before = self.queue.before(job)
        if before:
            await reply.status(say("queued", language_of(job.request.text), count=before))

    async def _work(self, job: Job) -> None:
        request = job.request
        reply = self._reply(request)
        try:
            await self._respond(job, reply)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await self._failed(job, reply, error)
        finally:
            with contextlib.suppress(Exception):
                await reply.clear()

    async def _respond(self, job: Job, reply: Reply) -> None:
        request = job.request
        language = language_of(request.text)
        messages: list[dict[str, Any]] = []
        if job.resumed or (request.thread and request.thread != request.ts):
            messages = await reply.thread()
        if job.resumed and await reply.resume(messages):
            await self._finish(request.key, "done")
            return
        if request.adds:
            await self.add_documents(request, reply, language)
            await self._finish(request.key, "done")
            return
        if request.compares and await self._compared(request, reply, language):
            return
        turns = history.earlier_turns(messages, bot_user=self.slack.bot_user, before=request.ts)
        drafts: asyncio.Queue[Answer | None] = asyncio.Queue()
        answering = asyncio.ensure_future(
            self.answering.answer(request.text, turns, channel=request.channel, grown=drafts.put_nowait)
        )
        growing = asyncio.create_task(self._grow(request, reply, drafts))
        showing = asyncio.create_task(reply.status(say("searching", language)))
        try:
            await asyncio.wait({answering}, timeout=SLOW_SECONDS)
            if not await showing and not answering.done() and drafts.empty():
                await reply.placeholder(say("searching_message", language))
            answer = await answering
        finally:
            answering.cancel()
            drafts.put_nowait(None)
            await growing
        if not await self._still_ours(request.key):
            log.warning("lease_lost", key=request.key)
            return
        await reply.answer(answer, heading=self._heading(request, answer), stream=len(self.queue) == 0)
        await self._finish(request.key, "done")
        self.metrics.answers.labels(answer.status).inc()
        self.metrics.seconds.observe(max(0.0, time.time() - job.since))
        if answer.status != "answered":
            await asyncio.to_thread(
                self.slack.state.add_gap,
                question=request.text,
                language=answer.language,
                status=answer.status,
                at=time.time(),
            )

    async def _compared(self, request: Request, reply: Reply, language: Language) -> bool:
        """Show several models' answers; False where there is nothing to compare, and the plain answer must do."""
        try:
            comparison = await self.answering.compare(request.text, channel=request.channel)
        except KaibiError as error:
            log.warning("not_comparable", key=request.key, message=error.message, remedy=error.remedy)
            await reply.tell_presser(say("not_comparable", language))
            return False
        await reply.show(comparison_messages(comparison))
        await self._finish(request.key, "done")
        return True

    async def _grow(self, request: Request, reply: Reply, drafts: "asyncio.Queue[Answer | None]") -> None:
        """Stream an answer while it is written, up to the draft that is None."""
        while (draft := await drafts.get()) is not None:
            if drafts.empty() and len(self.queue) == 0 and await self._still_ours(request.key):
                await reply.grow(draft)

    async def _failed(self, job: Job, reply: Reply, error: Exception) -> None:
        """Say so in the asker's language, under an id that finds the log line."""
        identifier = uuid.uuid4().hex[:8]
        told = {"message": error.message, "remedy": error.remedy} if isinstance(error, KaibiError) else {}
        log.error("answer_failed", id=identifier, key=job.request.key, exc_info=error, **told)
        self.metrics.answers.labels("failed").inc()
        language = language_of(job.request.text)
        try:
            if job.request.kind != "publish":
                await reply.tell(say("failed", language, id=identifier))
            elif error_name(error) in _NOT_THERE:
                await reply.tell_presser(say("not_in_channel", language))
            else:
                await reply.tell_presser(say("failed", language, id=identifier))
        except Exception as untold:
            log.error("failure_not_told", id=identifier, error=type(untold).__name__)
        with contextlib.suppress(KaibiError):
            await self._finish(job.request.key, "failed")

    async def _keep_leases(self) -> None:
        """Renew our leases, take lapsed ones over, forget what is old."""
        forgotten = 0.0
        while True:
            try:
                now = time.time()
                await self._state("renew", self.worker, until=now + self.lease)
                lapsed = await asyncio.to_thread(
                    self.slack.state.take_over,
                    self.worker,
                    now=now,
                    until=now + self.lease,
                    youngest=now - YOUNGEST_SECONDS,
                    limit=20,
                )
                for taken in lapsed:
                    log.warning("question_taken_over", key=taken.key)
                    await self._enqueue(Job(Request.from_json(taken.request), now, resumed=True))
                if now - forgotten > MINUTE * 60:
                    forgotten = now
                    await self._state("forget", before=now - KEEP_SECONDS)
            except Exception as error:
                log.error("state_unavailable", error=str(error))
            await asyncio.sleep(self.lease / 3)

    async def _still_ours(self, key: str) -> bool:
        until = time.time() + self.lease
        return await asyncio.to_thread(self.slack.state.holds, key, self.worker, until=until)

    async def _finish(self, key: str, outcome: Outcome) -> None:
        await asyncio.to_thread(self.slack.state.finish, key, outcome)

    async def _state(self, name: str, *values: Any, **named: Any) -> None:
        await asyncio.to_thread(getattr(self.slack.state, name), *values, **named)

    def _reply(self, request: Request) -> Reply:
        return Reply(self.slack, request)

    @staticmethod
    def _heading(request: Request, answer: Answer) -> str:
        if request.files:
            return say("files_unread", answer.language)
        return say("shared", answer.language, question=request.text) if request.kind == "publish" else ""
