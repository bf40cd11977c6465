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
    names: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    """Places, institutions and functions of people: what names them, and what bears them out besides."""
    units: dict[str, re.Pattern[str]]
    """To be matched right after a number."""
    licences: dict[str, re.Pattern[str]]
    """Licences without a number in their name."""
    contrasts: dict[str, dict[str, re.Pattern[str]]]
    """Words that are told apart from each other, by group."""
    opposites: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    """Words and their contraries, by what they are contraries in."""
    relations: dict[str, re.Pattern[str]]
    """Words that put the name after them into another part than the name before them."""
    nameless: frozenset[str]
    """Words and ids of terms before a number that make no name of it: "in 2024", "GPU 8"."""
    common: frozenset[str]
    """Words that name nobody though they are written with a capital."""
    opening: frozenset[str]
    """Words that owe their capital to the beginning of a sentence."""

    def unit(self, after: str) -> str | None:
        """What a number counts, by the text that follows it."""
        return next((name for name, pattern in self.units.items() if pattern.match(after)), None)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    entries: dict[str, Any] = yaml.load(
        FILE.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )

    def one(chinese: str, english: str) -> re.Pattern[str]:
        return re.compile(rf"{chinese}|(?<![a-z])(?:{english})")

    def compiled(pairs: dict[str, tuple[str, str]]) -> dict[str, re.Pattern[str]]:
        return {name: one(*pair) for name, pair in pairs.items()}

    return Vocabulary(
        verbs=compiled(entries["verbs"]),
        names={
            name: (one(*words[:2]), re.compile(words[2] if len(words) > 2 else "(?!)"))
            for section in ("places", "names", "titles")
            for name, words in entries[section].items()
        },
        units={
            name: re.compile(rf"\s?(?:{chinese}|(?:{english})(?![a-z]))")
            for name, (chinese, english) in entries["units"].items()
        },
        licences=compiled(entries["licences"]),
        contrasts={group: compiled(words) for group, words in entries["contrasts"].items()},
        opposites={name: (one(*words), one(*contrary)) for name, (words, contrary) in entries["opposites"].items()},
        relations=compiled(entries["relations"]),
        nameless=frozenset(entries["nameless"].split()),
        common=frozenset(entries["common"].split()),
        opening=frozenset(entries["opening"].split()),
    )
