"""The extractive answerer: picks the sentences that answer and quotes them. It writes nothing of its own but who and when."""

import dataclasses
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot import phrases
from bot.answer import EXTRACTIVE, Answer, CitedQuote, Statement, Status
from bot.counterparts import note_on, original_of
from bot.evidence import FEATURES, Evidence, gather, tag_of
from bot.question import Question
from bot.scoring import Weights, confidence, load_weights, sentence_scores, signals
from bot.selection import Picked, pick
from knowledge.base import KnowledgeBase
from knowledge.document import Language
from knowledge.facts import FactTag
from knowledge.index import Index
from knowledge.script import folded, traditional
from knowledge.search import Query, Scored

QUOTES = 3
"""Quotes of an answer, unless a list or both camps need more."""
NEAREST = 2
"""Quotes shown where the evidence is only related."""

_PUT_WORDS = re.compile(
    r"引用.{0,20}(说|称|承认)|引述.{0,20}(说|称|承认)|编(一|个|句|段|造)|假装|伪造|杜撰|虚构|假的也|(想|写|来|造)一?[句段].{0,12}(名言|金句|引语|原话)"
    r"|\b(quote|cite)\b.{0,60}\b(saying|that says|stating|admitting)\b|\b(invent|fabricate|make up|fake)\b.{0,40}\b(quotes?|quotations?|statements?|words)\b|\bpretend\b"
)


@dataclass(frozen=True, slots=True)
class Considered:
    """A question with the sentences that may answer it, judged but not yet chosen from."""

    question: Question
    query: Query
    scored: Scored
    evidence: Evidence
    scores: NDArray[np.float64]
    """Of each candidate of `evidence`, shape (n,); comparable within this question."""
    signals: NDArray[np.float64]
    """What the decision on the outcome is made from, shape (len(SIGNALS),)."""
    timings: dict[str, float]
    """Seconds spent on "embedding", "search" and "answering" so far."""

    def best(self, count: int) -> list[int]:
        """The index's numbers of the `count` best sentences, best first."""
        return [int(self.evidence.numbers[place]) for place in np.argsort(-self.scores)[:count]]


def consider(
    base: KnowledgeBase,
    question: Question,
    *,
    within: NDArray[np.bool_] | None = None,
    weights: Weights | None = None,
) -> Considered:
    """Search and judge. `within`, shape (passages,), limits it to some passages; `weights` are the shipped ones if None."""
    begun = time.perf_counter()
    query = base.query(question.text, question.language)
    embedded = time.perf_counter()
    scored = base.search(query)
    if within is not None:
        scored = scored.within(within, base.index.owners)
    searched = time.perf_counter()
    evidence = gather(base.index, question, query, scored, base.terms)
    scores = sentence_scores(evidence, weights or load_weights())
    told = signals(base.index, question, query, scored, evidence, scores, base.terms)
    timings = {
        "embedding": embedded - begun,
        "search": searched - embedded,
        "answering": time.perf_counter() - searched,
    }
    return Considered(question, query, scored, evidence, scores, told, timings)


def outcome(considered: Considered) -> Status:
    """The one decision on the three outcomes."""
    if len(considered.scores) == 0:
        return "refused"
    weights = load_weights()
    status = weights.status(confidence(considered.signals, weights))
    if _words_are_wanted(considered):
        return "refused"
    return "related" if status == "refused" and considered.question.topical else status


def answer(
    base: KnowledgeBase,
    question: Question,
    *,
    quotes: int = QUOTES,
    within: NDArray[np.bool_] | None = None,
    status: Status | None = None,
) -> Answer:
    """Answer a question from the knowledge base.

    Args:
        quotes: how many at most; a list or a comparison may take a few more.
        within: limits it to some passages, shape (passages,); None for all.
        status: the outcome, where the caller has decided it; None to decide here.
    """
    considered = consider(base, question, within=within)
    begun = time.perf_counter()
    status = status or outcome(considered)
    picked: list[Picked] = []
    if status != "refused":
        count = quotes if status == "answered" else NEAREST
        picked = pick(base.index, question, considered.evidence, considered.scores, base.terms, quotes=count)
    given = _assembled(base, question, status, picked)
    timings = considered.timings | {"answering": considered.timings["answering"] + time.perf_counter() - begun}
    timings["total"] = sum(timings.values())
    return dataclasses.replace(given, timings_ms={name: seconds * 1000 for name, seconds in timings.items()})


def quoted(base: KnowledgeBase, question: Question, numbers: Sequence[int]) -> Answer:
    """An answer of given sentences, in their order; refused where there are none."""
    picked = [Picked(number, 0.0, None) for number in numbers]
    return _assembled(base, question, "answered" if picked else "refused", picked)


def _assembled(base: KnowledgeBase, question: Question, status: Status, picked: Sequence[Picked]) -> Answer:
    statements, quotes = _build(base, question, picked)
    note = _note(base, question, status, picked)
    return Answer(question.text, question.language, status, statements, quotes, note, EXTRACTIVE)


def _words_are_wanted(considered: Considered) -> bool:
    """Whether a quotation with given words is ordered ("quote Baidu saying that …") and no sentence comes near them."""
    if not _PUT_WORDS.search(folded(considered.question.text)):
        return False
    best = int(np.argmax(considered.scores))
    return float(considered.evidence.features[best][FEATURES.index("words")]) < 0.8


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
            name = term.names(question.language)[0]
            return traditional(name) if question.language == "zh-Hant" else name
    return ""


def _build(
    base: KnowledgeBase, question: Question, picked: Sequence[Picked]
) -> tuple[tuple[Statement, ...], tuple[CitedQuote, ...]]:
    """One statement per picked sentence, with the original words where the asker's own documents hold them."""
    index = base.index
    statements: list[Statement] = []
    quotes: list[CitedQuote] = []
    used: set[int] = set()
    for item in picked:
        numbers = with_original(index, item.number, english=question.language == "en")
        if used & set(numbers):
            numbers = [item.number]
        used |= set(numbers)
        own = [cited(index, number, len(quotes) + n) for n, number in enumerate(numbers, 1)]
        if not own[0].speaker:
            own[0] = dataclasses.replace(own[0], speaker=_speaker_told(index, item.number, numbers[0]))
        quotes += own
        text = _statement(own[0], question.language)
        if len(own) > 1:
            text += phrases.say("original", question.language, quote=own[1].text, n=own[1].n)
        statements.append(Statement(text, item.camp, tuple(quote.n for quote in own)))
    return tuple(statements), tuple(quotes)


def with_original(index: Index, number: int, *, english: bool) -> list[int]:
    """The sentences to quote for one that was picked: a source's words stand in for a note's about them; where they are
    in another language than the asker's, both stand."""
    if index.sources[index.owners[number]]:
        if bool(index.english[index.owners[number]]) == english:
            return [number]
        note = note_on(index, number, english=english)
        return [number] if note is None else [note, number]
    original = original_of(index, number)
    if original is None:
        return [number]
    return [original] if bool(index.english[index.owners[original]]) == english else [number, original]


def _speaker_told(index: Index, note: int, source: int) -> str:
    """Who says a source's sentence, as the note on it has it, if the source names that person nearby."""
    tag = tag_of(index.passages[index.owners[note]])
    if tag is None or note == source:
        return ""
    near = folded(index.passages[index.owners[source]].text)
    name = re.split(r"[，,（(]", tag.speaker)[0].strip()
    return tag.speaker if name and folded(name) in near else ""


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
        source=_source(tag) if tag else "",
        stance=tag.stance if tag else metadata.stance,
        status=tag.status if tag else "",
    )


def _source(tag: FactTag) -> str:
    """What a fact rests on, with the paragraph of the original where the tag names one."""
    paragraphs = re.findall(r"¶\d+", tag.ref)
    return f"{tag.source} ({', '.join(paragraphs)})" if paragraphs else tag.source


def _locator(index: Index, number: int) -> str:
    """Headings, line and offsets of a sentence."""
    passage, start, end = index.sentence_span(number)
    at = int(index.owners[number])
    before = passage.text[: start - passage.start].count("\n")
    while at > 0 and index.passages[at - 1].document == passage.document:
        at -= 1
        before += index.passages[at].text.count("\n")
    place = f"L{before + 1}, {start}–{end}"
    # A document's first heading is its title, which stands before it anyway.
    headings = [heading for heading in passage.heading.split(" › ") if heading and heading != passage.metadata.title]
    return f"{' › '.join(headings)} · {place}" if headings else place


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
    who = quote.speaker or (quote.source if quote.kind == "note" else "")
    who = traditional(who) if language == "zh-Hant" else who
    who = who or quote.publisher or quote.title
    when = phrases.say("as_of", language, date=quote.date) if quote.date else ""
    doubt = phrases.say(quote.status, language) if quote.status in ("reported", "unchecked") else ""
    if language == "en":
        aside = ", ".join(part for part in (when, doubt) if part)
        lead = f"{who} ({aside})" if who and aside else who or aside
        return f"{lead}: “{quote.text}” [{quote.n}]" if lead else f"“{quote.text}” [{quote.n}]"
    aside = "，".join(part for part in (when, doubt) if part)
    lead = f"{who}（{aside}）" if who and aside else who or aside
    return f"{lead}：“{quote.text}”[{quote.n}]" if lead else f"“{quote.text}”[{quote.n}]"
