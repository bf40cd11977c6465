"""OpenAI's chat completions, as nearly every vendor and every local server speaks them."""

from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from bot.llm.connection import SCHEMA, TOKENS, Connection
from bot.llm.failures import failure


def open_chat(connection: Connection) -> BaseChatModel:
    """A LangChain chat model for the connection's base URL."""
    from langchain_openai.chat_models.base import BaseChatOpenAI

    body: dict[str, Any] = {connection.preset.limit: TOKENS}
    if connection.structured:
        schema = {"name": "answer", "schema": SCHEMA, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    model: BaseChatModel = BaseChatOpenAI(
        model=connection.model or _first_model(connection),
        base_url=connection.url,
        api_key=connection.key if connection.key.get_secret_value() else SecretStr("none"),
        temperature=connection.temperature,
        timeout=connection.timeout,
        max_retries=0,
        stream_usage=connection.preset.usage,
        extra_body=body,
    )
    return model


def _first_model(connection: Connection) -> str:
    """The model that a local server has loaded."""
    import httpx

    headers = (
        {"Authorization": f"Bearer {connection.key.get_secret_value()}"} if connection.key.get_secret_value() else {}
    )
    response = httpx.get(f"{connection.url.rstrip('/')}/models", headers=headers, timeout=min(5.0, connection.timeout))
    response.raise_for_status()
    models = response.json().get("data") or []
    if not models:
        raise failure(
            "unknown_model", connection.preset.name, "the server names none", "Name one: KAIBI_LLM=preset:model."
        )
    return str(models[0]["id"])
