"""Failures: what can go wrong with a language model, told from the exceptions of all client libraries by their attributes.

The border: no exception of a client library gets past `failure_of`.
"""

import re
from typing import Literal

from knowledge.errors import BackendError, KaibiError

Kind = Literal[
    "no_key", "wrong_key", "unknown_model", "quota", "busy", "timeout", "unreachable", "filtered", "empty", "endless", "garbled",
    "refused", "missing", "resting", "unsupported", "unproven", "no_project", "other",
]  # fmt: skip

KINDS: dict[str, tuple[str, str]] = {
    "no_key": ("没有设置密钥", "no key is set"),
    "no_project": ("没有设置项目 ID", "no project id is set"),
    "wrong_key": ("密钥被拒绝", "the key was refused"),
    "unknown_model": ("没有这个模型或地址", "it knows no such model or address"),
    "quota": ("额度已用完", "the quota is used up"),
    "busy": ("暂时繁忙", "it is busy"),
    "timeout": ("超时没有答完", "it took too long"),
    "unreachable": ("连不上", "it cannot be reached"),
    "filtered": ("被它的内容过滤拦下", "its content filter stopped the answer"),
    "empty": ("没有写出内容", "it wrote nothing"),
    "endless": ("写个不停", "it did not stop writing"),
    "garbled": ("传回的内容无法读取", "what it sent cannot be read"),
    "refused": ("请求被拒绝", "it refused the request"),
    "missing": ("没有安装所需的软件包", "a package for it is not installed"),
    "resting": ("刚才接连出错，稍后再试", "it failed several times just now and is left alone for a while"),
    "unsupported": ("不支持结构化输出", "it does not support structured output"),
    "unproven": ("写的内容都不受引文支持", "nothing that it wrote was borne out by its quotes"),
    "other": ("出错", "it failed"),
}
"""Why a model did not answer, Chinese and English side by side."""

RETRYABLE = ("busy", "timeout", "unreachable", "garbled")


def failure(kind: Kind, name: str, detail: str = "", remedy: str = "") -> BackendError:
    """A failure of backend `name`."""
    text = f"{name}: {KINDS[kind][1]}" + (f" ({detail})" if detail else "")
    return BackendError(f"{text}.", remedy=remedy or REMEDIES.get(kind, ""), kind=kind, retryable=kind in RETRYABLE)


REMEDIES = {
    "wrong_key": "Check the key variable that `kaibi backends` names.",
    "unknown_model": "Check the model's name and the base URL.",
    "quota": "See the account at the vendor, or name a KAIBI_LLM_FALLBACK.",
    "unreachable": "Check the base URL, the network and whether the server runs.",
    "timeout": "Raise KAIBI_LLM_TIMEOUT or take a faster model.",
}

_QUOTA_WORDS = ("quota", "insufficient", "balance", "billing", "credit", "余额", "额度", "欠费")
_MODEL_WORDS = ("model", "模型", "deployment")
_FILTER_WORDS = (
    "content_filter",
    "content filter",
    "content management",
    "data_inspection",
    "sensitive",
    "safety",
    "违规",
    "敏感",
)
_SCHEMA_WORDS = (
    "response_format",
    "json_schema",
    "response_schema",
    "responseschema",
    "structured",
    "grammar",
    "output_config",
)


def failure_of(error: BaseException, name: str) -> BackendError:
    """The failure that an exception of a client library stands for, by status, type and code; never its full text."""
    if isinstance(error, BackendError):
        return error
    if isinstance(error, KaibiError):
        return BackendError(error.message, remedy=error.remedy)
    if isinstance(error, ModuleNotFoundError):
        return failure("missing", name, error.name or "")
    for cause in _chain(error):
        status = _status(cause)
        if status is not None:
            return failure(_kind_of_status(status, _told(cause)), name, f"HTTP {status}")
    for cause in _chain(error):
        kind = _kind_of_type(cause)
        if kind is not None:
            return failure(kind, name)
    return failure("other", name, type(error).__name__)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < 8:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _status(error: BaseException) -> int | None:
    """HTTP status, wherever a library keeps it."""
    response = getattr(error, "response", None)
    for value in (
        getattr(error, "status_code", None),
        getattr(error, "code", None),
        getattr(response, "status_code", None),
    ):
        number = getattr(value, "value", value)
        number = number[0] if isinstance(number, tuple) else number
        if isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600:
            return number
    return None


def _told(error: BaseException) -> str:
    return f"{getattr(error, 'body', '')} {getattr(error, 'message', '')} {error}".lower()[:2_000]


def _kind_of_status(status: int, told: str) -> Kind:
    if status in (401, 403):
        return "quota" if any(word in told for word in _QUOTA_WORDS) and status == 403 else "wrong_key"
    if status == 402:
        return "quota"
    if status == 404:
        return "unknown_model"
    if status == 429:
        return "quota" if any(word in told for word in _QUOTA_WORDS) and not re.search(r"\brate\b", told) else "busy"
    if status == 408:
        return "timeout"
    if status >= 500:
        return "busy"
    if any(word in told for word in _FILTER_WORDS):
        return "filtered"
    if any(word in told for word in _SCHEMA_WORDS):
        return "unsupported"
    if "api key" in told or "api_key" in told:
        return "wrong_key"
    if any(word in told for word in _MODEL_WORDS):
        return "unknown_model"
    return "refused"


def _kind_of_type(error: BaseException) -> Kind | None:
    names = [cls.__name__ for cls in type(error).__mro__]
    if (isinstance(error, (UnicodeDecodeError, ValueError)) and "JSON" in "".join(names)) or isinstance(
        error, UnicodeDecodeError
    ):
        return "garbled"
    if isinstance(error, TimeoutError) or any("Timeout" in name for name in names):
        return "timeout"
    if any(name in ("ContentFilterFinishReasonError", "ResponseBlocked") for name in names):
        return "filtered"
    if any(name in ("LengthFinishReasonError",) for name in names):
        return "endless"
    if any(
        name in ("RemoteProtocolError", "IncompleteRead", "ChunkedEncodingError", "StreamError", "DecodingError")
        for name in names
    ):
        return "garbled"
    if isinstance(error, ConnectionError) or any(
        name in ("APIConnectionError", "TransportError", "ServiceUnavailable") for name in names
    ):
        return "unreachable"
    return None
