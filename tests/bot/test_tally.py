"""The tally, on SQLite and on a real PostgreSQL: every backend's numbers add up, whoever counts at the same time."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.llm.counting import Count
from bot.state import StateError
from bot.tally import add, tallies
from knowledge.settings import Settings

ONE = Count(asked=1, worded=1, kept=3, removed=2, read=100, written=20, seconds=0.5, kinds={"number": 2, "name": 1})
LLAMA, QWEN = ("ollama", "llama3"), ("ollama", "qwen3")


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    return Settings.model_validate({"KAIBI_HOME": str(tmp_path / "home"), "DATABASE_URL": url})


def test_two_writers_at_once_lose_nothing(settings: Settings) -> None:
    """Two workers add to the same two backends, from the first row on: the sums are exact."""
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        for _ in range(10):
            add(settings, {QWEN: ONE, LLAMA: ONE + ONE})

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    counts = tallies(settings)
    assert counts[QWEN] == sum([ONE] * 19, ONE)
    assert counts[LLAMA] == sum([ONE] * 39, ONE)
    assert counts[QWEN].share == "40 of 100 (40%)"


def test_what_it_holds_outlives_the_process(settings: Settings, url: str) -> None:
    """One row a backend and model, and one a kind of discrepancy."""
    add(settings, {QWEN: ONE})
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT backend, model, asked, kept, removed FROM tally")).all()
        kinds = connection.execute(text("SELECT kind, removed FROM tally_kinds ORDER BY kind")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("ollama", "qwen3", 1, 3, 2)]
    assert [tuple(row) for row in kinds] == [("name", 1), ("number", 2)]


def test_reading_makes_no_database(tmp_path: Path) -> None:
    """Where nothing was ever kept there is nothing to open."""
    settings = Settings.model_validate({"KAIBI_HOME": str(tmp_path / "home")})
    assert tallies(settings) == {}
    assert not (tmp_path / "home").exists()


def test_a_broken_database_is_one_sentence(tmp_path: Path) -> None:
    """Garbage in the place of SQLite's file is told, not overwritten."""
    (tmp_path / "state.db").write_bytes(b"garbage" * 1000)
    settings = Settings.model_validate({"KAIBI_HOME": str(tmp_path)})
    for call in (lambda: tallies(settings), lambda: add(settings, {QWEN: ONE})):
        with pytest.raises(StateError):
            call()
    assert (tmp_path / "state.db").read_bytes() == b"garbage" * 1000
