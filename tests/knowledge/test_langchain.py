import subprocess
import sys
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from knowledge.embeddings.embedder import open_embedder
from knowledge.settings import Settings


def test_embedding_serves_langchain(warm_home: Path) -> None:
    """The chosen embedding is a LangChain object too, with the vectors that search uses."""
    embedder = open_embedder(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))
    foreign = embedder.embeddings
    assert isinstance(foreign, Embeddings)
    np.testing.assert_array_equal(np.float32(foreign.embed_query("开源\0模型")), embedder.query("开源\0模型"))
    np.testing.assert_array_equal(np.float32(foreign.embed_documents(["甲", "b"])), embedder.passages(["甲", "b"]))


def test_answering_does_not_wait_for_langchain() -> None:
    """The command that answers imports neither LangChain nor Chroma, which would double its start."""
    code = "import bot.session, ingest.shipped, sys; print([n for n in ('langchain_core', 'chromadb') if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
