"""Listing: the presets as `kaibi backends` shows them, and the trial of one."""

import sys
from typing import Any

from bot.answer import Answer
from bot.compare import configured
from bot.llm.answering import answers
from bot.llm.backends import Usage, named_backend, write
from bot.llm.presets import presets
from bot.question import read_question
from knowledge.base import KnowledgeBase
from knowledge.settings import Settings

QUESTION = "Why did Alibaba Cloud open its models?"
"""Asked in a trial: the shipped documents answer it."""


def backend_rows(settings: Settings) -> list[dict[str, Any]]:
    """One row a preset, with whether it is configured here and whether it is the one that is set."""
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
        }
        for preset in presets().values()
    ]


def print_backends(rows: list[dict[str, Any]]) -> None:
    """The rows as a table."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "name", "vendor", "weights", "licence", "place", "default model", "endpoint", "key", "checked"):
        table.add_column(title, overflow="fold")
    for row in rows:
        mark = "●" if row["set"] else "✓" if row["configured"] else ""
        cells = [
            row[key] or "–" for key in ("name", "vendor", "weights", "licence", "place", "model", "endpoint", "key")
        ]
        table.add_row(mark, *(escape(str(cell)) for cell in cells), row["checked"])
    console = Console(width=None if sys.stdout.isatty() else 220)
    console.print(table)
    console.print(
        "● set in KAIBI_LLM   ✓ configured here   checked: base URL and key variable were read in the vendor's own document"
        " (vendor), in somebody else's (secondary) or nowhere (no)",
        markup=False,
    )


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
