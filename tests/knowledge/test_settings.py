"""Settings: impossible values are named, and secrets are not."""

import pytest

from knowledge.errors import SettingsError
from knowledge.settings import Settings, load_settings


@pytest.mark.parametrize(
    "url", ["chroma.example:9000", "localhost:8000", "http://", "http://host:port", "ftp://host", "x"]
)
def test_an_address_needs_its_scheme(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """An address that would reach another server than was meant is refused."""
    monkeypatch.setenv("CHROMA_URL", url)
    with pytest.raises(SettingsError, match="CHROMA_URL cannot be used: write it as http"):
        load_settings()


@pytest.mark.parametrize("url", ["", "http://localhost:8000", "https://api.trychroma.com", "http://[::1]:8000"])
def test_addresses_that_serve(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Empty counts as not set."""
    monkeypatch.setenv("CHROMA_URL", url)
    assert load_settings().chroma_url == url


@pytest.mark.parametrize("url", ["https://chroma.example", "http://10.0.0.7:8000"])
def test_local_policy_refuses_other_machines(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """KAIBI_POLICY=local keeps store and embedding in the house."""
    monkeypatch.setenv("KAIBI_POLICY", "local")
    monkeypatch.setenv("CHROMA_URL", url)
    with pytest.raises(SettingsError, match="CHROMA_URL"):
        load_settings()
    monkeypatch.setenv("CHROMA_URL", "http://127.0.0.1:8000")
    assert load_settings().policy == "local"
    monkeypatch.setenv("KAIBI_EMBEDDINGS", "openai:text-embedding-3-small")
    with pytest.raises(SettingsError, match="KAIBI_EMBEDDINGS"):
        load_settings()


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is in no printed form of the settings, nor in an error about them."""
    monkeypatch.setenv("CHROMA_API_KEY", "sk-secret")
    assert "sk-secret" not in repr(load_settings())
    monkeypatch.setenv("KAIBI_POLICY", "sk-secret")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "sk-secret" not in f"{caught.value.message}{caught.value.remedy}"


def test_every_variable_is_described() -> None:
    """The doctor and the README tell what each is for, in a sentence; no two fields read one variable."""
    fields = list(Settings.model_fields.values())
    assert all(field.description and len(field.description) > 10 for field in fields)
    assert len({field.validation_alias for field in fields}) == len(fields)
    foreign = ("CHROMA_", "SLACK_", "DATABASE_URL", "PORT", "OPENAI_API_KEY")
    assert all(str(field.validation_alias).startswith(("KAIBI_", *foreign)) for field in fields)
