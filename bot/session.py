"""A session: questions in, answers out, over one open knowledge base, with or without what came before."""

import dataclasses

import numpy as np

from bot import phrases
from bot.answer import Answer
from bot.conversation import Conversation
from bot.extractive import QUOTES, answer
from bot.question import Question, read_question
from knowledge.base import KnowledgeBase
from knowledge.document import Language
from knowledge.index import Index


def ask(base: KnowledgeBase, text: str, *, language: Language | None = None, quotes: int = QUOTES) -> Answer:
    """Answer one question by itself.

    Raises:
        QuestionError: if it is empty or too long.
    """
    base.refresh()
    return answer(base, read_question(text, base.terms, language=language), quotes=quotes)


def reply(
    base: KnowledgeBase,
    conversation: Conversation,
    text: str,
    *,
    language: Language | None = None,
    quotes: int = QUOTES,
) -> Answer:
    """Answer a question in the light of a conversation, and remember it there.

    Raises:
        QuestionError: if it is empty or too long.
    """
    base.refresh()
    understood = conversation.understand(text, base.terms, language=language)
    question = understood.question
    if understood.item is None:
        given = answer(base, question, quotes=quotes)
    else:
        given = _expand(base, question, conversation.turns[-1].answer, understood.item, quotes)
        question = conversation.turns[-1].question
    conversation.add(question, given)
    return dataclasses.replace(given, question=text.strip())


def _expand(base: KnowledgeBase, question: Question, last: Answer, item: int, quotes: int) -> Answer:
    """More on one statement of the last answer: its sentence and those around it."""
    if item > len(last.statements):
        note = phrases.say("no_such_item", question.language, n=item)
        return dataclasses.replace(last, status="refused", statements=(), quotes=(), note=note, question=question.text)
    cited = next(quote for quote in last.quotes if quote.n == last.statements[item - 1].quotes[0])
    topic = dataclasses.replace(question, text=cited.text, kind="fact")
    return answer(base, topic, quotes=max(quotes, 4), within=_around(base.index, cited.document, cited.start))


def _around(index: Index, document: str, start: int) -> np.ndarray:
    """The passage that holds a place and its neighbours, as a mask of shape (passages,)."""
    near = np.zeros(len(index.passages), bool)
    for number, passage in enumerate(index.passages):
        if passage.document == document and passage.start <= start < passage.end:
            for other in (number - 1, number, number + 1):
                if 0 <= other < len(near) and index.passages[other].document == document:
                    near[other] = True
    return near
