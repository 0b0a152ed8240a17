"""What judges of a run answered themselves, beside how far they agree with the cases' labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import JsonValue

from dikast.agents.aggregator import Aggregator
from dikast.agents.tally import near
from dikast.errors import ConfigError
from dikast.rag_figures import estimate_json, shown
from dikast.records.runfile import RunFile
from dikast.stats.self_answers import Judged, SelfSplit, split_agreement
from dikast.types import Case, Criterion, OffScale, PanelSpec, ReferenceSource, Verdict


class SelfReport(NamedTuple):
    """One seat on one criterion."""

    seat: str
    criterion: str
    split: SelfSplit
    references: dict[ReferenceSource, int]
    """Where the references came from by which self-answers were marked."""


def reports(run: RunFile) -> list[SelfReport]:
    """Agreement of every seat on every labelled criterion, split by its own answers.

    A label is the value under the criterion's id in a case's `labels`, as a judge would answer it.

    Returns:
        Empty if no judge was asked the questions itself.

    Raises:
        ConfigError: The run does not tell its panel.
    """
    spec = run.identity.panel
    if spec is None:
        raise ConfigError("the run file does not tell its panel; it was damaged.")
    rows: dict[tuple[str, str], list[Judged]] = {}
    sources: dict[ReferenceSource, int] = {}
    asked = False
    for case, verdict in _verdicts(run):
        told = {own.seat: own.correct for own in verdict.transcript.self_answers}
        asked = asked or bool(told)
        if told:
            source = _source(case)
            sources[source] = sources.get(source, 0) + 1
        for seat, criterion, agrees in _votes(verdict, case, spec):
            if seat in told:
                rows.setdefault((seat, criterion), []).append(Judged(agrees, told[seat]))
    if not asked:
        return []
    return [
        SelfReport(seat, criterion, split_agreement(found), dict(sorted(sources.items())))
        for (seat, criterion), found in sorted(rows.items())
    ]


def _verdicts(run: RunFile) -> Iterator[tuple[Case, Verdict]]:
    """Verdicts on single responses with their cases."""
    for verdict in run.verdicts():
        case = run.case(verdict.case_id)
        if case is not None and len(verdict.candidates) == 1:
            yield case, verdict


def _votes(verdict: Verdict, case: Case, spec: PanelSpec) -> Iterator[tuple[str, str, bool]]:
    """Private votes on labelled criteria, and whether each is the label."""
    aggregator = Aggregator(spec)
    for vote in aggregator.standings(verdict.transcript.ballots, upto=0):
        criterion = spec.rubric.criterion(vote.criterion)
        label = label_of(case, criterion)
        if label is not None and vote.score is not None:
            tolerance = spec.protocol.tolerance
            yield vote.seat, vote.criterion, near(vote.score, label, criterion.scale, tolerance)


def label_of(case: Case, criterion: Criterion) -> float | None:
    """A case's label on a criterion as a score; None if it has none that is on the scale."""
    given = case.labels.get(criterion.id)
    if not isinstance(given, str | int | float) or isinstance(given, bool):
        return None
    try:
        return criterion.scale.accept(given)
    except OffScale:
        return None


def _source(case: Case) -> ReferenceSource:
    from dikast.graphs.rag_course import reference_source

    return reference_source(case)


def report_lines(found: SelfReport) -> Iterator[str]:
    """A report as a person reads it."""
    split = found.split
    yield f"{found.seat} on {found.criterion}: agrees with labels {shown(split.overall)}"
    yield f"  where it answered rightly itself: {shown(split.knew)} of {split.knew.n} cases"
    yield f"  where it answered wrongly itself: {shown(split.did_not)} of {split.did_not.n} cases"
    if split.untold.n:
        yield f"  where that cannot be told: {shown(split.untold)} of {split.untold.n} cases"
    yield f"  difference: {shown(split.difference, '{:+.1%}')}"
    told = ", ".join(f"{number} {source}" for source, number in found.references.items())
    yield f"  references: {told}"


def record_of(found: SelfReport) -> dict[str, JsonValue]:
    """A report as JSON."""
    names = ("overall", "knew", "did_not", "untold", "difference", "answered")
    figures: dict[str, JsonValue] = {
        name: estimate_json(getattr(found.split, name)) for name in names
    }
    references: dict[str, JsonValue] = {str(k): v for k, v in found.references.items()}
    return {"seat": found.seat, "criterion": found.criterion, **figures, "references": references}
