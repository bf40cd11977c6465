"""Examples of denials for fitting bot/denials.json: honest statements and lies made of them, with the denial that is false marked.

Two sources: parallel text (the shipped notes and their twins; XQuAD's paragraphs in both languages), of which statements and lies
are made by rule; and the statements of bench/statements, written by hand.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.lies import language_is_english
from bench.twins import facts
from bot.denials import NOT
from bot.polarity import CLAUSE_END
from ingest.shipped import DOCUMENTS as NOTES
from knowledge.script import aligned

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Example:
    """A claim, its evidence, and what is false in it."""

    group: str
    """What was made of one text has one group."""
    claim: str
    evidence: str
    context: tuple[str, ...] = ()
    lie: str = ""
    """Empty if honest; else "added", "dropped", or "written" where nobody marked the denial."""
    place: Span | None = None
    """Of an added denial, in the claim; of a dropped one, in `honest`."""
    honest: str = ""
    """The claim before its denial was dropped."""


_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|has|have|had|may|can|could|will|would|must|should)\b(?! not\b| no\b)(?!n['’]t)"
)
_THIRD_PERSON = re.compile(
    r"(?<=[A-Za-z0-9)] )(?:serves|offers|uses|supports|allows|requires|gives|names|says|keeps|makes|sells|runs|lists|needs|works|earns|"
    r"contains|covers|applies|includes|counts|shows|publishes|opens|releases|calls|puts|takes|costs|holds|leads|provides|means|depends)\b"
)
_CHINESE_VERB = re.compile(
    r"(?<![不没未无非])(?:会|可以|可|能|要求|要|须|必须|开源|发布|采用|公开|允许|宣布|属于|可能|给出|说明|保留|用|提供|支持|是|有|靠|包括|需要|适合|覆盖|"
    r"推出|使用|销售|显示|表示|认为|提到|达到|获得|收|建|写|说|列|超过|成为|进入|影响|位于|击败|赢得|导致|继续)(?![关害名时期法点钱])"
)
_MODAL = re.compile(r"是|会|可以|可|可能|能|要|须|必须|属于|适合|用|靠")
_LEFT = re.compile(r"lack|fail|forb|prohib|bar|ban|refus|den|nei|nor|none|no[bt]\w|rather|拒|禁|缺|否")
"""Denying words that cannot be left out."""
_AFFIRMED = {"without": "with", "cannot": "can", "unable": "able"}


def with_denial(claim: str, chance: random.Random) -> Iterator[Example]:
    """The claim with a denial put before one of its verbs; `place` is where."""
    if language_is_english(claim):
        verbs = [*_AUXILIARY.finditer(claim), *_THIRD_PERSON.finditer(claim)]
        if not verbs:
            return
        verb = chance.choice(verbs)
        if _AUXILIARY.fullmatch(verb[0]):
            words = chance.choice((" not", " not", " never", " no longer"))
            yield _added(claim, claim[: verb.end()], words, claim[verb.end() :])
            return
        words = chance.choice(("does not ", "does not ", "never ", "no longer "))
        stem = re.sub(r"(?<=ch|sh)es$|s$", "", re.sub("ies$", "y", verb[0]))
        yield _added(claim, claim[: verb.start()], words, stem + claim[verb.end() :])
        return
    verbs = list(_CHINESE_VERB.finditer(claim))
    if verbs:
        verb = chance.choice(verbs)
        if verb[0] == "有":
            words = chance.choice(("没", "并没", "没"))
        elif _MODAL.fullmatch(verb[0]):
            words = chance.choice(("不", "并不", "不"))
        else:
            words = chance.choice(("没有", "未", "不", "并未", "不再", "并没有"))
        yield _added(claim, claim[: verb.start()], words, claim[verb.start() :])


def _added(claim: str, before: str, words: str, after: str) -> Example:
    return Example("", before + words + after, "", lie="added", place=(len(before), len(before + words)), honest=claim)


_IMPERATIVE = re.compile(
    r"(?:Use|Select|Set|Choose|Enter|Specify|Click|Check|Create|Make|Please|Add|Remove|Delete|Insert|Open|Save|Display|Show|Apply|Enable|"
    r"Move|Copy|Try|Run|Turn|Type|Press)\b"
)
_BEFORE_VERB = re.compile(
    r"\b(to|you|they|we|can|will) (?=[a-z]{3,}\b)(?!(?:the|an?|not|you|your|be|this|these|that|its|all|any|each|is|are|was|has|have|will|can|"
    r"may|must|it|they|we|our|one|two|other|how)\b)"
)
_BETWEEN = {"to": ("not ", "never "), "can": ("not ", "never ", "no longer "), "will": ("not ", "never ", "no longer ")}
_OPPOSITES = {
    "with": "without",
    "able to": "unable to",
    "allowed": "not allowed",
    "possible": "impossible",
    "available": "unavailable",
    "enabled": "not enabled",
    "supported": "unsupported",
    "valid": "not valid",
    "有效": "无效",
    "可用": "不可用",
    "可见": "不可见",
    "必要": "不必要",
    "相关": "无关",
    "固定": "不固定",
    "正确": "不正确",
    "完整": "不完整",
}
_OPPOSED = re.compile("|".join(rf"\b{word}\b" if word.isascii() else word for word in _OPPOSITES))
_CHINESE_DONE = re.compile(
    r"(?<![不没未无非])(?:(使用|选择|显示|设置|删除|包含|打开|保存|插入|创建|应用|允许|支持|输入|定义|返回|指定|更改|启用|移动|复制|存在|编辑|运行|执行|"
    r"检查)|自动|需要|应该|想|愿意|知道|受|被|在|将|让|给|随|对|与|相同|影响)(?![地的线框器])"
)


def with_free_denial(claim: str, chance: random.Random) -> Iterator[Example]:
    """The claim with denials that `with_denial` does not make: of any verb, of a command, and as the opposite of a word."""
    if language_is_english(claim):
        verbs = list(_BEFORE_VERB.finditer(claim))
        if verbs:
            verb = chance.choice(verbs)
            at = verb.start() if verb[1] == "to" else verb.end()
            words = chance.choice(_BETWEEN.get(verb[1], ("do not ", "never ", "cannot ")))
            yield _added(claim, claim[:at], words, claim[at:])
        if _IMPERATIVE.match(claim):
            yield _added(claim, "", chance.choice(("Do not ", "Never ")), claim[0].lower() + claim[1:])
    else:
        places = [
            (verb, chance.choice(("不", "不会", "没有", "未", "无法", "不能", "不再") if verb[1] else ("不",)))
            for verb in _CHINESE_DONE.finditer(claim)
        ]
        if places:
            verb, words = chance.choice(places)
            yield _added(claim, claim[: verb.start()], words, claim[verb.start() :])
    opposed = list(_OPPOSED.finditer(claim))
    if opposed:
        word = chance.choice(opposed)
        yield _added(claim, claim[: word.start()], _OPPOSITES[word[0]], claim[word.end() :])


def without_denial(claim: str, chance: random.Random) -> Iterator[Example]:
    """The claim with one of its denials left out; `place` is where it stood in the honest claim."""
    cues = [cue for cue in NOT.finditer(aligned(claim)) if not _LEFT.match(cue[0])]
    if not cues:
        return
    cue = chance.choice(cues)
    instead = _AFFIRMED.get(cue[0], "")
    if cue[0] == "没有" or (cue[0] == "没" and not claim.startswith("有", cue.end())):
        instead = chance.choice(("有", ""))
    lie = claim[: cue.start()] + instead + claim[cue.end() :]
    lie = re.sub(r"\b(?:did|does|do)\s+(?=[a-z])", "", re.sub(r"\s{2,}", " ", lie))
    yield Example("", lie, "", lie="dropped", place=cue.span(), honest=claim)


def parts(claim: str, chance: random.Random) -> Iterator[str]:
    """Honest statements that leave clauses out: all that deny something, and some by chance."""
    spelt, english = aligned(claim), language_is_english(claim)
    bounds = [0, *(match.end() for match in CLAUSE_END.finditer(spelt)), len(spelt)]
    clauses = [
        (start, end)
        for start, end in pairwise(bounds)
        if sum(map(str.isalnum, spelt[start:end])) >= (12 if english else 4)
    ]
    if len(clauses) < 2:
        return
    some = sorted(chance.sample(clauses, chance.randint(1, len(clauses) - 1)))
    for kept in ([(a, b) for a, b in clauses if not NOT.search(spelt[a:b])], some):
        text = "".join(claim[start:end] for start, end in kept).strip(" ,，;；:：.。")
        if len(kept) < len(clauses) and sum(map(str.isalnum, text)) >= (18 if english else 6):
            yield text + ("." if english else "。")


def of_parallel_text(texts: Sequence[tuple[str, list[str], list[str]]], seed: int) -> Iterator[Example]:
    """Statements about one sentence of a text in the other language, some in its own or about two, with up to three lies each."""
    chance = random.Random(seed)
    for group, chinese, english in texts:
        window = min(len(chinese), chance.choice((1, 2, 3)))
        at = chance.randint(0, len(chinese) - window)
        one = chance.randint(at, at + window - 1)
        for told, said, joint in ((chinese, english, ""), (english, chinese, " ")):
            evidence = joint.join(told[at : at + window])
            claims = [said[one]]
            if window == 2 and chance.random() < 0.3:
                claims.append((" " if not joint else "").join(said[at : at + window]))
            claims += list(parts(said[one], chance))
            if len(told[one]) < 200 and chance.random() < 0.15:
                claims.append(told[one])
            for claim in claims:
                if len(claim) > 300 or len(evidence) > 500:
                    continue
                yield Example(group, claim, evidence)
                for lie in all_lies(claim, chance)[:3]:
                    yield Example(group, lie.claim, evidence, (), lie.lie, lie.place, claim)


def all_lies(claim: str, chance: random.Random) -> list[Example]:
    """Every lie that the rules make of a claim, in an order by chance."""
    lies = [*with_denial(claim, chance), *without_denial(claim, chance), *with_free_denial(claim, chance)]
    chance.shuffle(lies)
    return lies


def notes() -> list[tuple[str, list[str], list[str]]]:
    """The facts of the shipped notes in both languages, some with the next one of their document."""
    found: list[tuple[str, list[str], list[str]]] = []
    for path in sorted(NOTES.glob("*.zh.md")):
        both = zip(facts(path.name), facts(path.name.replace(".zh.", ".en.")), strict=True)
        for number, ((chinese, _), (english, _)) in enumerate(both):
            if "|" in chinese[0][:1]:
                continue  # a table
            if len(chinese) != len(english):
                chinese, english = ["".join(chinese)], [" ".join(english)]
            if number % 3 == 2 and found and found[-1][0] == path.name:
                chinese, english = [*found[-1][1], *chinese], [*found[-1][2], *english]
                found.pop()
            found.append((path.name, chinese, english))
    return found


def of_statements(name: str, entries: Sequence[Any], lies_by_rule: Any) -> Iterator[Example]:
    """The statements of a file of bench/statements: with lies by rule, and those written by hand that deny or no longer deny."""
    for number, entry in enumerate(entries):
        told, context = entry["evidence"], (entry["context"],)
        for pair in ("own", "across"):
            claim = entry[pair]
            yield Example(f"{name} {number}", claim, told, context)
            cue = NOT.search(aligned(claim))
            for lie in lies_by_rule(claim):
                place = cue.span() if cue else _first_difference(claim, lie)
                yield Example(f"{name} {number}", lie, told, context, "dropped" if cue else "added", place, claim)
        for lie in entry.get("lies", ()):
            if lie["kind"] in ("negation", "denial"):
                yield Example(f"{name} {number}", lie["text"], told, context, "written")


def _first_difference(claim: str, lie: str) -> Span:
    at = next((at for at, (one, other) in enumerate(zip(claim, lie, strict=False)) if one != other), len(claim))
    return at, at + len(lie) - len(claim)
