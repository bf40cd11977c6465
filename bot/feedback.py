"""Feedback: what people thought of the answers, exported."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from bot.state import open_state
from knowledge.settings import Settings

COLUMNS = ("at", "verdict", "reason", "question", "person", "key")


def feedback_rows(settings: Settings) -> list[dict[str, Any]]:
    """All verdicts, oldest first; `at` in seconds since 1970."""
    state = open_state(settings)
    try:
        return state.feedback()
    finally:
        state.close()


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """RFC 4180, with a header. A cell that a spreadsheet would take for a formula is put behind an apostrophe.

    >>> as_csv([dict(at=1.0, verdict="down", reason="=HYPERLINK(1)", question="q", person="U1", key="C1:1.2")])
    "at,verdict,reason,question,person,key\\r\\n1.0,down,'=HYPERLINK(1),q,U1,C1:1.2\\r\\n"
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return out.getvalue()


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """One array."""
    return json.dumps([{key: row[key] for key in COLUMNS} for row in rows], ensure_ascii=False)


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
