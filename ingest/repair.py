"""Repair: what earlier conversions did to a text is undone before it becomes canonical.

Each step takes a text and returns it mended; a text that shows no sign of the damage comes back unchanged.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from knowledge.script import HAN

_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_PINYIN = re.compile(rf"(?<=[{HAN}])\(([a-züêńňǹ]*[{_TONES}ńňǹ][a-zü]*)\)")
_MANY = 5
"""Insertions that make a text a damaged one; fewer may be a lesson's."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def repair(text: str) -> str:
    """Apply every step."""
    for step in STEPS:
        text = step(text)
    return text


def without_controls(text: str) -> str:
    """Drop control characters, zero-width spaces and marks that turn the direction of writing."""
    return _CONTROLS.sub(lambda match: "\n" if match[0] in "\x0b\x0c\u2028\u2029" else "", text)


def without_piles(text: str) -> str:
    """Leave at most 30 combining marks on a character, as the Stream-Safe Text Format does (Unicode Annex 15).

    No language piles up more; thousands would take minutes to normalise.
    """
    return _pile().sub(lambda match: match[0][:30], text)


@cache
def _pile() -> re.Pattern[str]:
    marks = "".join(chr(point) for point in range(0x300, 0x1F000) if unicodedata.combining(chr(point)))
    return re.compile(f"[{re.escape(marks)}]{{31,}}")


def without_pinyin(text: str) -> str:
    """Drop readings that a tool put behind characters: 競(jìng)爭(zhēng). Brackets without a toned syllable stay.

    >>> without_pinyin("競(jìng)爭(zhēng)市場(chǎng)實(shí)際(jì)開源(open weight)")
    '競爭市場實際開源(open weight)'
    """
    if len(_PINYIN.findall(text)) < _MANY:
        return text
    return _PINYIN.sub("", text)


STEPS: tuple[Callable[[str], str], ...] = (without_controls, without_piles, without_pinyin)
