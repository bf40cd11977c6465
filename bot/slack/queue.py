"""The queue: a bounded number of requests at work, and turns taken by person, so that nobody's fifty hold up another's one."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.slack.request import Request


@dataclass(frozen=True, slots=True)
class Job:
    """A request on its way through the queue."""

    request: Request
    since: float
    """When it was taken, in seconds since 1970."""
    resumed: bool = False
    """Whether another worker began with it, which may have posted something already."""


class FairQueue:
    """Requests waiting by person. `slots` tasks take them out, one person's after another's."""

    def __init__(self, work: Callable[[Job], Awaitable[None]], *, slots: int) -> None:
        self._work = work
        self._slots = slots
        self._waiting: dict[str, deque[Job]] = {}
        """In the order in which people are served next."""
        self._ready = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._busy = 0
        self._closing = False

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    @property
    def busy(self) -> int:
        """How many are at work."""
        return self._busy

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._run()) for _ in range(self._slots)]

    async def put(self, job: Job) -> None:
        """Add a request."""
        async with self._ready:
            self._waiting.setdefault(job.request.user, deque()).append(job)
            self._ready.notify()

    def before(self, job: Job) -> int | None:
        """How many requests will be taken out before this one; None once it is no longer waiting."""
        own = self._waiting.get(job.request.user)
        if own is None or job not in own:
            return None
        turn = own.index(job)
        people = list(self._waiting)
        ahead = people.index(job.request.user)
        others = enumerate(self._waiting.items())
        # Each earlier person has had one more turn than we when ours comes; each later one as many as we.
        return turn + sum(
            min(len(queue), turn + (place < ahead)) for place, (user, queue) in others if user != job.request.user
        )

    async def drain(self, seconds: float) -> None:
        """Work on for so long, then stop: what is not finished by then is dropped."""
        self._closing = True
        async with self._ready:
            self._ready.notify_all()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            for task in late:
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _run(self) -> None:
        while True:
            async with self._ready:
                await self._ready.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                user = next(iter(self._waiting))
                own = self._waiting.pop(user)
                job = own.popleft()
                if own:
                    self._waiting[user] = own  # At the end: everybody else comes first.
            self._busy += 1
            try:
                await self._work(job)
            finally:
                self._busy -= 1
