"""Comparing models on the same evidence, blind, with votes."""

import pytest
from conftest import EN, evidence_of, with_settings
from standins import Request, Script, standing_in

from bot.channels import Rule
from bot.compare import Comparison, chosen, compare
from bot.comparing import name_line, side_text
from bot.llm.backends import check_backends
from bot.session import ask
from bot.state import open_state
from bot.votes import Tally, board, vote
from knowledge.base import KnowledgeBase
from knowledge.errors import QuestionError, SettingsError

pytest.importorskip("langchain_openai", reason="needs the extra: pip install kaibi[llm]")


@pytest.fixture
def comparison(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    """An open model that is honest, a closed one that is half so, and one that does not answer."""
    seen: list[Request] = []

    def honest(request: Request) -> Script:
        seen.append(request)
        told = evidence_of(request)
        return Script(f"{told[1]} [1]\n{told[2]} [2]")

    def lying(request: Request) -> Script:
        seen.append(request)
        return Script(f"{evidence_of(request)[1]} [1]\nThere were 987 of them. [2]")

    with standing_in(honest) as one, standing_in(lying) as other, standing_in(Script(status=401)) as broken:
        for name, server in (("DEEPSEEK", one), ("GROK", other), ("ERNIE", broken)):
            monkeypatch.setenv(f"{name}_BASE_URL", server.url + "/v1")
        for key in ("DEEPSEEK_API_KEY", "XAI_API_KEY", "QIANFAN_API_KEY"):
            monkeypatch.setenv(key, "k")
        made = compare(with_settings(base), EN, ["deepseek", "grok", "ernie"])
    assert evidence_of(seen[0]) == evidence_of(seen[1]), "the same evidence"
    return made


def test_sides_hold_verified_and_removed_statements(comparison: Comparison) -> None:
    """Each side has what held, what did not and why, its time and tokens, or why it did not answer."""
    sides = {side.spec: side for side in comparison.sides}
    assert sorted(side.label for side in comparison.sides) == ["A", "B", "C"]
    assert [len(sides[name].statements) for name in ("deepseek", "grok", "ernie")] == [2, 1, 0]
    assert [removed.why[0][0] for removed in sides["grok"].removed] == ["number"]
    assert (sides["deepseek"].backend.weights, sides["grok"].backend.weights) == ("open", "closed")
    assert sides["deepseek"].usage.written
    assert "key was refused" in sides["ernie"].error


def test_what_they_agree_on_rests_on_the_same_quotes(comparison: Comparison) -> None:
    """The shared quote is found, and the other is not."""
    sides = {side.spec: side for side in comparison.sides}
    assert len(comparison.shared) == 1
    assert [comparison.agrees(sides["deepseek"], s) for s in sides["deepseek"].statements] == [True, False]
    assert comparison.to_json()["shared_quotes"]


def test_a_side_is_shown_without_its_name(comparison: Comparison) -> None:
    """The vote is blind: names stand in the last lines only."""
    for side in comparison.sides:
        assert side.spec not in side_text(comparison, side).split("\n")[0]
        assert name_line(side).startswith(f"{side.label} = {side.spec}")


def test_votes_are_counted_once_a_person(comparison: Comparison, base: KnowledgeBase) -> None:
    """A second vote of the same person takes the place of the first."""
    state = open_state(with_settings(base).settings)
    label = {side.spec: side.label for side in comparison.sides}
    vote(state, comparison, label["grok"], person="ann")
    vote(state, comparison, label["deepseek"], person="ann")
    vote(state, comparison, "tie", person="bob")
    assert board(state) == [
        Tally("deepseek", "open", 1, 0, 1),
        Tally("ernie", "closed", 0, 1, 1),
        Tally("grok", "closed", 0, 1, 1),
    ]
    with pytest.raises(ValueError, match="none of"):
        vote(state, comparison, "Z", person="ann")


def test_open_and_closed_stand_for_what_is_configured(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend that is set comes first, then the first preset with a key; without any, one is told how to get one."""
    settings = with_settings(base).settings
    with pytest.raises(SettingsError):
        chosen(settings, "closed")
    monkeypatch.setenv("MOONSHOT_API_KEY", "k")
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    assert (chosen(settings, "open"), chosen(settings, "closed")) == ("moonshot", "gemini")
    assert chosen(with_settings(base, KAIBI_LLM="anthropic").settings, "closed") == "anthropic"


def test_nothing_is_compared_where_the_sources_are_silent(base: KnowledgeBase) -> None:
    """A question that the sources do not answer goes to no model."""
    with pytest.raises(QuestionError):
        compare(with_settings(base), "Wie wird das Wetter morgen in Wien?", ["deepseek", "grok"])


def test_a_channels_rule_holds(base: KnowledgeBase) -> None:
    """Its backend answers, its language is kept, and only documents of its tags are quoted; local only is kept too."""
    with standing_in(lambda request: Script(f"{evidence_of(request)[1]} [1]")) as server:
        with_settings(base, KAIBI_LLM="deepseek", KAIBI_LLM_BASE_URL=server.url + "/v1", KAIBI_LLM_API_KEY="k")
        plain = ask(base, EN, rule=Rule(backend="extractive", language="zh"))
        asked = ask(base, EN, rule=Rule(tags=("vendor",)))
    assert (plain.backend.name, plain.language) == ("extractive", "zh")
    assert asked.backend.name == "deepseek"
    tags = {p.document: p.metadata.tags for p in base.index.passages}
    assert all("vendor" in tags[quote.document] for quote in asked.quotes)
    with pytest.raises(SettingsError):
        ask(base, EN, rule=Rule(backend="openai", local_only=True))


def test_the_start_looks_at_channels_too(base: KnowledgeBase) -> None:
    """A channel that promises to stay in the house and names a remote backend stops the start."""
    settings = with_settings(base).settings
    path = settings.home.parent / "channels.yaml"
    path.write_text("legal: {backend: anthropic, local_only: true}\n")
    with pytest.raises(SettingsError):
        check_backends(settings.model_copy(update={"channels": path}))
