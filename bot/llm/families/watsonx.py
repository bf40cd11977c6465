"""IBM's watsonx.ai chat, over its documented REST: an API key is exchanged for a token, and each request names a project."""

import json
import time
import weakref
from collections.abc import Iterator
from typing import Any

import httpx
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr, SecretStr

from bot.llm.connection import TOKENS, Connection
from bot.llm.failures import failure
from bot.llm.presets import variable

# IBM's own library is not used: it brings pandas and the client of IBM's object store, needs a python-dateutil that Chroma's
# dependencies rule out, and takes no address but those of IBM's regions.
PROJECT = "WATSONX_PROJECT_ID"
TOKEN_URL = "https://iam.cloud.ibm.com/identity/token"
VERSION = "2024-10-08"
"""Of the API; IBM wants the date of a version with each request."""
MARGIN = 60.0
"""Seconds before its end in which a token is no longer used."""


def open_chat(connection: Connection) -> BaseChatModel:
    """A chat model for a region's URL and the project that WATSONX_PROJECT_ID names."""
    project = variable(PROJECT)
    if not project:
        raise failure("no_project", connection.preset.name, "", f"Set {PROJECT}.")
    return WatsonxChat(
        url=connection.url.rstrip("/"),
        token_url=variable("WATSONX_IAM_URL") or TOKEN_URL,
        model=connection.model,
        project=project,
        key=connection.key,
        temperature=connection.temperature,
        timeout=connection.timeout,
    )


class WatsonxChat(BaseChatModel):
    """LangChain's chat interface over /ml/v1/text/chat_stream."""

    url: str
    token_url: str
    """Where IBM Cloud exchanges keys for tokens."""
    model: str
    project: str
    key: SecretStr
    temperature: float | None
    timeout: float
    _client: httpx.Client = PrivateAttr()
    _token: str = PrivateAttr("")
    _until: float = PrivateAttr(0.0)

    def model_post_init(self, context: Any, /) -> None:
        """One client, so that connections are kept; it is closed with the model or the process."""
        self._client = httpx.Client(timeout=self.timeout)
        weakref.finalize(self, self._client.close)

    @property
    def _llm_type(self) -> str:
        return "watsonx"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages, stop, run_manager, **kwargs))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        body: dict[str, Any] = {
            "model_id": self.model,
            "project_id": self.project,
            "messages": [_turn(message) for message in messages],
            "max_tokens": TOKENS,
        }
        if self.temperature is not None:
            body["temperature"] = self.temperature
        headers = {"Authorization": f"Bearer {self._bearer()}"}
        address = f"{self.url}/ml/v1/text/chat_stream"
        with self._client.stream("POST", address, params={"version": VERSION}, json=body, headers=headers) as response:
            _check(response)
            for line in response.iter_lines():
                if line.startswith("data:"):
                    yield _chunk(json.loads(line.removeprefix("data:")), response)

    def _bearer(self) -> str:
        """The token that stands for the key, exchanged anew when it is about to end."""
        if time.monotonic() >= self._until:
            form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": self.key.get_secret_value()}
            response = self._client.post(self.token_url, data=form)
            _check(response)
            told = response.json()
            self._token, self._until = str(told["access_token"]), time.monotonic() + float(told["expires_in"]) - MARGIN
        return self._token


def _turn(message: BaseMessage) -> dict[str, Any]:
    text = str(message.content)
    if message.type == "human":
        return {"role": "user", "content": [{"type": "text", "text": text}]}
    return {"role": {"ai": "assistant"}.get(message.type, message.type), "content": text}


def _check(response: httpx.Response) -> None:
    """Raise what a refusal says, for the reason stands in its text."""
    if response.is_error:
        response.read()
        raise httpx.HTTPStatusError(response.text, request=response.request, response=response)


def _chunk(event: dict[str, Any], response: httpx.Response) -> ChatGenerationChunk:
    if "errors" in event:
        refusal = httpx.Response(int(event.get("status_code") or 500), request=response.request)
        raise httpx.HTTPStatusError(json.dumps(event["errors"]), request=response.request, response=refusal)
    choice: dict[str, Any] = next(iter(event.get("choices") or []), {})
    counted = event.get("usage")
    usage = None
    if counted:
        read, written = counted.get("prompt_tokens", 0), counted.get("completion_tokens", 0)
        usage = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
    message = AIMessageChunk(
        content=(choice.get("delta") or {}).get("content") or "",
        response_metadata={"finish_reason": choice.get("finish_reason") or ""},
        usage_metadata=usage,
    )
    return ChatGenerationChunk(message=message)
