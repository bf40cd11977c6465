"""The store: passages and vectors in Chroma, embedded under KAIBI_HOME or on a server, by the same code.

A document's new version is written beside the old one and counts from the moment its last passage is there; the old one
is removed afterwards. So a crash at any point leaves every document whole, in its old or its new version.
"""

import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from knowledge.chroma import border, close_client, damaged, open_client
from knowledge.document import Metadata, Passage
from knowledge.errors import FingerprintError, StoreError
from knowledge.settings import Settings
from knowledge.shelf import Shelf, Shelved, StoredDocument, find_shelves, new_shelf, remove_others
from knowledge.writer import Vectors, Writer

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

WRITING_SECONDS = 120.0
"""How long a writer waits for another."""
READING_SECONDS = 5.0
"""How long a reader waits for a writer before it reads nevertheless."""
_ATTEMPTS = 3
_STAMP = re.compile(r"[0-9a-f]{32}\n[^\n\ufffd]*")


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

    def __init__(self, settings: Settings, fingerprint: str | None, *, rebuilding: bool = False) -> None:
        """`fingerprint` None takes the store as it is, for reading; `rebuilding` writes beside another embedding's."""
        self._settings = settings
        self._fingerprint = fingerprint
        self._rebuilding = rebuilding
        self._folder = settings.home / "chroma"
        self._stamp = settings.home / "generation"
        self._mark = settings.home / "writing"
        self._client: ClientAPI | None = None
        self._held = False  # Whether this store has the right to write at the moment.

    def generation(self) -> str:
        """A word that changes with every write. Cheap for the embedded store: Chroma is not opened.

        Raises:
            FingerprintError: if the store was made with another embedding.
            StoreError: if it cannot be read.
        """
        self._settle()
        if not self._settings.chroma_url:
            stamped, _, fingerprint = self._read_stamp().partition("\n")
            if stamped:
                self._compare(fingerprint)
                return stamped
            if not self._folder.exists():
                return "empty"
        with border(self._settings):
            shelf = self._shelf()
            return str(shelf.metadata.get("generation", "empty")) if shelf else "empty"

    def documents(self) -> list[StoredDocument]:
        """All documents, in the order of their ids."""
        with self._reading() as shelf:
            return [shelved.document for shelved in shelf.documents()] if shelf else []

    def document(self, identifier: str) -> StoredDocument | None:
        """One document, or None."""
        with self._reading() as shelf:
            found = shelf.documents(where={"document": identifier}) if shelf else []
        return found[0].document if found else None

    def versions(self) -> dict[str, tuple[str, Metadata]]:
        """Version and metadata of every document by id, without its words."""
        with self._reading() as shelf:
            return shelf.versions() if shelf else {}

    def read(self) -> Contents:
        """Everything, with vectors.

        Raises:
            StoreError: if it cannot be read, or lacks a vector.
        """
        missing = ""
        for _ in range(_ATTEMPTS):
            generation = self.generation()
            with self._reading() as shelf:
                if shelf is None and not self._settings.chroma_url and self._read_stamp():
                    raise damaged(self._settings)  # It was written to, and has forgotten all.
                found = shelf.documents(include=("documents", "metadatas", "embeddings")) if shelf else []
                by_id = shelf.sentence_vectors() if shelf and found else {}
            try:
                return _contents(generation, found, by_id)
            except KeyError as error:
                missing = str(error.args[0]).split("@")[0]
                self.close()  # A writer that we could not lock out came between passages and sentences.
        raise StoreError(
            f"The store lacks vectors of document {missing!r}.",
            remedy="Remove and ingest it again: kaibi docs remove ID, kaibi ingest FILE.",
        )

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The right to write, for one process at a time. Readers see a new generation when it ends.

        Raises:
            StoreError: if another process keeps the right for over two minutes, or the store cannot be written.
            FingerprintError: if the store was made with another embedding.
        """
        with self._writing() as shelf:
            yield Writer(shelf, min(self._open().get_max_batch_size(), 5_000))

    def is_current(self) -> bool:
        """Whether the store in use was made with this embedding, or nothing was stored yet."""
        with self._reading():
            anything = self._settings.chroma_url or self._folder.exists()
            shelves = find_shelves(self._open()) if anything else []
            return not shelves or shelves[0].fingerprint == self._fingerprint

    def take_over(self) -> bool:
        """End a rebuilding: remove what other embeddings made. False, and nothing done, if that holds more than this."""
        with self._writing() as shelf:
            others = [other for other in find_shelves(self._open()) if other.passages.name != shelf.passages.name]
            mine = shelf.versions()
            if any(mine.get(name) != version for other in others for name, version in other.versions().items()):
                return False
            if others:
                gone = mine.keys() - {name for other in others for name in other.versions()}
                Writer(shelf, 1).remove(gone)
                remove_others(self._open(), shelf)
            kept = {key: value for key, value in shelf.metadata.items() if key != "rebuilding"}
            shelf.passages.modify(metadata=kept)
            return True

    def close(self) -> None:
        """Forget the open client, so that the next use sees the store as it is then."""
        if self._client is not None:
            close_client(self._client)
            self._client = None

    @contextmanager
    def _writing(self) -> Iterator[Shelf]:
        home = self._settings.home
        try:
            home.mkdir(parents=True, exist_ok=True)
            with self._lock(WRITING_SECONDS), border(self._settings):
                self.close()  # Another process may have written since this client was opened.
                shelf = self._shelf() or self._new_shelf()
                self._mark.touch()
                self._held = True
                try:
                    yield shelf
                finally:
                    self._held = False
                    self._stamp_generation()
        except Timeout as error:
            raise StoreError(
                "Another process has been writing to the store for over two minutes.",
                remedy="Wait for the other `kaibi ingest` to end, or end it.",
            ) from error
        except OSError as error:
            raise unwritable(home, error) from error

    @contextmanager
    def _reading(self) -> Iterator[Shelf | None]:
        """The shelf with writers kept away. Where that cannot be had, reading goes on without."""
        if not self._settings.chroma_url and not self._folder.exists():
            yield None
            return
        lock = self._lock(READING_SECONDS)
        if not self._held:
            with suppress(Timeout, OSError):
                lock.acquire()
        try:
            with border(self._settings):
                yield self._shelf()
        finally:
            lock.release()

    def _lock(self, seconds: float) -> FileLock:
        return FileLock(self._settings.home / "store.lock", timeout=seconds)

    def _settle(self) -> None:
        """A mark that nobody holds the lock for was left by a writer that was killed: what it wrote gets a generation."""
        try:
            if self._mark.exists():
                with self._lock(0):
                    self.close()
                    self._stamp_generation()
        except (Timeout, OSError):
            pass  # Somebody is writing, or nobody can: the last generation still counts.

    def _stamp_generation(self) -> None:
        generation = uuid.uuid4().hex
        with border(self._settings):
            shelf = self._shelf()
            if shelf:
                shelf.passages.modify(metadata=shelf.metadata | {"generation": generation})
            counts = shelf and shelf.passages.name == find_shelves(self._open())[0].passages.name
        if shelf and counts and not self._settings.chroma_url:
            temporary = self._stamp.with_suffix(f".{os.getpid()}")
            temporary.write_text(f"{generation}\n{shelf.fingerprint}", encoding="utf-8")
            temporary.replace(self._stamp)
        self._mark.unlink(missing_ok=True)

    def _read_stamp(self) -> str:
        try:
            stamp = self._stamp.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise unwritable(self._settings.home, error) from error
        # A damaged stamp counts as none: Chroma is asked instead.
        return stamp if _STAMP.fullmatch(stamp) else ""

    def _open(self) -> "ClientAPI":
        if self._client is None:
            try:
                self._client = open_client(self._settings)
            except OSError as error:
                raise unwritable(self._settings.home, error) from error
        return self._client

    def _shelf(self) -> Shelf | None:
        """The shelf of this store's embedding, None where nothing was stored yet."""
        shelves = find_shelves(self._open())
        if not shelves:
            return None
        if self._fingerprint is None:
            return shelves[0]
        mine = next((shelf for shelf in shelves if shelf.fingerprint == self._fingerprint), None)
        if mine is None or mine is not shelves[0]:
            self._compare(shelves[0].fingerprint)
        return mine

    def _new_shelf(self) -> Shelf:
        if self._fingerprint is None:
            raise ValueError("a store of unknown embedding can only be read")
        return new_shelf(self._open(), self._fingerprint, beside=bool(find_shelves(self._open())))

    def _compare(self, made: str) -> None:
        if self._fingerprint and made and made != self._fingerprint and not self._rebuilding:
            raise FingerprintError(
                f"The store was made with the embedding {made!r}, but the settings name {self._fingerprint!r}.",
                remedy="Set KAIBI_EMBEDDINGS as it was, or embed everything anew with: kaibi ingest --rebuild",
            )


def unwritable(home: Path, error: OSError) -> StoreError:
    """The sentence for a KAIBI_HOME that cannot be used."""
    return StoreError(
        f"KAIBI_HOME {str(home)!r} cannot be used: {error.strerror or error}.",
        remedy="Point KAIBI_HOME to a folder that you can write to.",
    )


def _contents(generation: str, found: Sequence[Shelved], by_id: dict[str, Any]) -> Contents:
    """Put vectors beside passages.

    Raises:
        KeyError: if a sentence has none.
    """
    passages = [passage for shelved in found for passage in shelved.document.passages]
    rows = [vector for shelved in found for vector in shelved.vectors]
    ids = [row for shelved in found for row in shelved.rows]
    vectors = np.array(rows, np.float32) if rows else np.zeros((0, 0), np.float32)
    ordered = [
        by_id[f"{row}/{k}"] for row, passage in zip(ids, passages, strict=True) for k in range(len(passage.sentences))
    ]
    sentences = np.array(ordered, np.float32) if ordered else np.zeros((0, vectors.shape[1]), np.float32)
    return Contents(generation, passages, vectors, sentences)
