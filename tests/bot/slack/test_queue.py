"""The fair queue: turns by person, bounded, and an honest word on how many are before one."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.queue import FairQueue, Job
from bot.slack.request import Request


def job(user: str, number: int) -> Job:
    return Job(Request(f"C1:{number}", "mention", "T1", "C1", user, f"question {number}", "1.1"), 0.0)


async def worked(jobs: list[Job], *, slots: int = 1) -> tuple[list[Job], int, list[int | None]]:
    """The order of work, the most at the same time, and what each was told of its place before work began."""
    done: list[Job] = []
    busy = most = 0

    async def work(each: Job) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        done.append(each)
        await asyncio.sleep(0)
        busy -= 1

    queue = FairQueue(work, slots=slots)
    for each in jobs:
        await queue.put(each)
    places = [queue.before(each) for each in jobs]
    queue.start()
    await queue.drain(10)
    return done, most, places


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcd"), max_size=30), st.integers(1, 4))
def test_turns_go_round_by_person(users: list[str], slots: int) -> None:
    """Nobody gets a second turn while another waits for a first; places are told right; all is worked on, within bounds."""
    jobs = [job(user, number) for number, user in enumerate(users)]
    done, most, places = asyncio.run(worked(jobs, slots=slots))
    assert sorted(j.request.key for j in done) == sorted(j.request.key for j in jobs)
    assert most <= slots
    turns: dict[str, int] = {}
    rounds = []
    for each in done:
        turns[each.request.user] = turns.get(each.request.user, 0) + 1
        rounds.append(turns[each.request.user])
    assert rounds == sorted(rounds)
    assert [done[place] for place in places if place is not None] == jobs


async def test_what_is_late_at_the_end_is_dropped() -> None:
    """Draining gives up after its time; the request stays in the database for another worker."""

    async def work(each: Job) -> None:
        await asyncio.sleep(60)

    queue = FairQueue(work, slots=1)
    queue.start()
    await queue.put(job("a", 1))
    await asyncio.sleep(0)
    await queue.drain(0.05)
    assert queue.busy == 0
