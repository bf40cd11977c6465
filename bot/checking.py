"""Checking: whether a claim is borne out by the sentences that it cites. No language model is asked.

Each number, date, name and denial of the claim must stand in the evidence, in either language, and what stands in quotation
marks must be stored words. That a claim passes does not make it true: it says nothing for which the evidence has no word.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.alignment import Reader, read_tokens
from bot.bindings import misplaced
from bot.names import missing_names, sounds_alike
from bot.opposites import contraries
from bot.polarity import contradictions
from bot.renderings import not_rendered
from bot.support import unsupported
from bot.times import missing_dates
from bot.unmatched import weighed
from bot.vocabulary import vocabulary
from knowledge.dates import blanked, dates
from knowledge.numerals import Figure, figures
from knowledge.script import HAN, aligned
from knowledge.terms import Terms

Kind = Literal["number", "date", "name", "negation", "quote", "support"]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something in a claim that its evidence does not bear out."""

    kind: Kind
    words: str
    """As they stand in the claim; for a dropped denial, as they stand in the evidence; for "support", how the claim begins."""


QUOTED = re.compile(
    r"“([^“”]*)”|\"([^\"]*)\"|「([^「」]*)」|『([^『』]*)』|‘([^‘’]*)’(?!\w)|«([^«»]*)»|‹([^‹›]*)›|„([^“”„]*)[“”]|``(.*?)''"
)
"""What stands in quotation marks; book titles in 《》 are names, not quotations."""


def check(
    claim: str,
    evidence: Sequence[str],
    terms: Terms,
    *,
    context: Sequence[str] = (),
    tokens: Reader | None = None,
) -> tuple[Discrepancy, ...]:
    """What in a claim is not borne out; empty where all is.

    Args:
        claim: one statement, without its citation marks.
        evidence: the cited sentences; the lines that say who speaks, when, and under which title may stand among them.
        context: such lines, where the caller keeps them apart: they bear out what a claim says, but are not asserted themselves.
        terms: names in both languages.
        tokens: embeds the tokens of a text, to match denials across wordings and languages, and to see whether the evidence speaks
            of the claim at all; without it words alone decide.

    >>> from knowledge.terms import load_terms
    >>> told = ["阿里云CTO周靖人2024年5月说，开源是阿里云的一项战略，不是1600万人的事。"]
    >>> check("Zhou Jingren of Alibaba Cloud called open source a strategy in May 2024.", told, load_terms())
    ()
    >>> [found.kind for found in check("Robin Li said in June 2024 that 16 billion “will open”.", told, load_terms())]
    ['quote', 'number', 'date', 'name']
    """
    quoted = [Discrepancy("quote", words) for words in foreign_quotes(claim, evidence)]
    known = [*evidence, *context]
    bare = QUOTED.sub(lambda match: f" {_inner(match)} ", claim)
    names, by_words = missing_names(bare, known, terms), contradictions(bare, evidence, terms, context=context)
    denied, beside = [*by_words.added, *by_words.dropped], False
    if tokens:
        said, told = read_tokens(bare, tokens), read_tokens("\n".join(evidence), tokens)
        sources = [told, *(read_tokens(line, tokens) for line in context)]
        names = not_rendered(names, bare, said, sources, terms)
        denied = weighed(said, told, evidence, by_words, tokens, context=context)
        beside = unsupported(said, sources)
    missing = [
        *_numbers(bare, known, terms),
        *(Discrepancy("date", words) for words in missing_dates(bare, evidence, context)),
        *(Discrepancy("name", words) for words in names),
    ]
    mixed_up = [Discrepancy(kind, words) for kind, words in misplaced(bare, evidence, terms)]
    denials = [Discrepancy("negation", words) for words in denied]
    denials += [Discrepancy("negation", words) for words in contraries(bare, evidence, terms)]
    support = [Discrepancy("support", bare[:40])] if beside else []
    return tuple(dict.fromkeys([*quoted, *missing, *mixed_up, *denials, *support]))


def foreign_quotes(claim: str, evidence: Sequence[str]) -> list[str]:
    """What a claim holds in quotation marks and the evidence does not hold, word for word.

    >>> foreign_quotes("It is “open” and ‘6 million’.", ["an open model with 16 million users"])
    ['6 million']
    >>> foreign_quotes("“台风“白鹭”远离”", ["台风“白鹭”逼近"])
    ['台风“白鹭”远离']
    """
    known = [_flat(sentence) for sentence in evidence]
    found = [_inner(match) for match in QUOTED.finditer(claim)] + _nesting(claim)
    found += re.findall(r"[“„「『«‹][^”“」』»›]*$|[“「『](?=[^”」』]*[“「『])[^“「『]*", QUOTED.sub("", claim))
    return [
        words for words in found if any(map(str.isalnum, words)) and not any(_stands(words, text) for text in known)
    ]


def _nesting(claim: str) -> list[str]:
    """Quotations that hold others in marks of the same kind."""
    found, opened, deepest = [], [], 0
    for at, char in enumerate(claim):
        if char in "“「":
            opened.append(at)
            deepest = max(deepest, len(opened))
        elif char in "”」" and opened:
            start = opened.pop()
            if not opened:
                found += [claim[start + 1 : at]] if deepest > 1 else []
                deepest = 0
    return found


def without_scare_quotes(claim: str, evidence: Sequence[str], terms: Terms) -> str:
    """The claim without the quotation marks around names and terms that its evidence has in another form, language or script.

    They mark a term, not a quotation, but would look like one: what stands in quotation marks must be stored words.

    >>> from knowledge.terms import load_terms
    >>> without_scare_quotes("他们把“开放权重”叫作“自由”。", ["They speak of open weights."], load_terms())
    '他们把开放权重叫作“自由”。'
    >>> without_scare_quotes('The "Panshi" appliance is "open".', ["“磐石”一体机"], load_terms())
    'The Panshi appliance is "open".'
    """
    known = {mention.term.id for text in evidence for mention in terms.find(aligned(text))}
    flat = [_flat(text) for text in evidence]

    def bare(match: re.Match[str]) -> str:
        words = _inner(match)
        if any(_stands(words, text) for text in flat):
            return match[0]
        whole = {m.term.id for m in terms.find(aligned(words)) if m.start == 0 and m.end == len(words)}
        spelt_out = not re.search(f"[{HAN}]", words) and sounds_alike(words, flat)
        return words if whole & known or spelt_out else match[0]

    return QUOTED.sub(bare, claim)


def _inner(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None)


_MARKS = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"', "—": "-", "–": "-"}
)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", aligned(text).translate(_MARKS)).strip()


def _stands(words: str, text: str) -> bool:
    """Whether words stand in a flat text, not as part of a longer word or number."""
    flat = _flat(words).rstrip(".,;:。，；：…!?！？")
    pattern = re.escape(flat)
    if re.match(r"[a-z0-9]", flat):
        pattern = r"(?<![a-z0-9])(?<!\d[.,])" + pattern
    if re.search(r"[a-z0-9]$", flat):
        pattern += r"(?![a-z0-9])(?![.,%]\d)" + (r"(?!%|\s?[万亿百千])" if flat[-1].isdigit() else "")
    return bool(flat) and bool(re.search(pattern, text))


# Numbers


def _numbers(claim: str, evidence: Sequence[str], terms: Terms) -> list[Discrepancy]:
    undated = [_undated(text, terms) for text in evidence]
    known = [(figure, text) for text in undated for figure in figures(text)]
    readings = {reading for figure, _ in known for reading in figure.readings}
    # What is part of a name for one text may be a number for the other.
    readings |= {
        reading for text in evidence for figure in figures(blanked(text, dates(text))) for reading in figure.readings
    }
    readings |= {f"{date.year}" for text in evidence for date in dates(text) if date.year}
    readings |= {
        months for pattern, months in _SPANS.items() if any(pattern.search(aligned(text)) for text in evidence)
    }
    days = {f"{date.day}" for text in evidence for date in dates(text) if date.day}
    counted = {str(count) for text in evidence for count in _list_lengths(text)}
    blank = _undated(claim, terms)
    found = []
    for figure in figures(blank):
        words = claim[figure.start : figure.end].strip()
        # A list of three bears out "three" and "3家", but no "v3".
        alone = not any(map(str.isdigit, words)) or bool(
            re.match(r"[个家款项种位条点]", claim[figure.end : figure.end + 1])
        )
        known_here = readings | counted if alone else readings
        borne = figure.readings & (known_here | days if re.search(r"\d(?:st|nd|rd|th)$|[日号]$", words) else known_here)
        if figure.firm and not (borne and _unit_fits(figure, blank, known, spelt_out=alone)):
            found.append(Discrepancy("number", words))
    found += _too_often(claim, blank, known)
    currencies = {
        name for name, pattern in _CURRENCIES.items() if any(pattern.search(aligned(text)) for text in evidence)
    }
    for name, pattern in _CURRENCIES.items():
        match = pattern.search(aligned(claim))
        if match and currencies and name not in currencies:
            found.append(Discrepancy("number", match[0].strip()))
    return found


def _too_often(claim: str, blank: str, known: Sequence[tuple[Figure, str]]) -> list[Discrepancy]:
    """Large numbers that a claim writes more often than its evidence holds them: of "6B, 9B and 34B" one has become another."""
    told = Counter(reading for figure, _ in known for reading in figure.readings)
    written_here = {reading for figure in figures(blank) for reading in figure.readings}
    if all(reading in written_here for reading in told if len(reading) > 4):
        return []  # None has been left out for it.
    said = [figure for figure in figures(blank) if any(len(r) > 4 and r.isdigit() for r in figure.readings)]
    written = Counter(claim[figure.start : figure.end].strip() for figure in said)
    return [
        Discrepancy("number", words)
        for words, count in written.items()
        if count > 1 and any(count > told[r] > 0 for figure in figures(words) for r in figure.readings)
    ]


def _unit_fits(figure: Figure, claim: str, known: Sequence[tuple[Figure, str]], *, spelt_out: bool) -> bool:
    """Whether a number counts in the claim what it counts somewhere in the evidence, where both say what."""
    unit = _unit(figure, claim)
    if unit is None or spelt_out:
        return True
    units = {_unit(other, text) for other, text in known if figure.readings & other.readings}
    return not units or None in units or unit in units


_SHARED_UNIT = re.compile(r"\s?(?:to|or|and|-|–|至|到|或|和|、)\s?(?=\d)")


def _unit(figure: Figure, text: str) -> str | None:
    after = aligned(text[figure.end : figure.end + 40])
    joint = _SHARED_UNIT.match(after)
    if joint:  # "5 or 10 years"
        after = re.sub(r"^[\d.,]+", "", after[joint.end() :])
    return vocabulary().unit(after)


_SPANS = {
    re.compile(r"半年|half a year"): "6",
    re.compile(r"一年|\b(?:a|one) year\b"): "12",
    re.compile(r"6个月|six months"): "50%",
}
"""Spans of time that are counted in months too: "half a year" is six months, and the other way round."""
_CURRENCIES = {
    "dollar": re.compile(r"美元|美金|us\$|\$|\busd\b|\bdollars?\b"),
    "yuan": re.compile(r"人民币|(?<![美欧日韩港多单])元(?![素老年])|¥|￥|\bcny\b|\brmb\b|\byuan\b|\brenminbi\b"),
    "euro": re.compile(r"欧元|€|\beuros?\b"),
}
_LIST = re.compile(
    rf"(?:[^、，,；;。和与及以]{{1,24}}、)+[^、，,；;。和与及以]{{1,24}}(?:[和与及以]+[^、，,；;。]{{1,24}})?|[^,;.]{{2,40}}(?:, [^,;.]{{2,40}})*,? and [^,;.]{{2,40}}|[{HAN}\w]+[和与及或][{HAN}\w]+"
)
_TWO = re.compile(r"\b(?:both|neither|either)\b|两者|双方|二者")


def _list_lengths(text: str) -> set[int]:
    """How many things a text enumerates: "A, B and C" bears out "three"."""
    lengths = {2} if _TWO.search(aligned(text)) else set()
    for match in _LIST.finditer(aligned(text)):
        count = len(re.findall(r"、|, and |, | and |以及|[和与及或]", match[0])) + 1
        lengths |= set(range(2, count + 1))
    return lengths


def _undated(text: str, terms: Terms) -> str:
    """The text without its dates, addresses and the names that are written with numerals (百度, 零一万物, 01.AI)."""
    text = re.sub(r"https?://\S+", lambda match: " " * len(match[0]), blanked(text, dates(text)))
    for mention in terms.find(aligned(text)):
        name = text[mention.start : mention.end]
        if mention.term.kind == "vendor" or not name.isascii():
            text = f"{text[: mention.start]}{' ' * len(name)}{text[mention.end :]}"
    return text
