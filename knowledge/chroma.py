"""The border to Chroma: opening and closing a client, and what Chroma raises as one of our sentences."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from knowledge.errors import KaibiError, StoreError
from knowledge.settings import Settings

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

_FOREIGN = ("chromadb", "chromadb_rust_bindings", "httpcore", "httpx", "pyo3_runtime")


def open_client(settings: Settings) -> "ClientAPI":
    """A client of the server at CHROMA_URL, else of the embedded store under KAIBI_HOME, made where it is missing."""
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    quiet = ChromaSettings(anonymized_telemetry=False)
    if not settings.chroma_url:
        folder = settings.home / "chroma"
        folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(str(folder), settings=quiet)
    parts = urlsplit(settings.chroma_url)
    key = settings.chroma_api_key
    return chromadb.HttpClient(
        host=parts.hostname or "localhost",
        port=parts.port or (443 if parts.scheme == "https" else 8000),
        ssl=parts.scheme == "https",
        headers={"x-chroma-token": key.get_secret_value()} if key else None,
        settings=quiet,
        tenant=settings.chroma_tenant,
        database=settings.chroma_database,
    )


def close_client(client: "ClientAPI") -> None:
    """Close a client; the next one that is opened sees what other processes wrote meanwhile."""
    from chromadb.api.shared_system_client import SharedSystemClient

    client.close()  # type: ignore[attr-defined]
    for part in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if session is not None:
            session.close()  # Chroma's client of a server leaves its connections open.
    SharedSystemClient.clear_system_cache()


@contextmanager
def border(settings: Settings) -> Iterator[None]:
    """What Chroma raises becomes one of our sentences. Its Rust core's panics derive from BaseException."""
    try:
        yield
    except (KaibiError, KeyboardInterrupt, SystemExit, GeneratorExit, OSError):
        raise
    except BaseException as error:
        # On an address where no Chroma answers, its client raises a bare ValueError.
        server_missing = isinstance(error, ValueError) and bool(settings.chroma_url)
        if type(error).__module__.split(".")[0] not in _FOREIGN and not server_missing:
            raise
        raise _translated(error, settings) from error


def _translated(error: BaseException, settings: Settings) -> StoreError:
    if settings.chroma_url:
        return StoreError(
            f"The Chroma server at {_public(settings.chroma_url)} does not answer as it should ({type(error).__name__}).",
            remedy="Start it (chroma run), or check CHROMA_URL, CHROMA_API_KEY, CHROMA_TENANT and CHROMA_DATABASE.",
        )
    return damaged(settings, f" ({type(error).__name__})")


def damaged(settings: Settings, reason: str = "") -> StoreError:
    """The sentence for an embedded store that is not as it was left."""
    return StoreError(
        f"The store in {str(settings.home / 'chroma')!r} cannot be read or written{reason}.",
        remedy="If it is damaged, move that folder away and ingest your documents again; KAIBI_HOME names its place.",
    )


def _public(url: str) -> str:
    """The address without a user's name and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
