"""Numerals: the figures in a text, Chinese or English, as comparable values.

"1600万", "16 million" and "1,600万" are one value, and so are "30 June 2025" and "2025年6月30日" (three values each). Number
words of one character or word (两, "three") are left out: they count too loosely to be compared.
"""

import re
from decimal import Decimal

_SCALES = {
    "thousand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "万亿": 10**12,
    "千亿": 10**11,
    "百亿": 10**10,
    "亿": 10**8,
    "千万": 10**7,
    "百万": 10**6,
    "万": 10**4,
    "m": 10**6,
    "b": 10**9,
    "t": 10**12,
}
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
_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*)"
    r"(?:\s?(?P<scale>万亿|千亿|百亿|亿|千万|百万|万|(?:thousand|million|billion|trillion|bn|[kKMBT])(?![A-Za-z])))?",
    re.IGNORECASE,
)
_MONTH = re.compile(r"\b(" + "|".join(_MONTHS) + r")\b", re.IGNORECASE)


def numerals(text: str) -> list[Decimal]:
    """The values of all figures in `text`, in order; a version such as "4.5.1" counts as its parts.

    >>> numerals("1600万") == numerals("16 million") == numerals("1,600万")
    True
    >>> sorted(numerals("30 June 2025")) == sorted(numerals("2025年6月30日"))
    True
    """
    found: list[tuple[int, Decimal]] = []
    for match in _NUMBER.finditer(text):
        digits = match["digits"].replace(",", "")
        scale = Decimal(_SCALES[match["scale"].lower()]) if match["scale"] else Decimal(1)
        parts = digits.split(".")
        if len(parts) <= 2:
            found.append((match.start(), (Decimal(digits) * scale).normalize()))
        else:
            found += [(match.start(), Decimal(part)) for part in parts]
    for match in _MONTH.finditer(text):
        # "may" in small letters is nearly always the verb.
        if match[1] != "may":
            found.append((match.start(), Decimal(_MONTHS.index(match[1].lower()) + 1)))
    return [value for _, value in sorted(found, key=lambda item: item[0])]
