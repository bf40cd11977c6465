"""Rules for Slack channels, from the file that KAIBI_CHANNELS names."""

from pathlib import Path

import pytest

from bot.channels import FREE, Rule, check_rules, rule_for
from knowledge.errors import SettingsError

TEXT = """
"#legal": {local_only: true, language: en, tags: [licence]}
C0123: {backend: "ollama:qwen3"}
default: {backend: extractive}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "channels.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_channel_has_its_rule_by_id_or_name(file: Path) -> None:
    """The id is looked up first, then the name, then `default`; without a file nothing is pinned."""
    assert rule_for(file, "C999", "legal") == Rule(local_only=True, language="en", tags=("licence",))
    assert rule_for(file, "C0123", "general") == Rule(backend="ollama:qwen3")
    assert rule_for(file, "C999", "general") == Rule(backend="extractive")
    assert rule_for(None, "C999") == FREE


def test_a_changed_file_is_read_anew(file: Path) -> None:
    """A rule holds from the next question on."""
    assert rule_for(file, "C0123").backend == "ollama:qwen3"
    file.write_text("C0123: {backend: vllm, language: zh}\n", encoding="utf-8")
    assert rule_for(file, "C0123") == Rule(backend="vllm", language="zh")


@pytest.mark.parametrize(
    "text", ["C1: {local: true}", "C1: {language: fr}", "C1: {local_only: maybe}", "- C1", "C1: [", "C1: {tags: 3}"]
)
def test_a_file_that_cannot_be_understood_is_refused(file: Path, text: str) -> None:
    """A promise that is misspelt must not be taken for none."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        check_rules(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """So is one that is not there."""
    with pytest.raises(SettingsError):
        rule_for(tmp_path / "nowhere.yaml", "C1")
