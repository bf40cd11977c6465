"""Uploads: an admin's files and links become documents; others are told that they cannot add any."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.slack.access import Rules
from bot.slack.phrases import say
from bot.slack.reply import Reply, Slack
from bot.slack.request import File, Request
from ingest.upload import add
from knowledge.document import Language
from knowledge.settings import Settings

log = structlog.get_logger(__name__)

LARGEST = 50_000_000
"""Bytes of a file."""


def adder(settings: Settings, slack: Slack, rules: Rules) -> Callable[[Request, Reply, Language], Awaitable[None]]:
    """What answers a request that brings documents."""

    async def add_documents(request: Request, reply: Reply, language: Language) -> None:
        if request.user not in rules.admins:
            await reply.tell(say("not_admin", language))
            return
        count = len(request.files) + (0 if request.files else len(request.addresses))
        await reply.placeholder(say("adding", language, count=count))
        lines = []
        folder = settings.home / "uploads"
        folder.mkdir(parents=True, exist_ok=True)
        for file in request.files:
            path = folder / _name(file)
            reason = await _download(slack, file, path, settings, language)
            if reason:
                lines.append(say("add_failed", language, name=file.name, reason=reason))
            else:
                lines += [_line(item, language, file.name) for item in await add(str(path))]
        for address in () if request.files else request.addresses:
            lines += [_line(item, language, address) for item in await add(address)]
        log.info("documents_added", by=request.user, count=count)
        await reply.tell("\n".join(lines))

    return add_documents


def _line(item: dict[str, Any], language: Language, name: str) -> str:
    outcome = "add_failed" if item["outcome"] == "failed" else str(item["outcome"])
    return say(
        outcome, language, name=name, document=item["document"], passages=item["passages"], reason=item["reason"]
    )


def _name(file: File) -> str:
    """The file's name without anything that a folder could take amiss."""
    name = re.sub(r"[^\w.\- ]", "_", Path(file.name).name).strip(". ") or "file"
    return name[-120:]


async def _download(slack: Slack, file: File, path: Path, settings: Settings, language: Language) -> str:
    """Fetch a file into `path`; why not, or nothing. The token goes to Slack's own hosts only."""
    limit = say("too_large", language, limit=LARGEST // 10**6)
    if file.size > LARGEST:
        return limit
    if not _slacks(file.url, settings.slack_api_url):
        return say("no_download", language)
    token = slack.client.token
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session,
            session.get(file.url, headers={"Authorization": f"Bearer {token}"}, allow_redirects=False) as response,
        ):
            if response.status != 200 or (
                response.content_type == "text/html" and path.suffix not in (".htm", ".html")
            ):
                return say("no_download", language)  # Without files:read Slack answers with its log-in page.
            data = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > LARGEST:
                    return limit
        await asyncio.to_thread(path.write_bytes, bytes(data))
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        log.warning("download_failed", error=type(error).__name__)
        return say("no_download", language)
    return ""


def _slacks(url: str, api_url: str) -> bool:
    """Whether an address is Slack's: https under slack.com or slack-gov.com, or the host of SLACK_API_URL."""
    parts, api = urlsplit(url), urlsplit(api_url)
    if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
        return True
    host = parts.hostname or ""
    return parts.scheme == "https" and host.endswith((".slack.com", ".slack-gov.com", ".slack-files.com"))
