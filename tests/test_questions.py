"""The question sets of bench/questions/: what they expect is what the shipped documents state."""

import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from bot.question import Kind
from ingest.readers import read_file
from knowledge.document import Language
from knowledge.sentences import sentence_spans

ROOT = Path(__file__).parent.parent
SETS = ("fit", "developed", "paraphrased", "fresh")


@cache
def sentences(language: str) -> str:
    """Every sentence of the shipped documents in one language, headings left out, one a line."""
    lines = []
    for path in sorted((ROOT / "knowledge" / "documents").glob(f"*.{language}.md")):
        text = read_file(path, {}).text
        lines += [" ".join(text[a:b].split()) for a, b in sentence_spans(text) if text[max(0, a - 2) : a] != "# "]
    return "\n".join(lines)


def load(name: str) -> list[dict[str, Any]]:
    entries = yaml.safe_load((ROOT / "bench" / "questions" / f"{name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(entries, list)
    return entries


def unmatched(patterns: list[str], language: str) -> list[str]:
    """Those that match no sentence of the documents that an asker of `language` sees."""
    text = sentences("en" if language == "en" else "zh")
    return [pattern for pattern in patterns if not re.search(pattern, text, re.MULTILINE)]


@pytest.mark.parametrize("name", SETS)
def test_every_gold_pattern_is_stated(name: str) -> None:
    """Each pattern of an answerable question matches a sentence of the documents in its language; other questions have none."""
    wrong = []
    for entry in load(name):
        gold = entry["gold"]
        patterns = [p for camp in gold.values() for p in camp] if isinstance(gold, dict) else gold
        if bool(patterns) != (entry["expect"] == "answered") or unmatched(patterns, entry["lang"]):
            wrong.append(entry["q"])
    assert wrong == []


@pytest.mark.parametrize("name", SETS)
def test_entries_are_well_formed(name: str) -> None:
    """Fields hold known values, comparisons have both camps, lists have several members."""
    for entry in load(name):
        assert set(entry) == {"q", "lang", "kind", "expect", "gold", "article"}, entry
        assert entry["lang"] in get_args(Language), entry
        assert entry["kind"] in get_args(Kind), entry
        assert entry["expect"] in ("answered", "related", "refused"), entry
        if entry["expect"] == "answered" and entry["kind"] == "compare":
            assert set(entry["gold"]) == {"open", "closed"}, entry
            assert all(entry["gold"].values()), entry
        if entry["expect"] == "answered" and entry["kind"] == "list":
            assert len(entry["gold"]) > 1, entry


def test_follow_ups_end_in_what_is_stated() -> None:
    """A conversation's last turn has gold where it can be answered, each pattern of it matches, and what it resolves to compiles."""
    for talk in load("followups"):
        assert set(talk) == {"lang", "turns", "expect", "gold"}, talk
        assert len(talk["turns"]) > 1, talk
        assert bool(talk["gold"]) == (talk["expect"] == "answered"), talk
        assert unmatched(talk["gold"], talk["lang"]) == [], talk
        for turn in talk["turns"]:
            assert set(turn) <= {"q", "resolves_to", "item"}, talk
            assert all(re.compile(pattern) for pattern in turn.get("resolves_to", ())), talk


def test_no_question_is_in_two_sets() -> None:
    """What is measured was never fitted on."""
    asked = [entry["q"] for name in SETS for entry in load(name)]
    assert len(asked) == len(set(asked))
