"""Integrity: whatever the words, what is stored is what was read, to the last character."""

import itertools
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.splitting import split
from knowledge.document import Document, Metadata, canonical
from knowledge.index import open_index
from knowledge.settings import Settings
from knowledge.store import Store
from knowledge.terms import load_terms
from knowledge.writer import EmbeddedDocument

TERMS = load_terms()
pieces = st.one_of(
    st.characters(),
    st.sampled_from("\x00\r\n\u2028\ufdfa\ud800\udfff\U0001f600\U00020000\u0301\u202e。！？.“”|#- \t"),
    st.sampled_from(["阿里云开源了。", "Open models win. ", "\n\n", "\r\n- ", "[date: 2024 | stance: open]\n"]),
)
texts = st.lists(pieces, min_size=1, max_size=60).map("".join)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("integrity") / "home"


numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(texts, min_size=1, max_size=4))
@example(["\ud83d\ude00\x00\u202eﷺ。" * 30, "e\u0301\r\n\r\nx"])
def test_every_sentence_equals_its_place(home: Path, given_texts: list[str]) -> None:
    """Read from the store and from the index's files, each document is its canonical text and each sentence its slice."""
    entries = {}
    for text in map(canonical, given_texts):
        document = Document(f"d{next(numbers)}", text, Metadata(title=text[:20]))
        passages = split(document)
        vectors = np.ones((len(passages) + sum(len(passage.sentences) for passage in passages), 4), np.float32)
        entries[document.id] = EmbeddedDocument(document, passages, vectors[: len(passages)], vectors[len(passages) :])
    with closing(Store(Settings.model_validate({"KAIBI_HOME": str(home)}), "test")) as store:
        with store.writing() as writer:
            writer.remove(list(store.versions()))
            writer.put(list(entries.values()))
        stored = {document.id: document for document in store.documents()}
        assert stored.keys() == entries.keys()
        for identifier, entry in entries.items():
            assert stored[identifier].text == entry.document.text
            assert stored[identifier].version == entry.document.version
            assert stored[identifier].metadata == entry.document.metadata
        for index in (open_index(store, home, TERMS), open_index(store, home, TERMS)):
            assert index.passages == [passage for key in sorted(entries) for passage in entries[key].passages]
            for number in range(len(index.owners)):
                passage, start, end = index.sentence_span(number)
                assert index.sentence_text(number) == entries[passage.document].document.text[start:end]
