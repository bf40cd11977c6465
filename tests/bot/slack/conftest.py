"""A stand-in Slack, and workers of Kaibi that are connected to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from standin import APP_TOKEN, BOT_TOKEN, Standin, Worker

from bot.slack.app import Running, wired
from bot.slack.socket_mode import connect
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.settings import Settings


@pytest.fixture(scope="session")
def base(warm_home: Path) -> KnowledgeBase:
    """The shipped documents, opened once."""
    return open_knowledge(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))


@pytest.fixture
async def slack() -> AsyncIterator[Standin]:
    """A Slack of its own for each test."""
    standin = Standin()
    await standin.start()
    yield standin
    await standin.stop()


@pytest.fixture
def worker(slack: Standin, base: KnowledgeBase, tmp_path: Path) -> Worker:
    """Start a worker in Socket Mode; settings by variable, the desk's times by name. Workers of a test share a database."""

    @asynccontextmanager
    async def start(times: dict[str, float] | None = None, **variables: str) -> AsyncIterator[Running]:
        given = {
            "KAIBI_HOME": str(tmp_path / "home"),
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": slack.api_url,
        }
        settings = Settings.model_validate(given | variables)
        async with wired(settings, base, **(times or {})) as running, connect(running.app, APP_TOKEN):
            yield running

    return start
