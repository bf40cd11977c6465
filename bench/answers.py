"""How often the extractive answerer's quotes hold the answer, and how often it keeps from answering what nothing answers.

    python -m bench.answers [FILE …] [--documents FILE] [--data FOLDER] [--questions FILE]

Without FILE: the half of XQuAD and DRCD that bench/fit_answers.py does not read, and bench/questions/fresh.yaml. With FILE:
every question of those SQuAD-format files; --documents takes the documents of a parallel file in another language.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.cases import QUESTIONS, Case, own_cases, shipped_base, squad_base, squad_cases
from bench.squad import CachedEmbedder, QuestionSet, crossed, load
from bot.answer import Answer
from bot.extractive import answer
from knowledge.errors import KaibiError

QUOTES = 2
"""Sentences that a SQuAD question's answer may take."""


def measure_squad(cases: Sequence[Case]) -> dict[str, float]:
    """Shares over a set's cases: hits, false refusals, and unanswerable ones kept from being answered."""
    hits, answered, answerable, kept, unanswerable = 0, 0, 0, 0, 0
    for case in cases:
        given = answer(case.base, case.question, quotes=QUOTES, within=case.within)
        if case.expect == "answered":
            answerable += 1
            answered += given.status == "answered"
            hits += _holds(case, given, QUOTES)
        else:
            unanswerable += 1
            kept += given.status != "answered"
    return {
        "questions": answerable,
        "hit": hits / answerable,
        "refused": 1 - answered / answerable,
        "kept": kept / unanswerable,
    }


def _holds(case: Case, given: Answer, count: int) -> bool:
    """Whether one of the first quotes is a sentence that answers."""
    gold = _places(case, case.gold)
    return any((quote.document, quote.start) in gold for quote in given.quotes[:count])


def _places(case: Case, numbers: np.ndarray) -> set[tuple[str, int]]:
    spans = (case.base.index.sentence_span(int(number)) for number in numbers)
    return {(passage.document, start) for passage, start, _ in spans}


def measure_own(cases: Sequence[Case], *, show: bool) -> list[str]:
    """A table of our own questions by kind, and the confusion of outcomes."""
    by_kind: dict[str, list[float]] = {}
    outcomes: Counter[tuple[str, str]] = Counter()
    for case in cases:
        given = answer(case.base, case.question)
        outcomes[case.expect, given.status] += 1
        if case.expect != "answered":
            if show and given.status == "answered":
                print(f"NOT {case.expect}: {case.question.text}\n    {given.quotes[0].text}")
            continue
        if case.members:
            shown = {(quote.document, quote.start) for quote in given.quotes}
            found = [bool(shown & _places(case, member)) for member in case.members if len(member)]
            good = sum(found) / max(1, min(len(found), len(given.quotes) or 1))
        else:
            good = float(_holds(case, given, 3))
        by_kind.setdefault(f"{case.question.language} {case.question.kind}", []).append(min(1.0, good))
        if show and (good < 0.5 or given.status != "answered"):
            print(f"{given.status} {good:.2f}: {case.question.text}  [{case.question.kind}]")
            for quote in given.quotes[:3]:
                print(f"    {quote.text}")
    everything = [value for values in by_kind.values() for value in values]
    lines = [f"{kind:16} {len(values):3} questions, {np.mean(values):.2f}" for kind, values in sorted(by_kind.items())]
    lines.append(f"{'all':16} {len(everything):3} questions, {np.mean(everything):.2f}")
    lines += [f"{expect} → {status}: {count}" for (expect, status), count in sorted(outcomes.items())]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--questions", type=Path, default=QUESTIONS / "fresh.yaml")
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache")
    parser.add_argument("--most", type=int, default=100_000, help="questions of a set")
    parser.add_argument("--show", action="store_true", help="print our own questions that fail")
    parser.add_argument("--own", action="store_true", help="our own questions alone")
    chosen = parser.parse_args(arguments)
    try:
        _run(chosen)
    except KaibiError as error:
        print(f"{error.message} {error.remedy}".strip(), file=sys.stderr)
        return error.exit_code
    return 0


def _run(chosen: argparse.Namespace) -> None:
    shipped = shipped_base(chosen.cache)
    embedder = CachedEmbedder(shipped.embedder, chosen.cache)
    embedder.remember("answers")
    sets: list[tuple[QuestionSet, int | None]] = []
    if chosen.files:
        loaded = [load(path) for path in chosen.files]
        sets = [(crossed(data, load(chosen.documents)) if chosen.documents else data, None) for data in loaded]
    elif not chosen.own:
        zh, en, drcd = (load(chosen.data / f"{name}.json") for name in ("xquad.zh", "xquad.en", "drcd_dev"))
        sets = [(data, 1) for data in (zh, en, crossed(en, zh), crossed(zh, en), drcd)]
    if sets:
        print(f"{'set':36} questions  answer in ≤ {QUOTES} quotes  false refusals  unanswerable kept back")
    for data, half in sets:
        base = squad_base(data, embedder, shipped.settings)
        cases = list(squad_cases(data, base, half=half, most=chosen.most))
        found = measure_squad(cases)
        print(
            f"{data.name:36} {found['questions']:9.0f}  {found['hit']:22.3f}  {found['refused']:14.3f}"
            f"  {found['kept']:22.3f}",
            flush=True,
        )
    embedder.keep("answers")
    if not chosen.files:
        print("\n".join(measure_own(own_cases(chosen.questions, shipped), show=chosen.show)))


if __name__ == "__main__":
    sys.exit(main())
