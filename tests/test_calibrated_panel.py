"""A panel with a calibration: its weights, its probability, its interval, and what it refuses."""

from __future__ import annotations

import tomllib
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.aggregator import Aggregator
from dikast.agents.listwise_judge import Listing
from dikast.config import (
    check_panel,
    dump_panel,
    load_calibration,
    load_panel,
    panel_from_dict,
    save_calibration,
)
from dikast.deciding import other_rule
from dikast.errors import ConfigError
from dikast.graphs.course import next_seats
from dikast.graphs.listing import list_outcomes
from dikast.minutes import summary
from dikast.records.export import flat
from dikast.records.fit_origin import changed_since, fit_origin
from dikast.running import identity_of
from dikast.stats.panel_votes import weighted_decisions
from dikast.types import (
    Calibration,
    CascadeSpec,
    CascadeStage,
    ConfidenceMap,
    OrdinalScale,
    PanelSpec,
    PreferenceScale,
    RealScale,
    Reason,
    Sampling,
    Scale,
    StageThreshold,
)
from tests.calibration_kit import (
    BAND,
    FIVE,
    MAP,
    calibrated,
    calibration,
    decide,
    fitted,
    rubric,
    spec,
)

KEEP: dict[str, Any] = {"protocol": {"on_low_confidence": "keep"}}


def test_the_weightiest_judge_prevails_and_confidence_is_a_probability() -> None:
    """ann has 2 of 3.5: a share of 0.571, which is 0.4 + 0.3 × 0.2857 by the map."""
    verdict = decide(calibrated(spec(**KEEP)), {"ann": 1.0, "bob": 0.0, "cy": 0.0})
    (decision,) = verdict.criteria
    assert decision.score == 1.0
    assert decision.confidence == pytest.approx(0.4 + 0.3 * (2 / 3.5 - 0.5) / 0.25)
    assert verdict.calibrated
    assert decision.calibrated
    uncalibrated = decide(spec(**KEEP, rule={"name": "majority"}), {"ann": 1, "bob": 0, "cy": 0})
    assert uncalibrated.criteria[0].score == 0.0
    assert not uncalibrated.calibrated


def test_low_confidence_is_a_probability() -> None:
    """A unanimous vote is right with 0.9 only; two thirds of the weight are not enough."""
    votes = {"ann": 1.0, "bob": 0.0, "cy": 0.0}
    verdict = decide(calibrated(spec()), votes)
    assert verdict.reason is Reason.LOW_CONFIDENCE
    assert "right with probability 0.49" in verdict.criteria[0].detail
    strict = calibrated(spec(protocol={"low_confidence": 0.95}))
    assert decide(strict, dict.fromkeys(votes, 1.0)).reason is Reason.LOW_CONFIDENCE
    assert decide(calibrated(spec()), dict.fromkeys(votes, 1.0)).status == "decided"


def test_without_weights_the_panels_own_rule_stays() -> None:
    own = calibrated(spec(**KEEP, rule={"name": "majority"}), calibration(fitted(weights={})))
    verdict = decide(own, {"ann": 1.0, "bob": 0.0, "cy": 0.0})
    assert verdict.criteria[0].score == 0.0
    assert verdict.criteria[0].confidence == pytest.approx(0.4 + 0.3 * (2 / 3 - 0.5) / 0.25)


def test_without_a_map_it_stays_a_share() -> None:
    verdict = decide(
        calibrated(spec(**KEEP), calibration(fitted(confidence=None))),
        {"ann": 1.0, "bob": 0.0, "cy": 0.0},
    )
    assert verdict.criteria[0].confidence == pytest.approx(2 / 3.5)
    assert not verdict.calibrated


def test_votes_without_weight_decide_nothing() -> None:
    fit = calibration(fitted(weights={"ann": 1.0, "bob": 0.0, "cy": 0.0}))
    verdict = decide(calibrated(spec(), fit), {"bob": 1.0, "cy": 1.0})
    assert verdict.criteria[0].reason is Reason.NO_QUORUM
    assert "no vote cast has weight" in verdict.criteria[0].detail
    assert verdict.criteria[0].confidence is None


def test_a_decision_for_a_tie_has_a_probability_of_its_own() -> None:
    scale = PreferenceScale()
    fit = calibration(fitted(scale, on_tie=0.05))
    panel = calibrated(spec(scale=scale, **KEEP), fit)
    assert decide(panel, {"ann": 0, "bob": 0, "cy": 0}).confidence == 0.05
    assert decide(panel, {"ann": 1, "bob": 1, "cy": 1}).confidence == 0.9


@pytest.mark.parametrize(
    ("scale", "score", "low", "high"),
    [
        pytest.param(FIVE, 3.0, 1.0, 5.0, id="whole-numbers-are-rounded-outward"),
        pytest.param(FIVE, 5.0, 3.0, 5.0, id="clipped-to-the-scale"),
        pytest.param(RealScale(low=0, high=10), 3.0, 1.8, 4.2, id="real-numbers-stay"),
        pytest.param(OrdinalScale(labels=("a", "b", "c", "d")), 0.0, 0.0, 2.0, id="ranks"),
    ],
)
def test_an_interval_comes_with_the_score(
    scale: Scale, score: float, low: float, high: float
) -> None:
    fit = calibration(fitted(scale, band=BAND))
    panel = calibrated(spec(scale=scale, **KEEP), fit)
    verdict = decide(panel, {"ann": score, "bob": score, "cy": score})
    interval = verdict.criteria[0].interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert interval.level == 0.9
    row = flat(verdict)
    assert (row["low_ok"], row["high_ok"], row["calibrated"]) == (interval.low, interval.high, True)
    text = "\n".join(summary(verdict, panel.rubric))
    assert f"label from {scale.show(interval.low)} to {scale.show(interval.high)} in 90 %" in text
    assert "(calibrated)" in text


def test_whole_half_widths_do_not_grow_by_rounding() -> None:
    assert 2.3 - 0.3 < 2  # 1.9999999999999998
    narrow = BAND.model_copy(update={"half_width": 0.3})
    assert narrow.around(2.3, FIVE).low == 2.0
    wide = BAND.model_copy(update={"half_width": 0.6})
    assert wide.around(4.6, FIVE).low == 4.0


def test_no_score_no_interval() -> None:
    fit = calibration(fitted(FIVE, band=BAND))
    verdict = decide(calibrated(spec(scale=FIVE), fit), {"ann": 1, "bob": 5, "cy": 5})
    assert verdict.criteria[0].score is None
    assert verdict.criteria[0].interval is None


@pytest.mark.parametrize("order", list(permutations(["ann", "bob", "cy"])))
def test_the_order_of_judges_decides_nothing(order: tuple[str, ...]) -> None:
    panel = calibrated(spec(*order, **KEEP))
    votes = {"ann": 1.0, "bob": 0.0, "cy": 0.0}
    verdict = decide(panel, {name: votes[name] for name in order})
    base = decide(calibrated(spec(**KEEP)), votes)
    assert verdict.criteria == base.criteria
    assert verdict.confidence == base.confidence


VOTES = st.lists(
    st.tuples(*[st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, None])] * 3), min_size=1, max_size=5
)


@given(VOTES, st.tuples(*[st.sampled_from([0.0, 0.3, 1.0, 2.5])] * 3), st.booleans())
def test_columns_decide_as_the_aggregator_does(
    cases: list[tuple[float | None, ...]], weights: tuple[float, ...], labelled: bool
) -> None:
    """What is fitted and tested on columns is what the panel will do."""
    if not any(weights):
        return
    names = ("ann", "bob", "cy")
    scale: Scale = OrdinalScale(labels=tuple("abcdef")) if labelled else FIVE
    fit = calibration(
        fitted(scale, confidence=None, weights=dict(zip(names, weights, strict=True)))
    )
    panel = calibrated(spec(scale=scale, quorum=1, **KEEP), fit)
    grid = np.array([[np.nan if v is None else v for v in case] for case in cases])
    found = weighted_decisions(grid, np.array(weights), scale)
    for at, case in enumerate(cases):
        cast = {n: v for n, v in zip(names, case, strict=True) if v is not None}
        if not cast:
            assert np.isnan(found.share[at])
            continue
        (decision,) = decide(panel, cast).criteria
        if decision.score is None:
            assert np.isnan(found.score[at])
        else:
            assert found.score[at] == pytest.approx(decision.score)
        if decision.confidence is None:
            assert np.isnan(found.share[at])
        else:
            assert found.share[at] == pytest.approx(decision.confidence)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_map_rises_and_meets_its_knots(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert MAP.at(low) <= MAP.at(high)
    assert MAP.at(one) == pytest.approx(float(np.interp(one, MAP.raw, MAP.probability)))


# -- what fits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("panel", "fit", "told"),
    [
        pytest.param(spec("ann", "dan"), calibration(), "knows no judge `dan`", id="judge"),
        pytest.param(spec(scale=FIVE), calibration(), "another scale of", id="scale"),
        pytest.param(
            spec(), calibration(fitted(criterion="style")), "criterion `style`", id="criterion"
        ),
    ],
)
def test_a_calibration_of_another_panel_is_refused(
    panel: PanelSpec, fit: Calibration, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        calibrated(panel, fit)


def test_without_weights_other_judges_may_sit() -> None:
    calibrated(spec("ann", "dan"), calibration(fitted(weights={})))


def test_whole_lists_count_by_fitted_weights() -> None:
    """ann's order against those of bob and cy, who together weigh less."""
    lists = {
        "ann": [Listing(("x", "y"))],
        "bob": [Listing(("y", "x"))],
        "cy": [Listing(("y", "x"))],
    }
    scale = PreferenceScale()
    plain = spec(scale=scale)
    (by_vote,) = list_outcomes(lists, ["x", "y"], plain)
    (by_weight,) = list_outcomes(lists, ["x", "y"], calibrated(plain, calibration(fitted(scale))))
    assert (by_vote.preferred, by_weight.preferred) == ("second", "first")


def test_another_rule_takes_the_calibration_away() -> None:
    assert other_rule(calibrated(spec()), "majority", {}, None).calibration is None


PANEL = """
calibration = "fits/x.calibration.json"
quorum = 1
[[judges]]
name = "ann"
model = "openai/ann"
[[judges]]
name = "bob"
model = "openai/bob"
[[judges]]
name = "cy"
model = "openai/cy"
[rubric]
id = "r"
[[rubric.criteria]]
id = "ok"
question = "Is it?"
scale = { kind = "yes_no" }
"""


def written(folder: Path, fit: Calibration | None = None) -> Path:
    (folder / "fits").mkdir(exist_ok=True)
    save_calibration(fit or calibration(), folder / "fits" / "x.calibration.json")
    path = folder / "panel.toml"
    path.write_text(PANEL, encoding="utf-8")
    return path


def test_a_panel_names_the_file_from_its_own_folder(tmp_path: Path) -> None:
    panel = load_panel(written(tmp_path))
    assert panel.calibration == calibration()
    assert panel_from_dict(tomllib.loads(dump_panel(panel))) == panel


def test_a_file_written_is_the_file_read(tmp_path: Path) -> None:
    full = calibration(fitted(FIVE, band=BAND), why="because")
    save_calibration(full, tmp_path / "c.json")
    assert load_calibration(tmp_path / "c.json") == full
    assert [p.name for p in tmp_path.iterdir()] == ["c.json"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param('"rule"', '"rul"', "unknown key `rul`", id="misspelt-key"),
        pytest.param('"labels": 50', '"labels": -1', "criteria[1].labels", id="negative-count"),
        pytest.param("0.9\n", "1.0\n", "nothing is certain", id="a-certainty"),
        pytest.param("0.9\n", "0.1\n", "must not fall", id="a-map-that-falls"),
        pytest.param("0.9\n", "NaN\n", "criteria[1].confidence.probability[3]", id="nan"),
        pytest.param('"ann": 2.0', '"ann": -2.0', "weights.ann", id="negative-weight"),
        pytest.param('"ann": 2.0', '"ann": "2"', "weights.ann", id="text-for-a-number"),
        pytest.param('"schema_version": 1', '"schema_version": 2', "another version", id="version"),
        pytest.param('"dikast.calibration"', '"other"', "not a calibration", id="another-file"),
        pytest.param("{", "", "not valid JSON", id="broken"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = written(tmp_path)
    file = tmp_path / "fits" / "x.calibration.json"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_panel(path)
    assert told in str(caught.value)
    assert "x.calibration.json" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "fits" / "x.calibration.json").unlink()
    with pytest.raises(ConfigError, match=r"fits/x\.calibration\.json"):
        load_panel(path)


def test_a_panel_that_it_does_not_fit_names_line_and_key(tmp_path: Path) -> None:
    path = written(tmp_path, calibration(fitted(criterion="style")))
    with pytest.raises(ConfigError, match=r"panel\.toml:2: .*criterion `style`"):
        load_panel(path)


def origin(panel: PanelSpec, prompts: dict[str, str]) -> Calibration:
    return calibration(fitted_on=fit_origin(panel, prompts))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"model": "openai/new"}, "model `openai/ann` -> `openai/new`", id="model"),
        pytest.param({"persona": "Strict."}, "persona unset -> `Strict.`", id="persona"),
        pytest.param({"sampling": Sampling(temperature=1)}, "temperature", id="sampling"),
        pytest.param({"format": "mtbench"}, "format `structured` -> `mtbench`", id="format"),
    ],
)
def test_what_changed_since_the_fit_is_named(change: dict[str, Any], told: str) -> None:
    before = spec()
    ann, *rest = before.judges
    after = before.model_copy(update={"judges": (ann.model_copy(update=change), *rest)})
    words = changed_since(fit_origin(before, {}), after, {})
    assert len(words) == 1
    assert words[0].startswith("judge `ann`: ")
    assert told in words[0]


def test_other_changes_are_named_and_how_answers_are_fetched_is_none() -> None:
    before = spec()
    known = fit_origin(before, {"judge": "a"})
    assert changed_since(known, before, {"judge": "b"}) == ["prompt `judge` changed"]
    lenient = spec(protocol={"fold": "lenient"})
    assert changed_since(known, lenient, {"judge": "a"}) == ["protocol: fold `strict` -> `lenient`"]
    other = PanelSpec.model_validate({**dict(before), "rubric": rubric(FIVE)})
    assert "rubric `r` changed" in changed_since(known, other, {"judge": "a"})
    slower = [judge.model_copy(update={"timeout": 9.0}) for judge in before.judges]
    assert not changed_since(
        known, before.model_copy(update={"judges": tuple(slower)}), {"judge": "a"}
    )


def test_secrets_and_long_texts_do_not_stand_in_the_file() -> None:
    ann, *rest = spec().judges
    ann = ann.model_copy(
        update={"persona": "p" * 200, "sampling": Sampling(extra={"api_key": "hunter2"})}
    )
    text = fit_origin(spec().model_copy(update={"judges": (ann, *rest)}), {}).to_json()
    assert "hunter2" not in text
    assert "p" * 100 not in text


def test_warnings_of_a_panel_check() -> None:
    fit = origin(spec(), {}).model_copy(
        update={"criteria": (fitted(weights={"ann": 1.0, "bob": 0.0, "cy": 1.0}, confidence=None),)}
    )
    found = "\n".join(check_panel(calibrated(spec(), fit), keys=False))
    assert "may no longer hold" in found  # the prompts of this version were not told
    assert "`ok` has no calibrated confidence" in found
    assert "gives `bob` no say" in found


# -- identity -----------------------------------------------------------------------------------


def test_the_digest_follows_what_decides() -> None:
    base = calibration()
    assert base.digest == calibration(date="2030-01-01", why="x", dikast="9").digest
    assert base.digest != calibration(fitted(weights={"ann": 2.0, "bob": 1.0, "cy": 0.6})).digest
    flatter = ConfidenceMap(method="isotonic", raw=MAP.raw, probability=(0.4, 0.7, 0.8), n=50)
    assert base.digest != calibration(fitted(confidence=flatter)).digest
    assert base.digest != calibration(fitted(band=BAND)).digest


def test_a_run_knows_its_calibration() -> None:
    plain, first = identity_of(spec()), identity_of(calibrated(spec()))
    other = identity_of(
        calibrated(spec(), calibration(fitted(weights={"ann": 1.0, "bob": 1.0, "cy": 1.0})))
    )
    assert plain.changed(first) == ["part `calibration` added"]
    assert first.changed(other) == ["part `calibration` changed"]
    assert first.changed(identity_of(calibrated(spec()))) == []


def test_sequential_seating_spares_a_judge_that_could_change_nothing() -> None:
    """ann (2) against bob (1): cy (0.5) cannot turn it; were all alike, cy would decide."""
    sequential = {"seating": "sequential", "on_low_confidence": "keep"}
    panel = calibrated(spec(protocol=sequential))
    votes = list(decide(panel, {"ann": 1.0, "bob": 0.0}).transcript.ballots)
    assert next_seats(panel, Aggregator(panel), "q", votes, ["ok"]) == []
    alike = calibration(fitted(weights=dict.fromkeys(("ann", "bob", "cy"), 1.0)))
    even = calibrated(spec(protocol=sequential), alike)
    assert [s.seat for s in next_seats(even, Aggregator(even), "q", votes, ["ok"])] == ["cy"]


def test_open_seats_lock_a_vote_by_their_fitted_weights() -> None:
    """ann outweighs the others together, so nothing they say can change the decision."""
    panel = calibrated(spec(quorum=1))
    aggregator = Aggregator(panel)
    criterion = panel.rubric.criteria[0]
    standing = aggregator.standings(list(decide(panel, {"ann": 1.0}).transcript.ballots))
    rest = [aggregator.weight(seat, "ok") for seat in ("bob", "cy")]
    assert rest == [1.0, 0.5]
    assert aggregator.counter.locked(standing, rest, criterion)
    assert not aggregator.counter.locked(standing, [3.0, 0.5], criterion)


def test_prompts_of_imported_ballots_are_said_to_be_unknown_once() -> None:
    words = changed_since(fit_origin(spec(), {}), spec(), {"judge": "a", "revise": "b"})
    assert words == ["with which prompts the ballots were cast is not known"]


def test_a_cascade_takes_no_calibration_and_says_what_to_do_instead() -> None:
    stage = CascadeStage(seats=("ann",), thresholds=(StageThreshold(at=0.8),))
    fields = {
        **dict(spec()),
        "cascade": CascadeSpec(stages=(stage,)),
        "protocol": {"seating": "cascade"},
        "calibration": calibration(fitted()),
    }
    with pytest.raises(ValueError, match=r"leave `calibration` out; .* another `seating`"):
        PanelSpec.model_validate(fields)
    assert PanelSpec.model_validate({**fields, "calibration": None}).cascade is not None
