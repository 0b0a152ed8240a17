"""Panels before a run: what is refused before any call, and what is warned of."""

from __future__ import annotations

import pytest

from dikast import prompts
from dikast.config import (
    check_panel,
    check_rule_params,
    embedded_panel,
    family_of,
)
from dikast.errors import ConfigError
from dikast.types import (
    ModelSpec,
    PanelSpec,
    RuleSpec,
    Sampling,
    YesNoScale,
)
from tests.panels_kit import judge, panel


def test_a_missing_key_is_named_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = panel(judge("a", api_key_env="DIKAST_TEST_KEY"))
    monkeypatch.delenv("DIKAST_TEST_KEY", raising=False)
    with pytest.raises(ConfigError, match="`DIKAST_TEST_KEY` is not set, and `a` needs"):
        check_panel(spec)
    assert check_panel(spec, keys=False) == []
    monkeypatch.setenv("DIKAST_TEST_KEY", "x")
    assert check_panel(spec) == []


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param(
            panel(judge("a"), judge("b", "azure/gpt-4o-mini"), judge("c", "openai/o3")),
            "`a`, `b`, `c` share the family openai: their errors go together, and with a "
            "correlation of 0.5 these 3 seats are worth 1.50",
            id="one-family",
        ),
        pytest.param(
            panel(judge("a", "vllm/x", family="ours"), judge("b", "vllm/y", family="Ours")),
            "share the family ours",
            id="family-as-told",
        ),
        pytest.param(panel(judge("a"), judge("b")), "2 seats ask `openai/gpt-4o`", id="twins"),
        pytest.param(
            panel(judge("a", weight=2.0), judge("b", "anthropic/claude-x")),
            "rule `median` ignores them",
            id="weights-for-nothing",
        ),
        pytest.param(
            panel(judge("a"), judge("b", "anthropic/claude-x"), rule=RuleSpec(name="majority")),
            "2 judges can tie",
            id="even-majority",
        ),
        pytest.param(
            panel(judge("a", samples=3, sampling=Sampling(temperature=0))),
            "mostly copies",
            id="samples-at-zero",
        ),
        pytest.param(
            panel(judge("a"), reserves=(judge("r", "anthropic/claude-x"),)),
            "reserve `r` is named by no judge",
            id="idle-reserve",
        ),
        pytest.param(
            panel(judge("a"), escalation=judge("e", "anthropic/claude-x")),
            "`escalation` is never asked, since `on_low_confidence` is `abstain`",
            id="idle-escalation",
        ),
        pytest.param(
            panel(judge("a"), critic=ModelSpec(model="openai/gpt-4o")),
            "the critic is a judge's own model",
            id="own-critic",
        ),
        pytest.param(
            panel(judge("a", api_base="http://far.example.org/v1", api_key_env="HOME")),
            "travels unencrypted to far.example.org",
            id="key-in-the-clear",
        ),
    ],
)
def test_what_will_disappoint_is_said(spec: PanelSpec, says: str) -> None:
    warnings = check_panel(spec)
    assert any(says in warning for warning in warnings), warnings


def test_a_good_panel_brings_no_warning() -> None:
    spec = panel(judge("a"), judge("b", "anthropic/claude-x"), judge("c", "gemini/gemini-x"))
    assert check_panel(spec) == []
    assert check_panel(embedded_panel()) == []


def test_providers_are_checked_against_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="Did you mean `anthropic/claude-x`"):
        check_panel(panel(judge("a", "antropic/claude-x")), models=True)
    local = judge("a", "openai/our-own", api_base="http://localhost:8000/v1")
    assert check_panel(panel(local), models=True) == []
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        check_panel(panel(judge("a")), models=True)
    assert check_panel(panel(judge("a")), models=True, keys=False) == []


def test_names_are_proved_for_panels_made_in_code_too() -> None:
    with pytest.raises(ConfigError, match="unknown rule `medain`"):
        check_panel(panel(judge("a"), rule=RuleSpec(name="medain")))
    with pytest.raises(ConfigError, match="takes no parameter"):
        check_rule_params(RuleSpec(name="mean", params={"x": 1}))
    with pytest.raises(ConfigError, match="refuses its parameters"):
        check_rule_params(RuleSpec(name="trimmed", params={"share": 2}), scale=YesNoScale())
    check_rule_params(RuleSpec(name="trimmed", params={"share": 0.1}))


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai/gpt-4o", "openai"),
        ("o3-mini", "openai"),
        ("azure/my-gpt-4", "openai"),
        ("bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0", "anthropic"),
        ("vertex_ai/gemini-2.5-pro", "google"),
        ("ollama/gemma3:27b", "google"),
        ("hosted_vllm/meta-llama/Llama-3.3-70B-Instruct", "meta"),
        ("openrouter/qwen/qwen3-32b", "alibaba"),
        ("groq/deepseek-r1-distill-qwen-32b", "alibaba"),
        ("deepseek/deepseek-chat", "deepseek"),
        ("mistral/mixtral-8x7b", "mistral"),
        ("azure_ai/Phi-4", "microsoft"),
        ("xai/grok-4", "xai"),
        ("cohere/command-r-plus", "cohere"),
        ("nvidia_nim/nvidia/llama-3.1-nemotron-70b-instruct", "nvidia"),
        ("anthropic/something-new", "anthropic"),
        ("openai/our-own", None),
        ("embedded/overlap", None),
    ],
)
def test_families(model: str, family: str | None) -> None:
    assert family_of(model) == family


def test_the_embedded_panel_seats_who_can_speak() -> None:
    assert {j.name for j in embedded_panel().judges} >= {"overlap", "entities"}
    concise = embedded_panel(prompts.rubric("conciseness"))
    assert [j.name for j in concise.judges] == ["form"]
    assert concise.quorum_needed == 1
