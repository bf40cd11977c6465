"""The real command line, in a process of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What a terminal would act on."""


@dataclass(frozen=True)
class Outcome:
    """How a run of `kaibi` ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Kaibi = Callable[..., Outcome]


def environment(home: Path, **variables: str) -> dict[str, str]:
    return {**os.environ, "KAIBI_HOME": str(home), **variables}


def run_kaibi(*arguments: str | bytes | Path, home: Path, stdin: str | bytes = b"", **variables: str) -> Outcome:
    """Run `kaibi`; whatever it does, it shows no traceback and nothing that a terminal acts on."""
    command: list[Any] = [sys.executable, "-m", "bot.cli", *arguments]
    sent = stdin.encode("utf-8", "surrogatepass") if isinstance(stdin, str) else stdin
    done = subprocess.run(
        command, input=sent, capture_output=True, env=environment(home, **variables), check=False, timeout=300
    )
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    shown = outcome.out + outcome.err
    assert "Traceback" not in shown, shown
    assert not LIVE.search(shown), sorted({hex(ord(char)) for char in LIVE.findall(shown)})
    return outcome
