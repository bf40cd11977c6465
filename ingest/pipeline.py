"""The pipeline: read → repair → split → embed → store, for files, folders and addresses.

Unchanged documents are left alone without embedding; a changed one is replaced as a whole; one that fails is reported and
the rest goes on.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ingest.readers import read_file, read_url
from ingest.sources import Unreadable, expanded, still_there
from ingest.splitting import embedded_sentences, embedded_text, split
from knowledge.console import Progress
from knowledge.document import Document, Metadata, Passage
from knowledge.embeddings.embedder import Embedder
from knowledge.embeddings.shipped import ShippedVectors
from knowledge.errors import DocumentError
from knowledge.store import Store
from knowledge.writer import EmbeddedDocument, Vectors, Writer

Outcome = Literal["added", "replaced", "unchanged", "failed"]

EMBEDDED_AT_ONCE = 1_000
"""Texts embedded between two writes: enough that their lengths sort well and writing costs nothing beside, and few enough
that little is lost when the process is killed."""
WRITTEN_AT_ONCE = 4_000
"""Texts written in one go, those whose vectors were known included."""


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


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that is split and waits for its vectors."""

    source: str
    document: Document
    passages: list[Passage]
    texts: list[str]
    """What is embedded: its passages, then its sentences."""


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
    report = Report()
    known = store.versions()
    before = set(known)
    changed: list[tuple[str, Document]] = []
    for source in expanded(sources):
        if isinstance(source, Unreadable):
            report.items.append(Item(source.name, "failed", reason=source.reason))
            continue
        try:
            document = read_file(source, given or {}) if isinstance(source, Path) else read_url(source, given or {})
        except DocumentError as error:
            report.items.append(Item(str(source), "failed", reason=f"{error.message} {error.remedy}".strip()))
            continue
        document = _placed(document, known)
        if known.get(document.id) == (document.version, document.metadata):
            report.items.append(Item(str(source), "unchanged", document.id))
        else:
            known[document.id] = (document.version, document.metadata)
            changed.append((str(source), document))
    if changed:
        store_documents(changed, before, store, open_embedder(), report, progress=progress, shipped=shipped)
    return report


def store_documents(
    changed: Sequence[tuple[str, Document]],
    before: set[str],
    store: Store,
    embedder: Embedder,
    report: Report,
    *,
    progress: Progress | None = None,
    shipped: ShippedVectors | None = None,
) -> None:
    """Split, embed and store documents; `before` names those that were there."""
    progress = progress or Progress()
    progress.start("Adding documents", sum(len(document.text) for _, document in changed))
    try:
        for group, known in _groups(changed, embedder.fingerprint, shipped):
            vectors = _vectors(group, known, embedder, progress)
            with store.writing() as writer:
                _write(writer, group, vectors, before, report)
            progress.advance(sum(_weight(prepared, known, False) for prepared in group))
    finally:
        store.close()


def _groups(
    changed: Sequence[tuple[str, Document]], fingerprint: str, shipped: ShippedVectors | None
) -> Iterator[tuple[list[_Prepared], dict[str, np.ndarray]]]:
    """Documents that are embedded and written together, with the vectors that travel with the package."""
    group: list[_Prepared] = []
    known: dict[str, np.ndarray] = {}
    waiting = 0
    for source, document in changed:
        passages = split(document)
        texts = [embedded_text(passage) for passage in passages]
        texts += [sentence for passage in passages for sentence in embedded_sentences(passage)]
        if shipped is not None:
            found = shipped.lookup(texts, fingerprint)
            known |= {texts[number]: vector for number, vector in found.items()}
        group.append(_Prepared(source, document, passages, texts))
        waiting += len(texts)
        if waiting - len(known) >= EMBEDDED_AT_ONCE or waiting >= WRITTEN_AT_ONCE:
            yield group, known
            group, known, waiting = [], {}, 0
    if group:
        yield group, known


def _vectors(
    group: Sequence[_Prepared], known: Mapping[str, np.ndarray], embedder: Embedder, progress: Progress
) -> dict[str, np.ndarray]:
    """The vector of every text of a group, each text embedded once."""
    weight = sum(_weight(prepared, known, True) for prepared in group)
    missing = list(dict.fromkeys(text for prepared in group for text in prepared.texts if text not in known))
    fresh = embedder.passages(missing, advance=lambda done: progress.advance(weight * done / len(missing)))
    return {**known, **dict(zip(missing, fresh, strict=True))}


def _weight(prepared: _Prepared, known: Mapping[str, np.ndarray], fresh: bool) -> float:
    """A document's share of the progress that comes with embedding (`fresh`), or with writing what was embedded before."""
    share = sum(text not in known for text in prepared.texts) / max(1, len(prepared.texts))
    return len(prepared.document.text) * (share if fresh else 1 - share)


def _write(
    writer: Writer,
    group: Sequence[_Prepared],
    vectors: Mapping[str, np.ndarray],
    before: set[str],
    report: Report,
) -> None:
    taken = writer.origins([prepared.document.id for prepared in group if prepared.document.id not in before])
    entries = []
    for prepared in group:
        document, passages = prepared.document, prepared.passages
        if taken.get(document.id, document.metadata.origin) != document.metadata.origin:
            # Another process has given the id to another file meanwhile.
            document = _renamed(document, writer)
            passages = [dataclasses.replace(passage, document=document.id) for passage in passages]
        rows: Vectors = np.stack([vectors[text] for text in prepared.texts])
        entries.append(EmbeddedDocument(document, passages, rows[: len(passages)], rows[len(passages) :]))
    writer.put(entries)
    for prepared, entry in zip(group, entries, strict=True):
        outcome: Outcome = "replaced" if entry.document.id in before else "added"
        report.items.append(Item(prepared.source, outcome, entry.document.id, len(entry.passages)))


def _placed(document: Document, known: Mapping[str, tuple[str, Metadata]]) -> Document:
    """The document under an id of its own, so that files of one name do not replace each other.

    The same words from another place stay what they are, under the first place's id and origin; if nothing is there any
    more, the file was moved.
    """
    identifier = document.id
    number = 2
    while identifier in known and known[identifier][1].origin != document.metadata.origin:
        version, metadata = known[identifier]
        if version == document.version:
            origin = metadata.origin if still_there(metadata.origin) else document.metadata.origin
            moved = dataclasses.replace(document.metadata, origin=origin)
            return dataclasses.replace(document, id=identifier, metadata=moved)
        identifier = f"{document.id}-{number}"
        number += 1
    return dataclasses.replace(document, id=identifier)


def _renamed(document: Document, writer: Writer) -> Document:
    number = 2
    while writer.origins([f"{document.id}-{number}"]):
        number += 1
    return dataclasses.replace(document, id=f"{document.id}-{number}")
