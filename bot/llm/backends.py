"""Backends: what KAIBI_LLM and its companions name, opened and asked, one after the other where they fail."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot.answer import Backend
from bot.channels import check_rules
from bot.llm.breaker import Breaker
from bot.llm.connection import Connection, open_chat
from bot.llm.failures import failure, failure_of
from bot.llm.presets import find_preset, in_the_house, variable
from knowledge.errors import BackendError, SettingsError
from knowledge.settings import Settings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

LONGEST = 12_000
"""Characters after which a model that still writes is stopped."""
ATTEMPTS = 2
"""Times that a request is sent where the failure may pass."""
PAUSE = 0.5
"""Seconds before it is sent again."""


@dataclass(frozen=True, slots=True)
class NamedBackend:
    """A backend that a setting names, with all that it needs to be asked."""

    spec: str
    """As the user wrote it."""
    connection: Connection
    described: Backend
    """For the answer: name, model, weights, licence, place."""
    breaker: Breaker = field(compare=False)

    @property
    def title(self) -> str:
        """Name and model, as the log and the answer's footer tell them."""
        name, model = self.described.name, self.described.model
        return f"{name} ({model})" if model and model != name else name

    @property
    def missing_key(self) -> bool:
        """Whether it cannot be asked for want of a key."""
        return not (self.connection.key.get_secret_value() or self.connection.preset.keyless or self._own_key)

    @property
    def _own_key(self) -> bool:
        """LangChain's other providers look for their keys themselves."""
        return self.connection.preset.family == "langchain" and not self.connection.preset.keys


@dataclass(slots=True)
class Usage:
    """Tokens of a request, as the server counts them; None where it does not."""

    read: int | None = None
    written: int | None = None

    def add(self, metadata: Any) -> None:
        """Count what a chunk reports."""
        if metadata:
            self.read = (self.read or 0) + int(metadata.get("input_tokens") or 0)
            self.written = (self.written or 0) + int(metadata.get("output_tokens") or 0)


def named_backends(settings: Settings, spec: str | None = None, *, local_only: bool = False) -> list[NamedBackend]:
    """The backends to ask in order: `spec` or KAIBI_LLM, then KAIBI_LLM_FALLBACK; empty where the first is "extractive".

    Raises:
        SettingsError: if one is unknown, lacks a base URL, or would send data out of a house that keeps it in.
    """
    first = (spec or settings.llm).strip()
    specs = [first, *(part.strip() for part in settings.llm_fallback.split(",") if part.strip())]
    found: list[NamedBackend] = []
    for one in dict.fromkeys(specs):
        if one == "extractive":
            break
        found.append(named_backend(settings, one, local_only=local_only))
    return found


def check_backends(settings: Settings) -> None:
    """Look at every backend that may be asked, before anything is: KAIBI_LLM, its fallbacks and those of KAIBI_CHANNELS.

    Raises:
        SettingsError: as `named_backends` does.
    """
    named_backends(settings)
    for rule in check_rules(settings.channels).values():
        named_backends(settings, rule.backend, local_only=rule.local_only)


def named_backend(settings: Settings, spec: str, *, local_only: bool = False) -> NamedBackend:
    """One backend by its name.

    Raises:
        SettingsError: as `named_backends` does.
    """
    preset, model = find_preset(spec)
    # The base URL and key of KAIBI_LLM_… belong to the backend that KAIBI_LLM names, and never go to another.
    chosen = find_preset(settings.llm)[0].name == preset.name if settings.llm != "extractive" else False
    url = (settings.llm_base_url if chosen else "") or variable(preset.url_variable) or preset.url
    place = preset.place
    if preset.family in ("openai", "anthropic", "gemini") or (
        preset.family == "llamacpp" and not model.endswith(".gguf")
    ):
        if not url:
            hint = f", for example {preset.url_hint}" if preset.url_hint else ""
            raise SettingsError(f"{spec!r} needs a base URL.", remedy=f"Set KAIBI_LLM_BASE_URL{hint}.")
        place = "local" if in_the_house(url) else "remote"
    if place == "remote" and (settings.policy == "local" or local_only):
        rule = "KAIBI_POLICY=local" if settings.policy == "local" else "The channel's rule"
        raise SettingsError(
            f"{rule} does not allow {spec!r}: it would send question and evidence to {preset.vendor}.",
            remedy="Take a local backend (ollama, vllm, llamacpp, transformers) or `extractive`.",
        )
    key = (settings.llm_api_key if chosen else None) or SecretStr(next(filter(None, map(variable, preset.keys)), ""))
    temperature = preset.temperature if settings.llm_temperature is None else settings.llm_temperature
    default = model == preset.model
    connection = Connection(
        preset, model, url, key, temperature, settings.llm_timeout, preset.structured, settings.policy == "local"
    )
    described = Backend(
        preset.name,
        model.rsplit("/", 1)[-1] if model.endswith(".gguf") else model or None,
        preset.weights if default or (preset.weights == "open" and preset.place == "local") else None,
        place,
        licence=preset.licence if default else "",
    )
    return NamedBackend(spec, connection, described, _breaker(spec, url))


@lru_cache(maxsize=64)
def _breaker(spec: str, url: str) -> Breaker:
    return Breaker()


_opened = lru_cache(maxsize=8)(open_chat)
_UNSTRUCTURED: set[str] = set()
"""Base URLs whose server has refused a JSON schema."""


def prepared(backend: NamedBackend) -> NamedBackend:
    """The backend as it is asked: without a schema where its server refused one."""
    if backend.connection.structured and backend.connection.url in _UNSTRUCTURED:
        return dataclasses.replace(backend, connection=dataclasses.replace(backend.connection, structured=False))
    return backend


def require_key(backend: NamedBackend) -> None:
    """Do nothing where a backend has the key that it needs.

    Raises:
        BackendError: if it has none.
    """
    if backend.missing_key:
        variables = " or ".join(backend.connection.preset.keys)
        raise failure("no_key", backend.described.name, "", f"Set {variables} or KAIBI_LLM_API_KEY.")


def write(backend: NamedBackend, messages: Sequence["BaseMessage"], usage: Usage, *, deadline: float) -> Iterator[str]:
    """The pieces of text that a backend writes, until `deadline` on the clock of `time.monotonic`.

    Raises:
        BackendError: if it does not answer, stops answering or does not stop.
    """
    name = backend.described.name
    require_key(backend)
    for attempt in range(1, ATTEMPTS + 1):
        begun = False
        try:
            for piece in _pieces(backend, messages, usage, deadline):
                begun = True
                yield piece
            return
        except Exception as error:
            told = failure_of(error, name)
            if begun or not told.retryable or attempt == ATTEMPTS or time.monotonic() + PAUSE > deadline:
                raise told from error
            time.sleep(PAUSE)


def _pieces(backend: NamedBackend, messages: Sequence["BaseMessage"], usage: Usage, deadline: float) -> Iterator[str]:
    name = backend.described.name
    written = 0
    text = ""
    for chunk in _opened(backend.connection).stream(list(messages)):
        usage.add(getattr(chunk, "usage_metadata", None))
        reason = str(
            (chunk.response_metadata or {}).get("finish_reason")
            or (chunk.response_metadata or {}).get("stop_reason")
            or ""
        )
        if reason.lower() in ("content_filter", "safety", "refusal", "prohibited_content", "blocklist", "sensitive"):
            raise failure("filtered", name)
        text = _text_of(chunk.content)
        written += len(text)
        if text:
            yield text
        if written > LONGEST:
            raise failure("endless", name)
        if time.monotonic() > deadline:
            raise failure("timeout", name)
    if not written:
        raise failure("empty", name)


def _text_of(content: Any) -> str:
    """The text of a chunk, without thoughts and other parts."""
    if isinstance(content, str):
        return content
    return "".join(
        part if isinstance(part, str) else str(part.get("text", "")) if part.get("type") == "text" else ""
        for part in content
    )


def without_schema(error: BackendError, backend: NamedBackend) -> NamedBackend | None:
    """The backend without a schema, where the schema is what its server refused; remembered for later questions."""
    if error.kind != "unsupported" or not backend.connection.structured:
        return None
    _UNSTRUCTURED.add(backend.connection.url)
    return prepared(backend)
