"""Measures behind numbers, in both languages: 公里, "km" and "kilometres" are one."""

import re
from functools import cache

_MEASURES = {
    "km": (1, "km|公里|千米|kilomet(?:er|re)s?"),
    "cm": (1, "cm|厘米|centimet(?:er|re)s?"),
    "mm": (1, "mm|毫米|millimet(?:er|re)s?"),
    "nm": (1, "nm|纳米|nanomet(?:er|re)s?"),
    "kg": (1, "kg|公斤|千克|kilogram(?:me)?s?"),
    "ms": (1, "ms|毫秒|milliseconds?"),
    "mb": (1, "mb|兆字节|megabytes?"),
    "gb": (1, "gb|吉字节|gigabytes?"),
    "tb": (1, "tb|太字节|terabytes?"),
    "wh": (1, "wh|瓦时|watt-hours?"),
    "kwh": (10**3, "kwh|千瓦时|kilowatt-hours?"),
    "mwh": (10**6, "mwh|兆瓦时|megawatt-hours?"),
    "gwh": (10**9, "gwh|吉瓦时|gigawatt-hours?"),
    "kw": (10**3, "kw|千瓦|kilowatts?"),
    "mw": (10**6, "mw|兆瓦|megawatts?"),
    "gw": (10**9, "gw|吉瓦|gigawatts?"),
}
"""By sign: how many of its unit a measure is, and how it is written."""
_UNITS = {"kwh": "wh", "mwh": "wh", "gwh": "wh", "kw": "w", "mw": "w", "gw": "w"}
"""What a measure is counted in, where that is not itself."""

MEASURE = "(?:" + "|".join(words for _, words in _MEASURES.values()) + ")(?![a-z])"
"""A pattern for what `measured` knows."""


@cache
def measured(words: str) -> tuple[int, str]:
    """How many of which unit a measure is.

    >>> measured("千瓦"), measured("kilometres")
    ((1000, 'w'), (1, 'km'))
    """
    sign, times = next((sign, times) for sign, (times, spelt) in _MEASURES.items() if re.fullmatch(spelt, words))
    return times, _UNITS.get(sign, sign)
