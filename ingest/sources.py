"""Sources: what the user named, as single files and addresses."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.readers import READERS


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something named that yields no file."""

    name: str
    reason: str


def is_url(source: str) -> bool:
    """Whether it is an address on the web."""
    return source.lower().startswith(("http://", "https://"))


def expanded(sources: Sequence[str]) -> Iterator[str | Path | Unreadable]:
    """Addresses as they are, files as paths, a folder's readable files in order of their names."""
    for source in sources:
        if is_url(source):
            yield source
            continue
        path = Path(source).expanduser()
        try:
            if path.is_dir():
                files = _files(path)
                yield from files
                if not files:
                    reason = f"The folder holds no file that Kaibi can read ({', '.join(sorted(READERS))})."
                    yield Unreadable(source, reason)
            elif os.path.lexists(path):
                yield path
            else:
                yield Unreadable(source, "There is no such file or folder.")
        except OSError as error:
            yield Unreadable(source, f"It cannot be read: {error.strerror or error}.")


def _files(folder: Path) -> list[Path]:
    """Readable files under a folder; hidden ones and links to folders, which may go in circles, are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in READERS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def still_there(origin: str) -> bool:
    """Whether a document's origin is, as far as can be told here, still its place."""
    return not origin or is_url(origin) or os.path.exists(origin)
