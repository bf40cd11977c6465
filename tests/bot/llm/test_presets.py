"""The table of backends: what each request looks like on the wire, where data may go, and who gets which key."""

import time
from pathlib import Path

import pytest
from standins import Script, standing_in

from bot.llm.backends import Usage, named_backend, named_backends, write
from bot.llm.presets import FAMILIES, find_preset, in_the_house, presets
from knowledge.errors import SettingsError
from knowledge.settings import Settings, load_settings

ON_THE_WIRE = [
    name
    for name, preset in presets().items()
    if preset.family in ("openai", "anthropic", "gemini", "llamacpp", "watsonx")
]

PACKAGES = {"anthropic": "langchain_anthropic", "gemini": "langchain_google_genai", "watsonx": "httpx"}
DOCUMENTED = {
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": ("https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    "gemini": ("https://generativelanguage.googleapis.com", "GEMINI_API_KEY"),
    "ernie": ("https://qianfan.baidubce.com/v2", "QIANFAN_API_KEY"),
    "qwen": ("https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
    "hunyuan": ("https://api.hunyuan.cloud.tencent.com/v1", "HUNYUAN_API_KEY"),
    "pangu": ("https://api.modelarts-maas.com/v2", "MAAS_API_KEY"),
    "glm": ("https://open.bigmodel.cn/api/paas/v4", "ZAI_API_KEY"),
    "baichuan": ("https://api.baichuan-ai.com/v1", "BAICHUAN_API_KEY"),
    "yi": ("https://api.lingyiwanwu.com/v1", "YI_API_KEY"),
    "moonshot": ("https://api.moonshot.cn/v1", "MOONSHOT_API_KEY"),
    "deepseek": ("https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    "minimax": ("https://api.minimaxi.com/v1", "MINIMAX_API_KEY"),
    "grok": ("https://api.x.ai/v1", "XAI_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "granite": ("https://us-south.ml.cloud.ibm.com", "WATSONX_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "ollama": ("http://127.0.0.1:11434/v1", "OLLAMA_API_KEY"),
    "vllm": ("http://127.0.0.1:8000/v1", "VLLM_API_KEY"),
    "llamacpp": ("http://127.0.0.1:8080/v1", "LLAMACPP_API_KEY"),
}
"""As the vendors' documents have them."""


def set_to(**variables: str) -> Settings:
    return Settings.model_validate({"KAIBI_HOME": "home", **variables})


@pytest.mark.parametrize("name", list(DOCUMENTED))
def test_endpoint_and_key_are_the_documented_ones(name: str) -> None:
    """Base URL and key variable stand in the table as the vendor writes them."""
    assert (presets()[name].url, presets()[name].keys[0]) == DOCUMENTED[name]


def test_every_row_is_whole() -> None:
    """A row names its vendor, family and place; a remote one its key, and where it was read unless it was not."""
    for preset in presets().values():
        assert preset.vendor
        assert preset.family in FAMILIES
        assert preset.keys or preset.keyless
        assert preset.source or preset.checked == "no"
        assert preset.place == ("local" if preset.keyless else "remote")


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_the_request_has_its_documented_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Path under the base URL, key header, model, messages and the limit of tokens, for every preset by its own variables."""
    preset = presets()[name]
    pytest.importorskip(
        PACKAGES.get(preset.family, "langchain_openai"), reason="needs the extra: pip install kaibi[llm]"
    )
    path = {"anthropic": "", "gemini": "", "watsonx": ""}.get(preset.family, "/v9")
    with standing_in(Script("A statement. [1]")) as server:
        monkeypatch.setenv(preset.url_variable, server.url + path)
        monkeypatch.setenv(preset.keys[0], "key-of-" + name)
        monkeypatch.setenv("WATSONX_IAM_URL", server.url + "/identity/token")
        backend = named_backend(set_to(KAIBI_LLM="extractive"), name if preset.model else f"{name}:some-model")
        text = "".join(
            write(backend, [("system", "rules"), ("human", "question")], Usage(), deadline=time.monotonic() + 30)
        )
    request = server.requests[-1]
    assert text == "A statement. [1]"
    body, model = request.body, preset.model or "some-model"
    if preset.family == "anthropic":
        assert request.path == "/v1/messages"
        assert "key-of-anthropic" in (request.headers.get("x-api-key"), request.headers.get("authorization", "")[7:])
        assert request.headers["anthropic-version"]
        assert (body["model"], body["system"]) == (model, "rules")
        assert body["messages"] == [{"role": "user", "content": "question"}]
        assert body["max_tokens"] > 0
    elif preset.family == "gemini":
        assert request.path.startswith(f"/v1beta/models/{model}:streamGenerateContent")
        assert request.headers["x-goog-api-key"] == "key-of-gemini"
        assert body["contents"] == [{"role": "user", "parts": [{"text": "question"}]}]
        assert body["systemInstruction"]["parts"] == [{"text": "rules"}]
        assert body["generationConfig"]["maxOutputTokens"] > 0
    elif preset.family == "watsonx":
        assert request.path == "/ml/v1/text/chat_stream?version=2024-10-08"
        assert request.headers["authorization"] == "Bearer token-1-of-key-of-granite"
        user = {"role": "user", "content": [{"type": "text", "text": "question"}]}
        assert (body["model_id"], body["project_id"]) == (model, "project-1")
        assert body["messages"] == [{"role": "system", "content": "rules"}, user]
        assert body["max_tokens"] > 0
        assert set(body) == {"model_id", "project_id", "messages", "max_tokens"}
    else:
        assert request.path == f"{path}/chat/completions"
        assert request.headers["authorization"] == f"Bearer key-of-{name}"
        assert body["model"] == model
        assert [(m["role"], m["content"]) for m in body["messages"]] == [("system", "rules"), ("user", "question")]
        assert body["stream"] is True
        assert body[preset.limit] > 0
        assert ("response_format" in body) == preset.structured
        known = {"model", "messages", "stream", "stream_options", "temperature", "response_format", preset.limit}
        assert set(body) <= known, "a parameter that other vendors may refuse"


def test_a_local_server_is_asked_for_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """vllm without a model takes the one that is loaded."""
    pytest.importorskip("langchain_openai", reason="needs the extra: pip install kaibi[llm]")
    with standing_in("Yes. [1]") as server:
        monkeypatch.setenv("VLLM_BASE_URL", server.url + "/v1")
        list(write(named_backend(set_to(), "vllm"), [("human", "q")], Usage(), deadline=time.monotonic() + 30))
    assert [request.path for request in server.requests] == ["/v1/models", "/v1/chat/completions"]
    assert server.requests[1].body["model"] == "loaded-model"


def test_a_key_goes_to_its_own_vendor_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """KAIBI_LLM_API_KEY and KAIBI_LLM_BASE_URL belong to KAIBI_LLM; a fallback has its own."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "theirs")
    settings = set_to(
        KAIBI_LLM="openai",
        KAIBI_LLM_API_KEY="ours",
        KAIBI_LLM_BASE_URL="http://127.0.0.1:1/v1",
        KAIBI_LLM_FALLBACK="anthropic,extractive",
    )
    first, second = named_backends(settings)
    assert (first.connection.key.get_secret_value(), first.connection.url) == ("ours", "http://127.0.0.1:1/v1")
    assert (second.connection.key.get_secret_value(), second.connection.url) == ("theirs", "https://api.anthropic.com")
    assert "ours" not in repr(first)


def test_a_key_may_stand_in_the_env_file() -> None:
    """A vendor's variable is read from .env as our own are."""
    Path(".env").write_text("DEEPSEEK_API_KEY=from-file\nKAIBI_LLM=deepseek\n")
    settings = load_settings()
    assert named_backend(settings, settings.llm).connection.key.get_secret_value() == "from-file"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """A slip of the pen gets a suggestion."""
    with pytest.raises(SettingsError) as told:
        find_preset("anthropc")
    assert "anthropic" in told.value.remedy


def test_any_provider_of_langchain_is_taken() -> None:
    """What no preset names goes to init_chat_model."""
    preset, model = find_preset("xai:grok-9")
    assert (preset.family, preset.provider, model, preset.place) == ("langchain", "xai", "grok-9", "remote")


@pytest.mark.parametrize("spec", ["openai", "ernie", "anthropic", "gemini", "granite", "xai:grok-9"])
def test_the_local_policy_refuses_remote_backends(spec: str) -> None:
    """KAIBI_POLICY=local stops before anything is sent, and names whom it would have gone to."""
    with pytest.raises(SettingsError) as told:
        named_backends(set_to(KAIBI_LLM=spec, KAIBI_POLICY="local"))
    assert "KAIBI_POLICY=local" in told.value.message


@pytest.mark.parametrize("spec", ["ollama", "vllm", "llamacpp:model.gguf", "transformers:folder", "extractive"])
def test_the_local_policy_takes_local_backends(spec: str) -> None:
    """What runs in the house is allowed."""
    assert all(b.described.place == "local" for b in named_backends(set_to(KAIBI_LLM=spec, KAIBI_POLICY="local")))


def test_the_local_policy_holds_for_fallbacks_and_moved_servers() -> None:
    """A remote fallback is refused, and so is a local preset whose base URL leaves the house."""
    for variables in (
        {"KAIBI_LLM": "ollama", "KAIBI_LLM_FALLBACK": "openai"},
        {"KAIBI_LLM": "ollama", "KAIBI_LLM_BASE_URL": "https://ollama.example.com/v1"},
    ):
        with pytest.raises(SettingsError):
            named_backends(set_to(**variables, KAIBI_POLICY="local"))


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://localhost:1/v1", True),
        ("http://[::1]:1", True),
        ("http://10.1.2.3/v1", True),
        ("http://gpu.internal:8000", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8", False),
        ("http://localhost.evil.com", False),
        ("http://127.0.0.1.evil.com", False),
        ("http://evil.com/localhost", False),
        ("http://0.0.0.0:1", False),
    ],
)
def test_which_addresses_are_in_the_house(url: str, inside: bool) -> None:
    """Only this machine and private networks are; a name that merely looks like them is not."""
    assert in_the_house(url) is inside
