"""Decoding: bytes of any encoding to text."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoding import decode
from knowledge.errors import DocumentError

SIMPLIFIED = "阿里云认为，开源大模型可以让开发者用得更放心。百度则认为闭源模型会一直领先。"
TRADITIONAL = "阿里雲認為，開源大模型可以讓開發者用得更放心。百度則認為閉源模型會一直領先。"
ENGLISH = "Alibaba Cloud publishes its models – “open weights” – under Apache 2.0; others don’t."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "utf-8-sig"),
        (SIMPLIFIED, "utf-16"),
        (SIMPLIFIED, "utf-16-le"),
        (SIMPLIFIED, "utf-16-be"),
        (SIMPLIFIED, "utf-32"),
        (SIMPLIFIED, "gb18030"),
        (SIMPLIFIED, "gbk"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "big5"),
        (ENGLISH, "utf-8"),
        (ENGLISH, "utf-16-le"),
        (ENGLISH, "utf-16-be"),
        (ENGLISH, "cp1252"),
    ],
)
def test_undeclared_encodings_are_found(text: str, encoding: str) -> None:
    """Text comes back as it was written, with no byte-order mark and no declaration needed."""
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_byte_order_marks_decide(mark: str) -> None:
    """A mark names the encoding and is no part of the text."""
    assert decode(("\ufeff" + ENGLISH).encode(mark)) == ENGLISH


@pytest.mark.parametrize("said", ["gb2312", "GBK", "big5", "shift_jis"])
def test_a_declaration_is_believed_where_it_fits(said: str) -> None:
    """What an HTML page says of its encoding decides, with the superset that such pages really use."""
    words = "短い文" if said == "shift_jis" else "鎔基" if said == "gb2312" else "短文"
    page = f'<meta charset="{said}"><p>{words}</p>'
    assert decode(page.encode("gb18030" if said == "gb2312" else said)) == page


def test_a_wrong_declaration_is_not_believed() -> None:
    """UTF-8 bytes are UTF-8, whatever they say; an unknown name counts as none."""
    page = f'<meta charset="big5"><p>{SIMPLIFIED}</p>'
    assert decode(page.encode()) == page
    page = f'<meta charset="nonsense-9"><p>{SIMPLIFIED}</p>'
    assert decode(page.encode("gb18030")) == page


def test_a_broken_byte_does_not_change_the_encoding() -> None:
    """One bad byte in a long UTF-8 text costs one character, not the text."""
    data = (SIMPLIFIED * 10).encode() + b"\xff" + SIMPLIFIED.encode()
    assert decode(data) == SIMPLIFIED * 10 + "\ufffd" + SIMPLIFIED


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 40, b"\x7fELF\x02\x01\x01" + bytes(500), b"\x89PNG\r\n\x1a\n" + bytes(99)]
)
def test_binary_files_are_no_text(data: bytes) -> None:
    """A program or a picture is refused."""
    with pytest.raises(DocumentError):
        decode(data)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_a_text_or_an_error(data: bytes) -> None:
    """Nothing but text or a DocumentError comes of any bytes."""
    with suppress(DocumentError):
        assert isinstance(decode(data), str)
