"""Embeddings from an OpenAI-compatible endpoint, here a small one of our own."""

import http.server
import importlib.util
import json
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from knowledge.embeddings.embedder import Embedder, open_embedder
from knowledge.errors import EngineError
from knowledge.settings import Settings

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("langchain_openai") is None,
    reason='langchain-openai is not installed: pip install "kaibi[openai]"',
)


class Endpoint(http.server.BaseHTTPRequestHandler):
    """POST /v1/embeddings: a vector of three numbers for each text, not of unit length."""

    asked: list[dict[str, object]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        if body["model"] == "broken":
            self.send_response(400)
            self.end_headers()
            self.wfile.write(b'{"error": {"message": "secret detail"}}')
            return
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        rows = [{"object": "embedding", "index": n, "embedding": [3.0, len(t), 0.0]} for n, t in enumerate(texts)]
        answer = {
            "object": "list",
            "data": rows,
            "model": body["model"],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Endpoint.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(address: str, model: str = "some-model") -> Embedder:
    values = {"KAIBI_EMBEDDINGS": f"openai:{model}", "KAIBI_EMBEDDINGS_URL": address, "OPENAI_API_KEY": "sk-secret"}
    return open_embedder(Settings.model_validate(values))


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_vectors_of_an_endpoint(address: str) -> None:
    """Texts go out as text, in bounded requests; vectors come back as unit vectors, and the progress adds up."""
    embedder = opened(address)
    told: list[int] = []
    vectors = embedder.passages([f"{n}\0é" for n in range(70)], advance=told.append)
    assert vectors.shape == (70, 3)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(embedder.query("abcd"), [0.6, 0.8, 0], atol=1e-6)
    assert sum(told) == 70
    sent = [text for body in Endpoint.asked for text in body["input"]]  # type: ignore[attr-defined]
    assert "0 é" in sent
    assert embedder.fingerprint == "openai:some-model"


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_failing_endpoint(address: str) -> None:
    """The error is our own sentence: neither the key nor the service's text is in it."""
    with pytest.raises(EngineError) as caught:
        opened(address, "broken").query("a")
    assert "secret" not in f"{caught.value.message}{caught.value.remedy}"
    assert "KAIBI_EMBEDDINGS" in caught.value.remedy


def test_no_key() -> None:
    """Without a key, and without an endpoint of one's own, the variable to set is named."""
    with pytest.raises(EngineError) as caught:
        open_embedder(Settings.model_validate({"KAIBI_EMBEDDINGS": "openai:some-model"}))
    assert "OPENAI_API_KEY" in caught.value.remedy
