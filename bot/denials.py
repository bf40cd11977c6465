"""Denials: the words of both languages that deny, what they deny, and so the sign of each word that has a contrary."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from bot.items import Item
from bot.vocabulary import vocabulary
from knowledge.script import HAN

_HAN_NOT = (
    r"(?<!不得)(?<!不能)(?<!不可)(?<!差)(?<!离)(?:(?<=(?P<asked>[\u4e00-\u9fff]))不(?!(?P=asked))|(?<![\u4e00-\u9fff])不)(?!仅|但|只|光|得不|能不|可不|过(?!去)|断|少|错|妨|管|论|同|久|得不|约|已|能只|能仅|禁(?!止)|可避免|止|限于|亚于|愧|外乎|惜|由|时|等(?!于)|单|如说|及|如(?!说)|比|足|到|超过|低于|高于|少于|多于|变|相上下)|没有?(?!收|超过|变|到)|未(?!来|超过|满|必)|无(?!论|疑|非|线|人机|锡|数|限期)"
    r"|(?<![是似])非(?!常|洲|要|得)|禁止(?!用途|的|性)|拒绝|缺乏|缺少|否认|别(?=再|把|用|想)|勿"
)
_ENGLISH_NOT = (
    r"\b(?:not(?! only\b| just\b| merely\b|[^,.;]{0,40}\buntil\b)|no(?!\. ?\d| doubt| matter| (?:later|sooner|less|more|fewer) than)|never|without|cannot|neither|nor|none|nobody|nothing(?! but)|forb(?:id(?:s|ding|den)?|ade)|prohibit(?:s|ed|ing)?(?![ -]uses?)"
    r"|bans?|banned|barred|refus(?:e|es|ed|ing)|lack(?:s|ed|ing)?|fail(?:s|ed)? to|unable|exempt|rather than|den(?:y|ies|ied)(?= (?:that|having|any)\b))\b|n['’]t\b|\bnon-"
)
NOT = re.compile(f"{_HAN_NOT}|{_ENGLISH_NOT}")
"""Words that deny."""
_EXCLUDES = re.compile(r"排除|\b(?:exclud(?:e|es|ed|ing)|rul(?:es?|ed|ing) out)\b")
"""Words that deny only what follows them."""

_CLAUSE_ENDS = re.compile(
    r"[，,；;。！？!?：:（）()\n]|\.(?=\s|$)|\b(?:but|while|whereas|although|though|because)\b|但是?|却"
)
_SUBJECT_BEGINS = re.compile(_CLAUSE_ENDS.pattern + r"|\band\b|、|并")
_SCOPE_ENDS = re.compile(
    r"\b(?:when|whether|which|what|how|why|who|where|if|than|on|about|regarding|once|after|before|unless|until|because)\b|何时|为什么|为何|是否|哪|怎么|多少|如何|关于|对于|有关|、|的"
)
"""Words at which what is denied ends: "does not say when it opened" denies no opening."""

_TOLD_OTHERWISE = frozenset(
    [
        "open",
        "close",
        "allow",
        "require",
        "commercial",
        "free",
        "support",
        "change",
        "improve",
        "lead",
        "lag",
        "limit",
        "stop",
        "safe",
        "use",
        "read",
        "make",
        "disclose",
        "give",
        "work",
        "confirm",
        "clause",
        "evidence",
        "incident",
    ]
)
"""Verbs of the vocabulary that are among the opposites, or too general to be compared alone."""

_CONDITION = re.compile(r"\b(?:only|unless|except)\b|只|仅|除非|除了")
_HINDERED = re.compile(
    r"\s?(?:to )?(?:stop|prevent|forbid|prohibit|ban|bar|exclud|restrict|limit|deny|refus|withh|without|fail)|(?:会|再|有|能)?(?:禁止|阻止|排除|限制|拒绝|妨碍|停止|放弃)"
)
_MODALS = frozenset(["may", "can", "must", "need", "needs"])
_UNTURNED = frozenset(["modality", "extent"])
"""Contraries that a denial does not turn into each other: "must not" is no "may"."""


class _Denial(NamedTuple):
    words: tuple[int, int]
    """Where the denying words stand."""
    begin: int
    end: int
    """The clause that may be denied as a whole: "opening it is not planned"."""
    target: tuple[int, int] | None
    """The first word in its scope that has a contrary."""


def signed(spelt: str) -> list[Item]:
    """The words of an aligned text that have a contrary, and the known verbs: kind by what they are contraries in, key "+" or "-".

    Both keys where a denial stands in the clause and denies another of these words first.

    >>> [(spelt[item.start:item.end], *item.keys) for spelt in ["they never opened it", "未开源", "closed"] for item in signed(spelt)]
    [('open', '-'), ('开源', '-'), ('closed', '-')]
    """
    found = _found(spelt)
    denials = list(_denials(spelt, [(start, end) for start, end, *_ in found]))
    bounds = [0, *(match.end() for match in _CLAUSE_ENDS.finditer(spelt)), len(spelt)]
    conditional = [(a, b) for a, b in pairwise(bounds) if _CONDITION.search(spelt, a, b)]
    items = []
    for start, end, axis, sign in found:
        denied = _denied((start, end), denials)
        if any(a <= start and end <= b for a, b in conditional):
            denied = None  # "only if", "unless" deny half.
        items.append(Item(start, end, f"±{axis}", _keys(sign, denied, turned=axis not in _UNTURNED)))
    return items


def affirms(clause: str) -> bool:
    """Whether a clause denies a hindrance and so denies nothing: "does not stop", 并不禁止."""
    denial = NOT.search(clause)
    return bool(denial and _HINDERED.match(clause, denial.end()))


def _found(spelt: str) -> list[tuple[int, int, str, bool]]:
    """Start, end, what it is a contrary in, and whether it is the first of the two contraries."""
    found: list[tuple[int, int, str, bool]] = []
    for axis, (words, contrary) in vocabulary().opposites.items():
        spans: list[tuple[int, int]] = []
        for sign, pattern in ((False, contrary), (True, words)):
            for match in pattern.finditer(spelt):
                if not any(match.start() < end and start < match.end() for start, end in spans):
                    spans.append(match.span())
                    found.append((*match.span(), axis, sign))
    for verb, pattern in vocabulary().verbs.items():
        if verb not in _TOLD_OTHERWISE:
            found += [(*match.span(), verb, True) for match in pattern.finditer(spelt)]
    return sorted(found)


def _keys(sign: bool, denied: bool | None, *, turned: bool) -> frozenset[str]:
    if denied is None or (denied and not turned):
        return frozenset("+-")
    return frozenset("+" if sign != denied else "-")


def _denied(span: tuple[int, int], denials: list[_Denial]) -> bool | None:
    """Whether a word is denied, by an odd number of denials; None where one stands in its clause and denies another."""
    hits = sum(denial.target is not None and _meet(denial.target, span) for denial in denials)
    if hits % 2:
        return True
    near = any(
        denial.begin <= span[0] and span[1] <= denial.end and not _meet(denial.words, span) for denial in denials
    )
    return None if near and not hits else False


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _denials(spelt: str, spans: list[tuple[int, int]]) -> Iterator[_Denial]:
    """The denials of a text, each with the first of the words in its scope."""
    for match in (*NOT.finditer(spelt), *_EXCLUDES.finditer(spelt)):
        begin = max((end.end() for end in _SUBJECT_BEGINS.finditer(spelt, 0, match.start())), default=0)
        stop = next((end.start() for end in _CLAUSE_ENDS.finditer(spelt, match.end())), len(spelt))
        before = [
            span
            for span in spans
            if begin <= span[0] and re.fullmatch(r"[a-z]*\s+(?:[a-z]+\s+)?", spelt[span[1] : match.start()])
        ]
        after = [
            span
            for span in spans
            if match.end() <= span[0] and span[1] <= stop and _reaches(match[0], spelt[match.end() : span[0]])
        ]
        modal = next((span for span in spans if span[1] == match.start() - 1 and spelt[slice(*span)] in _MODALS), None)
        if modal:
            yield _Denial(match.span(), begin, stop, modal)  # "may not"
            continue
        if before and match[0] in ("no", "none", "nothing", "nobody", "neither", "nor"):
            yield _Denial(match.span(), begin, stop, before[-1])  # "names no licence"
        elif after or match[0] not in ("non-", "非", "未"):
            yield _Denial(match.span(), begin, stop, after[0] if after else None)


def _reaches(denial: str, between: str) -> bool:
    most_han, most_words = {"未": (4, 0), "非": (2, 0), "non-": (0, 0)}.get(denial, (10, 3))
    han, words = len(re.findall(f"[{HAN}]", between)), len(re.findall(r"[a-z]+", between))
    return han <= most_han and words <= most_words and not _SCOPE_ENDS.search(between)
