"""The fitted weights, and the one decision that rests on them."""

import json

import numpy as np
import pytest
from storing import Stored

from bot.evidence import FEATURES
from bot.extractive import consider
from bot.question import read_question
from bot.scoring import FILE, SIGNALS, confidence, load_weights, sentence_scores


def test_the_file_holds_a_weight_for_each_feature_and_signal() -> None:
    """None is missing and none is left over, in the order in which they are listed; all are finite."""
    stored = json.loads(FILE.read_text())
    assert list(stored["sentence"]) == list(FEATURES)
    assert list(stored["answer"]) == list(SIGNALS)
    numbers = [*stored["sentence"].values(), *stored["answer"].values(), stored["offset"]]
    assert np.isfinite(numbers).all()
    assert 0 < stored["related"] < stored["answered"] < 1


def test_the_outcome_is_decided_by_two_thresholds() -> None:
    """From each of them on, the better outcome."""
    weights = load_weights()
    at = [weights.answered, weights.answered - 1e-6, weights.related, weights.related - 1e-6]
    assert [weights.status(value) for value in at] == ["answered", "related", "related", "refused"]


def test_confidence_is_a_probability_however_large_the_signals() -> None:
    """It grows with a signal of positive weight and stays within 0 and 1."""
    weights = load_weights()
    values = np.zeros(len(SIGNALS))
    low = confidence(values, weights)
    values[SIGNALS.index("meaning")] = 1e9
    assert 0 < low < confidence(values, weights) <= 1
    values[SIGNALS.index("meaning")] = -1e9
    assert 0 < confidence(values, weights) < low or confidence(values, weights) == pytest.approx(0, abs=1e-20)


def test_features_and_signals_are_numbers_for_any_document(stored: Stored) -> None:
    """Empty store, one sentence, no sentence at all: shapes hold and nothing is infinite."""
    for texts in ([], ["Zorblax opened its weights in 2031."], ["```\n\n```", "|---|\n", "a"]):
        base = stored(*((f"d{n}", text, {"language": "en"}) for n, text in enumerate(texts)))
        considered = consider(base, read_question("who opened weights in 2031?", base.terms))
        assert considered.evidence.features.shape == (len(considered.evidence.numbers), len(FEATURES))
        assert np.isfinite(considered.evidence.features).all()
        assert considered.signals.shape == (len(SIGNALS),)
        assert np.isfinite(considered.signals).all()
        assert np.isfinite(sentence_scores(considered.evidence, load_weights())).all()


def test_the_sentence_that_answers_scores_best(stored: Stored) -> None:
    """Among sentences on one subject, who said it, how many, and when each find theirs."""
    text = (
        "Zorblax Labs makes language models for shops.\n\n"
        "Zorblax Labs has 340 employees in two towns.\n\n"
        "Maria Quill, head of Zorblax Labs, said that closed models are easier to sell.\n\n"
        "Zorblax Labs opened its first weights on 3 March 2031.\n"
    )
    base = stored(("z", text, {"language": "en"}))
    for asked, answer in (
        ("how many people work at Zorblax Labs?", "340"),
        ("who said closed models are easier to sell?", "Maria Quill"),
        ("when did Zorblax Labs open its weights?", "3 March 2031"),
        ("Zorblax 有多少员工", "340"),
    ):
        considered = consider(base, read_question(asked, base.terms))
        assert answer in base.index.sentence_text(considered.best(1)[0]), asked
