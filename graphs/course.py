"""The course of deliberation, as pure functions: who votes next, what is contested, the end."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from dikast.agents.aggregator import Aggregator
from dikast.agents.contract import Brief
from dikast.agents.standing import counts
from dikast.agents.tally import disagree
from dikast.graphs.state import Course, PanelState, Summons
from dikast.types import (
    Ballot,
    BiasFinding,
    CascadeStage,
    Criterion,
    Critique,
    PanelSpec,
    Standing,
    StopReason,
    Verdict,
)

Presentation = tuple[str, ...]


def presentations(candidates: Presentation) -> list[Presentation]:
    """The presentation orders to ask: one for a response, both for a pair."""
    return [candidates] if len(candidates) == 1 else [candidates, candidates[::-1]]


def groups(spec: PanelSpec, criteria: Sequence[str]) -> list[tuple[Criterion, ...]]:
    """Criteria that go into one call: each alone, or all together."""
    chosen = [c for c in spec.rubric.criteria if c.id in set(criteria)]
    return [tuple(chosen)] if spec.protocol.criteria == "together" else [(c,) for c in chosen]


def jobs(
    spec: PanelSpec, candidates: Presentation, criteria: Sequence[str]
) -> list[tuple[Presentation, tuple[Criterion, ...]]]:
    """What one seat is asked in one round: every order of every group, in a fixed sequence."""
    return [(p, g) for p in presentations(candidates) for g in groups(spec, criteria)]


def seating(spec: PanelSpec, case_id: str) -> list[str]:
    """Seats in the order in which sequential seating asks them.

    The order is drawn anew for each case from a digest of its id and the judges' names, so the
    order in which a panel lists its judges decides nothing and the work is spread evenly.
    """
    names = [judge.name for judge in spec.judges]
    if spec.protocol.seating == "all":
        return sorted(names)
    return sorted(names, key=lambda name: hashlib.sha256(f"{case_id}\0{name}".encode()).digest())


def convened(
    spec: PanelSpec, case_id: str, criteria: Sequence[str], heard: Collection[str] = ()
) -> list[Summons]:
    """Who votes first on some criteria: every seat, two if sequential, or a cascade's first stage.

    Nobody on a criterion that no stage of a cascade may decide.

    Args:
        spec: The panel.
        case_id: The case.
        criteria: The criteria; nobody is called to none.
        heard: Seats that were asked on other criteria before.
    """
    if spec.protocol.seating == "cascade":
        return _stages(spec, {name: _first_stage(spec, name) for name in criteria}, {}, heard)
    seats = seating(spec, case_id)
    if spec.protocol.seating == "sequential":
        seats = seats[: max(2, spec.quorum_needed)]
    if not criteria:
        return []
    return [summons(spec, seat, criteria, first=seat not in heard) for seat in seats]


def summons(spec: PanelSpec, seat: str, criteria: Sequence[str], *, first: bool) -> Summons:
    """A seat's call to a private vote; on its first one its model may answer the question too."""
    wanted = first and spec.protocol.self_answer
    return Summons(seat=seat, judge=seat, criteria=tuple(criteria), self_answer=wanted)


def reopened(spec: PanelSpec, earlier: Verdict) -> PanelState:
    """The state in which an earlier verdict is heard again: its record stands, all is contested."""
    said = earlier.transcript
    last = max((ballot.round for ballot in said.ballots), default=0)
    voted = {ballot.criterion for ballot in said.ballots if ballot.score is not None}
    contested = [criterion.id for criterion in spec.rubric.criteria if criterion.id in voted]
    return {
        "round": last,
        "base": last,
        "ballots": list(said.ballots),
        "findings": list(said.findings),
        "critiques": list(said.critiques),
        "notes": list(said.notes),
        "summoned": [],
        "contested": contested,
        "stage": contested,
        "courses": {name: Course(contested=True, rounds=last) for name in contested},
    }


def next_seats(
    spec: PanelSpec,
    aggregator: Aggregator,
    case_id: str,
    ballots: Sequence[Ballot],
    stage: Sequence[str],
) -> list[Summons]:
    """Who votes next in the private round; nobody if every criterion is settled already.

    Under a cascade: the seats of each open criterion's next stage that did not vote on it yet.
    Under sequential seating: one more seat. A criterion stays open while it lacks a quorum, or its
    votes disagree and the seats left could still change the decision.
    """
    if aggregator.ladder is not None:
        standing = aggregator.standings(ballots)
        waiting = {
            name: aggregator.ladder.climb(spec.rubric.criterion(name), ballots, standing).waiting
            for name in stage
        }
        voted: dict[str, set[str]] = {}
        for vote in standing:
            voted.setdefault(vote.criterion, set()).add(vote.seat)
        return _stages(spec, waiting, voted, {ballot.seat for ballot in ballots})
    if spec.protocol.seating == "all":
        return []
    asked = {ballot.seat for ballot in ballots if ballot.criterion in stage}
    left = [seat for seat in seating(spec, case_id) if seat not in asked]
    if not left:
        return []
    standing = aggregator.standings(ballots)
    still_open = tuple(
        criterion.id
        for criterion in spec.rubric.criteria
        if criterion.id in stage and _still_open(spec, aggregator, standing, left, criterion)
    )
    first = left[0] not in {ballot.seat for ballot in ballots}
    return [summons(spec, left[0], still_open, first=first)] if still_open else []


def mute(spec: PanelSpec) -> set[str]:
    """Criteria that no stage of the panel's cascade may decide, so that nobody is asked."""
    if spec.protocol.seating != "cascade":
        return set()
    return {c.id for c in spec.rubric.criteria if _first_stage(spec, c.id) is None}


def _first_stage(spec: PanelSpec, criterion: str) -> CascadeStage | None:
    assert spec.cascade is not None
    return next(iter(spec.cascade.live(criterion)), None)


def _stages(
    spec: PanelSpec,
    waiting: Mapping[str, CascadeStage | None],
    voted: Mapping[str, set[str]],
    heard: Collection[str],
) -> list[Summons]:
    """Summon the seats of each criterion's stage, a seat once for all its criteria."""
    called: dict[str, list[str]] = {}
    for criterion in spec.rubric.criteria:
        stage = waiting.get(criterion.id)
        for seat in stage.seats if stage is not None else ():
            if seat not in voted.get(criterion.id, ()):
                called.setdefault(seat, []).append(criterion.id)
    return [summons(spec, seat, called[seat], first=seat not in heard) for seat in sorted(called)]


def _still_open(
    spec: PanelSpec,
    aggregator: Aggregator,
    standing: Sequence[Standing],
    left: Sequence[str],
    criterion: Criterion,
) -> bool:
    own = [vote for vote in standing if vote.criterion == criterion.id]
    if not aggregator.count(own, criterion).quorum:
        return True
    contested = disagree(own, criterion.scale, spec.protocol.tolerance)
    weights = [aggregator.weight(seat, criterion.id) for seat in left]
    return contested and not aggregator.counter.locked(own, weights, criterion)


def grave(findings: Iterable[BiasFinding], criterion: str, number: int) -> list[BiasFinding]:
    """Grave findings on a criterion that were new in a round; older ones were heard already."""
    return [
        finding
        for finding in findings
        if finding.severity == "grave"
        and finding.round == number
        and finding.criterion in {None, criterion}
    ]


def progress(
    spec: PanelSpec,
    aggregator: Aggregator,
    ballots: Sequence[Ballot],
    findings: Sequence[BiasFinding],
    courses: Mapping[str, Course],
    stage: Sequence[str],
    *,
    number: int,
    held: int,
    forced: bool,
    late: bool,
) -> dict[str, Course]:
    """What each criterion's course is after a round of votes.

    Args:
        spec: The panel.
        aggregator: Counts its votes.
        ballots: All ballots so far.
        findings: All findings so far.
        courses: The courses before this round.
        stage: The criteria that are heard now; the courses of others stay as they are.
        number: The round that was just voted.
        held: Rounds of revision held in this hearing.
        forced: Whether an earlier verdict is heard again, whatever the protocol says.
        late: Whether the case's deadline has passed.
    """
    standing = aggregator.standings(ballots)
    new = dict(courses)
    for criterion in spec.rubric.criteria:
        before = courses.get(criterion.id, Course())
        if criterion.id not in stage or before.stop is not None:
            continue
        if aggregator.ladder is not None and not forced:
            new[criterion.id] = Course(stop=StopReason.DISABLED)
            continue
        own = [vote for vote in standing if vote.criterion == criterion.id]
        contested = disagree(own, criterion.scale, spec.protocol.tolerance) or bool(
            grave(findings, criterion.id, number)
        )
        if not aggregator.count(own, criterion).quorum:
            stop: StopReason | None = StopReason.NO_QUORUM
        elif not contested:
            stop = StopReason.SETTLED if number else StopReason.UNCONTESTED
        else:
            rounds = max(1, spec.protocol.max_rounds) if forced else spec.protocol.max_rounds
            disabled = spec.protocol.deliberate == "never" and not forced
            history = _history(aggregator, ballots, criterion.id, number)
            stop = _stop(history, held, 0 if disabled else rounds)
        new[criterion.id] = Course(
            contested=before.contested or contested,
            stop=StopReason.DEADLINE if stop is None and late else stop,
            rounds=number,
        )
    return new


def _stop(
    history: Mapping[str, Sequence[float | None]], held: int, rounds: int
) -> StopReason | None:
    """Why deliberation on a contested criterion ends after a round; None if it goes on."""
    if rounds == 0:
        return StopReason.DISABLED
    if held == 0:
        return None
    if any(len(h) > 2 and h[-1] != h[-2] and h[-1] in h[:-2] for h in history.values()):
        return StopReason.UNSTABLE
    if all(len(h) < 2 or h[-1] == h[-2] for h in history.values()):
        return StopReason.NO_CHANGE
    return StopReason.MAX_ROUNDS if held >= rounds else None


def _history(
    aggregator: Aggregator, ballots: Sequence[Ballot], criterion: str, number: int
) -> dict[str, list[float | None]]:
    """Each seat's standing score after round 0, 1, … on one criterion."""
    history: dict[str, list[float | None]] = {}
    for upto in range(number + 1):
        for vote in aggregator.standings(ballots, upto=upto):
            if vote.criterion == criterion:
                history.setdefault(vote.seat, []).append(vote.score)
    return history


def challenged(
    own: Sequence[Standing], critique: Critique | None, findings: Sequence[BiasFinding]
) -> list[str]:
    """Seats that vote again on a criterion, sorted.

    Those that the critique or a grave finding names; all that voted where neither names anyone,
    or where a grave finding is about the input that all have read.
    """
    voters = {vote.seat for vote in own if vote.score is not None}
    named = set(critique.challenged if critique else ()) & voters
    about_input = False
    for finding in findings:
        if finding.seat is None:
            about_input = True
        elif finding.seat in voters:
            named.add(finding.seat)
    return sorted(voters if about_input or not named else named)


def arguments(standing: Sequence[Standing], criteria: Sequence[str], seat: str) -> tuple[str, ...]:
    """What the other seats said, without names, sorted by a digest so that order tells nothing."""
    texts = {
        vote.rationale
        for vote in standing
        if vote.seat != seat and vote.criterion in criteria and vote.rationale.strip()
    }
    return tuple(sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest()))


def brief(
    presentation: Presentation,
    criteria: Sequence[str],
    seat: str,
    *,
    ballots: Sequence[Ballot],
    standing: Sequence[Standing],
    findings: Sequence[BiasFinding],
    critiques: Sequence[Critique],
    standards: str = "",
) -> Brief:
    """What one challenged judge is shown under one presentation order. No names, no tallies."""
    rounds = {v.criterion: v.round for v in standing if v.seat == seat and v.criterion in criteria}
    return Brief(
        own=tuple(
            ballot
            for ballot in ballots
            if ballot.seat == seat
            and ballot.presentation == presentation
            and rounds.get(ballot.criterion) == ballot.round
            and counts(ballot)
        ),
        critiques=tuple(
            critique.model_copy(update={"critic": "critic", "challenged": ()})
            for critique in critiques
            if critique.criterion in criteria and critique.points
        ),
        findings=tuple(
            finding
            for finding in findings
            if finding.criterion in {None, *criteria}
            and (finding.seat == seat or (finding.seat is None and finding.severity == "grave"))
        ),
        arguments=arguments(standing, criteria, seat),
        standards=standards,
    )


def recalled(
    spec: PanelSpec,
    state: PanelState,
    seat: str,
    criteria: Sequence[str],
    standing: Sequence[Standing],
) -> Summons:
    """A challenged seat's summons to the next round, with a brief for each thing it is asked."""
    todo = jobs(spec, state["candidates"], criteria)
    briefs = tuple(
        brief(
            presentation,
            [criterion.id for criterion in group],
            seat,
            ballots=state["ballots"],
            standing=standing,
            findings=state.get("findings", []),
            critiques=state.get("critiques", []),
            standards=state.get("standards", ""),
        )
        for presentation, group in todo
    )
    holders = [ballot.judge for brief_ in briefs for ballot in brief_.own]
    return Summons(
        seat=seat,
        judge=holders[0] if holders else seat,
        criteria=tuple(criteria),
        round=state["round"] + 1,
        briefs=briefs,
    )


def unheard(
    found: Sequence[BiasFinding], before: Sequence[BiasFinding], number: int
) -> list[BiasFinding]:
    """Findings that were not made in an earlier round, stamped with this one."""
    known = {finding.model_copy(update={"round": 0}) for finding in before}
    stamped = [finding.model_copy(update={"round": number}) for finding in found]
    return [f for f in stamped if f.model_copy(update={"round": 0}) not in known]
