"""Fit the weights of search (knowledge.search.SearchWeights) on one half of the sets; bench/retrieval.py reports on the other.

    python -m bench.fit_search [--data FOLDER] [--cache FOLDER] [--most N]

Softmax over the passages of a question, so that those of the right document score above the rest. First what is needed
within one language, on XQuAD's two, DRCD and bench/questions/fit.yaml; then, with that fixed, what is needed across, on
XQuAD crossed and mixed. The weights are printed, to be copied into the class; nothing is reported.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench import cases
from bench.cases import QUESTIONS, shipped_base
from bench.retrieval import Bench, open_bench
from bench.squad import QuestionSet, crossed, index_of, load, mixed
from knowledge.errors import KaibiError
from knowledge.index import Index
from knowledge.search import Query, SearchWeights, search

Array = NDArray[np.float64]

CENTRING = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Tried one by one: the best sentence of a passage changes with it, so that no gradient leads to the best."""
RIVALS = 80
"""Passages that compete for a question."""
ROUGH = SearchWeights()
"""Chooses the rivals."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question with the passages that compete for it."""

    index: Index
    query: Query
    background: NDArray[np.float32]
    rivals: NDArray[np.int64]
    gold: NDArray[np.bool_]
    """Which of the rivals are of the right document, shape (rivals,)."""
    weight: float
    """So that each set counts the same, however large."""


def cases_of(bench: Bench, questions: QuestionSet, most: int) -> list[Case]:
    """The fitted half of a set, evenly thinned to `most` questions."""
    index = index_of(questions.documents, bench.embedder, bench.terms)
    documents = np.array([passage.document for passage in index.passages])
    asked = questions.half(0)
    asked = asked[:: -(-len(asked) // most)]
    found = []
    for one in asked:
        query = bench.query(index, one)
        found.append(_case(index, query, bench.background(query), documents == one.document, 1 / len(asked)))
    return found


def own_cases(cache: Path) -> list[Case]:
    """Questions as colleagues type them, on the shipped documents: any passage with a sentence that answers is right."""
    base = shipped_base(cache)
    asked = [case for case in cases.own_cases(QUESTIONS / "fit.yaml", base) if len(case.gold)]
    found = []
    for one in asked:
        right = np.zeros(len(base.index.passages), bool)
        right[base.index.owners[one.gold]] = True
        query = base.query(one.question.text, one.question.language)
        background = base.backgrounds["en" if query.language == "en" else "zh"]
        found.append(_case(base.index, query, background, right, 1 / len(asked)))
    return found


def _case(index: Index, query: Query, background: NDArray[np.float32], right: NDArray[np.bool_], weight: float) -> Case:
    scores = search(index, query, background=background, weights=ROUGH).passages
    rivals = np.argsort(-np.where(right, np.inf, scores), kind="stable")[:RIVALS]
    return Case(index, query, background, rivals, right[rivals], weight)


def parts(case: Case, weights: SearchWeights) -> tuple[Array, Array, Array, Array]:
    """What the fused score is made of, each of shape (rivals,): passage and sentence meaning, words, whether across.

    By search itself under weights that leave one part over, so that nothing is fitted but what is run.
    """
    bare = dataclasses.replace(weights, words=0, words_across=0, across=0)

    def run(chosen: SearchWeights) -> Array:
        scored = search(case.index, case.query, background=case.background, weights=chosen)
        return scored.passages[case.rivals].astype(np.float64)

    passage = run(dataclasses.replace(bare, passage=1))
    sentence = run(dataclasses.replace(bare, passage=0))
    words = run(dataclasses.replace(bare, passage=1, words=1, words_across=1)) - passage
    across = (case.index.english[case.rivals] != (case.query.language == "en")).astype(np.float64)
    return passage, sentence, words, across


def fit(rows: Sequence[tuple[Array, Case]], start: Array) -> tuple[Array, float]:
    """Weights of the columns of each row, shape (columns,), and the mean loss. Only their proportions count in search."""

    def loss(weights: Array) -> tuple[float, Array]:
        value, gradient = 0.0, np.zeros_like(weights)
        for features, case in rows:
            scores = features @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            right = shares * case.gold
            mass = right.sum() + 1e-30
            value -= case.weight * float(np.log(mass))
            gradient -= case.weight * (features.T @ (right / mass - shares))
        return value, gradient

    fitted = minimize(loss, start, jac=True, method="L-BFGS-B")
    weights: Array = fitted.x
    return weights, float(fitted.fun)


def fit_within(given: Sequence[Case]) -> SearchWeights:
    """The weights that count within one language."""
    rows = []
    for case in given:
        passage, sentence, words, _ = parts(case, ROUGH)
        rows.append((np.stack([passage, sentence, words], axis=1), case))
    fitted, _ = fit(rows, np.array([30.0, 70.0, 4.0]))
    meaning = fitted[0] + fitted[1]
    return dataclasses.replace(ROUGH, passage=fitted[0] / meaning, words=fitted[2] / meaning)


def fit_across(given: Sequence[Case], within: SearchWeights) -> SearchWeights:
    """The weights that count across languages, given the others."""
    best: tuple[float, SearchWeights] = (np.inf, within)
    for centring in CENTRING:
        tried = dataclasses.replace(within, centring=centring)
        rows = []
        for case in given:
            passage, sentence, words, across = parts(case, tried)
            fixed = within.passage * passage + (1 - within.passage) * sentence + within.words * words * (1 - across)
            rows.append((np.stack([fixed, words * across, across], axis=1), case))
        fitted, loss = fit(rows, np.array([150.0, 3.0, 12.0]))
        print(f"centring {centring}: loss {loss:.4f}", file=sys.stderr)
        chosen = dataclasses.replace(tried, words_across=fitted[1] / fitted[0], across=fitted[2] / fitted[0])
        best = min(best, (loss, chosen), key=lambda pair: pair[0])
    return best[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache")
    parser.add_argument("--most", type=int, default=5_000, help="questions of a set")
    chosen = parser.parse_args(arguments)
    try:
        zh, en, drcd = (load(chosen.data / f"{name}.json") for name in ("xquad.zh", "xquad.en", "drcd_dev"))
        bench = open_bench(chosen.cache)
    except KaibiError as error:
        print(f"{error.message} {error.remedy}".strip(), file=sys.stderr)
        return error.exit_code
    bench.embedder.remember("retrieval")
    alike = [case for data in (zh, en, drcd) for case in cases_of(bench, data, chosen.most)]
    within = fit_within([*alike, *own_cases(chosen.cache)])
    sets = (crossed(en, zh), crossed(zh, en), mixed(zh, en))
    weights = fit_across([case for data in sets for case in cases_of(bench, data, chosen.most)], within)
    bench.embedder.keep("retrieval")
    for name, value in dataclasses.asdict(weights).items():
        print(f"{name}: {value:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
