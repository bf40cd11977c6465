"""The retriever: LangChain programs search the same store."""

import asyncio
from pathlib import Path

import pytest
from langchain_core.retrievers import BaseRetriever
from pydantic import ValidationError

from knowledge import KaibiRetriever
from knowledge.base import open_store
from knowledge.settings import Settings


@pytest.fixture(scope="module")
def settings(warm_home: Path) -> Settings:
    return Settings.model_validate({"KAIBI_HOME": str(warm_home)})


@pytest.fixture(scope="module")
def retriever(settings: Settings) -> KaibiRetriever:
    return KaibiRetriever.open(settings, k=4)


@pytest.mark.parametrize(
    ("question", "language", "vendor"),
    [
        ("阿里云为什么要开源大模型？", "zh", "alibaba"),
        ("Why does Alibaba Cloud open its models?", "en", "alibaba"),
        ("百度是什麼時候開源文心的？", "zh", "baidu"),
    ],
)
def test_passages_come_with_their_place(
    retriever: KaibiRetriever, settings: Settings, question: str, language: str, vendor: str
) -> None:
    """Each result is the stored document's text[start:end], in the asker's language, with what is known of it."""
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke(question)
    assert len(found) == 4
    store = open_store(settings)
    for result in found:
        place = result.metadata
        stored = store.document(place["document"])
        assert stored is not None
        assert stored.version == place["version"]
        assert stored.text[place["start"] : place["end"]] == result.page_content
        assert place["language"] == language
        assert {"title", "publisher", "url", "date", "kind", "stance", "vendor"} <= place.keys()
    store.close()
    assert vendor in {result.metadata["vendor"] for result in found}
    assert [r.metadata["score"] for r in found] == sorted((r.metadata["score"] for r in found), reverse=True)


def test_it_runs_in_a_chain_and_in_async_code(retriever: KaibiRetriever) -> None:
    """It is a Runnable: it pipes, batches and awaits as LangChain's own do."""
    titles = retriever | (lambda found: [document.metadata["title"] for document in found])
    expected = titles.invoke("开源是什么意思？")
    assert asyncio.run(titles.ainvoke("开源是什么意思？")) == expected
    assert titles.batch(["开源是什么意思？"] * 2) == [expected] * 2


def test_an_empty_store_gives_nothing(retriever: KaibiRetriever, tmp_path: Path) -> None:
    """Where nothing was ingested nothing is found."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "engine").symlink_to(retriever.base.settings.home / "engine")
    assert KaibiRetriever.open(Settings.model_validate({"KAIBI_HOME": str(home)})).invoke("开源") == []


def test_k_is_at_least_one(retriever: KaibiRetriever) -> None:
    """A retriever of nothing is a mistake."""
    with pytest.raises(ValidationError):
        KaibiRetriever(base=retriever.base, k=0)
