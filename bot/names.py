"""Names: those in a claim that its evidence does not hold, in either language or script.

Known names are compared by what they name (knowledge.terms), unknown ones by their letters: a Latin word written like a name
must stand in the evidence, or be the sound of Chinese characters there ("Zhang Jiaju", 张家驹).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from bot.vocabulary import vocabulary
from knowledge.dates import blanked, dates
from knowledge.script import HAN, aligned, language_of
from knowledge.terms import NAMED, Terms

_LATIN_NAME = re.compile(r"(?<![A-Za-z0-9/.@_-])[A-Za-z][A-Za-z0-9ü]*(?:[-_.+&/'’](?=[A-Za-z0-9])[A-Za-z0-9ü]+)*\+*")
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜谢邹苏潘葛范彭鲁韦马方任袁柳唐薛雷贺罗毕郝常康余顾孟黄萧尹姚邵汪毛戴宋庞熊董梁杜阮蓝闵季贾江童颜郭"
    "梅林钟徐邱高夏蔡田胡霍万卢莫丁邓洪包左石崔龚程邢裴陆翁侯段牛黎叶刘龙向易闫曾"
)
_HAN_NAME = re.compile(
    r"(?:CEO|CTO|COO|CFO|总裁|创始人|董事长|院长|主任|教授|科学家|负责人|总经理|所长|工程师|架构师|专家|记者|先生)"
    rf"(?P<person>[{_SURNAMES}][{HAN}]{{1,2}}?)(?=[，、表称说认指坦透强介在于对告和则就提也曾，。\d]|$)"
    rf"|《(?P<work>[^《》]+)》|(?P<body>[{HAN}A-Za-z]{{2,8}}?)(?:大学|研究院|研究所|实验室|基金会)"
)
_NO_NAMES = frozenset(["bath"])
"""Terms that are counted among the names and are notions in a sentence: "big tech"."""

_GENERIC = re.compile(
    r"(?:[ -](?:models?|series|family|library|licen[cs]e|系列|模型|大模型))+$|(?:系列|大?模型)$", re.IGNORECASE
)
"""Endings that name nothing."""
_BYTES = re.compile(r"(?<=[\d\s为每的])字节(?!跳动)|字节(?=数|流)")
"""The unit, no vendor."""
_BYTES_THERE = re.compile(r"\bbytes?\b")

Found = tuple[int, str]
"""Where in the claim, and the words."""


def missing_names(claim: str, evidence: Sequence[str], terms: Terms) -> list[str]:
    """The names of a claim that no evidence holds, in its order."""
    spelt = [aligned(text) for text in evidence]
    known = {
        name
        for text in spelt
        for m in terms.find(text)
        for name in ((m.term.id, m.term.of) if m.term.of else (m.term.id,))
    }
    missing: list[Found] = []
    covered: list[tuple[int, int]] = []
    for mention in terms.find(aligned(claim)):
        term, name = mention.term, claim[mention.start : mention.end]
        if term.kind not in (*NAMED, "place") or term.id in _NO_NAMES or _is_unit(claim, mention.start, spelt):
            continue
        covered.append((mention.start, mention.end))
        place = term.id in vocabulary().names  # Compared below, more freely.
        core = _GENERIC.sub("", name)  # "MAI models" is borne out by MAI模型.
        if not (term.id in known or place or _stands(core, spelt) or sounds_alike(name, spelt)):
            missing.append((mention.start, name))
    missing += _of_vocabulary(claim, spelt, covered)
    missing += _latin(claim, spelt, covered)
    missing += _identifiers(claim, spelt, terms)
    missing += _han(claim, spelt, covered)
    return [words for _, words in sorted(missing)]


def _is_unit(claim: str, start: int, evidence: list[str]) -> bool:
    """Whether 字节 is a byte here, no vendor."""
    there = claim.startswith("字节", start) and any(_BYTES_THERE.search(text) for text in evidence)
    return bool(_BYTES.match(claim, start)) or there


def _of_vocabulary(claim: str, evidence: list[str], covered: list[tuple[int, int]]) -> Iterator[Found]:
    """Places and functions that the evidence does not speak of."""
    text = aligned(claim)
    for pattern, bears_out in vocabulary().names.values():
        for match in pattern.finditer(text):
            written = claim[match.start() : match.end()]
            if written.isascii() and len(written) <= 2 and not written.isupper():
                continue  # "us" is no country.
            covered.append(match.span())
            if not any(pattern.search(sentence) or bears_out.search(sentence) for sentence in evidence):
                yield match.start(), written
                break


def _latin(claim: str, evidence: list[str], covered: list[tuple[int, int]]) -> Iterator[Found]:
    """Runs of words written like names that no evidence holds."""
    text = re.sub(r"https?://\S+", lambda match: " " * len(match[0]), blanked(claim, dates(claim)))
    english = language_of(claim) == "en"
    run: list[tuple[int, str]] = []
    for at, word in [*_strange(text, evidence, covered, english), (len(text) + 2, "")]:
        if run and at != run[-1][0] + len(run[-1][1]) + 1:
            words = [part for _, part in run]
            opens = len(words) > 1 and _SENTENCE_OPENS.search(text[: run[0][0]])  # "Screenwriter Pan Ruoshui"
            if not (
                _is_sound(words, evidence)
                or _begins_with_sound(words, evidence)
                or (opens and _is_sound(words[1:], evidence))
            ):
                yield run[0][0], " ".join(words)
            run = []
        run.append((at, word))


_IDENTIFIER = re.compile(
    r"(?<![A-Za-z0-9/.@_-])[a-z][a-z0-9.]*(?:[-_.][a-z0-9]+)*-[a-z0-9.]*[a-z0-9](?![A-Za-z0-9/@_-])"
)


def _identifiers(claim: str, evidence: list[str], terms: Terms) -> Iterator[Found]:
    """Names of models as an API takes them ("deepseek-flash") that no evidence holds though it holds their beginning."""
    for match in _IDENTIFIER.finditer(claim):
        first = match[0].split("-")[0]
        if not any(mention.term.kind in NAMED for mention in terms.find(first)):
            continue
        kin = any(re.search(rf"(?<![a-z0-9.-]){re.escape(first)}-[a-z0-9]", text) for text in evidence)
        if kin and not _stands(match[0], evidence) and not any(match[0].replace("-", " ") in text for text in evidence):
            yield match.start(), match[0]


def _strange(text: str, evidence: list[str], covered: list[tuple[int, int]], english: bool) -> Iterator[Found]:
    common = vocabulary().common
    for match in _LATIN_NAME.finditer(text):
        word = re.sub(r"['’]s?$", "", match[0])
        if not any(map(str.isupper, word)) or any(start <= match.start() < end for start, end in covered):
            continue
        if (
            ((english or re.match(r"[A-Za-z ]*$", text[: match.start()])) and _opens_sentence(text, match))
            or word.lower() in common
            or _stands(word, evidence)
        ):
            continue
        parts = [part for part in re.split(r"[-_.+&/'’]|(?<=[A-Za-z])(?=\d)", word) if part[:1].isupper()]
        unit = re.search(r"\d\s?$", text[: match.start()]) and any(
            re.search(rf"\d\s?{re.escape(word.lower())}(?![a-z0-9])", sentence) for sentence in evidence
        )
        if unit:
            continue  # 8GB, "8 GB"
        if any(
            len(part) > 1
            and part.lower() not in common
            and not _stands(part, evidence)
            and not (part != word and _begins_with_sound([part, ""], evidence))
            for part in parts
        ):
            yield match.start(), word


_SENTENCE_OPENS = re.compile(r"(?:^|[.!?:;]\s|[.!?]['\"”’)]\s|\n)\s*[(\"'“‘]*$")
_VERB_FOLLOWS = re.compile(
    r"['’]s\b|\s+(?:says?|said|has|have|had|is|was|will|plans?|opened|released|announced|launched|published|kept|keeps|made|makes|offers?|holds?|argues?|argued|believes?|told|also)\b|\s+[A-Z]"
)


def _opens_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether a word owes its capital to its place only: a name would be followed by a verb or by another name."""
    word = match[0]
    if not (word[1:].islower() or len(word) == 1) or not _SENTENCE_OPENS.search(text[: match.start()]):
        return False
    if word.lower() in vocabulary().opening or word.lower().endswith(("ing", "ly", "ed", "s")):
        return True
    return not _VERB_FOLLOWS.match(text, match.end())


def _stands(name: str, evidence: list[str]) -> bool:
    flat = aligned(name)
    pattern = rf"(?<![a-z0-9]){re.escape(flat)}(?![a-z0-9])" if flat.isascii() else re.escape(flat)
    return any(re.search(pattern, text) for text in evidence)


def _han(claim: str, evidence: list[str], covered: list[tuple[int, int]]) -> Iterator[Found]:
    """People behind a title, works in 《》 and bodies (…大学) that no evidence holds."""
    spelt = aligned(claim)
    chinese = any(re.search(f"[{HAN}]", text) for text in evidence)
    for match in _HAN_NAME.finditer(claim):
        group = match.lastgroup or ""
        start, end = match.span(group)
        name = spelt[start:end]
        if any(one < end and start < other for one, other in covered):
            continue
        if group == "person":
            if not _stands(name, evidence) and not sounds_alike(name, evidence):
                yield start, match[group]
        elif not chinese:
            continue
        # Where the name of a body begins cannot be told: its last two characters must be known.
        elif not any((name if group == "work" else name[-2:]) in text for text in evidence):
            yield start, match[0]


# The sounds of Chinese characters


@lru_cache(maxsize=8_192)
def _sounds(char: str) -> frozenset[str]:
    """How a character may be read, without tones and diaereses.

    >>> sorted(_sounds("重")), sorted(_sounds("吕"))
    (['chong', 'tong', 'zhong'], ['lu', 'lv'])
    """
    from pypinyin.pinyin_dict import pinyin_dict

    found = set()
    for sound in pinyin_dict.get(ord(char), "").split(","):
        plain = sound.translate(_TONES)
        found |= {plain.replace("ü", "v"), plain.replace("ü", "u")}
    return frozenset(found - {""})


_TONES = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùǖǘǚǜńňǹḿ", "aaaaeeeeooooiiiiuuuuüüüünnnm")


def sounds_alike(name: str, evidence: list[str]) -> bool:
    """Whether a name in one script is the sound of what stands in the other."""
    if re.search(f"[{HAN}]", name):
        return any(_reads(text, name) for text in evidence)
    return _is_sound(name.split(), evidence)


def _is_sound(words: list[str], evidence: list[str]) -> bool:
    """Whether words are the sound of characters in the evidence, in this order or with the surname last."""
    parts = [re.sub(r"[^a-zü]", "", word.lower()).replace("ü", "v") for word in words]
    orders = {"".join(parts), "".join(parts[1:] + parts[:1]), "".join(parts[-1:] + parts[:-1])}
    return any(_reads_aloud(text, order) for text in evidence for order in orders if len(order) > 1)


def _begins_with_sound(words: list[str], evidence: list[str]) -> bool:
    """Whether a name begins with the sound of characters, and goes on with what they are, translated: "Lingyun Semiconductor"."""
    return any(
        _reads_aloud(text, "".join(words[:count]).lower(), surname=False)
        for count in range(1, len(words))
        for text in evidence
    )


def _reads_aloud(text: str, sound: str, *, surname: bool = True) -> bool:
    """Whether successive characters of a text sound like this; a single one must be a surname, and may be where that is said."""
    for at, char in enumerate(text):
        if not "\u3400" <= char <= "\u9fff":
            continue
        ends = {0}
        for count, follower in enumerate(text[at : at + 6], 1):
            ends = {end + len(s) for end in ends for s in _sounds(follower) if sound.startswith(s, end)}
            if len(sound) in ends and (count > 1 or (surname and char in _SURNAMES)):
                return True
            if not ends:
                break
    return False


def _reads(text: str, name: str) -> bool:
    """Whether a Latin text holds the sound of a Chinese name."""
    words = re.findall(r"[a-zü']+", text)
    joined = {
        *words,
        *(one + other for one, other in pairwise(words)),
        *(other + one for one, other in pairwise(words)),
    }
    return any(_reads_aloud(name, word.replace("'", "").replace("ü", "v")) for word in joined if len(word) > 3)
