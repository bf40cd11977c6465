"""Addresses: pages and files from a real server, with all that can go wrong."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ingest import fetching
from ingest.readers import read_url
from knowledge.errors import DocumentError

WORDS = "阿里云开源了通义，百度在2025年夏天开源了文心。"


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        kinds = {
            "/a.txt": "text/plain",
            "/gb": "text/plain; charset=gb18030",
            "/page": "text/html",
            "/lie": "text/plain; charset=ascii",
        }
        if self.path == "/there":
            self.send_response(302)
            self.send_header("Location", "/a.txt")
            self.end_headers()
        elif self.path == "/round":
            self.send_response(302)
            self.send_header("Location", "/round")
            self.end_headers()
        elif self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
        elif self.path == "/slow":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            for _ in range(50):
                try:
                    self.wfile.write("字".encode())
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
        elif self.path == "/huge":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(60):
                    self.wfile.write(bytes(1_000_000))
            except OSError:
                return
        elif self.path in kinds:
            text = f"<html><body><p>{WORDS}</p></body></html>" if self.path == "/page" else WORDS
            self.send_response(200)
            self.send_header("Content-Type", kinds[self.path])
            self.end_headers()
            self.wfile.write(text.encode("gb18030" if self.path == "/gb" else "utf-8"))
        else:
            self.send_error(500 if self.path == "/broken" else 404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/a.txt", "/gb", "/page", "/there", "/lie"])
def test_pages_are_read(site: str, path: str) -> None:
    """Text, other encodings, HTML and redirections give the words, with the address as origin and link."""
    document = read_url(site + path, {})
    assert WORDS in document.text
    assert document.metadata.origin == document.metadata.url == site + path
    assert document.metadata.language == "zh"


@pytest.mark.parametrize(
    ("path", "said"),
    [("/missing", "404"), ("/broken", "500"), ("/round", "TooManyRedirects"), ("/file", "UnsupportedProtocol")],
)
def test_errors_name_the_address_and_the_reason(site: str, path: str, said: str) -> None:
    """What the server answers, or why it cannot be followed, is in the sentence."""
    with pytest.raises(DocumentError, match=said) as caught:
        read_url(site + path, {})
    assert path in caught.value.message
    assert caught.value.remedy


def test_nobody_there() -> None:
    """A refused connection, a name that no server has and an address that is none are errors of one sentence."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        for url in (address, "http://nowhere.invalid/", "http://[::1", "http://", "https://exa mple/"):
            with pytest.raises(DocumentError):
                read_url(url, {})


def test_too_large_and_too_slow(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without end is given up, by size and by time."""
    with pytest.raises(DocumentError, match="larger"):
        read_url(f"{site}/huge", {})
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    with pytest.raises(DocumentError, match="longer"):
        read_url(f"{site}/slow", {})


def test_a_password_is_not_kept(site: str) -> None:
    """User and password of an address go to the server, and into no message and no document."""
    secret = site.replace("://", "://user:secret@")
    document = read_url(f"{secret}/a.txt", {})
    assert "secret" not in repr(document)
    with pytest.raises(DocumentError) as caught:
        read_url(f"{secret}/missing", {})
    assert "secret" not in caught.value.message
