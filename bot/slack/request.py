"""The request: one thing asked of Kaibi in Slack, read out of Slack's payload."""

import dataclasses
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["mention", "direct", "reply", "command", "publish"]
"""`direct`: in the bot's own conversation; `reply`: in a thread, without a mention; `publish`: a private answer to be shown
to the channel."""

_ENTITY = re.compile(r"<(?P<mark>[@#!]?)(?P<target>[^>|]*)(?:\|(?P<label>[^>]*))?>")
_ADD = re.compile(
    r"^\s*(?:please\s+|请|請)?(?:(?:add|ingest|index|learn)\b|收录|收錄|收入|添加|加入|加到|入库|入庫|导入|匯入)",
    re.IGNORECASE,
)
_URL = re.compile(r"<(https?://[^>|\s]+)(?:\|[^>]*)?>")
_COURTESY = re.compile(
    r"^\W*(?:(?:many )?thanks?|thank you|thx|ty|ok(?:ay)?|great|nice|cool|got it|perfect|lol|\+1|"
    r"谢谢|謝謝|多谢|多謝|感谢|感謝|好的?|收到|明白|知道|了解|赞|讚|可以|不错|不錯|哈哈)+"
    r"(?:[\s,]*(?:a lot|so much|very much|all|everyone|kaibi|got it|thanks?|great|then|你|您|大家|了|啦|的|呀|哦|啊|哈))*\W*$",
    re.IGNORECASE,
)
"""A word of thanks or assent and nothing else."""
QUIET_SUBTYPES = (None, "file_share", "thread_broadcast")
"""Kinds of message events that carry something a person has just written."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a message."""

    id: str
    name: str
    url: str
    """Where it can be downloaded with the bot's token."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, by whom, where. It survives as JSON in the database until it is answered."""

    key: str
    """Channel and time stamp of the message: the same however often and as whichever event it is delivered."""
    kind: Kind
    team: str
    channel: str
    user: str
    text: str
    """As a person reads it: without Slack's markup."""
    thread: str
    """Time stamp of the thread in which to answer; empty for a private answer or a new message."""
    ts: str = ""
    """Time stamp of the message itself; empty where there is none (commands)."""
    response_url: str = ""
    """Where Slack takes what only the asker sees; empty for messages."""
    files: tuple[File, ...] = ()
    addresses: tuple[str, ...] = ()
    """Links in the message."""
    adds: bool = False
    """Whether documents are to be added rather than a question answered."""
    compares: bool = False
    """Whether several models are to answer, side by side."""
    outside: bool = False
    """Whether the author belongs to another workspace, as far as the event tells."""

    @property
    def private(self) -> bool:
        """Whether only the asker sees the answer."""
        return self.kind == "command"

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Request":
        values = json.loads(text)
        values["files"] = tuple(File(**file) for file in values["files"])
        values["addresses"] = tuple(values["addresses"])
        return cls(**values)


def from_event(event: Mapping[str, Any], *, team: str, bot_user: str) -> Request | None:
    """Read a `message` or `app_mention` event; None where it is not a person's new message to Kaibi.

    >>> event = {"type": "app_mention", "channel": "C1", "ts": "1.2", "user": "U1", "text": "<@UBOT> why &lt;open&gt;?"}
    >>> from_event(event, team="T1", bot_user="UBOT").text
    'why <open>?'
    """
    if event.get("subtype") not in QUIET_SUBTYPES or event.get("bot_id") or event.get("edited") or event.get("hidden"):
        return None
    channel, ts, user = str(event.get("channel", "")), str(event.get("ts", "")), str(event.get("user", ""))
    written = str(event.get("text") or "")
    if not (channel and ts and user) or user == bot_user:
        return None
    thread = str(event.get("thread_ts") or ts)
    mentioned = f"<@{bot_user}" in written or event.get("type") == "app_mention"
    kind: Kind
    if event.get("channel_type") == "im" or channel.startswith("D"):
        kind = "direct"
    elif mentioned:
        kind = "mention"
    elif thread != ts and not re.match(r"\s*<@", written):
        kind = "reply"
    else:
        return None
    files = tuple(_file(file) for file in event.get("files") or ())
    addresses = tuple(html.unescape(address) for address in _URL.findall(written))
    text = plain(re.sub(rf"<@{re.escape(bot_user)}(?:\|[^>]*)?>", " ", written))
    if kind == "reply" and not files and (_COURTESY.match(text) or not any(char.isalnum() for char in text)):
        return None
    wants = bool(_ADD.match(text))
    home = {str(event[name]) for name in ("user_team", "source_team") if event.get(name)}
    return Request(
        key=f"{channel}:{ts}",
        kind=kind,
        team=team,
        channel=channel,
        user=user,
        text=text,
        thread=thread,
        ts=ts,
        files=files,
        addresses=addresses,
        adds=(bool(files) and (kind == "direct" or wants)) or (bool(addresses) and wants),
        outside=bool(home - {team}),
    )


def plain(text: str, *, keep_lines: bool = False) -> str:
    """Slack's markup as a person reads it, in one line unless `keep_lines`. A mention is a name then, and pings nobody.

    >>> plain("see <https://a.example/x|this page> in <#C1|general> &amp; ask <@U2> <!here>")
    'see this page in #general & ask @U2 @here'
    """

    def shown(match: re.Match[str]) -> str:
        mark, target, label = match["mark"], match["target"], match["label"]
        if mark == "#":
            return f"#{label or target}"
        if mark:
            return f"@{(label or target).removeprefix('@').split('^')[-1]}"
        return label or target

    read = html.unescape(_ENTITY.sub(shown, text))
    return read.strip() if keep_lines else " ".join(read.split())


def _file(file: Mapping[str, Any]) -> File:
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    return File(str(file.get("id", "")), str(file.get("name") or "file"), url, int(file.get("size") or 0))
