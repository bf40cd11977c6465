"""Listing: the presets as `kaibi backends` shows them, with what was counted of each, and the trial of one."""

import logging
import sys
from collections.abc import Mapping
from typing import Any

from bot.answer import Answer
from bot.compare import configured
from bot.llm.answering import answers
from bot.llm.backends import Usage, named_backend, write
from bot.llm.counting import Count, Name
from bot.llm.presets import find_preset, presets
from bot.question import read_question
from bot.state import StateError
from bot.tally import tallies
from knowledge.base import KnowledgeBase
from knowledge.console import printable
from knowledge.settings import Settings

log = logging.getLogger("kaibi.llm")

QUESTION = "Why did Alibaba Cloud open its models?"
"""Asked in a trial: the shipped documents answer it."""


def backend_rows(settings: Settings) -> list[dict[str, Any]]:
    """One row a preset, with whether it is configured here, whether it is the one that is set, and what was counted of it."""
    counts = _counts(settings)
    used = {name: find_preset(f"{name}:{model}")[0] for name, model in counts if model}
    return [
        {
            "name": preset.name,
            "vendor": preset.vendor,
            "weights": preset.weights,
            "licence": preset.licence,
            "place": preset.place,
            "model": preset.model,
            "endpoint": preset.url or preset.url_hint,
            "key": preset.keys[0] if preset.keys else "",
            "family": preset.family,
            "checked": preset.checked,
            "note": preset.note,
            "configured": configured(preset),
            "set": settings.llm.partition(":")[0] == preset.name,
            "counted": [_counted(model, count) for (name, model), count in counts.items() if name == preset.name],
        }
        for preset in {**presets(), **used}.values()
    ]


def _counts(settings: Settings) -> Mapping[Name, Count]:
    try:
        return tallies(settings)
    except StateError as error:
        log.warning("no_tally: %s", error.message)
        return {}


def _counted(model: str, count: Count) -> dict[str, Any]:
    return {
        "model": model,
        "answers": {"asked": count.asked, "worded": count.worded, "failed": count.failed},
        "statements": {"kept": count.kept, "removed": count.removed, "kinds": dict(count.kinds)},
        "tokens": {"read": count.read, "written": count.written},
        "seconds": round(count.seconds, 3),
    }


def print_backends(rows: list[dict[str, Any]]) -> None:
    """The rows as a table."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    titles = ["", "name", "vendor", "weights", "licence", "place", "default model", "endpoint", "key", "checked"]
    counted = any(row["counted"] for row in rows)
    for title in (*titles, "removed") if counted else titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        mark = "●" if row["set"] else "✓" if row["configured"] else ""
        cells = [
            row[key] or "–" for key in ("name", "vendor", "weights", "licence", "place", "model", "endpoint", "key")
        ]
        table.add_row(mark, *(escape(str(cell)) for cell in cells), row["checked"], *([_share(row)] if counted else []))
    console = Console(width=None if sys.stdout.isatty() else 220)
    console.print(table)
    console.print(
        "● set in KAIBI_LLM   ✓ configured here   checked: base URL and key variable were read in the vendor's own document"
        " (vendor), in somebody else's (secondary) or nowhere (no)",
        markup=False,
    )
    if counted:
        console.print(
            "removed: statements that their quotes did not bear out, of all that were checked here", markup=False
        )
    for row in rows:
        for told in row["counted"]:
            console.print(_line(row["name"], told), markup=False)


def _share(row: dict[str, Any]) -> str:
    statements = [told["statements"] for told in row["counted"]]
    return Count(kept=sum(s["kept"] for s in statements), removed=sum(s["removed"] for s in statements)).share


def _line(name: str, told: dict[str, Any]) -> str:
    """One counted backend: answers, statements, tokens, time."""
    answers, statements, tokens = told["answers"], told["statements"], told["tokens"]
    share = Count(kept=statements["kept"], removed=statements["removed"]).share
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(statements["kinds"].items()))
    parts = (
        f"{answers['worded']} of {answers['asked']} answers worded, {answers['failed']} failed",
        f"{share} statements removed{f': {kinds}' if kinds else ''}" if share else "",
        f"{tokens['read']:,} + {tokens['written']:,} tokens" if tokens["read"] or tokens["written"] else "",
        f"{told['seconds'] / answers['asked']:.1f} s an answer",
    )
    title = f"{name} ({printable(told['model'])})" if told["model"] else name
    return f"{title}: {'; '.join(part for part in parts if part)}"


def try_backend(base: KnowledgeBase, spec: str) -> Answer:
    """Ask a backend one question and check what it writes.

    Raises:
        SettingsError: if it is unknown or may not be used.
        BackendError: if it does not answer, with the exact problem.
    """
    backend = named_backend(base.settings, spec)
    import time

    # First a bare request, so that a failure is told as it is and not covered by a fallback.
    for _ in write(
        backend, [_human("Answer with one word: ready")], Usage(), deadline=time.monotonic() + base.settings.llm_timeout
    ):
        break
    *_, answer = answers(base, read_question(QUESTION, base.terms), [backend])
    return answer


def _human(text: str) -> Any:
    from langchain_core.messages import HumanMessage

    return HumanMessage(text)
