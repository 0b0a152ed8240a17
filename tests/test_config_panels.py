"""Panel files: what is refused with which line, what is warned of, and the round trip."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast import prompts
from dikast.config import (
    check_panel,
    check_rule_params,
    dump_panel,
    embedded_panel,
    family_of,
    load_panel,
    panel_from_dict,
)
from dikast.errors import ConfigError
from dikast.types import (
    Anchor,
    Criterion,
    IntegerScale,
    JudgeSpec,
    ModelSpec,
    OrdinalScale,
    PanelSpec,
    PreferenceScale,
    Price,
    ProtocolSpec,
    RealScale,
    Rubric,
    RuleSpec,
    Sampling,
    YesNoScale,
)

Write = Callable[..., Path]

PANEL = """\
name = "three"
rubric = "helpfulness"
quorum = 2
rule = "median"
screens = []

[protocol]
max_rounds = 1

[[judges]]
name = "anna"
model = "embedded/overlap"

[[judges]]
name = "bert"
model = "embedded/entities"
[judges.sampling]
temperature = 0.5

[[judges]]
name = "cleo"
model = "embedded/answers"
weight = 2.0
"""
"""A sound panel; the tables below change one line of it."""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(content: str | bytes, name: str = "panel.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


def test_the_sound_panel_is_read(write: Write) -> None:
    panel = load_panel(write(PANEL))
    assert [j.name for j in panel.judges] == ["anna", "bert", "cleo"]
    assert panel.rubric == prompts.rubric("helpfulness")
    assert panel.judges[1].sampling.temperature == 0.5
    assert (panel.rule, panel.quorum) == (RuleSpec(name="median"), 2)


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        pytest.param("quorum", "qorum", 3, "unknown key `qorum`. Did you mean `quorum`?", id="top"),
        pytest.param(
            "max_rounds",
            "max_round",
            *(8, "unknown key `protocol.max_round`. Did you mean `max_rounds`?"),
            id="protocol-key",
        ),
        pytest.param(
            'model = "embedded/entities"',
            'modle = "embedded/entities"',
            *(16, "unknown key `judges[2].modle`. Did you mean `model`?"),
            id="judge-key",
        ),
        pytest.param(
            "temperature",
            "temprature",
            *(18, "unknown key `judges[2].sampling.temprature`. Did you mean `temperature`?"),
            id="sampling-key",
        ),
        pytest.param(
            "weight = 2.0", "temperature = 0", *(23, "belongs into `sampling`"), id="wrong-table"
        ),
        pytest.param(
            "weight = 2.0", 'api_key = "sk-123"', *(23, "`api_key_env`"), id="key-in-the-file"
        ),
        pytest.param("quorum = 2", 'budget = "5usd"', *(3, "`--budget`"), id="budget"),
        pytest.param(
            "quorum = 2", "quorum = 4", *(3, "above the number of judges (3)"), id="4-of-3"
        ),
        pytest.param("quorum = 2", "quorum = 0", *(3, "`quorum` must be at least 1"), id="0-of-3"),
        pytest.param(
            "quorum = 2", 'quorum = "2"', *(3, "must be a whole number"), id="quorum-text"
        ),
        pytest.param(
            "weight = 2.0",
            "samples = true",
            *(23, "`judges[3].samples` must be a whole"),
            id="true",
        ),
        pytest.param(
            "temperature = 0.5",
            "temperature = -1",
            *(18, "`judges[2].sampling.temperature` must be at least 0"),
            id="below-zero",
        ),
        pytest.param(
            "temperature = 0.5", "temperature = nan", *(18, "must be a finite number"), id="nan"
        ),
        pytest.param("temperature = 0.5", "temperature = 2020-01-01", *(18, "a date"), id="date"),
        pytest.param(
            'name = "bert"', 'name = "anna"', *(15, "two judges are named `anna`"), id="two-annas"
        ),
        pytest.param(
            'name = "bert"', 'name = "!"', *(15, "must be letters, digits"), id="bad-name"
        ),
        pytest.param('name = "bert"', "", *(14, "key `judges[2].name` is missing"), id="no-name"),
        pytest.param(
            "weight = 2.0",
            'reserve = "dora"',
            *(23, "the reserve `dora`, which is not among"),
            id="no-such-reserve",
        ),
        pytest.param(
            "max_rounds = 1",
            'on_low_confidence = "escalate"',
            *(8, "Add a table `[escalation]`"),
            id="nobody-to-escalate-to",
        ),
        pytest.param(
            "max_rounds = 1",
            'seating = "al"',
            *(8, "`protocol.seating` must be one of 'all' or 'sequential'"),
            id="unknown-choice",
        ),
        pytest.param('"median"', '"medain"', *(4, "unknown rule `medain`. Did you"), id="rule"),
        pytest.param(
            'rule = "median"',
            'rule = { name = "trimmed", params = { shar = 0.2 } }',
            *(4, "takes no parameter `shar`. Did you mean `share`?"),
            id="rule-parameter",
        ),
        pytest.param(
            'rule = "median"',
            'rule = { name = "trimmed", params = { share = 0.7 } }',
            *(4, "refuses its parameters"),
            id="rule-parameter-out-of-range",
        ),
        pytest.param(
            'rule = "median"',
            'rule = { name = "median", params = { share = 0.2 } }',
            *(4, "takes no parameter `share`. It takes none."),
            id="rule-without-parameters",
        ),
        pytest.param(
            '"embedded/entities"',
            '"embedded/entites"',
            *(16, "unknown rule-backed judge `entites`. Did you mean `entities`?"),
            id="embedded-judge",
        ),
        pytest.param(
            '"embedded/entities"',
            '"embeded/entities"',
            *(16, "Did you mean `embedded/entities`?"),
            id="embedded-prefix",
        ),
        pytest.param(
            '"embedded/entities"',
            '"openai/gpt-4o"\nformat = "structurd"',
            *(17, "unknown format `structurd`"),
            id="format",
        ),
        pytest.param(
            "screens = []",
            'screens = ["lenght"]',
            *(5, "unknown screen `lenght`. Did you mean `length`?"),
            id="screen",
        ),
        pytest.param(
            "screens = []",
            'critic = "embedded/critik"',
            *(5, "The rule-backed critic is `embedded/critic`"),
            id="embedded-critic",
        ),
        pytest.param(
            "screens = []",
            'detector = "embedded/length"',
            *(5, "Rule-backed detection is what `screens` do"),
            id="embedded-detector",
        ),
        pytest.param(
            '"helpfulness"', '"helpfullness"', *(2, "Did you mean `helpfulness`?"), id="rubric-pack"
        ),
        pytest.param('rubric = "helpfulness"', "", *(None, "`rubric` is missing"), id="no-rubric"),
        pytest.param('"helpfulness"', "3", *(2, "`rubric` must be a table"), id="rubric-number"),
        pytest.param(
            '"helpfulness"',
            '{ id = "r", criteria = [ { id = "c", question = "?" } ] }',
            *(2, "key `rubric.criteria[1].scale` is missing"),
            id="criterion-without-scale",
        ),
        pytest.param(
            '"helpfulness"',
            '{ id = "r", criteria = [ { id = "C d", question = "?", scale = {kind="yes_no"} } ] }',
            *(2, "`rubric.criteria[1].id` must be lower-case"),
            id="criterion-id",
        ),
        pytest.param(
            '"helpfulness"',
            '{ id = "r", criteria = [ { id = "c", question = "?", scale = {kind="stars"} } ] }',
            *(2, "has the unknown kind 'stars'"),
            id="unknown-scale",
        ),
        pytest.param(
            '"helpfulness"',
            '{ id = "r", criteria = [ { id = "c", question = "?", scale = {kind="integer", '
            "low = 5, high = 1} } ] }",
            *(2, "`low` must be below `high`"),
            id="scale-upside-down",
        ),
        pytest.param(
            '"helpfulness"',
            '{ id = "r", criteria = [ { id = "c", question = "?", scale = {kind="integer", '
            'low = "one"} } ] }',
            *(2, "`rubric.criteria[1].scale.low` must be a whole number"),
            id="scale-in-words",
        ),
        pytest.param(
            '"helpfulness"',
            '{ id = "r", criteria = [ { id = "c", question = "?", scale = {kind="yes_no"}, '
            'anchors = [ { score = 3, text = "x" } ] } ] }',
            *(2, "anchor of criterion `c`: 3 is neither yes nor no"),
            id="anchor-off-the-scale",
        ),
        pytest.param(
            "weight = 2.0",
            'api_base = "localhost:8000"',
            *(23, "must begin with http:// or https://"),
            id="address",
        ),
    ],
)
def test_a_bad_panel_is_refused_with_its_line(
    write: Write, before: str, after: str, line: int | None, says: str
) -> None:
    assert before in PANEL
    path = write(PANEL.replace(before, after, 1))
    with pytest.raises(ConfigError) as refused:
        load_panel(path)
    assert says in str(refused.value)
    assert (refused.value.path, refused.value.line) == (str(path), line)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        pytest.param('name = "a"\nquorum = \n', 2, "not valid TOML", id="broken"),
        pytest.param('name = "a"\nname = "b"\n', 2, "not valid TOML", id="key-twice"),
        pytest.param('name = "a', 1, "not valid TOML", id="open-string"),
        pytest.param(b'name = "a"\n# \xff\n', 2, "not valid UTF-8", id="bytes"),
        pytest.param('rubric = "helpfulness"', None, "key `judges` is missing", id="no-judges"),
        pytest.param(
            'rubric = "helpfulness"\njudges = []', 2, "`judges` must not be empty", id="empty"
        ),
        pytest.param(
            'rubric = "helpfulness"\n\njudges = "anna"', 3, "`judges` must be a list", id="text"
        ),
    ],
)
def test_a_file_that_is_no_panel(
    write: Write, content: str | bytes, line: int | None, says: str
) -> None:
    path = write(content)
    with pytest.raises(ConfigError) as refused:
        load_panel(path)
    assert says in str(refused.value)
    assert (refused.value.path, refused.value.line) == (str(path), line)


def test_a_panel_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_panel(tmp_path / "none.toml")


def test_keys_inside_lists_and_long_strings_have_their_own_line(write: Write) -> None:
    text = (
        PANEL
        + '''
[escalation]
name = "dean"
persona = """
[[judges]]
wieght = 1
"""
model = "embedded/exact"
wieght = 3
'''
    )
    with pytest.raises(ConfigError) as refused:
        load_panel(write(text))
    assert refused.value.line == 32
    rubric = """{ id = "r", criteria = [
  { id = "c", question = "?", scale = { kind = "yes_no" } },
] }"""
    text = PANEL.replace('"helpfulness"', rubric).replace("quorum = 2", "quorum = 9")
    with pytest.raises(ConfigError) as refused:
        load_panel(write(text))
    assert refused.value.line == 5
    text = 'rubric = "helpfulness"\njudges = [\n  { name = "a", model = "m" },\n  { nam = "b" },\n]'
    with pytest.raises(ConfigError, match=r"judges\[2\]\.nam") as refused:
        load_panel(write(text))
    assert refused.value.line == 4


def test_a_rubric_file_lies_beside_the_panel(write: Write) -> None:
    text = 'id = "own"\n[[criteria]]\nid = "ok"\nquestion = "?"\nscale = { kind = "yes_no" }\n'
    write(text, "own.toml")
    panel = PANEL.replace('"helpfulness"', '"own.toml"')
    assert load_panel(write(panel)).rubric.id == "own"
    broken = write(text.replace("question", "qestion"), "own.toml")
    with pytest.raises(ConfigError, match="Did you mean `question`") as refused:
        load_panel(write(panel))
    assert refused.value.path == str(broken)
    broken.unlink()
    with pytest.raises(ConfigError, match="the rubric cannot be read"):
        load_panel(write(panel))


def test_a_key_is_never_told(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for after in ('api_key = "sk-secret"', 'api_key_env = "sk-secret"', 'weight = "sk-secret"'):
        with pytest.raises(ConfigError) as refused:
            load_panel(write(PANEL.replace("weight = 2.0", after)))
        assert "sk-secret" not in str(refused.value)
        assert refused.value.line == 23


# -- check_panel -----------------------------------------------------------------------------


def panel(*judges: JudgeSpec, **fields: Any) -> PanelSpec:
    return PanelSpec(judges=judges, rubric=prompts.rubric("helpfulness"), **fields)


def judge(name: str, model: str = "openai/gpt-4o", **fields: Any) -> JudgeSpec:
    return JudgeSpec(name=name, model=model, **fields)


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


# -- round trip ------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORD = TEXT.filter(bool)
NAME = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,8}", fullmatch=True)
CRITERION_ID = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
FLOAT = st.floats(min_value=1e-3, max_value=1e6)
PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
SAMPLING = st.builds(
    Sampling,
    temperature=st.none() | st.floats(0, 2),
    max_tokens=st.none() | st.integers(1, 9),
    reasoning_effort=st.sampled_from([None, "low", "none"]),
    extra=st.dictionaries(TEXT, PLAIN, max_size=2),
)


def _model(kind: type[ModelSpec], **fields: Any) -> Any:
    return st.builds(
        kind,
        model=st.sampled_from(["openai/gpt-4o", "x", "é/☃", 'q"\\/\n']),
        api_base=st.sampled_from([None, "http://localhost:1/v1"]),
        sampling=SAMPLING,
        price=st.none() | st.builds(Price, input=FLOAT, output=FLOAT),
        timeout=FLOAT,
        vision=st.sampled_from([None, True, False]),
        **fields,
    )


JUDGE = _model(JudgeSpec, name=NAME, persona=st.none() | TEXT, weight=FLOAT)
SCALE = st.one_of(
    st.builds(IntegerScale, low=st.integers(-5, 0), high=st.integers(1, 9)),
    st.builds(RealScale, low=st.floats(-5, 0), high=st.floats(0.5, 9)),
    st.just(OrdinalScale(labels=("bad", 'so "so"', "\t\x7f"))),
    st.just(YesNoScale()),
)
CRITERION = st.builds(
    Criterion,
    id=CRITERION_ID,
    question=WORD,
    scale=SCALE,
    weight=FLOAT,
    needs=st.sampled_from([(), ("reference",), ("question", "contexts")]),
)
ANCHORED = Criterion(
    id="anchored",
    question="?",
    scale=IntegerScale(),
    anchors=(Anchor(score=1, text="lów"), Anchor(score=5.0, text='"""\n')),
)
RUBRIC = st.lists(CRITERION, max_size=2, unique_by=lambda c: c.id).flatmap(
    lambda own: st.builds(Rubric, id=WORD, title=TEXT, criteria=st.just((*own, ANCHORED)))
)
PAIRS = Rubric(
    id="p", criteria=(Criterion(id="p", question="?", scale=PreferenceScale(levels=5, ties=False)),)
)


@st.composite
def panels(draw: st.DrawFn) -> PanelSpec:
    seats = draw(st.lists(JUDGE, min_size=1, max_size=4, unique_by=lambda j: j.name))
    judges, reserves = tuple(seats[:2]), tuple(seats[2:])
    if reserves:
        first = judges[0].model_copy(update={"reserve": reserves[0].name})
        judges = (first, *judges[1:])
    return PanelSpec(
        name=draw(WORD),
        judges=judges,
        reserves=reserves,
        rubric=draw(RUBRIC | st.just(PAIRS)),
        rule=draw(st.sampled_from([RuleSpec(), RuleSpec(name="trimmed", params={"share": 0.1})])),
        quorum=draw(st.sampled_from([None, 1, len(judges)])),
        protocol=draw(
            st.builds(ProtocolSpec, max_rounds=st.integers(0, 2), tolerance=st.floats(0, 1))
        ),
        critic=draw(st.none() | _model(ModelSpec)),
        screens=draw(st.sampled_from([None, (), ("length",)])),
        share_identical=draw(st.booleans()),
    )


@given(panels())
def test_a_panel_written_is_the_panel_read(spec: PanelSpec) -> None:
    assert panel_from_dict(tomllib.loads(dump_panel(spec))) == spec


def test_what_toml_cannot_say_is_refused() -> None:
    spec = panel(judge("a", sampling=Sampling(extra={"stop": None})))
    with pytest.raises(ConfigError, match=re.escape("`judges.sampling.extra.stop` is null")):
        dump_panel(spec)


def test_defaults_are_left_out() -> None:
    text = dump_panel(panel(judge("a")))
    assert "timeout" not in text
    assert "protocol" not in text
