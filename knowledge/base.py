"""The knowledge base: store, index, embedder and terms opened together, and kept at the store's present generation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.document import Language
from knowledge.embeddings.background import background
from knowledge.embeddings.bundled import BundledEngine, TokenVectors
from knowledge.embeddings.embedder import Embedder, fingerprint_of, open_bundled, open_embedder
from knowledge.index import Index, open_index
from knowledge.reranker import Reranker, open_reranker
from knowledge.search import Query, Scored, make_query, needs_across, search
from knowledge.settings import Settings
from knowledge.store import Store
from knowledge.terms import Terms, load_terms

TOKEN_TEXTS = 32
"""Texts whose token vectors are kept: the statements of an answer cite the same sentences."""


@dataclass
class KnowledgeBase:
    """What can be searched. One object serves many questions and sees what others ingest meanwhile."""

    settings: Settings
    terms: Terms
    embedder: Embedder
    store: Store
    index: Index
    backgrounds: dict[str, NDArray[np.float32]]
    reranker: Reranker | None = None

    def refresh(self) -> None:
        """Open the index anew if someone has written to the store."""
        if self.store.generation() != self.index.generation:
            self.index = open_index(self.store, self.settings.home, self.terms)
            self.terms = self.terms.knowing(self.index.words.terms)

    def query(self, text: str, language: Language) -> Query:
        """Embed a question."""
        across = needs_across(self.index, language)
        return make_query(text, language, self.embedder, self.terms, across=across)

    @cached_property
    def tokens(self) -> Callable[[str], TokenVectors]:
        """Embeds the tokens of a text in context, for aligning two texts. Always the bundled engine's, which the weights are fitted to."""
        engine = self.embedder.engine
        bundled = engine if isinstance(engine, BundledEngine) else open_bundled(self.settings.home)
        return lru_cache(TOKEN_TEXTS)(bundled.tokens)

    def search(self, query: Query) -> Scored:
        """Score every passage and sentence."""
        language = "en" if query.language == "en" else "zh"
        scored = search(self.index, query, background=self.backgrounds[language])
        return self.reranker.rerank(query.text, self.index, scored) if self.reranker else scored


def open_knowledge(settings: Settings, *, announce: Callable[[str], Any] = lambda _: None) -> KnowledgeBase:
    """Open what the settings name.

    Raises:
        KaibiError: if the store, the embedding or a file of terms cannot be used.
    """
    terms = load_terms(settings.terms)
    embedder = open_embedder(settings, announce=announce)
    store = open_store(settings)
    index = open_index(store, settings.home, terms)
    reranker = open_reranker(settings.reranker, offline=settings.policy == "local") if settings.reranker else None
    terms = terms.knowing(index.words.terms)
    return KnowledgeBase(settings, terms, embedder, store, index, background(embedder, settings.home), reranker)


def open_store(settings: Settings) -> Store:
    """The store of the settings, which must have been made with their embedding."""
    return Store(settings, fingerprint_of(settings))
