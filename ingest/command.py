"""The ingest command: sources in, a summary out. Exit status 1 where anything failed."""

import dataclasses
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.pipeline import Report, ingest
from ingest.shipped import ensure_shipped
from knowledge.base import open_store
from knowledge.console import Progress, printable, progress_on_stderr
from knowledge.document import Document
from knowledge.embeddings.embedder import open_embedder
from knowledge.errors import DocumentError
from knowledge.settings import Settings, load_settings
from knowledge.store import Store


def run(sources: Sequence[str], given: Mapping[str, str], *, rebuild: bool, as_json: bool) -> int:
    """Ingest `sources`, or with `rebuild` embed what is stored anew; the exit status."""
    settings = load_settings()
    if not sources and not rebuild:
        raise DocumentError(
            "Nothing to ingest was named.", remedy="Name a file, a folder or an address: kaibi ingest article.txt"
        )
    with progress_on_stderr(quiet=as_json) as (announce, progress):
        if rebuild:
            report = _rebuild(settings, progress)
        else:
            store = open_store(settings)
            ensure_shipped(settings, store, lambda: open_embedder(settings, announce=announce), progress)
            report = ingest(
                sources, store, lambda: open_embedder(settings, announce=announce), given=given, progress=progress
            )
            store.close()
    if as_json:
        print(json.dumps({"items": [dataclasses.asdict(item) for item in report.items]}, ensure_ascii=False))
    else:
        _print(report)
    return 1 if report.count("failed") else 0


def _rebuild(settings: Settings, progress: Progress) -> Report:
    """Write every stored document anew with the set embedding. The words are kept aside until all is done."""
    old = Store(settings, None)
    documents = old.documents()
    embedder = open_embedder(settings)
    kept = settings.home / "rebuild"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept) as folder:
        for number, document in enumerate(documents):
            body = {"id": document.id, "text": document.text, "metadata": dataclasses.asdict(document.metadata)}
            Path(folder, f"{number}.json").write_text(json.dumps(body), encoding="utf-8")
        old.drop()
        old.close()
        store = Store(settings, embedder.fingerprint)
        from ingest.pipeline import store_documents

        report = Report()
        entries = [(d.metadata.origin or d.id, Document(d.id, d.text, d.metadata)) for d in documents]
        store_documents(entries, set(), store, embedder, progress, None, report)
    return report


def _print(report: Report) -> None:
    for item in report.items:
        name = printable(item.source)
        if item.outcome == "failed":
            print(f"failed     {name}: {printable(item.reason)}", file=sys.stderr)
        else:
            print(
                f"{item.outcome:10} {name} → {item.document}" + (f", {item.passages} passages" if item.passages else "")
            )
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in ("added", "replaced", "unchanged", "failed"))
    print(counts)
