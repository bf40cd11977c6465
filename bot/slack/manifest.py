"""The manifest: the Slack app described so that Slack can create it, for Socket Mode or for HTTP."""

import json
from typing import Any

import yaml

from bot.slack import actions
from bot.slack.phrases import suggestions
from bot.slack.server import EVENTS

SCOPES: dict[str, str] = {
    "app_mentions:read": "hear mentions",
    "assistant:write": "show a status line and suggested prompts",
    "channels:history": "read the thread of a follow-up in public channels",
    "chat:write": "answer",
    "commands": "offer /kaibi and the message shortcut",
    "files:read": "take documents from admins",
    "groups:history": "the same in private channels",
    "im:history": "hear direct messages",
    "mpim:history": "the same in group conversations",
    "users:read": "tell members from guests and strangers, and their language",
}
"""Every scope of the bot token, and what would be missed without it."""
BOT_EVENTS = (
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)
PANEL_EVENTS = ("assistant_thread_context_changed", "assistant_thread_started")
"""Of the older assistant panel only."""


def manifest(*, socket_mode: bool, url: str = "", panel: bool = False) -> dict[str, Any]:
    """The app.

    Args:
        socket_mode: whether it is reached by Socket Mode, else by HTTP.
        url: the public address of HTTP mode, without a path.
        panel: whether the workspace still has the older assistant panel in place of the Messages tab of agents.
    """
    about = "Answers questions about open and closed language models with quotes."
    prompts = {"suggested_prompts": suggestions()}
    view = {"assistant_view": {"assistant_description": about, **prompts}}
    if not panel:
        view = {"agent_view": {"agent_description": about, **prompts}}
    events = [*BOT_EVENTS, *(PANEL_EVENTS if panel else ())]
    request_url = f"{(url or 'https://kaibi.example.com').rstrip('/')}{EVENTS}"
    address = {} if socket_mode else {"request_url": request_url}
    command_url = {} if socket_mode else {"url": request_url}
    return {
        "display_information": {
            "name": "Kaibi",
            "description": "Open or closed language models, answered with verbatim quotes. 大模型开源还是闭源，用原文说话",
            "background_color": "#1f3a5f",
        },
        "features": {
            **view,
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Kaibi", "always_online": True},
            "shortcuts": [
                {
                    "name": "Check against the sources",
                    "type": "message",
                    "callback_id": actions.CHECK_MESSAGE,
                    "description": "Which sentences do Kaibi's documents bear out? 逐句核查",
                }
            ],
            "slash_commands": [
                {
                    "command": actions.COMMAND,
                    "description": "Ask Kaibi; only you see the answer. 问开闭",
                    "usage_hint": "question | compare question | docs | help",
                    "should_escape": True,
                    **command_url,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": sorted(events), **address},
            "interactivity": {"is_enabled": True, **address},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": False,
        },
    }


def printed(*, socket_mode: bool, url: str, as_json: bool, panel: bool = False) -> str:
    """The manifest as Slack's "From a manifest" page takes it."""
    made = manifest(socket_mode=socket_mode, url=url, panel=panel)
    if as_json:
        return json.dumps(made, ensure_ascii=False, indent=2)
    return str(yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=110)).rstrip()


def missing_scopes(granted: str) -> list[str]:
    """What of the manifest a token was not given; `granted` is Slack's x-oauth-scopes header.

    >>> missing_scopes("chat:write,commands,app_mentions:read,assistant:write,im:history,mpim:history,users:read")
    ['channels:history', 'files:read', 'groups:history']
    """
    return sorted(set(SCOPES) - {scope.strip() for scope in granted.split(",")})
