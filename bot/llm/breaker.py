"""The circuit breaker: a backend that failed several times in a row is left alone for a while, so that it slows no answer.

Source: Michael Nygard, "Release It!", 2007, chapter 5.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

FAILURES = 3
"""In a row, until it opens."""
REST = 60.0
"""Seconds until one question may try again."""


@dataclass(slots=True)
class Breaker:
    """Of one backend. Shared by threads."""

    clock: Callable[[], float] = monotonic
    _failed: int = 0
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admits(self) -> bool:
        """Whether a question may be asked now. While it rests, one question after each rest tries."""
        with self._lock:
            if self._failed < FAILURES:
                return True
            if self.clock() < self._until:
                return False
            self._until = self.clock() + REST
            return True

    def succeeded(self) -> None:
        """It answered."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """It did not answer."""
        with self._lock:
            self._failed += 1
            if self._failed >= FAILURES:
                self._until = self.clock() + REST
