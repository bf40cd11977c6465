"""Conversation: what a follow-up means in the light of what came before, without an LLM.

A follow-up that leaves something out takes it from the conversation so far: names put in the place of names of their kind
("那华为呢？"), a new aspect asked of the old names ("and on security?"), a pronoun of the name last spoken of, or an item of
the last answer ("第二点展开讲讲").
"""

import re
from dataclasses import dataclass, field

from bot.answer import Answer
from bot.question import Question, read_question
from knowledge.script import HAN, folded
from knowledge.terms import NAMED, Mention, Terms

_ORDINALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6}
_ENGLISH_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1}
_ITEM = re.compile(
    r"第\s*(?P<han>[一二三四五六1-6])\s*(?:点|个|条|项|句|则|种|家)?|最后(?P<last>一[点个条项句])"
    r"|\bthe (?P<word>first|second|third|fourth|fifth|sixth|last)(?: (?:one|point|item|quote|reason|company|vendor))?\b"
    r"|(?:\b(?:point|item|quote|number|no\.?)\s*|#|\[)(?P<digit>[1-6])\b"
)
_OPENING = re.compile(
    r"^(?:那么?|还有|另外|再说|至于|而|(?:and what about|and how about|what about|how about|what of|and|so|then|also|but)\b)[\s,，]*",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"(呢|怎么样|如何|又如何|怎样)?[\s?？!！。.]*$")
_PRONOUN = re.compile(
    r"它们?|他们?|她们?|该公司|这家公司?|那家公司?|\b(it|its|they|them|their|he|him|his|she|her|that company|this company|the company)\b"
)
_ABOUT = re.compile(r"^(on|about|regarding|for|with|in terms of|关于|对于|在|就)\s*", re.IGNORECASE)


@dataclass(slots=True)
class Turn:
    """One question as understood, and its answer."""

    question: Question
    answer: Answer


@dataclass(slots=True)
class Understood:
    """A question made to stand on its own."""

    question: Question
    item: int | None = None
    """Number of the last answer's statement that is asked about, from 1; None where none is."""


@dataclass(slots=True)
class Conversation:
    """The turns so far, oldest first."""

    turns: list[Turn] = field(default_factory=list)

    def add(self, question: Question, answer: Answer) -> None:
        """Remember a turn."""
        self.turns.append(Turn(question, answer))

    def understand(self, text: str, terms: Terms, *, language: str | None = None) -> Understood:
        """Complete a follow-up from the conversation; a question that stands on its own comes back as it is.

        Raises:
            QuestionError: if it is empty or too long.
        """
        question = read_question(text, terms, language=language)  # type: ignore[arg-type]
        if not self.turns:
            return Understood(question)
        last = self.turns[-1]
        item = _item(question, last.answer)
        if item is not None:
            return Understood(question, item)
        completed = _completed(question, self.turns, terms)
        if completed is None:
            return Understood(question)
        return Understood(read_question(completed, terms, language=question.language))


def _item(question: Question, last: Answer) -> int | None:
    """The item of the last answer that a short question points to."""
    match = _ITEM.search(folded(question.text))
    if not match or not last.statements or len(question.text) > 60 or question.names:
        return None
    if match["last"] or match["word"] == "last":
        return len(last.statements)
    if match["word"]:
        return _ENGLISH_ORDINALS[match["word"]]
    found = match["han"] or match["digit"]
    return _ORDINALS[found] if found in _ORDINALS else int(found)


def _completed(question: Question, turns: list[Turn], terms: Terms) -> str | None:
    """The question with what it leaves out; None where it leaves out nothing."""
    before = turns[-1].question
    text = question.text
    opened = _OPENING.match(text)
    core = _CLOSING.sub("", text[opened.end() :] if opened else text).strip()
    core = _ABOUT.sub("", core)
    names = [mention for mention in question.mentions if mention.term.kind in NAMED]
    notions = [mention for mention in question.mentions if mention.term.kind not in NAMED]
    pronoun = _PRONOUN.search(text)
    if pronoun and not names:
        subject = _subject(turns)
        if subject:
            spoken = subject.names(question.language)[0]
            possessive = pronoun[0].lower() in ("its", "their", "his", "her") and question.language == "en"
            return f"{text[: pronoun.start()]}{spoken}{chr(39) + 's' if possessive else ''}{text[pronoun.end() :]}"
    elliptic = bool(opened) or len(core) <= (8 if re.search(f"[{HAN}]", core) else 24)
    if not elliptic or _own_predicate(core, names):
        return None
    if names and not notions:
        return _with_names(before, names, core)
    if core and not names:
        # A new aspect of the old names: "and on security?", "2026年呢？"
        olds = [terms.by_id[name].names(question.language)[0] for name in before.names]
        if olds:
            return f"{'、'.join(olds)} {core}" if question.language != "en" else f"{' and '.join(olds)}: {core}"
        return f"{before.text} {core}"
    return None


_PREDICATE = re.compile(
    r"为什么|为何|多少|谁|哪|什么|怎么|如何|是否|有没有|是不是|\b(why|who|when|where|which|what|how|does|do|did|is|are|was|were|has|have|can|will|should)\b"
)


def _own_predicate(core: str, names: list[Mention]) -> bool:
    """Whether the follow-up asks something of its own, names aside."""
    return bool(_PREDICATE.search(folded(core))) and bool(names)


def _with_names(before: Question, names: list[Mention], core: str) -> str:
    """The earlier question with its names of the same kind replaced."""
    spelt = before.text
    new = names[0].term
    olds = [mention for mention in before.mentions if mention.term.kind in NAMED]
    same = [mention for mention in olds if mention.term.kind == new.kind] or olds
    if not same or len(folded(spelt)) != len(spelt):
        return f"{core} {spelt}" if not olds else f"{core} {_without(spelt, olds)}"
    first = same[0]
    return spelt[: first.start] + core + spelt[first.end :]


def _without(text: str, mentions: list[Mention]) -> str:
    for mention in mentions:
        for name in mention.term.all_names:
            text = re.sub(re.escape(name), "", text, flags=re.IGNORECASE)
    return text.strip()


def _subject(turns: list[Turn]):  # type: ignore[no-untyped-def]
    """The name last spoken of, in questions first."""
    for turn in reversed(turns):
        named = [mention.term for mention in turn.question.mentions if mention.term.kind in NAMED]
        if named:
            return named[-1]
    return None
