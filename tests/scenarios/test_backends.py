"""Language models on the real command line: what they write is counted whichever way they are asked, and the doctor looks at them."""

import re
import shutil
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from commandline import Kaibi, run_kaibi

sys.path.append(str(Path(__file__).parents[1] / "bot" / "llm"))
from standins import Script, StandIn, standing_in

for package in ("langchain", "langchain_openai"):
    pytest.importorskip(package, reason="needs the extra: pip install kaibi[llm]")

EN = "Why did Alibaba Cloud open its models?"
KEY = "sk-hunter2-hunter2"


@pytest.fixture(scope="module")
def llm_home(warm_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped documents without a database."""
    copy = tmp_path_factory.mktemp("llm") / "home"
    shutil.copytree(warm_home, copy, ignore=shutil.ignore_patterns("state.db*"))
    return copy


@pytest.fixture
def kaibi(llm_home: Path) -> Kaibi:
    return partial(run_kaibi, home=llm_home)


@pytest.fixture(scope="module")
def liar() -> Iterator[StandIn]:
    """A model that makes its numbers up, and insists."""
    with standing_in(Script("There were 987 of them. [1]")) as server:
        yield server


def test_every_command_that_asks_a_model_counts(kaibi: Kaibi, liar: StandIn) -> None:
    """`ask`, `ask -`, `chat` and `compare`, each in a process of its own: one row a backend, shown by `kaibi backends` and the doctor."""
    own = {"KAIBI_LLM": "deepseek", "KAIBI_LLM_BASE_URL": liar.url, "KAIBI_LLM_API_KEY": KEY}
    assert kaibi("ask", EN, "--json", **own).json()["backend"]["removed"] == 1
    assert len(kaibi("ask", "--json", "-", stdin=f"{EN}\n{EN}\n", **own).lines()) == 2
    assert kaibi("chat", stdin=f"{EN}\n", **own).status == 0
    sides = kaibi("compare", EN, "--with", "deepseek,ollama", "--json", OLLAMA_BASE_URL=liar.url, **own).json()["sides"]
    assert [len(side["removed"]) for side in sides] == [1, 1]
    listed = kaibi("backends", "--json")
    rows = {row["name"]: row["counted"] for row in listed.json()}
    assert {name: counted[0]["answers"]["asked"] for name, counted in rows.items() if counted} == {
        "deepseek": 5,
        "ollama": 1,
    }
    assert rows["deepseek"][0]["statements"] == {"kept": 0, "removed": 5, "kinds": {"number": 5}}
    shown = kaibi("backends").out
    assert "5 of 5 (100%)" in next(line for line in shown.splitlines() if "api.deepseek.com" in line)
    assert re.search(
        r"^deepseek \(.+\): 0 of 5 answers worded, 0 failed; 5 of 5 \(100%\) statements removed", shown, re.M
    )
    examined = kaibi("doctor", "--json", **own)
    (check,) = [check for check in examined.json()["checks"] if check["name"] == "llm"]
    assert check["ok"], check
    for part in ("deepseek-flash", "open weights", f"local at {liar.url}", "key in KAIBI_LLM_API_KEY", "5 of 5 (100%)"):
        assert part in check["found"]
    assert "hunter2" not in examined.out + shown


@pytest.mark.parametrize(
    ("variables", "found", "remedy"),
    [
        ({"KAIBI_LLM": "deepseak"}, "'deepseak' is no preset", "Did you mean 'deepseek'?"),
        ({"KAIBI_LLM": "openai", "KAIBI_POLICY": "local"}, "KAIBI_POLICY=local does not allow 'openai'", "ollama"),
        ({"KAIBI_LLM": "groq:some-model"}, "groq: a package for it is not installed (langchain-groq", "pip install"),
        ({"KAIBI_CHANNELS": "channels.yaml"}, "KAIBI_CHANNELS: 'channels.yaml'", "One line a channel"),
    ],
    ids=["name", "policy", "package", "channels"],
)
def test_the_doctor_says_why_a_model_cannot_answer(
    kaibi: Kaibi, variables: dict[str, str], found: str, remedy: str
) -> None:
    """The check fails with its remedy, status 1, and the other checks are still made."""
    Path("channels.yaml").write_text("legal: {backends: ollama}\n")
    told = kaibi("doctor", "--json", **variables)
    failed = [check for check in told.json()["checks"] if not check["ok"]]
    assert [check["name"] for check in failed] == ["llm"]
    assert found in failed[0]["found"]
    assert remedy in failed[0]["remedy"]
    assert told.status == 1


def test_the_doctor_names_everyone_in_the_chain_that_cannot_answer(kaibi: Kaibi, liar: StandIn) -> None:
    """A vendor without a key and a local server that is dead: both, in one check; no request is sent."""
    asked = len(liar.requests)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{silent.getsockname()[1]}"
        told = kaibi(
            "doctor",
            KAIBI_LLM="deepseek",
            DEEPSEEK_API_KEY="",
            KAIBI_LLM_BASE_URL=liar.url,
            KAIBI_LLM_FALLBACK="ollama",
            OLLAMA_BASE_URL=f"http://{dead}/v1",
        )
    line = next(line for line in told.out.splitlines() if line.startswith("FAIL llm"))
    assert "deepseek: no key is set" in line
    assert f"nothing answers at {dead}" in line
    assert "DEEPSEEK_API_KEY or KAIBI_LLM_API_KEY" in told.out
    assert "ollama serve" in told.out
    assert told.status == 1
    assert len(liar.requests) == asked
