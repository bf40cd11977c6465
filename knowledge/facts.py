"""Facts: the tag line under a statement of a note, which dates it and names its source.

A note in Markdown may follow a bullet, a paragraph or a table with one line such as

    [date: 2025-06-30 | stance: open | source: PaddlePaddle/ERNIE README | url: https://… | status: checked]

The line stays in the document's text, is never quoted, and gives the quotes above it their date, speaker and source.
"""

import re
from dataclasses import dataclass

STANCES = ("open", "closed", "both", "neutral")
STATUSES = ("checked", "reported", "unchecked")

TAG_LINE = re.compile(r"^[ \t]*\[(?P<body>date: [^\[\]\n]*)\][ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FactTag:
    """What a tag line says of the statement above it."""

    date: str
    """YYYY, YYYY-MM or YYYY-MM-DD: the date that the fact refers to."""
    stance: str = "neutral"
    """The camp for which the fact speaks, one of `STANCES`."""
    source: str = ""
    """Publisher, title and date of where the fact was read."""
    url: str = ""
    speaker: str = ""
    """Who said it, with role and organisation; empty where nobody is named."""
    status: str = "checked"
    """How well it is known, one of `STATUSES`."""
    ref: str = ""
    """A number in the source, such as a claim or a paragraph."""


def parse_tag(line: str) -> FactTag:
    """Read one tag line.

    Raises:
        ValueError: if the line is no tag line, or holds an unknown, repeated or impossible value.

    >>> parse_tag("[date: 2024-06 | stance: open | source: A paper]").stance
    'open'
    """
    match = TAG_LINE.match(line)
    if not match:
        raise ValueError(f"not a tag line: {line[:80]!r}")
    values: dict[str, str] = {}
    for part in match["body"].split(" | "):
        key, colon, value = part.partition(":")
        key, value = key.strip(), value.strip()
        if not colon or key not in FactTag.__dataclass_fields__ or key in values or not value:
            raise ValueError(f"cannot read {part[:80]!r} in a tag line")
        values[key] = value
    tag = FactTag(**values)
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", tag.date):
        raise ValueError(f"{tag.date!r} is no date of the form 2024, 2024-06 or 2024-06-30")
    if tag.stance not in STANCES:
        raise ValueError(f"stance {tag.stance!r} is none of {', '.join(STANCES)}")
    if tag.status not in STATUSES:
        raise ValueError(f"status {tag.status!r} is none of {', '.join(STATUSES)}")
    return tag
