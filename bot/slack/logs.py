"""Logs: one line an event, JSON where nobody watches, and no secret in any of them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(
    r"xox[a-z](?:\.[a-z]+)?-[\w.-]+|xapp-[\w.-]+|https://hooks\.slack\.com/\S+|(?<=ticket=)[^&\s'\"]+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)


def configure_logs(*, json_lines: bool) -> None:
    """Send structlog's and the standard library's lines to stderr in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    shown: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, shown]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "chromadb", "uvicorn.access", "slack_sdk", "slack_bolt"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Tokens, webhook addresses, socket tickets and passwords in addresses become dots.

    >>> redact(None, "info", {"event": "with xoxb-1-abc at postgres://kaibi:pw@db/x"})
    {'event': 'with … at postgres://…@db/x'}
    """
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRET.sub("…", value)
        elif (
            key not in ("_record", "exc_info", "positional_args")
            and value is not None
            and not isinstance(value, int | float)
        ):
            event[key] = _SECRET.sub("…", repr(value))
    return event
