"""Follow-ups, made to stand on their own."""

import pytest

from bot.answer import EXTRACTIVE, Answer, CitedQuote, Statement
from bot.conversation import Conversation
from knowledge.errors import QuestionError
from knowledge.terms import Terms, load_terms


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms()


def given(statements: int = 3, speaker: str = "李彦宏，百度创始人") -> Answer:
    """An answer whose quotes have one speaker."""
    quotes = tuple(
        CitedQuote(n, "w", "d", "v", 0, 1, "t", "", speaker, "", "note", "zh", "", "", "", "neutral", "")
        for n in range(1, statements + 1)
    )
    told = tuple(Statement("s", None, (quote.n,)) for quote in quotes)
    return Answer("q", "zh", "answered" if told else "refused", told, quotes, None, EXTRACTIVE)


def last_of(turns: list[str], terms: Terms, answer: Answer) -> tuple[int | None, str]:
    """The item and the text that the last of several turns comes to."""
    conversation = Conversation()
    for turn in turns[:-1]:
        conversation.add(conversation.understand(turn, terms).question, answer)
    understood = conversation.understand(turns[-1], terms)
    return understood.item, understood.question.text


@pytest.mark.parametrize(
    ("turns", "meant"),
    [
        (["阿里云为什么要开源大模型？", "那华为呢？"], "华为为什么要开源大模型？"),
        (["阿里雲為什麼開源", "那騰訊呢？"], "騰訊為什麼開源"),
        (["Why did Alibaba open its models?", "and Baidu?"], "Why did Baidu open its models?"),
        (["Why did Alibaba open Qwen?", "and Baidu?"], "Why did Baidu open?"),
        (["阿里云为什么要开源大模型？", "那华为呢？", "它靠什么赚钱"], "华为靠什么赚钱"),
        (["Should we choose open or closed?", "and on security?"], "Should we choose open or closed? security"),
        (["百度2023年什么立场", "2025年呢"], "百度2025年什么立场"),
        (["What did Zhipu do in 2024?", "and in 2025?"], "What did Zhipu do in 2025?"),
        (["百度为什么改成开源", "后来呢"], "后来呢 百度 开源"),
        (["谁认为闭源更好", "他还说了什么"], "李彦宏还说了什么"),
        (["Why did Baidu open ERNIE?", "When did they do it?"], "When did Baidu do it?"),
        (["What does Zhipu sell?", "what are its licences"], "what are Zhipu's licences"),
    ],
)
def test_what_is_left_out_comes_from_before(turns: list[str], meant: str, terms: Terms) -> None:
    """A name takes the place of a name, a time of a time, a new aspect joins the old names, a pronoun stands for who was told of."""
    assert last_of(turns, terms, given()) == (None, meant)


@pytest.mark.parametrize(
    "question",
    [
        "推荐一家火锅店在北京朝阳区的好吃的",
        "What is Kimi?",
        "Which vendors stayed closed in 2024, and why?",
        "谁是周靖人",
    ],
)
def test_a_question_that_stands_on_its_own_is_left_alone(question: str, terms: Terms) -> None:
    """Nothing of the conversation is put into it."""
    assert last_of(["百度为什么闭源", question], terms, given()) == (None, question)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("第二点展开讲讲", 2),
        ("第 3 个呢", 3),
        ("最后一点", 3),
        ("the second one", 2),
        ("tell me more about the last point", 3),
        ("#1", 1),
        ("point 2", 2),
        ("第五点", 5),
        ("百度的第二点", None),
        ("the second reason " + "for which they might have done all that " * 2, None),
    ],
)
def test_an_item_of_the_last_answer(text: str, item: int | None, terms: Terms) -> None:
    """Counted from 1, from the end for the last; a question that names somebody, or says more, is none."""
    assert last_of(["什么开源好", text], terms, given())[0] == item


def test_without_an_answer_before_there_is_no_item(terms: Terms) -> None:
    """At the start, and after a refusal, "the second one" is a question as any other."""
    assert Conversation().understand("the second one", terms).item is None
    assert last_of(["推荐火锅", "the second one"], terms, given(statements=0))[0] is None


def test_names_reach_over_turns_without_one(terms: Terms) -> None:
    """A pronoun finds the name that was last spoken of, also some turns before."""
    nobody = given(speaker="")
    assert last_of(["智谱怎么赚钱", "开源便宜吗", "它有多少员工"], terms, nobody)[1] == "智谱有多少员工"


def test_a_blank_follow_up_is_an_error(terms: Terms) -> None:
    """What came before does not fill an empty question."""
    conversation = Conversation()
    conversation.add(conversation.understand("百度", terms).question, given())
    with pytest.raises(QuestionError):
        conversation.understand(" \u202e", terms)
