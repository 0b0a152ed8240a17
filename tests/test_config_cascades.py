"""Cascades in panel files: from a file, from a table, both ways, and what is wrong with them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dikast.config import (
    check_panel,
    dump_panel,
    load_cascade,
    load_panel,
    panel_from_dict,
    save_cascade,
)
from dikast.errors import ConfigError
from dikast.types import (
    CalibratedSeat,
    CascadeSpec,
    CascadeStage,
    JudgeSpec,
    Price,
    ProtocolSpec,
    StageThreshold,
)
from tests.panels_kit import judge, panel

CASCADE = CascadeSpec(
    stages=(
        CascadeStage(
            seats=("cheap",),
            thresholds=(
                StageThreshold(
                    criterion="helpfulness", at=0.8, items=90, accepted=60, errors=1, bound=0.06
                ),
                StageThreshold(criterion="other", abstain_always="too few", items=3),
            ),
        ),
        CascadeStage(seats=("strong", "cheap"), thresholds=(StageThreshold(at=0.5),)),
    ),
    alpha=0.1,
    delta=0.05,
    labelled=90,
    labels="ab12",
    date="2026-01-31",
    prompts={"judge": "p1"},
    judges=(CalibratedSeat(seat="cheap", model="openai/cheap", digest="d1"),),
)

PANEL = """\
name = "climbing"
rubric = "helpfulness"
cascade = CASCADE

[[judges]]
name = "cheap"
model = "openai/small"
samples = 3
[[judges]]
name = "strong"
model = "anthropic/large"

[protocol]
seating = "cascade"
"""
BY_HAND = (
    '{ stages = [ { seats = "cheap", threshold = 0.8 }, '
    '{ seats = ["strong"], threshold = "abstain_always" } ] }'
)


def write(folder: Path, cascade: str = BY_HAND, *, text: str = PANEL) -> Path:
    path = folder / "panel.toml"
    path.write_text(text.replace("CASCADE", cascade), encoding="utf-8")
    return path


def test_a_panel_names_a_cascade_file_from_its_own_folder(tmp_path: Path) -> None:
    save_cascade(CASCADE, tmp_path / "x.cascade.json")
    assert load_cascade(tmp_path / "x.cascade.json") == CASCADE
    spec = load_panel(write(tmp_path, '"x.cascade.json"'))
    assert spec.cascade == CASCADE
    again = panel_from_dict(tomllib.loads(dump_panel(spec)))
    assert again == spec


def test_a_cascade_may_stand_in_the_panel(tmp_path: Path) -> None:
    spec = load_panel(write(tmp_path))
    assert spec.cascade is not None
    assert [stage.seats for stage in spec.cascade.stages] == [("cheap",), ("strong",)]
    assert [stage.threshold("any").at for stage in spec.cascade.stages] == [0.8, None]
    assert panel_from_dict(tomllib.loads(dump_panel(spec))) == spec


@pytest.mark.parametrize(
    ("cascade", "line", "words"),
    [
        pytest.param('"no.cascade.json"', None, "cannot be read", id="no-such-file"),
        pytest.param(
            BY_HAND.replace('"strong"', '"song"'), 3, "names `song` in stage 2", id="name"
        ),
        pytest.param(BY_HAND.replace("0.8", "1.8"), 3, "must be at most 1", id="threshold"),
        pytest.param(BY_HAND.replace("0.8", '"high"'), 3, "must be a number", id="in-words"),
        pytest.param("{ stages = [] }", 3, "must not be empty", id="no-stage"),
        pytest.param('{ stages = ["cheap"] }', 3, "just a name", id="just-a-name"),
        pytest.param(BY_HAND.replace("stages", "stage"), 3, "Did you mean `stages`?", id="slip"),
        pytest.param(
            BY_HAND.replace("{ stages", "{ labelled = 3, stages"), 3, "`labelled` needs", id="half"
        ),
        pytest.param(
            BY_HAND.replace('["strong"]', '["strong", "strong"]'), 3, "must differ", id="twice"
        ),
    ],
)
def test_a_wrong_cascade_is_refused_with_its_line(
    tmp_path: Path, cascade: str, line: int | None, words: str
) -> None:
    with pytest.raises(ConfigError, match=r"panel\.toml|cascade\.json") as refused:
        load_panel(write(tmp_path, cascade))
    assert words in str(refused.value)
    assert line is None or refused.value.line == line


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        pytest.param("cascade = CASCADE\n", "", 13, "there is no `cascade`", id="none"),
        pytest.param("cascade =", "quorum = 2\ncascade =", 3, "`quorum` must be left", id="quorum"),
        pytest.param(
            'seating = "cascade"',
            'seating = "cascade"\non_low_confidence = "keep"',
            15,
            "cannot promise anything",
            id="keep",
        ),
        pytest.param(
            "samples = 3",
            'samples = 1\npersonas = ["a", "b"]',
            9,
            "`personas` are 2",
            id="personas",
        ),
        pytest.param(
            "samples = 3", 'persona = "x"\npersonas = ["a"]', 9, "exclude each", id="two-ways"
        ),
    ],
)
def test_a_panel_that_does_not_fit_its_cascade_is_refused(
    tmp_path: Path, before: str, after: str, line: int, words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_panel(write(tmp_path, text=PANEL.replace(before, after)))
    assert words in str(refused.value)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="not-json"),
        pytest.param('{"stages": [{"seats": ["a"], "thresholds": [{}]}]}', id="no-threshold"),
        pytest.param('{"stages": [], "colour": "red"}', id="unknown-key"),
        pytest.param("\udcff", id="not-text"),
    ],
)
def test_a_file_that_is_no_cascade_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.cascade.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"x\.cascade\.json"):
        load_cascade(path)


def climbing(*judges: JudgeSpec, cascade: CascadeSpec, seating: str = "cascade") -> list[str]:
    spec = panel(
        *judges,
        cascade=cascade,
        protocol=ProtocolSpec(seating=seating),
    )
    return [w for w in check_panel(spec) if "share the family" not in w]


def stages(*at: tuple[str, float | None]) -> CascadeSpec:
    return CascadeSpec(
        stages=tuple(
            CascadeStage(
                seats=(name,),
                thresholds=(StageThreshold(at=t, abstain_always="" if t is not None else "few"),),
            )
            for name, t in at
        )
    )


CHEAP = judge("cheap", "openai/small", samples=3, price=Price(input=1, output=2))
STRONG = judge("strong", "anthropic/large", samples=2, price=Price(input=5, output=9))


@pytest.mark.parametrize(
    ("judges", "cascade", "words"),
    [
        pytest.param((CHEAP, STRONG), stages(("cheap", 0.8), ("strong", 0.5)), "", id="fine"),
        pytest.param(
            (CHEAP, STRONG), stages(("strong", 0.8), ("cheap", 0.5)), "cheap to strong", id="order"
        ),
        pytest.param((CHEAP, STRONG), stages(("cheap", 0.8)), "`strong` is in no stage", id="idle"),
        pytest.param((CHEAP,), stages(("cheap", None)), "ever decides `helpful", id="never"),
        pytest.param(
            (CHEAP, STRONG), stages(("cheap", None), ("strong", 0.5)), "not asked about", id="mute"
        ),
        pytest.param(
            (judge("cheap", "openai/small"),), stages(("cheap", 0.5)), "one sample", id="one-sample"
        ),
    ],
)
def test_what_is_warned_about(
    judges: tuple[JudgeSpec, ...], cascade: CascadeSpec, words: str
) -> None:
    found = climbing(*judges, cascade=cascade)
    assert any("set by hand and promise nothing" in warning for warning in found)
    rest = [warning for warning in found if "set by hand" not in warning]
    assert any(words in warning for warning in rest) if words else rest == []


def test_a_cascade_that_is_not_seated_and_one_that_is_out_of_date_are_warned_about() -> None:
    assert "is never used, since `seating` is `all`" in climbing(
        CHEAP, cascade=stages(("cheap", 0.8)), seating="all"
    )[0]  # fmt: skip
    found = climbing(CHEAP, STRONG, cascade=CASCADE)
    for words in ("prompt `judge` changed", "judge `cheap` (then `openai/cheap`) changed"):
        assert any(words in warning for warning in found)
    assert any("thresholds on `other`" in warning for warning in found)
