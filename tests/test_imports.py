"""Imports: the rooms depend on each other in one direction, and starting is cheap."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "chromadb",
    "numpy",
    "onnx",
    "onnxruntime",
    "langchain_core",
    "trafilatura",
    "pypdf",
}


def modules_of(room: str) -> list[str]:
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted((ROOT / room).rglob("*.py"))]


def loaded(code: str) -> set[str]:
    """Top-level names of what is imported after `code` ran in a process of its own."""
    report = "\nimport json, sys\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + report], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_knowledge_knows_neither_ingest_nor_bot() -> None:
    """Importing every module of knowledge imports no module of the other rooms."""
    assert not {"ingest", "bot"} & loaded("\n".join(f"import {name}" for name in modules_of("knowledge")))


def test_ingest_does_not_know_bot() -> None:
    """Only `python -m ingest`, which is the command line, reaches into bot."""
    names = [name for name in modules_of("ingest") if not name.endswith("__main__")]
    assert "bot" not in loaded("\n".join(f"import {name}" for name in names))


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["ingest", "--help"]])
def test_help_is_cheap(arguments: list[str]) -> None:
    """Showing help imports no engine, no store and no numbers."""
    code = f"import sys\nsys.argv = ['kaibi', *{arguments!r}]\nfrom bot.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
    assert not HEAVY & loaded(code)


def test_an_answer_needs_no_torch() -> None:
    """What answering imports is what the default installation has."""
    assert not {"torch", "transformers", "sentence_transformers"} & loaded(
        "import knowledge.base, ingest.shipped, bot.session"
    )
