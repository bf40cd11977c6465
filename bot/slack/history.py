"""History: what was asked and answered in a thread before, as Slack gives it. Nothing is remembered here.

Every answer carries metadata: its request's key, the places of its quotes, who it spoke for. The words come from the store.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.answer import Answer, Status
from bot.slack import actions
from bot.slack.blocks import shortened
from bot.slack.places import Place, place_of
from bot.slack.request import plain
from knowledge.document import Language

TURNS = 6
"""Earlier questions that a follow-up is read in the light of."""
_SAID = 80
"""Characters kept of a worded statement."""


@dataclass(frozen=True, slots=True)
class EarlierTurn:
    """A question of the thread and what was answered."""

    question: str
    language: Language
    status: Status
    places: tuple[Place, ...]
    """Of the quotes, in their order."""
    statements: tuple[tuple[str | None, tuple[int, ...], str], ...]
    """Camp, quote numbers, and the words where a model worded it; empty where they were the quote's own."""


def metadata(answer: Answer, key: str) -> dict[str, Any]:
    """What a message with an answer carries."""
    worded = answer.backend.model is not None
    body = {
        "s": answer.status,
        "l": answer.language,
        "q": [[quote.document, quote.version, quote.start, quote.end] for quote in answer.quotes],
        "a": [[s.camp, list(s.quotes), shortened(s.text, _SAID) if worded else ""] for s in answer.statements],
    }
    payload = {
        "key": key,
        "done": True,
        "question": shortened(answer.question, 500),
        "answer": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    }
    return {"event_type": actions.ANSWER, "event_payload": payload}


def placeholder(key: str) -> dict[str, Any]:
    """What the first sign of an answer carries, until the answer takes its place."""
    return {"event_type": actions.ANSWER, "event_payload": {"key": key, "done": False}}


def earlier_turns(messages: Sequence[Mapping[str, Any]], *, bot_user: str, before: str) -> list[EarlierTurn]:
    """The answered questions among a thread's messages that are older than the time stamp `before`, oldest first."""
    asked = {str(message.get("ts", "")): plain(str(message.get("text", ""))) for message in messages}
    turns: dict[str, EarlierTurn] = {}
    for message in messages:
        payload = payload_of(message, bot_user)
        if payload is None or not payload.get("answer") or float(message.get("ts") or 0) >= float(before or "inf"):
            continue
        key = str(payload["key"])
        question = asked.get(key.rpartition(":")[2], "").replace(f"@{bot_user}", "").strip()
        turn = _turn(question or str(payload.get("question", "")), str(payload["answer"]))
        if turn is not None:
            turns[key] = turn
    return list(turns.values())[-TURNS:]


def answered(messages: Sequence[Mapping[str, Any]], *, bot_user: str) -> bool:
    """Whether an answer of ours is among a thread's messages."""
    return any(payload_of(message, bot_user) is not None for message in messages)


def reply_to(messages: Sequence[Mapping[str, Any]], key: str, *, bot_user: str) -> tuple[str, bool] | None:
    """Time stamp of our message that answers a request, and whether the answer is in it already; None where none is."""
    found = None
    for message in messages:
        payload = payload_of(message, bot_user)
        if payload is not None and payload.get("key") == key:
            found = (str(message["ts"]), bool(payload.get("done")))
    return found


def cut_off(messages: Sequence[Mapping[str, Any]], *, since: str, bot_user: str) -> list[str]:
    """Time stamps of our messages after `since` without metadata: streams that nobody finished."""
    return [
        str(message["ts"])
        for message in messages
        if message.get("user") == bot_user
        and not message.get("metadata")
        and float(message["ts"]) > float(since or "inf")
    ]


def payload_of(message: Mapping[str, Any], bot_user: str) -> Mapping[str, Any] | None:
    """The metadata of a message of ours; None for anyone else's, who could have forged it."""
    about = message.get("metadata") or {}
    if message.get("user") != bot_user or about.get("event_type") != actions.ANSWER:
        return None
    payload: Mapping[str, Any] = about.get("event_payload") or {}
    return payload


def _turn(question: str, body: str) -> EarlierTurn | None:
    try:
        found = json.loads(body)
        places = tuple(map(place_of, found["q"]))
        statements = tuple((camp, tuple(numbers), str(said)) for camp, numbers, said in found["a"])
        return EarlierTurn(question, found["l"], found["s"], places, statements)
    except (ValueError, KeyError, TypeError):
        return None  # Of another version of Kaibi: the thread goes on without it.
