"""The question: what is asked, in which language, for which kind of answer, about whom and when."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from knowledge.document import Language
from knowledge.errors import QuestionError
from knowledge.script import folded, language_of
from knowledge.terms import NAMED, Mention, Terms

Kind = Literal["fact", "who", "number", "when", "why", "list", "each", "compare"]
"""What kind of answer is expected: a fact, a person or organisation, a figure, a date, a reason, one quote per member of a
list, one for each of several names in the question, or evidence from both camps."""

LONGEST = 12_000
"""Code points of a question at most."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

# Folded text: lower case, Simplified.
_CHOOSE = re.compile(
    r"(开源|闭源|开放)[^，。,？?]{0,4}还是|优缺点|利弊|优劣|双方|两派|两边|争论|争议|该选|选哪|怎么选|如何选"
    r"|pros and cons|\btrade-?offs?\b|advantages? and|both (sides|camps)|\bdebate|\bopen or closed|\bclosed or open"
)
_COMPARE = re.compile(
    r"对比|相比|比较|区别|差别|异同|哪个好|哪种好|哪边|更好|更安全|更便宜|更稳|还是"
    r"|\bvs\b|versus|\bcompare\b|comparison|difference between|\bdiffer\b|should (we|i|one|our)|which (is|one is|would be) \w+er\b|\bbetter\b"
)
_BOTH = re.compile(
    r"\b(open|closed)(-| )?(source|weights?|models?)? (and|or|to|with|from|vs\.?|versus) (open|closed)\b"
)
_WHY = re.compile(
    r"为什么|为何|为啥|咋突然|怎么突然|怎么就|何以|原因|理由|怎么会|凭什么|图什么|\bwhy\b|\breasons?\b|how come|what for"
)
_PARTIES = re.compile(
    r"(哪些|哪几|有哪|列出|列举|盘点).{0,6}(厂商|公司|企业|机构|大厂|组织|团队|人|家)|都?有谁|哪几家"
    r"|\b(vendors|companies|firms|organi[sz]ations|labs|players|providers|people)\b|\bwho\b"
)
# In order: the first kind whose words are found is taken.
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
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
            r"多少|几个|几家|几款|几次|几年|几天|几种|几成|几亿|几万|多大|多高|多长|多久|百分之|比例|多贵|要几|价格|价钱|how (many|much|large|big|long|high|far|old)|what (percentage|share|size|number|fraction)|\bhow often|\bprice of|\bcosts?\b|\bhow expensive|\bparams\b|parameter count|\bpercent"
        ),
    ),
    (
        "when",
        re.compile(
            r"何时|什么时候|啥时候|几时|哪时候?|哪一?年|哪一?天|哪一?月|几月|几号|什么时间|\bwhen\b|\b(what|which) (year|date|day|month|time)"
        ),
    ),
    ("why", _WHY),
    (
        "who",
        re.compile(
            r"谁|哪位|哪家|哪个(公司|人|厂商|企业|组织|机构)|什么人|\bwho\b|\bwhom\b|\bwhose\b|which (company|vendor|person|firm|organi[sz]ation)"
        ),
    ),
)
_ARGUES = re.compile(
    r"支持|主张|赞成|力挺|理由|论据|论点|好处|优势|优点|坏处|缺点|arguments? (for|of)|reasons? (for|to)|in favou?r|case for|(advantages?|benefits?|pros) of"
)
_OPEN = {"open-source", "open-camp", "open-weights"}
_CLOSED = {"closed-source", "closed-camp"}
_NOW = re.compile(
    r"现在|目前|如今|今天|最新|最近|当前|至今|\bnow\b|\btoday\b|\bcurrent|\blatest\b|\bthese days\b|\bas of now\b|\bstill\b|还在|仍"
)
_YEAR = re.compile(
    r"(?<!\d)(20[0-3]\d)(?!\d)(?:\s*年?\s*[-/]?\s*(?P<han>1[0-2]|0?[1-9])\s*月|[-/](?P<iso>1[0-2]|0[1-9])(?!\d))?"
)
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
    reasons: bool
    """Whether it asks for reasons, be it beside something else ("which vendors stayed closed, and why?")."""
    parties: bool
    """Whether the members of the list that it asks for are vendors, bodies or people."""

    @property
    def camp(self) -> Literal["open", "closed"] | None:
        """The camp whose arguments it asks for; None where it asks for none, or for both camps'."""
        if not _ARGUES.search(folded(self.text[:2_000])):
            return None
        held = {mention.term.id for mention in self.mentions}
        sides = bool(held & _OPEN), bool(held & _CLOSED)
        return "open" if sides == (True, False) else "closed" if sides == (False, True) else None

    @property
    def topical(self) -> bool:
        """Whether it is about our subject beyond doubt: it names somebody or something of it, or two notions."""
        kinds = [kind for kind in {m.term.id: m.term.kind for m in self.mentions}.values() if kind != "place"]
        return any(kind in NAMED for kind in kinds) or len(kinds) > 1

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
    mentions = terms.mentions(text[:2_000])
    return Question(
        text=text,
        language=language or language_of(text[:2_000]),
        kind=_kind(spelt, mentions),
        mentions=mentions,
        dates=_dates(spelt),
        now=bool(_NOW.search(spelt)),
        reasons=bool(_WHY.search(spelt)),
        parties=bool(_PARTIES.search(spelt)),
    )


def _kind(spelt: str, mentions: tuple[Mention, ...]) -> Kind:
    if _CHOOSE.search(spelt):
        return "compare"
    if _COMPARE.search(spelt):
        held = {mention.term.id for mention in mentions}
        if (held & _OPEN and held & _CLOSED) or _BOTH.search(spelt):
            return "compare"
        if len({mention.term.of or mention.term.id for mention in mentions if mention.term.kind in NAMED}) > 1:
            return "each"
    return next((kind for kind, words in _KINDS if words.search(spelt)), "fact")


def _dates(spelt: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in _YEAR.finditer(spelt):
        month = match["han"] or match["iso"]
        found[f"{match[1]}-{int(month):02}" if month else match[1]] = None
    for match in _MONTH_YEAR.finditer(spelt):
        found.pop(match[2], None)
        found[f"{match[2]}-{_MONTHS.index(match[1]) + 1:02}"] = None
    return tuple(found)
