"""The protocol in which a model answers: a statement a line with the numbers of its sentences, or the same as JSON.

Read while it streams: a statement is handed on as soon as it is complete.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_MARK = r"[\[【［]\s*\d{1,3}(?:\s*[,，、;；–-]\s*\d{1,3})*\s*[\]】］]"
_MARKS = re.compile(_MARK)
_BULLET = re.compile(r"^\s*(?:[-*•·]\s+|\d{1,2}[.)、]\s+|#{1,6}\s+)+")
_SPLIT = re.compile(r"(?<=[\]】］])(?:[.。!！;；]\s*|\s+)(?=[A-Z0-9“\"「\u3400-\u9fff])|(?<=[.。!！?？][\]】］])(?=\S)")
_AFTER_STOP = re.compile(rf"([.。!！?？]\s*(?:{_MARK}\s*)+)(?=[^\s\[【［.。])")
_TRANSLATION = re.compile(rf"^\s*({_MARK})\s*(?:=|＝|→|：|:)\s*(.+)$")
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_LONGEST_LINE = 2_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as a model wrote it."""

    text: str
    """Without its marks."""
    cites: tuple[int, ...]
    """Numbers of evidence sentences, as given; perhaps none, perhaps wrong."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A model's translation of an evidence sentence."""

    number: int
    text: str


@dataclass(slots=True)
class Reader:
    """Turns a stream of text into drafts."""

    _held: str = ""
    _json: bool | None = None
    """None until the first character that tells."""
    _decoded: int = field(default=0)

    def feed(self, text: str) -> Iterator[Draft | Translated]:
        """What is complete after this piece of text."""
        self._held = _THOUGHT.sub("", self._held + text)
        if re.match(r"\s*<(?:t(?:h(?:i(?:n(?:k(?:ing)?)?)?)?)?)?(?:$|>)", self._held):
            return
        begun = self._held.lstrip()
        if self._json is None and begun and not "```json".startswith(begun[:7]):
            self._json = begun.startswith(("{", "```json\n{", "```\n{"))
        elif self._json is None and begun.startswith("```json") and "{" in begun:
            self._json = True
        if self._json:
            yield from self._items()
        elif self._json is False:
            *lines, self._held = self._held.split("\n")
            if len(self._held) > _LONGEST_LINE:
                lines, self._held = [*lines, self._held], ""
            for line in lines:
                yield from read_line(line)

    def end(self) -> Iterator[Draft | Translated]:
        """What the stream's end completes; half a JSON object is none."""
        if self._json:
            return
        held, self._held = _THOUGHT.sub("", self._held), ""
        if not re.match(r"\s*<think", held):
            for line in held.split("\n"):
                yield from read_line(line)

    def _items(self) -> Iterator[Draft | Translated]:
        start = self._held.find("[", self._decoded)
        at = self._decoded or (start + 1 if start >= 0 else -1)
        while at > 0:
            brace = self._held.find("{", at)
            if brace < 0:
                break
            try:
                item, at = json.JSONDecoder().raw_decode(self._held, brace)
            except json.JSONDecodeError:
                break
            self._decoded = at
            if isinstance(item, dict) and isinstance(item.get("cite"), int):
                yield Translated(item["cite"], str(item.get("text", "")).strip())
            elif isinstance(item, dict):
                cites = item.get("cites")
                numbers = [number for number in cites if isinstance(number, int)] if isinstance(cites, list) else []
                for draft in read_line(str(item.get("text", ""))):
                    if isinstance(draft, Draft):
                        yield Draft(draft.text, tuple(dict.fromkeys([*numbers, *draft.cites])))


def read_line(line: str) -> Iterator[Draft | Translated]:
    """The statements of one line.

    >>> list(read_line("- A opened it. [2] B did not【1，3】。"))
    [Draft(text='A opened it.', cites=(2,)), Draft(text='B did not。', cites=(1, 3))]
    """
    line = _BULLET.sub("", line).strip().strip("`")
    translated = _TRANSLATION.match(line)
    if translated:
        yield Translated(_numbers(translated[1])[0], translated[2].strip())
        return
    for part in _SPLIT.split(_AFTER_STOP.sub(r"\1\n", line)):
        for piece in part.split("\n"):
            cites = tuple(dict.fromkeys(number for mark in _MARKS.findall(piece) for number in _numbers(mark)))
            text = re.sub(r"\s+([.。,，;；!！?？])", r"\1", _MARKS.sub("", piece)).strip().replace("**", "")
            preamble = text.endswith((":", "：")) or text.strip(".。").upper() in ("NONE", "无", "無")
            if any(map(str.isalnum, text)) and not (preamble and not cites):
                yield Draft(text, cites)


def _numbers(mark: str) -> list[int]:
    numbers: list[int] = []
    for part in re.split(r"[,，、;；]", mark.strip("[]【】［］ ")):
        first, dash, last = re.sub(r"\s", "", part).replace("–", "-").partition("-")
        low, high = int(first), int(last) if dash and last else int(first)
        numbers += range(low, high + 1) if low <= high < low + 20 else [low, high]
    return numbers
