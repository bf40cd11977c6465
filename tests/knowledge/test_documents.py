"""The shipped documents and terms: twins that agree, facts that are dated and sourced, sentences that can be quoted."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from ingest.readers import read_file
from knowledge.dates import dates
from knowledge.document import Document
from knowledge.facts import TAG_LINE, FactTag, parse_tag
from knowledge.numerals import figures
from knowledge.script import HAN, folded
from knowledge.sentences import sentence_spans
from knowledge.terms import load_terms

FOLDER = Path(__file__).parents[2] / "knowledge" / "documents"
NAMES = sorted({path.name.removesuffix(".md").rsplit(".", 1)[0] for path in FOLDER.glob("*.md")})
LANGUAGES = ("zh", "en")
VENDORS = {
    *(
        "baidu",
        "alibaba",
        "tencent",
        "huawei",
        "zhipu",
        "baichuan",
        "kuaishou",
        "kunlun",
        "01ai",
        "moonshot",
        "deepseek",
    ),
    *(
        "minimax",
        "bytedance",
        "stepfun",
        "baai",
        "caict",
        "kewei",
        "openai",
        "anthropic",
        "google",
        "meta",
        "microsoft",
    ),
    *("xai", "ibm", "redhat", "mistral", "nvidia", "ai2", "huggingface", "cohere", "databricks"),
}
TOPICS = {"meaning", "licences", "security", "choosing", "gap", "communities", "serving"}
CLAIMS = {f"A{number:02}" for number in range(1, 169)}
"""The claims of the article that the notes retell, numbered in its order."""
LONGEST = {"zh": 60, "en": 36}
"""Han characters or words of a sentence at most."""
ALONE = {
    "zh": re.compile(r"(?:它|他们|他(?!人|家)|她|其(?!他|中|实|余)|该|此(?!外)|这(?!套)|那(?!些认为))"),
    "en": re.compile(
        r"(?:It|They|He|She|Its|Their|His|Her|We|Also)\b|(?:This|These|That|Those) (?:is|are|was|were|has|have|means?|shows?)\b"
    ),
}
"""How a sentence begins that cannot be read without the one before."""


@cache
def document(name: str, language: str) -> Document:
    return read_file(FOLDER / f"{name}.{language}.md", {})


@cache
def facts(name: str, language: str) -> list[tuple[str, FactTag]]:
    """Each fact's words and its tag, in order."""
    found = []
    start = 0
    text = document(name, language).text
    for match in TAG_LINE.finditer(text):
        found.append((text[start : match.start()].rsplit("\n\n", 1)[-1].strip(), parse_tag(match[0])))
        start = match.end()
    return found


def quotable(name: str, language: str) -> Iterator[str]:
    """Every sentence but headings and table rows."""
    text = document(name, language).text
    for start, end in sentence_spans(text):
        line = text[text.rfind("\n", 0, start) + 1 : end].lstrip()
        if not line.startswith(("#", "|")):
            yield text[start:end]


def told(words: str) -> tuple[set[int], list[frozenset[str]]]:
    """The parts of the dates in a fact, and the readings of its other figures."""
    words = re.sub(r"https?://\S+|01\.?\s?AI", " ", words, flags=re.IGNORECASE)
    days = dates(words)
    parts = {part for day in days for part in (day.year, day.month, day.day) if part is not None}
    within = [range(day.start, day.end) for day in days]
    numbers = [
        f.readings for f in figures(words) if words[f.start].isdigit() and not any(f.start in day for day in within)
    ]
    return parts, numbers


def test_all_vendors_and_topics_are_there() -> None:
    """There is a note for each vendor and body and each topic, and notes on the article."""
    assert {name for name in NAMES if document(name, "en").metadata.vendor} == VENDORS
    assert {name.removeprefix("topic-") for name in NAMES if name.startswith("topic-")} == TOPICS
    assert any(name.startswith("article-") for name in NAMES)
    assert "vendors-overview" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_twins_agree_in_metadata(name: str) -> None:
    """A document and its twin differ in id, title and language only, and these are well formed."""
    chinese, english = (document(name, language) for language in LANGUAGES)
    assert (chinese.id, english.id) == (f"{name}.zh", f"{name}.en")
    assert (chinese.metadata.language, english.metadata.language) == ("zh", "en")
    assert re.search(f"[{HAN}]", chinese.metadata.title)
    assert english.metadata.title.strip()
    same = [replace(twin.metadata, title="", language="en", origin="") for twin in (chinese, english)]
    assert same[0] == same[1]
    assert same[0].twin == name
    assert (same[0].kind, same[0].publisher, same[0].licence) == ("note", "Kaibi", "MIT")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", same[0].date)
    assert same[0].vendor in ("", name)


@pytest.mark.parametrize("name", NAMES)
def test_twins_state_the_same_facts(name: str) -> None:
    """Fact by fact, in the same order, twins agree in date, stance, status, address, reference and figures."""
    chinese, english = (facts(name, language) for language in LANGUAGES)
    assert len(chinese) == len(english)
    for (words, tag), (twin_words, twin_tag) in zip(chinese, english, strict=True):
        both = f"{words}\n{twin_words}"
        assert replace(tag, source="", speaker="") == replace(twin_tag, source="", speaker=""), both
        assert bool(tag.speaker) == bool(twin_tag.speaker), both
        (parts, numbers), (twin_parts, twin_numbers) = told(words), told(twin_words)
        assert parts == twin_parts, both
        for here, there in ((numbers, twin_numbers), (twin_numbers, numbers)):
            assert all(any(one & other for other in there) for one in here), both


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_is_dated_and_sourced(name: str, language: str) -> None:
    """Every bullet and table ends in a well-formed tag line that names a source, and what is unchecked says so."""
    text = document(name, language).text
    assert facts(name, language)
    for words, tag in facts(name, language):
        assert words, tag
        assert tag.source, words
        if tag.status == "unchecked":
            assert ("未经核对" if language == "zh" else "not checked") in words or words.startswith("|"), words
    for block in re.split(r"\n\s*\n|\n(?=- )", text):
        if block.lstrip().startswith(("- ", "|")):
            assert TAG_LINE.match(block.rstrip().rsplit("\n", 1)[-1]), block
    stray = [
        line
        for line in TAG_LINE.sub("", text).splitlines()
        if re.search(r"\[\s*date\s*:|\| (?:status|source|stance):", line)
    ]
    assert stray == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_claim_of_the_article_is_retold(language: str) -> None:
    """Each claim is referred to by a fact of the notes on the article, and no other claim is."""
    refs = {
        ref.strip()
        for name in NAMES
        if name.startswith("article-")
        for _, tag in facts(name, language)
        for ref in tag.ref.split(",")
    }
    assert {ref for ref in refs if re.fullmatch(r"A\d+", ref)} == CLAIMS


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short_and_stand_alone(language: str) -> None:
    """No sentence is longer than a reader takes in at once, and none begins with a word that stands for another sentence's subject."""
    size = re.compile(f"[{HAN}]" if language == "zh" else r"[\w.%$'’/+-]+")
    sentences = [(name, sentence) for name in NAMES for sentence in quotable(name, language)]
    assert [found for found in sentences if len(size.findall(found[1])) > LONGEST[language]] == []
    assert [found for found in sentences if ALONE[language].match(found[1])] == []


def test_no_two_terms_share_a_name() -> None:
    """A name leads to one term, an id stands once in the file, and what a term belongs to is a vendor."""
    terms = load_terms().by_id
    owners: dict[str, set[str]] = {}
    for term in terms.values():
        for name in term.all_names:
            owners.setdefault(folded(name), set()).add(term.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}
    ids = re.findall(r"^([^\s#:]+):", (FOLDER.parent / "terms.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(ids) == sorted(terms)
    assert [term.id for term in terms.values() if term.of and terms[term.of].kind != "vendor"] == []


def test_every_vendor_and_speaker_is_a_term() -> None:
    """Vendors of the front matter are vendors among the terms, found in both titles, and named speakers of the article are people."""
    terms = load_terms()
    for vendor in VENDORS:
        assert terms.by_id[vendor].kind == "vendor"
        for language in LANGUAGES:
            assert vendor in {mention.term.id for mention in terms.find(document(vendor, language).metadata.title)}, (
                vendor
            )
    unnamed = re.compile(r"unnamed|not stated|people |the open camp|未具名|未写明|未署名")
    for language in LANGUAGES:
        for name in NAMES:
            for words, tag in facts(name, language) if name.startswith("article-") else []:
                if tag.speaker and not unnamed.search(tag.speaker):
                    assert "person" in {mention.term.kind for mention in terms.find(tag.speaker)}, (tag.speaker, words)
