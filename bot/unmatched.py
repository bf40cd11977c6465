"""Unmatched denials: a denying word of one text for which the other has none, though it speaks of what is denied.

Words are matched by their vectors in context (bot.alignment), so that "unknown" is found to match 不得而知 without a list of
them. Two small networks weigh the signals, a small transformer reads both texts (bot.transformer), and their log odds are added;
bench/fit_denials.py fits the networks and the thresholds and writes bot/denials.json.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.alignment import Reader, TokenText, read_tokens
from bot.denials import NOT, affirms
from bot.polarity import Contradictions
from bot.transformer import pair_odds, token_odds
from knowledge.script import aligned

Array = NDArray[np.float64]
Places = list[tuple[float, tuple[int, int]]]
"""Log odds of each denial of a text, with its place."""

FILE = Path(__file__).with_name("denials.json")
SIGNALS = (
    "match",  # cosine of the denying word to its best match in the other text
    "match context",  # how well what is denied is found around that match
    "match denies",  # the match is a denying word itself
    "match implies",  # the match may stand for a denial
    "mutual",  # the match has no better match than this
    "nearest word",  # cosine to the nearest word, whatever stands around it
    "nearest denial",  # match and context of the best denying word
    "denied first",  # cosine of the first denied word to its match
    "denied",  # mean of the first five
    "denied least",  # least of them
    "clause",  # mean over the words of the clause
    "whole",  # mean over all words of the text
    "place denies",  # a denying word in the clause of what matches the denied words
    "place implies",  # one that may stand for a denial there
    "place distance",  # tokens from what matches the denied words to a denying word, at most 15, over 15
    "claimed clause",  # words of the other text that match the clause, over its words
    "claimed scope",  # the same for what is denied
    "denials",  # of this text
    "denials there",  # of the other
    "more denials",  # the difference
    "same language",
    "clauses",
    "clauses there",
    "lead",  # the nearest word's cosine, less the mean over all words
    "affirms",  # the clause denies a hindrance
    "length",  # words of the other text over words of this one
)
_CONTEXT = 0.7
"""Weight of the context in choosing a match."""
LARGEST = 6.0
"""What the networks' log odds count at most, either way."""
HIDDEN = 8
"""Units of a network's one hidden layer."""


@dataclass(frozen=True, slots=True)
class Network:
    """Signals to log odds, by one hidden layer of tanh."""

    hidden: Array
    """Shape (signals + 1, HIDDEN), the last row for a constant."""
    out: Array
    """Shape (HIDDEN + 1,)."""

    def odds(self, rows: Array) -> Array:
        """Log odds that a denial is false, for rows of signals."""
        middle = np.tanh(rows @ self.hidden[:-1] + self.hidden[-1])
        odds: Array = middle @ self.out[:-1] + self.out[-1]
        return odds


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted numbers."""

    unmatched: Network
    dropped: Network
    """Its signals end with the first network's odds."""
    least: dict[str, tuple[float, float]]
    """By "own" and "across" (one language or two): the log odds from which a denial counts as false where the words say so too, and
    where only the vectors do."""


@cache
def weights(file: Path = FILE) -> Weights:
    """The fitted numbers of a file."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    networks = {
        name: Network(np.array(list(part["hidden"].values())), np.array(part["out"]))
        for name, part in stored["networks"].items()
    }
    least = {pair: (values[0], values[1]) for pair, values in stored["thresholds"].items()}
    return Weights(networks["unmatched"], networks["dropped"], least)


def weighed(
    said: TokenText,
    told: TokenText,
    evidence: Sequence[str],
    found: Contradictions,
    read: Reader,
    *,
    context: Sequence[str] = (),
) -> list[str]:
    """What the vectors leave of the denials that were found by words, and what they find besides; `told` is the evidence, joined."""
    by_words = [*found.added, *found.dropped]
    if not (said.denials or told.denials):
        return by_words
    added, dropped = odds(said, told)
    sure = together(added, dropped, *token_odds(said, told))
    denying = [line for line in context if NOT.search(aligned(line))]
    if said.denials and denying:
        borne = read_tokens("\n".join([*evidence, *denying]), read)
        sure = min(sure, together(*odds(said, borne), *token_odds(said, borne)))
    with_words, alone = weights().least["own" if said.english == told.english else "across"]
    if by_words:
        return by_words if sure >= with_words else []
    if sure < alone:
        return []
    places = [(*place, text) for of, text in ((added, said), (dropped, told)) for place in of]
    _, (start, end), text = max(places, key=lambda place: place[0])
    return [text.spelt[start : end + 12].strip()]


def together(added: Places, dropped: Places, mine: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """Log odds that a denial is false, of the networks' odds of each denial and the transformer's odds of each token."""
    surest = max((value for value, _ in (*added, *dropped)), default=-LARGEST)
    return pair_odds(mine, theirs) + max(-LARGEST, min(LARGEST, surest))


def odds(said: TokenText, told: TokenText) -> tuple[Places, Places]:
    """Log odds that a denial is added, for each of the claim, and dropped, for each of the evidence; with their places."""
    fitted = weights()
    mine = [signals(said, span, told) for span in said.denials]
    theirs = [signals(told, span, said) for span in told.denials]
    added = fitted.unmatched.odds(np.array(mine)).tolist() if mine else []
    dropped = fitted.dropped.odds(extended(np.array(theirs), fitted.unmatched)).tolist() if theirs else []
    return list(zip(added, said.denials, strict=True)), list(zip(dropped, told.denials, strict=True))


def extended(rows: Array, unmatched: Network) -> Array:
    """Signals with the odds that there is no match for the denial."""
    return np.column_stack([rows, unmatched.odds(rows)])


def signals(text: TokenText, span: tuple[int, int], other: TokenText) -> list[float]:
    """The signals of one denial of a text against another text, in the order of SIGNALS."""
    cue = text.covering(span)
    if not cue or not other.spans:
        return [0.0] * len(SIGNALS)
    alike = text.vectors @ other.vectors.T
    clause = text.clause[cue[-1]]
    within = np.flatnonzero((text.clause == clause) & text.content)
    saying = np.flatnonzero(text.content)
    denied = within[within > cue[-1]][:5]
    if len(denied) == 0:
        denied = within[within < cue[0]][-4:]
    best = alike.max(axis=1)
    nearest = alike[cue].max(axis=0)
    surrounding = _around(alike[denied])
    merit = nearest + _CONTEXT * surrounding
    match = int(merit.argmax())
    denying = np.flatnonzero(other.denies)
    places = alike[denied[:3]].argmax(axis=1) if len(denied) else np.array([], np.int64)
    there = np.isin(other.clause, other.clause[places])
    distances = [
        abs(int(place) - int(at)) for place in places for at in denying if other.clause[place] == other.clause[at]
    ]
    back = alike.argmax(axis=0)
    returned = back[other.content]
    whole = float(best[saying].mean()) if len(saying) else 0.0
    return [
        float(nearest[match]),
        float(surrounding[match]),
        float(other.denies[match]),
        float(other.implies[match]),
        float(back[match] in cue),
        float(nearest.max()),
        float(merit[denying].max()) if len(denying) else -0.1,
        float(best[denied[0]]) if len(denied) else 0.0,
        float(best[denied].mean()) if len(denied) else 0.0,
        float(best[denied].min()) if len(denied) else 0.0,
        float(best[within].mean()) if len(within) else 0.0,
        whole,
        float((other.denies & there).any()),
        float((other.implies & there).any()),
        min([15, *distances]) / 15,
        min(2.0, float(np.isin(returned, within).sum()) / max(1, len(within))),
        min(2.0, float(np.isin(returned, denied).sum()) / max(1, len(denied))),
        min(4.0, len(text.denials)),
        min(4.0, len(other.denials)),
        max(-3.0, min(3.0, len(text.denials) - len(other.denials))),
        float(text.english == other.english),
        min(8.0, text.clauses),
        min(8.0, other.clauses),
        float(nearest.max()) - whole,
        float(affirms(_clause_of(text, int(clause)))),
        min(3.0, float(other.content.sum()) / max(1, len(saying))),
    ]


def _around(alike: NDArray[np.float32]) -> NDArray[np.float32]:
    """How well words match near each token of the other text: mean of their best cosines from 8 tokens before to 9 after."""
    if alike.shape[0] == 0:
        return np.zeros(alike.shape[1], np.float32)
    padded = np.pad(alike, ((0, 0), (8, 9)), constant_values=-1.0)
    around: NDArray[np.float32] = sliding_window_view(padded, 18, axis=1).max(axis=2).mean(axis=0)
    return around


def _clause_of(text: TokenText, clause: int) -> str:
    places = np.flatnonzero(text.clause == clause)
    return text.spelt[text.spans[places[0]][0] : text.spans[places[-1]][1]]
