"""Building an audit: every section over every criterion, tests corrected, advice last."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from dikast.audit.advice import advise
from dikast.audit.report import AuditReport, Figure, corrected
from dikast.audit.sections import (
    Lens,
    accuracy,
    agreement,
    confidence,
    criteria,
    leaning,
    order,
    panel,
    people,
    slices,
)
from dikast.stats.ballot_table import BallotTable
from dikast.stats.baselines import Texts, baselines
from dikast.stats.significance import Significance, false_discovery

MANY = 200_000
"""Ballots above which fewer resamples are drawn."""

Section = Callable[[Lens], Iterable[Figure]]

OF_JUDGES: tuple[Section, ...] = (
    accuracy.abstentions,
    accuracy.against_labels,
    agreement.with_labels,
    order.order,
    order.transitivity,
    leaning.length,
    leaning.family,
    leaning.scale,
    leaning.trend,
    leaning.win_rates,
    confidence.stated,
    agreement.between_judges,
)
"""What is asked of the judges, criterion by criterion."""

OF_OTHERS: tuple[Section, ...] = (accuracy.against_labels, agreement.with_labels)
"""What is asked of baselines and of rules, beside the judges."""


def audit(
    table: BallotTable,
    *,
    source: str = "",
    texts: Mapping[str, Texts] | None = None,
    raters: BallotTable | None = None,
    by: str = "",
    sliced: slices.SliceNames | None = None,
    seed: int = 0,
    draws: int | None = None,
    notes: Iterable[str] = (),
    settled: Container[tuple[str, str]] = frozenset(),
) -> AuditReport:
    """Everything that a table of ballots tells about its judges.

    Args:
        table: Ballots, with labels where there are any.
        source: Name of the file, for the report.
        texts: By case, what baseline judges read; None leaves them out.
        raters: Labels of several people apart, for the alternative-annotator check.
        by: What `sliced` tells, for the report.
        sliced: By case, the slice it is of, for figures by slice; None leaves them out.
        seed: Of resampling and folds.
        draws: Resamples per interval; None for 1,000, or 200 where there are so many ballots that
            intervals are narrow anyway.
        notes: What the reader should know of how the ballots were read.
        settled: Cases and criteria that people decided: they are no doubts any more.

    Returns:
        The report; a figure that is undefined says why.

    Examples:
        >>> from dikast.stats.ballot_table import Row
        >>> from dikast.types import YesNoScale
        >>> rows = [Row(f"c{i}", name, float(i % n == 0)) for i in range(30)
        ...         for name, n in (("ann", 2), ("bob", 3))]
        >>> truth = {(f"c{i}", "overall"): float(i % 2 == 0) for i in range(30)}
        >>> report = audit(BallotTable.of(rows, scales={"overall": YesNoScale()}, truth=truth))
        >>> report.one("accuracy", "ann", "overall").value
        1.0
    """
    if draws is None:
        draws = 1000 if table.n <= MANY else 200
    found = panel.judged(table, seed=seed)
    figures = [*_figures(table, texts, found, seed=seed, draws=draws)]
    if raters is not None:
        figures += people.stand_in(table, raters, seed=seed)
    parts = None
    if sliced is not None:
        parts = slices.slices(table, by, sliced, seed=seed, draws=draws)
    tested = [*figures, *(() if parts is None else parts.figures)]
    qs = false_discovery([_tested(figure) for figure in tested])
    if parts is not None:
        told = corrected(parts.figures, qs[len(figures) :])
        parts = parts.model_copy(update={"figures": told})
    lenses = [Lens(table, criterion, seed=seed, draws=draws) for criterion in table.criteria]
    report = AuditReport(
        source=source,
        pairs=table.pairs,
        cases=len(table.cases),
        ballots=table.n,
        abstentions=int(table.abstained.sum()),
        labelled=int(table.labelled.sum()),
        judges=table.judges,
        criteria=table.criteria,
        rule="" if found.rule is None else "auto",
        rule_why=found.why,
        figures=corrected(figures, qs[: len(figures)]),
        doubts=tuple(
            doubt
            for doubt in panel.doubts(table, found)
            if (doubt.case, doubt.criterion) not in settled
        ),
        reliability=tuple(b for lens in lenses for b in confidence.bins(lens)),
        curves=(
            *(point for lens in lenses for point in confidence.curves(lens)),
            *panel.panel_curve(table, found),
        ),
        notes=tuple(notes),
        slices=parts,
    )
    return report.model_copy(update={"advice": advise(report)})


def _tested(figure: Figure) -> Significance:
    return Significance(figure.p, figure.n, "" if figure.p is not None else "no test")


def _figures(
    table: BallotTable,
    texts: Mapping[str, Texts] | None,
    found: panel.Judged,
    *,
    seed: int,
    draws: int,
) -> Iterator[Figure]:
    yield from leaning.halos(table, seed=seed, draws=draws)
    yield from criteria.criterion_level(table, seed=seed, draws=draws)
    for criterion in table.criteria:
        lens = Lens(table, criterion, seed=seed, draws=draws)
        for section in OF_JUDGES:
            yield from section(lens)
        yield from panel.value(lens, found)
    if texts:
        floor = baselines(table, texts, seed=seed)
        for criterion in table.criteria:
            lens = Lens(floor, criterion, "baseline", seed, draws)
            for section in OF_OTHERS:
                yield from section(lens)
