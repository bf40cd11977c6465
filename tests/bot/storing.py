"""Knowledge bases that hold the documents of one test."""

from collections.abc import Callable
from pathlib import Path

from ingest.pipeline import Report, store_documents
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.document import Document, Metadata, canonical
from knowledge.settings import Settings

Written = tuple[str, str, dict[str, str]]
"""Id, text, and metadata but the title."""
Stored = Callable[..., KnowledgeBase]


def open_with(engine: Path, home: Path, *written: Written) -> KnowledgeBase:
    """A knowledge base in a new folder `home`, with an engine that was built elsewhere."""
    home.mkdir()
    (home / "engine").symlink_to(engine)
    base = open_knowledge(Settings.model_validate({"KAIBI_HOME": str(home)}))
    documents = [
        Document(identifier, canonical(text), Metadata(title=identifier, **metadata))  # type: ignore[arg-type]
        for identifier, text, metadata in written
    ]
    store_documents([("", document) for document in documents], set(), base.store, base.embedder, Report())
    base.refresh()
    return base
