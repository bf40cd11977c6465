"""Every test starts with an empty KAIBI_HOME and none of the user's settings."""

import os
from pathlib import Path

import pytest

from knowledge.settings import Settings

FOREIGN = ("CHROMA_", "OPENAI_", "DATABASE_URL", "SLACK_", "KAIBI_")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine reaches a test, and no .env file does."""
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KAIBI_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture(scope="session")
def warm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A KAIBI_HOME with the built engine and the shipped documents, made once. Read it only, or copy it."""
    from ingest.shipped import ensure_shipped
    from knowledge.base import open_knowledge, open_store
    from knowledge.console import Progress
    from knowledge.embeddings.embedder import open_embedder

    home = tmp_path_factory.mktemp("warm") / "home"
    settings = Settings.model_validate({"KAIBI_HOME": str(home)})
    store = open_store(settings)
    ensure_shipped(settings, store, lambda: open_embedder(settings), Progress())
    store.close()
    open_knowledge(settings)
    return home
