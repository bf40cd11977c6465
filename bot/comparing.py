"""The command `kaibi compare`: side by side in the terminal, a blind vote, and the board."""

import json
import sys
from collections.abc import Callable

from bot.compare import Comparison, Side, compare
from bot.render import source_line
from bot.state import open_state
from bot.votes import Tally, board, vote
from knowledge.base import KnowledgeBase
from knowledge.console import printable
from knowledge.document import Language
from knowledge.settings import Settings


def run(
    base: KnowledgeBase,
    question: str,
    names: str,
    *,
    language: Language | None,
    as_json: bool,
    ask: Callable[[str], str] = input,
) -> None:
    """Compare, show the sides without their names, take a vote where someone sits at the terminal, and tell the names."""
    comparison = compare(base, question, [name.strip() for name in names.split(",") if name.strip()], language=language)
    if as_json:
        print(json.dumps(comparison.to_json(), ensure_ascii=False))
        return
    print("\n\n".join(side_text(comparison, side) for side in comparison.sides))
    if sys.stdin.isatty():
        choice = _choice(comparison, ask)
        if choice:
            vote(open_state(base.settings), comparison, choice, person="terminal")
    print()
    print("\n".join(name_line(side) for side in comparison.sides))


def _choice(comparison: Comparison, ask: Callable[[str], str]) -> str:
    labels = [side.label for side in comparison.sides]
    try:
        said = ask(f"\n哪个更好 / which is better? [{'/'.join(labels)}/tie, Enter 跳过 skips] ").strip()
    except EOFError:
        return ""
    return said.upper() if said.upper() in labels else "tie" if said.lower() == "tie" else ""


def side_text(comparison: Comparison, side: Side) -> str:
    """One side without its name: statements (= where another side rests on the same quote), quotes, what was removed."""
    lines = [f"── {side.label} ──"]
    if side.error:
        lines.append("(no verified answer / 没有通过核对的回答)")
    lines += [f"{'=' if comparison.agrees(side, s) else '•'} {printable(s.text)}" for s in side.statements]
    for quote in side.quotes:
        mark = "=" if (quote.document, quote.start, quote.end) in comparison.shared else " "
        lines += [f"{mark} {source_line(quote, comparison.language)}", f"    “{printable(quote.text)}”"]
    lines += [
        f"✗ {printable(r.draft.text)}  ({', '.join(f'{kind}: {words}' for kind, words in r.why)})" for r in side.removed
    ]
    return "\n".join(lines)


def name_line(side: Side) -> str:
    """Who a side was, how long it took and how many tokens."""
    backend = side.backend
    facts = [
        backend.model or "",
        f"{backend.weights} weights" if backend.weights else "",
        backend.licence,
        backend.place,
    ]
    tokens = f"{side.usage.read} + {side.usage.written} tokens" if side.usage.written is not None else ""
    counted = f"{len(side.statements)} statements, {len(side.removed)} removed"
    told = " · ".join(part for part in (*facts, f"{side.seconds:.1f} s", tokens, counted, side.error) if part)
    return f"{side.label} = {side.spec}: {printable(told)}"


def board_rows(settings: Settings) -> list[Tally]:
    """The tally so far."""
    return board(open_state(settings))


def print_board(rows: list[Tally]) -> None:
    """The tally by backend, and of open against closed weights."""
    if not rows:
        print('No votes yet. Compare and vote: kaibi compare "…" --with open,closed')
        return
    for row in rows:
        print(f"{row.backend:28} {row.weights or '–':7} {row.won} won, {row.lost} lost, {row.tied} tied")
    for weights in ("open", "closed"):
        own = [row for row in rows if row.weights == weights]
        print(
            f"{weights + ' weights':36} {sum(r.won for r in own)} won, {sum(r.lost for r in own)} lost, {sum(r.tied for r in own)} tied"
        )
