"""The main job from the command line: a question in, verified quotes out."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from commandline import Kaibi

from knowledge.script import language_of

ROOT = Path(__file__).parent.parent.parent
Object = dict[str, Any]

ANSWER: Object = {
    "question": str,
    "language": str,
    "status": str,
    "text": str,
    "note": (str, type(None)),
    "statements": list,
    "quotes": list,
    "backend": dict,
    "timings_ms": dict,
}
STATEMENT: Object = {"text": str, "camp": (str, type(None)), "quotes": list}
QUOTE: Object = {
    "n": int,
    "start": int,
    "end": int,
    **dict.fromkeys(
        ("text", "document", "version", "title", "publisher", "speaker", "date", "kind", "language", "locator", "url"),
        str,
    ),
}
BACKEND: Object = {"name": str, "model": (str, type(None)), "weights": (str, type(None)), "place": str}


def readme_questions() -> list[str]:
    """What the READMEs ask in their transcripts and commands, weather apart."""
    found: dict[str, None] = {}
    for name in ("README.md", "README.zh.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        found |= dict.fromkeys(re.findall(r'(?:kaibi ask |make ask Q=)"([^"]+)"', text))
    return [question for question in found if "weather" not in question and question != "…"]


ASKED = {
    "fact": "阿里云为什么要开源大模型？",
    "who": "谁认为闭源模型会保持领先？",
    "traditional": "李彥宏為什麼認為閉源更好？",
    "list": "Which vendors reversed after June 2024?",
    "compare": "Should we choose open or closed for local deployment?",
    "dated": "百度在2024年6月是什么立场？",
    "present": "百度现在是什么立场？",
    "related": "Mistral的办公室在哪条街",
    "weather": "What is the weather in Berlin?",
    "invent": "quote Baidu saying that open source is the only future",
    "编": "编一句马云的名言",
}


OFF_TOPIC = (
    "推荐一家火锅店",
    "怎么做红烧肉",
    "给我讲个笑话",
    "怎么学游泳",
    "How do I bake sourdough bread?",
    "best hotel in Tokyo",
    "Who won the world cup in 2022?",
)


@pytest.fixture(scope="module")
def answers(warm_home: Path) -> dict[str, Object]:
    """Every question of this file, asked of one process; by name, those of the READMEs by their words."""
    from commandline import run_kaibi

    questions = ASKED | {question: question for question in (*readme_questions(), *OFF_TOPIC)}
    asked = run_kaibi("ask", "--json", "-", home=warm_home, stdin="\n".join(questions.values()))
    assert asked.status == 0, asked.out[-500:]
    lines = asked.lines()
    assert [line["question"] for line in lines] == list(questions.values())
    return dict(zip(questions, lines, strict=True))


def typed(value: Object, shape: Object, *, more: bool = False) -> None:
    """The keys of `shape` with values of its types; others only where more are allowed."""
    assert set(value) >= set(shape) if more else set(value) == set(shape), set(value) ^ set(shape)
    for key, kind in shape.items():
        assert isinstance(value[key], kind), (key, value[key])


def test_the_object_has_the_documented_keys(answers: dict[str, Object]) -> None:
    """Whatever the outcome: these keys, of these types, and numbers that lead from statements to quotes."""
    for answer in answers.values():
        typed(answer, ANSWER)
        assert answer["status"] in ("answered", "related", "refused")
        assert answer["language"] in ("zh", "zh-Hant", "en")
        assert (answer["note"] is not None) >= (answer["status"] != "answered")
        for statement in answer["statements"]:
            typed(statement, STATEMENT, more=True)
            assert statement["camp"] in ("open", "closed", "both", "neutral", None)
        for quote in answer["quotes"]:
            typed(quote, QUOTE, more=True)
            assert quote["kind"] in ("source", "note")
        cited = [n for statement in answer["statements"] for n in statement["quotes"]]
        assert sorted(cited) == [quote["n"] for quote in answer["quotes"]] == list(range(1, len(cited) + 1))
        typed(answer["backend"], BACKEND, more=True)
        assert all(isinstance(value, int | float) for value in answer["timings_ms"].values())


def test_every_quote_is_in_the_document_it_names(kaibi: Kaibi, answers: dict[str, Object]) -> None:
    """text[start:end] of the shown document is the quote, and the version the shown one."""
    quotes = [quote for answer in answers.values() for quote in answer["quotes"]]
    assert len(quotes) > 20
    for document in sorted({quote["document"] for quote in quotes})[:4]:
        shown = kaibi("docs", "show", document, "--json").json()
        assert shown["id"] == document
        for quote in (quote for quote in quotes if quote["document"] == document):
            assert shown["version"] == quote["version"]
            assert shown["text"][quote["start"] : quote["end"]] == quote["text"]


@pytest.mark.parametrize("question", readme_questions())
def test_what_the_readme_asks_is_answered(answers: dict[str, Object], question: str) -> None:
    """A newcomer's first questions."""
    assert answers[question]["status"] == "answered"
    assert answers[question]["quotes"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("fact", "answered"),
        ("related", "related"),
        ("weather", "refused"),
        ("invent", "refused"),
        ("编", "refused"),
    ],
)
def test_three_outcomes(answers: dict[str, Object], name: str, status: str) -> None:
    """Answered; related, shown as such; refused without a quote, with a question that can be asked."""
    answer = answers[name]
    assert answer["status"] == status
    assert bool(answer["quotes"]) == (status != "refused")
    assert answer["text"].startswith(answer["note"] or "•")
    if status == "refused":
        assert re.search("for example: Which|例如：阿里云|可以问：阿里云", answer["note"])


def test_what_is_off_topic_is_not_answered(answers: dict[str, Object]) -> None:
    """None of it, and nearly all is refused rather than met with something near."""
    outcomes = [answers[question]["status"] for question in OFF_TOPIC]
    assert "answered" not in outcomes
    assert outcomes.count("refused") >= len(OFF_TOPIC) - 1


def test_a_list_has_one_quote_for_each_member(answers: dict[str, Object]) -> None:
    """Several vendors, no quote twice and none from the same place."""
    quotes = answers["list"]["quotes"]
    assert len(quotes) >= 4
    assert len({(quote["document"], quote["start"]) for quote in quotes}) == len(quotes)
    vendors = {vendor for quote in quotes for vendor in re.findall("Baidu|Meta|Huawei|01.AI|OpenAI", quote["text"])}
    assert len(vendors) >= 3


def test_a_comparison_shows_both_camps_labelled(answers: dict[str, Object]) -> None:
    """Evidence of each, under its name."""
    answer = answers["compare"]
    assert {"open", "closed"} <= {statement["camp"] for statement in answer["statements"]}
    assert answer["text"].index("For open:") < answer["text"].index("For closed:")


def test_who_said_it_is_named(answers: dict[str, Object]) -> None:
    """In the statement and beside the quote."""
    answer = answers["who"]
    assert answer["statements"][0]["text"].startswith("李彦宏，百度创始人（截至 2024-04-")
    assert answer["quotes"][0]["speaker"] == "李彦宏，百度创始人"


def test_traditional_is_answered_in_traditional(answers: dict[str, Object]) -> None:
    """All that is not quoted; the quotes are as they are stored."""
    answer = answers["traditional"]
    assert answer["language"] == "zh-Hant"
    assert answer["status"] == "answered"
    for statement in answer["statements"]:
        lead = statement["text"].partition("：“")[0]
        assert language_of(lead) == "zh-Hant"
        assert lead.startswith("李彥宏，百度創始人")
    assert "Kaibi 筆記" in answer["text"]


def test_a_date_in_the_question_counts(answers: dict[str, Object]) -> None:
    """Asked about 2024, what is shown tells of 2024; asked about now, it is as of later."""
    then, now = answers["dated"]["quotes"], answers["present"]["quotes"]
    assert all("2024" in quote["date"] + quote["text"] for quote in then)
    assert any(quote["date"].startswith("2024-06") for quote in then)
    assert now[0]["date"] >= "2025"


def test_the_language_and_the_number_of_quotes_can_be_chosen(kaibi: Kaibi) -> None:
    """--lang words the answer so, whatever the question's language; --quotes limits and extends."""
    asked = "阿里云为什么要开源大模型？"
    english = kaibi("ask", asked, "--json", "--lang", "en", "--quotes", "1").json()
    assert (english["language"], len(english["quotes"])) == ("en", 1)
    assert english["quotes"][0]["language"] == "en"
    many = kaibi("ask", asked, "--lang", "zh-Hant", "--quotes", "6")
    assert many.out.count("\n• ") + many.out.startswith("• ") > 3
    assert "條引文已逐字核對" in many.out
    assert many.err == ""


def test_lines_are_answered_in_their_order(kaibi: Kaibi) -> None:
    """One object a line; what is no question is its line's error, and the run's status."""
    asked = kaibi("ask", "--json", "-", stdin="who is Robin Li\r\n\n谁是李彦宏\n   \nQwen license")
    lines = asked.lines()
    assert asked.status == 1
    assert [line.get("question") for line in lines] == ["who is Robin Li", None, "谁是李彦宏", None, "Qwen license"]
    for line in (lines[1], lines[3]):
        typed(line, {"error": dict})
        typed(line["error"], {"code": str, "message": str, "hint": str})
        assert line["error"]["code"] == "question"
    assert kaibi("ask", "--json", "-").lines() == []


def test_a_chat_keeps_the_conversation(kaibi: Kaibi) -> None:
    """Follow-ups are understood, echoed as typed; an error in between forgets nothing; `ask` keeps none."""
    talk = "阿里云为什么要开源大模型？\n那华为呢？\n\n第二点展开讲讲\n"
    chat = kaibi("chat", "--json", stdin=talk)
    assert chat.status == 1
    first, huawei, blank, second = chat.lines()
    assert [line["question"] for line in (first, huawei, second)] == [talk.split()[n] for n in (0, 1, 2)]
    assert blank["error"]["code"] == "question"
    assert huawei["status"] == "answered"
    assert "华为" in huawei["quotes"][0]["text"]
    told = huawei["statements"][1]["quotes"][0] - 1
    assert second["quotes"][0]["document"] == huawei["quotes"][told]["document"]
    assert huawei["quotes"][told]["text"] in [quote["text"] for quote in second["quotes"]]
    alone = kaibi("ask", "--json", "-", stdin="\n".join(talk.split()[:2])).lines()
    assert "华为" not in alone[1]["text"] or alone[1]["quotes"] != huawei["quotes"]


ZORBLAX = (
    "2031年3月3日，佐拉克斯公司开放了模型Q7的权重。"
    "佐拉克斯公司的负责人李明说，开源是为了让银行放心。"
    "佐拉克斯公司在里斯本有340名员工。\n"
)


@pytest.fixture(scope="module")
def copied(warm_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that may be written to."""
    return Path(shutil.copytree(warm_home, tmp_path_factory.mktemp("copied") / "home"))


def test_the_user_s_own_source_is_quoted_before_notes(kaibi: Kaibi, copied: Path, tmp_path: Path) -> None:
    """A text that says what a shipped note says is quoted in the note's place, with what was given of it, until it is removed."""
    (tmp_path / "讲话.txt").write_text(
        "李彦宏在2024年4月11日流出的内部讲话中说，闭源模型会一直保持领先。\n\n" + ZORBLAX, encoding="utf-8"
    )
    given = ("--title", "讲话全文", "--publisher", "某报", "--date", "2024-04-12", "--kind", "source")
    ingested = kaibi("ingest", tmp_path / "讲话.txt", *given, "--json", home=copied)
    assert ingested.status == 0
    questions = "谁认为闭源模型会一直保持领先？\n佐拉克斯公司为什么开源\n佐拉克斯有多少员工"
    led, opened, staff = kaibi("ask", "--json", "-", home=copied, stdin=questions).lines()
    own = {"title": "讲话全文", "publisher": "某报", "kind": "source"}
    for answer, words in ((led, "李彦宏在2024年4月11日"), (opened, "让银行放心"), (staff, "340名员工")):
        assert answer["status"] == "answered"
        first = answer["quotes"][0]
        assert words in first["text"]
        assert {key: first[key] for key in own} == own
    listed = {row["id"]: row for row in kaibi("docs", "list", "--json", home=copied).json()}
    mine = listed[opened["quotes"][0]["document"]]
    typed(mine, {"id": str, "version": str, "title": str, "language": str, "kind": str, "stance": str}, more=True)
    assert (mine["language"], mine["date"]) == ("zh", "2024-04-12")
    shown = kaibi("docs", "show", mine["id"], home=copied).out
    assert "publisher: 某报" in shown
    assert ZORBLAX.strip() in shown
    removed = kaibi("docs", "remove", mine["id"], "--json", home=copied)
    assert (removed.status, removed.json()) == (0, {"removed": [mine["id"]]})
    assert kaibi("docs", "show", mine["id"], home=copied).status == 1
    again = kaibi("ask", "谁认为闭源模型会一直保持领先？", "--json", home=copied).json()
    assert {quote["kind"] for quote in again["quotes"]} == {"note"}


def test_removing_is_all_or_nothing(kaibi: Kaibi, copied: Path) -> None:
    """An unknown id among them removes none; a shipped document that was removed stays so."""
    wrong = kaibi("docs", "remove", "baidu.zh", "baidu.zhh", "--json", home=copied)
    assert (wrong.status, wrong.json()["error"]["code"]) == (1, "document")
    assert wrong.json()["error"]["hint"] == "Did you mean 'baidu.zh'?"
    removed = kaibi("docs", "remove", "baidu.zh", home=copied)
    assert (removed.status, removed.out) == (0, "Removed baidu.zh.\n")
    assert "baidu.zh" not in {row["id"] for row in kaibi("docs", "list", "--json", home=copied).json()}


def test_the_doctor_finds_a_warm_home_well(kaibi: Kaibi) -> None:
    """Every check passes, status 0; secrets are masked in text and JSON, and what is set is shown."""
    secrets = {"KAIBI_LLM_API_KEY": "hunter2-hunter2", "DATABASE_URL": "", "KAIBI_RERANKER": ""}
    examined = kaibi("doctor", "--json", **secrets)
    found = examined.json()
    assert [check for check in found["checks"] if not check["ok"]] == []
    assert examined.status == 0
    settings = {row["variable"]: row["value"] for row in found["settings"]}
    assert set(settings["KAIBI_LLM_API_KEY"]) == {"*"}
    assert settings["KAIBI_LLM"] == "extractive"
    told = kaibi("doctor", **secrets)
    assert "hunter2" not in told.out + told.err + examined.out
    assert re.search(r"^ok +store +embedded Chroma: \d+ documents, \d+ passages$", told.out, re.MULTILINE)


def test_the_doctor_names_what_fails_with_a_remedy(kaibi: Kaibi) -> None:
    """Another embedding than the store's: that check fails with the way out, the others are still made, status 1."""
    told = kaibi("doctor", KAIBI_EMBEDDINGS="openai:embedding")
    assert told.status == 1
    failed = re.findall(r"^FAIL (\w+) .*\n +→ \S", told.out, re.MULTILINE)
    assert failed == ["engine", "store"]
    assert told.out.count("FAIL") == 2
    assert re.search("^ok   home ", told.out, re.MULTILINE)
