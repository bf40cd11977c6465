"""A shelf: the two collections in Chroma that one embedding filled, and the documents as they lie there.

Usually there is one. While `kaibi ingest --rebuild` brings documents over to another embedding there are two; the one that is
being filled counts only when no other is left, so that deleting the old one is the moment of the change.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.document import Metadata, Passage
from knowledge.rows import unpack_metadata, unpack_passage

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

PASSAGES, SENTENCES = "kaibi-passages", "kaibi-sentences"
"""Names of the collections; a second shelf's have a suffix."""
_PAGE = 2_000


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
class Shelved:
    """A document with what else Chroma keeps of it."""

    document: StoredDocument
    rows: list[str]
    """The ids of its passages' rows; the sentences' are these with /0, /1 … behind."""
    vectors: list[Any]
    """Of its passages; None each where they were not asked for."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Collections of passages and of their sentences."""

    passages: "Collection"
    sentences: "Collection"

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.passages.metadata or {})

    @property
    def fingerprint(self) -> str:
        """Of the embedding that filled it."""
        return str(self.metadata.get("fingerprint", ""))

    @property
    def rebuilding(self) -> bool:
        """Whether it is being filled to take another one's place."""
        return bool(self.metadata.get("rebuilding"))

    def documents(
        self, *, include: Sequence[str] = ("documents", "metadatas"), where: dict[str, Any] | None = None
    ) -> list[Shelved]:
        """Every whole document in its newest version, in the order of their ids."""
        writes: dict[tuple[str, str, str], list[tuple[dict[str, Any], str, str, Any]]] = defaultdict(list)
        for row, page, i in self._pages(self.passages, include, where):
            packed = page["metadatas"][i]
            text = page["documents"][i] if "documents" in include else ""
            vector = page["embeddings"][i] if "embeddings" in include else None
            writes[packed["document"], packed["version"], packed["sequence"]].append((packed, row, text, vector))
        newest: dict[str, tuple[str, str, str]] = {}
        for write, rows in writes.items():
            identifier, _, sequence = write
            whole = len(rows) == rows[0][0]["count"]
            if whole and (identifier not in newest or int(sequence) > int(newest[identifier][2])):
                newest[identifier] = write
        found = []
        for identifier in sorted(newest):
            rows = sorted(writes[newest[identifier]], key=lambda entry: int(entry[0]["number"]))
            metadata = unpack_metadata(rows[0][0])
            passages = tuple(unpack_passage(text, packed, metadata) for packed, _, text, _ in rows)
            document = StoredDocument(identifier, newest[identifier][1], metadata, passages)
            found.append(Shelved(document, [row for _, row, _, _ in rows], [vector for _, _, _, vector in rows]))
        return found

    def versions(self) -> dict[str, tuple[str, Metadata]]:
        """Version and metadata of every document by id, without its words."""
        found = [shelved.document for shelved in self.documents(include=("metadatas",))]
        return {document.id: (document.version, document.metadata) for document in found}

    def sentence_vectors(self) -> dict[str, Any]:
        """Vectors of all sentences by the ids of their rows."""
        return {row: page["embeddings"][i] for row, page, i in self._pages(self.sentences, ("embeddings",), None)}

    @staticmethod
    def _pages(
        collection: "Collection", include: Sequence[str], where: dict[str, Any] | None
    ) -> Iterator[tuple[str, Any, int]]:
        """Every row as its id, the page that holds it and its place there."""
        offset = 0
        while True:
            page = collection.get(limit=_PAGE, offset=offset, include=list(include), where=where)  # type: ignore[arg-type]
            yield from ((identifier, page, i) for i, identifier in enumerate(page["ids"]))
            offset += len(page["ids"])
            if len(page["ids"]) < _PAGE:
                return


def find_shelves(client: "ClientAPI") -> list[Shelf]:
    """All shelves; those that are being filled last."""
    names = {collection.name for collection in client.list_collections()}
    shelves = []
    for name in sorted(names):
        other = SENTENCES + name.removeprefix(PASSAGES)
        if name.startswith(PASSAGES) and other in names:
            passages, sentences = (client.get_collection(n, embedding_function=None) for n in (name, other))
            shelves.append(Shelf(passages, sentences))
    return sorted(shelves, key=lambda shelf: shelf.rebuilding)


def new_shelf(client: "ClientAPI", fingerprint: str, *, beside: bool) -> Shelf:
    """Make one; `beside` another that it is to replace."""
    suffix = f"-{hashlib.sha256(fingerprint.encode()).hexdigest()[:8]}" if beside else ""
    metadata: dict[str, Any] = {"fingerprint": fingerprint} | ({"rebuilding": True} if beside else {})
    # Sentences first: a shelf is there when its passages are. They are compared exactly, so Chroma's graph may be cheap.
    sentences = client.get_or_create_collection(
        SENTENCES + suffix,
        embedding_function=None,
        configuration={"hnsw": {"max_neighbors": 4, "ef_construction": 8}},
    )
    passages = client.get_or_create_collection(PASSAGES + suffix, embedding_function=None, metadata=metadata)
    return Shelf(passages, sentences)


def remove_others(client: "ClientAPI", kept: Shelf) -> None:
    """Delete all shelves but one. Passages first: without them a shelf is gone."""
    names = sorted(collection.name for collection in client.list_collections())
    for prefix in (PASSAGES, SENTENCES):
        for name in names:
            if name.startswith(prefix) and name not in (kept.passages.name, kept.sentences.name):
                client.delete_collection(name)
