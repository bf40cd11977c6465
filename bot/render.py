"""Rendering for the terminal and for the `text` of JSON: plain text, from an `Answer` alone."""

from bot import phrases
from bot.answer import Answer, CitedQuote
from knowledge.console import printable
from knowledge.document import Language


def as_text(answer: Answer) -> str:
    """The whole answer as plain text, without control characters."""
    lines: list[str] = []
    if answer.note:
        lines += [printable(answer.note), ""]
    camp = ""
    labelled = any(statement.camp for statement in answer.statements)
    for statement in answer.statements:
        label = phrases.say(f"camp_{statement.camp or 'none'}", answer.language) if labelled else ""
        if label != camp:
            lines += [f"{label}{':' if answer.language == 'en' else '：'}"]
            camp = label
        lines.append(f"• {printable(statement.text)}")
    if answer.quotes:
        lines += ["", *(line for quote in answer.quotes for line in _quote_lines(answer, quote))]
    return "\n".join(lines).strip()


def _quote_lines(answer: Answer, quote: CitedQuote) -> list[str]:
    """Where a quote stands, and its words where no statement holds them."""
    lines = [source_line(quote, answer.language)]
    if not any(quote.text in statement.text for statement in answer.statements):
        lines.append(f"    “{printable(quote.text)}”")
    if quote.translation:
        name = answer.backend.model or answer.backend.name
        lines.append("    " + printable(phrases.say("translated", answer.language, name=name, text=quote.translation)))
    return lines


def source_line(quote: CitedQuote, language: Language) -> str:
    """[1] Title — publisher, date, place, address."""
    kind = phrases.say(f"{quote.kind}_kind", language)
    parts = [kind if quote.kind == "note" else quote.publisher or kind]
    if quote.source:
        parts.append(phrases.say("based_on", language, source=quote.source))
    parts += [quote.date, quote.locator, quote.url]
    return printable(f"[{quote.n}] {quote.title} — " + " · ".join(part for part in parts if part))


def footer(answer: Answer) -> str:
    """Who worded it and where, that the quotes hold, and what went wrong."""
    backend, language = answer.backend, answer.language
    if backend.model is None:
        text = phrases.say("backend", language, name=backend.name, count=len(answer.quotes))
    else:
        facts = [backend.model if backend.model != backend.name else "", backend.licence]
        facts += [phrases.say(f"{backend.weights}_weights", language)] if backend.weights else []
        facts.append(phrases.say(f"{backend.place}_place", language))
        joined = (", " if language == "en" else "，").join(fact for fact in facts if fact)
        text = phrases.say("backend_llm", language, name=backend.name, facts=joined, count=len(answer.quotes))
    stop, gap = ("; ", " ") if language == "en" else ("；", "")
    if backend.removed:
        text += stop + phrases.say("backend_removed", language, count=backend.removed)
    return f"{backend.reason}{gap}{text}" if backend.reason else text
