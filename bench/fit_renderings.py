"""What the threshold of bot.renderings lets through and what it spares.

    python -m bench.fit_renderings

Reads the English statements on Chinese sentences of fit.yaml, denials.yaml and further.yaml: the unknown names of honest ones should be
renderings, those of lies in which a name was replaced by hand should not.
"""

from functools import lru_cache

import yaml

from bench.lies import FOLDER
from bot.alignment import read_tokens
from bot.names import missing_names
from bot.renderings import LEAST, known_name, likeness
from knowledge.embeddings.embedder import open_bundled
from knowledge.script import language_of
from knowledge.settings import load_settings
from knowledge.terms import load_terms


def main() -> None:
    """Print the shares at several thresholds."""
    terms, engine = load_terms(), open_bundled(load_settings().home)
    read = lru_cache(64)(lambda text: read_tokens(text, engine.tokens))
    found: dict[bool, list[float]] = {True: [], False: []}
    for name in ("fit", "denials", "further"):
        for entry in yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")):
            sources = [entry["evidence"], entry["context"]]
            lies = [lie["text"] for lie in entry.get("lies", ()) if (lie["kind"], lie["in"]) == ("name", "across")]
            spared = missing_names(entry["across"], sources, terms)
            for claim in (entry["across"], *lies):
                if language_of(claim) != "en" or language_of(entry["evidence"]) == "en":
                    continue
                for word in missing_names(claim, sources, terms):
                    honest = claim == entry["across"]
                    alike = (
                        None
                        if known_name(word, terms) or (not honest and word in spared)
                        else likeness(word, claim, read(claim), [read(source) for source in sources])
                    )
                    if alike is not None:
                        found[honest].append(alike)
    for least in (0.35, 0.4, LEAST, 0.5, 0.55):
        spared_share, passed = (
            sum(value >= least for value in found[honest]) / len(found[honest]) for honest in (True, False)
        )
        print(
            f"{least}: {spared_share:.0%} of {len(found[True])} honest names spared, {passed:.0%} of {len(found[False])} false ones pass"
        )


if __name__ == "__main__":
    main()
