"""State: what is no knowledge but must outlive the process, in SQL: SQLite under KAIBI_HOME, or PostgreSQL.

A message taken from Slack is one row of `events`, by channel and time stamp: that key makes it one question, however
often it is delivered and to whichever worker. A row that is worked on is leased to its worker; a worker that dies stops
renewing its leases, and another takes its questions over.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, NoSuchModuleError, SQLAlchemyError

from knowledge.errors import KaibiError
from knowledge.settings import Settings

Outcome = Literal["done", "failed", "ignored", "expired"]
"""`ignored`: not meant for Kaibi; `expired`: found unanswered too late to be of use."""

FILE = "state.db"
"""SQLite's, under KAIBI_HOME."""
PATIENCE = 30.0
"""Seconds to wait for a connection, or for another writer of the same file."""

_metadata = MetaData()
_events = Table(
    "events",
    _metadata,
    Column("key", String(200), primary_key=True),
    Column("team", String(40), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("thread", String(40), nullable=False),
    Column("person", String(40), nullable=False),
    Column("request", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("worker", String(80), nullable=False),
    Column("taken_at", Float, nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("reply_ts", String(40), nullable=False),
    Index("events_by_lease", "state", "lease_until"),
    Index("events_by_person", "person", "taken_at"),
    Index("events_by_thread", "channel", "thread"),
)
_feedback = Table(
    "feedback",
    _metadata,
    Column("key", String(200), primary_key=True),
    Column("person", String(40), primary_key=True),
    Column("verdict", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("at", Float, nullable=False),
)
_gaps = Table(
    "gaps",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("question", Text, nullable=False),
    Column("language", String(10), nullable=False),
    Column("status", String(10), nullable=False),
    Column("at", Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A row of `events` that this worker has to answer."""

    key: str
    request: str
    """The request as JSON, as it was given to `take`."""


class StateError(KaibiError):
    """The database of the Slack app cannot be opened, read or written."""

    code = "state"


class State:
    """The database. Methods block for milliseconds; call them in a thread from async code."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self._url = url
        with _border(url):
            self._engine = _engine(url, patience)
            _create_tables(self._engine)

    @property
    def engine(self) -> Engine:
        """For the tables of others, such as `bot.votes`."""
        return self._engine

    def take(
        self,
        key: str,
        *,
        team: str,
        channel: str,
        thread: str,
        person: str,
        request: str,
        worker: str,
        now: float,
        until: float,
    ) -> bool:
        """Take an event for this worker until `until`; False where it was taken before, by anyone."""
        row = {
            "key": key,
            "team": team,
            "channel": channel,
            "thread": thread,
            "person": person,
            "request": request,
            "state": "working",
            "worker": worker,
            "taken_at": now,
            "lease_until": until,
            "reply_ts": "",
        }
        with _border(self._url):
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(_events).values(row))
            except IntegrityError:
                return False
        return True

    def renew(self, worker: str, *, until: float) -> None:
        """Keep this worker's events for it."""
        self._execute(update(_events).where(_mine(worker)).values(lease_until=until))

    def release(self, worker: str) -> None:
        """Give this worker's unfinished events up at once, so that another worker need not wait for the lease."""
        self._execute(update(_events).where(_mine(worker)).values(lease_until=0.0))

    def take_over(self, worker: str, *, now: float, until: float, youngest: float, limit: int) -> list[Taken]:
        """Take events whose worker no longer renews its lease; those taken before `youngest` expire instead."""
        lapsed = (_events.c.state == "working") & (_events.c.lease_until < now)
        self._execute(update(_events).where(lapsed, _events.c.taken_at < youngest).values(state="expired", request=""))
        with _border(self._url), self._engine.connect() as connection:
            rows = connection.execute(select(_events).where(lapsed).order_by(_events.c.taken_at).limit(limit)).all()
        taken = []
        for row in rows:
            # Another worker may have been quicker: the lease that was read must still be the one that is there.
            unchanged = (
                (_events.c.key == row.key)
                & (_events.c.state == "working")
                & (_events.c.worker == row.worker)
                & (_events.c.lease_until == row.lease_until)
            )
            if self._execute(update(_events).where(unchanged).values(worker=worker, lease_until=until)):
                taken.append(Taken(row.key, row.request))
        return taken

    def holds(self, key: str, worker: str, *, until: float) -> bool:
        """Whether the event is still this worker's to answer; its lease is renewed with the same statement."""
        mine = (_events.c.key == key) & _mine(worker)
        return bool(self._execute(update(_events).where(mine).values(lease_until=until)))

    def note_reply(self, key: str, ts: str) -> None:
        """Remember the message in which the answer has begun to appear."""
        self._execute(update(_events).where(_events.c.key == key).values(reply_ts=ts))

    def replies(self, channel: str, thread: str) -> dict[str, str]:
        """The thread's known replies: key by time stamp of the reply."""
        here = (_events.c.channel == channel) & (_events.c.thread == thread) & (_events.c.reply_ts != "")
        with _border(self._url), self._engine.connect() as connection:
            rows = connection.execute(select(_events.c.reply_ts, _events.c.key).where(here))
            return {str(ts): str(key) for ts, key in rows}

    def finish(self, key: str, outcome: Outcome) -> None:
        """Nothing is left to do for this event. The question's words are forgotten."""
        self._execute(update(_events).where(_events.c.key == key).values(state=outcome, request=""))

    def asked(self, *, person: str, channel: str, since: float) -> tuple[int, int]:
        """How many questions the person and the channel asked since then, over all workers."""
        recent = (_events.c.taken_at > since) & (_events.c.state != "ignored")
        with _border(self._url), self._engine.connect() as connection:
            by_person = connection.scalar(select(func.count()).where(recent, _events.c.person == person))
            by_channel = connection.scalar(select(func.count()).where(recent, _events.c.channel == channel))
        return int(by_person or 0), int(by_channel or 0)

    def engaged(self, channel: str, thread: str) -> bool:
        """Whether a question of this thread was answered, as far as this database knows."""
        here = (_events.c.channel == channel) & (_events.c.thread == thread) & (_events.c.state == "done")
        with _border(self._url), self._engine.connect() as connection:
            return connection.execute(select(_events.c.key).where(here).limit(1)).first() is not None

    def outcomes(self) -> dict[str, int]:
        """How many events are in which state."""
        with _border(self._url), self._engine.connect() as connection:
            rows = connection.execute(select(_events.c.state, func.count()).group_by(_events.c.state))
            return {str(state): int(count) for state, count in rows}

    def forget(self, *, before: float) -> None:
        """Remove finished events: Slack re-sends nothing that is older than hours."""
        self._execute(delete(_events).where(_events.c.state != "working", _events.c.taken_at < before))

    def add_feedback(self, *, key: str, person: str, verdict: str, reason: str, question: str, at: float) -> None:
        """Keep a verdict; a person's later verdict on the same answer replaces the earlier one."""
        row = {"verdict": verdict, "reason": reason, "question": question, "at": at}
        with _border(self._url), self._engine.begin() as connection:
            mine = (_feedback.c.key == key) & (_feedback.c.person == person)
            connection.execute(delete(_feedback).where(mine))
            connection.execute(insert(_feedback).values(key=key, person=person, **row))

    def feedback(self) -> list[dict[str, Any]]:
        """All verdicts, oldest first."""
        return self._rows(select(_feedback).order_by(_feedback.c.at))

    def add_gap(self, *, question: str, language: str, status: str, at: float) -> None:
        """Keep a question that the documents do not answer."""
        self._execute(insert(_gaps).values(question=question, language=language, status=status, at=at))

    def gaps(self) -> list[dict[str, Any]]:
        """All unanswered questions, oldest first."""
        return self._rows(select(_gaps).order_by(_gaps.c.number))

    def ping(self) -> None:
        """Raise StateError if the database does not answer."""
        with _border(self._url), self._engine.connect() as connection:
            connection.execute(select(1))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _execute(self, statement: Any) -> int:
        with _border(self._url), self._engine.begin() as connection:
            return int(connection.execute(statement).rowcount)

    def _rows(self, statement: Any) -> list[dict[str, Any]]:
        with _border(self._url), self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]


def has_state(settings: Settings) -> bool:
    """Whether there is a database to open; SQLite's is made when something is first kept."""
    return bool(settings.database_url) or (settings.home / FILE).exists()


def open_state(settings: Settings, *, patience: float = PATIENCE) -> State:
    """The database of the settings.

    Raises:
        StateError: if it cannot be opened.
    """
    if settings.database_url:
        return State(settings.database_url.get_secret_value(), patience=patience)
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"KAIBI_HOME {str(settings.home)!r} cannot be made: {error.strerror}.") from error
    return State(_sqlite(settings.home / FILE), patience=patience)


def _sqlite(file: Path) -> str:
    return f"sqlite:///{file}"


def _mine(worker: str) -> Any:
    return (_events.c.state == "working") & (_events.c.worker == worker)


def _engine(url: str, patience: float) -> Engine:
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        url = f"postgresql+psycopg://{rest}"
    if not scheme.startswith("sqlite"):
        limit = {"connect_timeout": int(patience)} if scheme.startswith("postgres") else {}
        return create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=15, connect_args=limit)
    engine = create_engine(url, connect_args={"timeout": patience})

    @event.listens_for(engine, "connect")
    def _tune(connection: Any, record: Any) -> None:
        # Readers do not wait for the writer, and a commit survives the death of the process.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _create_tables(engine: Engine) -> None:
    """Workers that start at once race for the first tables, and for SQLite's journal: who loses comes again."""
    for pause in (0.01, 0.1, 0.3):
        try:
            _metadata.create_all(engine)
            return
        except SQLAlchemyError as error:
            if not re.search("locked|exist|duplicate", str(error.__cause__ or error)):
                raise
            time.sleep(pause)
    _metadata.create_all(engine)


@contextmanager
def _border(url: str) -> Iterator[None]:
    """What SQLAlchemy raises becomes one of our sentences, without the password of the address."""
    try:
        yield
    except IntegrityError:
        raise
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StateError(
            f"DATABASE_URL names {url.partition('://')[0]!r}, whose driver is not installed.",
            remedy='For PostgreSQL: pip install "kaibi[postgres]"',
        ) from error
    except SQLAlchemyError as error:
        place = "the file state.db under KAIBI_HOME" if url.startswith("sqlite") else "the database of DATABASE_URL"
        raise StateError(
            f"{place[0].upper()}{place[1:]} cannot be used ({type(error).__name__}).",
            remedy="Check that it runs, that it can be written to, and DATABASE_URL.",
        ) from error
