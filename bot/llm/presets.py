"""Presets: the backends that Kaibi knows by name, one row each, from bot/llm/presets.yaml."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from dotenv import dotenv_values

from knowledge.errors import SettingsError

FILE = Path(__file__).with_name("presets.yaml")
FAMILIES = ("openai", "anthropic", "gemini", "llamacpp", "transformers", "watsonx", "langchain")
Place = Literal["local", "remote"]


@dataclass(frozen=True, slots=True)
class Preset:
    """The facts of one backend."""

    name: str
    vendor: str
    family: str
    """Protocol, one of `FAMILIES`."""
    place: Place
    """Where it runs, unless its base URL says otherwise."""
    model: str = ""
    """The default; empty where one must be named or the server knows."""
    weights: Literal["open", "closed"] | None = None
    """Of the default model; None where it depends on the model."""
    licence: str = ""
    """Of the default model's weights."""
    url: str = ""
    """Base URL; empty where the user must set it."""
    url_hint: str = ""
    keys: tuple[str, ...] = ()
    """Variables that may hold the key, the usual one first."""
    keyless: bool = False
    provider: str = ""
    """LangChain's name, for the family "langchain"."""
    limit: str = "max_tokens"
    """The request's name for the most tokens to write."""
    temperature: float | None = None
    """Sent where the user sets none; None leaves it to the vendor."""
    structured: bool = False
    """Whether it is known to honour a JSON schema."""
    usage: bool = False
    """Whether it is known to report tokens while streaming."""
    checked: Literal["vendor", "secondary", "no"] = "no"
    """Where base URL and key variable were read: in the vendor's own document, in somebody else's, or nowhere."""
    note: str = ""
    source: str = ""

    @property
    def url_variable(self) -> str:
        """The variable that overrides the base URL of this preset alone."""
        return f"{self.name.upper().replace('-', '_')}_BASE_URL"


@cache
def presets() -> Mapping[str, Preset]:
    """All presets by name, in the order of the file."""
    rows: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: _preset(name, row) for name, row in rows.items()}


def _preset(name: str, row: dict[str, Any]) -> Preset:
    if row["family"] not in FAMILIES:
        raise ValueError(f"{name}: unknown family {row['family']!r}")
    return Preset(name=name, **{**row, "keys": tuple(row.get("keys") or ())})


def find_preset(spec: str) -> tuple[Preset, str]:
    """The preset and the model that `preset[:model]` or LangChain's `provider:model` names.

    Raises:
        SettingsError: if it names neither.
    """
    name, _, model = spec.strip().partition(":")
    known = presets().get(name)
    if known is not None:
        return known, model or known.model
    if model:
        local: Place = "local" if name in _LOCAL_PROVIDERS else "remote"
        return Preset(name, f"LangChain {name}", "langchain", local, model, provider=name), model
    near = difflib.get_close_matches(name, [*presets(), "extractive"], n=1)
    raise SettingsError(
        f"KAIBI_LLM {name!r} is no preset.",
        remedy=(f"Did you mean {near[0]!r}? " if near else "")
        + "`kaibi backends` lists all; any LangChain provider:model works too.",
    )


_LOCAL_PROVIDERS = ("ollama", "huggingface")


def variable(name: str) -> str:
    """A variable that belongs to others (a vendor's key), from the environment or .env; empty where it is not set."""
    return os.environ.get(name) or (
        dotenv_values(".env", encoding="utf-8").get(name) or "" if Path(".env").is_file() else ""
    )


def in_the_house(url: str) -> bool:
    """Whether a URL leads to this machine or a private network, so that nothing sent there leaves the house.

    >>> in_the_house("http://127.0.0.1:11434/v1"), in_the_house("http://gpu-box:8000/v1"), in_the_house("https://api.openai.com/v1")
    (True, True, False)
    """
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan", ".home.arpa", ".localhost"))
    return address.is_loopback or (address.is_private and not address.is_unspecified)
