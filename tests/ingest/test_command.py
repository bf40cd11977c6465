"""kaibi ingest: the command as a user runs it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Path:
    """A KAIBI_HOME with the shipped documents that the tests of this module write to."""
    copy = tmp_path_factory.mktemp("command") / "home"
    shutil.copytree(warm_home, copy, ignore=shutil.ignore_patterns("engine"))
    (copy / "engine").symlink_to(warm_home / "engine")
    return copy


def _heed_control_c() -> None:
    """What runs these tests may have been started with Ctrl-C ignored, and its children would ignore it too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(*arguments: str | Path, home: Path, module: str = "bot.cli", **options: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = {**os.environ, "KAIBI_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=_heed_control_c,
        **options,
    )


def kaibi(*arguments: str | Path, home: Path, module: str = "bot.cli") -> tuple[int, str, str]:
    with start(*arguments, home=home, module=module) as process:
        out, err = process.communicate()
    return process.returncode, out, err


def documents(home: Path) -> set[str]:
    status, out, err = kaibi("docs", "list", "--json", home=home)
    assert status == 0, err
    return {row["id"] for row in json.loads(out)}


def test_files_go_in_with_a_summary(home: Path, tmp_path: Path) -> None:
    """Each file has a line, then the counts; what failed is on stderr, and the exit status tells."""
    (tmp_path / "one.txt").write_text("一个新的来源：某公司开源了模型。")
    (tmp_path / "bad.pdf").write_text("no pdf")
    status, out, err = kaibi("ingest", tmp_path / "one.txt", "--publisher", "某报", "--date", "2024-06", home=home)
    assert (status, out.splitlines()[-1]) == (0, "1 added, 0 replaced, 0 unchanged, 0 failed"), err
    assert "\n\n" not in err
    shown = json.loads(kaibi("docs", "show", "one", "--json", home=home)[1])
    assert (shown["text"], shown["publisher"], shown["date"]) == ("一个新的来源：某公司开源了模型。", "某报", "2024-06")
    status, out, err = kaibi(tmp_path / "bad.pdf", home=home, module="ingest")
    assert (status, out.splitlines()[-1]) == (1, "0 added, 0 replaced, 0 unchanged, 1 failed")
    assert "bad.pdf" in err
    assert "Traceback" not in err


def test_json(home: Path, tmp_path: Path) -> None:
    """With --json there is one object on stdout and nothing on stderr; errors are objects too."""
    (tmp_path / "two.txt").write_text("另一个来源。")
    status, out, err = kaibi("ingest", tmp_path / "two.txt", tmp_path / "none.txt", "--json", home=home)
    items = json.loads(out)["items"]
    assert (status, err) == (1, "")
    assert {(item["outcome"], Path(item["source"]).name) for item in items} == {
        ("added", "two.txt"),
        ("failed", "none.txt"),
    }
    status, out, err = kaibi("ingest", "--json", home=home)
    assert (status, err, set(json.loads(out)["error"])) == (1, "", {"code", "message", "hint"})
    status, out, _ = kaibi("ingest", tmp_path / "two.txt", "--date", "soon", "--json", home=home)
    assert (status, "YYYY" in json.loads(out)["items"][0]["reason"]) == (1, True)


def test_names_cannot_write_on_the_terminal(home: Path, tmp_path: Path) -> None:
    """Control characters in a file's name are not echoed."""
    path = tmp_path / "\x1b[31mred\u202e.txt"
    path.write_text("words of a strange file")
    status, out, err = kaibi("ingest", path, tmp_path / "\x1bmissing", home=home)
    assert status == 1
    assert "\x1b" not in out + err
    assert "\u202e" not in out + err


def test_control_c_leaves_the_store_whole(home: Path, tmp_path: Path) -> None:
    """Stopped in the middle of a long ingestion: one word, status 130, and every document as it was."""
    before = documents(home)
    text = "\n\n".join(
        f"第{n}段：这家公司在{n}年发布了第{n}个模型，并且公开了它的权重和许可证，供开发者使用。" * 6 for n in range(250)
    )
    (tmp_path / "long.txt").write_text(text)
    with start("ingest", tmp_path / "long.txt", home=home, start_new_session=True) as process:
        assert process.stderr is not None
        assert "Adding documents" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "Stopped.\n")
    assert documents(home) == before
    (tmp_path / "after.txt").write_text("之后的一句话。")
    assert kaibi("ingest", tmp_path / "after.txt", home=home)[0] == 0


@pytest.mark.parametrize("kind", ["file", "missing mount"])
def test_a_home_that_cannot_be_used(tmp_path: Path, kind: str) -> None:
    """One sentence that names KAIBI_HOME; no traceback."""
    (tmp_path / "file").write_text("")
    (tmp_path / "a.txt").write_text("words")
    home = tmp_path / "file" if kind == "file" else Path("/proc/nowhere/kaibi")
    status, out, err = kaibi("ingest", tmp_path / "a.txt", home=home)
    assert (status, out) == (1, "")
    assert "KAIBI_HOME" in err
    assert "Traceback" not in err


def test_the_article_is_readable(home: Path, tmp_path: Path) -> None:
    """The user's article goes in without its plain pinyin, and real brackets stay."""
    folder = Path(__file__).parents[3] / "shared" / "sources"
    if not folder.is_dir():
        pytest.skip("the article is not here: ../shared/sources")
    status, out, err = kaibi("ingest", folder, "--json", home=home)
    assert status == 0, err
    shown = json.loads(kaibi("docs", "show", json.loads(out)["items"][0]["document"], "--json", home=home)[1])
    assert "(open weight)" in shown["text"]
    assert not re.search(r"[\u4e00-\u9fff]\([a-z]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ][a-z]*\)", shown["text"])
    assert (shown["language"], shown["kind"]) == ("zh-Hant", "source")


def test_work_that_is_done_at_once_shows_no_progress(home: Path, tmp_path: Path) -> None:
    """A tiny file leaves stderr empty."""
    (tmp_path / "tiny.txt").write_text("很短。")
    begun = time.monotonic()
    status, _, err = kaibi("ingest", tmp_path / "tiny.txt", home=home)
    assert status == 0
    if time.monotonic() - begun < 1:
        assert err == ""
    assert not any(not line.strip() for line in err.splitlines())
