"""Google's generateContent."""

from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel

from bot.llm.connection import SCHEMA, TOKENS, Connection


def open_chat(connection: Connection) -> BaseChatModel:
    """A LangChain chat model, over REST so that the base URL may be any."""
    from langchain_google_genai import ChatGoogleGenerativeAI

    settings: dict[str, Any] = {} if connection.temperature is None else {"temperature": connection.temperature}
    if connection.structured:
        settings |= {"response_mime_type": "application/json", "response_schema": _plain(SCHEMA)}
    address = urlsplit(connection.url)
    model: BaseChatModel = ChatGoogleGenerativeAI(
        model=connection.model,
        google_api_key=connection.key,
        transport="rest",
        client_options={"api_endpoint": f"{address.scheme}://{address.netloc}"},
        timeout=connection.timeout,
        max_retries=1,
        max_output_tokens=TOKENS,
        **settings,
    )
    return model


def _plain(schema: Any) -> Any:
    """The schema without what Gemini does not take."""
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key not in ("additionalProperties", "maxLength")}
    return schema
