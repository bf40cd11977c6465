"""The embedder: whichever embedding the settings name, with the same care for text and the same arrays out."""

import importlib.util
import os
import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from knowledge.embeddings.bundled import BundledEngine
from knowledge.errors import EngineError, SettingsError
from knowledge.settings import Settings

if TYPE_CHECKING:  # LangChain takes a fifth of a second to import, and the bundled engine does without.
    from langchain_core.embeddings import Embeddings

LONGEST_QUERY = 2_000
"""Code points of a question that are embedded."""
LONGEST_PASSAGE = 8_000
"""Code points of a passage that are embedded: what follows would cost minutes and change the vector little."""
BUNDLED = "multilingual-e5-small/q4"
_CHUNK = 32

Vectors = NDArray[np.float32]


class Embedder:
    """Texts to unit vectors. Text is made NFC, freed of NUL and capped for embedding only; what is stored stays as it is."""

    def __init__(self, engine: "BundledEngine | Embeddings", fingerprint: str) -> None:
        self.engine = engine
        """What computes: the bundled engine, or a LangChain object."""
        self.fingerprint = fingerprint
        """Names what made the vectors; equal fingerprints, interchangeable vectors."""

    def passages(self, texts: Sequence[str], *, advance: Callable[[int], object] | None = None) -> Vectors:
        """Embed passages, shape (texts, dimensions); `advance` is told how many more are done."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        cleaned = [_cleaned(text[:LONGEST_PASSAGE]) for text in texts]
        engine = self.engine
        if isinstance(engine, BundledEngine):
            return engine.passages(cleaned, advance=advance)
        rows: list[list[float]] = []
        for at in range(0, len(cleaned), _CHUNK):
            chunk = cleaned[at : at + _CHUNK]
            rows += _translated(lambda chunk=chunk: engine.embed_documents(chunk))
            if advance is not None:
                advance(len(chunk))
        return _unit(np.array(rows, np.float32))

    def query(self, text: str) -> NDArray[np.float32]:
        """Embed one question, shape (dimensions,)."""
        cleaned = _cleaned(text[:LONGEST_QUERY])
        engine = self.engine
        if isinstance(engine, BundledEngine):
            return engine.query(cleaned)
        row = _translated(lambda: engine.embed_query(cleaned))
        vector: NDArray[np.float32] = _unit(np.array([row], np.float32))[0]
        return vector

    @cached_property
    def embeddings(self) -> "Embeddings":
        """The same for LangChain."""
        from knowledge.embeddings.langchain import KaibiEmbeddings

        return KaibiEmbeddings(self)


def open_embedder(settings: Settings, *, announce: Callable[[str], object] = lambda _: None) -> Embedder:
    """The embedder that KAIBI_EMBEDDINGS names; `announce` is told what takes longer than a second.

    Raises:
        SettingsError: if the name is unknown.
        EngineError: if its package, weights or key are missing.
    """
    fingerprint = fingerprint_of(settings)
    name, _, model = settings.embeddings.partition(":")
    if name == "sentence-transformers":
        from knowledge.embeddings.sentence_transformer import open_sentence_transformer

        announce("Loading sentence-transformers")
        offline = settings.policy == "local"
        return Embedder(open_sentence_transformer(model, settings.home, offline=offline), fingerprint)
    if name == "openai":
        return Embedder(_open_openai(settings, model), fingerprint)
    return Embedder(open_bundled(settings.home, int8=name == "bundled-int8", announce=announce), fingerprint)


def fingerprint_of(settings: Settings) -> str:
    """The fingerprint of the embedding that KAIBI_EMBEDDINGS names, without opening its engine.

    Raises:
        SettingsError: if the name is unknown.
    """
    name, colon, model = settings.embeddings.partition(":")
    if name == "bundled" and not colon:
        return BUNDLED
    if name == "bundled-int8" and not colon:
        return "multilingual-e5-small/int8"
    if name == "sentence-transformers":
        from knowledge.embeddings.sentence_transformer import identity

        # The exported weights are the bundled ones: their vectors are interchangeable.
        return f"sentence-transformers:{identity(model)}" if model else BUNDLED
    if name == "openai" and model:
        return f"openai:{model}"
    raise SettingsError(
        f"KAIBI_EMBEDDINGS names no embedding: {settings.embeddings!r}.",
        remedy="Choose bundled, bundled-int8, sentence-transformers[:model or folder] or openai:<model>.",
    )


def open_bundled(
    home: Path, *, int8: bool = False, announce: Callable[[str], object] = lambda _: None
) -> BundledEngine:
    """The bundled engine, built under `home` where it is missing.

    Raises:
        EngineError: if it cannot be built.
    """
    from knowledge.embeddings.bundled import build_engine, is_built

    try:
        home.mkdir(parents=True, exist_ok=True)
        if not is_built(home, int8=int8):
            announce("Building the embedding engine, once")
        folder = build_engine(home, int8=int8)
    except OSError as error:
        raise EngineError(
            f"The embedding engine cannot be built in {str(home)!r}: {error.strerror or error}.",
            remedy="Point KAIBI_HOME to a folder that you can write to, with 100 MB free.",
        ) from error
    return BundledEngine(folder, int8=int8)


def _open_openai(settings: Settings, model: str) -> "Embeddings":
    if importlib.util.find_spec("langchain_openai") is None:
        raise EngineError(
            "KAIBI_EMBEDDINGS=openai:… needs the package langchain-openai.", remedy='pip install "kaibi[openai]"'
        )
    if settings.openai_api_key is None and not settings.embeddings_url:
        raise EngineError("KAIBI_EMBEDDINGS=openai:… needs a key.", remedy="Set OPENAI_API_KEY.")
    from langchain_openai import OpenAIEmbeddings
    from pydantic import SecretStr

    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(settings.home / "tiktoken"))
    embeddings: Embeddings = OpenAIEmbeddings(
        model=model,
        api_key=settings.openai_api_key or SecretStr("none"),
        base_url=settings.embeddings_url or None,
        # Token counting would fetch a vocabulary from the network; our texts are short.
        check_embedding_ctx_length=False,
    )
    return embeddings


def _translated(call: Callable[[], list[float]] | Callable[[], list[list[float]]]) -> list:  # type: ignore[type-arg]
    """The border to foreign embedding libraries: what they raise becomes one sentence, without their text and its secrets."""
    from knowledge.errors import KaibiError

    try:
        return call()
    except KaibiError:
        raise
    except Exception as error:
        raise EngineError(
            f"The embedding service failed ({type(error).__name__}).",
            remedy="Check KAIBI_EMBEDDINGS, its address and key; `kaibi doctor` shows the effective settings.",
        ) from error


def _cleaned(text: str) -> str:
    text = unicodedata.normalize("NFC", text).replace("\0", " ")
    return text.encode("utf-8", "replace").decode()


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
