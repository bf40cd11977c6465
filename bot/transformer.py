"""A small transformer over the token vectors of a claim and of its evidence: which tokens deny what the other text says, or say
what it denies.

The vectors come from the bundled embedding (bot.alignment) and stay as they are; on top are two layers of attention ("Attention Is
All You Need", Vaswani et al. 2017; layer norm first), whose scores between the two texts start from the cosines of their tokens, as
in decomposable attention (Parikh et al. 2016). bench/fit_transformer.py fits it and writes bot/transformer.npz.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.alignment import TokenText

Array = NDArray[np.float32]

FILE = Path(__file__).with_name("transformer.npz")
HEADS = 4
FARTHEST = 20
"""Tokens from which on distance within a text makes no difference."""


def token_odds(said: TokenText, told: TokenText) -> tuple[Array, Array]:
    """Log odds for each token of the claim that it is false for a denial, and for each of the evidence that its denial is dropped.

    Shapes (tokens of the claim,) and (tokens of the evidence,).
    """
    if not (said.spans or told.spans):
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    fitted = weights()
    vectors = np.concatenate([said.vectors, told.vectors]).astype(np.float32)
    claimed = np.arange(len(vectors)) < len(said.vectors)
    place = np.concatenate([np.arange(len(said.vectors)), np.arange(len(told.vectors))])
    across = claimed[:, None] != claimed[None, :]
    cosines = 4 * (vectors @ vectors.T)
    distance = np.minimum(np.abs(place[:, None] - place[None, :]), FARTHEST) / np.float32(10)
    state = _linear(vectors * 8, fitted, "input") + _linear(_flags(said, told), fitted, "flags")
    state += fitted["position"] * _positions(place, state.shape[1])
    for layer in range(len(fitted["cross"])):
        cosine, other = fitted["cross"][layer].T[:, :, None, None]
        nearby = np.logaddexp(0, fitted["nearby"][layer])[:, None, None]
        bias = np.where(across, cosine * cosines + other, -nearby * distance).astype(np.float32)
        state = state + _attention(state, bias, fitted, layer)
        inner = _gelu(_linear(_normed(state, fitted, f"{layer}.inner"), fitted, f"{layer}.widen"))
        state = state + _linear(inner, fitted, f"{layer}.narrow")
    odds = _linear(_normed(state, fitted, "last"), fitted, "odds")
    return odds[claimed, 0], odds[~claimed, 1]


def pair_odds(added: Array, dropped: Array) -> float:
    """Log odds that some token of either text is false: log of the sum of the tokens' odds, less one for the many that are not."""
    both = np.concatenate([added, dropped])
    return float(np.logaddexp.reduce(both)) - 1.0 if len(both) else -np.inf


@cache
def weights(file: Path = FILE) -> Mapping[str, Array]:
    """The fitted arrays by name."""
    with np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _flags(said: TokenText, told: TokenText) -> Array:
    """Shape (tokens of both, 6): denies, may stand for a denial, says something, is the claim's, same language, English."""
    same = said.english == told.english
    parts = [
        np.column_stack([text.denies, text.implies, text.content, *np.broadcast_to(whole, (len(text.spans), 3)).T])
        for text, whole in ((said, (True, same, said.english)), (told, (False, same, told.english)))
    ]
    return np.concatenate(parts).astype(np.float32)


def _positions(place: NDArray[np.int64], width: int) -> Array:
    """Sines and cosines of a token's place, shape (tokens, width)."""
    slow = np.exp(np.arange(0, width, 2) * (-np.log(1000.0) / width))
    angles = place[:, None] * slow[None, :]
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(place), width).astype(np.float32)


def _attention(state: Array, bias: Array, fitted: Mapping[str, Array], layer: int) -> Array:
    parts = _linear(_normed(state, fitted, f"{layer}.outer"), fitted, f"{layer}.attend")
    query, key, value = parts.reshape(len(state), 3, HEADS, -1).transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1]) + bias
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    heads = (scores / scores.sum(axis=-1, keepdims=True)) @ value
    return _linear(heads.transpose(1, 0, 2).reshape(len(state), -1), fitted, f"{layer}.join")


def _linear(rows: Array, fitted: Mapping[str, Array], name: str) -> Array:
    found: Array = rows @ fitted[f"{name}.weight"].T + fitted[f"{name}.bias"]
    return found


def _normed(rows: Array, fitted: Mapping[str, Array], name: str) -> Array:
    centred = rows - rows.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    found: Array = centred / spread * fitted[f"{name}.weight"] + fitted[f"{name}.bias"]
    return found


def _gelu(rows: Array) -> Array:
    """The Gaussian error linear unit, by its approximation with tanh (Hendrycks and Gimpel 2016)."""
    found: Array = 0.5 * rows * (1 + np.tanh(np.sqrt(2 / np.pi) * (rows + 0.044715 * rows**3)))
    return found
