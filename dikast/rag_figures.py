"""What a run over passages comes to: claims by mark, gates passed, means, and two pipelines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from dikast.agents.rag_compare import compare_rags, levels
from dikast.records.runfile import RunFile
from dikast.records.sides import partner_of
from dikast.stats.by_case import mean_by_case, mean_difference, shares_by_case
from dikast.stats.estimate import Estimate
from dikast.stats.intervals import wilson
from dikast.types import PanelSpec, RagOptions, RagOutcome, RagVerdict

MARKS = ("supported", "contradicted", "absent")
UNDECIDED = "undecided"
NOT_REACHED = "decided on no answer"


class Totals(NamedTuple):
    """Figures over the answers of one pipeline."""

    answers: int
    claims: int
    marks: dict[str, Estimate]
    """Share of all claims by mark, and of those that are undecided; intervals by case."""
    gates: dict[str, Estimate]
    """Share of answers that passed each gate, of those on which it was decided."""
    means: dict[str, Estimate]
    """Mean of each figure and criterion over the answers that have it; `nulls` lack it."""
    forged: dict[str, int]
    """Quotations that occur nowhere, by seat."""


class Paired(NamedTuple):
    """Two pipelines over the same questions."""

    first: str
    second: str
    pairs: int
    outcomes: dict[str, int]
    """Pairs won by the first, won by the second, tied, and undecided."""
    decided_at: dict[str, int]
    """Pairs with a winner, by the level that decided."""
    differences: dict[str, Estimate]
    """Mean of first minus second over the pairs where both have the figure, with its interval."""
    unpaired: int
    """Answers whose question the other file lacks."""


def totals(results: Iterable[RagVerdict], spec: PanelSpec) -> Totals:
    """Figures over some answers.

    Args:
        results: The answers, in any order.
        spec: The panel, for the rubric's gates.
    """
    found = list(results)
    rows = [_counted(one) for one in found]
    names = dict.fromkeys(f.name for one in found for f in one.figures)
    criteria = [c for c in spec.rubric.criteria if c.measure is None]
    means = {name: mean_by_case([_figure(one, name) for one in found]) for name in names}
    means |= {c.id: mean_by_case([_score(one, c.id) for one in found]) for c in criteria}
    means["overall"] = mean_by_case([one.verdict.score for one in found])
    forged = Counter(
        f.seat or "" for one in found for f in one.findings if f.kind == "forged_quote"
    )
    return Totals(
        answers=len(found),
        claims=sum(row.total() for row in rows),
        marks=shares_by_case(rows, (*MARKS, UNDECIDED), what="claim"),
        gates={
            level.gate.id: _passed(found, level.gate.id, spec)
            for level in levels(spec.rubric)
            if level.gate is not None
        },
        means=means,
        forged=dict(sorted(forged.items())),
    )


def _counted(one: RagVerdict) -> Counter[str]:
    return Counter(claim.mark or UNDECIDED for claim in one.claims)


def _passed(found: Sequence[RagVerdict], gate: str, spec: PanelSpec) -> Estimate:
    scores = [_score(one, gate) for one in found]
    known = [score for score in scores if score is not None]
    criterion = spec.rubric.criterion(gate)
    passed = sum(criterion.passes(score) for score in known)
    return wilson(passed, len(known), nulls=len(scores) - len(known))


def _figure(one: RagVerdict, name: str) -> float | None:
    return next((figure.value for figure in one.figures if figure.name == name), None)


def _score(one: RagVerdict, criterion: str) -> float | None:
    """The score on a criterion, on its own scale."""
    decisions = (d.score for d in one.verdict.criteria if d.criterion == criterion)
    return next(decisions, None)


# -- two pipelines -----------------------------------------------------------------------------


def paired(
    pairs: Sequence[tuple[RagVerdict, RagVerdict]],
    outcomes: Sequence[RagOutcome],
    *,
    called: tuple[str, str],
    unpaired: int = 0,
) -> Paired:
    """Two pipelines compared over pairs of answers to one question each."""
    counts = Counter(outcome.preferred or UNDECIDED for outcome in outcomes)
    at = Counter(o.level or "" for o in outcomes if o.preferred in ("first", "second"))
    names = dict.fromkeys(f.name for pair in pairs for one in pair for f in one.figures)
    differences = {
        name: mean_difference([(_figure(one, name), _figure(other, name)) for one, other in pairs])
        for name in names
    }
    overall = [(one.verdict.score, other.verdict.score) for one, other in pairs]
    return Paired(
        *called,
        pairs=len(pairs),
        outcomes={name: counts[name] for name in ("first", "second", "tie", UNDECIDED)},
        decided_at=dict(at.most_common()),
        differences={"overall": mean_difference(overall), **differences},
        unpaired=unpaired,
    )


def results_of(run: RunFile) -> Iterator[tuple[str, RagVerdict]]:
    """Every evaluated answer of a run, with the pipeline it belongs to; empty for a single one."""
    for record in run.rags():
        for found in record.results:
            side = "second" if _partner(run, found.case_id) else "first"
            yield (found.candidate if record.outcome else side), found


def totals_of(run: RunFile, spec: PanelSpec) -> dict[str, Totals]:
    """Figures of a run by pipeline; under the name `` if there is only one."""
    sides: dict[str, list[RagVerdict]] = {}
    for side, found in results_of(run):
        sides.setdefault(side, []).append(found)
    return {side if len(sides) > 1 else "": totals(found, spec) for side, found in sides.items()}


def _partner(run: RunFile, case_id: str) -> str | None:
    case = run.case(case_id)
    return None if case is None else partner_of(case)


def pairs_of(run: RunFile, spec: PanelSpec, options: RagOptions) -> Paired | None:
    """The comparison that a run holds: of two answers per case, or of two case files.

    Returns:
        None where it compares nothing.
    """
    records = [record for record in run.rags() if record.outcome is not None]
    if records:
        pairs = [(record.results[0], record.results[1]) for record in records]
        outcomes = [record.outcome for record in records if record.outcome is not None]
        names = {(o.first, o.second) for o in outcomes}
        called = next(iter(names)) if len(names) == 1 else ("first", "second")
        return paired(pairs, outcomes, called=called)
    seconds = {
        partner: found
        for record in run.rags()
        for found in record.results
        if (partner := _partner(run, found.case_id)) is not None
    }
    if not seconds:
        return None
    firsts = {
        found.case_id: found
        for record in run.rags()
        for found in record.results
        if _partner(run, found.case_id) is None
    }
    return across(firsts, seconds, spec, options)


def across(
    firsts: Mapping[str, RagVerdict],
    seconds: Mapping[str, RagVerdict],
    spec: PanelSpec,
    options: RagOptions,
    *,
    called: tuple[str, str] = ("first", "second"),
) -> Paired:
    """Two pipelines compared by case id; each may have passages of its own."""
    shared = [name for name in firsts if name in seconds]
    pairs = [(firsts[name], seconds[name]) for name in shared]
    outcomes = [
        compare_rags(one, other, spec.rubric, tolerance=options.tolerance, called=called)
        for one, other in pairs
    ]
    left = len(firsts) + len(seconds) - 2 * len(shared)
    return paired(pairs, outcomes, called=called, unpaired=left)


# -- as text and JSON --------------------------------------------------------------------------


def totals_lines(found: Totals, spec: PanelSpec, *, name: str = "") -> Iterator[str]:
    """The totals as a person reads them."""
    head = f"{name}: " if name else ""
    yield f"{head}{found.answers} answers, {found.claims} claims"
    parts = [f"{mark} {shown(found.marks[mark])}" for mark in MARKS]
    parts += [f"undecided {shown(found.marks[UNDECIDED])}"] if found.marks[UNDECIDED].value else []
    yield "  claims: " + ", ".join(parts)
    for gate, estimate in found.gates.items():
        passed = f"passed by {shown(estimate)}{_over(estimate)}" if estimate.n else NOT_REACHED
        yield f"  gate {gate}: {passed}"
    whole = {c.id: c.scale.bounds() for c in spec.rubric.criteria if c.measure is None}
    for what, estimate in found.means.items():
        if "@" in what or (estimate.value is None and what not in whole and what != "overall"):
            continue
        plain = what in whole and whole[what] != (0.0, 1.0)
        form = "{:.2f}" if plain or what in ("mrr", "overall") else "{:.1%}"
        yield f"  mean {what}: {shown(estimate, form)}{_over(estimate)}"
    yield from _retrieval_lines(found.means)
    for seat, number in found.forged.items():
        yield f"  {seat} made up {number} quotation{'s' * (number != 1)}"


_RETRIEVAL = ("precision", "recall", "map", "map_trec", "ndcg", "ndcg_exp")


def _retrieval_lines(means: Mapping[str, Estimate]) -> Iterator[str]:
    """Retrieval metrics, a line per cut-off; intervals are in the JSON form."""
    cutoffs = dict.fromkeys(name.partition("@")[2] for name in means if "@" in name)
    for k in sorted(cutoffs, key=int):
        known = {name: means[f"{name}@{k}"] for name in _RETRIEVAL}
        told = [f"{name} {e.value:.3f}" for name, e in known.items() if e.value is not None]
        over = max((e.n for e in known.values()), default=0)
        if told:
            yield f"  retrieval @{k}: {', '.join(told)} over {over} answers"


def paired_lines(found: Paired) -> Iterator[str]:
    """A comparison of two pipelines as a person reads it."""
    first, second = found.first, found.second
    counts = found.outcomes
    yield (
        f"{found.pairs} pairs: {counts['first']} won by {first}, {counts['second']} by {second}, "
        f"{counts['tie']} ties, {counts[UNDECIDED]} undecided"
    )
    if found.unpaired:
        yield f"  {found.unpaired} answers have no partner and are left out"
    if found.decided_at:
        told = ", ".join(f"{level} {number}" for level, number in found.decided_at.items())
        yield f"  decided at: {told}"
    cutoffs = [int(name.partition("@")[2]) for name in found.differences if "@" in name]
    for name, estimate in found.differences.items():
        told_of = "@" not in name or name in (f"recall@{max(cutoffs)}", f"ndcg@{max(cutoffs)}")
        if estimate.value is not None and told_of:
            told = shown(estimate, "{:+.3f}")
            yield f"  {name}, {first} minus {second}: {told}{_over(estimate, 'pairs')}"


def shown(estimate: Estimate, form: str = "{:.1%}") -> str:
    """A figure with its interval, or why there is none."""
    if estimate.value is None:
        return f"undefined ({estimate.reason})"
    text = form.format(estimate.value)
    if estimate.low is not None and estimate.high is not None:
        text += f" [{form.format(estimate.low)}, {form.format(estimate.high)}]"
    return text


def _over(estimate: Estimate, what: str = "answers") -> str:
    """How many answers a mean covers, where there are any."""
    if estimate.value is None:
        return ""
    return f" over {estimate.n} of {estimate.n + estimate.nulls} {what}"


def estimate_json(estimate: Estimate) -> dict[str, JsonValue]:
    """A figure with its interval as JSON; undefined is null with its reason."""
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "nulls": estimate.nulls,
        "reason": estimate.reason,
    }


def totals_record(found: Totals) -> dict[str, JsonValue]:
    """The totals as JSON."""
    return {
        "answers": found.answers,
        "claims": found.claims,
        "marks": {name: estimate_json(e) for name, e in found.marks.items()},
        "gates": {name: estimate_json(e) for name, e in found.gates.items()},
        "means": {name: estimate_json(e) for name, e in found.means.items()},
        "forged_quotes": dict(found.forged),
    }


def paired_record(found: Paired) -> dict[str, JsonValue]:
    """A comparison of two pipelines as JSON."""
    return {
        "first": found.first,
        "second": found.second,
        "pairs": found.pairs,
        "unpaired": found.unpaired,
        "outcomes": dict(found.outcomes),
        "decided_at": dict(found.decided_at),
        "differences": {name: estimate_json(e) for name, e in found.differences.items()},
    }
