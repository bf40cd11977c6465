"""Floors for what the statement check catches, on statements that it was not adjusted to (python -m bench.lies)."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.lies import FOLDER, measure

SEEN = {"quote": 0.99, "number": 0.96, "date": 0.98, "name": 0.95, "swapped": 0.4, "negation": 0.85, "contrary": 0.6}
FRESH = {
    "quote": 0.99,
    "number": 0.96,
    "date": 0.93,
    "name": 0.95,
    "swapped": 0.3,
    "negation": 0.87,
    "denial": 0.86,
    "contrary": 0.48,
}
"""Half of these statements are on texts unlike our notes."""


@pytest.mark.parametrize(
    ("file", "floors", "alarms"), [("held.yaml", SEEN, 0.04), ("fit.yaml", SEEN, 0.04), ("fresh.yaml", FRESH, 0.09)]
)
def test_lies_are_caught_and_honest_statements_pass(
    file: str, floors: dict[str, float], alarms: float, warm_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of lie is caught at least as often as when this was measured, and hardly an honest statement is stopped."""
    monkeypatch.setenv("KAIBI_HOME", str(warm_home))  # The built engine.
    counted, wrong, _ = measure(FOLDER / file)
    for kind, floor in floors.items():
        caught = [value for (of, _), values in counted.items() if of == kind for value in values]
        assert sum(caught) / len(caught) >= floor, (kind, wrong)
    stopped = [value for (of, _), values in counted.items() if of == "honest" for value in values]
    assert sum(stopped) / len(stopped) <= alarms, wrong
