"""How often search finds the right document: recall at 1 and 5 and mean reciprocal rank, beside its two halves alone.

    python -m bench.retrieval [FILE …] [--documents FILE] [--data FOLDER] [--cache FOLDER]

Without FILE: XQuAD within, across and with its two languages mixed, and DRCD, from --data; `held` is the half that nothing was
fitted on, `all` has the half that bench/fit_search.py reads too. With FILE: every question of those SQuAD-format files;
--documents takes the documents of a parallel file in another language.

Dense is the cosine to the passage vectors; BM25 is the words' score; a document ranks by its best passage, and ties count
against us. KAIBI_EMBEDDINGS chooses another embedding than the bundled one.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.squad import Asked, CachedEmbedder, QuestionSet, crossed, index_of, load, mixed
from knowledge.document import Language
from knowledge.embeddings.background import background
from knowledge.embeddings.embedder import open_embedder
from knowledge.errors import KaibiError
from knowledge.index import Index
from knowledge.script import language_of
from knowledge.search import Query, make_query, needs_across, search
from knowledge.settings import Settings
from knowledge.terms import Terms, load_terms

SYSTEMS = ("dense", "BM25", "search")
Ranks = NDArray[np.float64]
"""Rank of the right document for each question and system, shape (questions, len(SYSTEMS)); infinite where not found."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all sets share."""

    embedder: CachedEmbedder
    backgrounds: dict[str, NDArray[np.float32]]
    terms: Terms

    def query(self, index: Index, asked: Asked) -> Query:
        """A question as the bot would read it."""
        language: Language = language_of(asked.text)
        across = needs_across(index, language)
        return make_query(asked.text, language, self.embedder, self.terms, across=across)

    def background(self, query: Query) -> NDArray[np.float32]:
        """The mean question vector of the query's language."""
        return self.backgrounds["en" if query.language == "en" else "zh"]


def open_bench(cache: Path) -> Bench:
    """The embedding of the settings, its engine and vectors kept under `cache`."""
    settings = Settings.model_validate({"KAIBI_HOME": str(cache.absolute() / "home")})
    embedder = CachedEmbedder(open_embedder(settings), cache)
    return Bench(embedder, background(embedder, settings.home), load_terms())


def standard_sets(data: Path) -> Iterator[QuestionSet]:
    """XQuAD within, across and with its languages mixed, and DRCD."""
    zh, en, drcd = (load(data / f"{name}.json") for name in ("xquad.zh", "xquad.en", "drcd_dev"))
    yield from (zh, en, crossed(en, zh), crossed(zh, en), mixed(zh, en), drcd)


def document_scores(scores: NDArray[np.float32], owners: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Score of each document: that of its best passage, shape (count,)."""
    best = np.full(count, -np.inf, np.float32)
    np.maximum.at(best, owners, scores)
    return best


def ranks(bench: Bench, questions: QuestionSet, index: Index) -> Ranks:
    """Ask every question."""
    place = {document.id: number for number, document in enumerate(questions.documents)}
    owners = np.array([place[passage.document] for passage in index.passages], np.int64)
    found = np.full((len(questions.questions), len(SYSTEMS)), np.inf)
    for row, asked in enumerate(questions.questions):
        query = bench.query(index, asked)
        scored = search(index, query, background=bench.background(query))
        words = np.where(scored.words > 0, scored.words, -np.inf)  # Without a word in common there is no rank.
        for column, scores in enumerate((index.vectors @ query.vector, words, scored.passages)):
            best = document_scores(scores, owners, len(place))
            right = best[place[asked.document]]
            if np.isfinite(right):
                found[row, column] = np.count_nonzero(best >= right)
    return found


def figures(found: Ranks) -> list[str]:
    """Recall at 1, at 5 and mean reciprocal rank of each system."""
    return [
        f"{np.mean(found[:, column] <= 1):.3f} {np.mean(found[:, column] <= 5):.3f} {np.mean(1 / found[:, column]):.3f}"
        for column in range(len(SYSTEMS))
    ]


def report(bench: Bench, sets: Sequence[QuestionSet], *, halves: bool) -> None:
    """Measure and print, one line a set and part."""
    heads = "".join(f"  {f'{system} R@1 R@5 MRR':22}" for system in SYSTEMS)
    print(f"{'set':36} {'part':5} questions documents passages{heads}")
    for questions in sets:
        index = index_of(questions.documents, bench.embedder, bench.terms)
        found = ranks(bench, questions, index)
        held = {id(asked) for asked in questions.half(1)}
        parts = {"all": np.ones(len(found), bool)}
        if halves:
            parts = {"held": np.array([id(asked) in held for asked in questions.questions]), **parts}
        for part, chosen in parts.items():
            sizes = f"{chosen.sum():9} {len(questions.documents):9} {len(index.passages):8}"
            print(
                f"{questions.name:36} {part:5} {sizes}" + "".join(f"  {text:22}" for text in figures(found[chosen])),
                flush=True,
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--documents", type=Path, help="a parallel file whose documents are searched instead")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache")
    chosen = parser.parse_args(arguments)
    try:
        sets = [load(path) for path in chosen.files] or list(standard_sets(chosen.data))
        if chosen.documents:
            sets = [crossed(questions, load(chosen.documents)) for questions in sets]
        bench = open_bench(chosen.cache)
        bench.embedder.remember("retrieval")
        report(bench, sets, halves=not chosen.files)
        bench.embedder.keep("retrieval")
    except KaibiError as error:
        print(f"{error.message} {error.remedy}".strip(), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
