"""Access: who is answered where, by the settings and by what Slack says of a person."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.courtesy import Courtesies
from knowledge.document import Language
from knowledge.settings import Settings

KEEP_SECONDS = 600.0
"""How long what Slack said of a person is believed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may ask where, who may add documents."""

    channels: frozenset[str]
    """Empty for all."""
    users: frozenset[str]
    """Empty for all members."""
    admins: frozenset[str]
    outsiders: bool
    """Whether guests and people of other workspaces are answered."""


@dataclass(frozen=True, slots=True)
class Person:
    """What Slack says of a person."""

    id: str
    outsider: bool = False
    """A guest, or of another workspace."""
    language: Language = "en"


def rules_of(settings: Settings) -> Rules:
    """The rules in the settings."""

    def ids(text: str) -> frozenset[str]:
        return frozenset(text.replace(",", " ").split())

    return Rules(
        ids(settings.slack_channels), ids(settings.slack_users), ids(settings.slack_admins), settings.slack_outsiders
    )


def refusal(rules: Rules, person: Person, *, channel: str, direct: bool) -> str | None:
    """The name of the phrase with which a person is turned away; None where they are welcome.

    >>> rules = Rules(frozenset(["C1"]), frozenset(), frozenset(), False)
    >>> [refusal(rules, Person("U1"), channel=channel, direct=False) for channel in ("C1", "C2")]
    [None, 'channel_not_allowed']
    """
    if person.outsider and not rules.outsiders and person.id not in rules.users:
        return "outsider_not_allowed"
    if rules.users and person.id not in rules.users and person.id not in rules.admins:
        return "user_not_allowed"
    if rules.channels and not direct and channel not in rules.channels:
        return "channel_not_allowed"
    return None


class People:
    """Asks Slack who someone is, once in a while."""

    def __init__(self, client: AsyncWebClient, courtesies: Courtesies, *, team: str) -> None:
        self._client = client
        self._courtesies = courtesies
        self._team = team
        self._known: dict[str, tuple[float, asyncio.Future[Person]]] = {}

    async def person(self, user: str, *, outside: bool = False) -> Person:
        """Who someone is. `outside` tells that the event itself named another workspace as theirs."""
        now = time.monotonic()
        kept = self._known.get(user)
        if kept is None or now - kept[0] > KEEP_SECONDS:
            if len(self._known) > 10_000:
                self._known.clear()
            kept = (now, asyncio.ensure_future(self._ask(user)))
            self._known[user] = kept
        person = await asyncio.shield(kept[1])
        return Person(user, True, person.language) if outside and not person.outsider else person

    async def _ask(self, user: str) -> Person:
        found = await self._courtesies.call(
            "users.info", lambda: self._client.users_info(user=user, include_locale=True)
        )
        # Without users:read nobody can be told from a member; the event's own word on their workspace still counts.
        return person_of(user, (found or {}).get("user") or {}, team=self._team)


def person_of(user: str, about: Mapping[str, Any], *, team: str) -> Person:
    """Read what users.info says."""
    guest = bool(about.get("is_restricted") or about.get("is_ultra_restricted"))
    stranger = bool(about.get("is_stranger")) or (bool(about.get("team_id")) and about["team_id"] != team)
    enterprise = (about.get("enterprise_user") or {}).get("teams") or []
    locale = str(about.get("locale") or "")
    language: Language = "en"
    if locale.startswith("zh"):
        language = "zh-Hant" if locale.endswith(("TW", "HK", "MO")) else "zh"
    return Person(user, guest or (stranger and team not in enterprise), language)
