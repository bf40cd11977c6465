"""The shipped documents, and what the stand-ins are told to write about them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from standins import Request

from bot.llm import backends
from bot.llm.presets import presets
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.settings import Settings

FAMILIES = {"openai": "/v1", "anthropic": "", "gemini": "", "granite": ""}
"""A preset of each protocol on the wire, and the path of its base URL."""
ZH = "阿里云为什么要开源大模型？"
EN = "Why did Alibaba Cloud open its models?"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No vendor's key of this machine, no backend remembered as failing, and no waiting between attempts."""
    for preset in presets().values():
        for name in (*preset.keys, preset.url_variable):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WATSONX_PROJECT_ID", "project-1")
    monkeypatch.setenv("WATSONX_IAM_URL", "")  # set to the stand-in's by a test, and put back after it
    backends._breaker.cache_clear()
    backends._UNSTRUCTURED.clear()
    monkeypatch.setattr(backends, "PAUSE", 0.0)


@pytest.fixture(scope="session")
def shipped(warm_home: Path) -> KnowledgeBase:
    """The shipped documents, opened once."""
    return open_knowledge(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))


@pytest.fixture
def base(shipped: KnowledgeBase) -> Iterator[KnowledgeBase]:
    """The same, with settings that a test may replace."""
    kept = shipped.settings
    yield shipped
    shipped.settings = kept


def with_settings(base: KnowledgeBase, **variables: str) -> KnowledgeBase:
    """The knowledge base as it is when these variables are set."""
    base.settings = Settings.model_validate({"KAIBI_HOME": str(base.settings.home), **variables})
    return base


def evidence_of(request: Request) -> dict[int, str]:
    """The numbered sentences that a request shows to a model."""
    text = json.loads(f'"{_user_text(request)}"')
    return {int(n): words for n, words in re.findall(r"^\[(\d+)\] \(.*?\) (.*)$", text, re.MULTILINE)}


def _user_text(request: Request) -> str:
    text = request.prompt  # The rules name the fence too: the evidence is what stands in the last one.
    return text[text.rfind("<evidence>") : text.rfind("</evidence>")]
