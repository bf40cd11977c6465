"""Connections: what a family's module needs to open a chat model, and the choice of the right module."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot.llm.failures import failure
from bot.llm.presets import Preset

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

TOKENS = 1_500
"""The most that a model may write for one answer."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "statements": {
            "type": "array",
            "maxItems": 6,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "maxLength": 400},
                    "cites": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 4},
                },
                "required": ["text", "cites"],
                "additionalProperties": False,
            },
        },
        "translations": {
            "type": "array",
            "maxItems": 8,
            "items": {
                "type": "object",
                "properties": {"cite": {"type": "integer"}, "text": {"type": "string", "maxLength": 600}},
                "required": ["cite", "text"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["statements", "translations"],
    "additionalProperties": False,
}
"""The plain-text protocol as a JSON schema, for servers that hold a model to one."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything that a request needs."""

    preset: Preset
    model: str
    url: str
    key: SecretStr
    """Empty where none is needed."""
    temperature: float | None
    timeout: float
    """Seconds until a server must have answered or sent something more."""
    structured: bool
    """Whether the answer is asked for in the form of `SCHEMA`."""
    offline: bool = False
    """Whether nothing may be fetched from a model hub."""


def open_chat(connection: Connection) -> "BaseChatModel":
    """The chat model of a connection, by its family's module.

    Raises:
        BackendError: if the family's package is not installed, or its model cannot be opened.
    """
    family = connection.preset.family
    module = import_module(f"bot.llm.families.{family}")
    try:
        model: BaseChatModel = module.open_chat(connection)
    except ImportError as error:
        # LangChain's own search for a provider's package tells its name by the cause alone.
        name = error.name or getattr(error.__cause__, "name", None)
        if not name:
            raise
        package = name.split(".")[0].replace("_", "-")
        extra = EXTRAS.get(family)
        remedy = f'pip install "kaibi[{extra}]"' if extra else f"pip install {package}"
        raise failure("missing", connection.preset.name, package, remedy) from error
    return model


EXTRAS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "llamacpp": "llamacpp",
    "transformers": "transformers",
}
"""The extra that brings each family's packages."""
