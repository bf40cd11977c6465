"""Question sets in SQuAD format, embedded once and kept: what the benchmarks measure on.

Each context is a document, split as ingestion splits it. Vectors are cached under --cache, keyed by text and embedding.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.splitting import embedded_sentences, embedded_text, split
from knowledge.document import Document, Metadata, canonical
from knowledge.embeddings.embedder import Embedder
from knowledge.errors import KaibiError
from knowledge.index import Index, build
from knowledge.script import language_of
from knowledge.store import Contents
from knowledge.terms import Terms

Vectors = NDArray[np.float32]


class SetError(KaibiError):
    """A file of questions cannot be used."""

    code = "set"
    exit_code = 2


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

    def half(self, which: int) -> list[Asked]:
        """The questions on every other document: 0 is what the fitting scripts read, 1 what nothing is fitted on."""
        chosen = {document.id for document in self.documents[which::2]}
        return [asked for asked in self.questions if asked.document in chosen]


class CachedEmbedder(Embedder):
    """An embedder that remembers vectors in one file a set, so that a second run measures and does not embed."""

    def __init__(self, inner: Embedder, folder: Path) -> None:
        super().__init__(inner.engine, inner.fingerprint)
        self._inner = inner
        self._folder = folder / hashlib.sha256(inner.fingerprint.encode()).hexdigest()[:8]
        self.known: dict[str, Vectors] = {}
        """Vectors of the questions so far."""

    def passages(self, texts: Sequence[str], *, advance: Callable[[int], object] | None = None) -> Vectors:
        digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        path = self._folder / f"passages-{digest}.npy"
        if path.is_file():
            stored: Vectors = np.load(path)
            return stored
        vectors = self._inner.passages(texts, advance=advance)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
        return vectors

    def query(self, text: str) -> Vectors:
        if text not in self.known:
            self.known[text] = self._inner.query(text)
        return self.known[text]

    def remember(self, name: str) -> None:
        """Load the questions kept under `name`."""
        path = self._folder / f"questions-{name}.npz"
        if path.is_file():
            with np.load(path) as stored:
                self.known |= dict(zip(json.loads(str(stored["texts"])), stored["vectors"], strict=True))

    def keep(self, name: str) -> None:
        """Keep all questions so far under `name`."""
        if not self.known:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        vectors = np.stack(list(self.known.values()))
        np.savez(self._folder / f"questions-{name}.npz", texts=np.array(json.dumps(list(self.known))), vectors=vectors)


def load(path: Path) -> QuestionSet:
    """Read a SQuAD-format file. A context that occurs twice is one document; questions marked impossible are left out.

    Raises:
        SetError: if the file cannot be read, is of another format or asks nothing.
    """
    documents: dict[str, Document] = {}
    questions: list[Asked] = []
    try:
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                text = canonical(paragraph["context"])
                if text not in documents:
                    metadata = Metadata(title="", language=language_of(text))
                    documents[text] = Document(f"d{len(documents)}", text, metadata)
                for asked in paragraph["qas"]:
                    if not asked.get("is_impossible"):
                        answers = tuple(dict.fromkeys(canonical(answer["text"]) for answer in asked.get("answers", [])))
                        questions.append(
                            Asked(str(asked["id"]), asked["question"].strip(), documents[text].id, answers)
                        )
    except OSError as error:
        raise SetError(f"{path.name!r} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetError(
            f"{path.name!r} is not in SQuAD format.", remedy="See data, paragraphs, context, qas."
        ) from error
    questions = [asked for asked in questions if asked.text]
    if not questions:
        raise SetError(f"{path.name!r} holds no question with an answer.")
    return QuestionSet(path.name, list(documents.values()), questions)


def crossed(questions: QuestionSet, documents: QuestionSet) -> QuestionSet:
    """The questions of one language on the parallel documents of another, matched by question id.

    Raises:
        SetError: if no id is in both.
    """
    there = {asked.id: asked for asked in documents.questions}
    moved = [
        Asked(asked.id, asked.text, there[asked.id].document, there[asked.id].answers)
        for asked in questions.questions
        if asked.id in there
    ]
    if not moved:
        raise SetError(f"{questions.name!r} and {documents.name!r} have no question id in common.")
    return QuestionSet(f"{questions.name} on {documents.name}", documents.documents, moved)


def mixed(one: QuestionSet, other: QuestionSet) -> QuestionSet:
    """A library in two languages: of each two pairs of parallel documents one is there in the one language alone, one in
    the other alone, and both files' questions are asked."""
    twin = {asked.id: asked.document for asked in other.questions}
    pairs = {asked.document: twin[asked.id] for asked in one.questions if asked.id in twin}
    others = {document.id: document for document in other.documents}
    documents = []
    renamed: dict[tuple[int, str], str] = {}
    for number, document in enumerate(document for document in one.documents if document.id in pairs):
        kept = document if number // 2 % 2 == 0 else others[pairs[document.id]]
        documents.append(replace(kept, id=f"m{number}"))
        renamed[0, document.id] = renamed[1, pairs[document.id]] = f"m{number}"
    questions = [
        replace(asked, document=renamed[file, asked.document])
        for file, questions in enumerate((one, other))
        for asked in questions.questions
        if (file, asked.document) in renamed
    ]
    return QuestionSet(f"{one.name} mixed with {other.name}", documents, questions)


def index_of(documents: Sequence[Document], embedder: Embedder, terms: Terms) -> Index:
    """The documents as the bot would see them after ingestion."""
    passages = [passage for document in documents for passage in split(document)]
    vectors = embedder.passages([embedded_text(passage) for passage in passages])
    sentences = embedder.passages([text for passage in passages for text in embedded_sentences(passage)])
    return build(Contents("bench", passages, vectors, sentences), terms)
