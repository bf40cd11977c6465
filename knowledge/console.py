"""The console: progress on stderr, errors as one sentence, nothing live echoed that others wrote."""

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import typer

from knowledge.errors import InternalError, KaibiError, UsageError


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
        print(json_text({"error": body}), flush=True)
    else:
        print(printable(f"{error.message} {error.remedy}".strip()), file=sys.stderr)


@contextmanager
def guarded(*, as_json: bool) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence and an exit status."""
    try:
        yield
        sys.stdout.flush()  # Here a reader that has gone is noticed in time.
    except (typer.Exit, typer.Abort, SystemExit, GeneratorExit):
        raise
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        raise typer.Exit(130) from None
    except BrokenPipeError:
        # The reader of our output has gone; so do we, without a word, also when the interpreter flushes at its end.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except BaseException as error:  # Panics of Rust code are no Exception.
        translated = explained(error)
        fail(translated, as_json=as_json)
        raise typer.Exit(translated.exit_code) from None


def explained(error: BaseException) -> KaibiError:
    """Any error as a sentence for the user. Of our own mistakes the log keeps the traceback."""
    if isinstance(error, KaibiError):
        return error
    if hasattr(
        error, "format_message"
    ):  # A wrong use of the command line, by Click, which Typer carries within itself.
        return _misused(error)
    if isinstance(error, OSError):
        where = f" {error.filename!r}" if error.filename else ""
        return KaibiError(
            f"The system refused{where}: {error.strerror or error}.",
            remedy="Check space and rights there; KAIBI_HOME names the folder.",
        )
    return _recorded(error)


def _misused(error: Any) -> UsageError:
    command = error.ctx.command_path if getattr(error, "ctx", None) else "kaibi"
    message = printable(error.format_message()).strip() or "Name a command."  # Without one, the help was shown.
    return UsageError(message if message.endswith((".", "?")) else f"{message}.", remedy=f"See: {command} --help")


def _recorded(error: BaseException) -> KaibiError:
    """Our own mistake: its traceback goes to a log under KAIBI_HOME, under an id that the sentence names."""
    # Imported here: they are rarely needed, and settings are the very thing that may have failed.
    import traceback
    import uuid
    from datetime import UTC, datetime

    from knowledge.settings import load_settings

    identifier = uuid.uuid4().hex[:8]
    message = f"Kaibi made a mistake of its own ({type(error).__name__}, id {identifier})."
    report = without_secrets("".join(traceback.format_exception(error)))
    try:
        log = load_settings().home / "kaibi.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {identifier}\n{report}\n")
    except (OSError, KaibiError):
        return InternalError(message, remedy="Nothing could be logged: KAIBI_HOME cannot be used; see: kaibi doctor")
    return InternalError(message, remedy=f"What happened is in {str(log)!r}; please report it with that entry.")


LARGEST_LOG = 1_000_000
"""Bytes from which kaibi.log is set aside and begun anew."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|DATABASE_URL")


def without_secrets(text: str) -> str:
    """A text without the values of variables that hold secrets, and without passwords in addresses."""
    from dotenv import dotenv_values

    variables: dict[str, str | None] = dict(os.environ)
    with suppress(OSError, ValueError):
        variables = {**dotenv_values(".env"), **variables}
    for name, value in variables.items():
        if _SECRET_NAME.search(name) and value and len(value) > 5:
            text = text.replace(value, f"<{name}>")
    return re.sub(r"(?<=://)[^/\s@]+(?=@)", "…", text)


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


_LIVE = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def json_text(value: object) -> str:
    """JSON as one line, readable, but with nothing in it that a terminal would act on: such characters stand escaped."""
    return _LIVE.sub(lambda match: json.dumps(match[0])[1:-1], json.dumps(value, ensure_ascii=False))
