"""The command line: parse, call one function, render. Answers and JSON on stdout, progress and warnings on stderr."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from knowledge.console import explained, fail, guarded, json_text, printable, progress_on_stderr
from knowledge.errors import QuestionError

if TYPE_CHECKING:
    from bot.answer import Answer
    from knowledge.base import KnowledgeBase

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Kaibi (开闭): open or closed large language models, answered with verbatim quotes.",
)
docs = typer.Typer(no_args_is_help=True, help="The documents in the knowledge base.")
app.add_typer(docs, name="docs")
slack = typer.Typer(invoke_without_command=True, help="Answer in Slack, or print the manifest of the Slack app.")
app.add_typer(slack, name="slack")
feedback = typer.Typer(no_args_is_help=True, help="What people thought of the answers in Slack.")
app.add_typer(feedback, name="feedback")

backends = typer.Typer(help="The language models that can word the answers.")
app.add_typer(backends, name="backends", invoke_without_command=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LanguageOption = Annotated[str | None, typer.Option("--lang", help="zh, zh-Hant or en; the question's own by default.")]
QuotesOption = Annotated[int, typer.Option("--quotes", min=1, max=20, help="Quotes at most.")]


@app.command()
def ask(
    question: Annotated[list[str], typer.Argument(help="The question; - reads one question a line from stdin.")],
    as_json: JsonFlag = False,
    quotes: QuotesOption = 3,
    lang: LanguageOption = None,
) -> None:
    """Answer a question, for example: kaibi ask "阿里云为什么要开源大模型？" """
    from bot.session import ask as ask_one

    with guarded(as_json=as_json):
        language = _language(lang)
        if question == ["-"]:
            base = _open(quiet=as_json)
            failed = _each_line(lambda line: ask_one(base, line, language=language, quotes=quotes), as_json)
            raise typer.Exit(failed)
        from bot.question import clean

        text = clean(" ".join(question))
        _show(ask_one(_open(quiet=as_json), text, language=language, quotes=quotes), as_json)


@app.command()
def chat(as_json: JsonFlag = False, quotes: QuotesOption = 3, lang: LanguageOption = None) -> None:
    """Answer one question a line, follow-ups understood: 那华为呢？ / and on security?"""
    from bot.conversation import Conversation
    from bot.session import reply

    with guarded(as_json=as_json):
        language = _language(lang)
        base = _open(quiet=as_json)
        conversation = Conversation()
        interactive = sys.stdin.isatty() and not as_json
        if interactive:
            print("Kaibi (开闭) — 提问 / ask; Ctrl-D 结束 / ends.", file=sys.stderr)
        failed = _each_line(
            lambda line: reply(base, conversation, line, language=language, quotes=quotes), as_json, prompt=interactive
        )
        raise typer.Exit(0 if interactive else failed)


@app.command()
def ingest(
    sources: Annotated[list[str] | None, typer.Argument(help="Files, folders or addresses (http, https).")] = None,
    title: Annotated[str, typer.Option(help="Title of the document.")] = "",
    publisher: Annotated[str, typer.Option(help="Who published it.")] = "",
    author: Annotated[str, typer.Option(help="Who wrote it.")] = "",
    date: Annotated[str, typer.Option(help="As of when: YYYY, YYYY-MM or YYYY-MM-DD.")] = "",
    url: Annotated[str, typer.Option(help="Where readers find it.")] = "",
    kind: Annotated[str, typer.Option(help="source (original words) or note.")] = "",
    stance: Annotated[str, typer.Option(help="open, closed, both or neutral.")] = "",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Embed every stored document anew with the set embedding.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Add documents, for example: kaibi ingest article.txt --publisher 数智前线 --date 2024-06"""
    from ingest.command import run

    given = {
        "title": title,
        "publisher": publisher,
        "author": author,
        "date": date,
        "url": url,
        "kind": kind,
        "stance": stance,
    }
    with guarded(as_json=as_json):
        chosen = {key: value for key, value in given.items() if value}
        raise typer.Exit(run(sources or [], chosen, rebuild=rebuild, as_json=as_json))


@docs.command("list")
def list_documents(as_json: JsonFlag = False) -> None:
    """All documents with dates, languages and stances."""
    from bot.library import document_rows, print_documents

    with guarded(as_json=as_json):
        rows = document_rows(_settings())
        print(json_text(rows)) if as_json else print_documents(rows)


@docs.command()
def show(identifier: Annotated[str, typer.Argument(metavar="ID")], as_json: JsonFlag = False) -> None:
    """One document: its metadata and its canonical text."""
    from bot.library import document_json, print_document

    with guarded(as_json=as_json):
        found = document_json(_settings(), identifier)
        print(json_text(found)) if as_json else print_document(found)


@docs.command()
def remove(identifiers: Annotated[list[str], typer.Argument(metavar="ID…")], as_json: JsonFlag = False) -> None:
    """Remove documents from the knowledge base."""
    from bot.library import remove_documents

    with guarded(as_json=as_json):
        removed = remove_documents(_settings(), identifiers)
        print(json_text({"removed": removed}) if as_json else printable(f"Removed {', '.join(removed)}."))


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """The effective settings, what works, what is missing, and how to mend it."""
    from bot.doctor import examine, print_findings

    with guarded(as_json=as_json):
        findings = examine()
        print(json_text(findings)) if as_json else print_findings(findings)
        raise typer.Exit(0 if all(check["ok"] for check in findings["checks"]) else 1)


@slack.callback()
def serve_slack(context: typer.Context) -> None:
    """Answer in Slack until stopped: Socket Mode if SLACK_APP_TOKEN is set, else HTTP mode on PORT."""
    if context.invoked_subcommand is None:
        from bot.slack.app import check_tokens, run

        with guarded(as_json=False):
            settings = _settings()
            check_tokens(settings)
            run(settings, _open(quiet=False))


@slack.command("manifest")
def print_manifest(
    url: Annotated[str, typer.Option(help="HTTP mode at this public address; Socket Mode without it.")] = "",
    panel: Annotated[bool, typer.Option("--panel", help="For workspaces with the older assistant panel.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """The manifest from which Slack creates the app, for example: kaibi slack manifest > manifest.yaml"""
    from bot.slack.manifest import printed

    print(printed(socket_mode=not url, url=url, as_json=as_json, panel=panel))


@feedback.command("export")
def export_feedback(as_json: JsonFlag = False) -> None:
    """All verdicts as CSV, or as JSON."""
    from bot.feedback import as_csv, feedback_rows
    from bot.feedback import as_json as rows_as_json

    with guarded(as_json=as_json):
        rows = feedback_rows(_settings())
        print(rows_as_json(rows) if as_json else as_csv(rows), end="\n" if as_json else "")


@app.command("gaps")
def list_gaps(as_json: JsonFlag = False) -> None:
    """What was asked in Slack and not answered, grouped: what to ingest next."""
    from bot.gaps import gap_groups, print_gaps

    with guarded(as_json=as_json):
        groups = gap_groups(_settings())
        print(json_text(groups)) if as_json else print_gaps(groups)


@backends.callback()
def list_backends(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Every preset: vendor, weights, licence, where it runs, endpoint, key variable, and whether it is configured here."""
    if context.invoked_subcommand is None:
        from bot.llm.listing import backend_rows, print_backends

        with guarded(as_json=as_json):
            rows = backend_rows(_settings())
            print(json_text(rows)) if as_json else print_backends(rows)


@backends.command("test")
def try_one_backend(
    name: Annotated[str, typer.Argument(help="As in KAIBI_LLM: preset[:model] or LangChain's provider:model.")],
    as_json: JsonFlag = False,
) -> None:
    """Ask one question and show the verified answer or the exact problem."""
    from bot.llm.listing import try_backend

    with guarded(as_json=as_json):
        _show(try_backend(_open(quiet=as_json), name), as_json)


@app.command("compare")
def compare_backends(
    question: Annotated[list[str], typer.Argument(help="The question; the one word `board` shows the tally.")],
    names: Annotated[
        str, typer.Option("--with", help="Backends with commas between; open, closed: the first configured.")
    ] = "open,closed",
    as_json: JsonFlag = False,
    lang: LanguageOption = None,
) -> None:
    """The same evidence to several models, side by side and blind, for example: kaibi compare "阿里云为什么开源？" --with open,closed"""
    from bot.comparing import board_rows, print_board, run

    with guarded(as_json=as_json):
        if question == ["board"]:
            rows = board_rows(_settings())
            print(json_text([asdict(row) for row in rows])) if as_json else print_board(rows)
            return
        run(_open(quiet=as_json), " ".join(question), names, language=_language(lang), as_json=as_json)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        with guarded(as_json="--json" in sys.argv):
            status = app(standalone_mode=False)
    except typer.Exit as end:
        status = end.exit_code
    sys.exit(status or 0)


def _settings() -> Any:
    from knowledge.settings import load_settings

    return load_settings()


def _language(name: str | None) -> Any:
    if name is not None and name not in ("zh", "zh-Hant", "en"):
        raise QuestionError(f"--lang {name!r} is none of zh, zh-Hant, en.")
    return name


def _open(*, quiet: bool) -> "KnowledgeBase":
    """The knowledge base with the shipped documents in it."""
    from ingest.shipped import ensure_shipped
    from knowledge.base import open_knowledge, open_store
    from knowledge.embeddings.embedder import open_embedder

    settings = _settings()
    if settings.llm != "extractive" or settings.channels:
        from bot.llm.backends import check_backends

        check_backends(settings)
    with progress_on_stderr(quiet=quiet) as (announce, progress):
        store = open_store(settings)
        ensure_shipped(settings, store, lambda: open_embedder(settings, announce=announce), progress)
        store.close()
        return open_knowledge(settings, announce=announce)


def _each_line(answer_line: Any, as_json: bool, *, prompt: bool = False) -> int:
    """Answer every line of stdin; an error is that line's own. Exit status 1 if any failed."""
    failed = 0
    for line in _lines(prompt):
        try:
            _show(answer_line(line), as_json)
        except BrokenPipeError:
            raise
        except Exception as error:
            failed = 1
            fail(explained(error), as_json=as_json)
        sys.stdout.flush()
    return failed


def _lines(prompt: bool) -> Iterator[str]:
    if not prompt:
        stream = sys.stdin.buffer
        yield from (line.decode("utf-8", "replace").rstrip("\r\n") for line in stream)
        return
    while True:
        try:
            line = input("> ")
        except EOFError:
            return
        if line.strip():
            yield line


def _show(answer: "Answer", as_json: bool) -> None:
    from bot.render import as_text, footer

    text = as_text(answer)
    if as_json:
        print(json_text(answer.to_json(text)), flush=True)
    else:
        print(f"{text}\n\n{footer(answer)}", flush=True)


if __name__ == "__main__":
    main()
