"""Panels with a calibration, as the tests of what it does need them; no test lives here."""

from __future__ import annotations

from typing import Any

from dikast.types import (
    Ballot,
    Calibration,
    Candidate,
    Case,
    ConfidenceMap,
    ConformalBand,
    Criterion,
    CriterionCalibration,
    Docket,
    IntegerScale,
    JudgeSpec,
    PanelSpec,
    PreferenceScale,
    Rubric,
    Scale,
    Verdict,
    YesNoScale,
)

MAP = ConfidenceMap(method="isotonic", raw=(0.5, 0.75, 1.0), probability=(0.4, 0.7, 0.9), n=50)


def rubric(scale: Scale | None = None) -> Rubric:
    return Rubric(
        id="r", criteria=(Criterion(id="ok", question="Is it?", scale=scale or YesNoScale()),)
    )


def spec(*names: str, scale: Scale | None = None, **fields: Any) -> PanelSpec:
    judges = tuple(JudgeSpec(name=n, model=f"openai/{n}") for n in names or ("ann", "bob", "cy"))
    return PanelSpec(judges=judges, rubric=rubric(scale), **fields)


def fitted(scale: Scale | None = None, **fields: Any) -> CriterionCalibration:
    given: dict[str, Any] = {
        "criterion": "ok",
        "scale": scale or YesNoScale(),
        "labels": 50,
        "weights": {"ann": 2.0, "bob": 1.0, "cy": 0.5},
        "confidence": MAP,
    }
    return CriterionCalibration(**(given | fields))


def calibration(*criteria: CriterionCalibration, **fields: Any) -> Calibration:
    given: dict[str, Any] = {"panel": "panel", "rule": "log_odds", "date": "2026-11-26"}
    return Calibration(criteria=criteria or (fitted(),), **(given | fields))


def calibrated(panel: PanelSpec, fit: Calibration | None = None) -> PanelSpec:
    return PanelSpec.model_validate({**dict(panel), "calibration": fit or calibration()})


def ballots(scores: dict[str, float], pair: tuple[str, ...] = ("response",)) -> tuple[Ballot, ...]:
    orders = [pair] if len(pair) == 1 else [pair, pair[::-1]]
    return tuple(
        Ballot(seat=seat, judge=seat, criterion="ok", presentation=shown, score=score)
        for seat, score in scores.items()
        for shown in orders
    )


def decide(panel: PanelSpec, scores: dict[str, float]) -> Verdict:
    """What the panel makes of these votes."""
    from dikast.agents.aggregator import Aggregator
    from dikast.types import Transcript

    pairs = isinstance(panel.rubric.criteria[0].scale, PreferenceScale)
    names = ("x", "y") if pairs else ("response",)
    case = Case(
        id="q", question="?", candidates=tuple(Candidate(id=name, text=name) for name in names)
    )
    return Aggregator(panel, orders=len(names)).verdict(
        Docket(case=case, presentation=names),
        Transcript(ballots=ballots(scores, names)),
        {},
    )


FIVE = IntegerScale(low=1, high=5)
BAND = ConformalBand(half_width=1.2, level=0.9, n=30)
