"""What only IBM's watsonx asks for: a project, and a token in the place of the key."""

import time

import pytest
from conftest import EN, evidence_of, with_settings
from standins import Script, StandIn, standing_in
from test_writing import set_up

from bot.llm.backends import NamedBackend, Usage, named_backend, write
from bot.llm.failures import KINDS
from bot.render import footer
from bot.session import ask
from knowledge.base import KnowledgeBase
from knowledge.errors import BackendError


def granite(base: KnowledgeBase, server: StandIn, key: str = "sk-test") -> NamedBackend:
    settings = set_up(base, "granite", server, KAIBI_LLM_TIMEOUT="30").settings
    return named_backend(settings.model_copy(update={"llm_api_key": type(settings.llm_api_key)(key)}), "granite")


def text_of(backend: NamedBackend, usage: Usage) -> str:
    return "".join(write(backend, [("human", "question")], usage, deadline=time.monotonic() + 30))


def test_a_key_is_exchanged_as_documented_and_its_token_used_again(base: KnowledgeBase) -> None:
    """One exchange serves many requests; the key itself never goes where the question goes."""
    usage = Usage()
    with standing_in("Yes. [1]") as server:
        backend = granite(base, server)
        assert text_of(backend, usage) == text_of(backend, usage) == "Yes. [1]"
    (exchange,) = server.exchanges
    assert exchange.headers["content-type"] == "application/x-www-form-urlencoded"
    assert exchange.body == {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": "sk-test"}
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer token-1-of-sk-test"}
    assert (usage.read, usage.written) == (200, 40)


def test_a_token_that_ends_is_exchanged_anew(base: KnowledgeBase) -> None:
    """A token in its last minute is not used."""
    with standing_in("Yes. [1]") as server:
        server.token_seconds = 59
        backend = granite(base, server)
        text_of(backend, Usage())
        text_of(backend, Usage())
    tokens = [request.headers["authorization"] for request in server.requests]
    assert tokens == ["Bearer token-1-of-sk-test", "Bearer token-2-of-sk-test"]


def test_a_missing_project_is_one_sentence(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent without a project; the trial names the variable, an answer falls back and says why."""
    monkeypatch.setenv("WATSONX_PROJECT_ID", "")
    with standing_in("Yes. [1]") as server:
        with pytest.raises(BackendError) as told:
            text_of(granite(base, server), Usage())
        answer = ask(set_up(base, "granite", server), EN)
    assert (told.value.message, told.value.remedy) == ("granite: no project id is set.", "Set WATSONX_PROJECT_ID.")
    assert answer.backend.name == "extractive"
    assert KINDS["no_project"][1] in footer(answer)
    assert server.requests == server.exchanges == []


def test_a_key_that_is_refused_at_the_exchange(base: KnowledgeBase) -> None:
    """IBM Cloud refuses a key with status 400: it is told as a wrong key, and no question was sent."""
    with standing_in("Yes. [1]") as server, pytest.raises(BackendError) as told:
        text_of(granite(base, server, "unknown"), Usage())
    assert told.value.kind == "wrong_key"
    assert server.requests == []


def test_an_error_in_the_stream_is_told_by_its_status(base: KnowledgeBase) -> None:
    """What fails after the stream began comes as an event of its own."""
    error = b'event: error\ndata: {"errors": [{"code": "rate_limit", "message": "rate limit"}], "status_code": 429}\n\n'
    with standing_in(Script("A statement of some length.", raw=error)) as server, pytest.raises(BackendError) as told:
        text_of(granite(base, server), Usage())
    assert told.value.kind == "busy"


def test_a_region_is_one_variable(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """GRANITE_BASE_URL names another region's server, with or without a slash at its end."""
    with standing_in(lambda request: Script(f"{evidence_of(request)[1]} [1]")) as server:
        set_up(base, "granite", server)
        monkeypatch.setenv("GRANITE_BASE_URL", server.url + "/")
        answer = ask(with_settings(base, KAIBI_LLM="granite", KAIBI_LLM_API_KEY="sk-test"), EN)
    assert answer.backend.name == "granite"
    assert server.requests[0].path.startswith("/ml/v1/text/chat_stream?")
