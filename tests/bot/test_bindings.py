"""What belongs together in the evidence belongs together in a claim: no figure, date or name is put to another thing."""

import pytest

from bot.bindings import misplaced
from bot.checking import check
from knowledge.terms import Terms, load_terms

TOLD = {
    "sizes": "GLM-4.5 has 355B parameters with 32B active, and GLM-4.5-Air has 106B with 12B active.",
    "licences": "Baichuan-M1-14B采用百川的社区许可证，Baichuan-M3-235B采用Apache 2.0许可证。",
    "years": "2024年6月腾讯只开源了文生图模型，2024年11月开源了混元Large。",
    "parts": "2025年1月15日，MiniMax-01的代码采用MIT许可证，权重采用Apache 2.0许可证。",
    "prices": "DeepSeek V4 Pro costs US$0.66 for input and US$1.98 for output.",
}


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms()


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("GLM-4.5-Air has 106B parameters, 12B of them active.", "sizes"),
        ("GLM-4.5总参数355B，激活32B；GLM-4.5-Air总参数106B，激活12B。", "sizes"),
        ("Baichuan-M3-235B is under Apache 2.0, Baichuan-M1-14B under Baichuan's community licence.", "licences"),
        ("Tencent opened Hunyuan Large in November 2024; in June 2024 only its text-to-image model was open.", "years"),
        ("The weights of MiniMax-01 are under Apache 2.0 and its code is under MIT.", "parts"),
        ("DeepSeek V4 Pro输入0.66美元，输出1.98美元。", "prices"),
    ],
)
def test_what_is_told_in_another_order_passes(claim: str, evidence: str, terms: Terms) -> None:
    """Order, language and clause may change as long as each thing keeps what belongs to it."""
    assert check(claim, [TOLD[evidence]], terms) == ()


@pytest.mark.parametrize(
    ("claim", "evidence", "kind"),
    [
        ("GLM-4.5 has 106B parameters, GLM-4.5-Air has 355B.", "sizes", "number"),
        ("GLM-4.5-Air总参数355B，GLM-4.5总参数106B。", "sizes", "number"),
        ("GLM-4.6 has 355B parameters.", "sizes", "number"),
        ("Baichuan-M1-14B采用Apache 2.0许可证，Baichuan-M3-235B采用百川的社区许可证。", "licences", "name"),
        ("Baichuan-M3-235B is under Apache 3.0.", "licences", "number"),
        ("2024年11月腾讯只开源了文生图模型，2024年6月开源了混元Large。", "years", "date"),
        ("DeepSeek V4 Pro costs US$1.98 for input and US$0.66 for output.", "prices", "number"),
        ("DeepSeek V4 Pro输入1.98美元，输出0.66美元。", "prices", "number"),
    ],
)
def test_what_is_put_elsewhere_is_named(claim: str, evidence: str, kind: str, terms: Terms) -> None:
    """A figure, date or licence that stands in the evidence, but with something else, is found."""
    assert kind in {found for found, _ in misplaced(claim, [TOLD[evidence]], terms)}


def test_the_members_of_a_list_may_change_places(terms: Terms) -> None:
    """A list says the same of each of its members."""
    told = "Yi-1.5 comes in 6B, 9B and 34B, opened by 01.AI, Baidu and Huawei."
    assert check("华为、百度和零一万物开源的Yi-1.5有34B、9B和6B。", [told], terms) == ()


def test_respectively_is_not_judged_by_nearness(terms: Terms) -> None:
    """Where things belong together by their order, nothing is called exchanged."""
    assert misplaced("Pro and Flash have 284B and 1.6T parameters respectively.", [TOLD["sizes"]], terms) == []
