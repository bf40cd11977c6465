"""Anthropic's Messages."""

from typing import Any

from langchain_core.language_models import BaseChatModel

from bot.llm.connection import TOKENS, Connection


def open_chat(connection: Connection) -> BaseChatModel:
    """A LangChain chat model for the connection's base URL."""
    from langchain_anthropic import ChatAnthropic

    settings: dict[str, Any] = {} if connection.temperature is None else {"temperature": connection.temperature}
    model: BaseChatModel = ChatAnthropic(
        model=connection.model,
        base_url=connection.url,
        api_key=connection.key,
        timeout=connection.timeout,
        max_retries=0,
        max_tokens=TOKENS,
        **settings,
    )
    return model
