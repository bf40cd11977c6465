"""Polarity: where a claim denies what its evidence affirms, or affirms what it denies, in Chinese and English.

A negation has a scope: the words after it in its clause. A claim that holds those words without any negative word has dropped
the negation; a claim whose negated words stand in the evidence only where nothing is negated has added one. Across languages
the words are compared as notions: the known terms and the verbs of bot/vocabulary.yaml.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.denials import NOT, affirms, signed
from bot.vocabulary import vocabulary
from knowledge.script import HAN, aligned, language_of, tokens
from knowledge.terms import Terms

_IMPLIED = {
    "only": re.compile(r"只|仅|\b(?:only|alone|just|merely|solely)\b"),
    "closed": re.compile(r"闭源|封闭|\b(?:closed|proprietary)\b"),
    "stopped": re.compile(
        r"停|终止|结束|关闭|取消|退出|放弃|撤|下线|\b(?:stop|end(?:s|ed)\b|cancel|abandon|withdr|gave up|drop(?:s|ped)\b|discontinu|revok|retir)"
    ),
    "excepted": re.compile(
        r"除|例外|豁免|排除|不受|\b(?:except|exclu|exempt|other than|apart from|outside|rules? out|bar(?:s|red)?\b)"
    ),
    "lacking": re.compile(
        r"缺|少(?!数)|空白|欠|\b(?:lack|miss(?:ed|es|ing)?\b|absent|in vain|void|short of|free (?:of|from))"
    ),
    "limited": re.compile(r"限|约束|\b(?:restrict|limit)"),
    "hindered": re.compile(
        r"阻止|拦|难|拒|\b(?:block|prevent|hard\b|hardly|difficult|den(?:y|ies|ied)|reject|refus|declin)"
    ),
    "against": re.compile(r"反对|抵制|质疑|怀疑|\b(?:oppos|against|disagree|doubt|question)"),
    "away": re.compile(
        r"避|脱离|取代|替代|以外|之外|另行|\b(?:away|out of|stay\w* out|avoid|ignor|silent|instead|rather|replac)"
    ),
    "yet": re.compile(
        r"尚|未来|将来|不清楚|未定|\b(?:yet|until|future|open question|(?:left|leaves?) (?:it )?open|unsaid|undecided|unclear)"
    ),
    "lower": re.compile(r"低|落后|差|不如|不及|少于|\b(?:less|least|few(?:er)?|behind|lag|worse|below|poor)"),
    "un-": re.compile(
        r"\b(?:un(?!der|it|iv|ion|iq|til)\w{4,}|in(?:valid|compatib|complete|secure|sufficien)\w*|im(?:possib|mun)\w*|il(?:legal|licit)|irr\w+|dis(?:approv|believ|put|allow|miss|claim)\w*)"
    ),
    "failed": re.compile(r"失败|失|误|错|否|\b(?:fail|wrong|mistak|slip|error|false)"),
    "but": re.compile(r"不过|却|\b(?:but|though|although|however)\b"),
    "private": re.compile(r"私有|内部|机密|隐|\b(?:private|hidden|secret|internal)"),
    "differs": re.compile(r"不同|区别|差异|\b(?:differ|distinct|unlike)"),
}
"""Words that may stand for a denial in a paraphrase, by what they say. One that both sides hold stands for none."""

CLAUSE_END = re.compile(
    r"[，,；;。！？!?：:（）()\n]|\.(?=\s|$)|\s[-–—]\s|——|\b(?:but|while|whereas|although|though|because)\b|但是?|却|(?<![然从因反])而(?!非|且|言)"
)
_COMMON = (
    "a an the of to in on at by for with from as is are was were be been being has have had do does did will would can could may might should must shall it its "
    "they their them he she his her this that these those there and or so than then also any all such who which what when where s t re said says say saying that"
)
STOP_WORDS = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    chinese: bool
    """Of its sentence: a clause of a Chinese sentence may be a Latin name."""
    notions: frozenset[str]
    words: frozenset[str]
    cue: str
    """The first denying word; empty where there is none."""
    scope: frozenset[str]
    """Words after the first denying word, in the sentence's own language."""
    scope_notions: frozenset[str]


class Contradictions(NamedTuple):
    """Denials by their words."""

    added: list[str]
    dropped: list[str]


def contradictions(claim: str, evidence: Sequence[str], terms: Terms, *, context: Sequence[str] = ()) -> Contradictions:
    """The denials that a claim adds or drops. `context` may bear out a denial, and may not be denied."""
    told = [_clauses(sentence, terms) for sentence in evidence]
    said = _clauses(claim, terms)
    around = [_clauses(line, terms) for line in context]
    signs = _signs(claim), _signs("\n".join(evidence))
    return Contradictions(_added(said, told, around, signs[1]), _dropped(said, told, claim, signs[0]))


def _signs(text: str) -> frozenset[tuple[str, str]]:
    """The words with a contrary, each with its sign where that is certain."""
    return frozenset((item.kind, next(iter(item.keys))) for item in signed(aligned(text)) if len(item.keys) == 1)


def _clauses(text: str, terms: Terms) -> list[_Clause]:
    spelt = aligned(text)
    chinese = language_of(text) != "en"
    clauses: list[_Clause] = []
    at = 0
    for match in [*CLAUSE_END.finditer(spelt), None]:
        part = spelt[at : match.start() if match else len(spelt)]
        at = match.end() if match else len(spelt)
        if not any(char.isalnum() for char in part):
            continue
        cue = None if affirms(part) else NOT.search(part)
        after = part[cue.end() :] if cue else ""
        before = part[: cue.start()] if cue else ""
        near = after[: 16 if re.search(f"[{HAN}]", after[:4]) else 50]
        scope = _words(after)[:5] or _words(before)[-3:]
        scope_notions = _notions(near, terms) or _notions(before, terms)
        clauses.append(
            _Clause(
                part,
                chinese,
                _notions(part, terms),
                frozenset(_words(part)),
                cue[0] if cue else "",
                frozenset(scope),
                scope_notions,
            )
        )
    return clauses


def _words(text: str) -> list[str]:
    return [_stem(word) for word in tokens(NOT.sub(" ", text)) if word not in STOP_WORDS]


def _stem(word: str) -> str:
    """An English word without its commonest endings: enough to know "training" and "trained" for one."""
    for ending in ("ing", "ed", "en"):
        if word.isascii() and word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e") if word.isascii() and len(word) > 4 else word


def _notions(text: str, terms: Terms) -> frozenset[str]:
    known = {mention.term.id for mention in terms.find(text)}
    return frozenset(known | {name for name, pattern in vocabulary().verbs.items() if pattern.search(text)})


def _share(part: frozenset[str], whole: Iterable[str]) -> float:
    return len(part & frozenset(whole)) / len(part) if part else 0.0


def stands_for_denial(spelt: str) -> list[tuple[int, int]]:
    """Where the words stand that may stand for a denial."""
    return [match.span() for pattern in _IMPLIED.values() for match in pattern.finditer(spelt)]


def _denies(text: str, *, unlike: str) -> bool:
    """Whether a text denies, or holds a word that may stand for a denial and that `unlike` does not hold too."""
    return bool(NOT.search(text)) or any(
        pattern.search(text) and not pattern.search(unlike) for pattern in _IMPLIED.values()
    )


def _only_closed(text: str, affirmed: str) -> bool:
    """Whether nothing but "closed" stands for a denial."""
    return not any(
        pattern.search(text) and not pattern.search(affirmed) for name, pattern in _IMPLIED.items() if name != "closed"
    )


def _added(
    said: list[_Clause],
    told: list[list[_Clause]],
    around: list[list[_Clause]],
    signs: frozenset[tuple[str, str]],
) -> list[str]:
    """Denials of the claim for which the evidence has none, or has it only about other things."""
    clauses = [clause for sentence in told for clause in sentence]
    affirmed = " ".join(NOT.sub(" ", clause.text) for clause in said)
    negative = [clause for clause in clauses if _denies(clause.text, unlike=affirmed)]
    # A title bears out a denial by a plain one only: "open models next to closed ones" denies nothing.
    negative += [clause for line in around for clause in line if clause.cue]
    found = []
    for clause in said:
        if not clause.cue or _said_so(clause, signs):
            continue
        same = [other for other in clauses if clause.chinese == other.chinese]
        related = [other for other in negative if clause.notions & other.notions or clause.words & other.words]
        plain = any(other.cue or not _only_closed(other.text, affirmed) for other in negative)
        if not negative or (not related and (same or not plain)):
            found.append(_denial(clause))
            continue
        # Its very words stand there affirmed, and nowhere denied.
        said_so = any(_share(clause.scope, other.words) >= 0.75 for other in same if other not in negative)
        denied = any(_share(clause.scope, other.words) >= 0.4 for other in negative)
        if len(clause.scope) >= 2 and said_so and not denied:
            found.append(_denial(clause))
        elif not same and clause.scope_notions:
            said_so = any(clause.scope_notions <= other.notions for other in clauses if other not in negative)
            denied = any(clause.scope_notions & other.notions for other in negative)
            if said_so and not denied:
                found.append(_denial(clause))
    return found


def _dropped(
    said: list[_Clause], told: list[list[_Clause]], claim: str, signs: frozenset[tuple[str, str]]
) -> list[str]:
    """Denials of the evidence whose words the claim holds, affirmed."""
    found = []
    spelt = aligned(claim)
    denials = sum(bool(clause.cue) for clause in said)
    if denials and denials >= sum(bool(clause.cue) for sentence in told for clause in sentence):
        return []  # As many as there are; that each is borne out is looked at above.
    all_words = frozenset(word for clause in said for word in clause.words)
    for sentence in told:
        whole = NOT.sub(" ", " ".join(clause.text for clause in sentence))
        for clause in sentence:
            if not clause.cue or _said_so(clause, signs):
                continue
            same = [other for other in said if clause.chinese == other.chinese]
            affirmed = frozenset(word for other in sentence if not other.cue for word in other.words)
            # What is affirmed of something else too, the claim may mean of that.
            if same and clause.scope and not (clause.scope - affirmed) & all_words:
                continue
            if same:
                nearest = max(
                    same, key=lambda other: _share(clause.scope, other.words) + _share(clause.words, other.words)
                )
                if _speaks_of(nearest, clause, all_words) and not _denies(nearest.text, unlike=whole):
                    found.append(_denial(clause))
            elif not _denies(spelt, unlike=whole) and _covered(clause, sentence, said):
                found.append(_denial(clause))
    return found


def _said_so(clause: _Clause, signs: frozenset[tuple[str, str]]) -> bool:
    """Whether what a clause denies is said on the other side with the same sign, if in other words: "not open", "closed"."""
    return any(sign[1] == "-" and sign in signs for sign in _signs(clause.text))


def _speaks_of(said: _Clause, denied: _Clause, all_words: frozenset[str]) -> bool:
    """Whether a clause, in its sentence, says of the same thing what another one denies."""
    scope, whole = _share(denied.scope, said.words), _share(denied.words, all_words)
    return scope > 0 and (whole >= 0.45 or (scope >= 0.6 and whole >= 0.4))


def _covered(clause: _Clause, sentence: list[_Clause], said: list[_Clause]) -> bool:
    """Whether a claim in the other language speaks of what a clause denies."""
    notions = frozenset(notion for other in said for notion in other.notions)
    everything = frozenset(notion for other in sentence for notion in other.notions)
    if _share(clause.notions, notions) >= 0.7 and len(everything) >= 3 and _share(everything, notions) >= 0.7:
        return True  # It restates the whole sentence.
    if clause.scope_notions:
        elsewhere = [other for other in sentence if not other.cue and _share(clause.scope_notions, other.notions) > 0.6]
        return _share(clause.scope_notions, notions) > 0.6 and not elsewhere
    return sum(bool(other.words) for other in sentence) == 1


def _denial(clause: _Clause) -> str:
    match = NOT.search(clause.text)
    return clause.text[match.start() : match.end() + 12].strip() if match else clause.text[:24]
