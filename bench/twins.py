"""Twins: the facts of the shipped notes held against the same facts in the other language: what bot.checking stops of them.

    python -m bench.twins            # false alarms by kind
    python -m bench.twins --margins  # what each margin of bot.bindings catches of swapped facts, and stops of the others

The notes are honest, near to each other, and not written with the checker in view; but its vocabulary was looked after with
them in view.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations

from bot.bindings import exchanged
from bot.checking import check, without_scare_quotes
from bot.items import Item, items
from ingest.shipped import DOCUMENTS as FOLDER
from knowledge.embeddings.embedder import open_bundled
from knowledge.facts import TAG_LINE
from knowledge.sentences import sentence_spans
from knowledge.settings import load_settings
from knowledge.terms import Terms, load_terms


def facts(name: str) -> list[tuple[list[str], str]]:
    """The sentences of each fact of a note, and its tag line."""
    found: list[tuple[list[str], str]] = []
    lines: list[str] = []
    for line in (FOLDER / name).read_text(encoding="utf-8").split("---", 2)[2].split("\n"):
        if TAG_LINE.match(line):
            text = " ".join(lines).replace("**", "").replace("`", "")
            found.append(([text[start:end].strip() for start, end in sentence_spans(text)], line.strip(" []")))
            lines = []
        elif not line.strip() or line.startswith("#"):
            lines = []
        else:
            lines.append(line.removeprefix("- ").strip())
    return found


def pairs() -> Iterator[tuple[str, str, str]]:
    """A claim, the same in the other language as its evidence, and the evidence's tag line; each pair both ways round."""
    for path in sorted(FOLDER.glob("*.zh.md")):
        both = [facts(path.name), facts(path.name.replace(".zh.", ".en."))]
        for (chinese, tag), (english, other) in zip(*both, strict=True):
            if "|" in chinese[0][:1]:
                continue  # a table
            if len(chinese) != len(english):
                chinese, english = [" ".join(chinese)], [" ".join(english)]
            for one, two in zip(chinese, english, strict=True):
                yield two, one, re.sub(r"url: \S+", "", tag)
                yield one, two, re.sub(r"url: \S+", "", other)


def swapped(claim: str, terms: Terms) -> Iterator[str]:
    """The claim with the first two of its dates, figures or names of a kind exchanged that say something different."""
    found = items(claim, terms)
    for kind in ("date", "figure", "vendor", "product", "licence"):
        of_kind = [item for item in found if item.kind == kind and not _inside_name(item, claim)]
        for one, two in combinations(of_kind, 2):
            between = claim[one.end : two.start]
            if not one.says(two) and re.search(r"[^\s,、和与及and()（）/或or]", between):
                first, second = claim[one.start : one.end], claim[two.start : two.end]
                yield f"{claim[: one.start]}{second}{between}{first}{claim[two.end :]}"
                break


def _inside_name(item: Item, claim: str) -> bool:
    return item.kind == "figure" and bool(re.search(r"[A-Za-z.-]$", claim[: item.start]))


def main() -> None:
    """Print one of the two tables."""
    terms = load_terms()
    told = list(dict.fromkeys(pairs()))
    if "--margins" in sys.argv:
        _margins(told, terms)
        return
    tokens = open_bundled(load_settings().home).tokens
    kinds: Counter[str] = Counter()
    stopped = 0
    for claim, evidence, tag in told:
        said = without_scare_quotes(claim, [evidence, tag], terms)
        found = check(said, [evidence], terms, context=[tag], tokens=tokens)
        stopped += bool(found)
        kinds.update({discrepancy.kind for discrepancy in found})
    print(f"{len(told)} facts held against their twins: {stopped} stopped = {stopped / len(told):.1%}")
    print(", ".join(f"{kind} {count / len(told):.1%}" for kind, count in kinds.most_common()))


def _margins(told: list[tuple[str, str, str]], terms: Terms) -> None:
    gains: dict[tuple[str, str], list[float]] = defaultdict(list)
    for claim, evidence, _ in told:
        for label, texts in (("honest", [claim]), ("swapped", list(swapped(claim, terms)))):
            for text in texts:
                best: dict[str, float] = {}
                for item, gain, both in exchanged(text, [evidence], terms):
                    kind = item.kind if both else f"{item.kind}, moved"
                    best[kind] = max(gain, best.get(kind, 0.0))
                for kind, gain in best.items():
                    gains[label, kind].append(gain)
    thresholds = (0.25, 0.5, 0.7, 1.0, 1.5, 2.0)
    print("| kind: swapped caught / honest stopped at margin | " + " | ".join(map(str, thresholds)) + " |")
    print("|---|" + "---|" * len(thresholds))
    for kind in sorted({kind for _, kind in gains}):
        cells = [
            f"{sum(g >= at for g in gains['swapped', kind])} / {sum(g >= at for g in gains['honest', kind])}"
            for at in thresholds
        ]
        print(f"| {kind} | " + " | ".join(cells) + " |")
    print(f"\n{len(told)} facts.")


if __name__ == "__main__":
    main()
