"""Numerals: the figures in a text, Chinese or English, as comparable readings.

"1600万", "16 million" and "1,600万" read alike, and so do "三成", "30%" and "30 per cent". Dates are another matter: `knowledge.dates`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from knowledge.measures import MEASURE, measured
from knowledge.script import aligned


@dataclass(frozen=True, slots=True)
class Figure:
    """One number where it stands."""

    start: int
    end: int
    readings: frozenset[str]
    """What it may mean: a plain number ("16000000"), a share ("30%"), a version ("4.5.1") or a mark with a letter ("4o")."""
    firm: bool
    """Whether it states a number; a lone 一 or "one" and round words such as 百万 may be mere wording."""


_SCALES = {
    "万亿": 10**12,
    "千亿": 10**11,
    "百亿": 10**10,
    "十亿": 10**9,
    "亿": 10**8,
    "千万": 10**7,
    "百万": 10**6,
    "十万": 10**5,
    "万": 10**4,
    "千": 10**3,
    "百": 100,
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "mn": 10**6,
    "bn": 10**9,
    "k": 10**3,
    "m": 10**6,
    "b": 10**9,
    "t": 10**12,
}
_PERCENT = r"\s?(?:%|percent(?:age points?)?\b|per cent\b|个?百分点)"
_FULL_HOUR = re.compile(r"\d:00$")
_DIGITS = re.compile(
    r"(?<![\d.])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*)"
    r"(?:(?:\s?|-(?=[a-z]{7}))(?P<scale>万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千(?![问瓦米克])|百(?!度|川|分|炼)|(?:hundred|thousand|million|billion|trillion|mn|bn)(?![a-z])"
    r"|(?<! )[kmbt](?![a-z0-9])))?"
    rf"(?:(?P<percent>{_PERCENT})|(?P<tenths>成(?![为了本功立果熟长都]|员(?!工)))|[ -]?(?P<measure>{MEASURE})|(?P<glued>[a-z]{{1,2}}(?![a-z])))?"
)
_AFTER_NOON = re.compile(r"(?:[:.点时]\d\d|点半?)?\s?p\.?m(?![a-z])")
_AFTER_NOON_BEFORE = re.compile(r"(?:下午|傍晚|晚上|晚间|夜里|今晚|当晚|晚)$")
_RANGE = re.compile(r"\s*(?:[-–—~至到]|to|and|or|or more than|和|或)\s*")

_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10**4, "亿": 10**8}
_HAN_SIGNS = {10: "十", 100: "百", 1_000: "千", 10**7: "千万"}
_HAN_DIGIT = "零〇一二两俩三四五六七八九"
_HAN_NUMBER = re.compile(
    rf"(?P<share>百分之(?P<percent>[{_HAN_DIGIT}十百]+(?:点[{_HAN_DIGIT}]+)?)|(?P<below>[{_HAN_DIGIT}十百千]+)分之(?P<above>[{_HAN_DIGIT}十百]+))"
    rf"|(?P<half>一半|半数|[过各对减]半(?![年个天小]))|(?P<order>第?)(?P<run>[{_HAN_DIGIT}十百千万亿]+)(?P<point>点[{_HAN_DIGIT}]+)?(?P<tenths>成(?:(?P<hundredths>[一二三四五六七八九])(?![个家款项种年月天次]))?(?![为了本功立果熟长都]|员(?!工)))?"
)
_HAN_IDIOM = re.compile(
    "万一|十分|十足|百般|千万(?=别|不要|不能)|一一|百分百|第三方|三方|两难|两者|两方|双方|两派|两边|一二|两三|三四|三五|五六|七八|一两|四五"
    "|两条路|两步走|两手|统一|唯一|单一|万能|百科|千差万别|千千万万|成千上万|五花八门|一体"
)
_DISCOUNT = re.compile(r"折(?![叠扣旧算合腾磨中])")
_MEASURE = re.compile(
    r"\s*(?:多|余)?(?:大|小|项|家|款|个|种|次|倍|年|天|周|名|位|条|点|类|版|代|层|步|级|轮|部|台|套|篇|份|人|成|元|小时|分钟|方面|国|地|档|批|季度|月|句|件|例|座|组|支|处)"
)

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "second third fourth fifth sixth seventh eighth ninth tenth"
_WORDS = {word: value for value, word in enumerate(_SMALL.split())}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_ORDERS = {word: value for value, word in enumerate(_ORDINALS.split(), 2)}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_ENGLISH = re.compile(
    rf"\b(?:(?<!first )(?<!last )(?<!past )(?P<above>one|two|three|four|five|a)[ -](?P<below>half|halves|thirds?|quarters?|fifths?|tenths?)(?= of\b|\b(?!-| part))"
    rf"|(?P<some>{_WORD}) (?:in|out of) (?P<every>ten|twenty|five|four|three)\b(?! (?:years?|months?|days?|hundred|thousand|million|billion))"
    rf"|(?<!first )(?<!second )(?<!latter )(?P<half>half)(?= (?:of|off|as|the|its|their|a (?!million|billion|year|dozen)|all)\b)(?! of (?:the )?(?:year|20))"
    rf"|(?P<twice>twice)\b"
    rf"|(?P<run>(?:{_WORD}|dozen|(?:half )?an?(?= (?:hundred|thousand|million|billion|trillion|dozen)\b))(?:(?:[ -]|[ -]and[ -])(?:{_WORD}|dozen|hundred|thousand|million|billion|trillion)\b)*)"
    rf"|(?<!\ba )(?<!\bper )(?<!\beach )(?<!\bevery )(?P<order>{'|'.join(_ORDERS)})(?=[ -][a-z])(?![ -](?:half|part(?:y|ies)|hand)\b))\b(?P<percent>{_PERCENT})?"
)
_PARTS = {"hal": 2, "thi": 3, "qua": 4, "fif": 5, "ten": 10}


def figures(text: str) -> list[Figure]:
    """The numbers of a text in its order. Names that hold a numeral (百度, 零一万物) must have been blanked.

    >>> [sorted(figure.readings) for figure in figures("1600万，16 million，三分之二，百分之三十，Qwen2.5-72B，GPT-4o")]
    [['16000000'], ['16000000'], ['66.67%'], ['30%'], ['2.5'], ['72000000000'], ['4o']]
    """
    spelt = aligned(text)
    found = [*_in_digits(spelt), *_in_han(spelt), *_in_words(spelt)]
    return sorted(found, key=lambda figure: figure.start)


def _in_digits(spelt: str) -> list[Figure]:
    matches = [match for match in _DIGITS.finditer(spelt) if not _FULL_HOUR.search(spelt, 0, match.end())]
    found = [
        Figure(match.start(), match.end(), frozenset([_digit_reading(match), *_hour(match, spelt)]), True)
        for match in matches
    ]
    # "6 to 10 million", "30-50%": the first number shares what follows the second.
    for at, (first, second) in enumerate(pairwise(matches)):
        named = spelt[first.start() - 1 : first.start()].isalpha()  # "Qwen2.5-72B" is no range.
        bare = not (named or any(first[part] for part in ("scale", "percent", "glued", "tenths", "measure")))
        followed = second["scale"] or second["percent"] or second["measure"]
        if bare and followed and _RANGE.fullmatch(spelt[first.end() : second.start()]):
            shared = _scaled(first["digits"], second)
            found[at] = replace(found[at], readings=found[at].readings | {shared})
    return found


def _digit_reading(match: re.Match[str]) -> str:
    if match["tenths"]:
        return _plain(Decimal(match["digits"]) * 10) + "%" if match["digits"].count(".") < 2 else match["digits"]
    if match["glued"] and not match["scale"] and match["glued"] not in ("st", "nd", "rd", "th", "s", "x"):
        return match["digits"] + match["glued"]
    return _scaled(match["digits"], match)


def _scaled(digits: str, match: re.Match[str]) -> str:
    """Digits with the scale, the percent sign or the measure that a match has."""
    reading = _number(digits, match["scale"])
    if match["measure"] and digits.count(".") < 2:
        times, unit = measured(match["measure"])
        return _plain(Decimal(reading) * times) + unit
    return reading + ("%" if match["percent"] else "")


_MEASURED = re.compile(rf"[ -]?(?P<measure>{MEASURE})")


def _with_measure(reading: str, spelt: str, end: int) -> Iterator[str]:
    """A number in words with the measure that follows it."""
    match = _MEASURED.match(spelt, end)
    if match and not reading.endswith("%"):
        times, unit = measured(match["measure"])
        yield _plain(Decimal(reading) * times) + unit


def _hour(match: re.Match[str], spelt: str) -> Iterator[str]:
    """The hour of the day by 24 hours: "9 p.m." and 晚上9点 are 21."""
    hour = match["digits"]
    if hour.isdigit() and int(hour) < 12:
        after = _AFTER_NOON.match(spelt, match.end())
        if after or (_AFTER_NOON_BEFORE.search(spelt[: match.start()]) and re.match("[点时:]", spelt[match.end() :])):
            yield str(int(hour) + 12)


def _number(digits: str, scale: str | None) -> str:
    digits = digits.replace(",", "")
    if digits.count(".") > 1:
        return digits
    return _plain(Decimal(digits) * (_SCALES[scale] if scale else 1))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _share(above: int, below: int) -> str:
    return _plain((Decimal(100) * above / below).quantize(Decimal("0.01"))) + "%" if below else "0%"


def _in_han(spelt: str) -> Iterator[Figure]:
    blanked = _HAN_IDIOM.sub(lambda match: " " * len(match[0]), spelt)
    for match in _HAN_NUMBER.finditer(blanked):
        firm = True
        if match["percent"]:
            whole, _, part = match["percent"].partition("点")
            reading = _plain(Decimal(_han_value(whole)) + _han_fraction(part)) + "%"
        elif match["share"]:
            reading = _share(_han_value(match["above"]), _han_value(match["below"]))
        elif match["half"]:
            reading = "50%"
        else:
            run = match["run"]
            if spelt[match.start() - 1 : match.start()].isdigit():
                continue  # The 万 of "1600万" belongs to the digits.
            whole_number = _han_value(run)
            value = Decimal(whole_number) + _han_fraction((match["point"] or "")[1:])
            hundredths = _HAN_DIGITS[match["hundredths"]] if match["hundredths"] else 0
            reading = _plain(value * 10 + hundredths) + "%" if match["tenths"] else _plain(value)
            firm = _is_firm(run, whole_number, blanked, match)
            if _DISCOUNT.match(spelt, match.end()) and value < 10:  # 八折 is 80% of the price, and 20% off.
                off = frozenset([_plain(value * 10) + "%", _plain(100 - value * 10) + "%"])
                yield Figure(match.start(), match.end() + 1, off, False)
                continue
        yield Figure(
            match.start(), match.end(), frozenset([reading, *_with_measure(reading, spelt, match.end())]), firm
        )


def _is_firm(run: str, value: int, spelt: str, match: re.Match[str]) -> bool:
    if value <= 1 or spelt[match.start() - 1 : match.start()] in ("数", "几", "上", "成", "近"):
        return False
    if run[0] in "百千万亿":
        return len(run) > 1 and bool(re.match(r"参数|级|规模", spelt[match.end() :]))
    if match["order"]:
        return spelt[match.end() : match.end() + 1] not in "，、,。"
    return len(run) > 1 or bool(match["tenths"] or match["point"]) or bool(_MEASURE.match(spelt, match.end()))


def _han_value(run: str) -> int:
    """
    >>> _han_value("二〇二四"), _han_value("十二"), _han_value("三百零五"), _han_value("一亿两千万")
    (2024, 12, 305, 120000000)
    """
    if not any(char in _HAN_UNITS for char in run):
        return int("".join(str(_HAN_DIGITS[char]) for char in run))
    total = section = digit = 0
    short = re.search("([百千万亿])[一二三四五六七八九]$", run)
    if short:  # 两万八 is 28,000.
        run += _HAN_SIGNS[_HAN_UNITS[short[1]] // 10]
    for char in run:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif (unit := _HAN_UNITS[char]) >= 10**4:
            total = (
                (total + section + digit or 1) * unit
                if unit > 10**4 or total == 0
                else total + (section + digit) * unit
            )
            section = digit = 0
        else:
            section += (digit or 1) * unit
            digit = 0
    return total + section + digit


def _han_fraction(digits: str) -> Decimal:
    return Decimal("0." + "".join(str(_HAN_DIGITS[char]) for char in digits)) if digits else Decimal(0)


def _in_words(spelt: str) -> Iterator[Figure]:
    for match in _ENGLISH.finditer(spelt):
        firm = True
        if match["below"]:
            above = 1 if match["above"] == "a" else _WORDS[match["above"]]
            reading = _share(above, _PARTS[match["below"][:3]])
        elif match["some"]:
            reading = _share(_WORDS[match["some"]], _WORDS[match["every"]])
        elif match["half"]:
            reading = "50%"
        elif match["twice"]:
            reading, firm = "2", False
        elif match["order"]:
            reading = str(_ORDERS[match["order"]])
        else:
            value = _word_value(match["run"])
            reading = _plain(value) + ("%" if match["percent"] else "")
            firm = value > 1 and not (
                value == 2 and re.search(r"\b(?:the|these|those|its|their) $", spelt[: match.start()])
            )
        yield Figure(
            match.start(), match.end(), frozenset([reading, *_with_measure(reading, spelt, match.end())]), firm
        )


def _word_value(run: str) -> Decimal:
    total = section = Decimal(0)
    for word in re.split(r"[ -]", run):
        if word in ("and",):
            continue
        if word == "half":
            section = Decimal("0.5")
        elif word in ("a", "an"):
            section = section or Decimal(1)
        elif word in _WORDS:
            section += _WORDS[word]
        elif word == "dozen":
            section = (section or Decimal(1)) * 12
        elif word == "hundred":
            section = (section or Decimal(1)) * 100
        else:
            total += (section or Decimal(1)) * _SCALES[word]
            section = Decimal(0)
    return total + section
