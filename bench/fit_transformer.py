"""Fit the transformer of bot.transformer (bot/transformer.npz). Needs torch, and about an hour on two cores.

    python -m bench.fit_transformer pairs.tsv xquad.zh.json xquad.en.json odds.json

Reads parallel text of bench.parallel_text, the shipped notes in both languages, every other document of XQuAD in both, and the
statements of fit.yaml, denials.yaml and further.yaml; the other files of statements are not read. Besides, odds.json tells the log
odds of each of these statements by a transformer that has not seen it: bench.fit_denials chooses the thresholds on them.
"""

import argparse
import json
import multiprocessing
import os
import random
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from bench.denial_examples import Example, all_lies, notes, of_parallel_text, of_statements
from bench.fit_denials import FOLDS, WRITTEN, fold_of, parallel
from bench.lies import FOLDER, denied
from bot.alignment import TokenText, read_tokens
from bot.denials import NOT
from bot.transformer import FARTHEST, FILE, HEADS
from knowledge.embeddings.bundled import BundledEngine, engine_folder
from knowledge.embeddings.embedder import open_bundled
from knowledge.script import HAN, aligned
from knowledge.settings import load_settings

WIDTH, LAYERS = 64, 2
EPOCHS, BATCH, RATE, DECAY, DROPOUT = 4, 64, 2e-3, 0.05, 0.1
WEIGHTS = {"translated": 1.0, "own": 0.5, "written": 3.0, "by rule": 1.5}
"""Of an example of translated software, of our notes and XQuAD, of a statement, and of a statement's lie by further rules."""
LONGEST = (90, 160)
"""Tokens of a claim and of its evidence that are read here."""


@dataclass(frozen=True, slots=True)
class Case:
    example: Example
    weight: float
    fold: int | None = None


def translated(file: Path, seed: int = 11) -> list[tuple[str, list[str], list[str]]]:
    """Sentences of bench.parallel_text, one to three of a file together: all that deny something, and as many that do not."""
    chance = random.Random(seed)
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    plain = [
        (name, english, chinese)
        for name, english, chinese in lines
        if not re.search(r"%|[{}<>=\\]|\$\w|--\w", english) and len(english.split()) > 5
        if len(re.findall(f"[{HAN}]", chinese)) > 5
    ]
    denying = [line for line in plain if NOT.search(aligned(line[1])) or re.search("[不没未无非]", line[2])]
    others = sorted(set(plain) - set(denying))
    sources: dict[str, list[tuple[str, str]]] = {}
    for name, english, chinese in chance.sample([*denying, *chance.sample(others, len(denying))], 2 * len(denying)):
        sources.setdefault(name, []).append((_ended(english, "."), _ended(chinese, "。")))
    texts = []
    for name, both in sources.items():
        at = 0
        while at < len(both):
            some = both[at : at + chance.choice((1, 1, 2, 3))]
            at += len(some)
            texts.append((name, [chinese for _, chinese in some], [english for english, _ in some]))
    return texts


def _ended(text: str, stop: str) -> str:
    return text if re.search(r"[.。!?！？:：;；]$", text) else text + stop


def all_cases(pairs: Path, chinese: Path, english: Path) -> list[Case]:
    """The examples of every source."""
    cases = [Case(example, WEIGHTS["translated"]) for example in of_parallel_text(translated(pairs), 3)]
    own = [*notes(), *parallel(chinese, english)]
    cases += [Case(example, WEIGHTS["own"]) for seed in (20, 21, 22) for example in of_parallel_text(own, seed)]
    for name in WRITTEN:
        entries = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        cases += [Case(e, WEIGHTS["written"], fold_of(e.group)) for e in of_statements(name, entries, denied)]
        chance = random.Random(4)
        for number, entry in enumerate(entries):
            group = f"{name} {number}"
            for claim in (entry["own"], entry["across"]):
                for lie in all_lies(claim, chance):
                    made = Example(group, lie.claim, entry["evidence"], (), lie.lie, lie.place, claim)
                    cases.append(Case(made, WEIGHTS["by rule"], fold_of(group)))
    return cases


Read = dict[str, TokenText]


def _read_some(texts: Sequence[str]) -> list[TokenText]:
    engine = BundledEngine(engine_folder(load_settings().home), threads=1)
    found = [read_tokens(text, engine.tokens) for text in texts]
    for text in found:
        object.__setattr__(text, "vectors", text.vectors.astype(np.float16))
    return found


def read_all(cases: Sequence[Case]) -> Read:
    """Every text of the cases as tokens, their vectors in half precision."""
    open_bundled(load_settings().home)
    texts = sorted({text for case in cases for text in (case.example.claim, case.example.evidence)})
    parts = [texts[at : at + 1000] for at in range(0, len(texts), 1000)]
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        return {
            text: one
            for part, found in zip(parts, pool.map(_read_some, parts), strict=True)
            for text, one in zip(part, found, strict=True)
        }


class Transformer(nn.Module):  # type: ignore[misc]
    """bot.transformer with gradients; see there for what each part does."""

    def __init__(self) -> None:
        super().__init__()
        self.input, self.flags = nn.Linear(384, WIDTH), nn.Linear(6, WIDTH)
        self.position = nn.Parameter(torch.tensor(0.3))
        self.cross = nn.Parameter(torch.randn(LAYERS, HEADS, 2) * 0.5 + torch.tensor([2.0, 0.0]))
        self.nearby = nn.Parameter(torch.zeros(LAYERS, HEADS))
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "outer": nn.LayerNorm(WIDTH),
                    "attend": nn.Linear(WIDTH, 3 * WIDTH),
                    "join": nn.Linear(WIDTH, WIDTH),
                    "inner": nn.LayerNorm(WIDTH),
                    "widen": nn.Linear(WIDTH, 2 * WIDTH),
                    "narrow": nn.Linear(2 * WIDTH, WIDTH),
                }
            )
            for _ in range(LAYERS)
        )
        self.last, self.odds = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 2)
        self.drop = nn.Dropout(DROPOUT)
        slow = torch.exp(torch.arange(0, WIDTH, 2) * (-np.log(1000.0) / WIDTH))
        angles = torch.arange(max(LONGEST)).unsqueeze(1) * slow
        self.places = torch.stack([angles.sin(), angles.cos()], 2).reshape(max(LONGEST), WIDTH)

    def forward(self, batch: "Batch") -> torch.Tensor:
        """Log odds of each token, shape (examples, tokens)."""
        across = (batch.claimed.unsqueeze(1) != batch.claimed.unsqueeze(2)).float()
        cosines = 4 * batch.vectors @ batch.vectors.transpose(1, 2)
        distance = (batch.place.unsqueeze(1) - batch.place.unsqueeze(2)).abs().float().clamp(max=FARTHEST) / 10
        state = self.input(self.drop(batch.vectors) * 8) + self.flags(batch.flags)
        state = state + self.position * self.places[batch.place]
        absent = torch.where(batch.there, 0.0, -1e4)[:, None, None, :]
        for number, layer in enumerate(self.layers):
            count, tokens, _ = state.shape
            split: Any = layer["attend"](layer["outer"](state)).view(count, tokens, 3, HEADS, -1)
            query, key, value = split.permute(2, 0, 3, 1, 4)
            cosine, other = (self.cross[number, :, side][None, :, None, None] for side in (0, 1))
            nearby = functional.softplus(self.nearby[number])[None, :, None, None]
            bias = (cosine * cosines[:, None] + other) * across[:, None] - nearby * (distance * (1 - across))[:, None]
            scores = query @ key.transpose(-1, -2) / (WIDTH / HEADS) ** 0.5 + bias + absent
            heads = (self.drop(scores.softmax(-1)) @ value).transpose(1, 2).reshape(count, tokens, -1)
            state = state + self.drop(layer["join"](heads))
            inner = functional.gelu(layer["widen"](layer["inner"](state)), approximate="tanh")
            state = state + self.drop(layer["narrow"](inner))
        odds = self.odds(self.last(state))
        return torch.where(batch.there, torch.where(batch.claimed, odds[..., 0], odds[..., 1]), -1e4)

    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """The fitted arrays by the names of bot.transformer."""
        return {
            re.sub(r"^layers\.", "", name): value.detach().numpy().astype(np.float16)
            for name, value in self.named_parameters()
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape (examples, tokens, …): the claim's tokens, then the evidence's."""

    vectors: torch.Tensor
    flags: torch.Tensor
    place: torch.Tensor
    there: torch.Tensor
    claimed: torch.Tensor
    false: torch.Tensor
    """Which tokens are false: 1, 0, or -1 where it is not known."""


def batch_of(cases: Sequence[Case], read: Read) -> Batch:
    """The tensors of some cases."""
    pairs = [(read[case.example.claim], read[case.example.evidence]) for case in cases]
    counts = [(min(len(said.spans), LONGEST[0]), min(len(told.spans), LONGEST[1])) for said, told in pairs]
    shape = (len(cases), max(map(sum, counts)))
    vectors, flags = np.zeros((*shape, 384), np.float32), np.zeros((*shape, 6), np.float32)
    place, there, claimed = np.zeros(shape, np.int64), np.zeros(shape, bool), np.zeros(shape, bool)
    false = np.full(shape, -1.0, np.float32)
    for row, (case, (said, told), (mine, theirs)) in enumerate(zip(cases, pairs, counts, strict=True)):
        both = mine + theirs
        there[row, :both], claimed[row, :mine], flags[row, :mine, 3] = True, True, 1
        flags[row, :both, 4] = said.english == told.english
        for text, start, end in ((said, 0, mine), (told, mine, both)):
            count = end - start
            vectors[row, start:end], place[row, start:end] = text.vectors[:count], np.arange(count)
            flags[row, start:end, :3] = np.column_stack([text.denies, text.implies, text.content])[:count]
            flags[row, start:end, 5] = text.english
        example = case.example
        hit = [n for n in said.covering(example.place) if n < mine] if example.lie == "added" and example.place else []
        if hit or not example.lie:
            false[row, :both] = 0
            false[row, hit] = 1
    return Batch(*(torch.from_numpy(part) for part in (vectors, flags, place, there, claimed, false)))


def pooled(odds: torch.Tensor) -> torch.Tensor:
    """As `bot.transformer.pair_odds`, for a batch."""
    return torch.logsumexp(odds, 1) - 1.0


def fit(cases: Sequence[Case], read: Read, told: str) -> Transformer:
    """A transformer of these cases; AdamW, the rate falling to nothing."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    chance = np.random.default_rng(1)
    model = Transformer()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    lengths = np.array([len(read[case.example.claim].spans) + len(read[case.example.evidence].spans) for case in cases])
    steps, step = EPOCHS * (len(cases) // BATCH + 50), 0
    for epoch in range(EPOCHS):
        order, batches, total = chance.permutation(len(cases)), [], 0.0
        for at in range(0, len(order), BATCH * 50):
            # Neighbours in length share a batch, so that little is spent on padding.
            some = order[at : at + BATCH * 50]
            some = some[np.argsort(lengths[some], kind="stable")]
            batches += [some[start : start + BATCH] for start in range(0, len(some), BATCH)]
        chance.shuffle(batches)
        for chosen in batches:
            for group in optimiser.param_groups:
                group["lr"] = RATE * min(1, (step + 1) / 300) * max(0.02, 1 - step / steps)
            loss = _loss(model, [cases[number] for number in chosen], read)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step, total = step + 1, total + float(loss.detach())
        print(f"{told}, epoch {epoch + 1}: {total / len(batches):.3f}", flush=True)
    model.eval()
    return model


def _loss(model: Transformer, cases: Sequence[Case], read: Read) -> torch.Tensor:
    """Of the pair, and of each token where it is known which are false."""
    batch = batch_of(cases, read)
    odds = model(batch)
    lies = torch.tensor([float(bool(case.example.lie)) for case in cases])
    whole = functional.binary_cross_entropy_with_logits(pooled(odds), lies, reduction="none")
    known = (batch.false >= 0) & batch.there
    tokens = functional.binary_cross_entropy_with_logits(
        odds, batch.false.clamp(min=0), reduction="none", pos_weight=torch.tensor(5.0)
    )
    each = whole + (tokens * known).sum(1) / known.sum(1).clamp(min=1)
    weight = torch.tensor([case.weight for case in cases])
    return (each * weight).sum() / weight.sum()


_SHARED: dict[str, Any] = {}
"""What the forked processes read: the cases and their tokens."""


def _fit_without(held: int | None) -> tuple[list[float], dict[str, NDArray[np.float16]]]:
    """The odds of the statements of a fold by a transformer without them; or the transformer of all."""
    cases, read = _SHARED["cases"], _SHARED["read"]
    model = fit([case for case in cases if held is None or case.fold != held], read, f"without {held}")
    judged = [case for case in cases if case.fold == held and held is not None]
    odds: list[float] = []
    with torch.no_grad():
        for at in range(0, len(judged), BATCH):
            odds += pooled(model(batch_of(judged[at : at + BATCH], read))).tolist()
    return odds, model.arrays()


def main() -> None:
    """Fit, and write the transformer and the odds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, help="what bench.parallel_text printed")
    parser.add_argument("parallel", nargs=2, type=Path, help="XQuAD in Chinese and in English")
    parser.add_argument("odds", type=Path, help="file to write the statements' odds to")
    chosen = parser.parse_args()
    cases = all_cases(chosen.pairs, *chosen.parallel)
    print(f"{len(cases)} examples", flush=True)
    _SHARED.update(cases=cases, read=read_all(cases))
    folds: list[int | None] = [None, *range(FOLDS)]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        (_, arrays), *others = pool.map(_fit_without, folds, chunksize=1)
    found = {}
    for held, (odds, _) in zip(folds[1:], others, strict=True):
        judged = [case.example for case in cases if case.fold == held]
        found.update({f"{e.claim}\n{e.evidence}": round(value, 3) for e, value in zip(judged, odds, strict=True)})
    chosen.odds.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    np.savez_compressed(FILE, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
