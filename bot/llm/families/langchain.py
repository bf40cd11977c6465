"""Any other provider that LangChain knows."""

from typing import Any

from langchain_core.language_models import BaseChatModel

from bot.llm.connection import Connection


def open_chat(connection: Connection) -> BaseChatModel:
    """What `init_chat_model("provider:model")` opens; its key comes from the provider's own variable unless it was given."""
    from langchain.chat_models import init_chat_model

    settings: dict[str, Any] = {}
    if connection.temperature is not None:
        settings["temperature"] = connection.temperature
    if connection.key.get_secret_value():
        settings["api_key"] = connection.key.get_secret_value()
    if connection.url:
        settings["base_url"] = connection.url
    model: BaseChatModel = init_chat_model(f"{connection.preset.provider}:{connection.model}", **settings)
    return model
