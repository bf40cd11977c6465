"""Names that an English claim gives to what its Chinese evidence names in characters."""

import pytest

from bot.checking import check
from knowledge.base import KnowledgeBase

SEA = "远帆港口表示，红海局势使保险费上涨了两成。"
CITY = "雅加达的数据中心要等到明年。"


@pytest.mark.parametrize(
    ("claim", "evidence", "strange"),
    [
        ("Insurance went up because of the situation in the Red Sea.", SEA, set()),
        ("Insurance went up because of the situation in the Black Forest.", SEA, {"Black Forest"}),
        ("The data centre in Jakarta has to wait until next year.", CITY, set()),
        ("The data centre in Lisbon has to wait until next year.", CITY, {"Lisbon"}),
        ("The situation in the Red Sea made insurance by Microsoft go up.", SEA, {"Microsoft"}),
    ],
)
def test_an_unknown_name_may_translate_characters(
    shipped: KnowledgeBase, claim: str, evidence: str, strange: set[str]
) -> None:
    """One that translates nothing there is stopped, and so is a known name, however well it would fit."""
    found = check(claim, [evidence], shipped.terms, tokens=shipped.tokens)
    assert {item.words for item in found if item.kind == "name"} == strange


def test_an_english_source_is_compared_by_letters(shipped: KnowledgeBase) -> None:
    """What is like a name in its own language is another name."""
    found = check("Work has begun in Jakarta.", ["Work has begun in Surabaya."], shipped.terms, tokens=shipped.tokens)
    assert [item.words for item in found if item.kind == "name"] == ["Jakarta"]
