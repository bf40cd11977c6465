"""Dates: the days, months and years in a text, Chinese or English, as comparable values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from knowledge.script import aligned


@dataclass(frozen=True, slots=True)
class Date:
    """A date where it stands, as far as it is told."""

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None


_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19[5-9]|20[0-3])\d"
_HAN = "〇零一二三四五六七八九十"
_HAN_VALUE = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0}

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d)(?P<year>{_YEAR})(?P<mark>[-/.])(?P<month>0?[1-9]|1[0-2])(?:(?P=mark)(?P<day>[12]\d|3[01]|0?[1-9]))?(?!\d)",
        rf"(?:(?<!\d)(?P<year>{_YEAR})|(?P<han_year>[〇零一二三四五六七八九]{{4}}))\s*年(?:(?:的|\s)*(?P<month>1[0-2]|0?[1-9]|[{_HAN}]{{1,2}})\s*月份?(?:\s*(?P<day>[12]\d|3[01]|0?[1-9]|[{_HAN}]{{1,3}})\s*[日号])?)?",
        rf"(?<![\d.{_HAN}])(?P<month>1[0-2]|0?[1-9]|[{_HAN}]{{1,2}})\s*月(?!活)份?(?:\s*(?P<day>[12]\d|3[01]|0?[1-9]|[{_HAN}]{{1,3}})\s*[日号])?",
        # The day before the last: "6 and 8 June".
        rf"(?<![\d.a-z])(?P<day>[12]\d|3[01]|0?[1-9])(?=\s*(?:and|to|or|-|–|,)\s*\d{{1,2}}\s+(?P<month>{_MONTH})\b(?:\s+(?P<year>{_YEAR})\b)?)",
        rf"(?<![\d.a-z])(?P<day>[12]\d|3[01]|0?[1-9])(?:(?:st|nd|rd|th)(?:\s+of)?)?,?\s+(?P<month>{_MONTH})\b\.?(?:,?\s+(?:of\s+)?(?P<year>{_YEAR})\b)?",
        rf"\b(?P<month>{_MONTH})\b\.?\s+(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?![\d%a-z]|[.,]\d)(?:,?\s+(?P<year>{_YEAR})\b)?",
        rf"\b(?P<month>{_MONTH})\b\.?(?:,?\s+(?:of\s+)?(?P<year>{_YEAR})\b)?",
        rf"(?<![\d.,/a-z])(?P<year>{_YEAR})(?![\d%,]\d|[\d%a-z万亿千百倍个款家]|\.\d|\s(?:million|billion|thousand|tokens?)\b)",
        r"(?<![\d.])(?P<day>[12]\d|3[01]|0?[1-9])\s*日(?!内)",
    )
)
_AMBIGUOUS = re.compile(
    r"(?:in|of|since|by|until|till|from|to|through|between|and|early|late|mid|during|on|before|after|last|next|this)[ -]$"
)


def dates(text: str) -> list[Date]:
    """All dates of a text, in its order.

    >>> [(d.year, d.month, d.day) for d in dates("30 June 2025, 二〇二四年五月, 2024年6月9日和12日, It may be May 2026")]
    [(2025, 6, 30), (2024, 5, None), (2024, 6, 9), (2024, 6, 12), (2026, 5, None)]
    """
    spelt = aligned(text)
    found: list[Date] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(spelt):
            groups = match.groupdict()
            if _verb(text, spelt, match, groups):
                continue
            year = groups.get("year") or groups.get("han_year")
            date = Date(
                match.start(), match.end(), _value(year), _value(groups.get("month")), _value(groups.get("day"))
            )
            found.append(date)
        spelt = blanked(spelt, found)
    return _inherited(sorted(found, key=lambda date: date.start))


_RELATIVE = re.compile(
    rf"(?P<which>去|上|今|本|明)年|\b(?P<english>last|this|next) (?:year|(?P<part>spring|summer|autumn|fall|winter|{_MONTH}))\b"
)
_YEARS_ON = {"去": -1, "上": -1, "last": -1, "今": 0, "本": 0, "this": 0, "明": 1, "next": 1}


def told_from(text: str, year: int) -> str:
    """The text with its relative years written out, for one that was written in `year`.

    >>> told_from("去年6月以来没有变动", 2025), told_from("since last October", 2025)
    ('2024年6月以来没有变动', 'since October 2024')
    """
    for match in reversed(list(_RELATIVE.finditer(aligned(text)))):
        told = year + _YEARS_ON[match["which"] or match["english"]]
        part = text[slice(*match.span("part"))] + " " if match["part"] else ""
        text = f"{text[: match.start()]}{part}{told}{'年' if match['which'] else ''}{text[match.end() :]}"
    return text


def _inherited(found: list[Date]) -> list[Date]:
    """A day right after a date takes its month: "9月4日或5日"."""
    for at in range(1, len(found)):
        before, date = found[at - 1], found[at]
        if date.month is None and date.day and before.month and date.start - before.end <= 3:
            found[at] = replace(date, year=before.year, month=before.month)
    return found


def _verb(text: str, spelt: str, match: re.Match[str], groups: dict[str, str | None]) -> bool:
    """Whether "may" or "march" is no month here."""
    if groups.get("month") not in ("may", "march", "mar", "sep", "dec", "jan"):
        return False
    written = text[match.start("month")]
    if not written.isupper():
        return True
    alone = not (groups.get("year") or groups.get("day"))
    return alone and groups["month"] == "may" and not _AMBIGUOUS.search(spelt[: match.start("month")])


def _value(written: str | None) -> int | None:
    """
    >>> _value("12"), _value("may"), _value("二〇二四"), _value("二十一"), _value("十")
    (12, 5, 2024, 21, 10)
    """
    if not written:
        return None
    if written.isdigit() and written.isascii():
        return int(written)
    if written in _MONTHS:
        return _MONTHS[written]
    if "十" not in written:
        return int("".join(str(_HAN_VALUE[char]) for char in written))
    tens, _, ones = written.partition("十")
    return (_HAN_VALUE.get(tens, 1) if tens else 1) * 10 + (_HAN_VALUE.get(ones, 0) if ones else 0)


def blanked(text: str, spans: Iterable[Date]) -> str:
    """The text with its dates overwritten by spaces; offsets stay."""
    for span in spans:
        text = f"{text[: span.start]}{' ' * (span.end - span.start)}{text[span.end :]}"
    return text


def holds(known: Iterable[Date], told: Date) -> bool:
    """Whether a date is told by known ones: by one that is as exact, where the year may come from another.

    >>> holds(dates("去年5月9日，2024年"), dates("9 May 2024")[0]), holds(dates("2024年6月，2023年5月"), dates("May 2024")[0])
    (True, False)
    """
    known = list(known)
    years = {date.year for date in known}
    return any(
        (told.month is None or date.month == told.month)
        and (told.day is None or date.day == told.day)
        and (told.year is None or date.year == told.year or (date.year is None and told.year in years))
        for date in known
    )
