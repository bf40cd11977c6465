"""The pipeline: read → repair → split → embed → store, for files, folders and addresses.

Unchanged documents are left alone without embedding; a changed one is replaced as a whole; one that fails is reported and
the rest goes on.
"""

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ingest.readers import READERS, read_file, read_url
from ingest.splitting import embedded_sentences, embedded_text, split
from knowledge.console import Progress
from knowledge.document import Document, Metadata
from knowledge.embeddings.embedder import Embedder
from knowledge.embeddings.shipped import ShippedVectors
from knowledge.errors import DocumentError
from knowledge.store import Store, Writer

Outcome = Literal["added", "replaced", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one file or address."""

    source: str
    outcome: Outcome
    document: str = ""
    """Id of the document; empty where it failed."""
    passages: int = 0
    reason: str = ""
    """Why it failed, and what to do."""


@dataclass(slots=True)
class Report:
    """What became of all of them."""

    items: list[Item] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(item.outcome == outcome for item in self.items)


def ingest(
    sources: Sequence[str],
    store: Store,
    open_embedder: Callable[[], Embedder],
    *,
    given: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    shipped: ShippedVectors | None = None,
) -> Report:
    """Bring files, folders and addresses into the store. The embedder is opened only when something must be embedded.

    Raises:
        StoreError, EngineError: if nothing can be stored or embedded at all. What was stored until then stays.
    """
    progress = progress or Progress()
    report = Report()
    read: list[tuple[str, Document]] = []
    for source in _expanded(sources, report):
        try:
            is_url = source.startswith(("http://", "https://"))
            read.append((source, (read_url if is_url else _read_path)(source, given or {})))
        except DocumentError as error:
            report.items.append(Item(source, "failed", reason=f"{error.message} {error.remedy}".strip()))
    known = store.versions()
    before = set(known)
    changed: list[tuple[str, Document]] = []
    for source, document in read:
        document = _distinct(document, known)
        version, metadata = known.get(document.id, ("", Metadata(title="")))
        if version == document.version and metadata == document.metadata:
            report.items.append(Item(source, "unchanged", document.id))
        else:
            changed.append((source, document))
    if changed:
        store_documents(changed, before, store, open_embedder(), progress, shipped, report)
    return report


def store_documents(
    changed: list[tuple[str, Document]],
    before: set[str],
    store: Store,
    embedder: Embedder,
    progress: Progress,
    shipped: ShippedVectors | None,
    report: Report,
) -> None:
    """Split, embed and store documents under one hold of the store; `before` names those that were there."""
    split_documents = [(source, document, split(document)) for source, document in changed]
    total = sum(len(passages) + sum(len(p.sentences) for p in passages) for _, _, passages in split_documents)
    progress.start("Embedding", total)
    try:
        with store.writing() as writer:
            for source, document, passages in split_documents:
                texts = [embedded_text(passage) for passage in passages]
                sentences = [sentence for passage in passages for sentence in embedded_sentences(passage)]
                vectors = _embed([*texts, *sentences], embedder, progress, shipped)
                _put(writer, document, passages, vectors)
                outcome: Outcome = "replaced" if document.id in before else "added"
                report.items.append(Item(source, outcome, document.id, len(passages)))
    finally:
        store.close()


def _put(writer: Writer, document: Document, passages: list, vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    count = len(passages)
    writer.put(document, passages, vectors[:count], vectors[count:])


def _embed(texts: list[str], embedder: Embedder, progress: Progress, shipped: ShippedVectors | None) -> np.ndarray:
    """Vectors of `texts`, those that travel with the package taken from there."""
    found = shipped.lookup(texts, embedder.fingerprint) if shipped else {}
    missing = [number for number in range(len(texts)) if number not in found]
    progress.advance(len(found))
    fresh = embedder.passages([texts[number] for number in missing], advance=progress.advance)
    dimensions = fresh.shape[1] if len(missing) else len(next(iter(found.values())))
    vectors = np.zeros((len(texts), dimensions), np.float32)
    if missing:
        vectors[missing] = fresh
    for number, vector in found.items():
        vectors[number] = vector
    return vectors


def _expanded(sources: Sequence[str], report: Report) -> Iterator[str]:
    """Files of folders, in order of their names; what does not exist goes into the report."""
    for source in sources:
        if source.startswith(("http://", "https://")):
            yield source
            continue
        path = Path(source).expanduser()
        if path.is_dir():
            found = sorted(str(p) for p in path.rglob("*") if p.is_file() and p.suffix.lower() in READERS)
            found = [
                entry
                for entry in found
                if not any(part.startswith(".") for part in Path(entry).relative_to(path).parts)
            ]
            if not found:
                reason = f"The folder holds no file that Kaibi can read ({', '.join(sorted(READERS))})."
                report.items.append(Item(source, "failed", reason=reason))
            yield from found
        elif path.exists() or os.path.lexists(path):
            yield str(path)
        else:
            report.items.append(Item(source, "failed", reason="There is no such file or folder."))


def _read_path(source: str, given: Mapping[str, str]) -> Document:
    return read_file(Path(source), given)


def _distinct(document: Document, known: dict[str, tuple[str, Metadata]]) -> Document:
    """Another file of the same name gets an id of its own, so that neither replaces the other."""
    identifier = document.id
    number = 2
    while identifier in known and known[identifier][1].origin != document.metadata.origin:
        if known[identifier][0] == document.version:
            # The same words from another place: keep them under the id that they have.
            return dataclasses.replace(document, id=identifier)
        identifier = f"{document.id}-{number}"
        number += 1
    if identifier not in known:
        known[identifier] = ("", document.metadata)
    return dataclasses.replace(document, id=identifier)
