"""Errors that a user can mend. Each is shown as one sentence and a remedy, never as a traceback.

    KaibiError
    ├── UsageError        a command was called in a way that it does not know
    ├── SettingsError     a setting has an impossible value
    ├── QuestionError     the question cannot be answered as typed
    ├── DocumentError     a document cannot be read or is not there
    ├── StoreError        the knowledge store cannot be opened, read or written
    │   └── FingerprintError   the store was made with another embedding
    ├── EngineError       the embedding engine cannot run
    └── BackendError      a language model cannot be asked, or did not answer

Our own mistakes stay ValueError, RuntimeError and assert. They end as an InternalError, made where a command ends: it names
the entry of the log under KAIBI_HOME that holds their traceback.
"""


class KaibiError(Exception):
    """Something that the user can mend."""

    code = "error"
    """A stable word for JSON output."""
    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        """What happened, to which value, in one sentence."""
        self.remedy = remedy
        """What to do about it; empty where the message says it all."""


class UsageError(KaibiError):
    """A command was called in a way that it does not know."""

    code = "usage"
    exit_code = 2


class InternalError(KaibiError):
    """A mistake of ours; made by `knowledge.console` alone."""

    code = "internal"


class SettingsError(KaibiError):
    """A setting has an impossible value."""

    code = "settings"
    exit_code = 2


class QuestionError(KaibiError):
    """The question cannot be answered as typed."""

    code = "question"
    exit_code = 2


class DocumentError(KaibiError):
    """A document cannot be read or is not there."""

    code = "document"


class StoreError(KaibiError):
    """The knowledge store cannot be opened, read or written."""

    code = "store"


class FingerprintError(StoreError):
    """The store was made with another embedding than the one that is set."""

    code = "fingerprint"


class EngineError(KaibiError):
    """The embedding engine cannot run."""

    code = "engine"


class BackendError(KaibiError):
    """A language model cannot be asked, or did not answer."""

    code = "backend"

    def __init__(self, message: str, *, remedy: str = "", kind: str = "other", retryable: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.kind = kind
        """Why, in a word: a key of `bot.llm.failures.KINDS`."""
        self.retryable = retryable
        """Whether the same request may succeed a moment later."""
