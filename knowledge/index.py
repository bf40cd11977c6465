"""The index: one generation of the store in memory, ready to be searched exactly.

It is derived from the store and kept as plain array files under KAIBI_HOME, so that a new process maps it in milliseconds
without opening Chroma. A generation that is not the store's own is thrown away and read anew.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
import time
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.document import Metadata, Passage
from knowledge.facts import TAG_LINE
from knowledge.lexical import LexicalIndex, build_index
from knowledge.script import tokens
from knowledge.store import Contents, Store
from knowledge.terms import Terms

FORMAT = 2
"""Raised when the files change, so that older ones are read anew."""


@dataclass(frozen=True)
class Index:
    """Passages, sentences, their vectors and words. Sentence numbers run through all passages in order."""

    generation: str
    passages: list[Passage]
    vectors: NDArray[np.float32]
    """Shape (passages, dimensions)."""
    sentence_vectors: NDArray[np.float32]
    """Shape (sentences, dimensions)."""
    owners: NDArray[np.int32]
    """Number of each sentence's passage, shape (sentences,)."""
    words: LexicalIndex
    """Over the passages, with their titles and headings."""
    sentence_words: LexicalIndex

    @cached_property
    def english(self) -> NDArray[np.bool_]:
        """Which passages are in English, shape (passages,)."""
        return np.array([passage.metadata.language == "en" for passage in self.passages], bool)

    @cached_property
    def _hidden(self) -> dict[bool, NDArray[np.bool_]]:
        twins = {p.metadata.twin for p in self.passages if p.metadata.twin}
        served = {
            english: {p.metadata.twin for p, e in zip(self.passages, self.english, strict=True) if e == english} & twins
            for english in (True, False)
        }
        return {
            english: np.array([p.metadata.twin in served[english] for p in self.passages], bool)
            & (self.english != english)
            for english in (True, False)
        }

    def hidden(self, *, english: bool) -> NDArray[np.bool_]:
        """Which passages an asker does not need: those of a document whose twin is in the asker's language."""
        return self._hidden[english]

    @cached_property
    def tagged(self) -> NDArray[np.bool_]:
        """Which passages are facts with a tag line, shape (passages,)."""
        return np.array(["[date: " in p.text and bool(TAG_LINE.search(p.text)) for p in self.passages], bool)

    @cached_property
    def introductions(self) -> NDArray[np.bool_]:
        """Which passages stand without a tag line in a note that has some: they tell what it is about."""
        factual = {p.document for p, tagged in zip(self.passages, self.tagged, strict=True) if tagged}
        return np.array([p.document in factual for p in self.passages], bool) & ~self.tagged

    @cached_property
    def sources(self) -> NDArray[np.bool_]:
        """Which passages are original words rather than notes, shape (passages,)."""
        return np.array([p.metadata.kind == "source" for p in self.passages], bool)

    @cached_property
    def facts(self) -> dict[tuple[str, bool], list[int]]:
        """Numbers of each document's tagged passages in order, by its twin's name and whether it is in English."""
        found: dict[tuple[str, bool], list[int]] = {}
        for number in np.flatnonzero(self.tagged):
            metadata = self.passages[number].metadata
            if metadata.twin:
                found.setdefault((metadata.twin, metadata.language == "en"), []).append(int(number))
        return found

    @cached_property
    def _firsts(self) -> list[int]:
        """Number of each passage's first sentence, and of the sentence after the last passage."""
        return list(accumulate((len(passage.sentences) for passage in self.passages), initial=0))

    def sentence_span(self, number: int) -> tuple[Passage, int, int]:
        """The passage of a sentence and its offsets in the document."""
        owner = bisect_right(self._firsts, number) - 1
        passage = self.passages[owner]
        return passage, *passage.sentences[number - self._firsts[owner]]

    def sentence_text(self, number: int) -> str:
        """The stored words of a sentence."""
        passage, start, end = self.sentence_span(number)
        return passage.words(start, end)

    def sentences_of(self, passage: int) -> range:
        """The numbers of a passage's sentences."""
        return range(self._firsts[passage], self._firsts[passage + 1])


def concept(term: str) -> str:
    """The token under which a term is indexed, whatever its spelling or language. No text yields such a token itself."""
    return f"@{term}"


def _words(text: str, terms: Terms) -> list[str]:
    """Tokens of a text and its terms, with the vendors of the people and products that it names."""
    found = [mention.term for mention in terms.find(text)]
    concepts = [concept(term.id) for term in found] + [concept(term.of) for term in found if term.of]
    return tokens(text) + concepts


def build(contents: Contents, terms: Terms) -> Index:
    """Derive the index from what the store holds."""
    passages = contents.passages
    owners = [number for number, passage in enumerate(passages) for _ in passage.sentences]
    sentences = [passage.words(start, end) for passage in passages for start, end in passage.sentences]
    return Index(
        generation=contents.generation,
        passages=passages,
        vectors=contents.vectors,
        sentence_vectors=contents.sentence_vectors,
        owners=np.array(owners, np.int32),
        words=build_index([_words(f"{p.metadata.title}\n{p.heading}\n{p.text}", terms) for p in passages]),
        sentence_words=build_index([_words(sentence, terms) for sentence in sentences]),
    )


def open_index(store: Store, home: Path, terms: Terms) -> Index:
    """The index of the store's present generation, from its files where they are of that generation.

    Raises:
        StoreError: if the store cannot be read.
    """
    generation = store.generation()
    folder = _folder(home, generation, terms)
    if generation != "empty":
        try:
            return _load(folder, generation, terms.fingerprint)
        except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError):
            pass  # Missing or damaged: the store has it all.
    try:
        index = build(store.read(), terms)
    finally:
        store.close()
    if index.passages:
        # A full or read-only disk costs the next start half a second, not this answer.
        with suppress(OSError):
            _save(index, _folder(home, index.generation, terms), terms.fingerprint)
    return index


def _folder(home: Path, generation: str, terms: Terms) -> Path:
    """One folder a generation, so that nobody reads half of one and half of the next."""
    recipe = f"{FORMAT} {generation} {terms.fingerprint}"
    return home / "index" / hashlib.sha256(recipe.encode()).hexdigest()[:16]


_ARRAYS = ("vectors", "sentence_vectors", "owners")
_LEXICAL = ("starts", "texts", "impacts")


def _save(index: Index, folder: Path, terms: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="building-", dir=folder.parent))
    try:
        for name in _ARRAYS:
            np.save(building / f"{name}.npy", getattr(index, name))
        for field in ("words", "sentence_words"):
            lexical: LexicalIndex = getattr(index, field)
            for name in _LEXICAL:
                np.save(building / f"{field}.{name}.npy", getattr(lexical, name))
        metadata: list[Metadata] = []
        known: dict[int, int] = {}
        rows = []
        for passage in index.passages:
            if id(passage.metadata) not in known:
                known[id(passage.metadata)] = len(metadata)
                metadata.append(passage.metadata)
            row = [passage.document, passage.version, passage.number, passage.start, passage.end, passage.text]
            rows.append([*row, passage.sentences, passage.heading, known[id(passage.metadata)]])
        described = {
            "format": FORMAT,
            "generation": index.generation,
            "terms": terms,
            "arrays": {path.name: path.stat().st_size for path in sorted(building.iterdir())},
            "metadata": [dataclasses.asdict(entry) for entry in metadata],
            "passages": rows,
            "words": list(index.words.terms),
            "sentence_words": list(index.sentence_words.terms),
        }
        (building / "index.json").write_text(
            json.dumps(described, ensure_ascii=False), encoding="utf-8", errors="surrogatepass"
        )
        shutil.rmtree(folder, ignore_errors=True)  # It was damaged, or it would have been read.
        os.replace(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    for other in folder.parent.iterdir():
        # A reader that has these open keeps its maps of them. What another process is building is a minute old at most.
        if other != folder and (not other.name.startswith("building-") or time.time() - other.stat().st_mtime > 600):
            shutil.rmtree(other, ignore_errors=True)


def _load(folder: Path, generation: str, terms: str) -> Index:
    described = json.loads((folder / "index.json").read_text(encoding="utf-8", errors="surrogatepass"))
    if (described["format"], described["generation"], described["terms"]) != (FORMAT, generation, terms):
        raise ValueError("another generation")
    if any((folder / name).stat().st_size != size for name, size in described["arrays"].items()):
        raise ValueError("files of another size")
    vectors, sentence_vectors, owners = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS)

    def lexical(field: str, size: int) -> LexicalIndex:
        starts, texts, impacts = (_mapped(folder / f"{field}.{name}.npy") for name in _LEXICAL)
        return LexicalIndex(
            {term: number for number, term in enumerate(described[field])}, starts, texts, impacts, size
        )

    metadata = [Metadata(**{**entry, "tags": tuple(entry["tags"])}) for entry in described["metadata"]]
    passages = [
        Passage(document, version, number, start, end, text, tuple((a, b) for a, b in spans), heading, metadata[owner])
        for document, version, number, start, end, text, spans, heading, owner in described["passages"]
    ]
    spans = sum(len(passage.sentences) for passage in passages)
    if not (len(passages) == len(vectors) and spans == len(sentence_vectors) == len(owners)):
        raise ValueError("arrays of different lengths")
    words, sentence_words = lexical("words", len(passages)), lexical("sentence_words", len(owners))
    for entry in (words, sentence_words):
        if len(entry.starts) != len(entry.terms) + 1 or not entry.starts[-1] == len(entry.texts) == len(entry.impacts):
            raise ValueError("postings of another size")
    return Index(generation, passages, vectors, sentence_vectors, owners, words, sentence_words)


def _mapped(path: Path) -> NDArray[Any]:
    """As a plain array: slicing NumPy's own class of mapped arrays takes ten times as long."""
    mapped: NDArray[Any] = np.load(path, mmap_mode="r").view(np.ndarray)
    return mapped
