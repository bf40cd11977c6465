"""Kaibi in Socket Mode, over real sockets: what is asked is answered, once, in its thread."""

from conftest import Worker
from standin import Standin

from knowledge.base import KnowledgeBase

QUESTION = "阿里云为什么要开源大模型？"


def words(blocks: list[dict[str, object]]) -> list[str]:
    """What stands in the quote blocks of a message."""
    quotes = []
    for block in blocks:
        for element in block.get("elements") or []:  # type: ignore[attr-defined]
            if element.get("type") == "rich_text_quote":
                quotes.append("".join(part["text"] for part in element["elements"]))
    return quotes


async def test_a_mention_gets_one_answer_whose_quotes_are_stored_words(
    slack: Standin, worker: Worker, base: KnowledgeBase
) -> None:
    """A mention, delivered as two events, is answered by one message in its thread, with verbatim quotes."""
    async with worker():
        event = await slack.mention("C1", QUESTION)
        await slack.until(lambda: slack.ours("C1") and not slack.ours("C1")[0].get("streaming"))
        await slack.settled()
    (message,) = slack.ours("C1", thread=event["ts"])
    stored = "".join(passage.text for passage in base.index.passages)
    quotes = words(message["blocks"])
    assert quotes
    assert all(quote in stored for quote in quotes)
    assert message["metadata"]["event_payload"]["key"] == f"C1:{event['ts']}"
