"""The console: progress on stderr, errors as one sentence, nothing live echoed that others wrote."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from knowledge.errors import KaibiError


@dataclass(frozen=True, slots=True)
class Progress:
    """Called as work goes on. The defaults stay silent."""

    start: Callable[[str, float], object] = lambda label, total: None
    """Work of that name and size begins."""
    advance: Callable[[float], object] = lambda done: None
    """So much more of it is done."""


def fail(error: KaibiError, *, as_json: bool) -> None:
    """Print an error: JSON on stdout, else one line on stderr."""
    if as_json:
        body = {"code": error.code, "message": printable(error.message), "hint": printable(error.remedy)}
        print(json.dumps({"error": body}, ensure_ascii=False), flush=True)
    else:
        print(printable(f"{error.message} {error.remedy}".strip()), file=sys.stderr)


@contextmanager
def guarded(*, as_json: bool) -> Iterator[None]:
    """Turn what the user can mend into one sentence and an exit status."""
    try:
        yield
    except KaibiError as error:
        fail(error, as_json=as_json)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        raise typer.Exit(130) from None
    except BrokenPipeError:
        sys.stderr.close()  # The reader of our output has gone; so do we, without a word.
        raise typer.Exit(0) from None
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        wrapped = KaibiError(
            f"The system refused{where}: {error.strerror or error}.",
            remedy="Check space and rights there; KAIBI_HOME names the folder.",
        )
        fail(wrapped, as_json=as_json)
        raise typer.Exit(1) from None


@contextmanager
def progress_on_stderr(*, quiet: bool) -> Iterator[tuple[Callable[[str], Any], Progress]]:
    """An announcer, and a progress bar; on stderr, for what takes longer than a second."""
    if quiet:
        yield (lambda _: None), Progress()
        return
    bar = _Bar()
    try:
        yield (lambda text: print(f"{text} …", file=sys.stderr)), Progress(bar.start, bar.advance)
    finally:
        bar.stop()


class _Bar:
    """A progress bar that stays away from work that is done within a second; a line of text where no terminal is."""

    def __init__(self) -> None:
        self._shown: Any = None
        self._label, self._total, self._done = "", 0.0, 0.0
        self._begun = 0.0
        self._told = False

    def start(self, label: str, total: float) -> None:
        self.stop()
        self._label, self._total, self._done = label, total, 0.0
        self._begun = time.monotonic()
        self._told = False

    def advance(self, done: float) -> None:
        self._done += done
        if self._told or time.monotonic() - self._begun < 1:
            if self._shown is not None:
                self._shown.update(self._shown.task_ids[0], completed=self._done)
            return
        self._told = True
        if not sys.stderr.isatty():
            print(f"{self._label} …", file=sys.stderr)
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
        self._shown = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        self._shown.add_task(self._label, total=self._total, completed=self._done)
        self._shown.start()

    def stop(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None


def printable(text: str) -> str:
    """One line of text that a terminal shows as it is: no control, no change of direction."""
    return "".join(char if char.isprintable() else " " for char in text)
