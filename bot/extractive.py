"""The extractive answerer: picks the sentences that answer and quotes them. It writes nothing of its own but who and when."""

import re
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot import phrases
from bot.answer import EXTRACTIVE, Answer, CitedQuote, Statement, Status
from bot.evidence import Evidence, gather, tag_of
from bot.question import Question
from bot.scoring import confidence, load_weights, sentence_scores, signals
from bot.selection import Picked, pick
from knowledge.base import KnowledgeBase
from knowledge.document import Language
from knowledge.index import Index
from knowledge.script import folded

QUOTES = 3
"""Quotes of an answer, unless a list or both camps need more."""
NEAREST = 2
"""Quotes shown where the evidence is only related."""

_PUT_WORDS = re.compile(
    r"(引用|引述|摘引|给我一句|编一|假装|伪造)|\b(quote|cite|invent|fabricate|make up|pretend)\b.{0,60}\b(saying|that says|stating|admitting)\b"
)


def answer(
    base: KnowledgeBase, question: Question, *, quotes: int = QUOTES, within: NDArray[np.bool_] | None = None
) -> Answer:
    """Answer a question from the knowledge base. `within` limits it to some passages (the second point of a list …)."""
    begun = time.perf_counter()
    query = base.query(question.text, question.language)
    embedded = time.perf_counter()
    scored = base.search(query)
    searched = time.perf_counter()
    index, weights = base.index, load_weights()
    evidence = gather(index, question, query, scored, base.terms, allowed=within)
    scores = sentence_scores(evidence, weights)
    if len(scores) == 0:
        status: Status = "refused"
    else:
        status = weights.status(confidence(signals(index, question, query, scored, evidence, scores), weights))
        if within is not None:
            status = "answered"
    if status == "answered" and _words_are_wanted(question, index, evidence, scores):
        status = "related"
    picked = (
        []
        if status == "refused"
        else pick(index, question, evidence, scores, base.terms, quotes=quotes if status == "answered" else NEAREST)
    )
    built = _build(base, question, status, picked)
    done = time.perf_counter()
    timings = {
        "embedding": embedded - begun,
        "search": searched - embedded,
        "answering": done - searched,
        "total": done - begun,
    }
    return Answer(
        question=question.text,
        language=question.language,
        status=status,
        statements=built[0],
        quotes=built[1],
        note=_note(base, question, status, picked),
        backend=EXTRACTIVE,
        timings_ms={name: seconds * 1000 for name, seconds in timings.items()},
    )


def _words_are_wanted(question: Question, index: Index, evidence: Evidence, scores: NDArray[np.float64]) -> bool:
    """Whether a quotation with given words is ordered ("quote Baidu saying that …") and no sentence comes near them."""
    if not _PUT_WORDS.search(folded(question.text)):
        return False
    best = int(np.argmax(scores))
    words = float(evidence.features[best][2])
    return words < 0.8


def _note(base: KnowledgeBase, question: Question, status: Status, picked: Sequence[Picked]) -> str | None:
    language = question.language
    if not base.index.passages:
        return phrases.say("refused_empty", language)
    if status == "refused":
        name = "refused_words" if _PUT_WORDS.search(folded(question.text)) else "refused"
        return phrases.say(name, language, example=phrases.example(language))
    if status == "related":
        missing = _missing_name(base, question, picked)
        if missing:
            return phrases.say("related_missing", language, missing=missing)
        return phrases.say("related", language)
    if question.kind == "compare":
        camps = {item.camp for item in picked}
        absent = [camp for camp in ("open", "closed") if camp not in camps]
        if len(absent) == 1:
            return phrases.say(f"camp_missing_{absent[0]}", language)
    return None


def _missing_name(base: KnowledgeBase, question: Question, picked: Sequence[Picked]) -> str:
    """A name in the question that none of the shown sentences holds."""
    shown = folded(" ".join(base.index.sentence_text(item.number) for item in picked))
    for name in question.names:
        term = base.terms.by_id[name]
        if not any(folded(spelling) in shown for spelling in term.all_names):
            return term.names(question.language)[0]
    return ""


def _build(
    base: KnowledgeBase, question: Question, status: Status, picked: Sequence[Picked]
) -> tuple[tuple[Statement, ...], tuple[CitedQuote, ...]]:
    quotes = tuple(cited(base.index, item.number, n) for n, item in enumerate(picked, 1))
    statements = tuple(
        Statement(_statement(quote, question.language), item.camp, (quote.n,))
        for quote, item in zip(quotes, picked, strict=True)
    )
    return statements, quotes


def cited(index: Index, number: int, n: int) -> CitedQuote:
    """A sentence of the index as quote `n`."""
    passage, start, end = index.sentence_span(number)
    tag, metadata = tag_of(passage), passage.metadata
    speaker = (tag.speaker if tag else "") or _speaker_before(index, number)
    return CitedQuote(
        n=n,
        text=passage.words(start, end),
        document=passage.document,
        version=passage.version,
        start=start,
        end=end,
        title=metadata.title,
        publisher=metadata.publisher,
        speaker=speaker,
        date=(tag.date if tag else "") or metadata.date,
        kind=metadata.kind,
        language=metadata.language,
        locator=_locator(index, number),
        url=(tag.url if tag else "") or metadata.url,
        source=tag.source + (f" ({tag.ref})" if tag.ref else "") if tag else "",
        stance=tag.stance if tag else metadata.stance,
        status=tag.status if tag else "",
    )


def _locator(index: Index, number: int) -> str:
    """Headings, line and offsets of a sentence."""
    passage, start, end = index.sentence_span(number)
    at = int(index.owners[number])
    before = passage.text[: start - passage.start].count("\n")
    while at > 0 and index.passages[at - 1].document == passage.document:
        at -= 1
        before += index.passages[at].text.count("\n")
    place = f"L{before + 1}, {start}–{end}"
    return f"{passage.heading} · {place}" if passage.heading else place


_SAYS = re.compile(
    r"([A-Za-z\u3400-\u9fff·]{2,24}?)(?:公开)?(?:称|稱|表示|认为|認為|指出|说|說|告诉|告訴|强调|強調|透露|坦言|介绍|介紹)(?:[^\u3400-\u9fff]|[\u3400-\u9fff])"
)
_PRONOUN = re.compile(r"^[“「\"']?(他|她|其|He |She |he |she )")


def _speaker_before(index: Index, number: int) -> str:
    """Who speaks in a sentence that opens with a pronoun: the one named as speaking just before it in its paragraph."""
    text = index.sentence_text(number)
    if not _PRONOUN.match(text):
        return ""
    owner = int(index.owners[number])
    for earlier in range(number - 1, max(-1, number - 4), -1):
        if int(index.owners[earlier]) != owner:
            return ""
        match = _SAYS.search(index.sentence_text(earlier))
        if match:
            return match[1].lstrip("而但据據按")
    return ""


def _statement(quote: CitedQuote, language: Language) -> str:
    """Who says it, as of when, and the words themselves."""
    who = quote.speaker or (quote.source if quote.kind == "note" else quote.publisher or quote.title)
    when = phrases.say("as_of", language, date=quote.date) if quote.date else ""
    doubt = phrases.say(quote.status, language) if quote.status in ("reported", "unchecked") else ""
    if language == "en":
        aside = ", ".join(part for part in (when, doubt) if part)
        lead = f"{who} ({aside})" if who and aside else who or aside
        return f"{lead}: “{quote.text}” [{quote.n}]" if lead else f"“{quote.text}” [{quote.n}]"
    aside = "，".join(part for part in (when, doubt) if part)
    lead = f"{who}（{aside}）" if who and aside else who or aside
    return f"{lead}：“{quote.text}”[{quote.n}]" if lead else f"“{quote.text}”[{quote.n}]"
