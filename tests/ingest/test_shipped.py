"""The shipped documents: their vectors travel with them, and only with them."""

import os
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest import shipped as shipping
from ingest.shipped import DOCUMENTS, embedded_texts, ensure_shipped
from knowledge.base import open_store
from knowledge.console import Progress
from knowledge.embeddings.embedder import Embedder, open_embedder
from knowledge.embeddings.shipped import ShippedVectors, write
from knowledge.settings import Settings


@pytest.fixture(scope="module")
def embedder(warm_home: Path) -> Embedder:
    return open_embedder(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))


def test_every_text_has_its_vector(embedder: Embedder) -> None:
    """No shipped text must be embedded on a fresh machine; after a change run: python -m ingest.shipped"""
    texts = embedded_texts()
    known = ShippedVectors().lookup(texts, embedder.fingerprint)
    missing = [text for number, text in enumerate(texts) if number not in known]
    assert not missing, f"{len(missing)} texts, the first: {missing[0]!r}; run: python -m ingest.shipped"


def test_the_vectors_are_what_the_engine_gives(embedder: Embedder) -> None:
    """A sample of them has a cosine above .999 to a fresh embedding."""
    texts = embedded_texts()[::150]
    known = ShippedVectors().lookup(texts, embedder.fingerprint)
    rows = sorted(known)
    fresh = embedder.passages([texts[number] for number in rows])
    assert len(rows) > 20
    assert ((fresh * np.stack([known[number] for number in rows])).sum(axis=1) > 0.999).all()


def test_a_changed_text_and_another_embedding_find_none(embedder: Embedder) -> None:
    """A vector belongs to its exact text and its embedding."""
    text = embedded_texts()[0]
    vectors = ShippedVectors()
    assert set(vectors.lookup([text, text + "。", text[:-1]], embedder.fingerprint)) <= {0}
    assert vectors.lookup([text], "another") == {}


def test_what_is_written_is_found(tmp_path: Path) -> None:
    """Vectors come back by their texts, as unit vectors; a damaged or missing file knows nothing."""
    rows = np.random.default_rng(0).random((3, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    path = tmp_path / "vectors.npz"
    write(["a", "b", "ﷺ\ud800"], rows, "test", path)
    found = ShippedVectors(path).lookup(["b", "x", "ﷺ\ud800"], "test")
    assert set(found) == {0, 2}
    np.testing.assert_allclose(found[0], rows[1], atol=1e-3)
    for damage in (path.read_bytes()[:-40], b"", b"PK\x03\x04junk"):
        path.write_bytes(damage)
        assert ShippedVectors(path).lookup(["b"], "test") == {}
    assert ShippedVectors(tmp_path / "none.npz").lookup(["b"], "test") == {}


def test_the_shipped_set_is_brought_once(
    tmp_path: Path, warm_home: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is brought to an empty store and when it changes; what the user removed stays removed until then."""
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("baidu.zh.md", "baidu.en.md"):
        shutil.copy(DOCUMENTS / name, documents)
    monkeypatch.setattr(shipping, "DOCUMENTS", documents)
    settings = Settings.model_validate({"KAIBI_HOME": str(tmp_path / "home")})

    def bring() -> set[str]:
        with closing(open_store(settings)) as store:
            ensure_shipped(settings, store, lambda: embedder, Progress())
            return set(store.versions())

    assert bring() == {"baidu.zh", "baidu.en"}
    with closing(open_store(settings)) as store, store.writing() as writer:
        writer.remove(["baidu.en"])
    assert bring() == {"baidu.zh"}
    path = documents / "baidu.zh.md"
    path.write_text(path.read_text() + "\n新的一句。\n")
    os.utime(path, ns=(1, 1))
    assert bring() == {"baidu.zh", "baidu.en"}
