"""Blocks: an `Answer` as Slack shows it. Pure functions: no client, no clock, no setting.

Words that we did not write stand in rich-text and plain-text elements only. Slack reads no markup there: a `<!channel>`, a
link or a backtick in a title or a quote stays what it is, ink.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextActionsBlock,
    ContextBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextQuoteElement,
    RichTextSectionElement,
)

from bot import phrases as answer_phrases
from bot.answer import Answer, Backend, CitedQuote, Statement
from bot.slack import actions
from bot.slack.phrases import say
from bot.slack.places import Place, pack
from knowledge.document import Language
from knowledge.sentences import sentence_spans

MESSAGE_CHARACTERS = 9_000
"""Of a message's blocks; Slack has refused messages of about 13,000."""
MESSAGE_BLOCKS = 40
"""Slack takes 50; the rest is for footer and buttons."""
FALLBACK_CHARACTERS = 3_000
"""Of the text for notifications and screen readers; Slack refuses more than about 4,000."""
_CONTEXT_CHARACTERS = 1_900

Text = RichTextElementParts.Text
Style = RichTextElementParts.TextStyle


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its blocks, and the same in plain words."""

    blocks: tuple[Block, ...]
    text: str


def answer_messages(
    answer: Answer, *, key: str, private: bool, heading: str = "", streamed: bool = False
) -> list[Message]:
    """The messages that show an answer: one, or several where it is long. No quote is cut between two of them.

    Args:
        answer: what is shown.
        key: of the request, so that a verdict on the answer finds its question.
        private: whether only the asker sees it; then it can be posted to the channel.
        heading: a line above it, empty for none.
        streamed: whether `streamed_text` stands above the blocks already.
    """
    groups: list[list[Block]] = [[section(heading)]] if heading else []
    if answer.note and not streamed:
        groups.append([section(answer.note)])
    labelled = any(statement.camp for statement in answer.statements)
    camp: str | None = ""
    shown: set[int] = set()
    for statement in answer.statements:
        group: list[Block] = []
        if labelled and statement.camp != camp:
            camp = statement.camp
            group.append(section(say(f"camp_{camp or 'none'}", answer.language), bold=True))
        group += _statement(statement, answer, shown, streamed=streamed and worded(answer))
        groups += _within_limits(group)
    for quote in answer.quotes:
        if quote.n not in shown:
            groups += _within_limits(_quote(quote, answer))
    parts = _packed(groups)
    last = [*parts[-1], context(footer(answer)), *_buttons(answer, key=key, private=private)]
    parts[-1] = last
    whole = fallback(answer)
    return [
        Message(tuple(part), whole if number == 0 else say("continued", answer.language))
        for number, part in enumerate(parts)
    ]


def worded(answer: Answer) -> bool:
    """Whether a model wrote the statements, so that they say more than who and when."""
    return answer.backend.model is not None


def streamed_text(answer: Answer) -> list[str]:
    """What is streamed above the blocks, piece by piece, as Markdown in which no markup of others is left."""
    pieces = [answer.note] if answer.note else []
    if worded(answer):
        pieces += [statement.text for statement in answer.statements]
    elif not answer.note:
        pieces.append(say("intro_answered", answer.language))
    return [f"{unmarked(piece)}\n\n" for piece in pieces] or [say("kaibi", answer.language)]


def unmarked(text: str) -> str:
    """For Markdown: nothing in the text is read as markup, address or mention.

    >>> unmarked("<!here> **x** http://e.example @all").replace("\u2060", "·")
    '&lt;\\\\!here&gt; \\\\*\\\\*x\\\\*\\\\* http:·//e.example @·all'
    """
    marked = re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", escaped(text))
    return re.sub(r"(?<=:)(?=//)|(?<=@)|(?<=www)(?=\.)", "\u2060", marked)


def fallback(answer: Answer) -> str:
    """The answer in plain words, for notifications and screen readers; shortened at a sentence."""
    lines = [answer.note or ""]
    lines += [statement.text for statement in answer.statements]
    text = escaped("\n".join(line for line in lines if line)) or say("kaibi", answer.language)
    return shortened(text, FALLBACK_CHARACTERS)


def footer(answer: Answer) -> str:
    """Who worded it, how many quotes were verified, as of when."""
    language = answer.language
    count = len(answer.quotes)
    name = "footer_no_quotes" if not count else "footer_quote" if count == 1 else "footer_quotes"
    parts = [described(answer.backend, language), say(name, language, count=count)]
    if answer.backend.removed:
        parts.append(answer_phrases.say("backend_removed", language, count=answer.backend.removed))
    dates = sorted({quote.date for quote in answer.quotes if quote.date})
    if dates:
        span = dates[0] if len(dates) == 1 else f"{dates[0]} – {dates[-1]}"
        parts.append(say("footer_as_of", language, dates=span))
    line = " · ".join(parts)
    return f"{answer.backend.reason} {line}" if answer.backend.reason else line


def described(backend: Backend, language: Language) -> str:
    """A backend: its name, whether its weights are open, where it runs."""
    if backend.model is None:
        return f"{backend.name}{_bracketed(say('footer_extractive', language), language)}"
    facts: tuple[str, ...] = (
        say(f"weights_{backend.weights or 'unknown'}", language),
        say(f"place_{backend.place}", language),
    )
    if backend.licence:
        facts = (*facts, backend.licence)
    name = backend.model if backend.name in backend.model else f"{backend.name}:{backend.model}"
    return f"{name}{_bracketed((', ' if language == 'en' else '，').join(facts), language)}"


def section(text: str, *, bold: bool = False) -> RichTextBlock:
    """A paragraph in which no markup is read."""
    style = Style(bold=True) if bold else None
    return RichTextBlock(elements=[RichTextSectionElement(elements=[Text(text=text or " ", style=style)])])


def context(text: str) -> ContextBlock:
    """A small grey line in which no markup is read."""
    return ContextBlock(elements=[PlainTextObject(text=shortened(text, _CONTEXT_CHARACTERS), emoji=False)])


def quoted(quote_text: str, source: Sequence[RichTextElementParts.Text | RichTextElementParts.Link]) -> RichTextBlock:
    """Words in a quote block, their source under them."""
    return RichTextBlock(
        elements=[RichTextQuoteElement(elements=[Text(text=quote_text)]), RichTextSectionElement(elements=list(source))]
    )


def source_of(quote: CitedQuote, language: Language) -> list[RichTextElementParts.Text | RichTextElementParts.Link]:
    """[1] Title (a link where the document names its address), publisher, date, section."""
    kind = say(f"{quote.kind}_kind", language)
    details = [kind if quote.kind == "note" else quote.publisher or kind]
    if quote.source:
        details.append(say("based_on", language, source=quote.source))
    details += [quote.date, _section_of(quote)]
    rest = shortened(" · ".join(detail for detail in details if detail), 500)
    title = shortened(quote.title or quote.document, 200)
    return [Text(text=f"[{quote.n}] "), link(title, quote.url), Text(text=f" — {rest}")]


def _section_of(quote: CitedQuote) -> str:
    """The headings above a quote, without the title over again; line and offsets are for "Show in context"."""
    headings = quote.locator.rpartition(" · ")[0]
    return headings.removeprefix(quote.title).removeprefix(" › ")


def link(text: str, url: str) -> RichTextElementParts.Text | RichTextElementParts.Link:
    """A link, where the address is one of the web; else the words alone."""
    parts = urlsplit(url) if url.isprintable() and len(url) <= 2_000 and " " not in url else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return Text(text=text)
    return RichTextElementParts.Link(url=url, text=text)


def escaped(text: str) -> str:
    """For places where Slack would read markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a sentence end where there is one in the latter half."""
    if len(text) <= limit:
        return text
    ends = [end for _, end in sentence_spans(text[:limit]) if limit // 2 <= end < limit]
    return text[: ends[-1]] + "…" if ends else text[: limit - 1] + "…"


def lead(statement: Statement, quotes: Sequence[CitedQuote]) -> str:
    """What a statement says besides the quotes that follow it: who and when, or all of a worded sentence."""
    text = statement.text
    for quote in quotes:
        at = text.find(quote.text)
        if at >= 0:
            before, after = text[:at].rstrip('“"「 '), text[at + len(quote.text) :].lstrip('”"」 ')
            text = f"{before} {after}" if before.isascii() else before + after
            text = text.replace(f"[{quote.n}]", "").strip()
    return text.rstrip(" :：")


def _statement(statement: Statement, answer: Answer, shown: set[int], *, streamed: bool) -> list[Block]:
    cited = [quote for quote in answer.quotes if quote.n in statement.quotes]
    said = "" if streamed else lead(statement, cited)
    blocks: list[Block] = [section(said)] if said else []
    for quote in cited:
        if quote.n not in shown:
            shown.add(quote.n)
            blocks += _quote(quote, answer)
    return blocks


def _quote(quote: CitedQuote, answer: Answer) -> list[Block]:
    blocks: list[Block] = [quoted(quote.text, source_of(quote, answer.language))]
    if quote.translation:
        by = answer.backend.model or answer.backend.name
        blocks.append(context(answer_phrases.say("translated", answer.language, name=by, text=quote.translation)))
    return blocks


def _buttons(answer: Answer, *, key: str, private: bool) -> list[Block]:
    language = answer.language
    question = shortened(answer.question, 300)
    verdict = json.dumps({"k": key, "q": question, "l": language}, ensure_ascii=False)
    blocks: list[Block] = [
        ContextActionsBlock(
            elements=[
                FeedbackButtonsElement(
                    action_id=actions.GOOD_OR_BAD,
                    positive_button=FeedbackButtonObject(text=say("good", language), value=f"+{verdict}"),
                    negative_button=FeedbackButtonObject(text=say("bad", language), value=f"-{verdict}"),
                )
            ]
        )
    ]
    buttons = []
    places = [Place(quote.document, quote.version, quote.start, quote.end) for quote in answer.quotes]
    if places:
        buttons.append(_button(actions.SHOW_CONTEXT, say("show_context", language), pack(places, language)))
    if private and answer.statements and len(answer.question) <= 1_500:
        value = json.dumps({"q": answer.question}, ensure_ascii=False)
        buttons.append(_button(actions.POST_TO_CHANNEL, say("post_to_channel", language), value))
    if buttons:
        blocks.append(ActionsBlock(elements=buttons))
    return blocks


def _button(action: str, text: str, value: str) -> ButtonElement:
    return ButtonElement(action_id=action, text=PlainTextObject(text=text, emoji=False), value=value)


def _bracketed(text: str, language: Language) -> str:
    return f" ({text})" if language == "en" else f"（{text}）"


def size(block: Block) -> int:
    """Characters of a block, as far as Slack may count them."""
    return len(json.dumps(block.to_dict(), ensure_ascii=False))


def _within_limits(group: list[Block]) -> list[list[Block]]:
    """A statement with its quotes as one group, or block by block where it fills more than a message."""
    if sum(map(size, group)) <= MESSAGE_CHARACTERS:
        return [group]
    return [[piece] for block in group for piece in _pieces(block)]


def _pieces(block: Block) -> list[Block]:
    """A block that no message can hold, cut at sentence ends."""
    if size(block) <= MESSAGE_CHARACTERS or not isinstance(block, RichTextBlock):
        return [block]
    first, *rest = block.to_dict()["elements"]
    texts = _cut("".join(element.get("text", "") for element in first["elements"]))
    cut = [first | {"elements": [{"type": "text", "text": text}]} for text in texts]
    return [*(RichTextBlock(elements=[piece]) for piece in cut[:-1]), RichTextBlock(elements=[cut[-1], *rest])]


def _cut(text: str) -> list[str]:
    """Consecutive pieces of a text; joined they are the text again."""
    limit = MESSAGE_CHARACTERS // 3  # Escaped for the wire, a character may take several.
    pieces = []
    while len(text) > limit:
        ends = [end for _, end in sentence_spans(text[:limit]) if end < limit]
        cut = ends[-1] if ends else limit
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def _packed(groups: Sequence[list[Block]]) -> list[list[Block]]:
    """Groups laid into messages in order; a group stays whole."""
    parts: list[list[Block]] = [[]]
    room = MESSAGE_CHARACTERS
    for group in groups:
        need = sum(map(size, group))
        if parts[-1] and (need > room or len(parts[-1]) + len(group) > MESSAGE_BLOCKS):
            parts.append([])
            room = MESSAGE_CHARACTERS
        parts[-1] += group
        room -= need
    return parts
