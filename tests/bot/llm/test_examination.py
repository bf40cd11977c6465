"""What the doctor says of the language models: who words the answers, or what keeps them from it. It asks no vendor anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import with_settings
from standins import Script, standing_in

from bot.llm.examination import examine_llm
from bot.session import ask
from knowledge.base import KnowledgeBase
from knowledge.errors import KaibiError
from knowledge.settings import Settings

pytest.importorskip("langchain_openai", reason="needs the extra: pip install kaibi[llm]")


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def examined(home: Path, **variables: str) -> str:
    return examine_llm(Settings.model_validate({"KAIBI_HOME": str(home), **variables}))[0]


def problem(home: Path, **variables: str) -> str:
    with pytest.raises(KaibiError) as raised:
        examined(home, **variables)
    return f"{raised.value.message} {raised.value.remedy}"


def test_without_a_model_it_says_so(tmp_path: Path) -> None:
    assert "no language model" in examined(tmp_path)


def test_a_vendor_is_told_with_its_place_and_where_its_key_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name, model, weights, place, endpoint and the key's variable; never the key."""
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-secret-123")
    found = examined(tmp_path, KAIBI_LLM="moonshot")
    assert all(part in found for part in ("moonshot", "remote", "https://", "MOONSHOT_API_KEY", "then extractive"))
    assert "sk-secret" not in found


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"KAIBI_LLM": "openai"}, "OPENAI_API_KEY"),
        ({"KAIBI_LLM": "nobody"}, "nobody"),
        ({"KAIBI_LLM": "openai", "KAIBI_LLM_API_KEY": "x", "KAIBI_POLICY": "local"}, "KAIBI_POLICY=local"),
        ({"KAIBI_LLM": "llamacpp:missing.gguf"}, "missing.gguf"),
        ({"KAIBI_LLM": "databricks", "KAIBI_LLM_API_KEY": "x"}, "KAIBI_LLM_BASE_URL"),
        ({"KAIBI_LLM": "openai", "KAIBI_LLM_API_KEY": "x", "KAIBI_LLM_FALLBACK": "anthropic"}, "ANTHROPIC_API_KEY"),
    ],
)
def test_what_cannot_work_is_said_with_what_to_do(tmp_path: Path, variables: dict[str, str], told: str) -> None:
    """No key, an unknown name, the house's policy, a missing file, no base URL; of the fallback too."""
    assert told in problem(tmp_path, **variables)


def test_a_dead_local_server_is_found(tmp_path: Path, free_port: int) -> None:
    """The port is tried; the sentence says how to start the server."""
    said = problem(tmp_path, KAIBI_LLM="ollama:qwen3", KAIBI_LLM_BASE_URL=f"http://127.0.0.1:{free_port}/v1")
    assert str(free_port) in said
    assert "ollama serve" in said


def test_a_living_server_is_not_asked_anything(base: KnowledgeBase, tmp_path: Path) -> None:
    """Only its port is tried, and after an answer the doctor tells the share of statements removed."""
    with standing_in(lambda request: Script("Nothing here holds in 1999. [1]")) as server:
        variables = {"KAIBI_LLM": "vllm:small", "KAIBI_LLM_BASE_URL": f"{server.url}/v1", "KAIBI_HOME": str(tmp_path)}
        settings = with_settings(base, **variables).settings
        assert "local" in examine_llm(settings)[0]
        assert server.requests == []
        ask(base, "Why did Alibaba Cloud open its models?")
        assert "statements removed" in examine_llm(settings)[0]
