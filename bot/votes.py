"""Votes: which side of a blind comparison people found better, and the tally."""

import time
from dataclasses import dataclass

from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, insert, select

from bot.compare import Comparison
from bot.state import State

_metadata = MetaData()
_votes = Table(
    "votes",
    _metadata,
    Column("comparison", String(40), primary_key=True),
    Column("person", String(40), primary_key=True),
    Column("backend", String(120), primary_key=True),
    Column("weights", String(10), nullable=False),
    Column("result", String(10), nullable=False),
    Column("question", Text, nullable=False),
    Column("at", Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one backend won."""

    backend: str
    weights: str
    """open, closed, or empty where it is not known or no model took part."""
    won: int
    lost: int
    tied: int


def vote(state: State, comparison: Comparison, choice: str, *, person: str) -> None:
    """Record that a person found the side with this label better, or "tie". A second vote takes the place of the first.

    Raises:
        ValueError: if no side has that label.
    """
    labels = [side.label for side in comparison.sides]
    if choice not in (*labels, "tie"):
        raise ValueError(f"{choice!r} is none of {', '.join(labels)}, tie")
    rows = [
        {
            "comparison": comparison.id,
            "person": person,
            "backend": side.spec,
            "weights": side.backend.weights or "",
            "result": "tied" if choice == "tie" else "won" if side.label == choice else "lost",
            "question": comparison.question,
            "at": time.time(),
        }
        for side in comparison.sides
    ]
    _metadata.create_all(state.engine)
    with state.engine.begin() as connection:
        connection.execute(delete(_votes).where((_votes.c.comparison == comparison.id) & (_votes.c.person == person)))
        connection.execute(insert(_votes), rows)


def board(state: State) -> list[Tally]:
    """The tally of each backend, the most won first."""
    _metadata.create_all(state.engine)
    with state.engine.connect() as connection:
        rows = connection.execute(select(_votes.c.backend, _votes.c.weights, _votes.c.result)).all()
    tallies = []
    for backend, weights in dict.fromkeys((row.backend, row.weights) for row in rows):
        results = [row.result for row in rows if (row.backend, row.weights) == (backend, weights)]
        tallies.append(Tally(backend, weights, results.count("won"), results.count("lost"), results.count("tied")))
    return sorted(tallies, key=lambda tally: (-tally.won, tally.lost, tally.backend))
