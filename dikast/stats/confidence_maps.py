"""From a raw confidence to a probability: the share of decisions that were right at it.

A map is a rising line through a few knots. It is fitted on labelled cases: by isotonic regression
where there are many, by a logistic curve of two parameters where there are few, or flat at the
base rate where the raw confidence tells nothing; cross-validated Brier scores choose. All are
drawn towards the base rate by a few imagined labels, so none ever says 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.folds import assign_folds

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Method = Literal["constant", "logistic", "isotonic"]

IMAGINED = 2.0
"""Imagined labels at the base rate that each knot (or the whole curve) is mixed with."""
_STEPS = 40
"""Pieces of the line that a logistic curve is stored as: within 0.003 of it at slope 20."""
_SLOPE = 2.5
"""Standard deviation of the slope's prior, per standard deviation of the raw confidence."""
_FEWEST = 30
"""Labels below which no choice is made: only the curve that a handful can support is fitted."""


class ConfidenceCurve(NamedTuple):
    """A fitted map."""

    method: Method
    raw: Floats
    """Knots, rising."""
    probability: Floats
    """At each knot, never falling, above 0 and below 1."""
    n: float
    """Labels it rests on."""

    def at(self, raw: Floats) -> Floats:
        """Probabilities of raw confidences: linear between knots, level outside; NaN stays."""
        found = np.interp(raw, self.raw, self.probability)
        return np.where(np.isnan(raw), np.nan, found)


def base_rate(right: Floats, weight: Floats) -> float:
    """Share of right decisions with one imagined label each way, so that it is never 0 or 1."""
    return float((weight @ right + 1) / (weight.sum() + 2))


def fit_constant(raw: Floats, right: Floats, weight: Floats) -> ConfidenceCurve:
    """The base rate, whatever the raw confidence."""
    middle = float(np.median(raw)) if len(raw) else 0.5
    return ConfidenceCurve(
        "constant", np.array([middle]), np.array([base_rate(right, weight)]), float(weight.sum())
    )


def fit_isotonic(raw: Floats, right: Floats, weight: Floats) -> ConfidenceCurve:
    """The best rising steps, joined by lines; each step drawn towards the base rate.

    A step on few labels is drawn further, and what that disorders is pooled again.

    Examples:
        >>> ones = np.ones(6)
        >>> raw = np.array([0.2, 0.4, 0.6, 0.6, 0.8, 1.0])
        >>> curve = fit_isotonic(raw, np.array([0.0, 1.0, 0.0, 1.0, 1.0, 1.0]), ones)
        >>> curve.raw.tolist(), curve.probability.round(3).tolist()
        ([0.2, 0.4, 0.6, 0.8, 1.0], [0.417, 0.65, 0.65, 0.812, 0.812])

    References:
        Zadrozny, Elkan (2002), "Transforming Classifier Scores into Accurate Multiclass
        Probability Estimates".
    """
    base = base_rate(right, weight)
    x, hits, mass = _grouped(raw, right, weight)
    steps = optimize.isotonic_regression(hits / mass, weights=mass)
    edges = np.asarray(steps.blocks)
    of_step = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    step_mass = np.add.reduceat(mass, edges[:-1])
    step_hits = np.add.reduceat(hits, edges[:-1])
    drawn = (step_hits + IMAGINED * base) / (step_mass + IMAGINED)
    drawn = np.asarray(optimize.isotonic_regression(drawn, weights=step_mass + IMAGINED).x)
    heights = drawn[of_step]
    # inside a level stretch a knot tells nothing
    turns = np.ones(len(x), dtype=bool)
    turns[1:-1] = (heights[1:-1] != heights[:-2]) | (heights[1:-1] != heights[2:])
    return ConfidenceCurve("isotonic", x[turns], heights[turns], float(weight.sum()))


def fit_logistic(raw: Floats, right: Floats, weight: Floats) -> ConfidenceCurve:
    """A logistic curve of two parameters, never falling, its slope drawn towards 0.

    Returns:
        The curve as a line of many short pieces; flat where the raw confidence is constant or
        falls as decisions get better.

    References:
        Platt (1999), "Probabilistic Outputs for Support Vector Machines".
    """
    flat = fit_constant(raw, right, weight)
    centre = float(np.average(raw, weights=weight)) if len(raw) else 0.0
    spread = float(np.average((raw - centre) ** 2, weights=weight) ** 0.5) if len(raw) else 0.0
    if spread < 1e-9:
        return flat._replace(method="logistic")
    base = float(flat.probability[0])
    x, hits, mass = _grouped(raw, right, weight)
    z = np.append((x - centre) / spread, 0.0)
    hits, mass = np.append(hits, IMAGINED * base), np.append(mass, IMAGINED)

    found = _newton(z, hits, mass)
    knots = np.linspace(0.0, 1.0, _STEPS + 1)
    line = found[0] + found[1] * (knots - centre) / spread
    # one that is nearly certain far from any label is still no certainty
    bound = 1 / (2 * (float(weight.sum()) + IMAGINED))
    probability = np.clip(special.expit(line), bound, 1 - bound)
    return ConfidenceCurve("logistic", knots, probability, float(weight.sum()))


def _newton(z: Floats, hits: Floats, mass: Floats) -> Floats:
    """Level and slope of the most probable curve; a slope below 0 is 0.

    Newton's method on a convex function of two variables: this is fitted thousands of times while
    a panel is tested, and a general optimiser takes ten times as long.
    """
    level = float(special.logit(hits.sum() / mass.sum()))
    theta, step = np.array([level, 0.0]), 1.0
    value = _loss(theta, z, hits, mass)
    for _ in range(100):
        told = special.expit(theta[0] + theta[1] * z)
        error, bend = mass * told - hits, mass * told * (1 - told)
        slope = np.array([error.sum(), error @ z + theta[1] / _SLOPE**2])
        curve = np.array([[bend.sum(), bend @ z], [bend @ z, bend @ z**2 + 1 / _SLOPE**2]])
        move, step = np.linalg.solve(curve, slope), 1.0
        while (after := _loss(theta - step * move, z, hits, mass)) > value and step > 1e-8:
            step /= 2
        theta, done, value = theta - step * move, value - after < 1e-12, min(after, value)
        if done:
            break
    return theta if theta[1] > 0 else np.array([level, 0.0])


def _loss(theta: Floats, z: Floats, hits: Floats, mass: Floats) -> float:
    line = theta[0] + theta[1] * z
    surprise = float(mass @ np.logaddexp(0, line) - hits @ line)
    return surprise + float(theta[1]) ** 2 / 2 / _SLOPE**2


_FITS: dict[Method, Callable[[Floats, Floats, Floats], ConfidenceCurve]] = {
    "constant": fit_constant,
    "logistic": fit_logistic,
    "isotonic": fit_isotonic,
}


def fit_confidence(
    raw: Floats,
    right: Floats,
    weight: Floats | None = None,
    *,
    method: Method | None = None,
    groups: Ints | None = None,
    folds: int = 5,
    seed: int = 0,
) -> ConfidenceCurve:
    """The map from raw confidence to the probability of being right.

    Args:
        raw: Raw confidences, 0 to 1, of labelled decisions; NaN is left out.
        right: 1 where the decision was right, 0 where not.
        weight: How much each counts (a case seen in several repeats counts once in all); None
            for 1 each.
        method: None to choose by cross-validated Brier score; a simpler map wins a draw.
        groups: Numbers of cases where one is here several times; they are held out together.
        folds: Of that cross-validation.
        seed: Of its folds.

    Returns:
        The map; with fewer than 30 labels always the logistic one, since a choice needs more.

    Raises:
        ValueError: There is no label, or a raw confidence is outside 0 to 1.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> raw = rng.uniform(0.5, 1, 4000)
        >>> right = (rng.random(4000) < 0.2 + 0.6 * raw).astype(float)
        >>> curve = fit_confidence(raw, right)
        >>> curve.at(np.array([0.5, 0.75, 1.0])).round(2).tolist()
        [0.49, 0.65, 0.79]
    """
    kept = ~np.isnan(raw) & ~np.isnan(right)
    mass = np.ones(len(raw)) if weight is None else weight
    raw, right, mass = raw[kept], right[kept], mass[kept]
    groups = None if groups is None else groups[kept]
    if not len(raw):
        raise ValueError("no labelled decision has a confidence")
    if raw.min() < 0 or raw.max() > 1:
        raise ValueError("a raw confidence lies outside 0 to 1")
    if method is None:
        method = (
            "logistic" if mass.sum() < _FEWEST else _chosen(raw, right, mass, groups, folds, seed)
        )
    return _FITS[method](raw, right, mass)


def _chosen(
    raw: Floats, right: Floats, mass: Floats, groups: Ints | None, folds: int, seed: int
) -> Method:
    """The method of least cross-validated Brier score."""
    if groups is None:
        # Sorted first, so that the order of cases cannot show in which fold a case comes to.
        order = np.lexsort((mass, right, raw))
        raw, right, mass = raw[order], right[order], mass[order]
    elif len(np.unique(groups)) < 2:
        return "logistic"
    names = None if groups is None else [f"{number:09}" for number in groups]
    fold = assign_folds(right, folds=folds, seed=seed, groups=names)
    losses: dict[Method, float] = {}
    for method, fit in _FITS.items():
        told = np.empty(len(raw))
        for number in range(int(fold.max()) + 1):
            out = fold == number
            told[out] = fit(raw[~out], right[~out], mass[~out]).at(raw[out])
        losses[method] = float(mass @ (told - right) ** 2)
    best = min(losses.values())
    return next(method for method, loss in losses.items() if loss <= best * (1 + 1e-9))


def smoothed_share(hits: float, n: float, prior: float) -> Estimate:
    """A share drawn towards a prior by imagined labels; for what has no confidence to map.

    Examples:
        >>> smoothed_share(0, 3, 0.5).value
        0.2
    """
    if not 0 < prior < 1:
        return undefined("the prior must lie between 0 and 1")
    return Estimate((hits + IMAGINED * prior) / (n + IMAGINED), n=int(n))


def _grouped(raw: Floats, right: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct raw values, and at each the weight of right decisions and of all."""
    x, code = np.unique(raw, return_inverse=True)
    hits, mass = np.zeros(len(x)), np.zeros(len(x))
    np.add.at(hits, code, weight * right)
    np.add.at(mass, code, weight)
    return x, hits, mass
