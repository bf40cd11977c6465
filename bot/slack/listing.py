"""The listing: what Kaibi knows, one line a document."""

from collections.abc import Sequence

from bot.slack import actions
from bot.slack.answering import Listed
from bot.slack.phrases import say
from knowledge.document import Language


def own_language(documents: Sequence[Listed], language: Language) -> list[Listed]:
    """Of twins the one that a reader of `language` sees."""
    english = language == "en"
    served = {d.metadata.twin for d in documents if d.metadata.twin and (d.metadata.language == "en") == english}
    return [d for d in documents if d.metadata.twin not in served or (d.metadata.language == "en") == english]


def document_lines(documents: Sequence[Listed], language: Language, *, characters: int) -> list[str]:
    """• Title — date, stance; as many as fit, and how many more there are."""
    shown = own_language(documents, language)
    lines = [say("home_documents", language, count=len(shown))]
    used = len(lines[0])
    for number, document in enumerate(shown):
        line = document_line(document, language)
        used += len(line) + 1
        if used > characters:
            lines.append(say("home_more", language, count=len(shown) - number, command=actions.COMMAND))
            break
        lines.append(line)
    return lines


def document_line(document: Listed, language: Language) -> str:
    """One document."""
    about = document.metadata
    stance = say(f"stance_{about.stance}", language) if about.stance in ("open", "closed", "both", "neutral") else ""
    kind = say(f"{about.kind}_kind", language)
    details = [kind if about.kind == "note" else about.publisher or kind, about.date, stance]
    return f"• {(about.title or document.id)[:200]} — {' · '.join(detail for detail in details if detail)}"
