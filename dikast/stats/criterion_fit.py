"""Everything that labels tell of a panel on one criterion: what to use, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.confidence_maps import ConfidenceCurve, fit_confidence
from dikast.stats.conformal import residual_quantile
from dikast.stats.estimate import Estimate, undefined
from dikast.stats.held_out import HeldOutFigures, figures, gain
from dikast.stats.panel_fit import (
    MOST_UNLABELLED,
    Confidence,
    Decide,
    HeldOut,
    Plan,
    Weigh,
    best_single,
    cross_fit,
    equal_weights,
    fit_panel_confidence,
    judge_credit,
    on_criterion,
    residuals,
)
from dikast.stats.panel_votes import (
    credit,
    folded_votes,
    left_open,
    right,
    weighted_decisions,
)
from dikast.stats.prediction_powered import PoweredMean, powered_mean
from dikast.stats.prevalence import true_share
from dikast.stats.resampling import bootstrap_sums
from dikast.stats.selective import Threshold, find_threshold, labels_needed
from dikast.stats.standing_votes import standing
from dikast.types import PreferenceScale, Scale, YesNoScale

FEWEST = 10
"""Labels below which nothing is fitted."""

TARGETS = (0.8, 0.9, 0.95)
"""Accuracies for which a threshold on confidence is looked for."""

_FIRST = 0.3
"""Share of the decisions that the first threshold keeps."""

_RISK = 0.1
"""Probability with which such a threshold may fail its promise."""


@dataclass(frozen=True, kw_only=True)
class CriterionFit:
    """What was found on one criterion."""

    criterion: str
    labels: int
    weights: Mapping[str, float]
    """Empty where the panel's own rule stays."""
    confidence: Confidence | None
    band: Estimate
    """Half-width of a conformal interval."""
    level: float
    """Share of such intervals that hold the label, at least."""
    ways: Mapping[str, HeldOutFigures]
    """Held-out figures of `fitted`, `best single judge`, `unweighted majority`, and of
    `fitted, share of votes`, whose confidence is the raw share."""
    gains: Mapping[str, Estimate]
    """How much more accurate `fitted` is than the single judge and the majority."""
    left_open: Mapping[str, float]
    """By way, how many labelled cases it leaves open (`left_open`), mean over the repeats."""
    judges: Mapping[str, Estimate]
    """Accuracy of every judge on the labels; nothing was fitted for it."""
    constant: tuple[str, ...]
    """Judges that said one thing on all labelled cases."""
    thresholds: Mapping[float, Threshold | None]
    """By wanted accuracy."""
    stated: Mapping[str, ConfidenceCurve]
    """What a judge's stated confidence is worth, by judge."""
    mean: PoweredMean
    """Mean label over all cases of the run, by labels and mean votes."""
    share: Estimate
    """Yes/no: share of all cases that really are yes."""
    unfitted: tuple[str, ...]


def fit_criterion(
    table: BallotTable,
    criterion: str,
    weigh: Weigh,
    *,
    own: Mapping[str, float],
    decide: Decide,
    plan: Plan,
    alpha: float = 0.1,
    keep_rule: bool = False,
) -> CriterionFit | str:
    """Fit one criterion and test what was fitted.

    Args:
        table: Ballots with labels.
        criterion: Which criterion.
        weigh: Fits weights.
        own: The panel's own weights by judge.
        decide: The panel's own rule; used where weights cannot be fitted or `keep_rule` is set.
        plan: Folds, repeats and seed; how the panel folds orders and what it tolerates.
        alpha: Share of intervals around scores that may miss.
        keep_rule: Fit confidence and intervals only.

    Returns:
        The fit; or why there is none, in words, with nothing computed.
    """
    full = on_criterion(table, criterion)
    part = on_criterion(table, criterion, most=MOST_UNLABELLED)
    why = cannot(part)
    if why:
        return why
    weights = None if keep_rule else weigh(part)
    unfitted = [] if weights or keep_rule else ["no weights: the panel's own rule stays"]
    if weights:
        fitted = cross_fit(part, weigh, plan)
    else:
        fitted = cross_fit(part, lambda _: own, plan, decide)
    single = partial(best_single, fold=plan.fold, tolerance=plan.tolerance)
    others = {
        "best single judge": cross_fit(part, single, plan),
        # folded as an audit folds them, so that both tell one accuracy of one vote each
        "unweighted majority": cross_fit(
            part, equal_weights, plan, votes=standing(part, criterion).votes
        ),
    }
    if fitted is None:
        return "there are no two labelled cases"
    known = {name: held for name, held in others.items() if held is not None}
    seed = plan.seed
    confidence = fit_panel_confidence(fitted, part.scales[0], seed=seed)
    if confidence is None:
        unfitted.append("no confidence: no labelled case was decided")
    return CriterionFit(
        criterion=criterion,
        labels=len(fitted.cases),
        weights={j: float(weights.get(j, 0.0)) for j in table.judges} if weights else {},
        confidence=confidence,
        band=_band(part, fitted, alpha),
        level=1 - alpha,
        ways={
            "fitted": figures(fitted, seed=seed),
            **{name: figures(held, seed=seed) for name, held in known.items()},
            "fitted, share of votes": figures(fitted, raw=True, seed=seed),
        },
        gains={name: gain(fitted, held, seed=seed) for name, held in known.items()},
        judges=_judges(part, plan),
        constant=_constant(part, plan),
        thresholds=_thresholds(fitted, confidence),
        left_open={
            name: _open(held, part.scales[0]) for name, held in {"fitted": fitted, **known}.items()
        },
        stated=_stated(part, plan),
        mean=_mean(full, plan),
        share=_share(full, plan),
        unfitted=tuple(unfitted),
    )


def cannot(table: BallotTable) -> str:
    """Why nothing can be fitted on the one criterion of a table; empty if something can."""
    truth = table.truth[:, 0]
    known = truth[~np.isnan(truth)]
    if len(known) < FEWEST:
        return f"{len(known)} labelled cases have ballots, and at least {FEWEST} are needed"
    if len(np.unique(known)) == 1 and not table.pairs:
        shown = table.scales[0].show(float(known[0]))
        return (
            f"every label is {shown}: a judge that always says so would look perfect; label "
            "cases of another kind too"
        )
    return ""


def _band(table: BallotTable, held: HeldOut, alpha: float) -> Estimate:
    if isinstance(table.scales[0], PreferenceScale | YesNoScale):
        return undefined("an interval needs a scale of more than two or three steps")
    return residual_quantile(residuals(held), alpha)


def _judges(table: BallotTable, plan: Plan) -> dict[str, Estimate]:
    truth, votes = table.truth[:, 0], folded_votes(table, table.criteria[0], plan.fold)
    found = {}
    for at, name in enumerate(table.judges):
        cast = ~np.isnan(votes[:, at]) & ~np.isnan(truth)
        earned = credit(votes[cast, at], truth[cast], table.scales[0], plan.tolerance)
        silent = int((~np.isnan(truth)).sum() - cast.sum())
        found[name] = bootstrap_sums(
            np.column_stack([earned, np.ones(len(earned))]),
            lambda s: s[..., 0] / s[..., 1],
            nulls=silent,
            seed=plan.seed,
        )
    return found


def _constant(table: BallotTable, plan: Plan) -> tuple[str, ...]:
    known = ~np.isnan(table.truth[:, 0])
    votes = folded_votes(table, table.criteria[0], plan.fold)[known]
    _, count = judge_credit(table, fold=plan.fold, tolerance=plan.tolerance)
    return tuple(
        name
        for at, name in enumerate(table.judges)
        if count[at] >= FEWEST and len(np.unique(votes[~np.isnan(votes[:, at]), at])) == 1
    )


def _thresholds(held: HeldOut, confidence: Confidence | None) -> dict[float, Threshold | None]:
    """By the first repeat: a case must not count several times in a test.

    Decisions are held out, and told apart by the map that the panel will use: the maps of the
    folds differ by chance, and highest where the labels left over are worst.

    The sequence of tests begins with the most confident cases together, as many as `_FIRST`: to
    begin with a handful would end it at one early error.
    """
    found: dict[float, Threshold | None] = dict.fromkeys(TARGETS)
    if confidence is None:
        return found
    sure = np.where(held.decided[0], confidence.at(held.share[0], held.score[0]), np.nan)
    ok = np.nan_to_num(held.right[0]) > 0.5
    told = np.sort(sure[~np.isnan(sure)])[::-1]
    for wanted in TARGETS:
        first = max(round(_FIRST * len(told)), labels_needed(1 - wanted, _RISK))
        start = float(told[first - 1]) if first <= len(told) else None
        ruling = find_threshold(sure, ok, alpha=1 - wanted, delta=_RISK, start=start)
        found[wanted] = ruling if isinstance(ruling, Threshold) else None
    return found


def _open(held: HeldOut, scale: Scale) -> float:
    """How many labelled cases are left open, mean over the repeats."""
    return float(left_open(held.score, held.truth, scale).sum(axis=1).mean())


def _stated(table: BallotTable, plan: Plan) -> dict[str, ConfidenceCurve]:
    truth = table.truth[table.case, 0]
    told = ~np.isnan(table.confidence) & ~np.isnan(table.score) & ~np.isnan(truth)
    ok = right(table.score, truth, table.scales[0], plan.tolerance)
    found = {}
    for at, name in enumerate(table.judges):
        rows = np.flatnonzero(told & (table.judge == at))
        cases, times = np.unique(table.case[rows], return_counts=True)
        if len(cases) < FEWEST:
            continue
        weight = 1 / times[np.searchsorted(cases, table.case[rows])]
        found[name] = fit_confidence(
            table.confidence[rows], ok[rows], weight, groups=table.case[rows], seed=plan.seed
        )
    return found


def _mean_votes(table: BallotTable, plan: Plan) -> Floats:
    votes = folded_votes(table, table.criteria[0], plan.fold)
    count = (~np.isnan(votes)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, np.nansum(votes, axis=1) / count, np.nan))


def _mean(table: BallotTable, plan: Plan) -> PoweredMean:
    truth, judged = table.truth[:, 0], _mean_votes(table, plan)
    known = ~np.isnan(truth)
    return powered_mean(truth[known], judged[known], judged[~known])


def _share(table: BallotTable, plan: Plan) -> Estimate:
    if not isinstance(table.scales[0], YesNoScale):
        return undefined("only yes or no has a share")
    votes = folded_votes(table, table.criteria[0], plan.fold)
    said = weighted_decisions(votes, np.ones(len(table.judges)), table.scales[0]).score
    truth = table.truth[:, 0]
    known = ~np.isnan(truth)
    return true_share(truth[known], said[known], said[~known], seed=plan.seed)
