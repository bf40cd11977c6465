"""The ingest command: sources in, a summary out. Exit status 1 where anything failed."""

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence

from ingest.pipeline import Report, ingest
from ingest.rebuild import rebuild as rebuild_store
from ingest.shipped import ensure_shipped
from knowledge.base import open_store
from knowledge.console import json_text, printable, progress_on_stderr
from knowledge.embeddings.embedder import Embedder, open_embedder
from knowledge.errors import DocumentError
from knowledge.settings import load_settings


def run(sources: Sequence[str], given: Mapping[str, str], *, rebuild: bool, as_json: bool) -> int:
    """Ingest `sources`, or with `rebuild` embed what is stored anew; the exit status."""
    settings = load_settings()
    if not sources and not rebuild:
        raise DocumentError(
            "Nothing to ingest was named.", remedy="Name a file, a folder or an address: kaibi ingest article.txt"
        )
    if sources and rebuild:
        raise DocumentError(
            "--rebuild embeds what is stored and takes no files.", remedy="Run it alone, then ingest the files."
        )
    with progress_on_stderr(quiet=as_json) as (announce, progress):
        open_engine: Callable[[], Embedder] = lambda: open_embedder(settings, announce=announce)  # noqa: E731
        if rebuild:
            report = rebuild_store(settings, open_engine(), progress)
        else:
            store = open_store(settings)
            ensure_shipped(settings, store, open_engine, progress)
            report = ingest(sources, store, open_engine, given=given, progress=progress)
            store.close()
    if as_json:
        print(json_text({"items": [dataclasses.asdict(item) for item in report.items]}))
    else:
        _print(report)
    return 1 if report.count("failed") else 0


def _print(report: Report) -> None:
    for item in report.items:
        name = printable(item.source)
        if item.outcome == "failed":
            print(f"failed     {name}: {printable(item.reason)}", file=sys.stderr)
        else:
            size = f", {item.passages} passages" if item.passages else ""
            print(f"{item.outcome:10} {name} → {printable(item.document)}{size}")
    print(", ".join(f"{report.count(outcome)} {outcome}" for outcome in ("added", "replaced", "unchanged", "failed")))
