"""The retriever: Kaibi's knowledge base for other LangChain programs: `KaibiRetriever.open(k=3).invoke("…")`."""

import dataclasses
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.document import Passage
from knowledge.script import language_of
from knowledge.settings import Settings, load_settings


class KaibiRetriever(BaseRetriever):
    """Passages that speak to a question, best first. Their words are verbatim: the document's text[start:end]."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    base: KnowledgeBase
    k: int = Field(5, ge=1, description="Passages at most.")

    @classmethod
    def open(cls, settings: Settings | None = None, *, k: int = 5) -> "KaibiRetriever":
        """Over the store of the settings, by default the environment's.

        Raises:
            KaibiError: if the store, the embedding or a file of terms cannot be used.
        """
        return cls(base=open_knowledge(settings or load_settings()), k=k)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        self.base.refresh()
        scored = self.base.search(self.base.query(query, language_of(query)))
        return [_document(self.base.index.passages[n], float(scored.passages[n])) for n in scored.best(self.k)]


def _document(passage: Passage, score: float) -> Document:
    place: dict[str, Any] = {
        "document": passage.document,
        "version": passage.version,
        "start": passage.start,
        "end": passage.end,
        "heading": passage.heading,
        "sentences": [list(span) for span in passage.sentences],
        "score": score,
    }
    described = dataclasses.asdict(passage.metadata)
    return Document(id=passage.id, page_content=passage.text, metadata=described | place)
