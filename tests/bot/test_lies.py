"""Floors for what the statement check catches, on statements that it was not adjusted to (python -m bench.lies)."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.lies import FOLDER, measure

FLOORS = {"quote": 0.99, "number": 0.96, "date": 0.95, "name": 0.95, "swapped": 0.4, "negation": 0.7, "contrary": 0.55}
ALARMS = 0.05


@pytest.mark.parametrize("file", ["held.yaml", "fit.yaml"])
def test_lies_are_caught_and_honest_statements_pass(file: str) -> None:
    """Each kind of lie is caught at least as often as when this was measured, and hardly an honest statement is stopped."""
    counted, wrong, _ = measure(FOLDER / file)
    for kind, floor in FLOORS.items():
        caught = [value for (of, _), values in counted.items() if of == kind for value in values]
        assert sum(caught) / len(caught) >= floor - (0.01 if file == "fit.yaml" else 0), (kind, wrong)
    alarms = [value for (of, _), values in counted.items() if of == "honest" for value in values]
    assert sum(alarms) / len(alarms) <= ALARMS, wrong
