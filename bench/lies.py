"""Lies: what bot.checking catches of them, and how often it raises a false alarm on honest statements.

    python -m bench.lies            # the table for bench/RESULTS.md, on statements/held.yaml
    python -m bench.lies --fresh    # the same on statements/fresh.yaml: half of them on texts that are none of our notes
    python -m bench.lies --fit      # on the statements that the checker was adjusted to
    python -m bench.lies --hard     # on statements that turn the wording of their sentence round
    python -m bench.lies --fit --missed   # and each lie that got through, each honest statement that did not

Each honest statement of bench/statements/ is turned by rule into every lie that its words allow: a number, a date or a name
changed, a denial dropped or added, a quotation invented or altered, and the wrong sentence cited. Besides there are lies
written by hand, as a model would word them: "denial" drops or adds a denial, "swapped" puts a name, a number or a date of the sentence where another of it
belongs, "contrary" says in free words what the sentence denies, or denies what it says.
"""

import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import yaml

from bot.checking import Discrepancy, check, without_scare_quotes
from bot.denials import NOT
from knowledge.dates import dates
from knowledge.document import Language
from knowledge.embeddings.embedder import open_bundled
from knowledge.numerals import figures
from knowledge.script import HAN, aligned
from knowledge.settings import load_settings
from knowledge.terms import NAMED, Terms, load_terms

FOLDER = Path(__file__).with_name("statements")
TITLES = {
    "quote": "quotation invented or altered: caught",
    "number": "number changed: caught",
    "date": "date changed: caught",
    "name": "name changed: caught",
    "swapped": "names, numbers, dates of the sentence swapped: caught",
    "negation": "denial dropped or added by rule: caught",
    "denial": "denial dropped or added by hand: caught",
    "contrary": "contrary in free words: caught",
    "wrong sentence": "wrong sentence cited: caught",
    "honest": "false alarms on honest statements",
}
AIMS = {"quote": 0.99, "number": 0.99, "date": 0.99, "name": 0.95, "negation": 0.90, "denial": 0.90}


def altered(claim: str, evidence: str, terms: Terms, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Kind and words of each lie that can be made of a statement."""
    spans = dates(claim)
    for date in spans:
        written = claim[date.start : date.end]
        digits = list(re.finditer(r"\d+", written))
        if digits:
            part = chance.choice(digits)
            value = int(part[0])
            other = value + 1 if (len(part[0]) == 4 or value < 12) else value - 1
            yield "date", claim[: date.start + part.start()] + str(other) + claim[date.start + part.end() :]
    blank = claim
    for date in spans:
        blank = blank[: date.start] + " " * (date.end - date.start) + blank[date.end :]
    for figure in figures(blank):
        match = re.search(r"\d", claim[figure.start : figure.end])
        if match:
            at = figure.start + match.start()
            changed = claim[:at] + str((int(claim[at]) + chance.randint(1, 8)) % 10) + claim[at + 1 :]
            yield "number", changed
    mentions = [mention for mention in terms.find(aligned(claim)) if mention.term.kind in NAMED]
    for mention in mentions:
        language: Language = "zh" if re.search(f"[{HAN}]", claim) else "en"
        others = [
            term.names(language)[0]
            for term in terms.by_id.values()
            if term.kind == mention.term.kind
            and term.id not in ("bath", mention.term.id)
            and term.id != mention.term.of
        ]
        yield "name", claim[: mention.start] + chance.choice(others) + claim[mention.end :]
    yield from (("negation", words) for words in denied(claim))
    spaced = evidence.count(" ") > len(evidence) / 12
    words = (evidence.split() if spaced else list(evidence))[: 12 if spaced else 20]
    cut = len(words) // 2
    swapped = (" " if spaced else "").join([*words[:cut], *words[cut + 1 :]])
    english = language_is_english(claim)
    yield "quote", f"{claim} It says: “{swapped}”." if english else f"{claim}原文说：“{swapped}”。"
    invented = "we will never close anything again" if english else "我们永远不会再闭源"
    yield "quote", f"{claim} “{invented}”" if english else f"{claim}“{invented}”"


def language_is_english(text: str) -> bool:
    """Whether a statement is in English."""
    return len(re.findall(f"[{HAN}]", text)) * 4 < len(text)


def denied(claim: str) -> Iterator[str]:
    """The claim with its first denial left out, or with one put before its first auxiliary or known verb."""
    spelt = aligned(claim)
    cue = NOT.search(spelt)
    if cue:
        affirmed = claim[: cue.start()] + claim[cue.end() :]
        affirmed = re.sub(r"\b(?:did|does|do)\s+(?=[a-z])", "", re.sub(r"\s{2,}", " ", affirmed))
        if not NOT.search(aligned(affirmed)):
            yield affirmed
        return
    if language_is_english(claim):
        match = re.search(r"\b(is|are|was|were|has|have|had|may|can|will|would|need)\b(?! not)", claim)
        if match:
            yield f"{claim[: match.end()]} not{claim[match.end() :]}"
        return
    match = re.search(
        r"(?<!不)(?:会|可以|要求|要|须|开源了|开源|发布|采用|公开|允许|宣布|属于|可能|给出|说明|保留|用)", claim
    )
    if match:
        yield f"{claim[: match.start()]}没有{claim[match.start() :]}"


def measure(file: Path) -> tuple[dict[tuple[str, str], list[bool]], list[str], float]:
    """Caught or not by kind and language pair; false alarms under the kind "honest"; what went wrong; seconds a check."""
    terms, tokens = load_terms(), lru_cache(maxsize=64)(open_bundled(load_settings().home).tokens)
    chance = random.Random(5)
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    counted: dict[tuple[str, str], list[bool]] = defaultdict(list)
    wrong: list[str] = []
    seconds, checks = 0.0, 0

    def judged(claim: str, entry: dict[str, str]) -> tuple[Discrepancy, ...]:
        evidence, context = [entry["evidence"]], [entry["context"]]
        bare = without_scare_quotes(claim, [*evidence, *context], terms)  # As bot.llm.writing does first.
        return check(bare, evidence, terms, context=context, tokens=tokens)

    for entry in entries:
        for pair in ("own", "across"):
            claim = entry[pair]
            language = ("en" if language_is_english(claim) else "zh") + (" own" if pair == "own" else " across")
            begun = time.perf_counter()
            found = judged(claim, entry)
            seconds, checks = seconds + time.perf_counter() - begun, checks + 1
            counted["honest", language].append(bool(found))
            if found:
                wrong.append(f"false alarm ({language}): {claim}\n    {entry['evidence']}\n    {found}")
            for kind, lie in altered(claim, entry["evidence"], terms, chance):
                told = judged(lie, entry)
                caught = bool(set(told) - set(found)) or bool(found)
                counted[kind, language].append(caught)
                if not caught:
                    wrong.append(f"missed {kind} ({language}): {lie}\n    {entry['evidence']}")
            others = [other for other in entries if other is not entry]
            other = chance.choice(others)
            counted["wrong sentence", language].append(bool(judged(claim, other)))
        for told in entry.get("lies", ()):
            language = ("en" if language_is_english(told["text"]) else "zh") + f" {told['in']}"
            kind = "contrary" if told["kind"] == "negation" else told["kind"]
            caught = bool(judged(told["text"], entry))
            counted[kind, language].append(caught)
            if not caught:
                wrong.append(f"missed {kind} ({language}): {told['text']}\n    {entry['evidence']}")
    return counted, wrong, seconds / checks


def main() -> None:
    """Print the table."""
    name = next(
        (name for name in ("fit", "hard", "fresh", "blind", "denials", "further") if f"--{name}" in sys.argv), "held"
    )
    counted, wrong, seconds = measure(FOLDER / f"{name}.yaml")
    if "--missed" in sys.argv:
        print("\n".join(wrong), end="\n\n")
    languages = ("zh own", "en own", "zh across", "en across")
    print("| | " + " | ".join(languages) + " | all | aim |")
    print("|---|" + "---|" * (len(languages) + 2))
    for kind in TITLES:
        cells = [_rate(counted[kind, language]) for language in languages]
        every = [value for language in languages for value in counted[kind, language]]
        aim = f"≥ {AIMS[kind]:.0%}" if kind in AIMS else "≤ 3%" if kind == "honest" else "–"
        print(f"| {TITLES[kind]} | " + " | ".join(cells) + f" | {_rate(every)} | {aim} |")
    print(f"\nOne check takes {seconds * 1000:.1f} ms.")


def _rate(values: list[bool]) -> str:
    return f"{sum(values)}/{len(values)} = {sum(values) / len(values):.1%}" if values else "–"


if __name__ == "__main__":
    main()
