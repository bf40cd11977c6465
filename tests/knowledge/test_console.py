"""The console: progress where a person waits, and nothing where nobody does."""

import os
import pty
import subprocess
import sys
from pathlib import Path

CODE = """
import time
from knowledge.console import progress_on_stderr
with progress_on_stderr(quiet=QUIET) as (announce, progress):
    progress.start("Adding documents", 4)
    for _ in range(4):
        time.sleep(PAUSE)
        progress.advance(1)
"""


def run(pause: float, *, terminal: bool, quiet: bool = False) -> str:
    """What such work shows on stderr."""
    code = CODE.replace("PAUSE", str(pause)).replace("QUIET", str(quiet))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"}
    command = [sys.executable, "-c", code]
    if not terminal:
        return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=True).stderr
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=environment, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4_096)
            except OSError:  # The other end was closed.
                break
            if not part:
                break
            shown += part
        os.close(ours)
        assert process.wait() == 0
    return shown.decode()


def test_quick_work_shows_nothing() -> None:
    """What is done within a second leaves no line, no blank and no escape code behind."""
    assert run(0, terminal=True) == ""
    assert run(0, terminal=False) == ""


def test_long_work_shows_a_bar_on_a_terminal_and_a_line_elsewhere() -> None:
    """A terminal gets a bar with a share in percent; a log file one line."""
    shown = run(0.4, terminal=True)
    assert "Adding documents" in shown
    assert "%" in shown
    assert run(0.4, terminal=False) == "Adding documents …\n"


def test_quiet_is_quiet() -> None:
    """With --json nothing but JSON is wanted."""
    assert run(0.4, terminal=True, quiet=True) == ""
