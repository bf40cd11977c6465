"""The index: derived from the store, kept in files, and the same either way."""

import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from ingest.splitting import split
from knowledge.base import open_knowledge, open_store
from knowledge.document import Document, Metadata
from knowledge.index import Index, build, open_index
from knowledge.search import SearchWeights, make_query, search
from knowledge.settings import Settings
from knowledge.store import Store
from knowledge.terms import Term, Terms, load_terms
from knowledge.writer import EmbeddedDocument


def entry(identifier: str, *, passages: int = 2) -> EmbeddedDocument:
    text = "".join(f"## 第{n}节\n\n{identifier}的{n}号模型是开源的，ﷺ。它由阿里云发布！\n\n" for n in range(passages))
    document = Document(identifier, text, Metadata(title=identifier, tags=("x",), language="zh"))
    cut = split(document)
    rows = np.random.default_rng(len(identifier)).random((100, 8), np.float32)
    return EmbeddedDocument(document, cut, rows[: len(cut)], rows[: sum(len(p.sentences) for p in cut)])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(Settings.model_validate({"KAIBI_HOME": str(tmp_path / "home")}), "test")
    with store.writing() as writer:
        writer.put([entry("a"), entry("bb", passages=5)])
    store.close()
    return store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


TERMS = load_terms()


def equal(one: Index, other: Index) -> bool:
    for name in ("vectors", "sentence_vectors", "owners"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in ("words", "sentence_words"):
        mine, its = getattr(one, name), getattr(other, name)
        assert mine.terms == its.terms
        assert mine.size == its.size
        for array in ("starts", "texts", "impacts"):
            np.testing.assert_array_equal(getattr(mine, array), getattr(its, array))
    return one.passages == other.passages and one.generation == other.generation


def test_files_hold_what_the_store_holds(store: Store, home: Path) -> None:
    """An index from its files equals the one that was built, and is read without opening Chroma."""
    built = open_index(store, home, TERMS)
    shutil.move(home / "chroma", home / "away")
    loaded = open_index(Store(Settings.model_validate({"KAIBI_HOME": str(home)}), "test"), home, TERMS)
    assert equal(built, loaded)
    assert not loaded.vectors.flags.owndata
    shutil.move(home / "away", home / "chroma")
    assert equal(loaded, build(store.read(), TERMS))
    store.close()


def test_sentences_are_found_by_number(store: Store, home: Path) -> None:
    """Numbers run through all passages; each gives the words at its place in its document."""
    index = open_index(store, home, TERMS)
    numbers = [number for passage in range(len(index.passages)) for number in index.sentences_of(passage)]
    assert numbers == list(range(len(index.owners)))
    for number in numbers:
        passage, start, end = index.sentence_span(number)
        assert index.sentence_text(number) == passage.words(start, end)
    assert "bb的4号模型是开源的，ﷺ。" in [index.sentence_text(number) for number in numbers]


def test_another_generation_is_read_anew(store: Store, home: Path) -> None:
    """After a write the old files serve nobody, and are removed."""
    before = open_index(store, home, TERMS)
    with store.writing() as writer:
        writer.put([entry("ccc")])
    after = open_index(store, home, TERMS)
    assert after.generation != before.generation
    assert {passage.document for passage in after.passages} == {"a", "bb", "ccc"}
    assert len(list((home / "index").iterdir())) == 1
    assert before.vectors.shape == (len(before.passages), 8)


def test_other_terms_are_indexed_anew(store: Store, home: Path) -> None:
    """Files made with other names and terms are not used."""
    open_index(store, home, TERMS)
    more = Terms({**TERMS.by_id, "number": Term("number", "topic", ("号模型",), ())})
    index = open_index(store, home, more)
    assert "@number" in index.words.terms
    assert "@number" not in open_index(store, home, TERMS).words.terms


@pytest.mark.parametrize("damage", ["cut", "junk", "empty", "gone", "swapped"])
def test_damaged_files_are_made_anew(store: Store, home: Path, damage: str) -> None:
    """Whichever file is damaged, the index is the store's."""
    built = open_index(store, home, TERMS)
    (folder,) = (home / "index").iterdir()
    for name in sorted(path.name for path in folder.iterdir()):
        path = folder / name
        data = path.read_bytes()
        if damage == "gone":
            path.unlink()
        elif damage == "swapped":
            path.write_bytes((folder / ("owners.npy" if name != "owners.npy" else "words.texts.npy")).read_bytes())
        else:
            path.write_bytes({"cut": data[:-9], "junk": b"junk" * 50, "empty": b""}[damage])
        assert equal(built, open_index(store, home, TERMS)), name
        assert (folder / name).read_bytes() == data


def test_a_home_that_cannot_be_written_costs_time_only(store: Store, home: Path) -> None:
    """Where the files cannot be kept the index is built and used all the same."""
    (home / "index").write_text("in the way")
    assert len(open_index(store, home, TERMS).passages) == 7


def test_search_is_exact(warm_home: Path) -> None:
    """The best passages are those that a comparison with every vector, one by one, finds best."""
    base = open_knowledge(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))
    index = base.index
    for question, language in (("阿里云为什么开源？", "zh"), ("Who stayed closed?", "en")):
        query = make_query(question, language, base.embedder, base.terms, across=False)  # type: ignore[arg-type]
        scored = search(index, query, background=base.backgrounds["en" if language == "en" else "zh"])
        cosines = [float(np.dot(vector, query.vector)) for vector in index.vectors]
        shown = [n for n in range(len(cosines)) if np.isfinite(scored.passages[n])]
        assert len(shown) > 500
        # With the passage's vector as the only feature, the order is that of the cosines.
        plain = search(
            index,
            query,
            background=np.zeros_like(query.vector),
            weights=SearchWeights(**{field.name: float(field.name == "passage") for field in fields(SearchWeights)}),
        )
        best = sorted(shown, key=lambda n: -cosines[n])[:20]
        assert [round(cosines[n], 5) for n in plain.best(20)] == [round(cosines[n], 5) for n in best]
        assert not set(scored.best(50)) - set(shown)


def test_the_store_of_the_settings_is_opened_with_its_embedding(warm_home: Path) -> None:
    """The store that was made with the bundled embedding says so."""
    settings = Settings.model_validate({"KAIBI_HOME": str(warm_home)})
    store = open_store(settings)
    assert store.is_current()
    store.close()
