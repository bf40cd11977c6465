"""Fit the networks and thresholds of bot.unmatched (bot/denials.json).

    python -m bench.fit_denials xquad.zh.json xquad.en.json odds.json

Reads the odds of bench.fit_transformer (run first), the shipped notes in both languages, every other document of XQuAD in both, and
the statements of fit.yaml, denials.yaml and further.yaml; the other files of statements are not read. Thresholds are chosen on
fit.yaml and denials.yaml, on odds from networks and a transformer that have not seen the statement.
"""

import argparse
import itertools
import json
import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.denial_examples import Example, notes, of_parallel_text, of_statements
from bench.lies import FOLDER, denied
from bot.alignment import TokenText, read_tokens
from bot.checking import QUOTED
from bot.polarity import contradictions
from bot.unmatched import FILE, HIDDEN, LARGEST, SIGNALS, Network, extended, signals
from knowledge.embeddings.embedder import open_bundled
from knowledge.sentences import sentence_spans
from knowledge.settings import load_settings
from knowledge.terms import load_terms

Array = NDArray[np.float64]
SHRINK = 3e-3
STATEMENT_WEIGHT = 8.0
"""A statement written by hand counts as much as so many made by rule."""
WRITTEN = {"fit": True, "denials": True, "further": False}
"""Files of statements, and whether thresholds are chosen on them: further.yaml is harder than what models mostly write."""
FALSE_ALARMS = 0.02
"""Share of honest statements that may be stopped for a denial on the statements that the thresholds are chosen on."""
FOLDS = 3
NEVER = 99.0


def fold_of(group: str) -> int:
    """Which fold a statement belongs to; bench.fit_transformer folds alike."""
    return zlib.crc32(group.encode()) % FOLDS


@dataclass
class Case:
    """An example with the signals of each denial of the claim and of the evidence."""

    example: Example
    weight: float
    mine: Array
    theirs: Array
    false_mine: int = -1
    """Which denial of the claim is false; -1: none is marked."""
    false_theirs: int = -1
    by_words: tuple[bool, bool] = (False, False)


class Reading:
    """Texts as tokens, each embedded once."""

    def __init__(self) -> None:
        self.engine = open_bundled(load_settings().home)
        self.read = cache(self._read)

    def _read(self, text: str) -> TokenText:
        return read_tokens(text, self.engine.tokens)

    def case(self, example: Example, weight: float) -> Case:
        said, told = self.read(example.claim), self.read(example.evidence)
        mine = np.array([signals(said, span, told) for span in said.denials]).reshape(-1, len(SIGNALS))
        theirs = np.array([signals(told, span, said) for span in told.denials]).reshape(-1, len(SIGNALS))
        case = Case(example, weight, mine, theirs)
        if example.lie == "added" and example.place:
            start, end = example.place
            met = [n for n, (a, b) in enumerate(said.denials) if a < end and start < b]
            case.false_mine = met[0] if met else -1
        if example.lie == "dropped" and example.place and told.denials:
            case.false_theirs = self._counterpart(self.read(example.honest), example.place, told)
        return case

    def _counterpart(self, honest: TokenText, place: tuple[int, int], told: TokenText) -> int:
        """Which denial of the evidence the honest statement's one stands for."""
        cue = honest.covering(place)
        if not cue:
            return -1
        alike = (honest.vectors[cue] @ told.vectors.T).max(axis=0)
        nearness = [max((alike[n] for n in told.covering(span)), default=-1.0) for span in told.denials]
        return int(np.argmax(nearness))


def fit_network(rows: Array, truth: Array, weight: Array) -> Network:
    """Weighted logistic loss, L-BFGS from a fixed start."""
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    scaled = np.column_stack([(rows - centre) / spread, np.ones(len(rows))])
    weight = weight / weight.sum()
    shape = (scaled.shape[1], HIDDEN)
    size = shape[0] * shape[1]
    start = np.random.default_rng(7).normal(0, 0.3, size + HIDDEN + 1)

    def loss(parameters: Array) -> tuple[float, Array]:
        hidden, out = parameters[:size].reshape(shape), parameters[size:]
        middle = np.tanh(scaled @ hidden)
        odds = middle @ out[:-1] + out[-1]
        value = float(weight @ np.logaddexp(0, np.where(truth > 0, -odds, odds)))
        slope = weight * (1 / (1 + np.exp(-odds)) - truth)
        inner = np.outer(slope, out[:-1]) * (1 - middle**2)
        gradient = np.concatenate([(scaled.T @ inner).ravel(), middle.T @ slope, [slope.sum()]])
        return value + SHRINK * float(parameters @ parameters), gradient + 2 * SHRINK * parameters

    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    hidden = fitted[:size].reshape(shape)
    hidden[-1] -= (centre / spread) @ hidden[:-1]
    hidden[:-1] /= spread[:, None]
    return Network(hidden, fitted[size:])


def fit(cases: Sequence[Case]) -> tuple[Network, Network]:
    """The two networks. A written lie's false denial is taken to be the one that the first fit finds likeliest."""
    marked = [case for case in cases if case.example.lie != "written"]
    unmatched, dropped = _fit(marked, marked)
    written = [case for case in cases if case.example.lie == "written"]
    for case in written:
        added, left = odds(case, unmatched, dropped)
        case.false_mine = case.false_theirs = -1
        if max(added, left) > -NEVER and added >= left:
            case.false_mine = int(unmatched.odds(case.mine).argmax())
        elif max(added, left) > -NEVER:
            case.false_theirs = int(dropped.odds(extended(case.theirs, unmatched)).argmax())
    return _fit([*marked, *written], [*marked, *written])


def _fit(for_added: Sequence[Case], for_dropped: Sequence[Case]) -> tuple[Network, Network]:
    rows, truth, weight = _stacked([(c, c.mine, c.false_mine) for c in for_added])
    unmatched = fit_network(rows, truth, weight)
    rows, truth, weight = _stacked([(c, c.theirs, c.false_theirs) for c in for_dropped])
    return unmatched, fit_network(extended(rows, unmatched), truth, weight)


def _stacked(parts: Sequence[tuple[Case, Array, int]]) -> tuple[Array, Array, Array]:
    rows, truth, weight = [], [], []
    for case, signals_of, false in parts:
        for number, row in enumerate(signals_of):
            if number == false or not case.example.lie:
                rows.append(row)
                truth.append(float(number == false))
                weight.append(case.weight)
    return np.array(rows), np.array(truth), np.array(weight)


def odds(case: Case, unmatched: Network, dropped: Network) -> tuple[float, float]:
    """The highest log odds that a denial is added, and that one is dropped."""
    added = float(unmatched.odds(case.mine).max()) if len(case.mine) else -NEVER
    left = float(dropped.odds(extended(case.theirs, unmatched)).max()) if len(case.theirs) else -NEVER
    return added, left


Rate = tuple[float, float, int, int]
"""A pair of thresholds, and the honest statements and the lies that it stops."""


def rates(cases: Sequence[Case], sure: Array) -> Iterator[Rate]:
    """What each pair of thresholds stops: where words say so too, and where only the vectors do."""
    honest = np.array([not case.example.lie for case in cases])
    words = np.array([any(case.by_words) for case in cases])
    low = [-NEVER, *np.quantile(sure[words], np.linspace(0, 0.6, 25))]
    high = np.quantile(sure[honest & ~words], np.linspace(0.9, 1.0, 61))
    for with_words, alone in itertools.product(low, high):
        if alone >= with_words:
            stopped: NDArray[np.bool_] = np.where(words, sure >= with_words, sure >= alone)
            yield with_words, alone, int(stopped[honest].sum()), int(stopped[~honest].sum())


def thresholds(parts: Mapping[str, tuple[Sequence[Case], Array]]) -> dict[str, tuple[float, float]]:
    """The thresholds of each part that together catch most within FALSE_ALARMS of all honest statements."""
    honest = {name: sum(not case.example.lie for case in cases) for name, (cases, _) in parts.items()}
    most = int(FALSE_ALARMS * sum(honest.values()))
    best: dict[str, dict[int, Rate]] = {}
    for name, (cases, sure) in parts.items():
        for rate in rates(cases, sure):
            known = best.setdefault(name, {}).get(rate[2])
            if known is None or rate[3] > known[3]:
                best[name][rate[2]] = rate
    options = [list(found.values()) for found in best.values()]
    allowed = [some for some in itertools.product(*options) if sum(rate[2] for rate in some) <= most]
    chosen = dict(zip(best, max(allowed, key=lambda some: sum(rate[3] for rate in some)), strict=True))
    for name, (_, _, alarms, caught) in chosen.items():
        lies = len(parts[name][0]) - honest[name]
        print(f"{name}: {caught / lies:.1%} of {lies} lies, {alarms / honest[name]:.1%} of {honest[name]} honest ones")
    return {name: (with_words, alone) for name, (with_words, alone, _, _) in chosen.items()}


def parallel(chinese: Path, english: Path) -> list[tuple[str, list[str], list[str]]]:
    """Sentences of every other document of XQuAD in both languages, where their numbers agree; two or three together."""
    found = []
    both = [json.loads(path.read_text(encoding="utf-8"))["data"] for path in (chinese, english)]
    for number, (one, other) in enumerate(zip(*both, strict=True)):
        for paragraph, twin in zip(one["paragraphs"], other["paragraphs"], strict=True):
            zh, en = (_sentences(part["context"]) for part in (paragraph, twin))
            if number % 2 == 0 and len(zh) == len(en):
                found += [(f"xquad {number}", zh[at : at + 2], en[at : at + 2]) for at in range(0, len(zh), 2)]
    return found


def _sentences(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentence_spans(text) if text[start:end].strip()]


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parallel", nargs=2, type=Path, help="XQuAD in Chinese and in English")
    parser.add_argument("odds", type=Path, help="what bench.fit_transformer wrote")
    parser.add_argument("--most", type=int, default=1200, help="parallel texts to read")
    chosen = parser.parse_args()
    reading, terms = Reading(), load_terms()
    texts = [*notes(), *parallel(*chosen.parallel)]
    random.Random(3).shuffle(texts)
    made = [reading.case(example, 1.0) for example in of_parallel_text(texts[: chosen.most], 5)]
    written = []
    for name in WRITTEN:
        entries = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        for example in of_statements(name, entries, denied):
            case = reading.case(example, STATEMENT_WEIGHT)
            bare = QUOTED.sub(" ", example.claim)
            found = contradictions(bare, [example.evidence], terms, context=example.context)
            case.by_words = bool(found.added), bool(found.dropped)
            written.append(case)
    print(f"{len(made)} examples made by rule, {len(written)} of statements")
    read_both = json.loads(chosen.odds.read_text(encoding="utf-8"))
    sure = np.zeros(len(written))
    for which in range(FOLDS):
        networks = fit([*made, *(case for case in written if fold_of(case.example.group) != which)])
        for number, case in enumerate(written):
            if fold_of(case.example.group) == which:
                surest = max(-LARGEST, min(LARGEST, max(odds(case, *networks))))
                sure[number] = surest + read_both[f"{case.example.claim}\n{case.example.evidence}"]
    denying = np.array([len(case.mine) + len(case.theirs) > 0 for case in written])
    sure[~denying] = -NEVER
    judged = np.array([WRITTEN[case.example.group.split()[0]] for case in written])
    own = np.array([reading.read(c.example.claim).english == reading.read(c.example.evidence).english for c in written])
    parts = {
        pair: ([case for case, chosen in zip(written, mask, strict=True) if chosen], sure[mask])
        for pair, mask in (("own", own & judged), ("across", ~own & judged))
    }
    _write(*fit([*made, *written]), thresholds(parts))


def _write(unmatched: Network, dropped: Network, least: dict[str, tuple[float, float]]) -> None:
    names = {"unmatched": SIGNALS, "dropped": (*SIGNALS, "unmatched")}
    networks = {
        name: {
            "hidden": {
                signal: [round(float(value), 4) for value in row]
                for signal, row in zip((*names[name], "constant"), network.hidden, strict=True)
            },
            "out": [round(float(value), 4) for value in network.out],
        }
        for name, network in (("unmatched", unmatched), ("dropped", dropped))
    }
    rounded = {pair: [round(float(value), 2) for value in values] for pair, values in least.items()}
    text = json.dumps({"thresholds": rounded, "networks": networks}, indent=1)
    FILE.write_text(_one_line_lists(text) + "\n", encoding="utf-8")


def _one_line_lists(text: str) -> str:
    return re.sub(r"\[[^\[\]]*\]", lambda match: " ".join(match[0].split()), text)


if __name__ == "__main__":
    main()
