"""Terms: names and notions known in both languages, found in a question, also misspelt.

From one data file, knowledge/terms.yaml, and the user's own in the same form.
"""

import hashlib
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from knowledge.document import Language
from knowledge.errors import SettingsError
from knowledge.script import HAN, folded, tokens

FILE = Path(__file__).with_name("terms.yaml")
KINDS = ("vendor", "person", "product", "place", "topic")
NAMED = ("vendor", "person", "product")
"""Kinds that are names of somebody or something, rather than notions."""
_LETTER = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing with its names."""

    id: str
    kind: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    of: str = ""
    """The vendor that it belongs to."""

    def names(self, language: Language) -> tuple[str, ...]:
        """Its names in a language; the other language's where it has none of its own."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)

    @property
    def all_names(self) -> tuple[str, ...]:
        return self.zh + self.en


@dataclass(frozen=True, slots=True)
class Mention:
    """A term where it stands in a folded text."""

    term: Term
    start: int
    end: int


@dataclass(frozen=True)
class Terms:
    """All terms by id."""

    by_id: Mapping[str, Term]
    words: Container[str] = ()
    """Tokens of the documents, which are meant as they stand: a "clause" is no misspelt Claude."""

    @cached_property
    def fingerprint(self) -> str:
        """Changes when a term changes."""
        return hashlib.sha256(repr(sorted(self.by_id.items())).encode()).hexdigest()[:12]

    def find(self, text: str) -> list[Mention]:
        """Mentions in `folded(text)`, longest first where names overlap, in the order of the text."""
        spelt = folded(text)
        found: list[Mention] = []
        end = 0
        for head in self._heads.finditer(spelt):
            at = head.start()
            if at < end:
                continue
            pair = spelt[at : at + 2]
            for length in (*self._lengths.get(pair, ()), *self._lengths.get(pair[0], ())):
                name = spelt[at : at + length]
                owner = self._names.get(name)
                if owner and not (name in self._worded and _in_word(spelt, at, at + len(name))):
                    end = at + len(name)
                    found.append(Mention(self.by_id[owner], at, end))
                    break
        return found

    def knowing(self, words: Container[str]) -> "Terms":
        """The same terms beside the documents' own words."""
        return Terms(self.by_id, words)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """All mentions in a question, also misspelt."""
        return tuple(self.find(text) + self.find_misspelt(text))

    def find_misspelt(self, text: str) -> list[Mention]:
        """Latin words of five letters or more that are one slip away from a name; not those that the documents know."""
        found = []
        taken = {place for mention in self.find(text) for place in range(mention.start, mention.end)}
        for match in re.finditer(r"[a-z]{5,}", folded(text)):
            if match.start() in taken or all(token in self.words for token in tokens(match[0])):
                continue
            for name in self._latin_names:
                if abs(len(name) - len(match[0])) <= 1 and name[0] == match[0][0] and _one_slip(match[0], name):
                    found.append(Mention(self.by_id[self._names[name]], match.start(), match.end()))
                    break
        return found

    @cached_property
    def _names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for term in self.by_id.values():
            for name in term.all_names:
                names.setdefault(folded(name), term.id)
        return names

    @cached_property
    def _latin_names(self) -> list[str]:
        return [
            name
            for name, owner in self._names.items()
            if re.fullmatch("[a-z]{5,}", name) and self.by_id[owner].kind in NAMED
        ]

    @cached_property
    def _worded(self) -> frozenset[str]:
        """Names that must stand as a word: those without a Chinese character."""
        return frozenset(name for name in self._names if not re.search(f"[{HAN}]", name))

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """Lengths of the names that begin with two characters, or are one, longest first: a text is looked up rather than
        compared, so that more names cost no more time."""
        lengths: dict[str, set[int]] = {}
        for name in self._names:
            lengths.setdefault(name[:2], set()).add(len(name))
        return {start: sorted(found, reverse=True) for start, found in lengths.items()}

    @cached_property
    def _heads(self) -> re.Pattern[str]:
        """Where a name may begin: of Latin words, only their first letters, unless a name with Chinese in it begins so."""
        anywhere = {name[0] for name in self._names if name not in self._worded}
        outside = {name[0] for name in self._worded} - anywhere
        sets = [
            before + f"[{re.escape(''.join(sorted(heads)))}]"
            for before, heads in (("", anywhere), ("(?<![a-z])", outside))
            if heads
        ]
        return re.compile("|".join(sets) or "(?!)")


def _in_word(spelt: str, start: int, end: int) -> bool:
    """Whether a Latin word runs on over an edge: "Meta" is not in "metadata", but "Qwen3" is Qwen."""
    return bool(_LETTER.match(spelt[start - 1 : start])) or bool(_LETTER.match(spelt[end : end + 1]))


def load_terms(extra: Path | None = None) -> Terms:
    """The shipped terms and those of `extra`.

    Raises:
        SettingsError: if `extra` cannot be read or has another form.
    """
    terms = _read(FILE)
    if extra is not None:
        for identifier, term in _read(extra).items():
            known = terms.get(identifier)
            terms[identifier] = replace(known, zh=known.zh + term.zh, en=known.en + term.en) if known else term
    return Terms(terms)


def _read(path: Path) -> dict[str, Term]:
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        entries: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        return {str(identifier): _term(str(identifier), entry) for identifier, entry in entries.items()}
    except OSError as error:
        raise SettingsError(f"KAIBI_TERMS: {path.name!r} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, AttributeError, TypeError, KeyError, ValueError) as error:
        raise SettingsError(
            f"KAIBI_TERMS: {path.name!r} is not of the expected form.",
            remedy="One line a term: id: {kind: vendor, zh: [名称], en: [Name]}; see knowledge/terms.yaml.",
        ) from error


def _term(identifier: str, entry: Mapping[str, Any]) -> Term:
    if entry["kind"] not in KINDS:
        raise ValueError(entry["kind"])
    if isinstance(entry.get("zh"), str) or isinstance(entry.get("en"), str):
        raise ValueError(identifier)  # Names are lists: a bare word would be read letter by letter.
    zh, en = (tuple(str(name).strip() for name in entry.get(key) or ()) for key in ("zh", "en"))
    if not zh + en or "" in zh + en:
        raise ValueError(identifier)
    return Term(identifier, entry["kind"], zh, en, str(entry.get("of", "")))


def _one_slip(word: str, name: str) -> bool:
    """One letter changed, added, left out, or two neighbours swapped (Damerau 1964)."""
    if word == name:
        return False
    first = next((i for i, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), min(len(word), len(name)))
    rest_word, rest_name = word[first:], name[first:]
    if len(word) == len(name):
        swapped = rest_word[:2] == rest_name[:2][::-1] and rest_word[2:] == rest_name[2:]
        return swapped or rest_word[1:] == rest_name[1:]
    return rest_word == rest_name[1:] if len(name) > len(word) else rest_word[1:] == rest_name
