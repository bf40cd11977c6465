"""A model opened in this process by transformers: a tiny one with random weights, made here, that writes nonsense."""

from pathlib import Path

import pytest
from conftest import EN, with_settings

from bot.session import ask
from knowledge.base import KnowledgeBase

torch = pytest.importorskip("torch", reason="needs the extra: pip install kaibi[transformers]")
transformers = pytest.importorskip("transformers", reason="needs the extra: pip install kaibi[transformers]")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers

    made = tmp_path_factory.mktemp("tiny")
    words = ["[UNK]", "[PAD]", "open", "closed", "model", "[", "1", "]", "2024", "987", "million", "."]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]")
    fast.model_max_length = 200
    fast.save_pretrained(made)
    torch.manual_seed(1)
    config = transformers.GPT2Config(vocab_size=len(words), n_positions=2_000, n_embd=16, n_layer=1, n_head=2)
    transformers.GPT2LMHeadModel(config).save_pretrained(made)
    return made


@pytest.mark.filterwarnings("ignore")
def test_its_nonsense_is_checked_like_any_other(base: KnowledgeBase, folder: Path) -> None:
    """The question gets an answer, and none of the nonsense is in it; nothing is fetched under the local policy."""
    variables = {"KAIBI_LLM": f"transformers:{folder}", "KAIBI_POLICY": "local", "KAIBI_LLM_TIMEOUT": "20"}
    answer = ask(with_settings(base, **variables), EN)
    assert answer.statements
    assert answer.backend.name == "extractive"
    assert answer.backend.reason
    assert "987" not in " ".join(statement.text for statement in answer.statements)


def test_a_folder_that_is_not_there_is_named(base: KnowledgeBase) -> None:
    """Without its files the model is unknown, and the answer says so."""
    answer = ask(with_settings(base, KAIBI_LLM="transformers:nowhere", KAIBI_POLICY="local"), EN)
    assert "no such model" in answer.backend.reason
