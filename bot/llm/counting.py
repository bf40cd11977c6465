"""Counting: what came of everything that a backend wrote, added up in the database and for /metrics.

Numbers are kept under the backend's name and model, and nothing else: no question, no answer, nobody's name. A thread of
its own stores them, all that is waiting at once, so that no answer waits for the database; one that cannot be written costs
a line in the log.
"""

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.settings import Settings

if TYPE_CHECKING:
    from bot.llm.writing import Written

log = logging.getLogger("kaibi.llm")

Name = tuple[str, str]
"""A backend's preset and model; the model is empty where the server's first is asked."""


@dataclass(frozen=True, slots=True)
class Count:
    """What one backend has done."""

    asked: int = 0
    """Answers that it was asked for."""
    worded: int = 0
    """Answers of which at least one statement held."""
    failed: int = 0
    """Answers that ended in a failure: no key, refused, too slow, …"""
    kept: int = 0
    """Statements that held."""
    removed: int = 0
    """Statements that did not, after the one chance to put them right."""
    read: int = 0
    """Tokens, where the server counts them."""
    written: int = 0
    """Tokens, where the server counts them."""
    seconds: float = 0.0
    """From the question to the end of the writing, summed."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Removed statements by what was wrong with them; one may be of several kinds."""

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.asked + other.asked,
            self.worded + other.worded,
            self.failed + other.failed,
            self.kept + other.kept,
            self.removed + other.removed,
            self.read + other.read,
            self.written + other.written,
            self.seconds + other.seconds,
            Counter(self.kinds) + Counter(other.kinds),
        )

    @property
    def statements(self) -> int:
        """All that were checked."""
        return self.kept + self.removed

    @property
    def share(self) -> str:
        """The share removed; empty where no statement was checked.

        >>> Count(kept=118, removed=12).share
        '12 of 130 (9%)'
        """
        return f"{self.removed} of {self.statements} ({self.removed / self.statements:.0%})" if self.statements else ""


_thread = ThreadPoolExecutor(1, thread_name_prefix="count")
_lock = threading.Lock()
_waiting: list[tuple[Settings, Name, Count]] = []
_totals: dict[Name, Count] = {}


def count(settings: Settings, state: "Written", *, seconds: float, failed: bool = False) -> None:
    """Count what came of one writing. Returns at once and raises nothing."""
    counted = Count(
        asked=1,
        worded=int(bool(state.statements)),
        failed=int(failed),
        kept=len(state.statements),
        removed=len(state.removed),
        read=state.usage.read or 0,
        written=state.usage.written or 0,
        seconds=seconds,
        kinds=Counter(kind for removed in state.removed for kind in {kind for kind, _ in removed.why}),
    )
    if not failed:
        kinds = ", ".join(sorted(counted.kinds))
        title = state.backend.title
        log.info("statements_checked: %s: %d kept, %d removed (%s)", title, counted.kept, counted.removed, kinds)
    name = (state.backend.described.name, state.backend.described.model or "")
    with _lock:
        _totals[name] = _totals.get(name, Count()) + counted
        _waiting.append((settings, name, counted))
    with suppress(RuntimeError):  # The process is ending.
        _thread.submit(_store)


def totals() -> dict[Name, Count]:
    """What this process has counted."""
    with _lock:
        return dict(_totals)


def settle() -> None:
    """Wait until what this process has counted is stored, or was given up."""
    with suppress(RuntimeError):
        _thread.submit(_store).result()


def _store() -> None:
    """Store all that waits: one transaction a database."""
    with _lock:
        waiting = list(_waiting)
        _waiting.clear()
    sums: dict[object, tuple[Settings, dict[Name, Count]]] = {}
    for settings, name, counted in waiting:
        _, counts = sums.setdefault((settings.home, settings.database_url), (settings, {}))
        counts[name] = counts.get(name, Count()) + counted
    for settings, counts in sums.values():
        try:
            from bot.tally import add  # Here, for SQL takes a moment to load that an answer must not wait for.

            add(settings, counts)
        except Exception as error:  # The border of this thread.
            answers = sum(counted.asked for counted in counts.values())
            log.warning("not_counted: %d answers: %s", answers, getattr(error, "message", type(error).__name__))
