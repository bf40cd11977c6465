"""The question: what is asked, in which language, for which kind of answer, about whom and when."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from knowledge.document import Language
from knowledge.errors import QuestionError
from knowledge.script import folded, language_of
from knowledge.terms import NAMED, Mention, Terms

Kind = Literal["fact", "who", "number", "when", "why", "list", "compare"]
"""What kind of answer is expected: a fact, a person or organisation, a figure, a date, a reason, one quote per member of a
list, or evidence from both camps."""

LONGEST = 12_000
"""Code points of a question at most."""

_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

# In order: the first kind whose words are found is taken. Folded text: lower case, Simplified.
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "compare",
        re.compile(
            r"还是|对比|相比|比较|区别|差别|异同|优缺点|利弊|优劣|双方|两派|两边|争论|争议|该选|选哪|怎么选|如何选|哪个好|哪种好|更好|更安全|更便宜"
            r"|\bvs\b|versus|\bcompare|comparison|difference between|pros and cons|\btrade-?offs?\b|advantages? and"
            r"|both (sides|camps)|\bdebate|should (we|i|one|our)|which (is|one is|would be) (better|safer|cheaper)|better:|\bopen or closed|closed or open"
        ),
    ),
    (
        "list",
        re.compile(
            r"哪些|哪几|有哪|列出|列举|分别|都有谁|有谁|几个原因|几大|盘点"
            r"|\bwhich (vendors|companies|firms|models|organi[sz]ations|labs|licen[cs]es|countries|players|ones|of)|\bwhat (vendors|companies|models|licen[cs]es|reasons|arguments|risks|options|are the)"
            r"|\blist\b|\bname (the|all|some|three|two|a few)|\bwho (all|else)\b"
        ),
    ),
    (
        "number",
        re.compile(
            r"多少|几个|几家|几款|几次|几年|多大|多高|百分之|比例|how (many|much|large|big|long|high|far|old)|what (percentage|share|size|number|fraction)|\bhow often"
        ),
    ),
    (
        "when",
        re.compile(
            r"何时|什么时候|哪一?年|哪一?天|哪一?月|几月|几号|什么时间|\bwhen\b|\b(what|which) (year|date|day|month|time)"
        ),
    ),
    ("why", re.compile(r"为什么|为何|为啥|何以|原因|理由|怎么会|凭什么|图什么|\bwhy\b|\breasons?\b|how come|what for")),
    (
        "who",
        re.compile(
            r"谁|哪位|哪家|哪个(公司|人|厂商|企业|组织|机构)|什么人|\bwho\b|\bwhom\b|\bwhose\b|which (company|vendor|person|firm|organi[sz]ation)"
        ),
    ),
)
_NOW = re.compile(
    r"现在|目前|如今|今天|最新|最近|当前|至今|\bnow\b|\btoday\b|\bcurrent|\blatest\b|\bthese days\b|\bas of now\b|\bstill\b|还在|仍"
)
_YEAR = re.compile(r"(?<!\d)(20[0-3]\d)(?!\d)(?:\s*年)?(?:\s*[-/年]?\s*(1[0-2]|0?[1-9])\s*月)?")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH_YEAR = re.compile(r"\b(" + "|".join(_MONTHS) + r")\s+(20[0-3]\d)\b")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, cleaned and read."""

    text: str
    """Without control characters and marks that turn the direction of writing."""
    language: Language
    kind: Kind
    mentions: tuple[Mention, ...]
    """Names and notions in it."""
    dates: tuple[str, ...]
    """Years and months asked about, YYYY or YYYY-MM."""
    now: bool
    """Whether it asks for the present state."""

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of the vendors, people and products that it names, each once."""
        return tuple(dict.fromkeys(m.term.id for m in self.mentions if m.term.kind in NAMED))


def clean(text: str) -> str:
    """A question as typed, without what must not be echoed: escape sequences, controls, direction marks.

    Raises:
        QuestionError: if nothing with a letter or digit is left, or it is too long.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    text = " ".join(_INVISIBLE.sub("", _ESCAPES.sub("", text)).split())
    if not any(char.isalnum() for char in text):
        raise QuestionError(
            "The question is empty.", remedy='Ask something, for example: kaibi ask "阿里云为什么开源？"'
        )
    if len(text) > LONGEST:
        raise QuestionError(
            f"The question has {len(text):,} characters; {LONGEST:,} are the most.", remedy="Ask in a sentence or two."
        )
    return text


def read_question(text: str, terms: Terms, *, language: Language | None = None) -> Question:
    """Clean a question and find out what it asks.

    Raises:
        QuestionError: if it is empty or too long.
    """
    text = clean(text)
    spelt = folded(text[:2_000])
    kind: Kind = next((kind for kind, words in _KINDS if words.search(spelt)), "fact")
    return Question(
        text=text,
        language=language or language_of(text[:2_000]),
        kind=kind,
        mentions=tuple(terms.find(text[:2_000]) + terms.find_misspelt(text[:2_000])),
        dates=_dates(spelt),
        now=bool(_NOW.search(spelt)),
    )


def _dates(spelt: str) -> tuple[str, ...]:
    found = {f"{match[1]}-{int(match[2]):02}" if match[2] else match[1]: None for match in _YEAR.finditer(spelt)}
    for match in _MONTH_YEAR.finditer(spelt):
        found.pop(match[2], None)
        found[f"{match[2]}-{_MONTHS.index(match[1]) + 1:02}"] = None
    return tuple(found)
