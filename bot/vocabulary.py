"""Vocabulary: words of both languages by which claims are compared with evidence, from bot/vocabulary.yaml."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("vocabulary.yaml")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Patterns for aligned text, and words in small letters."""

    verbs: dict[str, re.Pattern[str]]
    places: dict[str, re.Pattern[str]]
    titles: dict[str, re.Pattern[str]]
    units: dict[str, re.Pattern[str]]
    """To be matched right after a number."""
    common: frozenset[str]
    """Words that name nobody though they are written with a capital."""
    opening: frozenset[str]
    """Words that owe their capital to the beginning of a sentence."""


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    entries: dict[str, Any] = yaml.load(
        FILE.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )

    def patterns(section: str) -> dict[str, re.Pattern[str]]:
        pairs = entries[section].items()
        return {name: re.compile(rf"{chinese}|(?<![a-z])(?:{english})") for name, (chinese, english) in pairs}

    return Vocabulary(
        verbs=patterns("verbs"),
        places=patterns("places"),
        titles=patterns("titles"),
        units={
            name: re.compile(rf"\s?(?:{chinese}|(?:{english})(?![a-z]))")
            for name, (chinese, english) in entries["units"].items()
        },
        common=frozenset(entries["common"].split()),
        opening=frozenset(entries["opening"].split()),
    )
