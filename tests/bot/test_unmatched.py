"""Denials are matched across wordings and languages by the vectors of their words, on any subject."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.alignment import Reader, read_tokens
from bot.checking import check
from bot.unmatched import FILE, SIGNALS, odds, weights
from knowledge.embeddings.bundled import WINDOW
from knowledge.embeddings.embedder import open_bundled
from knowledge.terms import Terms, load_terms


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms()


@pytest.fixture(scope="module")
def tokens(warm_home: Path) -> Reader:
    return open_bundled(warm_home).tokens


@pytest.mark.parametrize(
    ("honest", "lie", "evidence"),
    [
        ("居民对噪音并不满意。", "居民对噪音感到满意。", "Residents were not satisfied with the noise."),
        (
            "The minister does not read the letters himself.",
            "The minister reads the letters himself.",
            "部长并不亲自读那些信，而是由秘书代读。",
        ),
        (
            "这座桥通过了验收，下月通车。",
            "这座桥没有通过验收，下月通车。",
            "The bridge passed inspection and opens next month.",
        ),
        (
            "The hospital will extend visiting hours.",
            "The hospital will not extend visiting hours.",
            "医院将延长探视时间，从下周一开始实行。",
        ),
    ],
)
def test_denials_of_any_subject_are_matched(honest: str, lie: str, evidence: str, terms: Terms, tokens: Reader) -> None:
    """A denial dropped or added in the other language is found without a list of the subject's words."""
    assert check(honest, [evidence], terms, tokens=tokens) == ()
    assert {found.kind for found in check(lie, [evidence], terms, tokens=tokens)} == {"negation"}


def test_what_is_left_out_is_not_denied(terms: Terms, tokens: Reader) -> None:
    """A statement that gives only the part of a sentence that affirms drops no denial."""
    evidence = "部长并不亲自读那些信，而是由秘书代读。"
    assert check("A secretary reads the letters.", [evidence], terms, tokens=tokens) == ()


def test_a_title_bears_a_denial_out(terms: Terms, tokens: Reader) -> None:
    """What a sentence's title denies, a statement may deny."""
    claim, evidence = "The hospital will not extend visiting hours.", "Visiting hours end at six, the hospital said."
    told = {"context": ["Hospital: no longer visiting hours this winter"], "tokens": tokens}
    assert check(claim, [evidence], terms, tokens=tokens) != ()
    assert check(claim, [evidence], terms, **told) == ()  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80) | st.text("百度没有不 open not never，。.🙂é\t\n\u3000ﬁ２", max_size=60))
def test_tokens_stand_where_they_say(text: str, tokens: Reader) -> None:
    """Spans go forward through the text, each holds something, and vectors have length 1 unless there is one token only."""
    found = tokens(text)
    assert found.vectors.shape == (len(found.spans), 384)
    assert all(0 <= start < end <= len(text) and text[start:end].strip(" ") for start, end in found.spans)
    starts = [start for start, _ in found.spans]
    assert starts == sorted(starts)
    if len(found.spans) > 1:
        lengths = np.linalg.norm(found.vectors, axis=1)
        assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths < 1e-3))
    said, told = read_tokens(text, tokens), read_tokens("百度没有开源。", tokens)
    added, dropped = odds(said, told)
    assert len(added) == len(said.denials)
    assert len(dropped) == len(told.denials)


def test_tokens_cover_each_word(tokens: Reader) -> None:
    """Nothing that can be read is left out, also where normalisation makes two letters of one, or spaces run on."""
    text = "百度没有  open 🙂 ﬁne，２６。"
    covered = {at for start, end in tokens(text).spans for at in range(start, end)}
    assert {at for at, char in enumerate(text) if not char.isspace()} == covered


def test_a_long_text_is_cut(tokens: Reader) -> None:
    """A text longer than the window is read as far as it goes."""
    assert 300 < len(tokens("不 open " * 2000).spans) <= WINDOW


def test_weights_are_named_as_the_signals_are() -> None:
    """The file that bench/fit_denials.py wrote belongs to the signals of the code, in their order."""
    networks = json.loads(FILE.read_text(encoding="utf-8"))["networks"]
    assert list(networks["unmatched"]["hidden"]) == [*SIGNALS, "constant"]
    assert list(networks["dropped"]["hidden"]) == [*SIGNALS, "unmatched", "constant"]
    assert all(with_words <= alone for with_words, alone in weights().least.values())
