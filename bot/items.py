"""Items: the dates, figures, names and contrasting words of a text, each where it stands and under keys of both languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.vocabulary import vocabulary
from knowledge.dates import blanked, dates
from knowledge.numerals import figures
from knowledge.script import aligned
from knowledge.terms import Mention, Terms


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a text that belongs to something else there."""

    start: int
    end: int
    kind: str
    """date, figure, version, model, product, vendor, person, licence, unknown (another name), or a group of contrasting words such as flow (input,
    output)."""
    keys: frozenset[str]
    """What it says, in no language; two items of a kind with a key in common say the same."""
    unit: str = ""
    """Of a figure: what it counts, where its text says so."""

    def says(self, other: "Item") -> bool:
        """Whether it says the same as another item of its kind; a month says the same as a day of it."""
        if self.kind != other.kind:
            return False
        return bool(self.keys & other.keys) or (
            self.kind == "date" and any(_compatible(one, two) for one in self.keys for two in other.keys)
        )

    def overlaps(self, other: "Item") -> bool:
        """Whether both share a character."""
        return self.start < other.end and other.start < self.end


def _compatible(one: str, other: str) -> bool:
    return all(a == b or "0" in (a, b) for a, b in zip(one.split("-"), other.split("-"), strict=True))


_WORD = r"[A-Za-z][A-Za-z]*(?:[-+][A-Za-z]+)*\+?"
_VARIANT = r"(?:[ -](?:[A-Z][A-Za-z]*|lite|pro|flash|mini|turbo|preview|air|max)(?![a-z0-9]))"
_VERSIONED = re.compile(
    rf"(?<![A-Za-z0-9.])(?P<base>{_WORD})(?P<gap>[ -]?)(?P<version>\d+(?:\.\d+)*)(?P<tail>[a-z]{{0,2}}(?![A-Za-z]))?(?P<more>{_VARIANT}{{0,2}})"
)
_SIZE = re.compile(
    r"\s?(?:万|亿|千|%|[BMKT]\b|[GMT]B\b|million|billion|trillion|per ?cent|tokens?|bits?|bytes?|years?|months?|days?|hours?|people|models?|家|款|个|位|名|次)"
)
_NAME = re.compile(r"(?<![A-Za-z0-9/.@_-])[A-Z][A-Za-z]+(?:[-+][A-Za-z]+)*(?![A-Za-z0-9])")
_LICENCE = re.compile(r"apache|mit|[al]?gpl|bsd|cc|open(?:rail|mdw)", re.IGNORECASE)


def items(text: str, terms: Terms) -> list[Item]:
    """The items of a text in its order.

    >>> from knowledge.terms import load_terms
    >>> [(item.kind, text[item.start:item.end]) for text in ["2025年4月，Qwen3-8B每天输入12元。"] for item in items(text, load_terms())]
    [('date', '2025年4月'), ('product', 'Qwen'), ('model', 'Qwen3'), ('version', '3'), ('figure', '8B'), ('flow', '输入'), ('figure', '12')]
    """
    when = dates(text)
    found = [
        Item(date.start, date.end, "date", frozenset([f"{date.year or 0}-{date.month or 0}-{date.day or 0}"]))
        for date in when
    ]
    blank = re.sub(r"https?://\S+", lambda match: " " * len(match[0]), blanked(text, when))
    mentions = [m for m in terms.find(aligned(blank)) if m.term.kind in ("vendor", "person", "product")]
    found += _versioned(blank, mentions)
    found += _licences(blank, found)
    found += _named(blank, mentions, found)
    found += _unknown(blank, found)
    low = aligned(blank)
    for start, end in [*((item.start, item.end) for item in found), *((m.start, m.end) for m in mentions)]:
        low = f"{low[:start]}{' ' * (end - start)}{low[end:]}"
    found += [
        Item(figure.start, figure.end, "figure", figure.readings, _unit(blank, figure.end, figure.readings))
        for figure in figures(low)
        if figure.firm
    ]
    for group, words in vocabulary().contrasts.items():
        for name, pattern in words.items():
            found += [Item(m.start(), m.end(), group, frozenset([name])) for m in pattern.finditer(low)]
    return sorted(found, key=lambda item: (item.start, item.end))


def _versioned(text: str, mentions: list[Mention]) -> Iterator[Item]:
    """Names with a number: the whole, its name and its number; a size ("OLMo 7B") is a figure and no part of the name."""
    for match in _VERSIONED.finditer(text):
        base = match["base"].lower()
        if base in vocabulary().nameless or (match["gap"] == " " and match["base"].islower()):
            continue
        if any(
            m.term.kind == "vendor" and m.start <= match.start() and m.end >= match.end("version") for m in mentions
        ):
            continue  # Ai2, 01.AI
        if _LICENCE.match(base):
            yield Item(*match.span(), "licence", frozenset([_joined(match[0])]))
            continue
        if re.fullmatch(r"[bmkt]|gb|tb|mb", (match["tail"] or "").lower()) or _SIZE.match(text, match.end("version")):
            continue
        known = {
            m.term.id
            for m in mentions
            if m.term.kind == "product" and m.start < match.end("base") and match.start("base") < m.end
        }
        yield Item(*match.span(), "model", frozenset([_joined(match[0])]))
        yield Item(*match.span("base"), "product", frozenset([*known, _joined(base)]))
        yield Item(*match.span("version"), "version", frozenset([match["version"]]))


def _licences(text: str, found: list[Item]) -> list[Item]:
    spans = [item for item in found if item.kind == "licence"]
    more = [
        Item(match.start(), match.end(), "licence", frozenset([name]))
        for name, pattern in vocabulary().licences.items()
        for match in pattern.finditer(aligned(text))
    ]
    return [item for item in more if not any(item.overlaps(other) for other in spans)]


def _named(text: str, mentions: list[Mention], found: list[Item]) -> list[Item]:
    """Known names; a number right after a product's is its version."""
    named: list[Item] = []
    for m in mentions:
        spelt = text[m.start : m.end]
        item = Item(
            m.start,
            m.end,
            m.term.kind,
            frozenset([m.term.id, *([_joined(spelt)] if spelt.isascii() and m.term.kind == "product" else [])]),
        )
        if m.term.id in vocabulary().nameless or any(item.overlaps(other) for other in found):
            continue
        named.append(item)
        version = re.compile(r"[ -]?(\d+(?:\.\d+)*)(?![\d.年月])").match(text, m.end)
        if m.term.kind == "product" and version and not _SIZE.match(text, version.end()):
            named.append(Item(*version.span(1), "version", frozenset([version[1]])))
    return named


def _unknown(text: str, found: list[Item]) -> Iterator[Item]:
    """Latin words written like names."""
    for match in _NAME.finditer(text):
        item = Item(*match.span(), "unknown", frozenset([_joined(match[0])]))
        word = match[0].lower()
        ordinary = word in vocabulary().common or word in vocabulary().opening or word in vocabulary().nameless
        if not ordinary and not any(item.overlaps(other) for other in found):
            yield item


def _joined(name: str) -> str:
    return re.sub(r"[\s-]", "", name.lower())


def _unit(text: str, at: int, readings: frozenset[str]) -> str:
    after = aligned(text[at : at + 20])
    return vocabulary().unit(after) or ("%" if any(reading.endswith("%") for reading in readings) else "")
