"""The background: made once, kept, and made again when its file is damaged."""

from pathlib import Path

import numpy as np
import pytest

from knowledge.embeddings.background import background
from knowledge.embeddings.embedder import Embedder, open_embedder
from knowledge.settings import Settings


@pytest.fixture(scope="module")
def embedder(warm_home: Path) -> Embedder:
    return open_embedder(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))


def test_it_is_kept_and_survives_damage(embedder: Embedder, tmp_path: Path) -> None:
    """The file gives the same vectors as the making did; junk in its place is made good."""
    made = background(embedder, tmp_path)
    (path,) = (tmp_path / "engine").glob("background-*.npz")
    for damage in (None, path.read_bytes()[:-50], b"", b"PK\x03\x04junk"):
        if damage is not None:
            path.write_bytes(damage)
        again = background(embedder, tmp_path)
        for language in ("zh", "en"):
            np.testing.assert_array_equal(again[language], made[language])


def test_a_home_that_cannot_be_written_costs_time_only(embedder: Embedder, tmp_path: Path) -> None:
    """Where nothing can be kept the vectors are made all the same."""
    (tmp_path / "engine").write_text("in the way")
    assert background(embedder, tmp_path)["zh"].shape == (384,)
