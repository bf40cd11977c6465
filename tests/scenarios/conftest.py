"""The command line, on the shipped documents unless a test names another home."""

from functools import partial
from pathlib import Path

import pytest
from commandline import Kaibi, run_kaibi


@pytest.fixture
def kaibi(warm_home: Path) -> Kaibi:
    return partial(run_kaibi, home=warm_home)
