"""Support: whether the cited sentences speak of what a claim says at all, by the vectors of its words in context.

A claim without numbers, dates and names may hold nothing that could be wrong, and yet rest on a sentence that says something else.
"""

from collections.abc import Sequence

import numpy as np

from bot.alignment import TokenText

LEAST = {"own": 0.638, "across": 0.378}
"""Mean cosine, of each word of a claim to its best match, below which its sentences do not bear it out: in one language, over two.
bench/fit_support.py chooses them."""
WORDS = 4
"""A claim of fewer is not judged: one name may be all that it says."""


def support(claim: TokenText, sources: Sequence[TokenText]) -> float | None:
    """Mean cosine of the claim's words to their best matches, in [-1, 1]; None where there is too little to judge."""
    vectors = [text.vectors for text in sources if len(text.spans)]
    if claim.content.sum() < WORDS or not vectors:
        return None
    best = (claim.vectors[claim.content] @ np.concatenate(vectors).T).max(axis=1)
    return float(best.mean())


def unsupported(claim: TokenText, sources: Sequence[TokenText]) -> bool:
    """Whether a claim's evidence, the first of the sources, and the lines that tell who speaks and when say something else."""
    found = support(claim, sources)
    return found is not None and found < LEAST["own" if claim.english == sources[0].english else "across"]
