"""Opposites: where a claim says the contrary of what its evidence says of the same thing: open for closed, "still" for "no longer".

Each word that has a contrary in bot/vocabulary.yaml, and each known verb, has a sign, which a denial turns round (bot.denials). A
claim contradicts its evidence where the evidence has such a word only with the other sign, or has it with the other sign in
the surroundings that the claim gives it.
"""

from collections.abc import Iterator, Sequence

from bot.denials import signed
from bot.items import Item
from bot.surroundings import SurroundedText, fit
from knowledge.script import language_of
from knowledge.terms import Terms

_NEAR = 1.2
"""How well the surroundings must agree for a word to be said of the same thing, where the evidence has no word of the same sign."""
_SHARE = 0.5
"""The share of its surroundings that must agree in a short sentence."""
_AHEAD = 2.0
"""How much better they must agree with those of the contrary, where it has both."""


def contraries(claim: str, evidence: Sequence[str], terms: Terms) -> list[str]:
    """The words of a claim whose contrary its evidence says.

    >>> from knowledge.terms import load_terms
    >>> contraries("Baidu opened ERNIE 4.0.", ["百度的文心4.0是闭源的。"], load_terms())
    ['open']
    """
    return [
        claim[item.start : item.end]
        for item, near, ahead in opposed(claim, evidence, terms)
        if ahead >= _AHEAD or (near >= _NEAR and ahead == near)
    ]


def opposed(claim: str, evidence: Sequence[str], terms: Terms) -> Iterator[tuple[Item, float, float]]:
    """Words of a claim that the evidence has with the other sign: how well surroundings agree with theirs, and how much better
    than with those of the same sign."""
    told = "\n".join(evidence)
    alike = (language_of(claim) == "en") == (language_of(told) == "en")
    said, known = SurroundedText(claim, terms, words=alike), SurroundedText(told, terms, words=alike)
    mine, theirs = signed(said.spelt), signed(known.spelt)
    said.items += mine
    known.items += theirs
    for item in mine:
        others = [other for other in theirs if other.kind == item.kind]
        contrary = [other for other in others if not other.says(item)]
        if not contrary:
            continue
        near = max(fit(said, known, item, other, frozenset()) for other in contrary)
        agreeing = max(
            (fit(said, known, item, other, frozenset()) for other in others if other.says(item)), default=0.0
        )
        # "Open models overtake closed ones" is no contrary of "open models will be stronger".
        both = any(other.kind == item.kind and not other.says(item) for other in mine)
        if near > agreeing and not (both and len(contrary) == len(others)):
            # Where little surrounds a word, little must agree.
            near *= max(1.0, _NEAR / max(_SHARE * sum(said.surroundings(item).values()), 0.1))
            yield item, near, near - agreeing
