"""Settings: every environment variable that Kaibi reads, once, in one place.

Precedence: command-line flag, environment, `.env` in the working folder, default.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from knowledge.errors import SettingsError


class Settings(BaseSettings):
    """The effective settings. Secrets are masked wherever they are printed."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("kaibi"),
        validation_alias="KAIBI_HOME",
        description="Folder of everything that Kaibi keeps: the store, the built embedding engine, caches.",
    )
    llm: str = Field(
        "extractive",
        validation_alias="KAIBI_LLM",
        description="Who words the answers: `extractive` (quotes only), `<preset>[:model]` (`kaibi backends` lists them) or LangChain's `provider:model`.",
    )
    llm_base_url: str = Field(
        "",
        validation_alias="KAIBI_LLM_BASE_URL",
        description="Base URL of the backend in KAIBI_LLM; empty for the vendor's own. `<PRESET>_BASE_URL` does it for one preset.",
    )
    llm_api_key: SecretStr | None = Field(
        None,
        validation_alias="KAIBI_LLM_API_KEY",
        description="Key of the backend in KAIBI_LLM; empty for the provider's usual variable (`kaibi backends` names it).",
    )
    llm_temperature: float | None = Field(
        None,
        ge=0,
        le=2,
        validation_alias="KAIBI_LLM_TEMPERATURE",
        description="Sampling temperature; empty for the vendor's default, 0 for local models.",
    )
    llm_timeout: float = Field(
        60.0,
        gt=0,
        le=3600,
        validation_alias="KAIBI_LLM_TIMEOUT",
        description="Seconds that a model may take for an answer.",
    )
    llm_fallback: str = Field(
        "",
        validation_alias="KAIBI_LLM_FALLBACK",
        description="Backends to ask next where the one in KAIBI_LLM fails, with commas between; `extractive` is always the last.",
    )
    channels: Path | None = Field(
        None,
        validation_alias="KAIBI_CHANNELS",
        description="A YAML file that pins Slack channels to a backend, to local ones only, to a language or to documents by tag.",
    )
    embeddings: str = Field(
        "bundled",
        validation_alias="KAIBI_EMBEDDINGS",
        description="`bundled`, `bundled-int8`, `sentence-transformers[:model or folder]` or `openai:<model>`.",
    )
    embeddings_url: str = Field(
        "",
        validation_alias="KAIBI_EMBEDDINGS_URL",
        description="Base URL of an OpenAI-compatible embedding endpoint; empty for OpenAI's own.",
    )
    reranker: str = Field(
        "",
        validation_alias="KAIBI_RERANKER",
        description="Model or folder of a cross-encoder that re-orders what search finds; empty for none.",
    )
    terms: Path | None = Field(
        None,
        validation_alias="KAIBI_TERMS",
        description="A YAML file of further names and terms in both languages, in the form of knowledge/terms.yaml.",
    )
    policy: str = Field(
        "any",
        validation_alias="KAIBI_POLICY",
        description="`local` refuses every model, embedding or store that would send data out of the house.",
    )
    chroma_url: str = Field(
        "", validation_alias="CHROMA_URL", description="Address of a Chroma server; empty for the embedded store."
    )
    chroma_api_key: SecretStr | None = Field(
        None, validation_alias="CHROMA_API_KEY", description="Token for the Chroma server or Chroma Cloud."
    )
    chroma_tenant: str = Field("default_tenant", validation_alias="CHROMA_TENANT", description="Chroma tenant.")
    chroma_database: str = Field("default_database", validation_alias="CHROMA_DATABASE", description="Chroma database.")
    slack_bot_token: SecretStr | None = Field(
        None, validation_alias="SLACK_BOT_TOKEN", description="The Slack app's bot token, xoxb-…"
    )
    slack_app_token: SecretStr | None = Field(
        None, validation_alias="SLACK_APP_TOKEN", description="App-level token, xapp-…: set it to use Socket Mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, validation_alias="SLACK_SIGNING_SECRET", description="Signing secret of the Slack app, for HTTP mode."
    )
    slack_api_url: str = Field(
        "https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="Base URL of Slack's Web API: GovSlack, a proxy or a test server.",
    )
    slack_channels: str = Field(
        "", validation_alias="KAIBI_SLACK_CHANNELS", description="Ids of the channels to answer in; empty for all."
    )
    slack_users: str = Field(
        "", validation_alias="KAIBI_SLACK_USERS", description="Ids of the people to answer; empty for all members."
    )
    slack_admins: str = Field(
        "", validation_alias="KAIBI_SLACK_ADMINS", description="Ids of the people who may add documents in Slack."
    )
    slack_outsiders: bool = Field(
        False,
        validation_alias="KAIBI_SLACK_OUTSIDERS",
        description="Whether guests and people of other workspaces (Slack Connect) are answered.",
    )
    slack_concurrency: int = Field(
        2, ge=1, le=64, validation_alias="KAIBI_SLACK_CONCURRENCY", description="Questions answered at the same time."
    )
    slack_user_rate: int = Field(
        20, ge=1, validation_alias="KAIBI_SLACK_USER_RATE", description="Questions a minute that one person may ask."
    )
    slack_channel_rate: int = Field(
        60, ge=1, validation_alias="KAIBI_SLACK_CHANNEL_RATE", description="Questions a minute that a channel may ask."
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL for what Slack workers share; empty for a SQLite file under KAIBI_HOME.",
    )
    port: int = Field(3000, ge=0, le=65535, validation_alias="PORT", description="Port of HTTP mode.")
    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="Key for `openai:` embeddings."
    )

    @field_validator("policy")
    @classmethod
    def _known_policy(cls, value: str) -> str:
        if value not in ("any", "local"):
            raise ValueError("choose `any` or `local`")
        return value

    @field_validator("chroma_url", "embeddings_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        """`chroma.example:9000` would be read as a scheme, and another server asked."""
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # A port that is no number.
            usable = False
        if value and not usable:
            raise ValueError("write it as http://host:port or https://host")
        return value

    @field_validator("home", "terms", "channels")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else value


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: naming the variable that has an impossible value, never its value.
    """
    try:
        settings = Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        variable = str(first["loc"][0]) if first["loc"] else "a setting"
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(
            f"{variable} cannot be used: {reason}.", remedy="See the table of settings in README.md."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file .env in {os.getcwd()!r} cannot be read.", remedy="Mend or remove it.") from error
    if settings.policy == "local":
        _check_local(settings)
    return settings


def _check_local(settings: Settings) -> None:
    def remote(url: str) -> bool:
        return bool(url) and urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1")

    if settings.embeddings.startswith("openai:") and (not settings.embeddings_url or remote(settings.embeddings_url)):
        raise SettingsError(
            "KAIBI_POLICY=local does not allow KAIBI_EMBEDDINGS=openai:… on a remote endpoint.",
            remedy="Use KAIBI_EMBEDDINGS=bundled, or a KAIBI_EMBEDDINGS_URL on this machine.",
        )
    if remote(settings.chroma_url):
        raise SettingsError(
            "KAIBI_POLICY=local does not allow CHROMA_URL to point to another machine.",
            remedy="Unset CHROMA_URL to keep the store in KAIBI_HOME.",
        )
