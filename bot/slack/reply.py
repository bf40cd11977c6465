"""The reply: what one request gets to see, from a first sign of life to the answer, by the best way that Slack allows."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_chat_stream import AsyncChatStream
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.answer import Answer
from bot.slack import history
from bot.slack.blocks import Message, answer_messages, escaped, section, streamed_text
from bot.slack.courtesy import FAILURES, Courtesies, error_name
from bot.slack.request import Request
from bot.state import State

log = structlog.get_logger(__name__)

TRIES = 4
"""Of posting one message, where nothing tells whether Slack took it."""
PAGES = 5
"""Of a thread's history, 100 messages each."""
SAFE: Mapping[str, Any] = {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}
"""What keeps a message's text from pinging people and from growing previews."""
_TEXT_ONLY = frozenset(["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"])
_BARE = frozenset(
    ["invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large", "metadata_must_be_sent_from_app"]
)


@dataclass(frozen=True)
class Slack:
    """What every reply needs."""

    client: AsyncWebClient
    courtesies: Courtesies
    state: State
    team: str
    bot_user: str


class Reply:
    """The reply to one request."""

    def __init__(self, slack: Slack, request: Request) -> None:
        self._slack = slack
        self._request = request
        self._ts = ""
        """Of the message that the answer will take the place of; empty where none was posted."""
        self._stream: AsyncChatStream | None = None
        self._written: list[str] = []
        """The pieces that were streamed."""
        self._status_shown = False

    async def status(self, text: str) -> bool:
        """Show a line while work goes on; whether Slack shows it."""
        request = self._request
        if request.private or not request.thread:
            return True
        client = self._slack.client
        shown = await self._slack.courtesies.call(
            "assistant.threads.setStatus",
            lambda: client.assistant_threads_setStatus(
                channel_id=request.channel, thread_ts=request.thread, status=text
            ),
        )
        self._status_shown = bool(text) and shown is not None
        return shown is not None

    async def placeholder(self, text: str) -> None:
        """Post a line that the answer will take the place of, or change the one that is there."""
        if self._request.private:
            return
        message = Message((section(text),), escaped(text))
        about = history.placeholder(self._request.key)
        with contextlib.suppress(*FAILURES):
            if self._ts:
                await self._update(message, about)
            else:
                await self._noted(await self._post(message, about))

    async def grow(self, answer: Answer) -> None:
        """Stream what there is of an answer that a model is still writing."""
        if self._may_stream():
            await self._write(streamed_text(answer))

    async def answer(self, answer: Answer, *, heading: str = "", stream: bool = True) -> None:
        """Show the answer: streamed, or in place of the placeholder, or as a message of its own.

        Raises:
            SlackApiError: if Slack takes it in no form.
        """
        key, private = self._request.key, self._request.private
        messages = answer_messages(answer, key=key, private=private, heading=heading)
        about = history.metadata(answer, key)
        if private:
            for message in messages:
                await self._respond(message)
            return
        streaming = self._stream is not None or (stream and not heading and self._may_stream())
        if not (streaming and len(messages) == 1 and await self._finish_stream(answer, about)):
            await self._place(messages[0], about)
        for part, message in enumerate(messages[1:], 1):
            await self._post(message, _part(about, part))

    async def show(self, messages: Sequence[Message]) -> None:
        """Show messages that are no answer of one backend, such as a comparison."""
        for message in messages:
            if self._request.private:
                await self._respond(message)
            else:
                await self._post(message, _told(self._request.key))

    async def tell(self, text: str) -> None:
        """Say one plain sentence, where the answer would have stood."""
        message = Message((section(text),), escaped(text))
        if self._request.private:
            await self._respond(message)
        else:
            await self._place(message, _told(self._request.key))

    async def tell_presser(self, text: str) -> None:
        """Say one plain sentence to the one who pressed a button."""
        await self._respond(Message((section(text),), escaped(text)))

    async def whisper(self, text: str) -> None:
        """Say one plain sentence that only the asker sees; to all where Slack cannot whisper."""
        request = self._request
        if request.private or request.channel.startswith("D"):
            await self.tell(text)
            return
        thread = request.thread if request.thread != request.ts else None
        client = self._slack.client
        whispered = await self._slack.courtesies.call(
            "chat.postEphemeral",
            lambda: client.chat_postEphemeral(
                channel=request.channel,
                user=request.user,
                text=escaped(text),
                blocks=[section(text)],
                thread_ts=thread or None,
            ),
        )
        if whispered is None:
            await self.tell(text)

    async def clear(self) -> None:
        """Take a status line away that no message has cleared."""
        if self._status_shown:
            await self.status("")

    async def thread(self) -> list[dict[str, Any]]:
        """The messages of the request's thread, oldest first; empty where Slack does not show them."""
        request, client = self._request, self._slack.client
        if not request.thread:
            found = await self._slack.courtesies.call(
                "conversations.history",
                lambda: client.conversations_history(channel=request.channel, limit=50, include_all_metadata=True),
            )
            return list(reversed((found or {}).get("messages") or []))
        messages: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(PAGES):
            page = partial(
                client.conversations_replies,
                channel=request.channel,
                ts=request.thread,
                limit=100,
                include_all_metadata=True,
                cursor=cursor or None,
            )
            found = await self._slack.courtesies.call("conversations.replies", page)
            messages += (found or {}).get("messages") or []
            cursor = ((found or {}).get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return messages

    async def resume(self, messages: Sequence[Mapping[str, Any]]) -> bool:
        """Find what a worker that died has posted already; whether the answer is there in full."""
        request = self._request
        found = history.reply_to(messages, request.key, bot_user=self._slack.bot_user)
        if found is not None:
            self._ts, done = found
            return done
        known = await asyncio.to_thread(self._slack.state.replies, request.channel, request.thread)
        for ts in history.cut_off(messages, since=request.ts, bot_user=self._slack.bot_user):
            if known.get(ts, request.key) == request.key:
                self._ts = ts
                await self._stop_stream()
                break
        return False

    def _may_stream(self) -> bool:
        """Whether a stream runs, or may be begun: not for private answers, nor where a placeholder waits for its answer."""
        if self._stream is not None:
            return True
        wanted = bool(self._request.thread) and not self._request.private and not self._ts
        return wanted and self._slack.courtesies.offers("chat.startStream")

    async def _write(self, pieces: Sequence[str]) -> bool:
        """Stream the pieces that are not there yet; False where Slack does not take one."""
        request, courtesies = self._request, self._slack.courtesies
        for piece in pieces[len(self._written) :]:
            if self._stream is None:
                stream = await self._slack.client.chat_stream(
                    channel=request.channel,
                    thread_ts=request.thread,
                    recipient_team_id=request.team,
                    recipient_user_id=request.user,
                    buffer_size=1,
                )
                begun = await courtesies.call("chat.startStream", partial(stream.append, markdown_text=piece))
                if begun is None or not stream.ts:
                    return False
                self._stream = stream
                self._status_shown = False
                await self._noted(stream.ts)
            elif await courtesies.call("chat.appendStream", partial(self._stream.append, markdown_text=piece)) is None:
                return False
            self._written.append(piece)
        return True

    async def _finish_stream(self, answer: Answer, about: Mapping[str, Any]) -> bool:
        """End the stream with the blocks; False where the whole answer must take its place, as it has expired or changed."""
        pieces = streamed_text(answer)
        if pieces[: len(self._written)] != self._written or not await self._write(pieces) or self._stream is None:
            return False
        message = answer_messages(answer, key=self._request.key, private=False, streamed=True)[0]
        stop = partial(self._stream.stop, blocks=message.blocks, metadata=dict(about))
        return await self._slack.courtesies.call("chat.stopStream", stop) is not None

    async def _place(self, message: Message, about: Mapping[str, Any]) -> None:
        """Put a message in place of the placeholder, else post it."""
        if self._ts:
            if self._stream is not None:
                await self._stop_stream()
            try:
                await self._update(message, about)
                return
            except FAILURES as error:
                self._slack.courtesies.missed("chat.update", error)  # Deleted meanwhile, perhaps: post anew.
        await self._noted(await self._post(message, about))
        self._status_shown = False

    async def _stop_stream(self) -> None:
        """End a stream as it is, so that its message can be changed."""
        client = self._slack.client
        await self._slack.courtesies.call(
            "chat.stopStream", lambda: client.chat_stopStream(channel=self._request.channel, ts=self._ts)
        )
        self._stream = None

    async def _update(self, message: Message, about: Mapping[str, Any]) -> None:
        await self._slack.client.chat_update(
            channel=self._request.channel,
            ts=self._ts,
            text=message.text,
            blocks=list(message.blocks),
            metadata=dict(about),
            parse="none",
            link_names=False,
        )

    async def _post(self, message: Message, about: Mapping[str, Any]) -> str:
        """Post once, and only once, also where Slack's answer got lost; the new message's time stamp."""
        given: dict[str, Any] = {"blocks": list(message.blocks), "metadata": dict(about)}
        if self._request.thread:
            given["thread_ts"] = self._request.thread
        for attempt in range(1, TRIES + 1):
            try:
                posted = await self._slack.client.chat_postMessage(
                    channel=self._request.channel, text=message.text, **given, **SAFE
                )
                return str(posted["ts"])
            except FAILURES as error:
                dropped = _dropped(error_name(error), given)
                if dropped:
                    self._slack.courtesies.missed("chat.postMessage", error)
                    del given[dropped]
                    continue
                unsure = not isinstance(error, SlackApiError) or error.response.status_code >= 500
                if not unsure or attempt == TRIES:
                    raise
                await asyncio.sleep(0.5 * 2**attempt)
                earlier = await self._posted_already(about)
                if earlier:
                    return earlier
        raise RuntimeError("a message was neither posted nor refused")

    async def _posted_already(self, about: Mapping[str, Any]) -> str:
        """Time stamp of a message of ours with the same metadata, which an earlier try has posted."""
        for message in await self.thread():
            if history.payload_of(message, self._slack.bot_user) == about["event_payload"]:
                return str(message["ts"])
        return ""

    async def _noted(self, ts: str) -> None:
        self._ts = ts
        await asyncio.to_thread(self._slack.state.note_reply, self._request.key, ts)

    async def _respond(self, message: Message) -> None:
        webhook = AsyncWebhookClient(self._request.response_url, session=self._slack.client.session)
        response = await webhook.send(
            text=message.text, blocks=list(message.blocks), response_type="ephemeral", replace_original=False
        )
        if response.status_code != 200:
            log.warning("response_url_refused", status=response.status_code)


def _told(key: str) -> dict[str, Any]:
    told = history.placeholder(key)
    return {**told, "event_payload": {**told["event_payload"], "done": True}}


def _part(about: Mapping[str, Any], part: int) -> dict[str, Any]:
    return {**about, "event_payload": {"key": about["event_payload"]["key"], "done": True, "part": part}}


def _dropped(error: str, given: Mapping[str, Any]) -> str:
    """What to leave out so that Slack takes the message after all; empty where nothing helps."""
    if error in _TEXT_ONLY and "blocks" in given:
        return "blocks"
    if error in _BARE and "metadata" in given:
        return "metadata"
    if error in ("cannot_reply_to_message", "thread_not_found") and "thread_ts" in given:
        return "thread_ts"
    return ""
