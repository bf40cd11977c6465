"""Transformers: a model opened in this process, from a folder or, where that is allowed, from the model hub."""

from collections.abc import Iterator
from functools import lru_cache
from threading import Thread
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from bot.llm.connection import TOKENS, Connection
from bot.llm.failures import failure


def open_chat(connection: Connection) -> BaseChatModel:
    """A chat model that runs in this process."""
    if not connection.model:
        name = connection.preset.name
        raise failure("unknown_model", name, "none is named", "Name a folder or model: KAIBI_LLM=transformers:NAME.")
    _load(connection.model, connection.offline)
    return TransformersChat(
        folder=connection.model, offline=connection.offline, temperature=connection.temperature or 0
    )


@lru_cache(maxsize=1)
def _load(folder: str, offline: bool) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=offline)
        model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=offline)
    except OSError as error:
        detail = f"{folder!r} is no folder of a model" + (", and the hub may not be asked" if offline else "")
        raise failure("unknown_model", "transformers", detail) from error
    return tokenizer, model


class TransformersChat(BaseChatModel):
    """LangChain's chat interface over a loaded causal language model."""

    folder: str
    offline: bool
    temperature: float = 0

    @property
    def _llm_type(self) -> str:
        return "transformers"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages, stop, run_manager, **kwargs))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        from transformers import TextIteratorStreamer

        tokenizer, model = _load(self.folder, self.offline)
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=600)
        inputs = tokenizer(_prompt(tokenizer, messages), return_tensors="pt", truncation=True)
        sampling = {"do_sample": True, "temperature": self.temperature} if self.temperature else {"do_sample": False}
        writing = Thread(
            target=model.generate,
            kwargs={**inputs, **sampling, "streamer": streamer, "max_new_tokens": TOKENS},
            daemon=True,
        )
        writing.start()
        for text in streamer:
            yield ChatGenerationChunk(message=AIMessageChunk(content=text))


def _prompt(tokenizer: Any, messages: list[BaseMessage]) -> str:
    roles = {"human": "user", "ai": "assistant", "system": "system"}
    turns = [{"role": roles[message.type], "content": str(message.content)} for message in messages]
    if tokenizer.chat_template:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    return "\n\n".join(turn["content"] for turn in turns) + "\n\n"
