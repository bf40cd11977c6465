"""Knowledge bases: of a test's own making, and the shipped one."""

from pathlib import Path

import pytest
from storing import Stored, Written, open_with

from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.settings import Settings


@pytest.fixture(scope="session")
def stored(warm_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """Opens a knowledge base that holds these documents only."""

    def opened(*written: Written) -> KnowledgeBase:
        return open_with(warm_home / "engine", tmp_path_factory.mktemp("stored") / "home", *written)

    return opened


@pytest.fixture(scope="session")
def shipped(warm_home: Path) -> KnowledgeBase:
    """The shipped documents, opened once."""
    return open_knowledge(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))
