"""Surroundings: what stands near a name, a date or a figure in a text, as notions of both languages, so that two texts compare."""

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

from bot.items import Item, items
from bot.vocabulary import vocabulary
from knowledge.script import HAN, aligned
from knowledge.terms import Terms

NAMES = ("model", "product", "vendor", "person")
_REACH = 1.2
"""Distance at which the weight of a neighbour has fallen to 1/e."""
_PASSIVE = re.compile(r"被|由|受|\b(?:by|from|was|were)\b")

_STEPS = re.compile(
    r"(?P<stop>[。！？!?;；]|\.(?=\s|$))|(?P<contrast>\b(?:while|whereas|but|although|though)\b|而|但)|(?P<comma>[，,])"
    rf"|(?P<colon>[：:]|—)|(?P<list>、|\band\b|\bor\b|[和与及或])|(?P<close>[)）])|(?P<open>[(（])|(?P<word>[a-z0-9.]+)|(?P<han>[{HAN}])"
)
_LENGTHS = {
    "stop": 3.0,
    "contrast": 1.5,
    "comma": 1.0,
    "colon": 0.5,
    "list": 0.4,
    "close": 1.0,
    "open": 0.3,
    "word": 0.12,
    "han": 0.05,
}
"""How far each sort of sign takes what stands on its two sides apart."""
_JOINTS = re.compile(r"(?:[\s、,，/;()（）]|\band\b|\bor\b|\bto\b|[和与及或至到]|以及)*")
_STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "will",
        "would",
        "can",
        "could",
        "may",
        "might",
        "should",
        "must",
        "shall",
        "it",
        "its",
        "they",
        "their",
        "them",
        "he",
        "his",
        "she",
        "her",
        "this",
        "that",
        "these",
        "those",
        "there",
        "and",
        "or",
        "so",
        "than",
        "then",
        "also",
        "any",
        "all",
        "such",
        "who",
        "which",
        "what",
        "when",
        "where",
        "according",
        "said",
        "says",
    ]
)


@dataclass(frozen=True, slots=True)
class _Neighbour:
    start: int
    end: int
    key: str
    weight: float
    sided: bool
    """Whether it matters on which side of a name it stands."""


class SurroundedText:
    """A text with its items and what may surround them."""

    def __init__(self, text: str, terms: Terms, *, words: bool) -> None:
        """`words` counts words too: for two texts in one language."""
        self.spelt = aligned(text)
        self.items = items(text, terms)
        steps = [0.0] * (len(text) + 1)
        for match in _STEPS.finditer(self.spelt):
            steps[match.start() + 1] = _LENGTHS[match.lastgroup or "han"]
        self._way = list(accumulate(steps))
        self._neighbours = [*self._of_items(), *self._notions(terms), *(self._words() if words else ())]
        self._surroundings: dict[Item, dict[str, float]] = {}

    def surroundings(self, item: Item) -> dict[str, float]:
        """What stands near an item, by nearness from 0 to 1."""
        known = self._surroundings.get(item)
        if known is None:
            known = self._surroundings[item] = self._looked_around(item)
        return known

    def listed(self, one: Item, other: Item) -> bool:
        """Whether two items stand in one list, where they may change places."""
        start, end = (one.end, other.start) if one.end <= other.start else (other.end, one.start)
        between = list(self.spelt[start : max(start, end)])
        for item in self.items:
            if item.kind in (one.kind, "model", "product", "version"):
                for at in range(max(item.start, start), min(item.end, end)):
                    between[at - start] = " "
        return bool(_JOINTS.fullmatch(re.sub(r"[(（][^()（）]*[)）]", " ", "".join(between))))

    def _looked_around(self, item: Item) -> dict[str, float]:
        near: dict[str, float] = {}
        for other in self._neighbours:
            if other.start < item.end and item.start < other.end:
                continue
            after = other.start >= item.end
            way = (
                self._way[other.start] - self._way[item.end] if after else self._way[item.start] - self._way[other.end]
            )
            weight = math.exp(-way / _REACH) * other.weight
            if weight < 0.05:
                continue
            near[other.key] = max(near.get(other.key, 0.0), weight)
            if other.sided and item.kind in NAMES:
                sided = f"{other.key}{'>' if after else '<'}"
                near[sided] = max(near.get(sided, 0.0), weight)
        return near

    def _of_items(self) -> Iterator[_Neighbour]:
        for item in self.items:
            for key in item.keys:
                yield _Neighbour(item.start, item.end, key_of(item.kind, key), 1.0, False)

    def _notions(self, terms: Terms) -> Iterator[_Neighbour]:
        for mention in terms.find(self.spelt):
            if mention.term.kind in ("topic", "place"):
                yield _Neighbour(mention.start, mention.end, key_of("term", mention.term.id), 1.0, False)
        active = not _PASSIVE.search(self.spelt)
        for name, pattern in vocabulary().verbs.items():
            for match in pattern.finditer(self.spelt):
                yield _Neighbour(*match.span(), key_of("verb", name), 1.0, active)
        for name, pattern in vocabulary().relations.items():
            for match in pattern.finditer(self.spelt):
                yield _Neighbour(*match.span(), key_of("relation", name), 1.0, True)

    def _words(self) -> Iterator[_Neighbour]:
        for match in re.finditer(f"[{HAN}]{{2,}}", self.spelt):
            for at in range(match.start(), match.end() - 1):
                yield _Neighbour(at, at + 2, key_of("word", self.spelt[at : at + 2]), 0.5, True)
        for match in re.finditer(r"[a-z]{2,}", self.spelt):
            if match[0] not in _STOP_WORDS:
                stem = re.sub(r"(?:ing|ed|es|s)$", "", match[0])
                yield _Neighbour(*match.span(), key_of("word", stem), 0.5, True)


def key_of(kind: str, key: str) -> str:
    """The key of an item as a neighbour."""
    return f"{kind}:{key}"


def fit(said: SurroundedText, known: SurroundedText, item: Item, wanted: Item, apart: Collection[str]) -> float:
    """How well the surroundings of an item in the claim agree with those of the wanted one in the evidence, at its best place."""
    mine = said.surroundings(item)
    return max(
        sum(min(weight, near.get(key, 0.0)) for key, weight in mine.items() if key not in apart)
        for near in (known.surroundings(other) for other in known.items if other.says(wanted))
    )
