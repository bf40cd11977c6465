"""Sentences: where the quotable sentences of a text begin and end, for Chinese and English in one pass.

Works on plain text and on Markdown: a heading, a list item and a table row each end a sentence, their marks are left
out of it, and a tag line (`knowledge.facts`) is none. Offsets count code points of the text as given; nothing is altered.
"""

import re
from collections.abc import Iterator

from knowledge.facts import TAG_LINE

Span = tuple[int, int]
"""Start and end offset, end exclusive."""

LONGEST = 400
"""Code points; a longer sentence is cut at a clause, else at a space, else anywhere."""

_CLOSERS = "”’」』）)】》〉\"'］]*_"
_HAN_END = "。！？!?…"
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "sr",
        "jr",
        "st",
        "vs",
        "etc",
        "eg",
        "ie",
        "cf",
        "al",
        "no",
        "nos",
        "fig",
        "vol",
        "pp",
        "inc",
        "ltd",
        "corp",
        "co",
        "dept",
        "est",
        "approx",
        "rev",
        "gen",
        "col",
        "sen",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sept",
        "sep",
        "oct",
        "nov",
        "dec",
    ]
)
_LINE_MARK = re.compile(r"[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•·][ \t]+|\d{1,3}[.)、][ \t]+)*")
_RULE = re.compile(r"[ \t]*+(?:[-=*_~`]{3,}.*|(?=[ \t:|]*-)[ \t:|-]+)$")
# Possessive: a run of a hundred thousand dots is looked at once, not once for each of them.
_END = re.compile(
    rf"[{_HAN_END}]++[{re.escape(_CLOSERS)}]*+|(?<!\.)\.++[{re.escape(_CLOSERS)}]*+(?=\s|$|[\u3400-\u9fff])"
)
_CLAUSE = re.compile(r"[；;：:，,、—][" + re.escape(_CLOSERS) + r"]*\s*")


def sentence_spans(text: str) -> list[Span]:
    """All sentences of `text`, in order, without white space or list marks at their ends; never empty, never overlapping.

    >>> text = "# 标题\\n- 阿里云开源了。It kept 3.5 closed, e.g. for Mr. Li. Done!\\n"
    >>> [text[a:b] for a, b in sentence_spans(text)]
    ['标题', '阿里云开源了。', 'It kept 3.5 closed, e.g. for Mr. Li.', 'Done!']
    """
    spans: list[Span] = []
    for start, end in _blocks(text):
        for span in _split_block(text, start, end):
            spans += _shorten(text, *span)
    return spans


def _blocks(text: str) -> Iterator[Span]:
    """Runs of lines within which a sentence may continue over a line break."""
    tags = {match.start() for match in TAG_LINE.finditer(text)}
    start = end = -1
    at = 0
    for line in text.splitlines(keepends=True):
        content_end = at + len(line.rstrip())
        mark = _LINE_MARK.match(line)
        content = at + (mark.end() if mark else 0)
        marked = content - at > len(line) - len(line.lstrip())
        blank = content >= content_end or at in tags or bool(_RULE.fullmatch(line.rstrip()))
        row = line.lstrip().startswith("|")
        # A short line without an end mark is a title or a verse, not the first half of a wrapped sentence.
        wrapped = start >= 0 and not blank and not marked and not row and _continues(text, start, end)
        if start >= 0 and not wrapped:
            yield start, end
            start = -1
        if not blank:
            start = content if start < 0 else start
            end = content_end
            if row or line.lstrip().startswith("#"):
                yield start, end
                start = -1
        at += len(line)
    if start >= 0:
        yield start, end


def _continues(text: str, start: int, end: int) -> bool:
    """Whether the line that ends at `end` was wrapped by an editor, so that its sentence goes on in the next line."""
    line = text[max(start, text.rfind("\n", start, end) + 1) : end]
    latin = sum(char.isascii() for char in line) > len(line) / 2
    return len(line) >= (45 if latin else 28) and not re.search(rf"[{_HAN_END}.:：;；][{re.escape(_CLOSERS)}]*$", line)


def _split_block(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    quoted = 0
    at = start
    for match in _END.finditer(text, start, end):
        quoted += sum((char in "“「") - (char in "”」") for char in text[at : match.end()])
        at = match.end()
        if at >= end or not _is_end(text, match, end):
            continue
        if quoted > 0 and at - begin < 160:
            continue
        quoted = 0
        yield from _trim(text, begin, at)
        begin = at
    yield from _trim(text, begin, end)


def _is_end(text: str, match: re.Match[str], end: int) -> bool:
    mark = match[0]
    if mark[0] != ".":
        # A mark before a closing bracket or a comma belongs to a title: “选开源还是闭源？”，
        return text[match.end()] not in "，,、；;）)" and not (
            mark[0] in "!?" and text[match.end()].isalnum() and text[match.end()].isascii()
        )
    following = text[match.end() : min(end, match.end() + 8)].lstrip()
    if not following or following[0].islower() or following[0] in ",;:)":
        return False
    word = re.search(r"[\w.&-]*$", text[max(0, match.start() - 12) : match.start()])
    before = word[0] if word else ""
    if before.isdigit():
        # "No. 3. Text" ends here, the list number of "3. Text" does not.
        return match.start() - len(before) > 0 and text[match.start() - len(before) - 1] not in "\n"
    initial = len(before) == 1 and before.isupper() and before not in "I"
    return not (initial or before.lower().replace(".", "") in _ABBREVIATIONS)


def _trim(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(char.isalnum() for char in text[start:end]):
        yield start, end


def _shorten(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > LONGEST:
        window = text[start : start + LONGEST]
        cuts = [match.end() for match in _CLAUSE.finditer(window) if match.end() > LONGEST // 4]
        cut = cuts[-1] if cuts else window.rfind(" ") + 1
        if cut < LONGEST // 4:
            cut = LONGEST
        yield from _trim(text, start, start + cut)
        start += cut
    yield from _trim(text, start, end)
