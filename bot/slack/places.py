"""Places: where an answer's quotes stand, packed into what a button or a message can carry.

So "Show in context" and follow-ups need no memory of ours: they read the places back from Slack and the words from the store.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.document import Language

LONGEST = 1_900
"""Characters; the value of a button may have 2,000."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands."""

    document: str
    version: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Packed:
    """What a button carried."""

    places: tuple[Place, ...]
    language: Language
    page: int


def pack(places: Sequence[Place], language: Language, *, page: int = 0) -> str:
    """As many places as fit, from the first on, as JSON.

    >>> packed = pack([Place("ibm.en", "0f" * 8, 10, 20)], "en")
    >>> unpack(packed).places[0].document, len(packed)
    ('ibm.en', 58)
    """
    while True:
        rows = [[place.document, place.version, place.start, place.end] for place in places]
        text = json.dumps({"l": language, "p": page, "q": rows}, ensure_ascii=False, separators=(",", ":"))
        if len(text) <= LONGEST or not places:
            return text
        places = places[:-1]


def unpack(text: str) -> Packed:
    """The places of a button.

    Raises:
        ValueError: if the text was not made by `pack`.
    """
    found = json.loads(text)
    return Packed(tuple(map(place_of, found["q"])), found["l"], int(found["p"]))


def place_of(row: Any) -> Place:
    """One place, from its JSON."""
    document, version, start, end = row
    return Place(str(document), str(version), int(start), int(end))
