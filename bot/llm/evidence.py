"""Evidence: the numbered sentences that a model may cite, in the asker's language where they can be had in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.answer import CitedQuote
from bot.extractive import Considered, cited, with_original
from bot.llm.prompts import fenced, gives_orders
from bot.selection import pick
from knowledge.base import KnowledgeBase

SENTENCES = 12
"""Evidence sentences that a model sees."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a model sees of the knowledge base: sentences numbered from 1."""

    numbers: tuple[int, ...]
    """In the index."""
    quotes: tuple[CitedQuote, ...]
    originals: Mapping[int, CitedQuote] = field(default_factory=dict)
    """The source's words, by the number of the note's sentence that was shown for them: they are quoted beside it."""
    withheld: tuple[str, ...] = ()
    """Ids of documents with sentences that give orders to a model; those are not shown to it."""

    def lines(self) -> str:
        """As the model reads them."""
        return "\n".join(f"[{quote.n}] ({fenced(heading(quote))}) {fenced(quote.text)}" for quote in self.quotes)


def heading(quote: CitedQuote) -> str:
    """Under which title, by whom and as of when a sentence stands."""
    return ", ".join(dict.fromkeys(part for part in (quote.title, quote.speaker, quote.publisher, quote.date) if part))


def context(quote: CitedQuote) -> str:
    """What bears out a statement besides the sentence itself."""
    return " | ".join(
        part
        for part in (heading(quote), quote.source, quote.locator.split(" · L")[0] if " · L" in quote.locator else "")
        if part
    )


def gather_evidence(base: KnowledgeBase, considered: Considered) -> Evidence:
    """The best sentences, those first that the extractive answer would quote, so that both camps are there."""
    question = considered.question
    picked = pick(base.index, question, considered.evidence, considered.scores, base.terms, quotes=SENTENCES // 2)
    found = list(dict.fromkeys([*(item.number for item in picked), *considered.best(SENTENCES)]))
    numbers: list[int] = []
    originals: dict[int, CitedQuote] = {}
    withheld: list[str] = []
    used: set[int] = set()
    for number in found:
        # A note's sentence in the asker's language stands for a source in the other, as in the extractive answer.
        told, *original = with_original(base.index, number, english=question.language == "en")
        ordering = [one for one in (told, *original) if gives_orders(base.index.sentence_text(one))]
        withheld += [cited(base.index, one, 0).document for one in ordering]
        if ordering or used & {told, *original} or len(numbers) == SENTENCES:
            continue
        used |= {told, *original}
        numbers.append(told)
        originals |= {len(numbers): cited(base.index, one, 0) for one in original}
    quotes = tuple(cited(base.index, number, n) for n, number in enumerate(numbers, 1))
    return Evidence(tuple(numbers), quotes, originals, tuple(dict.fromkeys(withheld)))
