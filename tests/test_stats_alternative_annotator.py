"""The alternative-annotator check: planted judges that may and may not stand in for a person."""

from __future__ import annotations

import numpy as np
import pytest

from dikast.stats.alternative_annotator import AlternativeAnnotator, alternative_annotator
from dikast.stats.ballot_table import BallotTable, Row
from dikast.types import IntegerScale, PreferenceScale, Scale, YesNoScale

OK: dict[str, Scale] = {"ok": YesNoScale()}


def planted(
    accuracies: dict[str, float], n: int = 300, seed: int = 0
) -> tuple[BallotTable, BallotTable]:
    """Judges `j…` and people, each right with a probability of its own, independently."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.5
    rows = [
        Row(f"c{i:03}", who, float(truth[i] == (rng.random() < accuracy)), "ok")
        for who, accuracy in accuracies.items()
        for i in range(n)
    ]
    judges = [row for row in rows if row.judge.startswith("j")]
    people = [row for row in rows if not row.judge.startswith("j")]
    return BallotTable.of(judges, scales=OK), BallotTable.of(people, scales=OK)


PEOPLE = {"ann": 0.85, "bob": 0.85, "cy": 0.85}


@pytest.mark.parametrize(
    ("accuracy", "passes", "lead"),
    [
        pytest.param(0.95, 1.0, 0.07, id="better-than-people"),
        pytest.param(0.85, 1.0, 0.0, id="as-good-as-people"),
        pytest.param(0.65, 0.0, -0.14, id="clearly-worse"),
    ],
)
def test_planted_judges(accuracy: float, passes: float, lead: float) -> None:
    (found,) = alternative_annotator(*planted({"j": accuracy, **PEOPLE}, n=600), "ok")
    assert found.passing.value == passes
    assert found.lead.value == pytest.approx(lead, abs=0.05)
    for one in found.people:
        assert one.lead.low is not None
        assert one.lead.high is not None
        assert one.lead.low <= lead + 0.05
        assert one.lead.high >= lead - 0.05


def test_a_judge_that_is_worse_by_the_margin_passes_at_most_at_the_rate() -> None:
    """At the edge of the claim: people match others by 0.745, this judge by 0.1 less."""
    edge = 0.5 + (0.745 - 0.1 - 0.5) / (2 * 0.85 - 1)
    passed = 0
    for seed in range(60):
        found = alternative_annotator(*planted({"j": edge, **PEOPLE}, n=150, seed=seed), "ok")
        passed += any(one.passed for one in found[0].people)
    assert passed <= 9


def rows(*votes: tuple[str, str, float | None]) -> list[Row]:
    return [Row(case, who, score, "ok") for case, who, score in votes]


def only(judge: list[Row], people: list[Row], scales: dict[str, Scale]) -> AlternativeAnnotator:
    pairs = isinstance(scales["ok"], PreferenceScale)
    (found,) = alternative_annotator(
        BallotTable.of(judge, scales=scales, pairs=pairs),
        BallotTable.of(people, scales=scales, pairs=pairs),
        "ok",
        tolerance=0.25,
    )
    return found


def test_one_person_has_nobody_to_be_compared_with() -> None:
    found = only(rows(("c", "j", 1)), rows(("c", "ann", 1)), OK)
    assert found.passing.value is None
    assert "somebody else" in found.passing.reason
    assert found.people[0].lead.value is None


def test_worked_matches() -> None:
    """Against ann the judge matches {bob, cy} on 1 of 2 and 0 of 1; ann herself 1 of 2 and 1."""
    people = rows(
        ("c1", "ann", 1), ("c1", "bob", 1), ("c1", "cy", 0), ("c2", "ann", 0), ("c2", "bob", 0)
    )
    found = only(rows(("c1", "j", 0), ("c2", "j", 1), ("c3", "j", 1)), people, OK)
    ann = found.people[0]
    assert ann.judge_match.value == pytest.approx((0.5 + 0) / 2)
    assert ann.person_match.value == pytest.approx((0.5 + 1) / 2)
    assert ann.lead.value == pytest.approx(-0.5)
    assert ann.p is None
    assert not ann.passed
    assert found.people[2].lead.n == 1  # cy rated one case


def test_numbers_match_within_tolerance() -> None:
    scales: dict[str, Scale] = {"ok": IntegerScale(low=1, high=5)}
    people = rows(("c", "ann", 4), ("c", "bob", 5))
    assert only(rows(("c", "j", 3)), people, scales).people[0].judge_match.value == 0
    assert only(rows(("c", "j", 4)), people, scales).people[0].judge_match.value == 1


def test_orders_of_a_pair_count_half_each() -> None:
    scales: dict[str, Scale] = {"ok": PreferenceScale()}
    judge = [Row("c", "j", 1, "ok"), Row("c", "j", -1, "ok", swapped=True)]
    people = rows(("c", "ann", 1), ("c", "bob", 1))
    assert only(judge, people, scales).people[0].judge_match.value == 0.5


def test_a_judge_that_abstains_everywhere_is_undefined() -> None:
    found = only(rows(("c", "j", None)), rows(("c", "ann", 1), ("c", "bob", 1)), OK)
    assert found.lead.value is None


def test_nobody_rated_the_same_cases() -> None:
    found = only(rows(("c1", "j", 1)), rows(("c2", "ann", 1), ("c2", "bob", 1)), OK)
    assert found.passing.value is None


def test_names_and_order_of_people_change_nothing() -> None:
    judges, people = planted({"j": 0.8, **PEOPLE})
    renamed = BallotTable.of(
        [
            Row(people.cases[c], {"ann": "zoe"}.get(people.judges[j], people.judges[j]), s, "ok")
            for c, j, s in zip(people.case, people.judge, people.score, strict=True)
        ],
        scales=OK,
    )
    (one,) = alternative_annotator(judges, people, "ok")
    (other,) = alternative_annotator(judges, renamed, "ok")
    assert one.people[0].lead == other.people[2].lead
    assert one.passing == other.passing
