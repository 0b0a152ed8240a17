"""Which cases a person is asked about, and in which order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from dikast import registry
from dikast.agents.persons import answerable, own_verdict, undecided
from dikast.errors import ConfigError, InputError
from dikast.records.answers import settled
from dikast.records.runfile import RunFile
from dikast.types import PanelSpec, Picked, Reason, Rubric, Verdict

REFUSED = {
    "rank": "a ranking follows from many pairs, and one answer decides none of it; compare the "
    "pairs by `dikast compare` and adjudicate those",
    "rag": "its claims were split and marked one by one, and a score from outside would stand "
    "beside marks that deny it; judge the answers by `dikast judge` with the passages as contexts, "
    "and adjudicate those",
}
"""Kinds of runs in which nobody can adjudicate, and why."""


class Wanted(NamedTuple):
    """What was asked for. Without any wish: the cases that wait."""

    by: str
    """Who will answer; what this person answered already is not asked again."""
    abstained: bool = False
    contested: bool = False
    second: bool = False
    """Only what others answered and this person did not."""
    final: bool = False
    """Also what this person answered, where people differ."""
    sample: int | None = None
    """Only so many cases, drawn from all that were judged."""
    seed: int = 0
    cases: tuple[str, ...] = ()
    """Only these."""
    limit: int | None = None


class Asked(NamedTuple):
    """A case that a person is asked about."""

    case: str
    criteria: tuple[str, ...]
    """In the rubric's order; a gate may open more of them."""
    picked: Picked
    confidence: float | None
    """The panel's own; None if it had none."""
    agreement: float | None
    """The lowest of the panel's on these criteria; None where undefined."""
    why: str


def check_run(run: RunFile) -> PanelSpec:
    """The panel of a run in which people may adjudicate.

    Raises:
        ConfigError: It ranks, or evaluates claims.
        InputError: It lost its panel.
    """
    kind, panel = run.identity.kind, run.identity.panel
    if kind in REFUSED:
        raise ConfigError(f"`{run.path.name}` is a run of `{kind}`: {REFUSED[kind]}.")
    if panel is None:
        raise InputError(
            "the run file lost its panel, so its scales are unknown.", path=run.path.name
        )
    return panel


def choose(run: RunFile, wanted: Wanted) -> list[Asked]:
    """The cases to ask about, most useful first.

    Useful is what settles most: first what people differ on, then what the panel left open, then
    the rest; within each the panel's lowest confidence first, then its lowest agreement, then by
    id. A sample comes in an order that is drawn, so that stopping early leaves a sample.

    Raises:
        ConfigError: People cannot adjudicate in this run, or a case is unknown.
        InputError: A named case has no verdict, or failed.
    """
    rubric = check_run(run).rubric
    if wanted.sample is not None:
        return _drawn(run, rubric, wanted, wanted.sample)[: wanted.limit]
    if wanted.cases:
        found = [_named(run, name, rubric, wanted) for name in dict.fromkeys(wanted.cases)]
    else:
        verdicts = (verdict for verdict in run.verdicts() if verdict.status != "failed")
        wished = (_asked(verdict, rubric, wanted) for verdict in verdicts)
        found = [asked for asked in wished if asked is not None]
    return _by_use(found)[: wanted.limit]


def _by_use(found: Iterable[Asked]) -> list[Asked]:
    return sorted(
        found,
        key=lambda asked: (
            _PLACES.get(asked.why, 2),
            -1.0 if asked.confidence is None else asked.confidence,
            2.0 if asked.agreement is None else asked.agreement,
            asked.case,
        ),
    )


_DIFFER, _OPEN = "people differ", "the panel left it open"
_PLACES = {_DIFFER: 0, _OPEN: 1}


def _drawn(run: RunFile, rubric: Rubric, wanted: Wanted, size: int) -> list[Asked]:
    """What is left to ask of a sample; the same one however much of it was answered."""

    def place(name: str) -> bytes:
        return hashlib.sha256(f"{wanted.seed} {name}".encode()).digest()

    judged = [
        verdict.case_id
        for verdict in run.verdicts()
        if verdict.status != "failed" and answerable(verdict, rubric)
    ]
    verdicts = [answerable_verdict(run, name) for name in sorted(judged, key=place)[:size]]
    found = (_about(v, answerable(v, rubric), "sample", rubric, wanted) for v in verdicts)
    return [asked for asked in found if asked is not None]


def _asked(verdict: Verdict, rubric: Rubric, wanted: Wanted) -> Asked | None:
    """What to ask about a case, if it is wanted at all."""
    if wanted.second:
        others = {
            a.criterion
            for a in (verdict.adjudication.answers if verdict.adjudication else ())
            if a.by != wanted.by
        }
        criteria = tuple(c for c in answerable(verdict, rubric) if c in others)
        return _about(verdict, criteria, "second", rubric, wanted)
    open_ = undecided(verdict, rubric)
    if verdict.status == "awaiting_adjudication" or (verdict.adjudication and open_):
        return _about(verdict, open_, "awaiting", rubric, wanted)
    if wanted.abstained and verdict.status == "abstained":
        return _about(verdict, open_, "abstained", rubric, wanted)
    if wanted.contested:
        contested = {d.criterion for d in verdict.criteria if d.contested}
        done = {found.decision.criterion for found in settled(verdict)}
        criteria = tuple(c for c in answerable(verdict, rubric) if c in contested - done)
        return _about(verdict, criteria, "contested", rubric, wanted)
    return None


def _about(
    verdict: Verdict, criteria: tuple[str, ...], picked: Picked, rubric: Rubric, wanted: Wanted
) -> Asked | None:
    own = own_verdict(verdict)
    left = tuple(c for c in criteria if not _answered(verdict, c, wanted))
    if not left:
        return None
    agreed = [d.agreement for d in own.criteria if d.criterion in left and d.agreement is not None]
    differ = any(d.reason is Reason.PERSONS_DIFFER for d in verdict.criteria)
    open_ = set(undecided(verdict, rubric)) & set(left)
    why = _DIFFER if differ else _OPEN if open_ else picked
    return Asked(
        verdict.case_id, left, picked, own.confidence, min(agreed) if agreed else None, why
    )


def _answered(verdict: Verdict, criterion: str, wanted: Wanted) -> bool:
    """Whether this person has answered already and is not to be asked again."""
    if verdict.adjudication is None:
        return False
    mine = any((a.by, a.criterion) == (wanted.by, criterion) for a in verdict.adjudication.answers)
    return mine and not (
        wanted.final and verdict.criterion(criterion).reason is Reason.PERSONS_DIFFER
    )


def _named(run: RunFile, name: str, rubric: Rubric, wanted: Wanted) -> Asked:
    """A case by its id: what it left open, or else all that a person may answer."""
    verdict = answerable_verdict(run, name)
    open_ = undecided(verdict, rubric)
    asked = _about(verdict, open_ or answerable(verdict, rubric), "named", rubric, wanted)
    if asked is None:
        # asked for by name: an answer of one's own may be changed
        again = answerable(verdict, rubric)
        own = own_verdict(verdict)
        asked = Asked(name, again, "named", own.confidence, None, "named")
    return asked


def answerable_verdict(run: RunFile, name: str) -> Verdict:
    """The verdict on a case that a person may answer.

    Raises:
        ConfigError: There is no such case.
        InputError: It has no verdict yet, or failed.
    """
    verdict = run.verdict(name)
    if verdict is None:
        if run.case(name) is not None:
            raise InputError(
                f"case `{name}` has no verdict yet.", hint=f"dikast resume {run.path.name} goes on."
            )
        known = tuple(id_ for id_, _ in zip(run.done_ids(), range(1000), strict=False))
        error = registry.unknown("case", name, known)
        raise ConfigError(error.message, hint=error.hint if len(error.hint) < 200 else "")
    if verdict.status == "failed":
        raise InputError(
            f"case `{name}` failed: too few judges answered, and an answer of a person would hide "
            "that.",
            hint=f"Judge it again: dikast resume {run.path.name} --retry-failed",
        )
    return verdict
