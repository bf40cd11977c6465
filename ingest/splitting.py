"""Splitting: a canonical text into passages that tile it, each with the offsets of its quotable sentences.

A passage is a fact with its tag line, a paragraph, or several short paragraphs under one heading. Long paragraphs are cut
between sentences. Nothing is dropped: blank lines and marks belong to the passage before them.
"""

import bisect
import re
from collections.abc import Iterator

from knowledge.document import Document, Passage
from knowledge.facts import TAG_LINE
from knowledge.script import HAN
from knowledge.sentences import Span, sentence_spans

LONGEST = 480
"""Weight of a passage at most: a Han character weighs 1, any other 0.4, so that both languages fill a like share of the
embedding's window."""
SHORTEST = 120
"""Paragraphs are joined until a passage weighs this much."""

_HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]+(?=[^ \t\n])(.+)")
LONGEST_HEADING = 120
"""Code points of a heading that are embedded above its passages."""
_HAN = re.compile(f"[{HAN}]")


def split(document: Document) -> list[Passage]:
    """Cut a document into passages. Joined in order, their texts are the document's text."""
    text = document.text
    spans = sentence_spans(text)
    passages: list[Passage] = []
    at = 0
    for start, end, heading in _pieces(text, spans):
        inside: list[Span] = []
        while at < len(spans) and spans[at][1] <= end:
            inside.append(spans[at])
            at += 1
        passages.append(
            Passage(
                document=document.id,
                version=document.version,
                number=len(passages),
                start=start,
                end=end,
                text=text[start:end],
                sentences=tuple(inside),
                heading=heading,
                metadata=document.metadata,
            )
        )
    return passages


def embedded_text(passage: Passage) -> str:
    """What is embedded for a passage: its words without tag lines, after its title and headings."""
    context = " › ".join(part for part in (passage.metadata.title, passage.heading) if part)
    words = TAG_LINE.sub("", passage.text).strip()
    return f"{context}\n{words}" if context else words


def embedded_sentences(passage: Passage) -> list[str]:
    """What is embedded for each sentence: the sentence alone."""
    return [passage.words(start, end) for start, end in passage.sentences]


def _pieces(text: str, spans: list[Span]) -> Iterator[tuple[int, int, str]]:
    """Start, end and heading of each passage, tiling the text."""
    if not text:
        return
    headings: list[tuple[int, str]] = []
    start = 0
    path = ""
    weight = 0.0
    for block_start, block_end, heading, fact in _whole(_blocks(text), spans):
        block = text[block_start:block_end]
        heavy = weight + _weight(block) > LONGEST
        if block_start > start and (heading or fact or heavy or weight >= SHORTEST):
            yield from _cut(text, start, block_start, path, spans)
            start, weight = block_start, 0.0
        if heading:
            level = len(heading[1])
            words = heading[2].strip().rstrip("# \t")[:LONGEST_HEADING]
            headings = [entry for entry in headings if entry[0] < level] + ([(level, words)] if words else [])
            path = " › ".join(title for _, title in headings[-3:])
        weight += _weight(block)
        if fact:
            yield from _cut(text, start, block_end, path, spans)
            start, weight = block_end, 0.0
    if start < len(text):
        yield from _cut(text, start, len(text), path, spans)


def _blocks(text: str) -> Iterator[tuple[int, int, re.Match[str] | None, bool]]:
    """Lines and paragraphs with the blank lines after them: start, end, heading match, whether it ends in a tag line."""
    lines = text.splitlines(keepends=True)
    at = 0
    start = 0
    heading: re.Match[str] | None = None
    fact = False
    blank = True
    for number, line in enumerate(lines):
        at += len(line)
        if blank:
            heading = _HEADING.match(line)
        blank = blank and not line.strip()
        fact = fact or bool(TAG_LINE.match(line))
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not following.strip():
            if following:
                continue
        elif not (fact or heading or _ends_block(line, following)):
            continue
        yield start, at, heading, fact
        start, heading, fact, blank = at, None, False, True
    if start < at:
        yield start, at, heading, fact


def _whole(
    blocks: Iterator[tuple[int, int, re.Match[str] | None, bool]], spans: list[Span]
) -> Iterator[tuple[int, int, re.Match[str] | None, bool]]:
    """Blocks joined where a sentence runs on from one into the next."""
    ends = [end for _, end in spans]
    pending: tuple[int, re.Match[str] | None] | None = None
    for start, end, heading, fact in blocks:
        first, opening = pending or (start, heading)
        at = bisect.bisect_right(ends, end)
        if at < len(spans) and spans[at][0] < end:
            pending = (first, opening)
            continue
        pending = None
        yield first, end, opening, fact


def _ends_block(line: str, following: str) -> bool:
    """Whether the next line starts something new: after a blank line, at a heading, at a list item, at a full line."""
    if not line.strip() or _HEADING.match(following) or re.match(r"[ \t]{0,3}([-*+]|\d{1,3}[.)])[ \t]", following):
        return True
    # One line a paragraph, as in most Chinese text files; tables and wrapped lines stay together.
    return not following.lstrip().startswith(("|", "[date: ")) and len(_HAN.findall(line)) > 40


def _cut(text: str, start: int, end: int, path: str, spans: list[Span]) -> Iterator[tuple[int, int, str]]:
    """Cut what is too heavy between sentences."""
    if _weight(text[start:end]) <= LONGEST:
        yield start, end, path
        return
    begin = start
    weight = 0.0
    first = bisect.bisect_right(spans, start, key=lambda span: span[1])
    last = bisect.bisect_left(spans, end, key=lambda span: span[0])
    for span_start, span_end in spans[first:last]:
        weight += _weight(text[span_start:span_end])
        if weight > LONGEST and span_start > begin:
            yield begin, span_start, path
            begin, weight = span_start, _weight(text[span_start:span_end])
    # Text without sentences (rules, symbols) has no better place to cut.
    rest = begin if first == last else end
    while end - rest > 8 * LONGEST:
        yield rest, rest + 8 * LONGEST, path
        begin = rest = rest + 8 * LONGEST
    yield begin, end, path


def _weight(text: str) -> float:
    han = len(_HAN.findall(text))
    return han + 0.4 * (len(text) - han)
