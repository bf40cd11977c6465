"""The console: progress on stderr, errors as one sentence, nothing live echoed that others wrote."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from knowledge.errors import KaibiError


@dataclass(frozen=True, slots=True)
class Progress:
    """Called as work goes on. The defaults stay silent."""

    start: Callable[[str, int], object] = lambda label, total: None
    advance: Callable[[int], object] = lambda done: None


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
    """An announcer for what takes longer than a second, and a progress bar that appears only when work starts."""
    if quiet:
        yield (lambda _: None), Progress()
        return
    state: dict[str, Any] = {"bar": None, "task": None}

    def announce(text: str) -> None:
        print(f"{text} …", file=sys.stderr)

    def start(label: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        state["bar"] = Bar(*columns, console=Console(stderr=True), transient=True)
        state["bar"].start()
        state["task"] = state["bar"].add_task(label, total=total)

    def advance(done: int) -> None:
        if state["bar"] is not None:
            state["bar"].advance(state["task"], done)

    try:
        yield announce, Progress(start, advance)
    finally:
        if state["bar"] is not None:
            state["bar"].stop()


def printable(text: str) -> str:
    """One line of text that a terminal shows as it is: no control, no change of direction."""
    return "".join(char if char.isprintable() else " " for char in text)
