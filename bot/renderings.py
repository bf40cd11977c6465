"""Renderings: whether an English name that no list knows translates words of its Chinese evidence ("Cantonese", 粤语).

Names are compared by lists and by sound first (bot.names); what is left is looked at by the vectors of the words in context.
"""

from collections.abc import Sequence

import numpy as np

from bot.alignment import TokenText
from bot.vocabulary import vocabulary
from knowledge.script import aligned
from knowledge.terms import NAMED, Terms

LEAST = 0.45
"""Mean cosine of a name's tokens to their best matches from which it is a rendering; bench/fit_renderings.py tells what it costs."""


def likeness(name: str, claim: str, said: TokenText, sources: Sequence[TokenText]) -> float | None:
    """Mean cosine of a name's tokens, where it stands in the claim, to their best matches in Chinese sources, in [-1, 1].

    None where the claim is not in English, or no source is in another language.
    """
    told = [text for text in sources if not text.english and len(text.spans)]
    start = claim.find(name)
    tokens = said.covering((start, start + len(name))) if start >= 0 else []
    if not (said.english and told and tokens):
        return None
    alike = said.vectors[tokens] @ np.concatenate([text.vectors for text in told]).T
    return float(alike.max(axis=1).mean())


def not_rendered(
    names: Sequence[str], claim: str, said: TokenText, sources: Sequence[TokenText], terms: Terms
) -> list[str]:
    """Those of the names that translate nothing there. A known name is another one than those of the evidence, however like them."""
    kept = []
    for name in names:
        found = None if known_name(name, terms) else likeness(name, claim, said, sources)
        if found is None or found < LEAST:
            kept.append(name)
    return kept


def known_name(name: str, terms: Terms) -> bool:
    """Whether a list has the name, or a part of it."""
    spelt = aligned(name)
    listed = any(pattern.search(spelt) for pattern, _ in vocabulary().names.values())
    return listed or any(mention.term.kind in (*NAMED, "place") for mention in terms.find(spelt))
