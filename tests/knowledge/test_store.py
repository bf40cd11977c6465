"""The store: the embedded Chroma and a real Chroma server keep the same promises."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from knowledge.document import Document, Metadata, Passage
from knowledge.errors import FingerprintError, StoreError
from knowledge.settings import Settings
from knowledge.store import Contents, Store
from knowledge.writer import EmbeddedDocument, Writer

PLACES = ("embedded", "server")
SIZE = 8
"""Dimensions of the vectors here: nothing depends on what they mean."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Chroma server."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(300):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError((folder / "log").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=PLACES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an empty store, embedded and on a server."""
    values = {"KAIBI_HOME": str(tmp_path / "home")}
    if request.param == "server":
        values["CHROMA_URL"] = request.getfixturevalue("server")
    settings = Settings.model_validate(values)
    yield settings
    if request.param == "server":
        from knowledge.chroma import close_client, open_client

        client = open_client(settings)
        for collection in client.list_collections():
            client.delete_collection(collection.name)
        close_client(client)


def embedded(identifier: str, words: str, *, passages: int = 3, origin: str = "") -> EmbeddedDocument:
    """A document of so many passages of two sentences each; the vectors are made of the words."""
    metadata = Metadata(title=f"题 {identifier}", tags=("a", "b"), origin=origin, language="zh")
    parts = [f"{words}之{number}。又一句！\n" for number in range(passages)]
    document = Document(identifier, "".join(parts), metadata)
    made = []
    at = 0
    for number, part in enumerate(parts):
        half = part.index("。") + 1
        spans = ((at, at + half), (at + half, at + len(part) - 1))
        made.append(
            Passage(
                identifier, document.version, number, at, at + len(part), part, spans, heading="节", metadata=metadata
            )
        )
        at += len(part)
    rows = np.random.default_rng(abs(hash(words)) % 2**32).random((3 * passages, SIZE), np.float32)
    return EmbeddedDocument(document, made, rows[:passages], rows[passages:])


def put(settings: Settings, *documents: EmbeddedDocument, fingerprint: str = "test") -> None:
    store = Store(settings, fingerprint)
    with store.writing() as writer:
        writer.put(documents)
    store.close()


def contents_of(settings: Settings) -> Contents:
    with closing(Store(settings, "test")) as store:
        return store.read()


def texts(settings: Settings) -> dict[str, str]:
    with closing(Store(settings, "test")) as store:
        return {document.id: document.text for document in store.documents()}


def test_what_is_put_is_read(settings: Settings) -> None:
    """Text, offsets, sentences, metadata and vectors come back as they were put, and in one order."""
    one, two = embedded("b", "二"), embedded("a", "一", passages=30)
    put(settings, one, two)
    store = Store(settings, "test")
    contents = store.read()
    assert contents.passages == [*two.passages, *one.passages]
    np.testing.assert_array_equal(contents.vectors, np.concatenate([two.vectors, one.vectors]))
    np.testing.assert_array_equal(
        contents.sentence_vectors, np.concatenate([two.sentence_vectors, one.sentence_vectors])
    )
    found = store.document("b")
    assert found is not None
    assert (found.text, found.version, found.metadata) == (
        one.document.text,
        one.document.version,
        one.document.metadata,
    )
    assert store.document("missing") is None
    assert store.versions() == {
        entry.document.id: (entry.document.version, entry.document.metadata) for entry in (one, two)
    }
    store.close()


def test_an_empty_store_is_read(settings: Settings) -> None:
    """Before anything was put there is nothing, and reading makes nothing."""
    store = Store(settings, "test")
    assert (store.generation(), store.documents(), store.versions(), store.read().passages) == ("empty", [], {}, [])
    store.close()
    assert not (settings.home / "chroma").exists()


def test_replacing_leaves_nothing_of_the_old(settings: Settings) -> None:
    """A new version takes the place of the old, also when it is shorter, or its words are the same and cut elsewhere."""
    put(settings, embedded("a", "旧", passages=9))
    put(settings, embedded("a", "新", passages=2))
    assert texts(settings) == {"a": embedded("a", "新", passages=2).document.text}
    same = embedded("a", "新", passages=2)
    whole = Passage("a", same.document.version, 0, 0, len(same.document.text), same.document.text, ())
    put(settings, EmbeddedDocument(same.document, [whole], same.vectors[:1], same.sentence_vectors[:0]))
    contents = contents_of(settings)
    assert [passage.text for passage in contents.passages] == [same.document.text]
    assert contents.sentence_vectors.shape == (0, SIZE)


def test_removing(settings: Settings) -> None:
    """A removed document is gone, the others stay."""
    put(settings, *(embedded(name, name) for name in "abc"))
    store = Store(settings, "test")
    with store.writing() as writer:
        writer.remove(["a", "c", "missing"])
    assert set(store.versions()) == {"b"}
    assert len(store.read().sentence_vectors) == 6
    store.close()


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_a_crash_between_batches_leaves_the_old_version(settings: Settings, batches: int) -> None:
    """A write that is cut off after any of its batches leaves every document whole: as it was, or as it was to be."""
    put(settings, embedded("a", "旧"), embedded("b", "旧"))
    store = Store(settings, "test")

    class CutError(Exception):
        pass

    def cut(writer: Writer) -> None:
        shelf = writer._shelf
        left = [batches]

        class Limited:
            def __init__(self, collection: object) -> None:
                self.collection = collection

            def upsert(self, **rows: object) -> None:
                if left[0] == 0:
                    raise CutError
                left[0] -= 1
                self.collection.upsert(**rows)  # type: ignore[attr-defined]

        limited = type(shelf)(Limited(shelf.passages), Limited(shelf.sentences))  # type: ignore[arg-type]
        Writer(limited, 6).put([embedded("a", "新", passages=4), embedded("b", "新", passages=4)])

    with pytest.raises(CutError), store.writing() as writer:
        cut(writer)
    store.close()
    old, new = (embedded("a", words, passages=n).document.text for words, n in (("旧", 3), ("新", 4)))
    found = texts(settings)
    assert set(found) == {"a", "b"}
    assert set(found.values()) <= {old, new}
    assert found["a"] == old
    contents = contents_of(settings)
    assert len(contents.sentence_vectors) == sum(len(passage.sentences) for passage in contents.passages)
    put(settings, embedded("a", "后"), embedded("b", "后"))
    assert set(texts(settings).values()) == {embedded("a", "后").document.text}
    assert len(contents_of(settings).passages) == 6


CHILD = """
import sys
sys.path[:0] = sys.argv[1:3]
from knowledge.settings import Settings
from test_store import embedded, put
from knowledge.store import Contents, Store
settings = Settings.model_validate({"KAIBI_HOME": sys.argv[3], "CHROMA_URL": sys.argv[4]})
"""


def child(settings: Settings, code: str, **options: int) -> subprocess.Popen[str]:
    """Another process that works on the same store."""
    here = Path(__file__).parent
    arguments = [str(here), str(here.parent.parent), str(settings.home), settings.chroma_url]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", CHILD + code, *arguments]
    return subprocess.Popen(command, text=True, env=environment, **options)


def test_another_process_is_seen(settings: Settings) -> None:
    """A store that is kept notices by its generation what another process wrote, and reads it."""
    put(settings, embedded("a", "一"))
    store = Store(settings, "test")
    before = store.generation()
    assert len(store.read().passages) == 3
    assert store.generation() == before
    assert child(settings, "put(settings, embedded('b', '二'))").wait() == 0
    assert store.generation() != before
    store.close()
    assert {passage.document for passage in store.read().passages} == {"a", "b"}
    assert store.read().vectors.shape == (6, SIZE)
    store.close()


def test_writers_in_two_processes_lose_nothing(settings: Settings) -> None:
    """Two processes that write at once, more than one of Chroma's own batches, keep every document and every vector."""
    code = "for i in range(6):\n    put(settings, *(embedded(f'{NAME}{i}-{j}', f'{NAME}{i}{j}', passages=10) for j in range(10)))"
    writers = [child(settings, code.replace("{NAME}", name)) for name in "xy"]
    assert [writer.wait() for writer in writers] == [0, 0]
    contents = contents_of(settings)
    assert len({passage.document for passage in contents.passages}) == 120
    assert len(contents.passages) == 1_200
    assert np.isfinite(contents.vectors).all()
    assert contents.sentence_vectors.shape == (2_400, SIZE)


def test_a_killed_writer_is_noticed(settings: Settings) -> None:
    """What a process wrote before it was killed is served under a new generation, without another write."""
    put(settings, embedded("a", "一"))
    store = Store(settings, "test")
    before = store.generation()
    store.close()
    writer = child(
        settings,
        "import time\nwith Store(settings, 'test').writing() as writer:\n"
        "    writer.put([embedded('b', '二')])\n    print('put', flush=True)\n    time.sleep(60)",
        stdout=subprocess.PIPE,
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "put\n"
        assert store.generation() == before
        writer.send_signal(signal.SIGKILL)
    assert store.generation() not in (before, "empty")
    assert {passage.document for passage in store.read().passages} == {"a", "b"}
    store.close()


def test_another_embedding_is_refused(settings: Settings) -> None:
    """Reading and writing with another embedding is an error that says how to embed anew, and changes nothing."""
    put(settings, embedded("a", "一"))
    store = Store(settings, "other")
    for use in (store.generation, store.read, store.versions, lambda: store.writing().__enter__()):
        with pytest.raises(FingerprintError, match="'test'") as caught:
            use()
        assert "--rebuild" in caught.value.remedy
    store.close()
    assert set(texts(settings)) == {"a"}
    assert set(store_of_any(settings)) == {"a"}


def store_of_any(settings: Settings) -> dict[str, object]:
    with closing(Store(settings, None)) as store:
        return dict(store.versions())


def test_rebuilding_takes_over_at_once(settings: Settings) -> None:
    """While a rebuilding is under way the old store is in use; it takes over only when nothing is missing."""
    put(settings, embedded("a", "一"), embedded("b", "二"))
    new = Store(settings, "other", rebuilding=True)
    assert not new.is_current()
    with new.writing() as writer:
        writer.put([embedded("a", "一")])
    assert not new.take_over()
    assert set(texts(settings)) == {"a", "b"}
    with closing(Store(settings, "other")) as other, pytest.raises(FingerprintError):
        other.versions()
    with new.writing() as writer:
        writer.put([embedded("b", "二"), embedded("gone", "三")])
    assert new.take_over()
    new.close()
    after = Store(settings, "other")
    assert set(after.versions()) == {"a", "b"}
    assert after.is_current()
    with closing(Store(settings, "test")) as old, pytest.raises(FingerprintError):
        old.generation()
    put(settings, embedded("c", "四"), fingerprint="other")
    after.close()
    assert set(after.versions()) == {"a", "b", "c"}
    after.close()


def test_a_second_writer_waits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one process writes at a time; who waits too long is told why."""
    monkeypatch.setattr("knowledge.store.WRITING_SECONDS", 0.2)
    with closing(Store(settings, "test")) as first, closing(Store(settings, "test")) as second:  # noqa: SIM117
        with first.writing(), pytest.raises(StoreError, match="Another process"), second.writing():
            pass


def test_text_of_all_kinds_is_kept(settings: Settings) -> None:
    """Ligatures, astral characters, NUL and controls come back as they are."""
    entry = embedded("a", "ﷺ\x00\x1b𠮷\u202e👩\u200d💻é")
    put(settings, entry)
    assert texts(settings) == {"a": entry.document.text}


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """The error names the address without its password, and how to start a server."""
    url = "http://user:secret@127.0.0.1:9"
    store = Store(Settings.model_validate({"KAIBI_HOME": str(tmp_path / "home"), "CHROMA_URL": url}), "test")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9") as caught:
        store.generation()
    assert "secret" not in f"{caught.value.message}{caught.value.remedy}"


@pytest.mark.parametrize(
    ("damage", "mended"),
    [("database", False), ("empty database", False), ("vectors", False), ("folder is a file", False), ("stamp", True)],
)
def test_a_damaged_folder(tmp_path: Path, damage: str, mended: bool) -> None:
    """Damage is one sentence that names the folder, or is made good; never a traceback of Chroma's, nor silence."""
    settings = Settings.model_validate({"KAIBI_HOME": str(tmp_path / "home")})
    put(settings, *(embedded(str(n), str(n), passages=50) for n in range(30)))
    folder = settings.home / "chroma"
    database = folder / "chroma.sqlite3"
    if damage == "database":
        database.write_bytes(b"junk" * 5_000)
    elif damage == "empty database":
        database.write_bytes(b"")
    elif damage == "vectors":
        for path in folder.rglob("*.bin"):
            path.write_bytes(b"junk")
    elif damage == "stamp":
        (settings.home / "generation").write_bytes(b"\xff\xfe\x00")
    else:
        folder.rename(tmp_path / "away")
        folder.write_text("")
    with closing(Store(settings, "test")) as store:
        if mended:
            assert len(store.read().passages) == 1_500
            return
        with pytest.raises(StoreError) as caught:
            store.read()
        assert str(settings.home) in caught.value.message
        assert caught.value.remedy


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """The error names KAIBI_HOME, for reading and for writing."""
    (tmp_path / "file").write_text("")
    store = Store(Settings.model_validate({"KAIBI_HOME": str(tmp_path / "file" / "home")}), "test")
    with pytest.raises(StoreError, match="KAIBI_HOME"), store.writing():
        pass
    with pytest.raises(StoreError, match="KAIBI_HOME"):
        store.generation()
