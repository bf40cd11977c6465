"""A small transformer reads claim and evidence together."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.alignment import Reader, read_tokens
from bot.transformer import FILE, pair_odds, token_odds, weights
from knowledge.embeddings.embedder import open_bundled


@pytest.fixture(scope="module")
def tokens(warm_home: Path) -> Reader:
    return open_bundled(warm_home).tokens


def odds(claim: str, evidence: str, tokens: Reader) -> float:
    return pair_odds(*token_odds(read_tokens(claim, tokens), read_tokens(evidence, tokens)))


@pytest.mark.parametrize(
    ("honest", "lie", "evidence"),
    [
        ("The ferry does not run on Sundays.", "The ferry runs on Sundays.", "这班渡轮星期天不开。"),
        ("图书馆星期一开放。", "图书馆星期一不开放。", "The library is open on Mondays."),
        ("Members may bring guests.", "Members may not bring guests.", "Members are allowed to bring guests."),
    ],
)
def test_a_lie_has_higher_odds(honest: str, lie: str, evidence: str, tokens: Reader) -> None:
    """A denial that is dropped or added is likelier false than the honest statement, in one language and across."""
    assert odds(lie, evidence, tokens) > odds(honest, evidence, tokens) + 2


def test_the_denial_is_the_token_at_fault(tokens: Reader) -> None:
    """Of the claim's tokens the added denial has the highest odds."""
    said = read_tokens("The library is not open on Mondays.", tokens)
    added, _ = token_odds(said, read_tokens("图书馆星期一开放。", tokens))
    start, end = said.spans[int(added.argmax())]
    assert said.spelt[start:end].strip() == "not"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    claim=st.text(max_size=60) | st.text("百度没有不 open not never，。.🙂é\t\n", max_size=60),
    evidence=st.sampled_from(["", "。", "百度没有开源。", "It is open. " * 200]),
)
def test_any_text_has_odds(claim: str, evidence: str, tokens: Reader) -> None:
    """Each token has finite odds, however long, short or odd the texts."""
    said, told = read_tokens(claim, tokens), read_tokens(evidence, tokens)
    added, dropped = token_odds(said, told)
    assert (added.shape, dropped.shape) == ((len(said.spans),), (len(told.spans),))
    assert np.isfinite([*added, *dropped]).all()


def test_what_is_fitted_is_what_runs(tokens: Reader) -> None:
    """The transformer that bench/fit_transformer.py fits gives the same odds with the shipped weights as bot.transformer."""
    torch = pytest.importorskip("torch")
    from bench.denial_examples import Example
    from bench.fit_transformer import Case, Transformer, batch_of, pooled

    model = Transformer().eval()
    model.load_state_dict(
        {name: torch.from_numpy(weights(FILE)[name.removeprefix("layers.")]) for name, _ in model.named_parameters()}
    )
    for claim, evidence in (
        ("It is not open.", "百度没有开源。"),
        ("开放", "Never open, it says, and it will not be."),
    ):
        case = Case(Example("", claim, evidence), 1.0)
        read = {text: read_tokens(text, tokens) for text in (claim, evidence)}
        with torch.no_grad():
            fitted = float(pooled(model(batch_of([case], read))))
        assert fitted == pytest.approx(odds(claim, evidence, tokens), abs=1e-3)
