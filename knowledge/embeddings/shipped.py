"""Vectors that travel with the package for the shipped documents, so that a fresh machine answers within seconds.

Each is keyed by the hash of the embedded text, and the file by the embedding's name: a changed text finds nothing and is
embedded anew. `python -m ingest.shipped` makes the file.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parent.parent / "documents" / "vectors.npz"


class ShippedVectors:
    """The vectors in `FILE`, read when first asked for."""

    def __init__(self, path: Path = FILE) -> None:
        self._path = path
        self._rows: dict[bytes, int] | None = None
        self._vectors: NDArray[np.float16] = np.zeros((0, 0), np.float16)
        self._fingerprint = ""

    def lookup(self, texts: Sequence[str], fingerprint: str) -> dict[int, NDArray[np.float32]]:
        """Vectors of those texts that are known, by the text's place in `texts`; none for another embedding."""
        if self._rows is None:
            self._rows = self._read()
        if fingerprint != self._fingerprint:
            return {}
        rows = {number: self._rows.get(key(text)) for number, text in enumerate(texts)}
        found = {number: self._vectors[row].astype(np.float32) for number, row in rows.items() if row is not None}
        return {number: vector / np.linalg.norm(vector) for number, vector in found.items()}

    def _read(self) -> dict[bytes, int]:
        try:
            with self._path.open("rb") as file, np.load(file) as stored:
                self._vectors = stored["vectors"]
                self._fingerprint = str(stored["fingerprint"])
                keys = stored["keys"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return {}  # Without the file every text is embedded here: slower, never wrong.
        return {bytes(row): number for number, row in enumerate(keys)}


def key(text: str) -> bytes:
    """Ten bytes of the text's hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:10]


def write(texts: Sequence[str], vectors: NDArray[np.float32], fingerprint: str, path: Path = FILE) -> None:
    """Write the file: vectors as float16 (cosine above .9999 to the originals), shape (texts, dimensions)."""
    order = sorted(range(len(texts)), key=lambda number: key(texts[number]))
    keys = np.array([list(key(texts[number])) for number in order], np.uint8)
    np.savez_compressed(path, vectors=vectors[order].astype(np.float16), keys=keys, fingerprint=np.array(fingerprint))
