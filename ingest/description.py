"""Description: a document's metadata from what the caller gives, what the file says of itself, and its text."""

import dataclasses
import datetime
import re
import unicodedata
from collections.abc import Mapping
from typing import get_args

from knowledge.document import Kind, Language, Metadata, canonical
from knowledge.errors import DocumentError
from knowledge.facts import STANCES
from knowledge.script import language_of

LONGEST = 300
"""Code points of a value at most."""

_FIELDS = {field.name for field in dataclasses.fields(Metadata)} - {"tags", "origin"}
_CHOICES = {"kind": get_args(Kind), "stance": STANCES, "language": get_args(Language)}
_BYLINE = re.compile(r"^(?:文|作者|撰文)\s*[|｜:：/]\s*(\S.{0,30}?)\s*$|^[Bb]y[: ]\s*([A-Z].{1,40}?)\s*$", re.MULTILINE)
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})(?!\d))?)?")


def metadata_of(said: Mapping[str, object], text: str, *, given: Mapping[str, str], name: str) -> Metadata:
    """Metadata of a text called `name`. What a file says is taken where it can be used; what is given must be right.

    Raises:
        DocumentError: if a given value is impossible.
    """
    values = {"title": _title(text) or name, "language": language_of(text[:4_000])}
    byline = _BYLINE.search(text[:2_000])
    if byline:
        values["author"] = byline[1] or byline[2]
    for key in _FIELDS & said.keys():
        value = _readable(key, said[key])
        if value:
            values[key] = value
    for key, wanted in given.items():
        value = _readable(key, wanted)
        if not value:
            allowed = ", ".join(_CHOICES[key]) if key in _CHOICES else "YYYY, YYYY-MM or YYYY-MM-DD"
            raise DocumentError(f"{key} cannot be {wanted!r}.", remedy=f"Use {allowed}.")
        values[key] = value
    return Metadata(**{key: _line(value) for key, value in values.items()}, tags=_tags(said.get("tags")))  # type: ignore[arg-type]


def _readable(key: str, value: object) -> str:
    """The value in our form; empty where it is none."""
    text = _line(_text(value))
    if key == "date":
        return _date(text)
    if key == "language":
        text = _language(text)
    return text if key not in _CHOICES or text in _CHOICES[key] else ""


def _text(value: object) -> str:
    """A plain value as text. Others (YAML nests, and refers to itself) say nothing that we could show."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, float | datetime.date) or (type(value) is int and value < 10**9) else ""


def _date(text: str) -> str:
    """
    >>> _date("2024-06-05T10:00:00Z"), _date("2024年6月"), _date("2024"), _date("last June")
    ('2024-06-05', '2024-06', '2024', '')
    """
    match = _DATE.match(text)
    if not match or not all(low <= int(part) <= high for part, low, high in _ranges(match) if part):
        return ""
    return "-".join([match[1], *(part.zfill(2) for part in match.groups()[1:] if part)])


def _ranges(match: re.Match[str]) -> list[tuple[str, int, int]]:
    return [(match[1], 1000, 2999), (match[2], 1, 12), (match[3], 1, 31)]


def _language(text: str) -> str:
    """Our name of a language tag: zh-CN, zh-TW, en-US …"""
    parts = text.replace("_", "-").lower().split("-")
    if parts[0] == "zh":
        return "zh-Hant" if {"hant", "tw", "hk", "mo"} & set(parts[1:]) else "zh"
    return "en" if parts[0] == "en" else text


def _tags(said: object) -> tuple[str, ...]:
    tags = said if isinstance(said, list) else said.split(",") if isinstance(said, str) else []
    return tuple(tag for tag in (_line(_text(tag).replace(",", " ")) for tag in tags[:50]) if tag)


def _line(value: str) -> str:
    """One line without control characters."""
    plain = "".join(
        " " if unicodedata.category(char).startswith("C") else char for char in canonical(value[: 4 * LONGEST])
    )
    return " ".join(plain.split())[:LONGEST].strip()


def _title(text: str) -> str:
    """The first heading, or a short first line."""
    for line in text.splitlines():
        words = line.strip().lstrip("#").strip()
        if words:
            return words.rstrip("。.") if len(words) <= 80 else ""
    return ""
