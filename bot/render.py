"""Rendering for the terminal and for the `text` of JSON: plain text, from an `Answer` alone."""

from bot import phrases
from bot.answer import Answer, CitedQuote
from knowledge.console import printable
from knowledge.document import Language


def as_text(answer: Answer) -> str:
    """The whole answer as plain text, without control characters."""
    lines: list[str] = []
    if answer.note:
        lines += [answer.note, ""]
    camp = ""
    labelled = any(statement.camp for statement in answer.statements)
    for statement in answer.statements:
        label = phrases.say(f"camp_{statement.camp or 'none'}", answer.language) if labelled else ""
        if label != camp:
            lines += [f"{label}{':' if answer.language == 'en' else '：'}"]
            camp = label
        lines.append(f"• {printable(statement.text)}")
    if answer.quotes:
        lines += ["", *(source_line(quote, answer.language) for quote in answer.quotes)]
    return "\n".join(lines).strip()


def source_line(quote: CitedQuote, language: Language) -> str:
    """[1] Title — publisher, date, place, address."""
    kind = phrases.say(f"{quote.kind}_kind", language)
    parts = [kind if quote.kind == "note" else quote.publisher or kind]
    if quote.source:
        parts.append(phrases.say("based_on", language, source=quote.source))
    parts += [quote.date, quote.locator, quote.url]
    return printable(f"[{quote.n}] {quote.title} — " + " · ".join(part for part in parts if part))


def footer(answer: Answer) -> str:
    """Who worded it, and that the quotes hold."""
    return phrases.say("backend", answer.language, name=answer.backend.name, count=len(answer.quotes))
