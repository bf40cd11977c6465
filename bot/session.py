"""A session: questions in, answers out, over one open knowledge base, with or without what came before."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot import phrases
from bot.answer import Answer
from bot.channels import FREE, Rule
from bot.conversation import Conversation
from bot.evidence import is_sentence
from bot.extractive import QUOTES, answer, quoted
from bot.question import Question, clean, read_question
from knowledge.base import KnowledgeBase
from knowledge.document import Language
from knowledge.index import Index

if TYPE_CHECKING:
    from bot.llm.backends import NamedBackend


def ask(
    base: KnowledgeBase, text: str, *, language: Language | None = None, quotes: int = QUOTES, rule: Rule = FREE
) -> Answer:
    """Answer one question by itself, under the rule of its channel.

    Raises:
        QuestionError: if it is empty or too long.
        SettingsError: if the backend that is set cannot be used.
    """
    *_, whole = stream(base, text, language=language, quotes=quotes, rule=rule)
    return whole


def stream(
    base: KnowledgeBase, text: str, *, language: Language | None = None, quotes: int = QUOTES, rule: Rule = FREE
) -> Iterator[Answer]:
    """The same as it grows, one checked statement more each time; the last answer is whole."""
    base.refresh()
    question = read_question(text, base.terms, language=rule.language or language)
    yield from _answers(base, question, quotes=quotes, rule=rule)


def writers(base: KnowledgeBase, rule: Rule = FREE) -> "list[NamedBackend]":
    """The backends that word the answers, in turn; empty where the answers are quoted passages.

    Raises:
        SettingsError: if one is unknown or may not be used here.
    """
    if (rule.backend or base.settings.llm) == "extractive":
        return []
    from bot.llm.backends import named_backends

    return named_backends(base.settings, rule.backend, local_only=rule.local_only)


def _answers(
    base: KnowledgeBase, question: Question, *, quotes: int, rule: Rule, earlier: Sequence[str] = ()
) -> Iterator[Answer]:
    backends = writers(base, rule)
    within = rule.within(base.index)
    if backends:
        # Imported only here: a language model's client takes seconds to load.
        from bot.llm.answering import answers

        yield from answers(base, question, backends, quotes=quotes, earlier=earlier, within=within)
    else:
        yield answer(base, question, quotes=quotes, within=within)


def reply(
    base: KnowledgeBase,
    conversation: Conversation,
    text: str,
    *,
    language: Language | None = None,
    quotes: int = QUOTES,
    rule: Rule = FREE,
) -> Answer:
    """Answer a question in the light of a conversation, and remember it there.

    Raises:
        QuestionError: if it is empty or too long.
        SettingsError: if the backend that is set cannot be used.
    """
    *_, whole = reply_stream(base, conversation, text, language=language, quotes=quotes, rule=rule)
    return whole


def reply_stream(
    base: KnowledgeBase,
    conversation: Conversation,
    text: str,
    *,
    language: Language | None = None,
    quotes: int = QUOTES,
    rule: Rule = FREE,
) -> Iterator[Answer]:
    """The same as it grows; the last answer is whole and the one that is remembered."""
    base.refresh()
    understood = conversation.understand(text, base.terms, language=rule.language or language)
    question = understood.question
    if understood.item is None:
        earlier = [turn.question.text for turn in conversation.turns]
        for given in _answers(base, question, quotes=quotes, rule=rule, earlier=earlier):
            yield dataclasses.replace(given, question=clean(text))
    else:
        given = _expand(base, question, conversation.turns[-1].answer, understood.item, quotes)
        question = conversation.turns[-1].question
        yield dataclasses.replace(given, question=clean(text))
    conversation.add(question, given)


def _expand(base: KnowledgeBase, question: Question, last: Answer, item: int, quotes: int) -> Answer:
    """More on one statement of the last answer: its sentence and those around it."""
    if item > len(last.statements):
        note = phrases.say("no_such_item", question.language, n=item)
        return dataclasses.replace(last, status="refused", statements=(), quotes=(), note=note, question=question.text)
    cited = next(quote for quote in last.quotes if quote.n == last.statements[item - 1].quotes[0])
    numbers = _around(base.index, cited.document, cited.start, max(quotes, 4))
    return quoted(base, dataclasses.replace(question, kind="fact"), numbers)


def _around(index: Index, document: str, start: int, count: int) -> list[int]:
    """The sentence that begins at a place and those nearest to it under the same heading, in reading order."""
    inside = [n for n, passage in enumerate(index.passages) if passage.document == document]
    at = next((n for n in inside if index.passages[n].start <= start < index.passages[n].end), None)
    if at is None:
        return []  # The document has been replaced since.
    section = [n for n in inside if index.passages[n].heading == index.passages[at].heading]
    spans = {n: index.sentence_span(n)[1] for passage in section for n in index.sentences_of(passage)}
    sentences = [n for n in spans if is_sentence(index.sentence_text(n))]
    own = next((n for n in sentences if spans[n] >= start), sentences[-1] if sentences else None)
    if own is None:
        return []
    place = sentences.index(own)
    # What follows says more than what went before.
    first = max(0, min(place - 1, len(sentences) - count))
    return sentences[first : first + count]
