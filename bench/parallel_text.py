"""Sentences in English and Chinese from the translations of free software, for bench/fit_transformer.py.

    python -m bench.parallel_text FOLDER > pairs.tsv

Reads every gettext catalogue for zh_CN, zh_Hans or zh_TW under FOLDER, and help pages that lie there in both languages with as
many paragraphs in each: folders of HTML named en-US and zh-CN, folders of Mallard pages named C and zh_CN. bench/RESULTS.md names the
packages that were unpacked there. A line has the file's name, the English and the Chinese.
"""

import argparse
import gettext
import html
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from knowledge.script import HAN

Pair = tuple[str, str]
_CATALOGUES = ("zh_CN", "zh_Hans", "zh_TW")
_BLOCKS = ("p", "li", "h1", "h2", "h3", "td", "dt", "dd")
_FOLDERS = (("en-US", "zh-CN", "*.html"), ("C", "zh_CN", "*.page"))


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS:
            self._end()
            self._open = []

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.append(data)

    def _end(self) -> None:
        text = " ".join("".join(self._open or []).split())
        self.found += [text] if text else []
        self._open = None


def catalogue_pairs(file: Path) -> Iterator[Pair]:
    """English and Chinese of a compiled catalogue; paragraphs apart where both have as many."""
    with file.open("rb") as opened:
        messages = gettext.GNUTranslations(opened)._catalog  # type: ignore[attr-defined]
    for key, chinese in messages.items():
        english = key[0] if isinstance(key, tuple) else key
        if not english or (isinstance(key, tuple) and key[1] == 0):
            continue  # The header; the singular, whose Chinese is the plural's.
        english = re.split(r"[\x04^|]" if "office" in str(file) else r"[\x04^]", english)[-1]
        parts = english.split("\n\n"), chinese.split("\n\n")
        yield from zip(*parts, strict=True) if len(parts[0]) == len(parts[1]) else [(english, chinese)]


def page_pairs(english: Path, chinese: Path) -> Iterator[Pair]:
    """Paragraphs of a page in both languages; none where one has more."""
    one, other = paragraphs(english), paragraphs(chinese)
    if len(one) == len(other):
        yield from zip(one, other, strict=True)


def paragraphs(page: Path) -> list[str]:
    """The paragraphs of an HTML or Mallard page."""
    text = page.read_text(encoding="utf-8", errors="replace")
    if page.suffix == ".page":
        found = re.findall(r"<(?:p|title|desc)\b[^>]*>(.*?)</(?:p|title|desc)>", text, re.DOTALL)
        return [" ".join(re.sub("<[^>]*>", "", part).split()) for part in found]
    parser = _Paragraphs()
    parser.feed(text)
    return parser.found


def pairs(folder: Path) -> Iterator[tuple[str, str, str]]:
    """File name, English and Chinese of all that is worth reading, each once."""
    seen = set()
    for name, english, chinese in _all(folder):
        pair = _clean(english), _clean(chinese)
        if pair not in seen and _is_text(*pair):
            seen.add(pair)
            yield name, *pair


def _all(folder: Path) -> Iterator[tuple[str, str, str]]:
    for file in sorted(folder.rglob("*.mo")):
        if any(part in _CATALOGUES for part in file.parts):
            yield from ((file.name, *pair) for pair in catalogue_pairs(file))
    for english, chinese, pattern in _FOLDERS:
        for base in sorted(folder.rglob(english)):
            for page in sorted(base.rglob(pattern)) if base.is_dir() else ():
                twin = base.with_name(chinese) / page.relative_to(base)
                if not twin.exists():  # Where each language is a package of its own.
                    twin = Path(str(page).replace(english, chinese).replace(english.lower(), chinese.lower()))
                if twin.exists() and twin != page:
                    yield from ((base.parent.name, *pair) for pair in page_pairs(page, twin))


def _clean(text: str) -> str:
    text = html.unescape(re.sub("<[^>]*>", "", text))
    text = re.sub(r"\s+", " ", text)
    return (re.sub("[&_]", "", text) if re.search(r"&\w", text) else text).strip()  # Marks of keys to press.


def _is_text(english: str, chinese: str) -> bool:
    words, han = len(english.split()), len(re.findall(f"[{HAN}]", chinese))
    return (
        words >= 5
        and len(english) <= 500
        and han >= 4
        and len(chinese) <= 250
        and not re.search(f"[{HAN}]", english)
        and len(re.findall("[A-Za-z]", chinese)) <= 0.5 * len(chinese)
        and 0.6 < han / words < 4
    )


def main() -> None:
    """Print the pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the packages are unpacked")
    for line in pairs(parser.parse_args().folder):
        sys.stdout.write("\t".join(line) + "\n")


if __name__ == "__main__":
    main()
