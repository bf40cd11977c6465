"""The shipped documents: brought into the store when they are new, and their vectors made for the package.

python -m ingest.shipped      embeds knowledge/documents/ and writes the vectors that travel with the package
"""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ingest.pipeline import Report, ingest
from ingest.readers import read_file
from ingest.splitting import embedded_sentences, embedded_text, split
from knowledge.console import Progress
from knowledge.embeddings import shipped
from knowledge.embeddings.embedder import Embedder, open_embedder
from knowledge.settings import Settings, load_settings
from knowledge.store import Store

DOCUMENTS = Path(shipped.__file__).parent.parent / "documents"


def ensure_shipped(
    settings: Settings, store: Store, embedder: Callable[[], Embedder], progress: Progress
) -> Report | None:
    """Bring the shipped documents into the store if this set of them was not brought before; else None.

    A shipped document that was removed stays removed until the set changes.
    """
    stamp = settings.home / "shipped"
    place = settings.chroma_url or "embedded"
    wanted = f"{place} {_set_hash()}"
    try:
        if stamp.read_text() == wanted and store.generation() != "empty":
            return None
    except (OSError, UnicodeDecodeError):
        pass  # Not brought yet; where the folder cannot be used, writing says so.
    report = ingest([str(DOCUMENTS)], store, embedder, progress=progress, shipped=shipped.ShippedVectors())
    settings.home.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    return report


def _set_hash() -> str:
    """Of the set's names, sizes and times of change: cheap enough for every start."""
    stats = [(path.name, path.stat()) for path in sorted(DOCUMENTS.glob("*.md"))]
    return hashlib.sha256(repr([(name, s.st_size, s.st_mtime_ns) for name, s in stats]).encode()).hexdigest()[:16]


def embedded_texts() -> list[str]:
    """Every text that is embedded for the shipped documents, each once, in a fixed order."""
    texts: dict[str, None] = {}
    for path in sorted(DOCUMENTS.glob("*.md")):
        for passage in split(read_file(path, {})):
            texts |= dict.fromkeys([embedded_text(passage), *embedded_sentences(passage)])
    return list(texts)


def main() -> None:
    """Write the vectors, embedding only what is not in the file yet."""
    texts = embedded_texts()
    settings = load_settings()
    with tempfile.TemporaryDirectory() as home:
        embedder = open_embedder(settings.model_copy(update={"home": Path(home), "embeddings": "bundled"}))
        known = shipped.ShippedVectors().lookup(texts, embedder.fingerprint)
        missing = [number for number in range(len(texts)) if number not in known]
        fresh = embedder.passages([texts[number] for number in missing])
    vectors = np.array([known.get(number, np.zeros(384)) for number in range(len(texts))], np.float32).reshape(-1, 384)
    if missing:
        vectors[missing] = fresh
    shipped.write(texts, vectors, embedder.fingerprint)
    print(f"{len(texts)} vectors, {len(missing)} new, {shipped.FILE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
