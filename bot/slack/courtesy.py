"""Courtesies: calls to Slack that make an answer nicer. One that fails is missed, warned of once, and costs nothing else."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.metrics import Metrics

log = structlog.get_logger(__name__)

FAILURES = (SlackClientError, aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What a call to Slack may raise."""
_LACKING = frozenset(
    [
        "unknown_method",
        "method_deprecated",
        "method_not_supported",
        "not_allowed_token_type",
        "missing_scope",
        "no_permission",
        "team_access_not_granted",
        "feature_not_enabled",
        "not_allowed",
        "unknown",
    ]
)
"""Errors that the next call will meet too."""
RETRY_SECONDS = 600.0
"""After so long a lacking method is tried again: a scope may have been granted."""


class Courtesies:
    """Remembers which methods the workspace lacks."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lacking: dict[str, float] = {}
        self._warned: set[tuple[str, str]] = set()

    def offers(self, method: str) -> bool:
        """Whether a method is worth a try."""
        return time.monotonic() - self._lacking.get(method, -RETRY_SECONDS) >= RETRY_SECONDS

    async def call(self, method: str, run: Callable[[], Awaitable[Any]]) -> Any | None:
        """Call Slack's `method`; None where the workspace lacks it or the call fails."""
        if not self.offers(method):
            return None
        try:
            return await run()
        except FAILURES as error:
            self.missed(method, error)
            return None

    def missed(self, method: str, error: BaseException) -> None:
        """Count a failure, and warn of it where it is new."""
        reason = error_name(error)
        self._metrics.slack_errors.labels(method, reason).inc()
        if reason in _LACKING:
            self._lacking[method] = time.monotonic()
        if (method, reason) not in self._warned:
            self._warned.add((method, reason))
            log.warning("slack_method_failed", method=method, error=reason, remedy=remedy(error))


def error_name(error: BaseException) -> str:
    """Slack's word for an error, else the class. A server that knows no such method may answer no JSON at all."""
    if isinstance(error, SlackApiError):
        response = error.response
        data = getattr(response, "data", None)
        if isinstance(data, dict) and data.get("error"):
            return str(data["error"])
        return "unknown_method" if getattr(response, "status_code", None) in (404, 405, 501) else "unknown"
    return type(error).__name__


def remedy(error: BaseException) -> str:
    """What to grant or to do."""
    name = error_name(error)
    if name == "missing_scope" and isinstance(error, SlackApiError):
        needed = error.response.get("needed") or "the scopes of `kaibi slack manifest`"
        return f"Add {needed} under OAuth & Permissions, then install the app again."
    if name == "not_in_channel":
        return "Invite the bot to the channel."
    if name in _LACKING:
        return "This workspace lacks the method; Kaibi goes on without it."
    return "Kaibi went on without it."
