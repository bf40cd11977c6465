"""Draw an answer's Slack blocks as an HTML page, for the README's picture: python docs/picture.py "question" > answer.html

chromium --headless --screenshot=docs/answer.png --window-size=900,1100 answer.html
"""

import sys
from html import escape
from typing import Any

from bot.session import ask
from bot.slack.blocks import answer_messages
from knowledge.base import open_knowledge
from knowledge.settings import load_settings

STYLE = """
body { font: 15px/1.46 Lato, "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #1d1c1d; margin: 20px; width: 820px }
.person { font-weight: 900; margin-top: 14px } .person small { font-weight: 400; color: #616061; margin-left: 8px }
.app { background: #eee; border-radius: 2px; font-size: 10px; padding: 1px 3px; margin-left: 4px; color: #616061 }
p { margin: 6px 0 2px; white-space: pre-wrap } a { color: #1264a3; text-decoration: none } .mention { background: #e8f5fa; color: #1264a3 }
blockquote { border-left: 4px solid #ddd; margin: 4px 0; padding-left: 12px; white-space: pre-wrap }
.context { color: #616061; font-size: 13px; margin: 10px 0 6px }
button { font: 700 13px sans-serif; border: 1px solid #bbb; background: #fff; border-radius: 4px; padding: 5px 12px; margin: 2px 8px 2px 0 }
"""


def drawn(block: dict[str, Any]) -> str:
    """One block, or an element of one."""
    kind = block["type"]
    inside = "".join(drawn(element) for element in block.get("elements", []))
    if kind == "text":
        text = escape(block["text"])
        return f"<b>{text}</b>" if (block.get("style") or {}).get("bold") else text
    if kind == "link":
        return f'<a href="{escape(block["url"])}">{escape(block["text"])}</a>'
    if kind == "plain_text":
        return escape(block["text"])
    if kind == "button":
        return f"<button>{drawn(block['text'])}</button>"
    if kind == "feedback_buttons":
        return "".join(
            f"<button>{thumb} {drawn(block[name]['text'])}</button>"
            for thumb, name in (("👍", "positive_button"), ("👎", "negative_button"))
        )
    tag = {"rich_text_section": "p", "rich_text_quote": "blockquote"}.get(kind, "div")
    return f'<{tag} class="{kind}">{inside}</{tag}>'


def page(questions: list[str]) -> str:
    """Questions as a person wrote them, each with its answer."""
    base = open_knowledge(load_settings())
    body = ""
    for question in questions:
        asked = f'<p><span class="mention">@Kaibi</span> {escape(question)}</p>'
        body += f'<div class="person">Mei<small>10:24</small></div>{asked}'
        body += '<div class="person">Kaibi<span class="app">APP</span><small>10:24</small></div>'
        for message in answer_messages(ask(base, question), key="C1:1.1", private=False):
            body += "".join(drawn(block.to_dict()) for block in message.blocks)
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}"


if __name__ == "__main__":
    print(page(sys.argv[1:]))
