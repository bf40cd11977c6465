"""Fit the weights of the extractive answerer (bot/weights.json) on one half of the sets and on our own questions.

    python -m bench.fit_answers [--data FOLDER] [--most N]

Sentences: softmax over a question's candidates, so that those that answer score above the rest. Outcome: logistic
regression on the signals of answered questions and of the same questions with their document left out. bench/answers.py
reports on the other half and on bench/questions/fresh.yaml, which nothing here reads.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.cases import QUESTIONS, Case, own_cases, shipped_base, squad_base, squad_cases
from bench.squad import CachedEmbedder, crossed, load
from bot.evidence import FEATURES
from bot.extractive import Considered, consider
from bot.scoring import FILE, SIGNALS, Weights, signals

Array = NDArray[np.float64]

# A feature that is meant to speak for a sentence may not be fitted to speak against it, and the other way round.
FOR = (
    "meaning",
    "passage",
    "words",
    "passage words",
    "neighbour",
    "names",
    "kind",
    "date",
    "source",
)
AGAINST = ("short", "asks", "heading", "silence", "introduction")
SPEAKS_FOR = ("meaning", "words", "covered", "names", "figures", "date", "passage", "passage lead", "passage margin")
GIVEN = {"source": 1.0, "date": 2.5, "camp": 2.0, "damaged": -4.0}
"""What no set here can teach: the asker's own documents come before our notes about them, a question about a year or
about today wants what was true then, the arguments of a camp come from that camp, and
nobody wants to read debris."""
OWN_FILES = ("fit.yaml", "developed.yaml", "paraphrased.yaml")
OWN = 5.0
"""How many sets our own questions weigh as much as: they are the ones that people ask."""
SHRINK_SENTENCE, SHRINK_ANSWER = 0.002, 0.003
FALSE_REFUSALS = 0.035
"""Share of answerable questions that may be held back on the fitted half, where the evidence is a source."""
FALSE_REFUSALS_NOTES = 0.10
"""The same where it is a note. Held back there means shown as related, with its quotes and a caveat: a smaller harm than an answer
to what the notes do not say, and the fitted questions have more that are hard than people ask."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with what the bot makes of it."""

    case: Case
    considered: Considered
    gold: NDArray[np.bool_]
    """Which candidates answer, shape (n,)."""
    weight: float
    """So that each set counts the same, however large."""


def judge(cases: Sequence[Case], weight: float) -> list[Judged]:
    """Search and compute features."""
    judged = []
    unfitted = Weights(np.ones(len(FEATURES)), np.ones(len(SIGNALS)), 0.0, 0.0, 0.0)
    for case in cases:
        considered = consider(case.base, case.question, within=case.within, weights=unfitted)
        gold = np.isin(considered.evidence.numbers, case.gold)
        judged.append(Judged(case, considered, gold, weight))
    return judged


def fit_sentences(judged: Sequence[Judged]) -> Array:
    """Weights of the features, shape (len(FEATURES),)."""
    useful = [j for j in judged if j.gold.any() and not j.gold.all()]
    stacked = np.concatenate([j.considered.evidence.features for j in useful]).astype(np.float64)
    spread = stacked.std(axis=0) + 1e-6
    rows = [(j.considered.evidence.features.astype(np.float64) / spread, j.gold, j.weight) for j in useful]
    total = sum(weight for _, _, weight in rows)

    def loss(weights: Array) -> tuple[float, Array]:
        value, gradient = 0.0, np.zeros_like(weights)
        for features, gold, weight in rows:
            scores = features @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            right = shares * gold
            mass = right.sum() + 1e-12
            value -= weight * float(np.log(mass))
            gradient -= weight * (features.T @ (right / mass - shares))
        penalty = SHRINK_SENTENCE * float(weights @ weights)
        return value / total + penalty, gradient / total + 2 * SHRINK_SENTENCE * weights

    bounds: list[tuple[float | None, float | None]] = []
    for name in FEATURES:
        if name in GIVEN:
            bounds.append((0.0, 0.0))
        else:
            bounds.append((0.0, None) if name in FOR else (None, 0.0) if name in AGAINST else (None, None))
    fitted = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", bounds=bounds)
    weights: Array = fitted.x / spread
    for name, value in GIVEN.items():
        weights[FEATURES.index(name)] = value
    return weights


def fit_outcome(judged: Sequence[Judged], rows: Array) -> tuple[Array, float]:
    """Weights of the signals and offset; `rows` are the signals, shape (cases, len(SIGNALS))."""
    truth = np.array([j.case.expect == "answered" for j in judged], np.float64)
    weight = np.array([j.weight for j in judged])
    for value in (0.0, 1.0):  # both outcomes count the same
        weight[truth == value] /= weight[truth == value].sum()
    spread = rows.std(axis=0) + 1e-6

    def loss(parameters: Array) -> tuple[float, Array]:
        logits = (rows / spread) @ parameters[:-1] + parameters[-1]
        signed = np.where(truth > 0, logits, -logits)
        value = float(weight @ np.logaddexp(0, -signed))
        slope = weight * (1 / (1 + np.exp(-logits)) - truth)
        gradient = np.append((rows / spread).T @ slope, slope.sum())
        gradient[:-1] += 2 * SHRINK_ANSWER * parameters[:-1]
        return value + SHRINK_ANSWER * float(parameters[:-1] @ parameters[:-1]), gradient

    bounds = [(0.0, None) if name in SPEAKS_FOR else (None, None) for name in SIGNALS]
    start = np.zeros(len(SIGNALS) + 1)
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    weights: Array = fitted[:-1] / spread
    return weights, float(fitted[-1])


def signals_of(judged: Judged, sentence: Array) -> Array:
    """The signals under other sentence weights."""
    considered = judged.considered
    scores = considered.evidence.features.astype(np.float64) @ sentence
    return signals(
        judged.case.base.index,
        judged.case.question,
        considered.query,
        considered.scored,
        considered.evidence,
        scores,
        judged.case.base.terms,
    )


def thresholds(judged: Sequence[Judged], rows: Array, weights: Array, offset: float) -> tuple[float, float]:
    """Confidence from which a question is answered, and from which it is related. Adjusts the weights
    of languages and kinds so that no kind of question is refused more than the others."""
    answerable = np.array([j.case.expect == "answered" for j in judged])
    across, english, source = (rows[:, SIGNALS.index(name)] > 0 for name in ("across", "english", "source"))
    weight = np.array([j.weight for j in judged])
    logits = rows @ weights + offset

    def quantile(group: NDArray[np.bool_]) -> float:
        share = FALSE_REFUSALS if source[group].all() else FALSE_REFUSALS_NOTES
        return _quantile(logits[answerable & group], weight[answerable & group], share)

    # Six kinds of questions and evidence; the weights that tell them apart move until each kind is refused alike.
    answered = quantile(~source & ~english)
    moves = (
        (("english",), ~source & english),
        (("source",), source & ~across & ~english),
        (("english", "source", "english source"), source & ~across & english),
        (("source", "across"), across & ~english),
        (("english", "source", "english source", "across", "english across"), across & english),
    )
    moved: dict[str, float] = {}
    for names, group in moves:
        needed = answered - quantile(group)
        moved[names[-1]] = needed - sum(moved[name] for name in names[:-1])
    for name, move in moved.items():
        weights[SIGNALS.index(name)] += move
    confidence = 1 / (1 + np.exp(-(rows @ weights + offset)))
    floor = float(1 / (1 + np.exp(-answered)))
    related = [
        c for j, c in zip(judged, confidence, strict=True) if j.case.expect == "related" and j.case.within is None
    ]
    refused = [c for j, c in zip(judged, confidence, strict=True) if j.case.expect == "refused"]
    cuts = sorted({*related, *refused})
    best = max(cuts, key=lambda cut: np.mean(np.array(related) >= cut) + np.mean(np.array(refused) < cut), default=0.0)
    return floor, min(best, floor)


def _quantile(values: Array, weights: Array, share: float) -> float:
    """The value below which `share` of the weight lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][int(np.searchsorted(below, share))])


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache")
    parser.add_argument("--most", type=int, default=500, help="questions of a set")
    chosen = parser.parse_args()
    shipped = shipped_base(chosen.cache)
    embedder = CachedEmbedder(shipped.embedder, chosen.cache)
    embedder.remember("answers")
    zh, en, drcd = (load(chosen.data / f"{name}.json") for name in ("xquad.zh", "xquad.en", "drcd_dev"))
    judged: list[Judged] = []
    bases = {
        name: squad_base(data, embedder, shipped.settings) for name, data in (("zh", zh), ("en", en), ("drcd", drcd))
    }
    for data, name in ((zh, "zh"), (en, "en"), (crossed(en, zh), "zh"), (crossed(zh, en), "en"), (drcd, "drcd")):
        cases = list(squad_cases(data, bases[name], half=0, most=chosen.most))
        judged += judge(cases, 1 / len(cases))
    embedder.keep("answers")
    own = [case for name in OWN_FILES for case in own_cases(QUESTIONS / name, shipped)]
    judged += judge(own, OWN / len(own))
    sentence = fit_sentences(judged)
    rows = np.array([signals_of(j, sentence) for j in judged])
    answer, offset = fit_outcome(judged, rows)
    answered, related = thresholds(judged, rows, answer, offset)
    stored = {
        "sentence": dict(zip(FEATURES, (round(float(w), 4) for w in sentence), strict=True)),
        "answer": dict(zip(SIGNALS, (round(float(w), 4) for w in answer), strict=True)),
        "offset": round(offset, 4),
        "answered": round(answered, 4),
        "related": round(related, 4),
    }
    FILE.write_text(json.dumps(stored, indent=1) + "\n")
    print(json.dumps(stored, indent=1))


if __name__ == "__main__":
    main()
