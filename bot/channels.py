"""Channels: rules that pin a Slack channel to a backend, to local ones only, to a language or to some documents.

The file that KAIBI_CHANNELS names, one channel a line, by its id or name; `default` is for all others:

    C0123456789: {backend: anthropic}
    legal: {local_only: true, language: en, tags: [licence, contracts]}
    default: {backend: ollama:qwen3}
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from knowledge.document import Language
from knowledge.errors import SettingsError
from knowledge.index import Index


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for one channel."""

    backend: str = ""
    """A backend as in KAIBI_LLM; empty for the one that is set there."""
    local_only: bool = False
    """Whether nothing of this channel may leave the house."""
    language: Language | None = None
    """Of every answer; None for the question's own."""
    tags: tuple[str, ...] = ()
    """Only documents with one of these tags; empty for all."""

    def within(self, index: Index) -> NDArray[np.bool_] | None:
        """The passages that may be quoted, shape (passages,); None for all."""
        if not self.tags:
            return None
        wanted = set(self.tags)
        return np.array([bool(wanted & set(passage.metadata.tags)) for passage in index.passages], bool)


FREE = Rule()
"""Where no file is set, or it says nothing of a channel."""


def rule_for(path: Path | None, *names: str) -> Rule:
    """The rule of the channel that has one of these ids or names.

    Raises:
        SettingsError: if the file cannot be read or says something unknown. A broken file stops the answer: it may hold a promise.
    """
    if path is None:
        return FREE
    try:
        rules = _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise SettingsError(f"KAIBI_CHANNELS: {path.name!r} cannot be read: {error.strerror}.") from error
    return next((rules[name] for name in (*names, "default") if name in rules), FREE)


def check_rules(path: Path | None) -> dict[str, Rule]:
    """All rules, to be checked at start.

    Raises:
        SettingsError: as `rule_for` does.
    """
    rule_for(path)
    return _read(path, path.stat().st_mtime_ns) if path else {}


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> dict[str, Rule]:
    try:
        entries: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return {str(name).lstrip("#"): _rule(entry or {}) for name, entry in entries.items()}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, ValueError) as error:
        told = str(error) if type(error) is ValueError else "it is not of the expected form"
        raise SettingsError(
            f"KAIBI_CHANNELS: {path.name!r}: {told}.",
            remedy="One line a channel: name: {backend: ollama, local_only: true, language: zh, tags: [a, b]}.",
        ) from error


def _rule(entry: dict[str, Any]) -> Rule:
    known = {field.name for field in fields(Rule)}
    unknown = set(entry) - known
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]!r} is none of {', '.join(sorted(known))}")
    language = entry.get("language")
    if language not in (None, "zh", "zh-Hant", "en"):
        raise ValueError(f"language {language!r} is none of zh, zh-Hant, en")
    if not isinstance(entry.get("local_only", False), bool):
        raise ValueError("local_only is true or false")
    tags = entry.get("tags") or []
    return Rule(
        backend=str(entry.get("backend") or ""),
        local_only=entry.get("local_only", False),
        language=language,
        tags=tuple(str(tag) for tag in ([tags] if isinstance(tags, str) else tags)),
    )
