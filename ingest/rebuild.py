"""Rebuilding: every stored document embedded anew with the embedding that the settings name.

The old vectors stay in use until the new ones are complete. When it is killed, nothing is lost, and the next run goes on from
where it was.
"""

from ingest.pipeline import Report, store_documents
from knowledge.console import Progress
from knowledge.document import Document
from knowledge.embeddings.embedder import Embedder
from knowledge.settings import Settings
from knowledge.shelf import StoredDocument
from knowledge.store import Store


def rebuild(settings: Settings, embedder: Embedder, progress: Progress) -> Report:
    """Embed all documents anew, and let the result take over."""
    old = Store(settings, None)
    new = Store(settings, embedder.fingerprint, rebuilding=True)
    report = Report()
    try:
        # With the same embedding nothing tells the old vectors from the new ones, so all are made again.
        todo = old.documents() if new.is_current() else _lacking(old, new)
        while True:
            if todo:
                entries = [(entry.metadata.origin or entry.id, _document(entry)) for entry in todo]
                store_documents(entries, {entry.id for entry in todo}, new, embedder, report, progress=progress)
            if new.take_over():
                return report
            todo = _lacking(old, new)  # What others ingested meanwhile.
    finally:
        old.close()
        new.close()


def _lacking(old: Store, new: Store) -> list[StoredDocument]:
    old.close()
    there = new.versions()
    return [entry for entry in old.documents() if there.get(entry.id) != (entry.version, entry.metadata)]


def _document(entry: StoredDocument) -> Document:
    return Document(entry.id, entry.text, entry.metadata)
