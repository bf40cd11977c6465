"""What is known: the shipped documents, the data types, embeddings, the store and search."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.retriever import KaibiRetriever

__all__ = ["KaibiRetriever"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: it needs LangChain and numpy, and `kaibi --help` needs neither.
    if name == "KaibiRetriever":
        from knowledge.retriever import KaibiRetriever

        return KaibiRetriever
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
