"""A calibration on one screen: what was fitted, what it is worth, and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from dikast.boards import estimate_record
from dikast.calibrating import Calibrated
from dikast.minutes import clip
from dikast.stats.alternative_annotator import AlternativeAnnotator
from dikast.stats.criterion_fit import CriterionFit
from dikast.stats.estimate import Estimate
from dikast.stats.selective import Threshold
from dikast.types import PanelSpec

_MAJORITY = "unweighted majority"
_SINGLE = "best single judge"


def calibration_lines(found: Calibrated, panel: PanelSpec) -> Iterator[str]:
    """The whole report, criterion by criterion."""
    for name, fit in found.fits.items():
        if isinstance(fit, str):
            yield f"{name}: cannot be fitted, because {fit}"
            continue
        yield f"{name}: {fit.labels} labels, {found.cases} cases judged"
        numbers = not panel.rubric.criterion(name).scale.labelled
        yield from (f"  {line}" for line in _criterion(fit, numbers=numbers))
        for line in advice(fit, panel):
            yield f"  → {line}"
        for one in found.stand_ins.get(name, ()):
            yield f"  {_stand_in(one)}"


def _criterion(fit: CriterionFit, *, numbers: bool) -> Iterator[str]:
    if fit.weights:
        rising = sorted(fit.weights.items(), key=lambda item: (-item[1], item[0]))
        yield "weights: " + ", ".join(f"{name} {weight:.2f}" for name, weight in rising)
    else:
        yield "weights: the panel's own rule and weights"
    yield "accuracy of each judge on the labels: " + ", ".join(
        f"{name} {_figure(one)}"
        for name, one in sorted(
            fit.judges.items(), key=lambda item: (-(item[1].value or 0.0), item[0])
        )
    )
    for name in fit.constant:
        yield f"note: {name} said the same on every labelled case; it tells nothing"
    yield f"{'held out (95 % by case)':<38}{'accuracy':<26}Brier   ECE     log loss"
    for name, way in fit.ways.items():
        label = _plain(numbers=numbers) if name == _MAJORITY else name
        yield (
            f"  {label:<36}{_figure(way.accuracy):<26}{_short(way.brier):<8}{_short(way.ece):<8}"
            f"{_short(way.log_loss)}"
        )
    yield from _left_open(fit, numbers=numbers)
    if fit.band.value is not None:
        yield f"scores: label within ±{fit.band.value:.3g} in {100 * fit.level:g} % of such cases"
    if fit.mean.mean.value is not None:
        yield (
            f"mean label over all cases: {_figure(fit.mean.mean)} "
            f"(labels alone {_figure(fit.mean.labels_only)})"
        )
    if fit.share.value is not None:
        yield f"really yes, corrected for the panel's errors: {_figure(fit.share)}"
    for judge, curve in fit.stated.items():
        low, high = float(curve.probability[0]), float(curve.probability[-1])
        yield f"{judge} states a confidence that is worth {low:.2f} to {high:.2f}"
    for line in fit.unfitted:
        yield f"not fitted: {line}"


def _plain(*, numbers: bool) -> str:
    return "unweighted mean" if numbers else _MAJORITY


def _left_open(fit: CriterionFit, *, numbers: bool) -> Iterator[str]:
    told = [f"{name} {count:.3g}" for name, count in fit.left_open.items() if count]
    if told and not numbers:
        yield (
            f"left open of {fit.labels}, by ties (of two answers half right, else not): "
            + ", ".join(told)
        )


def advice(fit: CriterionFit, panel: PanelSpec) -> Iterator[str]:
    """Whether weighting helps, and what to do, in words."""
    if fit.weights:
        yield _weighting(fit, numbers=not panel.rubric.criterion(fit.criterion).scale.labelled)
        yield from _against_single(fit)
    else:
        yield from _own_rule(fit)
    raw, told = fit.ways["fitted, share of votes"].brier, fit.ways["fitted"].brier
    if raw.value is not None and told.value is not None:
        better = "is a better probability" if told.value < raw.value else "is no better"
        yield (
            f"Calibrated confidence {better} than the share of votes "
            f"(Brier {told.value:.3f} against {raw.value:.3f}, held out)."
        )
    yield from _thresholds(fit, panel)


def _weighting(fit: CriterionFit, *, numbers: bool) -> str:
    lead = fit.gains.get(_MAJORITY)
    told = "" if lead is None else f"{_signed(lead)} against the {_plain(numbers=numbers)}"
    if lead is None or lead.low is None or lead.high is None:
        return f"Whether weighting helps cannot be told from {fit.labels} labels."
    if lead.low > 0:
        return f"Weighting helps: {told}. Use the file."
    if lead.high < 0:
        return f"Weighting harms: {told}. Fit with --rule own, or seat other judges."
    return (
        f"Whether weighting helps cannot be told from {fit.labels} labels: {told}. "
        "The weights do no measurable harm; more labels would tell."
    )


def _against_single(fit: CriterionFit) -> Iterator[str]:
    lead = fit.gains.get(_SINGLE)
    best = _best(fit)
    if lead is None or lead.low is None or lead.high is None:
        return
    told = f"{_signed(lead)} against the {_SINGLE}"
    if lead.low > 0:
        yield f"The panel beats every judge that the labels could have picked: {told}."
    elif lead.high < 0:
        yield f"One judge alone is better: {told}. Seat only {best}, or fit with --rule select_one."
    elif not (lead.low or lead.high) and sum(weight > 0 for weight in fit.weights.values()) > 1:
        yield (
            f"It does on the labels what one judge alone does. Seating only {best} would cost less."
        )
    elif sum(weight > 0 for weight in fit.weights.values()) > 1:
        yield (
            f"Whether it beats one judge alone cannot be told from {fit.labels} labels: {told}. "
            f"Seating only {best} would cost less."
        )


def _own_rule(fit: CriterionFit) -> Iterator[str]:
    lead = fit.gains.get(_SINGLE)
    if lead is not None and lead.high is not None and lead.high < 0:
        yield (
            f"One judge alone is better than the panel's own rule: {_signed(lead)}. "
            f"Seat only {_best(fit)}, or fit weights."
        )


def _best(fit: CriterionFit) -> str:
    known = {name: one.value for name, one in fit.judges.items() if one.value is not None}
    top = max(known.values(), default=0.0)
    return " or ".join(sorted(name for name, value in known.items() if value > top - 1e-12))


def _thresholds(fit: CriterionFit, panel: PanelSpec) -> Iterator[str]:
    low = panel.protocol.low_confidence
    found = {wanted: one for wanted, one in fit.thresholds.items() if one is not None}
    if not found:
        yield (
            "No confidence promises an accuracy of "
            + " or ".join(f"{100 * wanted:g} %" for wanted in fit.thresholds)
            + " from these labels."
        )
        return
    by_level: dict[float, tuple[float, Threshold]] = {
        one.at: (wanted, one) for wanted, one in found.items()
    }  # of equal thresholds the highest promise says all
    for wanted, one in by_level.values():
        # rounded down: rounded up, it would keep none of the cases that it was found on
        at = math.floor(one.at * 1e4) / 1e4
        yield (
            f"low_confidence = {at:g} keeps {one.accepted} of {fit.labels} labelled cases, "
            f"and at least {100 * wanted:g} % of what is kept is right (9 times in 10); "
            f"it is {low:g} now."
        )
    missed = [f"{100 * wanted:g} %" for wanted, one in fit.thresholds.items() if one is None]
    if missed:
        yield f"No confidence promises {' or '.join(missed)} from these labels."


def _stand_in(one: AlternativeAnnotator) -> str:
    if one.passing.value is None:
        return f"{one.judge} in place of a person: cannot be told ({one.passing.reason})"
    verdict = "may" if one.passing.value >= 0.5 else "may not"
    return (
        f"{one.judge} {verdict} stand in for a person: no worse than "
        f"{sum(p.passed for p in one.people)} of {one.passing.n} people, mean lead "
        f"{(one.lead.value or 0.0):+.3f}"
    )


def _figure(estimate: Estimate) -> str:
    if estimate.value is None:
        return "undefined"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _short(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{estimate.value:.3f}"


def _signed(estimate: Estimate) -> str:
    ends = "" if estimate.low is None else f" [{estimate.low:+.3f}, {estimate.high:+.3f}]"
    return f"{(estimate.value or 0.0):+.3f}{ends}"


def calibration_record(found: Calibrated, panel: PanelSpec) -> dict[str, JsonValue]:
    """Everything as one JSON object; what is undefined is null with its reason."""
    criteria: dict[str, JsonValue] = {}
    for name, fit in found.fits.items():
        if isinstance(fit, str):
            criteria[name] = {"fitted": False, "because": fit}
        else:
            people = found.stand_ins.get(name, ())
            criteria[name] = {
                "fitted": True,
                **_record(fit, panel),
                "stand_ins": _people(people),
            }
    calibration = found.calibration
    return {
        "calibration": None if calibration is None else calibration.model_dump(mode="json"),
        "cases": found.cases,
        "criteria": criteria,
    }


def _record(fit: CriterionFit, panel: PanelSpec) -> dict[str, JsonValue]:
    ways: dict[str, JsonValue] = {
        name: {key: estimate_record(one) for key, one in way._asdict().items()}
        for name, way in fit.ways.items()
    }
    return {
        "labels": fit.labels,
        "held_out": ways,
        "gains": {name: estimate_record(one) for name, one in fit.gains.items()},
        "left_open": dict(fit.left_open),
        "judges": {name: estimate_record(one) for name, one in fit.judges.items()},
        "constant": list(fit.constant),
        "half_width": estimate_record(fit.band),
        "mean": estimate_record(fit.mean.mean),
        "mean_labels_only": estimate_record(fit.mean.labels_only),
        "share": estimate_record(fit.share),
        "advice": list(advice(fit, panel)),
    }


def _people(found: Sequence[AlternativeAnnotator]) -> list[JsonValue]:
    return [
        {
            "judge": clip(one.judge, 100),
            "passing": estimate_record(one.passing),
            "lead": estimate_record(one.lead),
            "people": [
                {
                    "person": person.person,
                    "judge_match": estimate_record(person.judge_match),
                    "person_match": estimate_record(person.person_match),
                    "lead": estimate_record(person.lead),
                    "p": person.p,
                    "passed": person.passed,
                }
                for person in one.people
            ],
        }
        for one in found
    ]
