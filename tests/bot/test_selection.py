"""Which of the scored sentences are shown."""

import numpy as np
import pytest
from storing import Stored

from bot.evidence import FEATURES, Evidence
from bot.question import read_question
from bot.selection import DROP, camp_of, pick
from knowledge.base import KnowledgeBase


def fact(text: str, stance: str) -> str:
    return f"- {text}\n  [date: 2031-03 | stance: {stance} | source: Zorblax Gazette | status: checked]\n"


NOTE = "# Notes\n\n" + "".join(
    [
        fact("Baidu kept its models closed in 2031 because they earn more that way.", "closed"),
        fact("Because they earn more that way, Baidu kept its models closed in 2031.", "closed"),
        fact("Tencent opened an image model to fill a gap in the market.", "open"),
        fact("Meta gives weights away so that others build tools for Llama.", "open"),
        fact("Security experts argue that weights once published cannot be recalled.", "closed"),
        fact("Alibaba, Zhipu and Mistral sell both open and hosted models.", "both"),
        fact("A parking lot in Paris was repainted.", "neutral"),
    ]
)
BEGINNINGS = ("Baidu", "Because", "Tencent", "Meta", "Security", "Alibaba", "A parking")


@pytest.fixture(scope="module")
def base(stored: Stored) -> KnowledgeBase:
    return stored(("n", NOTE, {"language": "en", "kind": "note"}))


def chosen(base: KnowledgeBase, question: str, scores: dict[str, float], quotes: int = 3) -> list[str]:
    """How the sentences begin that are picked, where those named have these scores."""
    index = base.index
    places = {
        start: next(n for n in range(len(index.owners)) if index.sentence_text(n).startswith(start)) for start in scores
    }
    numbers = np.array(list(places.values()), np.int64)
    evidence = Evidence(numbers, np.zeros((len(numbers), len(FEATURES)), np.float32))
    picked = pick(
        index, read_question(question, base.terms), evidence, np.array(list(scores.values())), base.terms, quotes=quotes
    )
    starts = {number: start for start, number in places.items()}
    return [f"{item.camp or ''}:{starts[item.number]}" if item.camp else starts[item.number] for item in picked]


def test_the_best_come_first_and_no_more_than_asked_for(base: KnowledgeBase) -> None:
    """In the order of their scores, as many as quotes are wanted."""
    scores = {"Meta": 1.0, "Tencent": 3.0, "Security": 2.0}
    assert chosen(base, "what happened", scores) == ["Tencent", "Security", "Meta"]
    assert chosen(base, "what happened", scores, quotes=1) == ["Tencent"]


def test_what_says_the_same_counts_once(base: KnowledgeBase) -> None:
    """The better of two sentences with the same words."""
    assert chosen(base, "what happened", {"Baidu": 2.0, "Because": 3.0, "Meta": 1.0}) == ["Because", "Meta"]


def test_what_lies_far_behind_the_best_is_not_shown(base: KnowledgeBase) -> None:
    """An answer of one good sentence is not filled up with poor ones."""
    assert chosen(base, "what happened", {"Meta": 9.0, "A parking": 9.0 - DROP - 0.1}) == ["Meta"]


def test_a_list_has_one_quote_for_each_member(base: KnowledgeBase) -> None:
    """Vendors that another quote has shown, and sentences on none, are left out; more members than quotes may be shown."""
    scores = {"Baidu": 5.0, "Meta": 4.0, "Tencent": 3.0, "Alibaba": 2.5, "Security": 4.5, "Because": 4.8}
    found = chosen(base, "which vendors opened their models?", scores, quotes=2)
    assert found == ["Baidu", "Meta", "Tencent", "Alibaba"]


def test_a_comparison_has_both_camps_labelled(base: KnowledgeBase) -> None:
    """Though one camp's sentences score higher; what speaks for both is marked so."""
    scores = {"Baidu": 9.0, "Security": 8.5, "Meta": 5.0, "Tencent": 4.5, "Alibaba": 6.0}
    found = chosen(base, "open or closed, which is better?", scores, quotes=4)
    assert found == ["open:Meta", "open:Tencent", "closed:Baidu", "closed:Security"]
    assert "both:Alibaba" in chosen(base, "open or closed?", {"Meta": 5.0, "Alibaba": 6.0, "Baidu": 5.0}, quotes=4)


def test_each_name_of_a_question_has_its_turn(base: KnowledgeBase) -> None:
    """One of the names does not crowd out the other."""
    scores = {"Baidu": 9.0, "Because": 8.0, "Meta": 3.0, "Security": 8.5}
    assert chosen(base, "compare Baidu and Meta", scores, quotes=2) == ["Baidu", "Meta"]


def test_nothing_is_picked_from_nothing(base: KnowledgeBase) -> None:
    """Whatever kind of answer is expected."""
    for question in ("what", "which vendors opened?", "open or closed?", "compare Baidu and Meta"):
        assert chosen(base, question, {}) == []


def test_a_camp_is_the_tag_s_or_the_document_s(base: KnowledgeBase, stored: Stored) -> None:
    """A sentence of a text without tags speaks for what its document does."""
    assert [camp_of(base.index, n) for n in range(len(base.index.owners)) if "Meta" in base.index.sentence_text(n)] == [
        "open"
    ]
    plain = stored(("p", "Weights should stay at home.", {"language": "en", "kind": "note", "stance": "closed"}))
    assert camp_of(plain.index, 0) == "closed"
