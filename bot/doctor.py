"""The doctor: effective settings with secrets masked, and one check for everything that an answer needs."""

import importlib.metadata
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from knowledge.console import printable
from knowledge.errors import KaibiError
from knowledge.settings import Settings, load_settings


def examine() -> dict[str, Any]:
    """Settings and checks; a check that fails says how to mend it.

    Raises:
        SettingsError: if the settings themselves cannot be read.
    """
    settings = load_settings()
    checks: list[Callable[[Settings], tuple[str, str]]] = [
        _python,
        _home,
        _engine,
        _store,
        _terms,
        _extras,
        _llm,
        _state,
        _slack,
    ]
    return {"settings": _settings(settings), "checks": [_checked(check, settings) for check in checks]}


def print_findings(findings: dict[str, Any]) -> None:
    """As a person reads it."""
    for row in findings["settings"]:
        print(f"{row['variable']:22} {printable(str(row['value'])):40} {row['description']}")
    print()
    for check in findings["checks"]:
        print(f"{'ok  ' if check['ok'] else 'FAIL'} {check['name']:10} {printable(check['found'])}")
        if check["remedy"]:
            print(f"     {'':10} → {printable(check['remedy'])}")


def _settings(settings: Settings) -> list[dict[str, Any]]:
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        rows.append(
            {
                "variable": str(field.validation_alias),
                "value": "" if value is None else str(value),  # a SecretStr prints as asterisks
                "description": field.description or "",
            }
        )
    return rows


def _checked(check: Callable[[Settings], tuple[str, str]], settings: Settings) -> dict[str, Any]:
    name = check.__name__.removeprefix("_")
    try:
        found, remedy = check(settings)
    except KaibiError as error:
        return {"name": name, "ok": False, "found": error.message, "remedy": error.remedy}
    except OSError as error:
        return {"name": name, "ok": False, "found": error.strerror or str(error), "remedy": "Check KAIBI_HOME."}
    return {"name": name, "ok": True, "found": found, "remedy": remedy}


def _python(settings: Settings) -> tuple[str, str]:
    return f"{sys.version.split()[0]}, kaibi {importlib.metadata.version('kaibi')}", ""


def _home(settings: Settings) -> tuple[str, str]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.home):
        pass
    statistics = os.statvfs(settings.home)
    free = statistics.f_bavail * statistics.f_frsize / 1e9
    return f"{settings.home} can be written, {free:.1f} GB free", "" if free > 1 else "Make room: ingestion needs some."


def _engine(settings: Settings) -> tuple[str, str]:
    from knowledge.embeddings.embedder import open_embedder

    embedder = open_embedder(settings)
    begun = time.perf_counter()
    size = len(embedder.query("开源 open source"))
    return f"{settings.embeddings}: {size} dimensions, {(time.perf_counter() - begun) * 1000:.0f} ms a question", ""


def _store(settings: Settings) -> tuple[str, str]:
    from knowledge.base import open_store

    store = open_store(settings)
    try:
        documents = store.documents()
        store.generation()
    finally:
        store.close()
    place = "Chroma server" if settings.chroma_url else "embedded Chroma"
    passages = sum(len(document.passages) for document in documents)
    return (
        f"{place}: {len(documents)} documents, {passages} passages",
        "" if documents else "`kaibi ask` brings the shipped ones.",
    )


def _terms(settings: Settings) -> tuple[str, str]:
    from knowledge.terms import load_terms

    return f"{len(load_terms(settings.terms).by_id)} names and terms in both languages", ""


def _extras(settings: Settings) -> tuple[str, str]:
    wanted = {"sentence_transformers": "sentence-transformers", "langchain_openai": "openai"}
    missing = [extra for module, extra in wanted.items() if importlib.util.find_spec(module) is None]
    if not missing:
        return "all installed", ""
    return (
        f"not installed: {', '.join(missing)} (optional)",
        f'pip install "kaibi[{",".join(missing)}]", if you need them',
    )


def _llm(settings: Settings) -> tuple[str, str]:
    from bot.llm.examination import examine_llm

    return examine_llm(settings)


def _state(settings: Settings) -> tuple[str, str]:
    from bot.slack.examination import examine_state

    return examine_state(settings)


def _slack(settings: Settings) -> tuple[str, str]:
    from bot.slack.examination import examine_slack

    return examine_slack(settings)
