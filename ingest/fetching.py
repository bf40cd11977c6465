"""Fetching: an address to bytes, within bounds of size and time."""

import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from knowledge.errors import DocumentError

SECONDS = 120
"""A page that takes longer is given up, however steadily it trickles."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered."""

    url: str
    """The address without a user's name and password."""
    kind: str
    """Its content type; empty where it says none."""
    data: bytes
    """Text in the character set of the content type is turned to UTF-8."""


def fetch(url: str, *, largest: int) -> Page:
    """Fetch an address, following redirections.

    Raises:
        DocumentError: if it cannot be reached, answers with an error, or is too large or slow.
    """
    import httpx

    shown = _without_user(url)
    deadline = time.monotonic() + SECONDS
    data = bytearray()
    try:
        with (
            httpx.Client(follow_redirects=True, timeout=20, headers={"User-Agent": "Kaibi/0.1"}) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            kind = response.headers.get("content-type", "")
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > largest:
                    raise DocumentError(f"{shown!r} is larger than {largest // 10**6} MB.")
                if time.monotonic() > deadline:
                    raise DocumentError(f"{shown!r} takes longer than {SECONDS} seconds.", remedy="Try again later.")
    except httpx.HTTPStatusError as error:
        raise DocumentError(f"{shown!r} answered {error.response.status_code}.", remedy="Check the address.") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise DocumentError(
            f"{shown!r} cannot be reached ({type(error).__name__}).", remedy="Check the address and the network."
        ) from error
    return Page(shown, kind.lower(), _as_utf8(bytes(data), kind))


def _as_utf8(data: bytes, kind: str) -> bytes:
    declared = _CHARSET.search(kind)
    if not declared or "text" not in kind.lower():
        return data
    try:
        return data.decode(declared[1]).encode()
    except (LookupError, UnicodeError):
        return data  # The server is wrong about its file; `decoding` finds out.


def _without_user(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
