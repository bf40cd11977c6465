"""Bindings: whether what a claim puts together belongs together in its evidence: a figure to its model, a date to its event.

A number, a date or a name that stands in the evidence may still be put where another one of it belongs. So each is compared by
what surrounds it: where the surroundings that the claim gives it are plainly those of another of its kind in the evidence, the
two were exchanged. Surroundings are notions of both languages and, within one language, words.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from bot.items import Item, items
from bot.surroundings import NAMES, SurroundedText, fit, key_of
from knowledge.script import language_of
from knowledge.terms import Terms

EXCHANGED = 0.6
"""By how much the surroundings must fit better for two things of a claim to have changed places; found by `bench.twins --margins`
and on bench/statements/fit.yaml."""
MOVED = 2.0
"""The same for one that stands where another belongs of which the claim says nothing: partial statements come near to that."""
_KINDS = ("figure", "date", "version", "licence", *NAMES)
"""What is looked at for having been exchanged."""

_EACH = re.compile(r"分别|各自|依次|\brespectively\b")
"""Words after which things belong together by their order, not by their nearness."""


def misplaced(claim: str, evidence: Sequence[str], terms: Terms) -> list[tuple[Literal["number", "date", "name"], str]]:
    """What a claim puts where its evidence has another of the same kind: kind and words.

    >>> from knowledge.terms import load_terms
    >>> told = ["GLM-4.5有355B参数，GLM-4.5-Air有106B参数。"]
    >>> misplaced("GLM-4.5-Air has 106B parameters.", told, load_terms())
    []
    >>> misplaced("GLM-4.5 has 106B parameters, GLM-4.5-Air has 355B.", told, load_terms())
    [('number', '106B'), ('number', '355B')]
    """
    named: dict[str, Literal["number", "date"]] = {"figure": "number", "version": "number", "date": "date"}
    found: list[tuple[Literal["number", "date", "name"], str]] = [
        (named.get(item.kind, "name"), claim[item.start : item.end])
        for item, gain, both in exchanged(claim, evidence, terms)
        if gain >= (EXCHANGED if both else MOVED)
    ]
    found += [("number", claim[item.start : item.end]) for item in misnumbered(claim, evidence, terms)]
    return found


def misnumbered(claim: str, evidence: Sequence[str], terms: Terms) -> Iterator[Item]:
    """Versions that a claim gives to a name or licence which the evidence has with other versions only: "Apache 3.0"."""
    told = "\n".join(evidence)
    found = items(told, terms)
    known = list(_versions(found))
    bare = {key for item in found if item.kind == "figure" and not item.unit for key in item.keys}
    for keys, number, item in _versions(items(claim, terms)):
        others = [other for names, other, _ in known if names & keys]
        if others and number not in others and number not in bare:
            yield item


def _versions(found: Sequence[Item]) -> Iterator[tuple[frozenset[str], str, Item]]:
    """Each name with a version right after it: the keys of the name, the version, and where it stands."""
    for item in found:
        licence = re.fullmatch(r"(.*?)([\d.]+)", next(iter(item.keys))) if item.kind == "licence" else None
        if licence:
            yield frozenset([licence[1]]), licence[2].removesuffix(".0"), item
    versions = [item for item in found if item.kind == "version"]
    for item in (item for item in found if item.kind == "product"):
        version = next((v for v in versions if v.start in (item.end, item.end + 1)), None)
        if version:
            yield item.keys, next(iter(version.keys)), version


def exchanged(claim: str, evidence: Sequence[str], terms: Terms) -> Iterator[tuple[Item, float, bool]]:
    """Items of a claim whose surroundings fit another one of the evidence better, by how much, and whether that is in the claim."""
    told = "\n".join(text for text in evidence if not _EACH.search(text))
    if not told or _EACH.search(claim):
        return
    alike = (language_of(claim) == "en") == (language_of(told) == "en")
    said, known = SurroundedText(claim, terms, words=alike), SurroundedText(told, terms, words=alike)
    for item in said.items:
        if item.kind not in _KINDS:
            continue
        same = [other for other in known.items if other.says(item)]
        if not same:
            continue
        gains = [
            (_gain(said, known, item, rival), any(other.says(rival) for other in said.items))
            for rival in known.items
            if rival.kind == item.kind
            and not rival.says(item)
            and not (item.unit and rival.unit and item.unit != rival.unit)
            and not any(known.listed(rival, other) for other in same)
        ]
        for both in (True, False):
            gain = max((gain for gain, of in gains if of == both), default=0.0)
            if gain > 0:
                yield item, gain, both


def _gain(said: SurroundedText, known: SurroundedText, item: Item, rival: Item) -> float:
    """How much better the rival would stand in the claim where the item stands, and the item where the rival does."""
    apart = {key_of(item.kind, key) for key in (*item.keys, *rival.keys)}
    gain = fit(said, known, item, rival, apart) - fit(said, known, item, item, apart)
    other = next((other for other in said.items if other.says(rival)), None)
    if other is None:
        return gain
    if said.listed(item, other):
        return 0.0
    return (gain + fit(said, known, other, item, apart) - fit(said, known, other, other, apart)) / 2
