"""Numbers and dates of both languages as comparable values."""

import pytest

from knowledge.dates import dates
from knowledge.numerals import figures


def readings(text: str) -> set[str]:
    return {reading for figure in figures(text) for reading in figure.readings}


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("1600万", "16 million"),
        ("1.2亿", "120 million"),
        ("三万亿", "3 trillion"),
        ("720亿", "72B"),
        ("十二", "twelve"),
        ("两百零五", "two hundred and five"),
        ("三成", "30%"),
        ("百分之十二点五", "12.5 per cent"),
        ("三分之二", "two-thirds"),
        ("一半", "half of them"),
        ("5000", "five thousand"),
        ("3.1.4", "3.1.4"),
        ("两万八", "28,000"),
        ("四成一", "41%"),
        ("千分之五", "0.5%"),
        ("五分之四", "four in five"),
        ("八成员工", "80%"),
        ("21.6公里", "21.6 km"),
        ("21.6公里", "21.6 kilometres"),
        ("200千瓦", "200 kW"),
        ("41万千瓦", "410 megawatts"),
        ("84瓦时", "84 watt-hours"),
        ("4纳米", "4 nm"),
        ("64 GB", "64 gigabytes"),
        ("10到20公里", "10 to 20 km"),
        ("晚上9点", "9 p.m."),
        ("第二季度", "second-quarter"),
    ],
)
def test_both_languages_give_one_value(chinese: str, english: str) -> None:
    """A Chinese and an English figure of the same size read alike."""
    assert readings(chinese) == readings(english) != set()


@pytest.mark.parametrize(
    "pair",
    [
        ("30%", "30"),
        ("7B", "7 million"),
        ("4o", "4"),
        ("1.5", "15"),
        ("2.5.1", "2.5"),
        ("64 GB", "64 TB"),
        ("5公里", "5公斤"),
        ("9 a.m.", "21时"),
    ],
)
def test_different_values_stay_apart(pair: tuple[str, str]) -> None:
    """A share is no number, and a version no part of itself."""
    assert not readings(pair[0]) & readings(pair[1])


@pytest.mark.parametrize(
    "text", ["一些厂商", "统一", "万一", "one of them", "third-party", "第三方", "十分", "second, it is"]
)
def test_wording_states_no_number(text: str) -> None:
    """Idioms that hold a numeral state none."""
    assert not any(figure.firm for figure in figures(text))


@pytest.mark.parametrize(
    "text",
    [
        "30 June 2025",
        "June 30, 2025",
        "2025-06-30",
        "2025年6月30日",
        "二〇二五年六月三十日",
        "2025/6/30",
        "30th of June, 2025",
    ],
)
def test_all_ways_to_write_a_day(text: str) -> None:
    """One day however it is written."""
    assert [(date.year, date.month, date.day) for date in dates(text)] == [(2025, 6, 30)]


@pytest.mark.parametrize("text", ["it may open", "They march on", "三个月", "7亿月活用户", "2048 tokens", "1.5.2"])
def test_what_only_looks_like_a_date(text: str) -> None:
    """Verbs, durations and plain numbers are no dates."""
    assert dates(text) == []


def test_a_measure_may_follow_words() -> None:
    """A number in words is borne out with its measure, and without."""
    assert readings("三百公里") & readings("300 km")
    assert readings("ninety kilometres") & readings("90公里")
    assert readings("八折") & readings("20% off")
    assert readings("八折") & readings("80%")
