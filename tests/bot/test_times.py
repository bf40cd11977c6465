"""Which dates of a claim its evidence bears out."""

import pytest

from bot.times import missing_dates

CONTEXT = ["Notes on Lanqi Optoelectronics, 2025-04-09"]


@pytest.mark.parametrize(
    ("claim", "evidence", "missing"),
    [
        ("Production starts on 1 May 2025.", "5月1日投产。", []),
        ("Production starts in 2025.", "5月1日投产。", []),
        # The day of the title is not the day of the event, though it is a date of the source.
        ("Production starts on 9 April 2025.", "5月1日投产。", ["9 April 2025"]),
        ("2025年4月投产。", "Production started in March.", ["2025年4月"]),
        ("蓝奇2025年4月9日说，产品已经投产。", "产品已经投产。", []),
        ("As of April 2025 production has started.", "产品已经投产。", []),
        # A year for another one of the evidence.
        (
            "Kling earned 250 million in Q2 2025, as reported on 21 August 2024.",
            "2024年8月21日报道：可灵2024年第二季度收入2.5亿。",
            ["2025"],
        ),
        (
            "It has been profitable since 2024, with a profit of 110 million in 2024.",
            "2023年盈利，去年净利润1.1亿元。",
            ["2024", "2024"],
        ),
        ("Its 2024 profit was below that of 2023.", "2024年净利润同比下降。", []),
        ("Its 2024 profit was below that of 2022.", "2024年净利润同比下降。", ["2022"]),
        # A relative year is told from the source's year.
        ("It has run since October 2025.", "It has run since last October.", ["October 2025"]),
        ("It has run since October 2024.", "It has run since last October.", []),
        # "Today" is the day of the title.
        ("The limits were lifted on 9 April 2025.", "今日解除限水措施。", []),
        ("The limits were lifted on 10 April 2025.", "今日解除限水措施。", ["10 April 2025"]),
        ("2023年5月至7月译成。", "It was translated between May and July 2023.", []),
        ("It may open next May.", "It may open next May.", []),
    ],
)
def test_dates_are_told_by_the_evidence_and_the_title_gives_their_year(
    claim: str, evidence: str, missing: list[str]
) -> None:
    assert missing_dates(claim, [evidence], CONTEXT) == missing


@pytest.mark.parametrize(
    ("claim", "evidence", "missing"),
    [
        ("每周三的会他都不发言。", "On Fridays he does not speak at the meeting.", ["周三"]),
        ("每周五的会他都不发言。", "On Fridays he does not speak at the meeting.", []),
        ("每周一样东西都不缺。", "On Fridays nothing is missing.", []),
        ("It grew in the second quarter.", "一季度增长。", ["second quarter"]),
        ("It grew in the first-quarter results.", "第一季度增长。", []),
        ("下半年才会投产。", "It starts in the first half of the year.", ["下半年"]),
    ],
)
def test_weekdays_quarters_and_halves_are_those_of_the_evidence(claim: str, evidence: str, missing: list[str]) -> None:
    assert missing_dates(claim, [evidence]) == missing
