"""The tally: how much of what each backend wrote held, over all workers and restarts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Float, MetaData, String, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from bot.llm.counting import Count, Name, settle
from bot.state import State, StateError, has_state, open_state
from knowledge.settings import Settings

PATIENCE = 2.0
"""Seconds to wait for the database: numbers are not worth more."""

_SUMS = ("asked", "worded", "failed", "kept", "removed", "read", "written")
_metadata = MetaData()
_tally = Table(
    "tally",
    _metadata,
    Column("backend", String(80), primary_key=True),
    Column("model", Text, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in _SUMS),
    Column("seconds", Float, nullable=False),
)
_kinds = Table(
    "tally_kinds",
    _metadata,
    Column("backend", String(80), primary_key=True),
    Column("model", Text, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("removed", BigInteger, nullable=False),
)
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def add(settings: Settings, counts: Mapping[Name, Count]) -> None:
    """Add to what is there, whoever else adds at the same time.

    Raises:
        StateError: if the database cannot be written.
    """
    state = _open(settings)
    try:
        with state.engine.begin() as connection:
            # In one order everywhere, or two workers could wait for each other's rows.
            for (backend, model), count in sorted(counts.items(), key=lambda item: item[0]):
                key = {"backend": backend, "model": model}
                sums = {name: getattr(count, name) for name in (*_SUMS, "seconds")}
                _increase(connection, _tally, key, sums)
                for kind, removed in sorted(count.kinds.items()):
                    _increase(connection, _kinds, {**key, "kind": kind}, {"removed": removed})
    except SQLAlchemyError as error:
        raise StateError(f"The tally cannot be written ({type(error).__name__}).") from error
    finally:
        state.close()


def tallies(settings: Settings) -> dict[Name, Count]:
    """Everything counted so far, by backend and model.

    Raises:
        StateError: if the database cannot be read.
    """
    settle()
    if not has_state(settings):
        return {}
    state = _open(settings)
    try:
        with state.engine.connect() as connection:
            kinds: dict[Name, dict[str, int]] = {}
            for row in connection.execute(select(_kinds)):
                kinds.setdefault((row.backend, row.model), {})[row.kind] = row.removed
            rows = connection.execute(select(_tally).order_by(_tally.c.backend, _tally.c.model)).mappings()
            return {
                (row["backend"], row["model"]): Count(
                    **{name: row[name] for name in (*_SUMS, "seconds")},
                    kinds=kinds.get((row["backend"], row["model"]), {}),
                )
                for row in rows
            }
    except SQLAlchemyError as error:
        raise StateError(f"The tally cannot be read ({type(error).__name__}).") from error
    finally:
        state.close()


def _open(settings: Settings) -> State:
    state = open_state(settings, patience=PATIENCE)
    try:
        try:
            _metadata.create_all(state.engine)
        except SQLAlchemyError:
            _metadata.create_all(state.engine)  # Two workers that start at once race for the tables.
    except SQLAlchemyError as error:
        state.close()
        raise StateError(f"The tables of the tally cannot be made ({type(error).__name__}).") from error
    return state


def _increase(connection: Connection, table: Table, key: Mapping[str, str], sums: Mapping[str, float]) -> None:
    """Add to a row in one statement, which makes the row where it is missing."""
    insert = _INSERTS[connection.dialect.name](table).values(**key, **sums)
    added = {name: table.c[name] + insert.excluded[name] for name in sums}
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=added))
