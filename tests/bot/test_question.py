"""What a question asks, as colleagues type it."""

import pytest

from bot.question import LONGEST, Kind, clean, read_question
from knowledge.errors import QuestionError
from knowledge.terms import Terms, load_terms


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("  who\tis \n Robin  Li ", "who is Robin Li"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07text \x9b", "red text"),
        ("a\u202eb\u2066c\u200bd\ufeffe\x00f\U000e0041", "abcdef"),
        ("<b>**x**</b> [1](y) $(id)", "<b>**x**</b> [1](y) $(id)"),
        ("e\u0301", "é"),
        ("half \ud800", "half ?"),
        ("为" * LONGEST, "为" * LONGEST),
        ("why " * LONGEST, None),
    ],
)
def test_cleaning(text: str, left: str | None) -> None:
    """Escapes, controls and marks of direction go, blanks become one, words and markup stay; too much is an error."""
    if left is None:
        with pytest.raises(QuestionError, match="47,999 characters"):
            clean(text)
    else:
        assert clean(text) == left
        assert clean(clean(text)) == left


@pytest.mark.parametrize("text", ["", " \n\t", "\u202e\u200b", "🎉", "？！", "\x1b[31m", "\ud800", "___"])
def test_a_question_without_words_is_empty(text: str) -> None:
    """Nothing with a letter or a digit is no question."""
    with pytest.raises(QuestionError, match="empty"):
        clean(text)


KINDS: list[tuple[str, Kind]] = [
    ("为啥阿里要开源", "why"),
    ("how come Meta opened Llama", "why"),
    ("谁说过这话", "who"),
    ("who is Robin Li", "who"),
    ("腾讯开源了多少个模型", "number"),
    ("how much does Kimi cost", "number"),
    ("百度啥时候开源的", "when"),
    ("what year did Baidu open ERNIE", "when"),
    ("哪些公司闭源", "list"),
    ("Which vendors stayed closed in 2024, and why?", "list"),
    ("开源还是闭源", "compare"),
    ("我們要本地部署，選開源還是閉源？", "compare"),
    ("difference between open and closed source", "compare"),
    ("compare open-source models with closed ones", "compare"),
    ("compare Baidu and Alibaba", "each"),
    ("百度和阿里有什么区别", "each"),
    ("what did Zhipu do", "fact"),
    ("which vendors offer open and closed models", "list"),
]


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_kinds(text: str, kind: Kind, terms: Terms) -> None:
    """The words of a question tell what kind of answer is expected, in either language and script."""
    assert read_question(text, terms).kind == kind


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("鹅厂为啥开源", {"tencent"}),
        ("Alibab cloud", {"alibaba"}),
        ("what is Tencnet doing", {"tencent"}),
        ("當 Qwen 和 百度 比", {"qwen", "baidu"}),
        ("how open is it", set()),
        ("GLM", {"glm"}),
    ],
)
def test_names(text: str, names: set[str], terms: Terms) -> None:
    """Nicknames, slips of a letter and either script lead to the same names."""
    assert set(read_question(text, terms).names) == names


@pytest.mark.parametrize(
    ("text", "dates", "now"),
    [
        ("2024年6月百度怎么看", ("2024-06",), False),
        ("in June 2025", ("2025-06",), False),
        ("between 2023 and 2025", ("2023", "2025"), False),
        ("June 2024 or 2024-11", ("2024-11", "2024-06"), False),
        ("百度现在开源了吗", (), True),
        ("is Baidu still closed today", (), True),
        ("2099 models, 12024 files", (), False),
    ],
)
def test_times(text: str, dates: tuple[str, ...], now: bool, terms: Terms) -> None:
    """Years and months are read in both languages; "now" is a time of its own."""
    question = read_question(text, terms)
    assert (set(question.dates), question.now) == (set(dates), now)


@pytest.mark.parametrize(
    ("text", "camp"),
    [
        ("支持闭源的理由", "closed"),
        ("arguments for open source", "open"),
        ("arguments for open source and closed source", None),
        ("who closed it", None),
    ],
)
def test_the_camp_asked_about(text: str, camp: str | None, terms: Terms) -> None:
    """Only a question for one camp's arguments has one."""
    assert read_question(text, terms).camp == camp


def test_the_language_is_the_question_s_unless_it_is_given(terms: Terms) -> None:
    """Detected from the words; a choice of the asker's counts more."""
    assert [read_question(text, terms).language for text in ("谁", "誰說閉源", "who", "Qwen 的 license 是什么")] == [
        "zh",
        "zh-Hant",
        "en",
        "zh",
    ]
    assert read_question("who", terms, language="zh-Hant").language == "zh-Hant"


@pytest.mark.parametrize(
    ("text", "topical"), [("百度", True), ("开源和闭源", True), ("推荐一家火锅店", False), ("open", False)]
)
def test_what_is_about_our_subject(text: str, topical: bool, terms: Terms) -> None:
    """A name of ours or two notions are beyond doubt; one word is not."""
    assert read_question(text, terms).topical == topical
