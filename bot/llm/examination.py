"""The examination: what `kaibi doctor` finds out about the language models. No vendor is asked anything."""

import dataclasses
import importlib.util
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bot.channels import check_rules
from bot.llm.backends import NamedBackend, named_backends, require_key
from bot.llm.connection import EXTRAS, open_chat
from bot.llm.failures import failure, failure_of
from bot.llm.presets import variable
from bot.state import StateError
from bot.tally import tallies
from knowledge.errors import BackendError, KaibiError, SettingsError
from knowledge.settings import Settings

PATIENCE = 1.0
"""Seconds for each address of a server's name; "localhost" has two."""
PACKAGES = {"llamacpp": ("xllamacpp", "langchain_openai"), "transformers": ("transformers", "torch")}
"""What a family needs to open a model in this process."""
STARTS = {
    "ollama": "Start it (`ollama serve`)",
    "vllm": "Start it (`vllm serve MODEL`)",
    "llamacpp": "Start it (`llama-server -m FILE.gguf`)",
}


def examine_llm(settings: Settings) -> tuple[str, str]:
    """Who words the answers, in turn, and what each channel's rule adds.

    Raises:
        SettingsError: if one that may be asked cannot answer, or the file of KAIBI_CHANNELS is broken.
    """
    rules = check_rules(settings.channels)
    chain = named_backends(settings)
    pinned: dict[str, NamedBackend] = {}
    for rule in rules.values():
        for backend in named_backends(settings, rule.backend, local_only=rule.local_only):
            pinned.setdefault(backend.spec, backend)
    others = [backend for spec, backend in pinned.items() if spec not in {backend.spec for backend in chain}]
    problems = [problem for backend in (*chain, *others) if (problem := _problem(backend))]
    if problems:
        raise SettingsError(
            " ".join(problem.message for problem in problems),
            remedy=" ".join(dict.fromkeys(problem.remedy for problem in problems if problem.remedy)),
        )
    found = "; then ".join((*(_told(settings, backend) for backend in chain), "extractive"))
    if not chain:
        found += " (quotes only, no language model)"
    if rules:
        also = "".join(f"; {_told(settings, backend)}" for backend in others)
        found += f"; {len(rules)} channel rule{'s' if len(rules) > 1 else ''}{also}"
    return found, ""


def _told(settings: Settings, backend: NamedBackend) -> str:
    described, connection = backend.described, backend.connection
    at = f" at {_shown(connection.url)}" if _on_the_wire(backend) and connection.url else ""
    facts = (
        described.model or "the model that the server has loaded",
        f"{described.weights} weights" if described.weights else "weights unknown",
        described.licence,
        f"{described.place}{at}",
        _key(settings, backend),
        _share(settings, backend),
    )
    return f"{described.name}: {', '.join(fact for fact in facts if fact)}"


def _key(settings: Settings, backend: NamedBackend) -> str:
    """Where the key comes from, never the key."""
    secret = backend.connection.key.get_secret_value()
    if not secret:
        return "no key needed" if backend.connection.preset.keyless else "key in the provider's own variable"
    names = [name for name in backend.connection.preset.keys if variable(name) == secret]
    own = settings.llm_api_key is not None and settings.llm_api_key.get_secret_value() == secret
    return f"key in {'KAIBI_LLM_API_KEY' if own else names[0]}"


def _share(settings: Settings, backend: NamedBackend) -> str:
    with suppress(StateError):  # The database has a check of its own.
        counted = tallies(settings).get((backend.described.name, backend.described.model or ""))
        if counted and counted.share:
            return f"{counted.share} statements removed"
    return ""


def _problem(backend: NamedBackend) -> KaibiError | None:
    try:
        require_key(backend)
        if _on_the_wire(backend):
            _check_client(backend)
            if backend.described.place == "local" and backend.connection.url:
                _check_server(backend)
        else:
            _check_model(backend)
    except KaibiError as error:
        return error
    return None


def _on_the_wire(backend: NamedBackend) -> bool:
    """Whether it is a server, and no model that is opened in this process."""
    family = backend.connection.preset.family
    return family != "transformers" and not (family == "llamacpp" and backend.connection.model.endswith(".gguf"))


def _check_client(backend: NamedBackend) -> None:
    """Open the client as an answer would; sends nothing."""
    connection = backend.connection
    try:
        # Without a name, the server would be asked for its models.
        open_chat(dataclasses.replace(connection, model=connection.model or "unnamed"))
    except Exception as error:  # What the providers' clients raise has no common class.
        told = failure_of(error, connection.preset.name)
        remedy = told.remedy or "Check the name, the model and the base URL."
        raise BackendError(told.message, remedy=remedy, kind=told.kind) from error


def _check_server(backend: NamedBackend) -> None:
    name, url = backend.connection.preset.name, backend.connection.url
    own = f"set {backend.connection.preset.url_variable} or KAIBI_LLM_BASE_URL"
    try:
        address = urlsplit(url)
        host, port = address.hostname, address.port or (443 if address.scheme == "https" else 80)
    except ValueError:
        host, port = None, 0
    if not host:
        raise SettingsError(f"{name}: {url!r} is no base URL.", remedy="For example http://127.0.0.1:8000/v1.")
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError as error:
        start = STARTS.get(name, "Start the server")
        raise failure("unreachable", name, f"nothing answers at {host}:{port}", f"{start}, or {own}.") from error


def _check_model(backend: NamedBackend) -> None:
    family, name, model = backend.connection.preset.family, backend.connection.preset.name, backend.connection.model
    for package in PACKAGES[family]:
        if importlib.util.find_spec(package) is None:
            raise failure("missing", name, package.replace("_", "-"), f'pip install "kaibi[{EXTRAS[family]}]"')
    if not model:
        raise failure("unknown_model", name, "none is named", f"Name a folder or model: KAIBI_LLM={name}:NAME.")
    path = Path(model).expanduser()
    if (family == "llamacpp" and not path.is_file()) or (path.is_absolute() and not path.exists()):
        raise failure("unknown_model", name, f"{path.name} is not there")


def _shown(url: str) -> str:
    """A base URL without a password that may stand in it."""
    address = urlsplit(url)
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}"
