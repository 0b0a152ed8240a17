"""Panels with a calibration, as the tests of what it does need them; no test lives here."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

from dikast.graphs.work import Work
from dikast.records.runfile import RunFile
from dikast.running import identity_of
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


def planted_votes(
    accuracies: dict[str, float], n: int, *, seed: int = 0, steps: tuple[float, ...] = (0.0, 1.0)
) -> tuple[list[float], list[dict[str, float]]]:
    """Truth of n cases and what judges of known accuracy say; an error is any other step."""
    rng = random.Random(seed)
    truth = [rng.choice(steps) for _ in range(n)]
    said = [
        {
            name: right
            if rng.random() < accuracy
            else rng.choice([step for step in steps if step != right])
            for name, accuracy in accuracies.items()
        }
        for right in truth
    ]
    return truth, said


def write_run(path: Path, panel: PanelSpec, votes: list[dict[str, float]]) -> Path:
    """A run file of these votes, decided by the panel."""
    pairs = isinstance(panel.rubric.criteria[0].scale, PreferenceScale)
    work = Work(kind="compare" if pairs else "judge")
    names = ("x", "y") if pairs else ("response",)

    async def write() -> None:
        with RunFile.create(path, identity_of(panel, work=work)) as run:
            cases = [
                Case(
                    id=f"c{at:04}",
                    question=f"Question {at}?",
                    candidates=tuple(Candidate(id=name, text=f"{name}{at}") for name in names),
                )
                for at in range(len(votes))
            ]
            await run.add_cases(cases)
            await run.seal()
            for case, said in zip(cases, votes, strict=True):
                found = decide(panel, said).model_copy(update={"case_id": case.id})
                await run.finish(case.id, found)

    asyncio.run(write())
    return path


def write_labels(path: Path, truth: list[str], *, rater: str = "") -> Path:
    head = "case,label" + (",rater" if rater else "")
    rows = [f"c{at:04},{label}" + (f",{rater}" if rater else "") for at, label in enumerate(truth)]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path
