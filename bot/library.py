"""The library: listing, showing and removing documents."""

import dataclasses
import difflib
from collections.abc import Sequence
from typing import Any

from ingest.shipped import ensure_shipped
from knowledge.base import open_store
from knowledge.console import printable, progress_on_stderr
from knowledge.document import canonical
from knowledge.embeddings.embedder import open_embedder
from knowledge.errors import DocumentError
from knowledge.settings import Settings
from knowledge.shelf import StoredDocument
from knowledge.store import Store


def document_rows(settings: Settings) -> list[dict[str, Any]]:
    """Every document without its words."""
    store = _opened(settings)
    try:
        return [_described(document) | {"passages": len(document.passages)} for document in store.documents()]
    finally:
        store.close()


def document_json(settings: Settings, identifier: str) -> dict[str, Any]:
    """One document with its canonical text.

    Raises:
        DocumentError: if there is none of that id.
    """
    store = _opened(settings)
    try:
        # Chroma takes no name that UTF-8 cannot hold.
        document = store.document(identifier) if identifier == canonical(identifier) else None
        if document is None:
            raise _unknown(identifier, store)
        described = _described(document)
        return {"id": described.pop("id"), "version": described.pop("version"), "text": document.text, **described}
    finally:
        store.close()


def remove_documents(settings: Settings, identifiers: Sequence[str]) -> list[str]:
    """Remove documents; all or none.

    Raises:
        DocumentError: if there is none of some id.
    """
    store = _opened(settings)
    try:
        known = store.versions()
        for identifier in identifiers:
            if identifier not in known:
                raise _unknown(identifier, store)
        with store.writing() as writer:
            writer.remove(identifiers)
        return list(dict.fromkeys(identifiers))
    finally:
        store.close()


def print_documents(rows: Sequence[dict[str, Any]]) -> None:
    """One line a document."""
    width = max((len(row["id"]) for row in rows), default=2)
    for row in rows:
        about = f"{row['language']:7} {row['kind']:6} {row['stance']:7} {row['date'] or '-':10} {row['passages']:4}"
        print(printable(f"{row['id']:{width}}  {about}  {row['title']}"))
    print(f"{len(rows)} documents")


def print_document(document: dict[str, Any]) -> None:
    """Metadata, a blank line, the text."""
    for key, value in document.items():
        if key != "text" and value:
            print(f"{key}: {printable(', '.join(value) if isinstance(value, tuple | list) else str(value))}")
    print()
    print("\n".join(printable(line) for line in document["text"].splitlines()))


def _opened(settings: Settings) -> Store:
    store = open_store(settings)
    with progress_on_stderr(quiet=False) as (announce, progress):
        ensure_shipped(settings, store, lambda: open_embedder(settings, announce=announce), progress)
    return store


def _described(document: StoredDocument) -> dict[str, Any]:
    return {"id": document.id, "version": document.version, **dataclasses.asdict(document.metadata)}


def _unknown(identifier: str, store: Store) -> DocumentError:
    near = difflib.get_close_matches(identifier, store.versions(), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "`kaibi docs list` shows them all."
    return DocumentError(f"There is no document {identifier!r}.", remedy=hint)
