"""The pipeline: what becomes of files, and what is embedded and written for it."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest import pipeline
from ingest.pipeline import Report, ingest
from knowledge.base import open_store
from knowledge.console import Progress
from knowledge.embeddings.embedder import Embedder, open_embedder
from knowledge.errors import EngineError, FingerprintError
from knowledge.settings import Settings
from knowledge.store import Store


@pytest.fixture
def settings(tmp_path: Path, warm_home: Path) -> Settings:
    """An empty home that shares the built engine."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "engine").symlink_to(warm_home / "engine")
    return Settings.model_validate({"KAIBI_HOME": str(home)})


@pytest.fixture(scope="module")
def embedder(warm_home: Path) -> Embedder:
    return open_embedder(Settings.model_validate({"KAIBI_HOME": str(warm_home)}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text("阿里云开源了通义。\n它用Apache 2.0许可证。\n")
    (folder / "b.md").write_text("# Baidu\n\nBaidu kept its models closed until 2025.\n")
    return folder


def nothing() -> Embedder:
    """Stands for an embedder that must not be opened."""
    raise AssertionError("the embedder was opened")


def outcomes(report: Report) -> dict[str, str]:
    return {Path(item.source).name: item.outcome for item in report.items}


def run(settings: Settings, open_it: Callable[[], Embedder], *sources: Path | str, **given: str) -> Report:
    with closing(open_store(settings)) as store:
        return ingest([str(source) for source in sources], store, open_it, given=given)


def texts(settings: Settings) -> dict[str, str]:
    with closing(open_store(settings)) as store:
        return {document.id: document.text for document in store.documents()}


def test_a_folder_goes_in_and_unchanged_files_cost_nothing(
    settings: Settings, embedder: Embedder, folder: Path
) -> None:
    """New files are added; a second run embeds nothing and leaves the store's generation as it is."""
    assert outcomes(run(settings, lambda: embedder, folder)) == {"a.txt": "added", "b.md": "added"}
    assert set(texts(settings)) == {"a", "b"}
    generation = open_store(settings).generation()
    assert outcomes(run(settings, nothing, folder)) == {"a.txt": "unchanged", "b.md": "unchanged"}
    assert open_store(settings).generation() == generation


def test_a_changed_file_is_replaced_as_a_whole(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """After a change the store holds the new text alone; the other file is not touched."""
    run(settings, lambda: embedder, folder)
    (folder / "a.txt").write_text("只剩这一句。")
    assert outcomes(run(settings, lambda: embedder, folder)) == {"a.txt": "replaced", "b.md": "unchanged"}
    with closing(open_store(settings)) as store:
        contents = store.read()
    assert [passage.text for passage in contents.passages if passage.document == "a"] == ["只剩这一句。"]


def test_what_is_said_of_a_document_counts_as_a_change(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """New metadata with the same words is stored."""
    run(settings, lambda: embedder, folder / "a.txt")
    assert outcomes(run(settings, lambda: embedder, folder / "a.txt", publisher="报社")) == {"a.txt": "replaced"}
    with closing(open_store(settings)) as store:
        assert store.versions()["a"][1].publisher == "报社"


def test_the_stored_vectors_are_the_embedders(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Each passage has the vector of its embedded text, each sentence its own, whatever they were embedded with."""
    from ingest.splitting import embedded_sentences, embedded_text

    run(settings, lambda: embedder, folder)
    with closing(open_store(settings)) as store:
        contents = store.read()
    passages = embedder.passages([embedded_text(passage) for passage in contents.passages])
    sentences = embedder.passages([text for passage in contents.passages for text in embedded_sentences(passage)])
    assert ((contents.vectors * passages).sum(axis=1) > 0.9999).all()
    assert ((contents.sentence_vectors * sentences).sum(axis=1) > 0.9999).all()


def test_failures_are_reported_and_the_rest_is_done(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Broken, empty, unknown and missing files each have a reason; the good ones are in."""
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "empty.txt").write_text("")
    (folder / "photo.png").write_bytes(b"png")
    report = run(
        settings, lambda: embedder, folder, folder / "photo.png", folder / "missing.txt", "http://127.0.0.1:9/x"
    )
    found = outcomes(report)
    assert found.pop("a.txt") == found.pop("b.md") == "added"
    assert set(found) == {"broken.pdf", "empty.txt", "photo.png", "missing.txt", "x"}
    assert set(found.values()) == {"failed"}
    assert all(item.reason for item in report.items if item.outcome == "failed")


def test_folders_are_walked_without_circles(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Sub-folders are read, hidden files and links to folders are not; a folder without a readable file says so."""
    deep = folder / "x" / "y"
    deep.mkdir(parents=True)
    (deep / "c.txt").write_text("深处的一句话。")
    (deep / "loop").symlink_to(folder)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "d.txt").write_text("看不见的话。")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    assert set(outcomes(run(settings, lambda: embedder, folder))) == {"a.txt", "b.md", "c.txt"}
    empty = folder / "empty"
    empty.mkdir()
    (item,) = run(settings, nothing, empty).items
    assert (item.outcome, ".docx" in item.reason) == ("failed", True)


def test_files_of_one_name_keep_apart(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """The second gets an id of its own, and both are found unchanged the next time."""
    other = folder / "other"
    other.mkdir()
    (other / "a.txt").write_text("另一个文件的话。")
    (folder / "A.md").write_text("第三个文件的话。")
    run(settings, lambda: embedder, folder)
    assert sorted(texts(settings)) == ["a", "a-2", "a-3", "b"]
    assert set(outcomes(run(settings, nothing, folder)).values()) == {"unchanged"}


def test_the_same_words_in_two_places_are_stored_once(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """A copy is no second document; when the first place is gone, the file was moved."""
    copy = folder / "copy"
    copy.mkdir()
    (copy / "a.txt").write_bytes((folder / "a.txt").read_bytes())
    run(settings, lambda: embedder, folder / "a.txt")
    assert outcomes(run(settings, nothing, copy, folder / "a.txt", folder / "a.txt")) == {"a.txt": "unchanged"}
    (folder / "a.txt").unlink()
    run(settings, lambda: embedder, copy)
    with closing(open_store(settings)) as store:
        assert {identifier: metadata.origin for identifier, (_, metadata) in store.versions().items()} == {
            "a": str(copy / "a.txt")
        }


def test_two_processes_give_no_id_twice(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Files of one name that two processes ingest at the same time are both kept."""
    other = folder / "other"
    other.mkdir()
    (other / "a.txt").write_text("另一个文件的话。")
    with closing(open_store(settings)) as store:

        def overtaken() -> Embedder:
            run(settings, lambda: embedder, other)  # Between our look at the store and our write.
            return embedder

        ingest([str(folder / "a.txt")], store, overtaken)
    assert sorted(texts(settings).values()) == ["另一个文件的话。", "阿里云开源了通义。\n它用Apache 2.0许可证。\n"]


def test_documents_are_embedded_together(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Many small files take few calls and few writes, and a sentence that they share is embedded once."""
    for number in range(40):
        (folder / f"n{number}.txt").write_text(f"第{number}份文件。\n许可证是Apache 2.0。\n")
    calls: list[int] = []

    class Counting(Embedder):
        def passages(self, texts, **options):  # type: ignore[no-untyped-def]
            calls.append(len(texts))
            assert len(set(texts)) == len(texts)
            return embedder.passages(texts, **options)

    counting = Counting(embedder.engine, embedder.fingerprint)
    run(settings, lambda: counting, folder)
    assert len(calls) == 1
    assert len(texts(settings)) == 42


def test_progress_reaches_its_end(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """What is told as done adds up to what was told to come, over several writes."""
    told: list[float] = []
    for number in range(5):
        (folder / f"n{number}.txt").write_text(f"第{number}份文件。\n" * (number + 1))
    with closing(open_store(settings)) as store:
        progress = Progress(lambda label, total: told.append(-total), told.append)
        ingest([str(folder)], store, lambda: embedder, progress=progress)
    assert told[0] < 0
    assert abs(sum(told)) < 1e-6 * -told[0]


def test_a_failing_engine_keeps_what_was_done(
    settings: Settings, embedder: Embedder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents that were written before the embedding failed stay; the next run goes on with the others."""
    monkeypatch.setattr(pipeline, "EMBEDDED_AT_ONCE", 1)
    calls = []

    class Failing(Embedder):
        def passages(self, texts, **options):  # type: ignore[no-untyped-def]
            calls.append(texts)
            if len(calls) == 2:
                raise EngineError("The embedding service failed.")
            return embedder.passages(texts, **options)

    with pytest.raises(EngineError):
        run(settings, lambda: Failing(embedder.engine, embedder.fingerprint), folder)
    assert set(texts(settings)) == {"a"}
    assert outcomes(run(settings, lambda: embedder, folder)) == {"a.txt": "unchanged", "b.md": "added"}


REBUILD = """
import sys, time
from langchain_core.embeddings import DeterministicFakeEmbedding
from ingest import pipeline, rebuild
from knowledge.console import Progress
from knowledge.embeddings.embedder import Embedder
from knowledge.settings import Settings
pipeline.EMBEDDED_AT_ONCE = 1
settings = Settings.model_validate({"KAIBI_HOME": sys.argv[1]})
class Slow(Embedder):
    calls = 0
    def passages(self, texts, **options):
        Slow.calls += 1
        print("embedding", flush=True)
        if Slow.calls == int(sys.argv[2]):
            time.sleep(60)
        return super().passages(texts, **options)
embedder = Slow(DeterministicFakeEmbedding(size=8), "other")
report = rebuild.rebuild(settings, embedder, Progress())
print(len(report.items))
"""


def test_a_rebuilding_that_is_killed_loses_nothing(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Until all is embedded anew the old vectors serve; the next run does what is left, and then the new ones serve."""
    (folder / "c.txt").write_text("第三份文件。")
    run(settings, lambda: embedder, folder)
    before = texts(settings)

    def rebuild(stop_at: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", REBUILD, str(settings.home), str(stop_at)]
        environment = {**os.environ, "PYTHONPATH": str(Path(pipeline.__file__).parent.parent)}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    with rebuild(stop_at=3) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline() == "embedding\n"
        process.kill()
    assert texts(settings) == before
    with closing(open_store(settings)) as store:
        assert store.read().vectors.shape[1] == 384
    with rebuild(stop_at=9) as process:
        out, _ = process.communicate()
    assert out.splitlines()[-1] == "1"
    with closing(Store(settings, "other")) as store:
        assert {document.id: document.text for document in store.documents()} == before
        assert store.read().vectors.shape == (3, 8)
    with pytest.raises(FingerprintError):
        open_store(settings).generation()


def test_rebuilding_with_the_same_embedding(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Every document is embedded anew in its place."""
    from ingest.rebuild import rebuild

    run(settings, lambda: embedder, folder)
    before = open_store(settings).generation()
    assert outcomes(rebuild(settings, embedder, Progress())) == {"a.txt": "replaced", "b.md": "replaced"}
    with closing(open_store(settings)) as store:
        assert store.generation() != before
        assert len(store.documents()) == 2
        assert np.isfinite(store.read().vectors).all()


def test_another_embedding_writes_nothing(settings: Settings, embedder: Embedder, folder: Path) -> None:
    """A store is never filled with vectors of two kinds, also when they have the same size."""
    run(settings, lambda: embedder, folder / "a.txt")
    with closing(Store(settings, "other")) as store, pytest.raises(FingerprintError):
        ingest([str(folder)], store, lambda: Embedder(embedder.engine, "other"))
    assert set(texts(settings)) == {"a"}
