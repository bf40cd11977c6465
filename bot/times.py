"""Times: which dates of a claim its evidence does not bear out."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from knowledge.dates import Date, dates, holds, told_from
from knowledge.script import aligned

_REPEATED = re.compile(r"(?<!\d)((?:19|20)\d\d)年?(?:\s?(?:和|与|及|、|,|，)\s?| and | or )\1(?!\d)")
"""The same year twice in a list: one of the two was another."""


_SOURCED = re.compile(
    r"截至|(?<!数)据|说(?!明)|(?<![名简职])称|表示|认为|指出|提到|写道|报道|文章|采访|访谈|页面|材料|显示|"
    r"\bas (?:of|at)\b|\baccording\b|\bsa(?:ys?|id|ying)\b|\b(?:told|wrote|writes?|writing|called|argue[ds]?|reports?|reported|article|interview|"
    r"page|post|notes?|talk|speech|sources?|surveys?|shows?|showed|found)\b"
)
"""Words of a claim that tells when something was said or written, as the title of its source tells it."""
_TODAY = re.compile(r"今[日天]|即日|\btoday\b|\btonight\b")
"""Words of the evidence that mean the day of its title."""
_NEAR = 40
"""Characters between such a word and the date."""


_COMPARED = re.compile(
    r"同比|上年|前一年|\byear[\s-]on[\s-]year\b|\byoy\b|\b(?:year (?:earlier|before)|previous year)\b"
)
"""Words that speak of the year before one that is told."""


def missing_dates(claim: str, evidence: Sequence[str], context: Sequence[str] = ()) -> list[str]:
    """Dates of the claim that nothing bears out.

    The title's date gives the evidence's days and months their year. It bears out a date by itself only where the claim tells when
    something was said, and leaves out no year of the evidence: "2024", said in 2025, has not become "2025". A year that the claim
    tells more often than the evidence has taken the place of one that it leaves out.
    """
    around = [date for text in context for date in dates(text)]
    years = {date.year for date in around if date.year}
    if len(years) == 1:
        evidence = [told_from(text, year) for year in years for text in evidence]
    told = [date for text in evidence for date in dates(text)]
    said = dates(claim)
    dated = [replace(date, year=year) for date in told if date.year is None for year in years]
    if any(_COMPARED.search(aligned(text)) for text in evidence):
        dated += [Date(0, 0, date.year - 1, None, None) for date in told if date.year]
    if any(_TODAY.search(aligned(text)) for text in evidence):
        dated += [date for date in around if date.day]
    told_years = any(date.year for date in told)
    written, stated = (Counter(date.year for date in part if date.year) for part in (said, told))
    replaced = bool(stated - written) or any(
        date.year and not any(holds([date], other) for other in said) for date in told
    )
    found = []
    for date in said:
        known = [*told, *(other for other in dated if date.month or not told_years or other.month is None)]
        if not holds(known, date) and (replaced or not _sourced(claim, date) or not holds([*known, *around], date)):
            found.append(date)
    words = [claim[date.start : date.end].strip() for date in found]
    words += [
        claim[date.start : date.end].strip()
        for date in said
        if stated - written and date not in found and date.year and written[date.year] > stated[date.year] > 0
    ]
    words += _other_times(claim, [*evidence, *context])
    if not any(_REPEATED.search(text) for text in evidence):
        words += [match[0] for match in _REPEATED.finditer(claim)]
    return words


def _named(spellings: str) -> dict[str, re.Pattern[str]]:
    return {spelling: re.compile(spelling) for spelling in spellings.split()}


_NAMED_TIMES = (
    _named(
        r"\bmondays?\b|(?:周|星期|礼拜)一(?![定些般样]) \btuesdays?\b|(?:周|星期|礼拜)二 \bwednesdays?\b|(?:周|星期|礼拜)三 "
        r"\bthursdays?\b|(?:周|星期|礼拜)四 \bfridays?\b|(?:周|星期|礼拜)五 \bsaturdays?\b|(?:周|星期|礼拜)六 "
        r"\bsundays?\b|(?:星期|礼拜)[日天]|周日"
    ),
    _named(
        r"\bfirst[\s-]quarter\b|\bq1\b|[一1]季度 \bsecond[\s-]quarter\b|\bq2\b|[二2]季度 \bthird[\s-]quarter\b|\bq3\b|[三3]季度 "
        r"\bfourth[\s-]quarter\b|\bq4\b|[四4]季度"
    ),
    _named(r"\bfirst[\s-]half\b|\bh1\b|上半年 \bsecond[\s-]half\b|\bh2\b|下半年"),
)
"""Days of the week, quarters and halves of a year, each a pattern for both languages."""


def _other_times(claim: str, known: Sequence[str]) -> list[str]:
    """Such times that a claim names where its evidence names others of the kind only."""
    found = []
    spelt, spelt_known = aligned(claim), [aligned(text) for text in known]
    for kind in _NAMED_TIMES:
        told = {name for name, pattern in kind.items() if any(pattern.search(text) for text in spelt_known)}
        said = {name: match[0] for name, pattern in kind.items() if (match := pattern.search(spelt))}
        found += [words for name, words in said.items() if told and name not in told]
    return found


def _sourced(claim: str, date: Date) -> bool:
    return bool(_SOURCED.search(aligned(claim[max(0, date.start - _NEAR) : date.end + _NEAR])))
