"""The chosen embedding as a LangChain object, for other LangChain programs."""

from langchain_core.embeddings import Embeddings

from knowledge.embeddings.embedder import Embedder


class KaibiEmbeddings(Embeddings):
    """LangChain embeddings over an embedder, with its care for text."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        vectors: list[list[float]] = self._embedder.passages(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        vector: list[float] = self._embedder.query(text).tolist()
        return vector
