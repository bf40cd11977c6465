"""The main job from the command line: a question in, verified quotes out."""

import json
import os
import subprocess
import sys
from pathlib import Path


def kaibi(*arguments: str, home: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KAIBI_HOME": str(home)}
    command = [sys.executable, "-m", "bot.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, check=False)


def test_every_quote_is_in_the_document_it_names(warm_home: Path) -> None:
    """text[start:end] of the shown document is the quote, for each quote of an answer."""
    asked = kaibi("ask", "阿里云为什么要开源大模型？", "--json", home=warm_home)
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)
    assert answer["language"] == "zh"
    for quote in answer["quotes"]:
        shown = json.loads(kaibi("docs", "show", quote["document"], "--json", home=warm_home).stdout)
        assert shown["version"] == quote["version"]
        assert shown["text"][quote["start"] : quote["end"]] == quote["text"]
