"""The store: passages and vectors in Chroma, embedded under KAIBI_HOME or on a server, by the same code.

A document's new version is written beside the old one and counts from the moment its last passage is there; the old one
is removed afterwards. So a crash at any point leaves every document whole, in its old or its new version.
"""

import dataclasses
import os
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from knowledge.document import Document, Metadata, Passage
from knowledge.errors import FingerprintError, KaibiError, StoreError
from knowledge.settings import Settings

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

PASSAGES, SENTENCES = "kaibi-passages", "kaibi-sentences"
LOCK_SECONDS = 120.0
_PAGE = 2_000

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One document as it lies in the store."""

    id: str
    version: str
    metadata: Metadata
    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """The canonical text."""
        return "".join(passage.text for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Contents:
    """All that is stored, in one order: passage i has vectors[i]; its sentences' vectors follow each other."""

    generation: str
    passages: list[Passage]
    vectors: Vectors
    """Shape (passages, dimensions)."""
    sentence_vectors: Vectors
    """Shape (sentences of all passages, dimensions)."""


class Store:
    """Opens Chroma at first need; close it after use, so that the next reader sees what others wrote meanwhile."""

    def __init__(self, settings: Settings, fingerprint: str | None) -> None:
        self._settings = settings
        self._fingerprint = fingerprint
        self._folder = settings.home / "chroma"
        self._stamp = settings.home / "generation"
        self._client: ClientAPI | None = None

    def generation(self) -> str:
        """A word that changes with every write. Cheap for the embedded store: Chroma is not opened."""
        if not self._settings.chroma_url:
            try:
                stamp = self._stamp.read_text().strip()
            except FileNotFoundError:
                stamp = ""
            if stamp:
                return stamp
            if not self._folder.exists():
                return "empty"
        with _border(self._settings):
            metadata = self._collection(PASSAGES).metadata or {}
        return str(metadata.get("generation", "empty"))

    def documents(self) -> list[StoredDocument]:
        """All documents, in the order of their ids."""
        return [document for document, _ in self._read_documents(vectors=False)]

    def document(self, identifier: str) -> StoredDocument | None:
        """One document, or None."""
        found = self._read_documents(vectors=False, where={"document": identifier})
        return found[0][0] if found else None

    def versions(self) -> dict[str, tuple[str, Metadata]]:
        """Version and metadata of every document by id, without reading its words."""
        if not self._settings.chroma_url and not self._folder.exists():
            return {}
        return {document.id: (document.version, document.metadata) for document in self.documents()}

    def read(self) -> Contents:
        """Everything, with vectors."""
        generation = self.generation()
        found = self._read_documents(vectors=True)
        passages = [passage for document, _ in found for passage in document.passages]
        rows = [row for _, rows in found for row in rows]
        vectors = np.array(rows, np.float32) if rows else np.zeros((0, 0), np.float32)
        with _border(self._settings):
            by_id = dict(self._pages(SENTENCES, ["embeddings"], None, lambda page, i: page["embeddings"][i]))
        try:
            ordered = [by_id[f"{passage.id}/{k}"] for passage in passages for k in range(len(passage.sentences))]
        except KeyError as error:
            raise StoreError(
                f"The store lacks vectors of document {str(error.args[0]).split('@')[0]!r}.",
                remedy="Remove and ingest it again: kaibi docs remove ID, kaibi ingest FILE.",
            ) from None
        sentences = np.array(ordered, np.float32) if ordered else np.zeros((0, vectors.shape[1]), np.float32)
        return Contents(generation, passages, vectors, sentences)

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """The right to write, for one process at a time. Readers see a new generation when it ends.

        Raises:
            StoreError: if another process keeps the right for over two minutes, or the store cannot be written.
            FingerprintError: if the store was made by another embedding.
        """
        home = self._settings.home
        try:
            home.mkdir(parents=True, exist_ok=True)
            with FileLock(home / "store.lock", timeout=LOCK_SECONDS):
                with _border(self._settings):
                    writer = Writer(self._collection(PASSAGES), self._collection(SENTENCES), self._batch_size())
                self._stamp.unlink(missing_ok=True)
                try:
                    with _border(self._settings):
                        yield writer
                finally:
                    self._stamp_generation()
        except Timeout as error:
            raise StoreError(
                "Another process has been writing to the store for over two minutes.",
                remedy="Wait for the other `kaibi ingest` to end, or end it.",
            ) from error
        except OSError as error:
            raise unwritable(home, error) from error

    def close(self) -> None:
        """Forget the open client, so that the next use sees the store as it is then."""
        if self._client is not None:
            from chromadb.api.shared_system_client import SharedSystemClient

            self._client.close()  # type: ignore[attr-defined]
            SharedSystemClient.clear_system_cache()
            self._client = None

    def _stamp_generation(self) -> None:
        generation = uuid.uuid4().hex
        with _border(self._settings):
            passages = self._collection(PASSAGES)
            passages.modify(metadata={"fingerprint": self._fingerprint or "", "generation": generation})
        if not self._settings.chroma_url:
            temporary = self._stamp.with_suffix(f".{os.getpid()}")
            temporary.write_text(generation)
            temporary.replace(self._stamp)

    def _open(self) -> "ClientAPI":
        if self._client is None:
            os.environ["ANONYMIZED_TELEMETRY"] = "False"
            import chromadb
            from chromadb.config import Settings as ChromaSettings

            quiet = ChromaSettings(anonymized_telemetry=False)
            url = self._settings.chroma_url
            if url:
                parts = urlsplit(url)
                key = self._settings.chroma_api_key
                self._client = chromadb.HttpClient(
                    host=parts.hostname or "localhost",
                    port=parts.port or (443 if parts.scheme == "https" else 8000),
                    ssl=parts.scheme == "https",
                    headers={"x-chroma-token": key.get_secret_value()} if key else None,
                    settings=quiet,
                    tenant=self._settings.chroma_tenant,
                    database=self._settings.chroma_database,
                )
            else:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._client = chromadb.PersistentClient(str(self._folder), settings=quiet)
        return self._client

    def _collection(self, name: str) -> "Collection":
        wanted = self._fingerprint
        collection = self._open().get_or_create_collection(
            name, embedding_function=None, metadata={"fingerprint": wanted or ""}
        )
        made = (collection.metadata or {}).get("fingerprint", "")
        if wanted and made and made != wanted:
            raise FingerprintError(
                f"The store was made with the embedding {made!r}, but the settings name {wanted!r}.",
                remedy="Set KAIBI_EMBEDDINGS as it was, or embed everything anew with: kaibi ingest --rebuild",
            )
        return collection

    def drop(self) -> None:
        """Remove everything. The documents must be ingested again."""
        with _border(self._settings):
            client = self._open()
            names = {collection.name for collection in client.list_collections()}
            self._stamp.unlink(missing_ok=True)
            for name in names & {PASSAGES, SENTENCES}:
                client.delete_collection(name)

    def _batch_size(self) -> int:
        return min(self._open().get_max_batch_size(), 5_000)

    def _pages(
        self, name: str, include: list[str], where: dict[str, str] | None, row: Any
    ) -> Iterator[tuple[str, Any]]:
        collection = self._collection(name)
        offset = 0
        while True:
            page = collection.get(limit=_PAGE, offset=offset, include=include, where=where)  # type: ignore[arg-type]
            yield from ((identifier, row(page, i)) for i, identifier in enumerate(page["ids"]))
            offset += len(page["ids"])
            if len(page["ids"]) < _PAGE:
                return

    def _read_documents(
        self, *, vectors: bool, where: dict[str, str] | None = None
    ) -> list[tuple[StoredDocument, list[NDArray[np.float64]]]]:
        if not self._settings.chroma_url and not self._folder.exists():
            return []
        include = ["documents", "metadatas"] + (["embeddings"] if vectors else [])

        def row(page: Any, i: int) -> tuple[str, dict[str, Any], Any]:
            return page["documents"][i], page["metadatas"][i], page["embeddings"][i] if vectors else None

        versions: dict[tuple[str, str], list[tuple[str, dict[str, Any], Any]]] = defaultdict(list)
        with _border(self._settings):
            for _, (text, metadata, vector) in self._pages(PASSAGES, include, where, row):
                versions[metadata["document"], metadata["version"]].append((text, metadata, vector))
        whole: dict[str, tuple[int, tuple[str, str]]] = {}
        for key, rows in versions.items():
            sequence = int(rows[0][1]["sequence"])
            if len(rows) == rows[0][1]["count"] and sequence > whole.get(key[0], (-1, key))[0]:
                whole[key[0]] = (sequence, key)
        found = []
        for identifier in sorted(whole):
            key = whole[identifier][1]
            rows = sorted(versions[key], key=lambda row: row[1]["number"])
            described = _unpack_metadata(rows[0][1])
            passages = tuple(_unpack_passage(text, metadata, described) for text, metadata, _ in rows)
            found.append((StoredDocument(*key, described, passages), [vector for _, _, vector in rows]))
        return found


class Writer:
    """Writes documents while the right to write is held."""

    def __init__(self, passages: "Collection", sentences: "Collection", batch_size: int) -> None:
        self._passages = passages
        self._sentences = sentences
        self._batch_size = batch_size

    def put(self, document: Document, passages: Sequence[Passage], vectors: Vectors, sentence_vectors: Vectors) -> None:
        """Add a document or replace it as a whole. Sentences go first: the last passages make the version count."""
        identifiers = [f"{passage.id}/{k}" for passage in passages for k in range(len(passage.sentences))]
        owned = {"document": document.id, "version": document.version}
        for at in range(0, len(identifiers), self._batch_size):
            part = slice(at, at + self._batch_size)
            rows = sentence_vectors[part]
            self._sentences.upsert(ids=identifiers[part], embeddings=rows, metadatas=[owned] * len(rows))
        sequence = time.time_ns()
        for at in range(0, len(passages), self._batch_size):
            part = slice(at, at + self._batch_size)
            self._passages.upsert(
                ids=[passage.id for passage in passages[part]],
                embeddings=vectors[part],
                documents=[passage.text for passage in passages[part]],
                metadatas=[_pack(passage, document.metadata, len(passages), sequence) for passage in passages[part]],
            )
        self._delete({"$and": [{"document": document.id}, {"version": {"$ne": document.version}}]})

    def remove(self, identifiers: Iterable[str]) -> None:
        """Remove documents."""
        for identifier in identifiers:
            self._delete({"document": identifier})

    def _delete(self, where: dict[str, Any]) -> None:
        self._passages.delete(where=where)
        self._sentences.delete(where=where)


def unwritable(home: Path, error: OSError) -> StoreError:
    """The sentence for a KAIBI_HOME that cannot be written."""
    return StoreError(
        f"KAIBI_HOME {str(home)!r} cannot be written: {error.strerror or error}.",
        remedy="Point KAIBI_HOME to a folder that you can write to.",
    )


@contextmanager
def _border(settings: Settings) -> Iterator[None]:
    """What Chroma raises becomes one of our sentences. Its Rust core's panics derive from BaseException."""
    try:
        yield
    except (KaibiError, KeyboardInterrupt, SystemExit, GeneratorExit, OSError):
        raise
    except BaseException as error:
        foreign = type(error).__module__.split(".")[0] in (
            "chromadb",
            "pyo3_runtime",
            "httpx",
            "httpcore",
            "chromadb_rust_bindings",
        )
        if not foreign and not (isinstance(error, ValueError) and settings.chroma_url):
            raise
        if settings.chroma_url:
            raise StoreError(
                f"The Chroma server at {_public(settings.chroma_url)} does not answer as it should ({type(error).__name__}).",
                remedy="Start it (chroma run), or check CHROMA_URL, CHROMA_API_KEY, CHROMA_TENANT and CHROMA_DATABASE.",
            ) from error
        raise StoreError(
            f"The store in {str(settings.home / 'chroma')!r} cannot be read or written ({type(error).__name__}).",
            remedy="If it is damaged, move that folder away and ingest your documents again; KAIBI_HOME names its place.",
        ) from error


def _public(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def _pack(passage: Passage, metadata: Metadata, count: int, sequence: int) -> dict[str, str | int]:
    """A passage's metadata as Chroma keeps it: flat, so that other LangChain programs can filter by it."""
    packed: dict[str, str | int] = {
        key: ",".join(value) if isinstance(value, tuple) else value
        for key, value in dataclasses.asdict(metadata).items()
    }
    packed |= {"document": passage.document, "version": passage.version, "number": passage.number, "count": count}
    packed |= {"start": passage.start, "end": passage.end, "heading": passage.heading, "sequence": str(sequence)}
    packed["sentences"] = ",".join(f"{start}-{end}" for start, end in passage.sentences)
    return packed


def _unpack_metadata(packed: dict[str, Any]) -> Metadata:
    values = {field.name: packed.get(field.name, "") for field in dataclasses.fields(Metadata)}
    values["tags"] = tuple(tag for tag in str(values["tags"]).split(",") if tag)
    return Metadata(**values)


def _unpack_passage(text: str, packed: dict[str, Any], metadata: Metadata) -> Passage:
    spans = [span.split("-") for span in packed["sentences"].split(",") if span]
    return Passage(
        document=packed["document"],
        version=packed["version"],
        number=packed["number"],
        start=packed["start"],
        end=packed["end"],
        text=text,
        sentences=tuple((int(start), int(end)) for start, end in spans),
        heading=packed["heading"],
        metadata=metadata,
    )
