"""Script: the language of a text, and the one spelling in which Chinese and English are compared.

Comparison ignores width, case and the choice between Traditional and Simplified characters. Of all this only `traditional`
is ever shown.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

from knowledge.document import Language

HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN = re.compile(f"[{HAN}]")
_TOKEN = re.compile(rf"[{HAN}]+|\d+(?:[.,]\d+)*|[^\W\d_]+")
_CHINESE_GRAMMAR = re.compile("[的吗嗎呢是谁誰哪怎么麼]|为何|為何|如何|什么")


@cache
def _to_simplified() -> dict[int, str]:
    """One character to one: OpenCC's table without its phrases, so that offsets hold."""
    return _conversion("t2s")


@cache
def _to_traditional() -> dict[int, str]:
    return _conversion("s2t")


@cache
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


def _conversion(name: str) -> dict[int, str]:
    characters = [chr(point) for point in range(0x3400, 0xA000)]
    converted = _converter(name).convert("\n".join(characters)).split("\n")
    pairs = zip(characters, converted, strict=True)
    return {ord(char): other for char, other in pairs if char != other and len(other) == 1}


def folded(text: str) -> str:
    """NFKC, lower case, Simplified.

    >>> folded("阿里雲 ＡＩ")
    '阿里云 ai'
    """
    return unicodedata.normalize("NFKC", text).lower().translate(_to_simplified())


def aligned(text: str) -> str:
    """Folded character by character, so that offsets hold: half width, lower case, Simplified.

    >>> aligned("阿里雲 ＡＩ ﬁ")
    '阿里云 ai ﬁ'
    """
    return "".join(_aligned(char) for char in text).translate(_to_simplified())


@lru_cache(maxsize=65_536)
def _aligned(char: str) -> str:
    spelt = unicodedata.normalize("NFKC", char).lower()
    return spelt if len(spelt) == 1 else char


def traditional(text: str) -> str:
    """As it is written in Taiwan, word by word: 复制 becomes 複製, 恢复 becomes 恢復. For our own words, never for a quote.

    >>> traditional("这里复制里程碑")
    '這裡複製里程碑'
    """
    converted: str = _converter("s2tw").convert(text)
    return converted


def simplified(text: str) -> str:
    """As it is written in mainland China. For our own words, never for a quote.

    >>> simplified("開源的軟體")
    '开源的软体'
    """
    converted: str = _converter("t2s").convert(text)
    return converted


def tokens(text: str) -> list[str]:
    """Words for lexical ranking: Han bigrams (a lone character stays), Latin words without plural s, numbers.

    >>> tokens("阿里雲為何開源 3 Models?")
    ['阿里', '里云', '云为', '为何', '何开', '开源', '3', 'model']
    """
    found: list[str] = []
    for match in _TOKEN.finditer(folded(text)):
        word = match[0]
        if _HAN.match(word):
            found += [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        elif word[0].isdigit():
            found.append(word.replace(",", "").rstrip("."))
        else:
            found.append(_singular(word))
    return found


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def language_of(text: str) -> Language:
    """English where Latin words prevail, else Chinese: Traditional where more characters are Traditional than Simplified.

    >>> language_of("Qwen 的 license 是什么"), language_of("哪些廠商開源"), language_of("who opened 混元?")
    ('zh', 'zh-Hant', 'en')
    """
    han = len(_HAN.findall(text))
    latin = len(re.findall(r"[A-Za-z]+", text))
    if han == 0 or (latin >= max(han, 2) and not _CHINESE_GRAMMAR.search(text)):
        return "en"
    only_traditional = sum(ord(char) in _to_simplified() for char in text)
    if only_traditional == 0:
        return "zh"  # Without the other table, which takes 50 ms to open.
    only_simplified = sum(ord(char) in _to_traditional() for char in text)
    return "zh-Hant" if only_traditional > only_simplified else "zh"
