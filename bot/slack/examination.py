"""The examination: what `kaibi doctor` finds out about the Slack app: tokens, granted scopes, database."""

from collections.abc import Mapping

from slack_sdk.errors import SlackApiError
from slack_sdk.web import WebClient

from bot.slack.app import check_tokens
from bot.slack.courtesy import error_name
from bot.slack.manifest import SCOPES, missing_scopes
from bot.state import open_state
from knowledge.errors import SettingsError
from knowledge.settings import Settings


def examine_slack(settings: Settings) -> tuple[str, str]:
    """What was found, and what to do about it.

    Raises:
        SettingsError: if a token is missing or refused, or a scope is lacking.
    """
    if not settings.slack_bot_token and not settings.slack_app_token and not settings.slack_signing_secret:
        return "not set up (optional)", "`kaibi slack manifest` is the first step."
    check_tokens(settings)
    bot = _client(settings)
    try:
        told = bot.auth_test(token=settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else "")
    except (SlackApiError, OSError) as error:
        raise SettingsError(
            f"Slack does not accept SLACK_BOT_TOKEN ({error_name(error)}).",
            remedy="Copy the Bot User OAuth Token (xoxb-…) again, and check the network and SLACK_API_URL.",
        ) from error
    _check_app_token(settings, bot)
    granted = _header(told.headers, "x-oauth-scopes")
    missing = missing_scopes(granted) if granted else []
    if missing:
        lacking = "; ".join(f"{scope} (to {SCOPES[scope]})" for scope in missing)
        raise SettingsError(
            f"The bot token lacks {lacking}.",
            remedy="Add them under OAuth & Permissions, then install the app again.",
        )
    mode = "Socket Mode" if settings.slack_app_token else "HTTP mode"
    scopes = "all scopes granted" if granted else "granted scopes unknown"
    return f"{mode}, workspace {told.get('team') or told.get('team_id')}, {scopes}", ""


def examine_state(settings: Settings) -> tuple[str, str]:
    """Whether the database works.

    Raises:
        StateError: if it does not.
    """
    state = open_state(settings)
    try:
        outcomes = state.outcomes()
    finally:
        state.close()
    place = "database of DATABASE_URL" if settings.database_url else "SQLite"
    counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    return f"{place}: {counted or 'no events yet'}", ""


def _check_app_token(settings: Settings, client: WebClient) -> None:
    if not settings.slack_app_token:
        return
    try:
        client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except (SlackApiError, OSError) as error:
        raise SettingsError(
            f"Slack does not accept SLACK_APP_TOKEN ({error_name(error)}).",
            remedy="It is the app-level token (xapp-…) with connections:write; Socket Mode must be switched on.",
        ) from error


def _client(settings: Settings) -> WebClient:
    return WebClient(base_url=settings.slack_api_url, timeout=10, retry_handlers=[])


def _header(headers: Mapping[str, object], name: str) -> str:
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
