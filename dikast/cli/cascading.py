"""`cascade`: what is told of a calibrated cascade."""

from __future__ import annotations

import json as json_
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

from dikast.boards import estimate_record
from dikast.cascading import Cascading, Spending, cascade_run
from dikast.cli import exits
from dikast.cli.comparing import share
from dikast.cli.exits import say
from dikast.config import save_cascade
from dikast.minutes import clip
from dikast.records.runfile import RunFile
from dikast.stats.cascade_replay import Plan, Replay
from dikast.stats.selective import Threshold

_NAMED = 10
"""Cases named that go to a person; all are in the JSON."""


def tell_cascade(
    path: Path, plan: Plan, labels: Path | None, out: Path | None, *, json: bool
) -> int:
    """Calibrate, replay, tell and write; the exit code says whether anything may be decided."""
    with RunFile.open(path, readonly=True) as run:
        today = datetime.now(UTC).date().isoformat()
        found = cascade_run(run, plan, labels=labels, date=today)
    if out is not None:
        save_cascade(found.cascade, out)
    if json:
        print(json_.dumps(cascade_record(found), ensure_ascii=False))
    else:
        print("\n".join(cascade_lines(found)))
        for line in advice(found, out):
            print(line)
    if out is not None:
        say(f"cascade written to {out}")
    return exits.DECIDED if found.decides else exits.UNDECIDED


def cascade_lines(found: Cascading) -> list[str]:
    """The cascade on one screen."""
    plan = found.plan
    promise = (
        f"promise asked for: with probability {1 - plan.delta:.4g}, at least {1 - plan.alpha:.4g} "
        f"of what is decided agrees with the labels; confidence from {plan.confidence}"
    )
    lines = [promise]
    for one in found.replays:
        lines += ["", *_criterion_lines(found, one)]
    return [*lines, "", *_spending_lines(found)]


def _criterion_lines(found: Cascading, one: Replay) -> Iterator[str]:
    complete, labelled = int(one.complete.sum()), int(one.labelled.sum())
    yield f"{one.criterion}: {complete} cases, {labelled} of them labelled"
    left_out = len(found.cases) - complete
    if left_out:
        yield f"  {left_out} more cases lack ballots of some stage and are left out"
    for at, (seats, ruling) in enumerate(zip(found.plan.stages, one.rulings, strict=True)):
        name = f"  {at + 1}. {' + '.join(seats)}"
        yield f"{name}: alone right {share(one.alone[at])}"
        if isinstance(ruling, Threshold):
            decided = int((one.by == at).sum())
            yield (
                f"     decides at confidence {ruling.at:.3g} or more: {decided} of {complete} "
                f"cases ({_percent(decided, complete)}), held out right "
                f"{share(one.held_out_by_stage[at])}"
            )
            yield (
                f"     {ruling.errors} errors in {ruling.accepted} labelled cases: at most "
                f"{ruling.bound:.3f} of what it decides is wrong"
            )
        else:
            yield f"     abstains always: {ruling.reason}"
    people = len(found.to_person(one.criterion))
    yield f"  to a person: {people} of {complete} cases ({_percent(people, complete)})"
    yield f"  of what is decided, held out right {share(one.held_out)}"


def _spending_lines(found: Cascading) -> Iterator[str]:
    what = "calls" if found.journalled else "ballots (no call was journalled)"
    last = " + ".join(found.plan.stages[-1])
    if not found.decides:
        yield (
            f"cascade: asks nobody, as no stage may decide; {last} on all, without a promise: "
            f"{_spent(found.strongest, what)}"
        )
        return
    yield f"cascade: {_spent(found.cascaded, what)}; {last} on all: {_spent(found.strongest, what)}"
    ratio = _ratio(found.cascaded.calls, found.strongest.calls)
    if ratio is not None:
        words = f"{ratio:.2f} of its {what.partition(' ')[0]}"
        cost = _ratio(found.cascaded.cost, found.strongest.cost)
        yield f"that is {words}" + ("" if cost is None else f" and {cost:.2f} of its cost")
        if cost is None and ratio > 1:
            yield (
                "No price is known here, so that a ballot of a cheap judge counts like one of the "
                "strongest: whether money is saved, their prices tell."
            )


def advice(found: Cascading, out: Path | None) -> Iterator[str]:
    """What to do next, in words."""
    yield ""
    if all(levels <= 1 for one in found.replays for levels in one.levels):
        yield (
            "Every verdict of a stage is equally confident, so that no threshold can tell them "
            f"apart: {', or '.join(_ways_to_differ(found))}."
        )
    promised = 1 - found.plan.alpha
    if not found.decides:
        yield (
            "Nothing passes: no stage may decide anything under this promise, and every case goes "
            "to a person. Label more cases, take stronger judges, or ask for less: `up to` above "
            "is what each stage could promise (--alpha), strictly on new labels."
        )
        return
    for one in found.replays:
        if one.held_out.high is not None and one.held_out.high < promised:
            yield (
                f"{one.criterion}: held-out agreement lies below the promise; the labelled cases "
                "may not be drawn alike."
            )
        people = found.to_person(one.criterion)
        if people:
            named = ", ".join(clip(name, 40) for name in people[:_NAMED])
            more = f" and {len(people) - _NAMED} more" if len(people) > _NAMED else ""
            yield f"{one.criterion}, to a person: {named}{more}"
    file = out.name if out is not None else "x.cascade.json"
    if out is None:
        yield "Write it with --out x.cascade.json."
    yield (
        f'Use it in a panel.toml: cascade = "{clip(file, 80)}" and, under [protocol], '
        'seating = "cascade" (and on_low_confidence = "adjudicate" for a person at the end).'
    )
    yield "It holds for cases like those labelled; calibrate again when prompts or models change."


def _ways_to_differ(found: Cascading) -> Iterator[str]:
    """What would give verdicts different confidences, as far as the ballots allow it."""
    yield "let the judges draw several `samples`"
    if found.stated and found.plan.confidence not in ("stated", "bands"):
        yield "take --confidence stated"
    if found.plan.confidence != "panel":
        yield "make a small panel a stage (--order ann+bob+cid,strong --confidence panel)"


def cascade_record(found: Cascading) -> dict[str, JsonValue]:
    """Everything as one JSON object."""
    return {
        "cascade": found.cascade.model_dump(mode="json"),
        "decides": found.decides,
        "criteria": [_criterion_record(found, one) for one in found.replays],
        "spent": {
            "unit": "calls" if found.journalled else "ballots",
            "cascade": dict(found.cascaded._asdict()),
            "strongest": dict(found.strongest._asdict()),
        },
    }


def _criterion_record(found: Cascading, one: Replay) -> dict[str, JsonValue]:
    complete = int(one.complete.sum())
    stages: list[JsonValue] = [
        {
            "seats": list(seats),
            "at": ruling.at if isinstance(ruling, Threshold) else None,
            "abstain_always": "" if isinstance(ruling, Threshold) else ruling.reason,
            "needed": None if isinstance(ruling, Threshold) else ruling.needed,
            "decided": int((one.by == at).sum()),
            "coverage": int((one.by == at).sum()) / complete if complete else None,
            "held_out": estimate_record(one.held_out_by_stage[at]),
            "alone": estimate_record(one.alone[at]),
            "levels": one.levels[at],
        }
        for at, (seats, ruling) in enumerate(zip(found.plan.stages, one.rulings, strict=True))
    ]
    return {
        "criterion": one.criterion,
        "cases": complete,
        "labelled": int(one.labelled.sum()),
        "left_out": len(found.cases) - complete,
        "stages": stages,
        "held_out": estimate_record(one.held_out),
        "to_person": list(found.to_person(one.criterion)),
    }


def _spent(spending: Spending, what: str) -> str:
    money = "" if spending.cost is None else f", ${spending.cost:.4f}"
    return f"{spending.calls} {what}{money}"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole
