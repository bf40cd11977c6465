"""llama.cpp: a running server, or a GGUF file opened in this process, which then serves itself on loopback."""

import atexit
import dataclasses
import socket
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from bot.llm.connection import Connection
from bot.llm.failures import failure
from bot.llm.families import openai

CONTEXT = 8_192
"""Tokens of question, evidence and answer together."""


def open_chat(connection: Connection) -> BaseChatModel:
    """A chat model over the server's OpenAI protocol."""
    if not connection.model.endswith(".gguf"):
        return openai.open_chat(connection)
    path = Path(connection.model).expanduser()
    if not path.is_file():
        raise failure("unknown_model", connection.preset.name, f"{path.name} is not there")
    address = _serve(str(path.absolute())).listening_address
    served = dataclasses.replace(connection, url=f"{address}/v1", model=path.name)
    return openai.open_chat(served)


@lru_cache(maxsize=2)
def _serve(path: str) -> Any:
    """The server of one GGUF file, on a port that the system picks; it ends with the process."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.verbosity = -1
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        parameters.port = free.getsockname()[1]
    server = xllamacpp.Server(parameters)
    atexit.register(_serve.cache_clear)
    return server
