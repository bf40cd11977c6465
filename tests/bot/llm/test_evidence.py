"""Which sentences a model is shown."""

from storing import Stored

from bot.extractive import consider
from bot.llm.evidence import gather_evidence
from bot.question import read_question
from knowledge.base import KnowledgeBase


def _fact(text: str) -> str:
    return f"- {text}\n  [date: 2031-03 | stance: neutral | source: Gazette | status: checked]\n"


def _base(stored: Stored) -> KnowledgeBase:
    english = "Zorblax Labs opened the weights of its model Q7 on 3 March 2031."
    chinese = "佐拉克斯实验室2031年3月3日开放了模型Q7的权重。"
    return stored(
        ("z.en", "# Zorblax\n\n" + _fact(english), {"language": "en", "kind": "note", "twin": "z"}),
        ("z.zh", "# 佐拉克斯\n\n" + _fact(chinese), {"language": "zh", "kind": "note", "twin": "z"}),
        (
            "paper",
            "On 3 March 2031 Zorblax Labs has opened the weights of its model Q7.\n",
            {"language": "en", "kind": "source"},
        ),
    )


def test_the_notes_words_in_the_askers_language_stand_for_a_source_in_the_other(stored: Stored) -> None:
    """A Chinese question: the model reads the Chinese note, and the English source is kept to be quoted beside it."""
    base = _base(stored)
    evidence = gather_evidence(
        base, consider(base, read_question("佐拉克斯实验室的模型Q7什么时候开放了权重？", base.terms))
    )
    note = next(quote for quote in evidence.quotes if quote.document == "z.zh")
    assert evidence.originals[note.n].document == "paper"
    assert [quote.document for quote in evidence.quotes].count("paper") == 0
    text = "".join(p.text for p in base.index.passages if p.document == "paper")
    original = evidence.originals[note.n]
    assert text[original.start : original.end] == original.text


def test_a_source_in_the_askers_language_is_shown_itself(stored: Stored) -> None:
    """An English question: the source's words, not the note's about them."""
    base = _base(stored)
    evidence = gather_evidence(
        base, consider(base, read_question("When did Zorblax Labs open the weights of Q7?", base.terms))
    )
    assert "paper" in [quote.document for quote in evidence.quotes]
    assert not any(quote.text.startswith("Zorblax Labs opened") for quote in evidence.quotes)
    assert not evidence.originals
