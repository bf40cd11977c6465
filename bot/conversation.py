"""Conversation: what a follow-up means in the light of what came before, without an LLM.

A follow-up that leaves something out takes it from the conversation so far: names put in the place of names of their kind
("那华为呢？"), a new aspect asked of the old names ("and on security?"), a pronoun of the name last spoken of, or an item of
the last answer ("第二点展开讲讲").
"""

import re
from dataclasses import dataclass, field

from bot.answer import Answer
from bot.question import Question, read_question
from knowledge.document import Language
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

    def understand(self, text: str, terms: Terms, *, language: Language | None = None) -> Understood:
        """Complete a follow-up from the conversation; a question that stands on its own comes back as it is.

        Raises:
            QuestionError: if it is empty or too long.
        """
        question = read_question(text, terms, language=language)
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
    core = _ABOUT.sub("", _CLOSING.sub("", text[opened.end() :] if opened else text).strip())
    names = _spelt(question, named=True)
    notions = _spelt(question, named=False)
    pronoun = _PRONOUN.search(text)
    if pronoun and not names:
        subject = _subject(turns, terms, _meant(pronoun[0].lower()))
        if subject:
            possessive = pronoun[0].lower() in ("its", "their", "his", "her")
            return f"{text[: pronoun.start()]}{subject}{chr(39) + 's' if possessive else ''}{text[pronoun.end() :]}"
    if _GOES_ON.search(folded(text)):
        # What happened afterwards: the old names and notions say what it is about.
        missing = [spelt for spelt in (*_spelt(before, named=True), *_spelt(before, named=False)) if spelt not in text]
        return f"{text} {' '.join(missing)}" if missing else None
    elliptic = bool(opened) or len(core) <= (8 if re.search(f"[{HAN}]", core) else 24)
    if not elliptic or (names and _PREDICATE.search(folded(core))):
        return None
    if names and not notions:
        return _with_names(before, question, core)
    if names or not core:
        return None
    if question.dates and not notions:
        return _with_date(before, core)
    olds = _spelt(before, named=True)
    if notions or _PREDICATE.search(folded(core)):
        # A new aspect of the old names: "and on security?"
        return f"{_joined(olds, question.language)} {core}" if olds else f"{before.text} {core}"
    # A variant of what was asked about: "K3呢".
    return f"{_joined(olds, question.language)} {core} {_without_names(before)}"


_PREDICATE = re.compile(
    r"为什么|为何|多少|谁|哪|什么|怎么|如何|是否|有没有|是不是|吗|\b(why|who|when|where|which|what|how|does|do|did|is|are|was|were|has|have|can|will|should)\b"
)
_GOES_ON = re.compile(r"后来|结果呢|之后呢|接着|然后呢?|^结果|\bthen\b|\bafterwards\b|\bin response\b|\bsince then\b")
_PERSONS = ("他", "她", "he", "him", "his", "she", "her")
_THINGS = ("它", "它们", "it", "its")


def _meant(pronoun: str) -> tuple[str, ...]:
    """The kinds of names for which a pronoun may stand."""
    return ("person",) if pronoun in _PERSONS else NAMED if pronoun in _THINGS else ("vendor", "person")


def _spelt(question: Question, *, named: bool) -> list[str]:
    """The names, or the notions, of a question as they stand in it, each once."""
    whole = len(folded(question.text)) == len(question.text)
    found: dict[str, str] = {}
    for mention in question.mentions:
        if (mention.term.kind in NAMED) == named:
            spelt = question.text[mention.start : mention.end] if whole else mention.term.names(question.language)[0]
            found.setdefault(mention.term.id, _whole_word(question.text, mention, spelt) if whole else spelt)
    return list(found.values())


def _whole_word(text: str, mention: Mention, spelt: str) -> str:
    """With the version that follows: "GPT" in "gpt-oss", "Kimi" in "Kimi K2" stays as it is."""
    tail = re.match(r"[\w.-]*", text[mention.end :], re.ASCII)
    return spelt + (tail[0] if tail and spelt.isascii() else "")


def _joined(names: list[str], language: str) -> str:
    return " ".join(names) if language != "en" else " and ".join(names)


def _with_date(before: Question, date: str) -> str:
    """The earlier question about another time."""
    bare = re.sub(r"^(in|by|since|as of)\s+", "", date, flags=re.IGNORECASE)
    text, replaced = re.subn(r"20[0-3]\d(?:\s*年)?(?:\s*\d{1,2}\s*月)?", bare, before.text, count=1)
    return text if replaced else f"{before.text} {date}"


def _with_names(before: Question, question: Question, core: str) -> str:
    """The earlier question with its names of the same kind replaced."""
    text = before.text
    new = next(mention.term for mention in question.mentions if mention.term.kind in NAMED)
    olds = [mention for mention in before.mentions if mention.term.kind in NAMED]
    same = [mention for mention in olds if mention.term.kind == new.kind] or olds
    if not same or len(folded(text)) != len(text):
        return f"{core} {_without_names(before)}"
    first = same[0]
    gone = {first.term.id} if first.term.kind == new.kind else set()
    for mention in sorted(olds, key=lambda mention: -mention.start):
        if mention is first:
            text = text[: mention.start] + core + text[mention.end :]
        elif mention.term.of in gone:
            # Another company did nothing with this one's product.
            text = text[: mention.start] + re.sub(
                r"^[\w.-]*( \d[\w.]*)?", "", text[mention.end :], count=1, flags=re.ASCII
            )
    return re.sub(r" +(?=[?？.!,])", "", " ".join(text.split()))


def _without_names(question: Question) -> str:
    text = question.text
    if len(folded(text)) != len(text):
        return text
    for mention in sorted(question.mentions, key=lambda mention: -mention.start):
        if mention.term.kind in NAMED:
            text = text[: mention.start] + re.sub(
                r"^[ ]?[\w.-]*\d[\w.-]*", "", text[mention.end :], count=1, flags=re.ASCII
            )
    return " ".join(text.split())


def _subject(turns: list[Turn], terms: Terms, kinds: tuple[str, ...]) -> str:
    """The name last spoken of: in a question, else by whom or about whom the first quote of its answer is."""
    for turn in reversed(turns):
        told = [quote.speaker or quote.text for quote in turn.answer.quotes[:1]]
        sources = [turn.question.mentions, *(tuple(terms.find(text)) for text in told)]
        for mentions in sources:
            named = [mention.term for mention in mentions if mention.term.kind in NAMED]
            fitting = [term for term in named if term.kind in kinds]
            if fitting:
                return fitting[-1].names(turn.question.language)[0]
    for turn in reversed(turns):
        named = [mention.term for mention in turn.question.mentions if mention.term.kind in NAMED]
        if named:
            return named[-1].names(turn.question.language)[0]
    return ""
