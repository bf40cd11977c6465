"""Rows: a passage and its document's metadata as Chroma keeps them, flat, so that other programs can filter by them."""

import dataclasses
from typing import Any

from knowledge.document import Metadata, Passage

Row = dict[str, str | int]
_FIELDS = tuple(field.name for field in dataclasses.fields(Metadata))


def pack(passage: Passage, count: int, sequence: str) -> Row:
    """The metadata of a passage's row. `count` is the number of passages of its document, `sequence` names the write."""
    packed: Row = {}
    for field in _FIELDS:
        value = getattr(passage.metadata, field)
        if value:  # Each key costs Chroma a row of its own; empty ones are unknown ones.
            packed[field] = ",".join(value) if isinstance(value, tuple) else value
    packed |= {"document": passage.document, "version": passage.version, "number": passage.number, "count": count}
    packed |= {"start": passage.start, "end": passage.end, "heading": passage.heading, "sequence": sequence}
    packed["sentences"] = ",".join(f"{start}-{end}" for start, end in passage.sentences)
    return packed


def unpack_metadata(packed: dict[str, Any]) -> Metadata:
    """What a row says of its document."""
    values = {field: packed.get(field, "") for field in _FIELDS}
    values["tags"] = tuple(tag for tag in str(values["tags"]).split(",") if tag)
    return Metadata(**values)


def unpack_passage(text: str, packed: dict[str, Any], metadata: Metadata) -> Passage:
    """The passage of a row. `metadata` is its document's, shared by all of its passages."""
    spans = [span.split("-") for span in packed["sentences"].split(",") if span]
    return Passage(
        document=packed["document"],
        version=packed["version"],
        number=packed["number"],
        start=packed["start"],
        end=packed["end"],
        text=text,
        sentences=tuple((int(start), int(end)) for start, end in spans),
        heading=packed["heading"],
        metadata=metadata,
    )
