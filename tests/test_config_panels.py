"""Panel files: what is refused, and with which line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dikast import prompts
from dikast.config import (
    load_panel,
)
from dikast.errors import ConfigError
from dikast.types import (
    RuleSpec,
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
            *(8, "`protocol.seating` must be one of 'all', 'sequential' or 'cascade'"),
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
