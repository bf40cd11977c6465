"""The contrary of what the evidence says is found in either language, and a double denial is none."""

import pytest

from bot.checking import check
from bot.denials import signed
from knowledge.script import aligned
from knowledge.terms import Terms, load_terms


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms()


@pytest.mark.parametrize(
    ("honest", "contrary", "evidence"),
    [
        (
            "谷歌的gemini-3.8-flash不开源。",
            "谷歌的gemini-3.8-flash是开放权重的模型。",
            "Google's gemini-3.8-flash is a closed model.",
        ),
        ("It excludes the EU.", "It also covers the EU.", "该许可证排除欧盟。"),
        (
            "DeepSeek仍支持deepseek-chat。",
            "DeepSeek stopped deepseek-chat.",
            "DeepSeek continues to support deepseek-chat.",
        ),
        (
            "阿里云放宽了千问的许可证。",
            "Alibaba Cloud has tightened its Qwen licences.",
            "Alibaba Cloud relaxed the Qwen licences.",
        ),
        ("Meta does not forbid it.", "Meta禁止这样用。", "Meta allows this use."),
        ("可灵的收入预期上调。", "Kling's expected revenue was lowered.", "The revenue that Kling expects was raised."),
        ("Beijing Kewei tested before it chose.", "北京可为选定之后才测试。", "北京可为选定之前做了很多测试。"),
        ("The CTO opposed it.", "CTO赞成这样做。", "CTO反对这样做。"),
    ],
)
def test_the_contrary_is_found_and_the_honest_wording_passes(
    honest: str, contrary: str, evidence: str, terms: Terms
) -> None:
    """In its own language or the other, as a plain contrary or as a denial of it."""
    assert check(honest, [evidence], terms) == ()
    assert "negation" in {found.kind for found in check(contrary, [evidence], terms)}


@pytest.mark.parametrize(
    ("text", "word", "sign"),
    [
        ("百度没有开源文心", "开源", "-"),
        ("百度不再闭源", "闭源", "+"),
        ("能不能开源", "开源", "+"),
        ("the article does not say when Baidu opened it", "open", "+"),
        ("it names no licence", "name", "-"),
        ("users may not use it", "may", "-"),
        ("未具名的开源负责人", "开源", "+"),
    ],
)
def test_a_denial_turns_the_word_that_it_denies(text: str, word: str, sign: str) -> None:
    """And no other word of its clause."""
    spelt = aligned(text)
    signs = {tuple(item.keys) for item in signed(spelt) if spelt[item.start : item.end].startswith(word)}
    assert (sign,) in signs or all(len(keys) == 2 for keys in signs)
    assert ("-" if sign == "+" else "+",) not in signs
