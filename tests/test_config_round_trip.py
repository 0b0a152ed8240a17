"""Panel files: a panel written is the panel read."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.config import (
    dump_panel,
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
from tests.panels_kit import judge, panel

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
