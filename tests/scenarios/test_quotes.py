"""The promise: whatever is stored and whatever is asked, every quote is its place in the stored document, to the character."""

import itertools
import json
from pathlib import Path

import pytest
from commandline import LIVE
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.answer import Answer
from bot.conversation import Conversation
from bot.extractive import answer
from bot.question import LONGEST, read_question
from bot.render import as_text
from bot.session import ask, reply
from ingest.pipeline import Report, store_documents
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.console import json_text
from knowledge.document import Document, Metadata, canonical
from knowledge.errors import QuestionError
from knowledge.settings import Settings

ODD = "\x00\x07\x1b\x7f\x85\x9b\r\n\u061c\u200b\u200f\u2028\u202e\u2066\ufdfa\ufeff\ufffd\ud800\udfff\U0001f600\U00020000\u0301"
KNOWN = [
    "阿里云在2024年开源了大模型。",
    "騰訊認為閉源更安全，「但是」開源更便宜！",
    "Open weights help customers (e.g. U.S. banks), said Dr. Li in 2024. ",
    "李彦宏表示：“开源不是慈善”。他说，闭源更强。",
    "[date: 2024-06 | speaker: Robin Li | stance: closed | source: x | status: reported]\n",
    "# 标题 Title\n\n",
    "| vendor | licence |\n|---|---|\n| Meta | Llama |\n",
    "- **bold** `code` <b>html</b> [1](http://x) ![](y)\n",
    "\r\n\r\n",
    "很长" * 150,
    "word " * 100,
    "…………。。！？?!",
]
pieces = st.one_of(st.characters(), st.sampled_from(ODD), st.sampled_from(KNOWN), st.text(max_size=12))
texts = st.lists(pieces, min_size=1, max_size=25).map("".join).filter(bool)
"""Never empty: no reader hands on a document without a character (ingest.readers)."""
questions = st.lists(st.one_of(st.sampled_from(KNOWN), st.sampled_from(ODD), st.text(max_size=30)), max_size=4)
FOLLOW_UPS = ["第二点展开讲讲", "the last one", "那华为呢？", "and in 2024?"]

numbers = itertools.count()
seen: list[int] = []


@pytest.fixture(scope="module")
def base(warm_home: Path, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """An empty knowledge base with the warm home's engine."""
    home = tmp_path_factory.mktemp("quotes") / "home"
    home.mkdir()
    (home / "engine").symlink_to(warm_home / "engine")
    return open_knowledge(Settings.model_validate({"KAIBI_HOME": str(home)}))


def check(given_answer: Answer, stored: dict[str, Document]) -> int:
    """Every quote is its place in the text that was stored; how many there were."""
    for quote in given_answer.quotes:
        document = stored[quote.document]
        assert quote.version == document.version
        assert document.text[quote.start : quote.end] == quote.text
        assert quote.text.strip()
    cited = [n for statement in given_answer.statements for n in statement.quotes]
    assert cited == [quote.n for quote in given_answer.quotes] == list(range(1, len(cited) + 1))
    printed = as_text(given_answer)
    assert not LIVE.search(printed)
    line = json_text(given_answer.to_json(printed))
    assert not LIVE.search(line)
    assert [quote["text"] for quote in json.loads(line)["quotes"]] == [quote.text for quote in given_answer.quotes]
    return len(given_answer.quotes)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(
    st.lists(
        st.tuples(texts, st.sampled_from(["zh", "zh-Hant", "en"]), st.sampled_from(["source", "note"])),
        min_size=2,
        max_size=4,
    ),
    st.lists(questions.map("".join), min_size=3, max_size=6),
)
@example(
    [
        ("\ud83d\ude00\x00\u202eﷺ。" * 30, "zh", "source"),
        ("e\u0301\r\n\r\nx", "en", "note"),
        ("".join(KNOWN), "zh", "note"),
    ],
    KNOWN,
)
def test_every_quote_equals_its_place(
    base: KnowledgeBase, written: list[tuple[str, str, str]], asked: list[str]
) -> None:
    """Documents of any characters, asked anything, outcome as decided or forced: no quote differs from its place."""
    documents = [
        Document(
            f"d{next(numbers)}",
            canonical(text),
            Metadata(title=canonical(text)[:20], language=language, kind=kind),  # type: ignore[arg-type]
        )
        for text, language, kind in written
    ]
    with base.store.writing() as writer:
        writer.remove(list(base.store.versions()))
    store_documents([("", document) for document in documents], set(), base.store, base.embedder, Report())
    stored = {document.id: document for document in documents}
    for identifier, document in stored.items():
        kept = base.store.document(identifier)
        assert kept is not None
        assert (kept.text, kept.version) == (document.text, document.version)
    conversation = Conversation()
    for text in [*asked, *(document.text[:40] for document in documents), *FOLLOW_UPS]:
        try:
            seen.append(check(ask(base, text), stored))
            seen.append(check(reply(base, conversation, text, quotes=5), stored))
        except QuestionError:
            continue  # Nothing to ask in it: blank, controls only.
        question = read_question(text[:LONGEST], base.terms)
        seen.append(check(answer(base, question, quotes=20, status="answered"), stored))


def test_the_property_was_put_to_the_test() -> None:
    """A property that never meets a quote would hold too: hundreds were compared."""
    assert sum(seen) > 300
