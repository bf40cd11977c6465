"""Choose the thresholds of bot.support, and tell what they catch.

    python -m bench.fit_support

Reads the statements of fit.yaml, denials.yaml and further.yaml: each is honest with its own sentence, and false with the two sentences of other
entries that are most like its own. Half of the entries choose the thresholds, the other half tell the rates.
"""

from functools import cache

import numpy as np
import yaml

from bench.lies import FOLDER
from bot.alignment import read_tokens
from bot.support import support
from knowledge.embeddings.embedder import open_bundled
from knowledge.settings import load_settings

FILES = ("fit", "denials", "further")
FALSE_ALARMS = 0.005
"""Share of honest statements that may be stopped."""
SAME = 0.96
"""Cosine from which two sentences may say the same."""


def main() -> None:
    """Print thresholds and rates."""
    engine = open_bundled(load_settings().home)
    read = cache(lambda text: read_tokens(text, engine.tokens))
    entries = [e for name in FILES for e in yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))]
    vectors = engine.passages([entry["evidence"] for entry in entries])
    alike = vectors @ vectors.T
    rows: list[tuple[str, bool, bool, float]] = []
    for number, entry in enumerate(entries):
        nearest = [int(other) for other in np.argsort(-alike[number]) if alike[number, other] < SAME][:2]
        for pair in ("own", "across"):
            claim = read(entry[pair])
            for other in (number, *nearest):
                told = read(entries[other]["evidence"])
                found = support(claim, [told, read(entries[other]["context"])])
                if found is not None:
                    kind = "own" if claim.english == told.english else "across"
                    rows.append((kind, other == number, number % 2 == 0, found))
    for kind in ("own", "across"):
        honest, false = (
            {half: [v for k, h, first, v in rows if (k, h, first) == (kind, true, half)] for half in (True, False)}
            for true in (True, False)
        )
        least = float(np.quantile(honest[True], FALSE_ALARMS))
        alarms, caught = (float(np.mean(np.array(part[False]) < least)) for part in (honest, false))
        print(
            f"{kind}: {least:.3f}; on the other half {caught:.1%} of {len(false[False])} caught, {alarms:.1%} of {len(honest[False])} false alarms"
        )


if __name__ == "__main__":
    main()
