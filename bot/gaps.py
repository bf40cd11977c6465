"""Gaps: what was asked and not answered, grouped, so that one sees what to ingest next."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bot.state import open_state
from knowledge.console import printable
from knowledge.script import tokens
from knowledge.settings import Settings

ALIKE = 0.5
"""Share of common words from which two questions are one gap."""


def gap_groups(settings: Settings) -> list[dict[str, Any]]:
    """The gaps in the database, most asked first."""
    state = open_state(settings)
    try:
        return grouped(state.gaps())
    finally:
        state.close()


def grouped(rows: Sequence[dict[str, Any]], words: Callable[[str], Iterable[str]] = tokens) -> list[dict[str, Any]]:
    """Group questions that share at least half of their words, most asked first.

    >>> rows = [{"question": q, "language": "en", "status": "refused", "at": 1.0} for q in ("Who is Tim?", "who is TIM")]
    >>> [(group["times"], group["question"]) for group in grouped(rows)]
    [(2, 'Who is Tim?')]
    """
    groups: list[dict[str, Any]] = []
    bags: list[frozenset[str]] = []
    for row in rows:
        bag = frozenset(words(row["question"]))
        likeness = [len(bag & other) / max(1, len(bag | other)) for other in bags]
        best = max(range(len(bags)), key=likeness.__getitem__, default=None)
        if best is not None and likeness[best] >= ALIKE:
            group = groups[best]
            group["times"] += 1
            group["last"] = max(group["last"], row["at"])
            if row["question"] not in group["questions"]:
                group["questions"].append(row["question"])
            continue
        bags.append(bag)
        groups.append(
            {
                "question": row["question"],
                "language": row["language"],
                "times": 1,
                "last": row["at"],
                "questions": [row["question"]],
            }
        )
    return sorted(groups, key=lambda group: (-group["times"], -group["last"]))


def print_gaps(groups: Sequence[dict[str, Any]]) -> None:
    """One line a group: how often, when last, the first wording."""
    for group in groups:
        day = datetime.datetime.fromtimestamp(group["last"], tz=datetime.UTC).date()
        print(f"{group['times']:5}  {day}  {printable(group['question'])}")
    print(f"{len(groups)} unanswered, {sum(group['times'] for group in groups)} times asked")
