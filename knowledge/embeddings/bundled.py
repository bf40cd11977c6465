"""The bundled embedding: multilingual-e5-small on onnxruntime, without a model hub.

The first use builds the graph and the tokenizer from the weight file and keeps them under KAIBI_HOME; later uses open them.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.embeddings import weights as weight_files
from knowledge.embeddings.tokenizer import Tokenizer
from knowledge.errors import EngineError

WINDOW = 510
"""Tokens of text that the model sees at once; a longer text is the length-weighted mean of its windows."""
BATCH = 4
RECIPE = 2
"""Raised when the built files change, so that old ones are not opened."""

Vectors = NDArray[np.float32]
"""Shape (texts, 384), each of length 1."""


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text, each in its context."""

    spans: list[tuple[int, int]]
    """Where each begins and ends in the text."""
    vectors: NDArray[np.float32]
    """Shape (tokens, 384), the text's mean taken out, each of length 1."""


class BundledEngine:
    """The built engine. Threads may share one; a forked child may use its own."""

    def __init__(self, folder: Path, *, int8: bool = False, threads: int = 0) -> None:
        """Open the engine that `build_engine` made in `folder`. `threads` 0 takes the number of cores.

        Raises:
            EngineError: if its files are damaged; those of the tokenizer are looked at when it embeds.
        """
        import onnxruntime

        self._folder = folder
        described = json.loads((folder / "engine.json").read_text())
        self._begin, self._end, self._pad = described["begin"], described["end"], described["pad"]
        normalisation = {ord(char): text for char, text in described["normalisation"].items()}
        # Sentencepiece sorts its pieces for a third of a second; meanwhile the graph, the index and the terms are opened.
        pool = ThreadPoolExecutor(1, "tokenizer")
        self._tokenizer = pool.submit(Tokenizer, folder / "tokenizer.model", normalisation)
        pool.shutdown(wait=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # An arena would keep the memory of the largest batch.
        options.enable_cpu_mem_arena = False
        # A thread that has no work sleeps: waiting in a loop takes half the machine from whatever else is running.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        graph = folder / ("int8.onnx" if int8 else "q4.onnx")
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no class in common but this.
            raise _damaged(folder) from error

    def passages(self, texts: Sequence[str], *, advance: Callable[[int], object] | None = None) -> Vectors:
        """Embed passages; `advance` is told after each batch how many texts are done."""
        return self._embed([f"passage: {text}" for text in texts], advance)

    def query(self, text: str) -> NDArray[np.float32]:
        """Embed one question, shape (384,)."""
        vector: NDArray[np.float32] = self._embed([f"query: {text}"], None)[0]
        return vector

    def tokens(self, text: str) -> TokenVectors:
        """Embed the tokens of a text, each in its context; what lies beyond WINDOW tokens is left out."""
        prefix = "query: "
        found = self._opened_tokenizer().places(prefix + text)[:WINDOW]
        ids = np.array([[self._begin, *(number for number, _, _ in found), self._end]], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        (states,) = self._session.run(["tokens_in_context"], inputs)
        kept = [place for place, (_, start, end) in enumerate(found) if end > start >= len(prefix)]
        spans = [(found[place][1] - len(prefix), found[place][2] - len(prefix)) for place in kept]
        vectors = states[0][1:-1][kept]
        if kept:
            # What all tokens of a text have in common would make each look like each of the other text.
            vectors = vectors - vectors.mean(axis=0)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return TokenVectors(spans, vectors)

    def _opened_tokenizer(self) -> Tokenizer:
        try:
            return self._tokenizer.result()
        except RuntimeError as error:
            raise _damaged(self._folder) from error

    def _embed(self, texts: Sequence[str], advance: Callable[[int], object] | None) -> Vectors:
        tokenizer = self._opened_tokenizer()
        windows: list[tuple[int, list[int]]] = []
        for number, text in enumerate(texts):
            ids = tokenizer.encode(text) or [self._pad]
            windows += [(number, ids[at : at + WINDOW]) for at in range(0, len(ids), WINDOW)]
        # Neighbours in length share a batch, so that little is spent on padding.
        windows.sort(key=lambda window: len(window[1]))
        sums = np.zeros((len(texts), 384), np.float32)
        left = np.zeros(len(texts), np.int64)
        for number, _ in windows:
            left[number] += 1
        for at in range(0, len(windows), BATCH):
            batch = windows[at : at + BATCH]
            longest = max(len(ids) for _, ids in batch) + 2
            tokens = np.full((len(batch), longest), self._pad, np.int64)
            mask = np.zeros_like(tokens)
            for row, (_, ids) in enumerate(batch):
                tokens[row, : len(ids) + 2] = [self._begin, *ids, self._end]
                mask[row, : len(ids) + 2] = 1
            (pooled,) = self._session.run(["pooled"], {"input_ids": tokens, "attention_mask": mask})
            done = 0
            for (number, ids), vector in zip(batch, pooled, strict=True):
                sums[number] += vector * len(ids)
                left[number] -= 1
                done += left[number] == 0
            if advance is not None:
                advance(done)
        sums /= np.linalg.norm(sums, axis=1, keepdims=True)
        return sums


def engine_folder(home: Path, *, int8: bool = False) -> Path:
    """Where the built engine lies under `home`."""
    return home / "engine" / f"e5-small-{weight_files.SHA256[:12]}-{RECIPE}{'-int8' if int8 else ''}"


def is_built(home: Path, *, int8: bool = False) -> bool:
    """Whether the engine lies under `home`, whole."""
    folder = engine_folder(home, int8=int8)
    try:
        sizes = json.loads((folder / "engine.json").read_text())["sizes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def build_engine(home: Path, *, int8: bool = False) -> Path:
    """The folder of the built engine under `home`, built first where it is missing or cut short (about 2 s; int8 about 15 s).

    Raises:
        EngineError: if the weight file is missing or damaged.
        OSError: if `home` cannot be written.
    """
    folder = engine_folder(home, int8=int8)
    if is_built(home, int8=int8):
        return folder
    from knowledge.embeddings import graph, tokenizer

    weights = weight_files.read_weights(weight_files.weight_file())
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="building-", dir=folder.parent))
    try:
        if int8:
            graph.write_int8_graph(weights, building / "int8.onnx")
        else:
            graph.write_graph(weights, building / "q4.onnx")
        tokenizer.write_tokenizer(weights, building / "tokenizer.model")
        described = {
            "begin": weights.begin,
            "end": weights.end,
            "pad": weights.pad,
            "normalisation": {chr(point): text for point, text in weights.normalisation.items()},
            "sizes": {path.name: path.stat().st_size for path in building.iterdir()},
        }
        (building / "engine.json").write_text(json.dumps(described))
        if folder.exists() and not is_built(home, int8=int8):
            shutil.rmtree(folder)
        try:
            os.rename(building, folder)
        except OSError as error:
            # Another process built it meanwhile.
            if not is_built(home, int8=int8):
                raise EngineError(
                    f"The embedding engine cannot be kept in {str(folder)!r}: {error.strerror}."
                ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def _damaged(folder: Path) -> EngineError:
    return EngineError(
        f"The embedding engine in {str(folder)!r} is damaged.", remedy="Remove that folder: it will be built anew."
    )
