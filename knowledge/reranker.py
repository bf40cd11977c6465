"""The reranker: a cross-encoder that reads question and passage together and re-orders what search found.

Optional (KAIBI_RERANKER, extra `[sentence-transformers]`): slower, and better where the model knows the language.
"""

import dataclasses
import os
from typing import Any

import numpy as np

from knowledge.errors import EngineError
from knowledge.index import Index
from knowledge.search import Scored

PASSAGES = 20
"""Best passages that are read again."""
SPREAD = 0.1
"""How far the reranker may move a passage, in units of search's scores."""


class Reranker:
    """Wraps a sentence-transformers CrossEncoder."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def rerank(self, question: str, index: Index, scored: Scored) -> Scored:
        """The same scores, the best passages moved by the model's verdict."""
        best = scored.best(PASSAGES)
        if not best:
            return scored
        verdict = np.asarray(
            self._model.predict([(question, index.passages[n].text) for n in best]), np.float32
        ).reshape(-1)
        low, high = float(verdict.min()), float(verdict.max())
        passages = scored.passages.copy()
        passages[best] += SPREAD * (verdict - low) / max(high - low, 1e-6)
        return dataclasses.replace(scored, passages=passages)


def open_reranker(model: str, *, offline: bool) -> Reranker:
    """Load the model or folder.

    Raises:
        EngineError: if the extra or the model is missing.
    """
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise EngineError(
            "KAIBI_RERANKER needs sentence-transformers.", remedy='pip install "kaibi[sentence-transformers]"'
        ) from error
    try:
        return Reranker(CrossEncoder(model))
    except (OSError, ValueError) as error:
        raise EngineError(
            f"KAIBI_RERANKER={model!r} cannot be loaded.", remedy="Name a cross-encoder in a local folder, or unset it."
        ) from error
