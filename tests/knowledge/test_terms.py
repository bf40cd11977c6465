import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import SettingsError
from knowledge.script import HAN, folded
from knowledge.terms import Term, Terms, load_terms

TERMS = load_terms()


def naive(terms: Terms, text: str) -> list[tuple[str, int, int]]:
    """All names in one pattern, longest first: slow, and plainly right."""
    names: dict[str, str] = {}
    for term in terms.by_id.values():
        for name in term.all_names:
            names.setdefault(folded(name), term.id)
    parts = [
        re.escape(name) if re.search(f"[{HAN}]", name) else rf"(?<![a-z]){re.escape(name)}(?![a-z])"
        for name in sorted(names, key=len, reverse=True)
    ]
    return [(names[m[0]], m.start(), m.end()) for m in re.finditer("|".join(parts), folded(text))]


def found(terms: Terms, text: str) -> list[tuple[str, int, int]]:
    return [(mention.term.id, mention.start, mention.end) for mention in terms.find(text)]


NAMES = sorted({name for term in TERMS.by_id.values() for name in term.all_names})
PIECES = st.sampled_from([*NAMES, " ", "s", "x", "3", "-", "，", "的", "云", "data", "AI", "a", "ﬁ", "İ"])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_finds_what_one_large_pattern_finds(text: str) -> None:
    """Whatever the text, mentions are those of all names tried at every place, longest first."""
    assert found(TERMS, text) == naive(TERMS, text)


SMALL = st.text("abAB云阿.", min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(SMALL, min_size=1, max_size=6), st.text("abAB云阿. ", max_size=20))
def test_any_names_are_found_as_by_one_large_pattern(names: list[str], text: str) -> None:
    """The same for any names: nested, overlapping, mixed of Latin and Chinese, of one letter."""
    terms = Terms({str(n): Term(str(n), "topic", (name,), ()) for n, name in enumerate(names)})
    assert found(terms, text) == naive(terms, text)


def test_longest_name_wins() -> None:
    """A name within a longer name is not found beside it."""
    assert found(TERMS, "阿里云") == [("alibaba", 0, 3)]
    assert [term for term, *_ in found(TERMS, "Google DeepMind")] == ["google"]


def test_latin_names_stand_as_words() -> None:
    """Meta is not in metadata, but Qwen3 is Qwen, and a Latin name may touch Chinese."""
    assert found(TERMS, "metadata") == []
    assert [term for term, *_ in found(TERMS, "Qwen3")] == [TERMS.find("通义千问")[0].term.id]
    assert found(TERMS, "用Meta的") == [("meta", 1, 5)]


def test_traditional_and_wide_spellings_are_the_same_name() -> None:
    """Traditional characters, full-width letters and case change nothing."""
    for text in ("騰訊", "腾讯", "TENCENT", "ｔｅｎｃｅｎｔ", "鵝廠"):
        assert [term for term, *_ in found(TERMS, text)] == ["tencent"], text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tencnet", ["tencent"]),
        ("Tencet's", ["tencent"]),
        ("Tencentt", ["tencent"]),
        ("Huawel", ["huawei"]),
        ("Huawei", []),
        ("Hauwei 和 Tencant", ["huawei", "tencent"]),
        ("Tenants", []),
        ("Meto", []),
    ],
)
def test_misspelt_names(text: str, expected: list[str]) -> None:
    """One slip in a name of five letters or more is forgiven; the right spelling, two slips and short names are not."""
    assert [mention.term.id for mention in TERMS.find_misspelt(text)] == expected


def test_user_file_adds_names_and_terms(tmp_path: Path) -> None:
    """An id that is known gets further names; a new one is a new term; the fingerprint tells that something changed."""
    path = tmp_path / "terms.yaml"
    path.write_text("tencent: {kind: vendor, zh: [疼讯]}\nacme: {kind: vendor, en: [Acme], zh: []}\n", encoding="utf-8")
    terms = load_terms(path)
    assert [term for term, *_ in found(terms, "疼讯 and 腾讯 and ACME")] == ["tencent", "tencent", "acme"]
    assert terms.by_id["tencent"].of == TERMS.by_id["tencent"].of
    assert terms.by_id["acme"].names("zh") == ("Acme",)
    assert terms.fingerprint != TERMS.fingerprint


@pytest.mark.parametrize(
    "content",
    [
        "- just a list",
        "acme: vendor",
        "acme: {kind: firm, en: [Acme]}",
        "acme: {kind: vendor}",
        "acme: {kind: vendor, en: Acme}",
        'acme: {kind: vendor, en: [""]}',
        "acme: {zh: [甲]}",
        "acme: [",
        "",
    ],
)
def test_other_form_is_one_clear_error(tmp_path: Path, content: str) -> None:
    """A file of another form names KAIBI_TERMS and shows the form."""
    path = tmp_path / "terms.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_terms(path)
    assert caught.value.message == "KAIBI_TERMS: 'terms.yaml' is not of the expected form."
    assert "kind: vendor" in caught.value.remedy


def test_missing_or_binary_file_is_one_clear_error(tmp_path: Path) -> None:
    """A file that is not there is told apart from one that is not text."""
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load_terms(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(SettingsError, match="not of the expected form"):
        load_terms(tmp_path / "bytes.yaml")
