"""Repair: damage of earlier conversions is undone, and nothing else is touched."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ingest.repair import repair, without_controls, without_piles, without_pinyin
from knowledge.document import canonical

DAMAGED = "競(jìng)爭(zhēng)市場(chǎng)的實(shí)際(jì)情況：開源(open weight)與閉源(API)，GPT(4o)。"


def test_readings_behind_characters_are_removed() -> None:
    """Toned syllables in brackets behind Chinese characters go; real brackets stay."""
    assert repair(DAMAGED) == "競爭市場的實際情況：開源(open weight)與閉源(API)，GPT(4o)。"


def test_a_few_readings_are_the_authors() -> None:
    """A text with one or two readings explains a character; it is left alone."""
    text = "“翀”(chōng)是一个少见的字，“犇”(bēn)也是。"
    assert without_pinyin(text) == text


def test_controls_and_turning_marks_go() -> None:
    """Control characters, zero-width spaces and marks of direction are dropped; line separators become line ends."""
    assert without_controls("a\x00b\u200bc\u202ed\u2028e\tf\ng\r") == "abcd\ne\tf\ng\r"


def test_piles_of_marks_are_cut_to_thirty() -> None:
    """Thousands of combining marks on one letter, which take minutes to normalise, become thirty; accents stay."""
    pile = "e" + "\u0301\u0316" * 30_000
    assert without_piles(pile) == pile[:31]
    assert canonical(repair(pile + "x")).endswith("x")
    vietnamese = unicodedata.normalize("NFD", "Mô hình mã nguồn mở")
    assert without_piles(vietnamese) == vietnamese


@given(st.text())
def test_repair_is_done_once(text: str) -> None:
    """A repaired text has nothing left to repair."""
    assert repair(repair(text)) == repair(text)
