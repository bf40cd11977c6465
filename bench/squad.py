"""Question sets in SQuAD format, embedded once and kept: what the benchmarks measure on.

Each context is a document, split as ingestion splits it. Vectors are cached under --cache, keyed by text and embedding.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.splitting import embedded_sentences, embedded_text, split
from knowledge.document import Document, Metadata, canonical
from knowledge.embeddings.embedder import Embedder
from knowledge.index import Index, build
from knowledge.script import language_of
from knowledge.store import Contents
from knowledge.terms import Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the set."""

    id: str
    text: str
    document: str
    """Id of the document with the answer."""
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents and questions of one file."""

    name: str
    documents: list[Document]
    questions: list[Asked]


class CachedEmbedder(Embedder):
    """An embedder that remembers vectors in one file a set, so that a second run measures and does not embed."""

    def __init__(self, inner: Embedder, folder: Path) -> None:
        super().__init__(inner.embeddings, inner.fingerprint)
        self._inner = inner
        self._folder = folder / hashlib.sha256(inner.fingerprint.encode()).hexdigest()[:8]
        self._queries: dict[str, np.ndarray] = {}  # type: ignore[type-arg]

    def passages(self, texts: Sequence[str], *, advance=None) -> np.ndarray:  # type: ignore[type-arg, no-untyped-def]
        path = self._path("passages", texts)
        if path.is_file():
            return np.load(path)
        vectors = self._inner.passages(texts, advance=advance)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
        return vectors

    def query(self, text: str) -> np.ndarray:  # type: ignore[type-arg]
        if text not in self._queries:
            self._queries[text] = self._inner.query(text)
        return self._queries[text]

    def remember(self, name: str) -> None:
        """Load the questions kept under `name`."""
        path = self._folder / f"queries-{name}.npz"
        if path.is_file():
            with np.load(path) as stored:
                self._queries |= dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))

    def keep(self, name: str) -> None:
        """Keep all questions so far under `name`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        texts = list(self._queries)
        np.savez(
            self._folder / f"queries-{name}.npz",
            texts=np.array(texts),
            vectors=np.stack([self._queries[t] for t in texts]),
        )

    def _path(self, kind: str, texts: Sequence[str]) -> Path:
        digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return self._folder / f"{kind}-{digest}.npy"


def load(path: Path) -> QuestionSet:
    """Read a SQuAD-format file; a context that occurs twice is one document."""
    documents: dict[str, Document] = {}
    questions: list[Asked] = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            text = canonical(paragraph["context"])
            if text not in documents:
                language = language_of(text)
                documents[text] = Document(f"d{len(documents)}", text, Metadata(title="", language=language))
            for asked in paragraph["qas"]:
                answers = tuple(dict.fromkeys(canonical(answer["text"]) for answer in asked.get("answers", [])))
                questions.append(Asked(str(asked["id"]), asked["question"], documents[text].id, answers))
    return QuestionSet(path.name, list(documents.values()), questions)


def crossed(questions: QuestionSet, documents: QuestionSet) -> QuestionSet:
    """The questions of one language on the parallel documents of another, matched by question id."""
    there = {asked.id: asked for asked in documents.questions}
    moved = [
        Asked(asked.id, asked.text, there[asked.id].document, there[asked.id].answers)
        for asked in questions.questions
        if asked.id in there
    ]
    return QuestionSet(f"{questions.name} on {documents.name}", documents.documents, moved)


def index_of(documents: Sequence[Document], embedder: Embedder, terms: Terms) -> Index:
    """The documents as the bot would see them after ingestion."""
    passages = [passage for document in documents for passage in split(document)]
    vectors = embedder.passages([embedded_text(passage) for passage in passages])
    sentences = embedder.passages([text for passage in passages for text in embedded_sentences(passage)])
    return build(Contents("bench", passages, vectors, sentences), terms)


def without(index: Index, document: str) -> np.ndarray:  # type: ignore[type-arg]
    """Which passages stay when a document is left out, shape (passages,)."""
    return np.array([passage.document != document for passage in index.passages])
