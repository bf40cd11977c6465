"""What writing with a language model costs beyond the model's own time, until the first checked statement stands.

    python -m bench.overhead [--questions N] [--cache FOLDER]

A stand-in on loopback answers at once, in each protocol family, with honest statements: it repeats two sentences of the
evidence that the request carries, so that they are really checked and hold. Each question is asked of every family and for
the quoted answer, in one process and by turns, so that none has the warmer caches. The stand-in's own time is that of the
same request sent bare, until the first byte; what is left is overhead. Questions are the answerable ones of
bench/questions/, half of them Chinese; times depend on what else the machine does.
"""

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml
from pydantic import SecretStr

from bench.cases import QUESTIONS, shipped_base
from bot.extractive import consider, outcome
from bot.question import read_question
from bot.session import stream
from knowledge.base import KnowledgeBase
from knowledge.script import HAN

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "bot" / "llm"))

from standins import Request, Script, StandIn, standing_in

FAMILIES = {"openai": "/v1", "anthropic": "", "gemini": "", "granite": ""}
"""A preset of each protocol family, and the path of its base URL."""
QUOTED = "extractive"
WARM_UP = 4
"""Questions that are asked before the clock counts."""


def honest(request: Request) -> Script:
    """Two sentences of the evidence with their numbers, in the question's language where there are any."""
    prompt = request.prompt  # as JSON; the rules name the fences too, so the last ones count
    evidence = json.loads(f'"{prompt[prompt.rfind("<evidence>") : prompt.rfind("</evidence>")]}"')
    told = re.findall(r"^\[(\d+)\] \(.*?\) (.*)$", evidence, re.MULTILINE)
    chinese = _is_chinese(prompt[prompt.rfind("<question>") : prompt.rfind("</question>")])
    own = [(number, text) for number, text in told if _is_chinese(text) == chinese] or told
    return Script("\n".join(f"{text} [{number}]" for number, text in own[:2]))


def _is_chinese(text: str) -> bool:
    return len(re.findall(f"[{HAN}]", text)) * 4 > len(text)


def questions(base: KnowledgeBase, count: int) -> list[str]:
    """Questions that the sources answer, Chinese and English by turns, from all of each language's."""
    found: dict[bool, list[str]] = {True: [], False: []}
    for file in sorted(QUESTIONS.glob("*.yaml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
            if entry.get("expect") == "answered" and entry.get("q"):
                found[entry["lang"] == "en"].append(str(entry["q"]))
    chosen: list[list[str]] = []
    for texts in found.values():
        texts = texts[:: max(1, len(texts) // count)]
        chosen.append(
            [text for text in texts if outcome(consider(base, read_question(text, base.terms))) == "answered"]
        )
    return [text for pair in zip(*chosen, strict=False) for text in pair][:count]


@dataclass
class Bench:
    """Times in milliseconds, by way of answering and question."""

    base: KnowledgeBase
    server: StandIn
    client: httpx.Client
    times: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    bare: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    checks: list[float] = field(default_factory=list)
    """Of one statement."""
    failed: Counter[str] = field(default_factory=Counter)
    """Questions whose first statement did not hold."""

    def ask(self, way: str, text: str) -> None:
        """Ask one question and note how long its first statement took."""
        update = {"llm": way, "llm_base_url": self.server.url + FAMILIES.get(way, ""), "llm_api_key": SecretStr("key")}
        self.base.settings = self.base.settings.model_copy(update=update)
        begun = time.perf_counter()
        growing = stream(self.base, text)
        first = next(growing)
        seconds = time.perf_counter() - begun
        *_, last = [first, *growing]
        if way == QUOTED:
            self.times[way][text] = seconds * 1000
        elif first.backend.name != way or first.backend.removed:
            self.failed[way] += 1
        else:
            self.times[way][text] = seconds * 1000
            self.bare[way][text] = self._bare() * 1000
            self.checks.append(last.timings_ms["checking"] / (len(last.statements) + last.backend.removed))

    def _bare(self) -> float:
        """Seconds until the first byte of the answer to the last request, sent again without Kaibi."""
        sent = self.server.requests[-1]
        headers = {name: value for name, value in sent.headers.items() if name not in ("host", "content-length")}
        begun = time.perf_counter()
        with self.client.stream("POST", self.server.url + sent.path, headers=headers, json=sent.body) as response:
            next(response.iter_raw())
            return time.perf_counter() - begun

    def row(self, way: str) -> str:
        """One line of the table; what is added is compared question by question."""
        both = [text for text in self.times[way] if text in self.times[QUOTED]]
        added = [self.times[way][text] - self.times[QUOTED][text] for text in both]
        net = [extra - self.bare[way][text] for extra, text in zip(added, both, strict=True)]
        cells = [_median_p90([self.times[way][text] for text in both]), _median_p90(added)]
        cells += [f"{statistics.median(self.bare[way].values()):.1f}", f"**{statistics.median(net):.1f}**"]
        return f"| {way} | {' | '.join(cells)} | {self.failed[way]} |"


def _median_p90(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} / {sorted(values)[int(0.9 * (len(values) - 1) + 0.5)]:.1f}"


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache")
    options = parser.parse_args(arguments)
    base = shipped_base(options.cache)
    ways = [QUOTED, *FAMILIES]
    with standing_in(honest) as server, httpx.Client() as client:
        os.environ |= {"WATSONX_PROJECT_ID": "project", "WATSONX_IAM_URL": server.url + "/identity/token"}
        warming, bench = Bench(base, server, client), Bench(base, server, client)
        for number, text in enumerate(questions(base, options.questions + WARM_UP)):
            turn = number % len(ways)
            for way in ways[turn:] + ways[:turn]:
                (bench if number >= WARM_UP else warming).ask(way, text)
    quoted = list(bench.times[QUOTED].values())
    print(f"{len(quoted)} questions; the quoted answer takes {_median_p90(quoted)} ms (median / p90).\n")
    print(
        "| ms | first checked statement, median / p90 | added, median / p90 | of it the stand-in | overhead | did not hold |"
    )
    print("|---|---|---|---|---|---|")
    print("\n".join(bench.row(way) for way in FAMILIES))
    print(f"\nReading and checking one statement takes {_median_p90(bench.checks)} ms (median / p90).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
