"""Counting what backends write: every way of asking counts, and none waits for it."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import EN, evidence_of, with_settings
from prometheus_client.parser import text_string_to_metric_families
from standins import Request, Script, standing_in

from bot.answer import EXTRACTIVE, Backend
from bot.compare import compare
from bot.conversation import Conversation
from bot.llm.counting import Count, settle, totals
from bot.llm.listing import backend_rows, print_backends
from bot.session import ask, reply
from bot.slack.answering import Answering
from bot.slack.home import home_view
from bot.slack.metrics import Metrics
from bot.state import open_state
from bot.tally import add, tallies
from knowledge.base import KnowledgeBase
from knowledge.settings import Settings

pytest.importorskip("langchain_openai", reason="needs the extra: pip install kaibi[llm]")


def half(request: Request) -> Script:
    """One statement that holds and one with two lies in it; it insists."""
    return Script(f"{evidence_of(request)[1]} [1]\nBaidu had 987 of them in 1999. [1]")


def set_up(base: KnowledgeBase, home: Path, **variables: str) -> Settings:
    """The shipped documents, with a database of the test's own."""
    with_settings(base, **variables, KAIBI_HOME=str(home))
    return base.settings


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    settle()


def test_what_held_and_what_did_not_is_counted_by_kind(base: KnowledgeBase, home: Path) -> None:
    """Asked in the terminal and in a conversation: statements, kinds, tokens, time; and not a word of what was asked."""
    with standing_in(half) as server:
        settings = set_up(base, home, KAIBI_LLM="deepseek", KAIBI_LLM_BASE_URL=server.url, KAIBI_LLM_API_KEY="k")
        ask(base, EN)
        reply(base, Conversation(), EN)
    ((name, count),) = tallies(settings).items()
    assert name == ("deepseek", "deepseek-flash")
    assert (count.asked, count.worded, count.failed) == (2, 2, 0)
    assert (count.kept, count.removed, count.share) == (2, 2, "2 of 4 (50%)")
    assert count.kinds["number"] == 2
    assert count.kinds["date"] == 2
    assert (count.read, count.written) == (400, 80), "each was sent back once"
    assert count.seconds > 0
    kept = b"".join(path.read_bytes() for path in home.glob("state.db*"))
    assert b"deepseek-flash" in kept
    assert b"Alibaba" not in kept
    assert b"987" not in kept


def test_a_failure_is_counted_for_the_one_that_failed(
    base: KnowledgeBase, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first refuses, the next lies throughout: each has its own row."""
    with standing_in(Script(status=401)) as broken, standing_in("There were 987 of them. [1]") as lying:
        settings = set_up(
            base,
            home,
            KAIBI_LLM="deepseek:a",
            KAIBI_LLM_BASE_URL=broken.url,
            KAIBI_LLM_API_KEY="k",
            KAIBI_LLM_FALLBACK="ollama:b",
        )
        monkeypatch.setenv("OLLAMA_BASE_URL", lying.url)
        assert ask(base, EN).backend.name == "extractive"
    counts = tallies(settings)
    first, second = counts["deepseek", "a"], counts["ollama", "b"]
    assert (first.asked, first.worded, first.failed, first.statements) == (1, 0, 1, 0)
    assert (second.asked, second.worded, second.failed, second.kept, second.removed) == (1, 0, 0, 0, 1)


def test_each_side_of_a_comparison_counts_for_itself(
    base: KnowledgeBase, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sides at the same time, one honest; the quoted passages beside them are no backend."""
    with standing_in(half) as one, standing_in(lambda r: Script(f"{evidence_of(r)[1]} [1]")) as other:
        monkeypatch.setenv("DEEPSEEK_BASE_URL", one.url)
        monkeypatch.setenv("OLLAMA_BASE_URL", other.url)
        monkeypatch.setenv("DEEPSEEK_API_KEY", "k")
        settings = set_up(base, home)
        compare(base, EN, ["deepseek", "ollama", "extractive"])
    shares = {name: count.share for (name, _), count in tallies(settings).items()}
    assert shares == {"deepseek": "1 of 2 (50%)", "ollama": "0 of 1 (0%)"}


def test_quoted_passages_open_no_database(base: KnowledgeBase, home: Path) -> None:
    """Where no backend is asked nothing is counted, and nothing made."""
    set_up(base, home)
    ask(base, EN)
    settle()
    assert not home.exists()


def test_an_answer_does_not_wait_for_a_database_that_is_held(
    base: KnowledgeBase, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody holds the file: the answer comes first, then one line in the log, and the next answer counts again."""
    with standing_in(half) as server:
        settings = set_up(base, home, KAIBI_LLM="deepseek", KAIBI_LLM_BASE_URL=server.url, KAIBI_LLM_API_KEY="k")
        ask(base, EN)
        assert tallies(settings)["deepseek", "deepseek-flash"].asked == 1
        caplog.clear()
        holder = sqlite3.connect(home / "state.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            assert ask(base, EN).backend.name == "deepseek"
            assert "not_counted" not in caplog.text
            settle()
        finally:
            holder.close()
        assert caplog.text.count("not_counted: 1 answers") == 1
        ask(base, EN)
    assert tallies(settings)["deepseek", "deepseek-flash"].asked == 2


def test_a_database_that_is_not_there_costs_a_line(
    base: KnowledgeBase, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No server at DATABASE_URL: the answer is the same, the line names no password, and the listing works."""
    url = "nosuch://kaibi:geheim@127.0.0.1:1/kaibi"
    with standing_in(half) as server, caplog.at_level(logging.WARNING):
        settings = set_up(
            base,
            home,
            KAIBI_LLM="deepseek",
            KAIBI_LLM_BASE_URL=server.url,
            KAIBI_LLM_API_KEY="k",
            DATABASE_URL=url,
        )
        assert ask(base, EN).backend.name == "deepseek"
        settle()
        assert not any(row["counted"] for row in backend_rows(settings))
    assert caplog.text.count("not_counted") == 1
    assert "geheim" not in caplog.text


def test_the_share_is_shown(base: KnowledgeBase, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the listing a column and a line a backend, LangChain's among them; nothing of it before anything was counted."""
    settings = set_up(base, home)
    print_backends(backend_rows(settings))
    assert "removed" not in capsys.readouterr().out
    count = Count(10, 8, 1, 118, 12, 45_210, 3_100, 21.0, {"number": 7, "name": 6})
    add(settings, {("deepseek", "deepseek-flash"): count, ("together", "some/model"): Count(asked=1, failed=1)})
    rows = {row["name"]: row for row in backend_rows(settings)}
    assert rows["deepseek"]["counted"] == [
        {
            "model": "deepseek-flash",
            "answers": {"asked": 10, "worded": 8, "failed": 1},
            "statements": {"kept": 118, "removed": 12, "kinds": {"name": 6, "number": 7}},
            "tokens": {"read": 45_210, "written": 3_100},
            "seconds": 21.0,
        }
    ]
    assert rows["ollama"]["counted"] == []
    assert rows["together"]["family"] == "langchain"
    print_backends(list(rows.values()))
    shown = capsys.readouterr().out
    assert "12 of 130 (9%)" in next(line for line in shown.splitlines() if "api.deepseek.com" in line)
    assert "deepseek (deepseek-flash): 8 of 10 answers worded, 1 failed; 12 of 130 (9%) statements removed" in shown
    assert "together (some/model): 0 of 1 answers worded, 1 failed; 0.0 s an answer" in shown
    backend = Backend("deepseek", "deepseek-flash", "open", "remote")
    assert "12 of 130 statements removed so far (9%)" in str(home_view([], backend, "en", count).to_dict())
    assert "核对过 130 条陈述，删去 12 条（9%）" in str(home_view([], backend, "zh", count).to_dict())
    assert "删去" not in str(home_view([], backend, "zh", None).to_dict())


def test_metrics_count_by_backend_and_outcome(base: KnowledgeBase, home: Path) -> None:
    """/metrics shows what this process has counted."""
    with standing_in(half) as server:
        set_up(base, home, KAIBI_LLM="deepseek:metrics", KAIBI_LLM_BASE_URL=server.url, KAIBI_LLM_API_KEY="k")
        ask(base, EN)
    assert totals()["deepseek", "metrics"].asked == 1
    shown = {
        (sample.name.removeprefix("kaibi_backend_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(Metrics().text().decode())
        for sample in family.samples
        if sample.labels.get("model") == "metrics" and sample.name.endswith("_total")
    }
    assert shown["answers_total", "deepseek", "metrics", "worded"] == 1
    assert shown["answers_total", "deepseek", "failed", "metrics"] == 0
    assert shown["statements_total", "deepseek", "kept", "metrics"] == 1
    assert shown["statements_total", "deepseek", "metrics", "removed"] == 1
    assert shown["removed_total", "deepseek", "metrics", "number"] == 1
    assert shown["tokens_total", "deepseek", "metrics", "read"] == 200
    assert shown["seconds_total", "deepseek", "metrics"] > 0


async def test_slack_counts_and_shows_its_share(
    base: KnowledgeBase, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question and a comparison in Slack: the Home tab reads what both added; quoted passages have nothing to show."""
    with standing_in(half) as server:
        monkeypatch.setenv("GROK_BASE_URL", server.url)
        monkeypatch.setenv("XAI_API_KEY", "k")
        set_up(base, home, KAIBI_LLM="deepseek", KAIBI_LLM_BASE_URL=server.url, KAIBI_LLM_API_KEY="k")
        answering = Answering(base, threads=1)
        assert await answering.counted(EXTRACTIVE) is None
        assert await answering.counted(await answering.backend()) is None
        await answering.answer(EN)
        sides = (await answering.compare(EN, channel="C1")).sides
        counted = await answering.counted(await answering.backend())
        answering.close()
    assert {side.spec for side in sides} == {"deepseek", "grok"}
    assert counted
    assert counted.asked == 2
    assert counted.share == "2 of 4 (50%)"


def test_counting_leaves_votes_and_events_alone(base: KnowledgeBase, home: Path) -> None:
    """The tally has tables of its own in the Slack app's database."""
    settings = set_up(base, home)
    state = open_state(settings)
    assert tallies(settings) == {}
    assert state.outcomes() == {}
    state.close()
