"""Bradley–Terry with ties and a presentation-order intercept per judge.

Strengths and position bias are estimated together, so that pairs judged in one order only still
count, without their order counting for a candidate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array, lil_array
from scipy.stats import norm

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.orders import Choice
from dikast.stats.outcomes import Pairing, tally
from dikast.stats.strengths import (
    VIRTUAL,
    Strengths,
    centred,
    footing,
    newton_minimum,
    pin,
    solve_finite,
)

MODEL = "position_aware"
FloatVector = npt.NDArray[np.float64]
FloatArray = npt.NDArray[np.float64]


class Showing(NamedTuple):
    """One unfolded ballot on a pair."""

    judge: str
    first: str
    """The candidate shown first."""
    second: str
    choice: Choice
    """`a` for the one shown first, `b` for the other."""


class _Cells(NamedTuple):
    """Ballots counted by judge and ordered pair, as a multinomial logit."""

    design: tuple[csr_array, csr_array, csr_array]
    """For the outcomes first, second, tie: cells × parameters; utilities are linear in them."""
    counts: FloatArray
    """3 × cells; not whole numbers for virtual ballots."""
    offered: FloatArray
    """3 × cells: 0 where the outcome is possible, −∞ where the judge never ties."""
    prior: float
    candidates: int


def fit_position_aware(
    showings: Iterable[Showing],
    items: Sequence[str] | None = None,
    *,
    prior: float | None = None,
) -> Strengths:
    """Fit strengths, one order effect per judge and one tie parameter per judge.

    With the log-odds γ for the slot shown first, P(first) ∝ p₁ e^(γ/2), P(second) ∝ p₂ e^(−γ/2)
    and P(tie) ∝ ν √(p₁ p₂).

    Args:
        showings: Unfolded ballots; abstentions are left out.
        items: All candidates; None for those that occur.
        prior: As for `fit_bradley_terry`; with a prior, judges also get that many virtual
            ballots for either slot.

    Returns:
        Strengths with `order_effects`: γ by judge with its 95 % interval (Wald). Undefined for
        a judge who only ever chose one slot, or never had a preference.

    References:
        Davidson and Beaver (1977), "On extending the Bradley–Terry model to incorporate
        within-pair order effects".
    """
    rows = [row for row in showings if row.choice != "abstain"]
    outcomes = tally([Pairing(row.first, row.second, row.choice) for row in rows], items)
    ground = footing(outcomes, prior)
    if ground.problem:
        return Strengths(MODEL, None, ground.problem)
    judges = sorted({row.judge for row in rows})
    one_sided = {judge: _one_sided(rows, judge) for judge in judges}
    found: list[_Cells] = []

    def solve(size: float) -> FloatVector | None:
        steady = size or (VIRTUAL if any(one_sided.values()) else 0.0)
        found.append(_cells(rows, outcomes.items, judges, size, steady))
        return newton_minimum(_loss(found[-1]), np.zeros(found[-1].design[0].shape[1]))

    ground, x = solve_finite(ground, prior, solve)
    if x is None:
        return Strengths(MODEL, None, ground.problem)
    variance = np.diag(np.linalg.inv(_loss(found[-1])(x)[2]))
    n = len(outcomes.items)
    effects = {}
    for k, judge in enumerate(judges):
        count = sum(row.judge == judge for row in rows)
        reach = float(norm.ppf(0.975) * np.sqrt(max(float(variance[n + k]), 0.0)))
        gamma = float(x[n + k])
        effects[judge] = (
            undefined(one_sided[judge], n=count)
            if one_sided[judge]
            else Estimate(gamma, n=count, low=gamma - reach, high=gamma + reach)
        )
    return Strengths(
        MODEL,
        centred(outcomes, x[:n]),
        prior=ground.prior,
        note=ground.note,
        order_effects=effects,
    )


def _one_sided(rows: Sequence[Showing], judge: str) -> str:
    """Why the judge has no finite order effect; empty if it may have one."""
    chosen = {row.choice for row in rows if row.judge == judge}
    if chosen <= {"tie"}:
        return "the judge never preferred a candidate"
    if "a" not in chosen or "b" not in chosen:
        return "the judge only ever chose one slot, so that its order effect has no bound"
    return ""


def _cells(
    rows: Sequence[Showing],
    items: Sequence[str],
    judges: Sequence[str],
    prior: float,
    steady: float,
) -> _Cells:
    """Parameters: a strength per candidate, then an order effect and a log ν per judge."""
    n, m = len(items), len(judges)
    item, seat = {x: k for k, x in enumerate(items)}, {x: k for k, x in enumerate(judges)}
    seen = Counter(rows)
    tying = {row.judge for row in rows if row.choice == "tie"}
    table: list[tuple[list[tuple[int, float]], list[tuple[int, float]], int, list[float]]] = []
    for who, first, second in sorted({(row.judge, row.first, row.second) for row in rows}):
        count = [float(seen[Showing(who, first, second, c)]) for c in ("a", "b", "tie")]
        table.append(([(item[first], 1.0)], [(item[second], 1.0)], seat[who], count))
    if steady:  # virtual ballots of every judge between equals
        table += [([], [], seat[who], [steady] * 3) for who in judges]
    width = n + 2 * m
    design = [lil_array((len(table) + (n if prior else 0), width)) for _ in range(3)]
    counts = np.zeros((3, design[0].shape[0]))
    offered = np.zeros_like(counts)
    for cell, (first_, second_, k, count) in enumerate(table):
        for at, value in first_:
            design[0][cell, at], design[2][cell, at] = value, value / 2
        for at, value in second_:
            design[1][cell, at], design[2][cell, at] = value, value / 2
        design[0][cell, n + k], design[1][cell, n + k] = 0.5, -0.5
        design[2][cell, n + m + k] = 1.0
        counts[:, cell] = count
        if judges[k] not in tying:
            offered[2, cell], counts[2, cell] = -np.inf, 0.0
    for at in range(n if prior else 0):  # virtual ballots against an average candidate
        cell = len(table) + at
        design[0][cell, at] = 1.0
        counts[:2, cell] = prior
        offered[2, cell] = -np.inf
    for_first, for_second, for_tie = (csr_array(d) for d in design)
    return _Cells((for_first, for_second, for_tie), counts, offered, prior, n)


def _loss(
    cells: _Cells,
) -> Callable[[FloatVector], tuple[float, FloatVector, FloatArray]]:
    """Negative log-likelihood, gradient, and second derivatives: the observed information."""
    met = cells.counts.sum(axis=0)

    def loss(x: FloatVector) -> tuple[float, FloatVector, FloatArray]:
        utility = np.stack([d @ x for d in cells.design]) + cells.offered
        most = utility.max(axis=0)  # by hand, as in `davidson`
        odds = np.exp(utility - most)
        total = odds.sum(axis=0)
        chance, seen = odds / total, cells.counts > 0
        gain = cells.counts * np.where(seen, utility - (most + np.log(total)), 0.0)
        push = met * chance - cells.counts
        slope = sum(d.T @ row for d, row in zip(cells.design, push, strict=True))
        rows = [diags_array(p) @ d for p, d in zip(chance, cells.design, strict=True)]
        mean = rows[0] + rows[1] + rows[2]
        twice = sum(d.T @ (diags_array(met) @ r) for d, r in zip(cells.design, rows, strict=True))
        bend = np.asarray((twice - mean.T @ (diags_array(met) @ mean)).todense())
        if not cells.prior:
            pin(bend, cells.candidates)
        # A judge without ties has no tie parameter: its row is empty.
        idle = np.flatnonzero(~bend.any(axis=1))
        bend[idle, idle] = 1.0
        return -float(gain.sum()), np.asarray(slope), bend

    return loss
