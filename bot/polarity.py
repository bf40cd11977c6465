"""Polarity: where a claim denies what its evidence affirms, or affirms what it denies, in Chinese and English.

A negation has a scope: the words after it in its clause. A claim that holds those words without any negative word has dropped
the negation; a claim whose negated words stand in the evidence only where nothing is negated has added one. Across languages
the words are compared as notions: the known terms and the verbs of bot/vocabulary.yaml.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.vocabulary import vocabulary
from knowledge.script import HAN, aligned, tokens
from knowledge.terms import Terms

_HAN_NOT = (
    r"不(?!仅|但|只|光|过(?!去)|断|少|错|妨|管|论|同|久|得不|约|已|禁|可避免|止|限于|亚于|愧|外乎|惜|由|时|等(?!于)|单|如说)|没有?(?!收)|未(?!来)|无(?!论|疑|非|线|人机|锡|数)"
    r"|(?<![是似])非(?!常|洲|要|得)|禁止|拒绝|缺乏|缺少|别(?=再|把|用|想)|勿"
)
_ENGLISH_NOT = (
    r"\b(?:not(?! only\b| just\b| merely\b)|no(?!\. ?\d| doubt| later than| sooner| less than)|never|without|cannot|neither|nor|none|nobody|nothing(?! but)|forbid(?:s|ding|den)?|prohibit(?:s|ed|ing)?"
    r"|bans?|banned|refus(?:e|es|ed|ing)|lack(?:s|ed|ing)?|fail(?:s|ed)? to|unable|rather than|instead of)\b|n['’]t\b|\bnon-"
)
_NOT = re.compile(f"{_HAN_NOT}|{_ENGLISH_NOT}")
"""Words that deny."""

_NEGATIVE = re.compile(
    f"{_NOT.pattern}|[只仅闭停除限难缺反禁拒终弃失否差勿免避排]|取消|退出|例外|除外|另行|以外|之外|尚|少(?!许)|低|落后|质疑|怀疑|不同|不过|不断|未来|抵制|反对|剥离|脱离|独立|区别|单独|保留|取代|替代"
    r"|\b(?:only|closed?|propriet\w+|stop\w*|except\w*|restrict\w*|limit\w*|hard(?:ly)?|few(?:er)?|less|least|instead|rather|den(?:y|ies|ied)|withdr\w+|withh\w+|cancel\w*|abandon\w*"
    r"|end(?:s|ed)?|block\w*|exclu\w+|rarely|yet|until|gave up|drop(?:s|ped)?|absent|silent|stay\w* (?:out|away)|away|out of|behind|declin\w+|ignor\w+|avoid\w*|miss(?:ed|es|ing)?|void|far from|apart"
    r"|different\w*|separate\w*|un(?!der|it|iv|ion|iq|til)\w{4,}|in(?:valid|compatib\w+|complete|secure|sufficien\w+)|im(?:possib\w+|mun\w+)|il(?:legal|licit)|oppos\w+|against|reject\w*|barr?ed|bar|exempt\w*|free of|free from|revers\w+|dis(?:agree|approv|believ|continu|put|allow|miss|claim)\w*|doubt\w*|question\w*|but|though|although|hidden|secret|private)\b"
)
"""Words that deny or may stand for a denial in a paraphrase."""

_CLAUSE_END = re.compile(
    r"[，,；;。！？!?：:（）()\n]|\.(?=\s|$)|\s[-–—]\s|——|\b(?:but|while|whereas|although|though|because)\b|但是?|(?<![然从因反])而(?!非|且|言)"
)
_STOP_WORDS = (
    "a an the of to in on at by for with from as is are was were be been being has have had do does did will would can could may might should must shall it its "
    "they their them he she his her this that these those there and or so than then also any all such who which what when where s t re said says say saying that"
)
_STOP = frozenset(_STOP_WORDS.split())

_OPPOSED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(one), re.compile(other))
    for one, other in (
        (r"开源|开放|公开|\bopen(?!ai|pangu)", r"闭源|封闭|不开放|\bclosed\b|\bproprietary\b"),
        (
            r"允许|准许|可以|\ballow|\bpermit|\bmay\b|\bcan\b|\bfree to\b",
            r"禁止|不得|\bforb[ia]|\bprohibit|\bban(?:s|ned)?\b",
        ),
        (
            r"增长|增加|上升|提高|提升|扩大|上涨|加强|\b(?:increas|ris|rose|grow|grew|gain|improv|expand)",
            r"下降|减少|降低|缩小|下跌|下滑|削弱|\b(?:decreas|fall|fell|drop|declin|shr[aiu]nk|reduc|cut)",
        ),
        (
            r"更高|高于|超过|多于|更多|至少|\b(?:more than|above|over|exceed|higher|at least)",
            r"更低|低于|少于|更少|不到|至多|\b(?:less than|below|under|fewer|lower|at most)\b",
        ),
        (r"领先|\bahead\b|\blead", r"落后|\bbehind\b|\blag"),
        (r"便宜|省钱|\bcheap", r"昂贵|最贵|更贵|\bexpensive|\bcostl"),
        (r"支持|赞成|\bsupport|\bin favou?r", r"反对|抵制|\boppos|\bagainst\b"),
    )
)


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    notions: frozenset[str]
    words: frozenset[str]
    cue: str
    """The first denying word; empty where there is none."""
    scope: frozenset[str]
    """Words after the first denying word, in the sentence's own language."""
    scope_notions: frozenset[str]


def contradictions(claim: str, evidence: Sequence[str], terms: Terms, *, context: Sequence[str] = ()) -> list[str]:
    """The denials that a claim drops or adds, by their words. `context` may bear out a denial, and may not be denied."""
    told = [_clauses(sentence, terms) for sentence in evidence]
    said = _clauses(claim, terms)
    around = [_clauses(line, terms) for line in context]
    found = [*_added(said, told, around), *_dropped(said, told, claim), *_opposite(claim, [*evidence, *context])]
    return list(dict.fromkeys(found))


def _clauses(text: str, terms: Terms) -> list[_Clause]:
    spelt = aligned(text)
    clauses: list[_Clause] = []
    at = 0
    for match in [*_CLAUSE_END.finditer(spelt), None]:
        part = spelt[at : match.start() if match else len(spelt)]
        at = match.end() if match else len(spelt)
        if not any(char.isalnum() for char in part):
            continue
        cue = _NOT.search(part)
        after = part[cue.end() :] if cue else ""
        before = part[: cue.start()] if cue else ""
        scope = _words(after)[:5] or _words(before)[-3:]
        scope_notions = _notions(after, terms) or _notions(before, terms)
        clauses.append(
            _Clause(
                part,
                _notions(part, terms),
                frozenset(_words(part)),
                cue[0] if cue else "",
                frozenset(scope),
                scope_notions,
            )
        )
    return clauses


def _words(text: str) -> list[str]:
    return [word for word in tokens(text) if word not in _STOP]


def _notions(text: str, terms: Terms) -> frozenset[str]:
    known = {mention.term.id for mention in terms.find(text)}
    return frozenset(known | {name for name, pattern in vocabulary().verbs.items() if pattern.search(text)})


def _is_han(clause: _Clause) -> bool:
    return bool(re.search(f"[{HAN}]", clause.text))


def _share(part: frozenset[str], whole: Iterable[str]) -> float:
    return len(part & frozenset(whole)) / len(part) if part else 0.0


def _same_language(one: _Clause, other: _Clause) -> bool:
    """A clause of a few words may be a name only, and is of no language."""
    return _is_han(one) == _is_han(other) and len(other.words) >= 4


def _added(said: list[_Clause], told: list[list[_Clause]], around: list[list[_Clause]]) -> list[str]:
    """Denials of the claim for which the evidence has none, or has it only about other things."""
    clauses = [clause for sentence in told for clause in sentence]
    negative = [clause for clause in clauses if _NEGATIVE.search(clause.text)]
    # A title bears out a denial by a plain one only: "open models next to closed ones" denies nothing.
    negative += [clause for line in around for clause in line if clause.cue]
    found = []
    for clause in said:
        if not clause.cue:
            continue
        same = [other for other in clauses if _same_language(clause, other)]
        related = [other for other in negative if clause.notions & other.notions or clause.words & other.words]
        if not negative or (same and not related):
            found.append(_denial(clause))
            continue
        # Its very words stand there affirmed, and nowhere denied.
        affirmed = any(_share(clause.scope, other.words) >= 0.75 for other in same if other not in negative)
        denied = any(_share(clause.scope, other.words) >= 0.4 for other in negative)
        if len(clause.scope) >= 2 and affirmed and not denied:
            found.append(_denial(clause))
        elif not same and clause.scope_notions:
            affirmed = any(clause.scope_notions <= other.notions for other in clauses if other not in negative)
            denied = any(clause.scope_notions & other.notions for other in negative)
            if affirmed and not denied:
                found.append(_denial(clause))
    return found


def _dropped(said: list[_Clause], told: list[list[_Clause]], claim: str) -> list[str]:
    """Denials of the evidence whose words the claim holds, affirmed."""
    found = []
    for sentence in told:
        for clause in sentence:
            if not clause.cue:
                continue
            same = [other for other in said if _same_language(clause, other)]
            if same:
                nearest = max(same, key=lambda other: _share(clause.scope, other.words))
                whole = _share(clause.scope, nearest.words) >= 0.6 and _share(clause.words, nearest.words) >= 0.5
                if whole and not _negative(nearest.text, clause):
                    found.append(_denial(clause))
            elif not _negative(aligned(claim), clause) and _covered(clause, sentence, said):
                found.append(_denial(clause))
    return found


def _negative(text: str, clause: _Clause) -> bool:
    """Whether a text has a negative word; "closed source" is none where the denial itself speaks of it."""
    if "closed-source" in clause.notions or "close" in clause.notions:
        text = _CLOSED.sub("", text)
    return bool(_NEGATIVE.search(text))


_CLOSED = re.compile(r"闭源|封闭|\b(?:closed?|proprietary)\b")


def _covered(clause: _Clause, sentence: list[_Clause], said: list[_Clause]) -> bool:
    """Whether a claim in the other language speaks of what a clause denies."""
    notions = frozenset(notion for other in said for notion in other.notions)
    if clause.scope_notions:
        elsewhere = [other for other in sentence if not other.cue and _share(clause.scope_notions, other.notions) > 0.6]
        return _share(clause.scope_notions, notions) > 0.6 and not elsewhere
    return len(sentence) == 1


def _opposite(claim: str, evidence: Sequence[str]) -> list[str]:
    """Words whose opposite stands in the evidence and they do not, where nothing is denied on either side."""
    spelt, known = aligned(claim), aligned("\n".join(evidence))
    if _NOT.search(spelt) or _NOT.search(known):
        return []
    found = []
    for pair in _OPPOSED:
        for one, other in (pair, pair[::-1]):
            match = one.search(spelt)
            if match and not other.search(spelt) and other.search(known) and not one.search(known):
                found.append(match[0])
    return found


def _denial(clause: _Clause) -> str:
    match = _NOT.search(clause.text)
    return clause.text[match.start() : match.end() + 12].strip() if match else clause.text[:24]
