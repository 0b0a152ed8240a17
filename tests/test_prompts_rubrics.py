"""Rubric packs are complete, and a user's faulty rubric is refused with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dikast import prompts
from dikast.errors import ConfigError
from dikast.types import Criterion, IntegerScale, RealScale

PACKS = prompts.rubric_names()


def levels(criterion: Criterion) -> set[float]:
    """Scores that need an anchor: every level, or both ends of a scale without levels."""
    low, high = criterion.scale.bounds()
    if isinstance(criterion.scale, RealScale):
        return {low, high}
    if isinstance(criterion.scale, IntegerScale):
        return {float(n) for n in range(int(low), int(high) + 1)}
    return {criterion.scale.accept(label) for label in criterion.scale.labels}


def test_the_packs_that_come_with_dikast() -> None:
    assert set(PACKS) >= {
        "helpfulness",
        "correctness",
        "instruction_following",
        "coherence",
        "conciseness",
        "safety",
        "groundedness",
        "preference",
        "preference5",
        "rag",
        "rag_full",
    }


@pytest.mark.parametrize("name", PACKS)
def test_every_level_has_an_anchor_of_its_own(name: str) -> None:
    rubric = prompts.rubric(name)
    assert rubric.id == name
    assert rubric.title
    for criterion in rubric.criteria:
        scores = {criterion.scale.accept(anchor.score) for anchor in criterion.anchors}
        assert scores >= levels(criterion)
        texts = [anchor.text for anchor in criterion.anchors]
        assert len({" ".join(text.split()).casefold() for text in texts}) == len(texts)


def test_needs_and_kinds_of_scale() -> None:
    needs = {name: prompts.rubric(name).criteria[0].needs for name in PACKS}
    assert needs["correctness"] == ("reference",)
    assert needs["groundedness"] == ("contexts",)
    assert {prompts.rubric(name).criteria[0].scale.kind for name in PACKS} >= {
        "integer",
        "ordinal",
        "yes_no",
        "preference",
    }


def test_anchors_are_stated_worst_first_whatever_their_order_in_the_file() -> None:
    criterion = prompts.rubric("helpfulness").criteria[0]
    turned = criterion.model_copy(update={"anchors": criterion.anchors[::-1]})
    assert prompts.criteria_text([turned]) == prompts.criteria_text([criterion])
    assert prompts.criteria_text([criterion]).index("- 1:") < prompts.criteria_text(
        [criterion]
    ).index("- 5:")


GOOD = """id = "mine"
[[criteria]]
id = "clear"
question = "Is it clear?"
scale = { kind = "integer", low = 1, high = 3 }
anchors = [{ score = 1, text = "No." }]
"""


def test_a_users_rubric_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert prompts.load_rubric(path).criterion("clear").scale.bounds() == (1, 3)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(
            "[[criteria]]", "[[critera]]", "`critera`. Did you mean `criteria`?", id="top"
        ),
        pytest.param(
            "question", "qestion", "`criteria[1].qestion`. Did you mean `question`?", id="criterion"
        ),
        pytest.param(
            "low =", "lwo =", "`criteria[1].scale.integer.lwo`. Did you mean `low`?", id="scale"
        ),
        pytest.param(
            "text =", "txt =", "`criteria[1].anchors[1].txt`. Did you mean `text`?", id="anchor"
        ),
        pytest.param(
            'question = "Is it clear?"\n', "", "`criteria[1].question` is missing", id="missing"
        ),
        pytest.param("score = 1", "score = 7", "7 is outside 1 to 3", id="off-scale-anchor"),
        pytest.param('"integer"', '"intger"', "intger", id="kind"),
        pytest.param("low = 1", "low = 9", "`low` must be below `high`", id="bounds"),
        pytest.param(
            'id = "clear"\n', 'id = "clear"\nid = "x"\n', ":4: not valid TOML", id="twice"
        ),
        pytest.param("high = 3 }", "high = 3", ":5: not valid TOML", id="broken"),
    ],
)
def test_a_faulty_rubric_is_refused_with_file_and_key(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        prompts.load_rubric(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_unknown_packs_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean `safety`"):
        prompts.rubric("saftey")
    with pytest.raises(ConfigError, match="cannot be read"):
        prompts.load_rubric(tmp_path / "none.toml")
