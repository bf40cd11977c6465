"""The writer: puts documents on a shelf, each as a whole, and takes them off."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.document import Document, Passage
from knowledge.rows import pack
from knowledge.shelf import Shelf

Vectors = NDArray[np.float32]
_NAMES = 500
"""Documents named in one condition to Chroma."""


@dataclass(frozen=True, slots=True)
class EmbeddedDocument:
    """One document with all that is to be stored of it."""

    document: Document
    passages: Sequence[Passage]
    vectors: Vectors
    """Shape (passages, dimensions)."""
    sentence_vectors: Vectors
    """Shape (sentences of all passages, dimensions)."""


class Writer:
    """Writes while the right to write is held (`Store.writing`)."""

    def __init__(self, shelf: Shelf, batch_size: int) -> None:
        """`batch_size` is the number of rows that Chroma writes whole or not at all."""
        self._shelf = shelf
        self._batch_size = batch_size

    def put(self, documents: Sequence[EmbeddedDocument]) -> None:
        """Add documents or replace them. Sentences go first: the last passage makes a version count."""
        sequence = str(time.time_ns())
        sentences: list[tuple[str, dict[str, str], NDArray[np.float32]]] = []
        passages: list[tuple[str, Passage, int, NDArray[np.float32]]] = []
        for entry in documents:
            owned = {"document": entry.document.id, "sequence": sequence}
            vectors = iter(entry.sentence_vectors)
            for passage, vector in zip(entry.passages, entry.vectors, strict=True):
                row = f"{passage.id}~{sequence}"
                passages.append((row, passage, len(entry.passages), vector))
                sentences += [(f"{row}/{k}", owned, next(vectors)) for k in range(len(passage.sentences))]
        for at in range(0, len(sentences), self._batch_size):
            ids, owners, rows = zip(*sentences[at : at + self._batch_size], strict=True)
            self._shelf.sentences.upsert(ids=list(ids), embeddings=np.stack(rows), metadatas=list(owners))
        for at in range(0, len(passages), self._batch_size):
            part = passages[at : at + self._batch_size]
            self._shelf.passages.upsert(
                ids=[row for row, _, _, _ in part],
                embeddings=np.stack([vector for _, _, _, vector in part]),
                documents=[passage.text for _, passage, _, _ in part],
                metadatas=[pack(passage, count, sequence) for _, passage, count, _ in part],
            )
        self._delete([entry.document.id for entry in documents], {"sequence": {"$ne": sequence}})

    def remove(self, identifiers: Iterable[str]) -> None:
        """Remove documents."""
        self._delete(list(identifiers), None)

    def origins(self, identifiers: Sequence[str]) -> dict[str, str]:
        """Where those documents that are there come from, by id."""
        found: dict[str, str] = {}
        for at in range(0, len(identifiers), _NAMES):
            where: Any = {"document": {"$in": list(identifiers[at : at + _NAMES])}}
            rows: Any = self._shelf.passages.get(where=where, include=["metadatas"])["metadatas"] or []
            found |= {row["document"]: row.get("origin", "") for row in rows}
        return found

    def _delete(self, identifiers: list[str], also: dict[str, Any] | None) -> None:
        for at in range(0, len(identifiers), _NAMES):
            those: dict[str, Any] = {"document": {"$in": identifiers[at : at + _NAMES]}}
            where: Any = {"$and": [those, also]} if also else those
            self._shelf.passages.delete(where=where)
            self._shelf.sentences.delete(where=where)
