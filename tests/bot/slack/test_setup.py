"""Setting the app up: the manifest, the tokens, what the doctor says, and what never gets into a log."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from standin import APP_TOKEN, BOT_TOKEN, Standin

from bot.feedback import as_csv
from bot.slack import app as wiring
from bot.slack.app import check_tokens
from bot.slack.examination import examine_slack
from bot.slack.logs import redact
from bot.slack.manifest import BOT_EVENTS, SCOPES, manifest, missing_scopes, printed
from bot.slack.phrases import PHRASES, PROMPTS, say
from knowledge.errors import SettingsError
from knowledge.settings import Settings


def test_the_manifest_fits_its_mode() -> None:
    """Socket Mode needs no address; HTTP mode has the same one for events, buttons and commands."""
    by_socket = manifest(socket_mode=True)
    assert by_socket["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(by_socket)
    by_http = yaml.safe_load(printed(socket_mode=False, url="https://kaibi.example.org/", as_json=False))
    address = "https://kaibi.example.org/slack/events"
    assert by_http["settings"]["event_subscriptions"]["request_url"] == address
    assert by_http["settings"]["interactivity"]["request_url"] == address
    assert by_http["features"]["slash_commands"][0]["url"] == address
    assert json.loads(printed(socket_mode=True, url="", as_json=True)) == by_socket


def test_the_older_panel_has_its_own_view_and_events() -> None:
    """Either the agents' Messages tab or the assistant panel, never both, with prompts in both languages."""
    for panel, view in ((False, "agent_view"), (True, "assistant_view")):
        made = manifest(socket_mode=True, panel=panel)
        assert [name for name in made["features"] if name in ("agent_view", "assistant_view")] == [view]
        assert len(made["features"][view]["suggested_prompts"]) == 4
        assert ("assistant_thread_started" in made["settings"]["event_subscriptions"]["bot_events"]) is panel


def test_the_manifest_asks_for_no_more_than_the_code_uses() -> None:
    """Every scope is needed by an event that is subscribed to or by a method that the code calls."""
    needed = {
        "app_mentions:read": "app_mention",
        "assistant:write": "assistant_threads_setStatus",
        "channels:history": "message.channels",
        "chat:write": "chat_postMessage",
        "commands": "app.command",
        "files:read": "file.url",
        "groups:history": "message.groups",
        "im:history": "message.im",
        "mpim:history": "message.mpim",
        "users:read": "users_info",
    }
    folder = Path(inspect.getfile(wiring)).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    assert set(SCOPES) == set(needed)
    assert all(use in code or use in BOT_EVENTS for use in needed.values())


def test_missing_tokens_are_named() -> None:
    """What is not set is said, with where to find it."""
    for given, missing in (({}, "SLACK_BOT_TOKEN"), ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN")):
        with pytest.raises(SettingsError, match=missing):
            check_tokens(Settings.model_validate(given))


def run_doctor(**variables: str) -> tuple[str, str]:
    return examine_slack(Settings.model_validate(variables))


async def test_the_doctor_names_the_missing_scopes(slack: Standin) -> None:
    """Of a token with two scopes it names the other eight and what each is for; without tokens Slack is optional."""
    import asyncio

    given = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": slack.api_url}
    with pytest.raises(SettingsError) as caught:
        await asyncio.to_thread(run_doctor, **given)
    assert "channels:history" in caught.value.message
    assert "chat:write (" not in caught.value.message
    assert len(missing_scopes("chat:write,app_mentions:read")) == 8
    slack.errors["apps.connections.open"] = "not_allowed_token_type"
    with pytest.raises(SettingsError, match="SLACK_APP_TOKEN"):
        await asyncio.to_thread(run_doctor, **given)
    assert "optional" in run_doctor()[0]


async def test_a_refused_token_ends_the_start_with_one_sentence(slack: Standin, tmp_path: Path) -> None:
    """`kaibi slack` does not try for ever."""
    slack.errors["auth.test"] = "invalid_auth"
    settings = Settings.model_validate(
        {
            "KAIBI_HOME": str(tmp_path),
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": slack.api_url,
        }
    )
    with pytest.raises(SettingsError, match="invalid_auth"):
        async with wiring.wired(settings, None):  # type: ignore[arg-type]
            pass


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-123-abc",
        "xoxe.xoxp-1-abc",
        "xapp-1-A1-2-abc",
        "https://hooks.slack.com/commands/T1/2/abc",
        "wss://x.slack.com/link/?ticket=abc",
        "postgresql://kaibi:abc@db/x",
    ],
)
def test_no_secret_gets_into_a_log_line(secret: str) -> None:
    """As the text, in a field, inside a list or an error."""
    line = redact(
        None, "info", {"event": f"with {secret}", "field": secret, "many": [secret], "error": ValueError(secret)}
    )
    assert "abc" not in repr(line)


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en"])
def test_every_phrase_renders_in_every_language(language: str) -> None:
    """Same placeholders on both sides; English has no Chinese in it save examples."""
    import string

    for name, pair in PHRASES.items():
        fields = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in pair]
        assert fields[0] == fields[1], name
        text = say(name, language, **dict.fromkeys(fields[0], "7"))  # type: ignore[arg-type]
        assert text
        assert "{" not in text
    assert len([text for pair in PROMPTS for text in pair]) <= 4


def test_modal_titles_fit_slack() -> None:
    """24 characters at most, in both languages; button texts 75."""
    for name in ("context_title", "check_title", "reason_title"):
        assert all(len(text) <= 24 for text in PHRASES[name])


def test_feedback_is_exported_without_formulas() -> None:
    """A spreadsheet that opens the CSV runs nothing that a user typed."""
    row = {"at": 1.0, "verdict": "bad", "reason": "=cmd()", "question": "@x", "person": "U1", "key": "C1:1"}
    assert as_csv([row]).splitlines()[1] == "1.0,bad,'=cmd(),'@x,U1,C1:1"


def test_asking_in_the_terminal_loads_nothing_of_slack() -> None:
    """The cold start of `kaibi ask` does not pay for Slack, SQL or a web server."""
    code = "import sys, bot.cli, bot.session; print([m for m in sys.modules if m.split('.')[0] in sys.argv[1:]])"
    foreign = [
        "slack_bolt",
        "slack_sdk",
        "aiohttp",
        "sqlalchemy",
        "starlette",
        "uvicorn",
        "prometheus_client",
        "structlog",
    ]
    done = subprocess.run([sys.executable, "-c", code, *foreign], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
