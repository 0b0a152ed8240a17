"""What of a panel's cascade is allowed and will probably disappoint."""

from __future__ import annotations

from collections.abc import Iterator

from dikast import prompts
from dikast.agents.cascade import drift
from dikast.types import CascadeSpec, CascadeStage, JudgeSpec, PanelSpec


def cascade_warnings(spec: PanelSpec) -> Iterator[str]:
    """Warnings about a panel's cascade: idle, without effect, without promise, out of date.

    Args:
        spec: Any panel; one without a cascade is not warned about.
    """
    if spec.cascade is None:
        return
    if spec.protocol.seating != "cascade":
        yield f"`cascade` is never used, since `seating` is `{spec.protocol.seating}`"
        return
    cascade = spec.cascade
    yield from _silent(spec, cascade)
    if not cascade.labelled:
        yield "the cascade's thresholds were set by hand and promise nothing"
    yield from (f"cascade: {words}" for words in drift(spec, prompts.digests()))
    yield from _without_choice(spec, cascade)
    yield from _prices(spec, cascade)


def _silent(spec: PanelSpec, cascade: CascadeSpec) -> Iterator[str]:
    """Criteria that no stage decides, stages that are never asked, judges in none of them."""
    for criterion in spec.rubric.criteria:
        live = cascade.live(criterion.id)
        if not live:
            why = cascade.stages[0].threshold(criterion.id).abstain_always
            yield f"no stage of the cascade ever decides `{criterion.id}` ({why})"
        for stage in cascade.stages:
            if live and stage not in live:
                why = stage.threshold(criterion.id).abstain_always
                yield f"stage `{stage.name}` is not asked about `{criterion.id}` ({why})"
    known = {criterion.id for criterion in spec.rubric.criteria}
    told = {t.criterion for stage in cascade.stages for t in stage.thresholds if t.criterion}
    for name in sorted(told - known):
        yield f"the cascade has thresholds on `{name}`, which the rubric does not ask"
    for judge in spec.judges:
        if judge.name not in cascade.seats:
            yield f"judge `{judge.name}` is in no stage of the cascade and will never vote"
        elif judge.reserve is not None:
            yield f"the reserve of `{judge.name}` decides nothing in a cascade: it has no threshold"


def _without_choice(spec: PanelSpec, cascade: CascadeSpec) -> Iterator[str]:
    """Stages of a single vote, which can only be wholly sure."""
    judges = {judge.name: judge for judge in spec.judges}
    pair = all(criterion.scale.kind == "preference" for criterion in spec.rubric.criteria)
    for stage in cascade.stages:
        seats = [judges[name] for name in stage.seats]
        lone = len(seats) == 1 and not pair
        if lone and cascade.confidence == "samples" and seats[0].samples == 1:
            yield (
                f"stage `{stage.name}` draws one sample, so it is always wholly sure; "
                "set `samples`, or take its stated confidence"
            )
        if lone and cascade.confidence == "panel":
            yield f"stage `{stage.name}` is one seat, so as a panel it is always wholly sure"


def _prices(spec: PanelSpec, cascade: CascadeSpec) -> Iterator[str]:
    """A stage that costs less than the one before it should have been asked first."""
    judges = {judge.name: judge for judge in spec.judges}
    for before, after in zip(cascade.stages, cascade.stages[1:], strict=False):
        costs = [_cost(stage, judges) for stage in (before, after)]
        if costs[0] is not None and costs[1] is not None and costs[1] < costs[0]:
            yield (
                f"stage `{after.name}` costs less than `{before.name}`, which is asked before it: "
                "order them from cheap to strong"
            )


def _cost(stage: CascadeStage, judges: dict[str, JudgeSpec]) -> float | None:
    """Dollars per million tokens read and written by all its samples; None if not stated."""
    total = 0.0
    for name in stage.seats:
        judge = judges[name]
        if judge.price is None:
            return None
        total += judge.samples * (judge.price.input + judge.price.output)
    return total
