"""Whether sentences speak of what a claim says."""

import pytest

from bot.checking import check
from knowledge.base import KnowledgeBase

TOLD = [
    "Whoever runs open weights on their own machines has to look after hardware, staff, updates and safety filters."
]
TOLD_ZH = ["闭源模型的安全风险主要是：外人无法检查模型，数据要交给厂商，厂商或政府可以停掉访问。"]


@pytest.mark.parametrize(
    ("claim", "evidence", "supported"),
    [
        (
            "Running open weights yourself means caring for the hardware, the staff, the updates and the filters.",
            TOLD,
            True,
        ),
        ("自己运行开放权重，硬件、人员、更新和安全过滤都要自己负责。", TOLD, True),
        ("The communities around open models bring their makers talent and a good name.", TOLD, False),
        ("闭源模型的风险在于外人无法检查，数据要交给厂商，访问可能被厂商或政府停掉。", TOLD_ZH, True),
        ("开放社区为模型厂商带来人才和声誉，吸引开发者使用云服务。", TOLD_ZH, False),
    ],
)
def test_a_claim_must_be_what_its_sentences_speak_of(
    shipped: KnowledgeBase, claim: str, evidence: list[str], supported: bool
) -> None:
    kinds = {found.kind for found in check(claim, evidence, shipped.terms, tokens=shipped.tokens)}
    assert ("support" in kinds) != supported


def test_a_name_alone_is_not_judged(shipped: KnowledgeBase) -> None:
    assert check("Open weights.", TOLD, shipped.terms, tokens=shipped.tokens) == ()
