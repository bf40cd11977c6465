"""The language of what a model wrote: it must be that of the question."""

import re

from bot.checking import QUOTED
from knowledge.document import Language
from knowledge.script import HAN, language_of, simplified, traditional


def foreign(text: str, language: Language) -> bool:
    """Whether a statement is in the other language than the question. One in Chinese may consist of Latin names for the most part."""
    if language == "en":
        return language_of(text) != "en"
    return not re.search(f"[{HAN}]", text) and len(re.findall(r"[A-Za-z]{2,}", text)) > 3


def in_script(text: str, language: Language) -> str:
    """A Chinese statement in the script of the question; what stands in quotation marks stays."""
    if language == "en" or language_of(text) in ("en", language):
        return text
    spell = simplified if language == "zh" else traditional
    parts, at = [], 0
    for match in QUOTED.finditer(text):
        parts += [spell(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, spell(text[at:])])
