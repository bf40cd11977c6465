"""Embeddings by sentence-transformers: the bundled weights exported to its format, or any model or folder."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from knowledge.embeddings.weights import Weights, read_weights, weight_file
from knowledge.errors import EngineError

_SAMPLE = 65_536
"""Bytes read at each of three places of a weight file to tell models apart."""


class SentenceTransformerEmbeddings(Embeddings):
    """LangChain embeddings over a SentenceTransformer with its own query and document prompts."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        vectors: list[list[float]] = self._model.encode_document(
            texts, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        vector: list[float] = self._model.encode_query(
            text, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vector


def open_sentence_transformer(model: str, home: Path, *, offline: bool) -> Embeddings:
    """Load `model`, or the bundled weights where it is empty.

    Raises:
        EngineError: if the extra or the model is missing.
    """
    if offline or not model:
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EngineError(
            "KAIBI_EMBEDDINGS=sentence-transformers needs its package.",
            remedy='pip install "kaibi[sentence-transformers]", or set KAIBI_EMBEDDINGS=bundled.',
        ) from error
    place = model or str(export_bundled(home))
    try:
        loaded = SentenceTransformer(place)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The sentence-transformers model {model!r} cannot be loaded.",
            remedy="Name a local folder in KAIBI_EMBEDDINGS=sentence-transformers:FOLDER, or allow the model hub.",
        ) from error
    return SentenceTransformerEmbeddings(loaded)


def identity(model: str) -> str:
    """A hub name as it is; a folder by what its weights are, so that moving it changes nothing."""
    folder = Path(model).expanduser()
    if not folder.is_dir():
        return model
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".json", ".safetensors", ".bin"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        digest.update(_sample(path))
    return f"{folder.name}-{digest.hexdigest()[:8]}"


def _sample(path: Path) -> bytes:
    """The start, the middle and the end: training on changes all weights, and gigabytes need not be read for it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        parts = []
        for at in (0, size // 2, max(0, size - _SAMPLE)):
            file.seek(at)
            parts.append(file.read(_SAMPLE))
    return b"".join(parts)


def export_bundled(home: Path) -> Path:
    """The bundled weights as a sentence-transformers folder under `home`, made first where it is missing."""
    folder = home / "engine" / "e5-small-sentence-transformers"
    if (folder / "modules.json").is_file():
        return folder
    weights = read_weights(weight_file())
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="building-", dir=folder.parent))
    try:
        _write_model(weights, building)
        _write_tokenizer(weights, building)
        os.replace(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def _write_model(weights: Weights, folder: Path) -> None:
    from safetensors.numpy import save_file

    hidden, inner = weights.hidden, weights.intermediate
    state: dict[str, np.ndarray] = {
        "embeddings.word_embeddings.weight": weights.dequantised("emb.word", hidden),
        "embeddings.position_embeddings.weight": weights.float32("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": weights.float32("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": weights.float32("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.float32("emb.ln.b"),
    }
    linear = {
        "q": ("attention.self.query", hidden),
        "k": ("attention.self.key", hidden),
        "v": ("attention.self.value", hidden),
        "ao": ("attention.output.dense", hidden),
        "fi": ("intermediate.dense", hidden),
        "fo": ("output.dense", inner),
    }
    for index in range(weights.layers):
        for short, (name, columns) in linear.items():
            state[f"encoder.layer.{index}.{name}.weight"] = weights.dequantised(f"l{index}.{short}.w", columns)
            state[f"encoder.layer.{index}.{name}.bias"] = weights.float32(f"l{index}.{short}.b")
        for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            state[f"encoder.layer.{index}.{name}.weight"] = weights.float32(f"l{index}.{short}.w")
            state[f"encoder.layer.{index}.{name}.bias"] = weights.float32(f"l{index}.{short}.b")
    save_file(
        {name: np.ascontiguousarray(array) for name, array in state.items()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    positions, types = (len(state[f"embeddings.{name}_embeddings.weight"]) for name in ("position", "token_type"))
    _write_json(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "vocab_size": len(state["embeddings.word_embeddings.weight"]),
            "hidden_size": hidden,
            "num_hidden_layers": weights.layers,
            "num_attention_heads": weights.heads,
            "intermediate_size": inner,
            "hidden_act": "gelu",
            "max_position_embeddings": positions,
            "type_vocab_size": types,
            "layer_norm_eps": weights.epsilon,
            "pad_token_id": weights.pad,
            "bos_token_id": weights.begin,
            "eos_token_id": weights.end,
        },
    )
    module = "sentence_transformers.models"
    parts = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"{module}.{kind}"} for n, (path, kind) in enumerate(parts)
    ]
    _write_json(folder / "modules.json", modules)
    for part in ("1_Pooling", "2_Normalize"):
        (folder / part).mkdir()
    _write_json(
        folder / "1_Pooling" / "config.json", {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True}
    )
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": positions, "do_lower_case": False})
    prompts = {"query": "query: ", "document": "passage: "}
    _write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "similarity_fn_name": "cosine"})


def _write_tokenizer(weights: Weights, folder: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    pieces = list(zip(weights.pieces, map(float, weights.scores), strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=weights.unknown, byte_fallback=False))
    mapped = [normalizers.Replace(chr(point), text) for point, text in weights.normalisation.items()]
    tokenizer.normalizer = normalizers.Sequence([*mapped, normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    special = {"bos": "<s>", "pad": "<pad>", "eos": "</s>", "unk": "<unk>", "mask": "<mask>"}
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special.values()])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", weights.begin), ("</s>", weights.end)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {f"{kind}_token": token for kind, token in special.items()}
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 512,
            "cls_token": "<s>",
            "sep_token": "</s>",
            **names,
        },
    )


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1))
