"""Failing well: whatever a backend does, the question gets an answer and one sentence on why it is another's."""

import time
from typing import Any

import pytest
from conftest import EN, FAMILIES, ZH, evidence_of, with_settings
from standins import Request, Script, standing_in
from test_writing import set_up

from bot.llm.breaker import FAILURES, REST, Breaker
from bot.llm.failures import KINDS
from bot.render import footer
from bot.session import ask
from knowledge.base import KnowledgeBase

for package in ("langchain_openai", "langchain_anthropic", "langchain_google_genai"):
    pytest.importorskip(package, reason="needs the extra: pip install kaibi[llm]")

REFUSALS: dict[str, tuple[Script, int]] = {
    "wrong_key": (Script(status=401, error={"error": {"message": "invalid key", "type": "authentication_error"}}), 1),
    "unknown_model": (Script(status=404, error={"error": {"message": "no such model", "type": "not_found_error"}}), 1),
    "quota": (Script(status=429, error={"error": {"message": "insufficient_quota", "type": "insufficient_quota"}}), 1),
    "busy": (Script(status=529, error={"error": {"message": "overloaded", "type": "overloaded_error"}}), 2),
    "filtered": (Script(status=400, error={"error": {"message": "content_filter", "code": "content_filter"}}), 1),
    "empty": (Script(""), 1),
}
"""What the server does, and how many requests it should see."""


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("kind", list(REFUSALS))
def test_a_refusal_ends_in_quoted_passages_and_its_reason(base: KnowledgeBase, family: str, kind: str) -> None:
    """Told apart by status and code, tried again only where that makes sense, and said in the asker's language."""
    script, requests = REFUSALS[kind]
    with standing_in(script) as server:
        english = ask(set_up(base, family, server), EN)
        seen = len(server.requests)
        chinese = ask(base, ZH)
    assert english.backend.name == chinese.backend.name == "extractive"
    assert english.status == "answered"
    assert KINDS[kind][1] in footer(english)
    assert KINDS[kind][0] in footer(chinese)
    assert "sk-test" not in footer(english)
    # Google's client itself asks thrice where its key is refused.
    assert seen == (3 if (family, kind) == ("gemini", "wrong_key") else requests)


def test_a_rate_limit_that_passes_is_not_noticed(base: KnowledgeBase) -> None:
    """Refused once, answered the second time."""
    seen: list[Request] = []

    def answer(request: Request) -> Script:
        seen.append(request)
        if len(seen) == 1:
            return Script(status=429, error={"error": {"message": "rate limit reached"}})
        return Script(f"{evidence_of(request)[1]} [1]")

    with standing_in(answer) as server:
        given = ask(set_up(base, "openai", server), EN)
    assert (given.backend.name, given.backend.reason) == ("openai", "")


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize(
    ("script", "variables"),
    [
        (Script("on " * 10, endless=True), {}),
        (Script("word " * 200, pause=0.05), {"KAIBI_LLM_TIMEOUT": "0.4"}),
        (Script("A long statement without an end", raw=b"\xff\xfe\xc3\x28 broken \xa0\xa1"), {}),
        (Script("Blocked", finish="content_filter"), {}),
    ],
    ids=["endless", "too slow", "invalid bytes", "filtered half-way"],
)
def test_a_stream_that_misbehaves_is_ended(
    base: KnowledgeBase, family: str, script: Script, variables: dict[str, Any]
) -> None:
    """No output holds the answer up or gets into it."""
    begun = time.monotonic()
    with standing_in(script) as server:
        answer = ask(set_up(base, family, server, **variables), EN)
    assert answer.backend.name == "extractive"
    assert answer.backend.reason or answer.backend.removed
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({"KAIBI_LLM": "deepseek"}, "no_key"),
        ({"KAIBI_LLM": "ollama", "KAIBI_LLM_BASE_URL": "http://127.0.0.1:9/v1"}, "unreachable"),
        ({"KAIBI_LLM": "llamacpp:nowhere.gguf"}, "unknown_model"),
        ({"KAIBI_LLM": "nosuchprovider:model"}, "other"),
    ],
)
def test_what_cannot_even_be_asked(base: KnowledgeBase, variables: dict[str, str], kind: str) -> None:
    """Without a key, a server, a file or a provider there is still an answer."""
    answer = ask(with_settings(base, **variables), EN)
    assert answer.backend.name == "extractive"
    assert KINDS[kind][1] in answer.backend.reason


def test_the_next_of_the_chain_answers(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """KAIBI_LLM_FALLBACK names who is asked next; the answer tells whose it is and why."""
    with (
        standing_in(Script(status=500)) as broken,
        standing_in(lambda request: Script(f"{evidence_of(request)[1]} [1]")) as whole,
    ):
        monkeypatch.setenv("MISTRAL_BASE_URL", whole.url + "/v1")
        monkeypatch.setenv("MISTRAL_API_KEY", "k")
        answer = ask(set_up(base, "openai", broken, KAIBI_LLM_FALLBACK="mistral"), EN)
    assert answer.backend.name == "mistral"
    assert "openai" in answer.backend.reason
    assert "mistral" in answer.backend.reason


def test_a_dead_backend_is_left_alone(base: KnowledgeBase) -> None:
    """After three failures in a row it is not asked, until it has rested."""
    with standing_in(Script(status=401)) as server:
        set_up(base, "openai", server)
        answers = [ask(base, EN) for _ in range(FAILURES + 2)]
    assert len(server.requests) == FAILURES
    assert KINDS["resting"][1] in answers[-1].backend.reason


def test_the_breaker_lets_one_try_after_its_rest() -> None:
    """Half open: one question tries, the others do not wait for it; a success closes it."""
    now = 0.0
    breaker = Breaker(clock=lambda: now)
    for _ in range(FAILURES):
        assert breaker.admits()
        breaker.failed()
    assert not breaker.admits()
    now = REST + 1
    assert [breaker.admits(), breaker.admits()] == [True, False]
    breaker.succeeded()
    assert breaker.admits()


def test_each_kind_of_failure_is_said_in_both_languages() -> None:
    """No reason without its words."""
    assert all(chinese and english and chinese != english for chinese, english in KINDS.values())
