"""The state in SQL, on SQLite and on a real PostgreSQL: an event is taken once, leased, and taken over when the lease lapses."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.state import State, StateError, open_state
from knowledge.settings import Settings


@pytest.fixture
def state(url: str) -> Iterator[State]:
    opened = State(url)
    yield opened
    opened.close()


def take(state: State, key: str = "C1:1.1", *, worker: str = "w1", now: float = 100.0, until: float = 115.0) -> bool:
    return state.take(
        key,
        team="T1",
        channel=key.split(":")[0],
        thread="1.1",
        person="U1",
        request=f"request {key}",
        worker=worker,
        now=now,
        until=until,
    )


def test_an_event_is_taken_once_by_whoever_is_first(url: str) -> None:
    """Twenty takers on several connections: one gets it."""
    states = [State(url) for _ in range(4)]
    taken: list[bool] = []
    threads = [threading.Thread(target=lambda s=s: taken.append(take(s))) for s in states * 5]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 19 + [True]
    for state in states:
        state.close()


def test_a_lapsed_event_is_taken_over_by_one_worker(state: State, url: str) -> None:
    """Only after the lease, only once, only while young; the first worker no longer holds it."""
    take(state, "C1:1.1")
    take(state, "C2:1.1", now=-600.0)
    given = {"now": 116.0, "until": 131.0, "youngest": -484.0, "limit": 10}
    assert state.take_over("w2", **{**given, "now": 110.0}) == []
    other = State(url)
    (over,) = state.take_over("w2", **given)
    assert other.take_over("w3", **given) == []
    assert over.request == "request C1:1.1"
    assert not state.holds("C1:1.1", "w1", until=200.0)
    assert state.holds("C1:1.1", "w2", until=200.0)
    assert state.outcomes() == {"working": 1, "expired": 1}
    other.close()


def test_renewing_keeps_and_releasing_gives_up(state: State) -> None:
    """A renewed lease is not taken over; a released one at once."""
    take(state)
    state.renew("w1", until=500.0)
    given = {"now": 400.0, "until": 415.0, "youngest": 0.0, "limit": 10}
    assert state.take_over("w2", **given) == []
    state.release("w1")
    assert [taken.key for taken in state.take_over("w2", **given)] == ["C1:1.1"]


def test_a_finished_event_stays_known_and_its_words_do_not(state: State) -> None:
    """It cannot be taken again, its thread is engaged, and the request is gone."""
    take(state)
    state.note_reply("C1:1.1", "2.2")
    assert not state.engaged("C1", "1.1")
    state.finish("C1:1.1", "done")
    assert not take(state, worker="w2")
    assert state.engaged("C1", "1.1")
    assert state.take_over("w2", now=999.0, until=1000.0, youngest=0.0, limit=10) == []
    state.forget(before=200.0)
    assert take(state, worker="w2")


def test_questions_are_counted_by_person_and_channel(state: State) -> None:
    """What was not meant for Kaibi does not count."""
    for number in range(3):
        take(state, f"C1:{number}", now=100.0 + number)
    take(state, "C2:9")
    state.finish("C1:0", "ignored")
    assert state.asked(person="U1", channel="C1", since=0.0) == (3, 2)
    assert state.asked(person="U1", channel="C1", since=101.5) == (1, 1)


def test_feedback_and_gaps_come_back_as_they_were_given(state: State) -> None:
    """The later verdict of a person replaces the earlier one; gaps keep their order."""
    for verdict, reason in (("bad", ""), ("bad", "太旧，=1+1")):
        state.add_feedback(key="C1:1", person="U1", verdict=verdict, reason=reason, question="问？", at=1.0)
    assert [row["reason"] for row in state.feedback()] == ["太旧，=1+1"]
    state.add_gap(question="谁？", language="zh", status="refused", at=2.0)
    state.add_gap(question="Who?", language="en", status="related", at=3.0)
    assert [row["question"] for row in state.gaps()] == ["谁？", "Who?"]


def test_a_database_that_cannot_be_used_is_one_sentence_without_its_password(tmp_path: Path) -> None:
    """Wrong scheme, unreachable server, unwritable file: a StateError that does not name the password."""
    for url in ("postgresql://kaibi:geheim@127.0.0.1:1/none", "nosuch://kaibi:geheim@x/y", "sqlite:////nowhere/x.db"):
        with pytest.raises(StateError) as caught:
            State(url)
        assert "geheim" not in caught.value.message + caught.value.remedy


def test_the_default_is_a_file_under_home(tmp_path: Path) -> None:
    """Without DATABASE_URL the state lies in KAIBI_HOME."""
    settings = Settings.model_validate({"KAIBI_HOME": str(tmp_path / "home")})
    open_state(settings).close()
    assert (tmp_path / "home" / "state.db").exists()


def test_workers_open_a_new_file_at_once(tmp_path: Path) -> None:
    """Four workers that start on an empty home at once all get to work, every time."""
    failed: list[Exception] = []
    for number in range(15):
        start = threading.Barrier(4)
        url = f"sqlite:///{tmp_path / str(number)}.db"

        def opened(url: str = url, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                State(url)
            except Exception as error:
                failed.append(error)

        workers = [threading.Thread(target=opened) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert failed == []
