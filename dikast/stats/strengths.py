"""What a ranking model returns, and the test of connectivity that comes before any fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from dikast.stats.estimate import Estimate
from dikast.stats.outcomes import Outcomes, connectivity
from dikast.stats.rankings import Ranking, no_ranking, rank_scores

FloatMatrix = npt.NDArray[np.float64]
FloatVector = npt.NDArray[np.float64]
VIRTUAL = 0.1
"""Virtual wins and losses of every candidate against an average one, where a prior is needed."""


@dataclass(frozen=True)
class Strengths:
    """Strengths fitted by one model. Never compare them between models: the scales differ."""

    model: str
    values: Mapping[str, float] | None
    """Log-strength by candidate, mean zero; None where `reason` says why."""
    reason: str = ""
    prior: float = 0.0
    """Virtual wins and losses of each candidate against an average one; 0 for none."""
    note: str = ""
    """What the reader should know, such as why there is a prior."""
    tie: float | None = None
    """The model's tie parameter: Davidson's ν or Rao and Kupper's κ; None without one."""
    lapse: float | None = None
    """Share of outcomes that the model takes for coin flips; None without one."""
    order_effects: Mapping[str, Estimate] = field(default_factory=dict)
    """By judge, log-odds for the slot shown first; empty if not modelled."""

    def ranking(self) -> Ranking:
        """Candidates by falling strength; equal strengths are tied."""
        if self.values is None:
            return no_ranking(self.reason, method=self.model)
        return rank_scores(self.values).noted(method=self.model, note=self.note)

    def better(self, a: str, b: str) -> float | None:
        """Chance that `a` is preferred to `b` where one of them is; None without strengths."""
        if self.values is None:
            return None
        return float(expit(self.values[a] - self.values[b]))


class Footing(NamedTuple):
    """Whether and with which prior a model can be fitted."""

    prior: float
    problem: str
    note: str


def footing(outcomes: Outcomes, prior: float | None) -> Footing:
    """Test connectivity before a fit.

    Args:
        outcomes: What was judged.
        prior: Virtual wins and losses of every candidate against an average one. None takes
            none where a finite estimate exists and `VIRTUAL` where it does not.

    Returns:
        The prior to use, a note that says so, and what forbids a fit: candidates that no
        outcome links cannot be placed on one line, whatever the prior.

    Raises:
        ValueError: The prior is negative.
    """
    if prior is not None and not 0 <= prior < np.inf:
        raise ValueError(f"`prior` must be finite and not negative, got {prior}")
    links = connectivity(outcomes)
    if links.problem:
        return Footing(0.0, links.problem, "")
    if links.strong or prior:
        return Footing(prior or 0.0, "", f"prior of {prior:g} virtual wins" if prior else "")
    why = "some candidates won or lost against all others, so that no finite estimate exists"
    if prior == 0:
        return Footing(0.0, f"{why}; allow a prior", "")
    return Footing(VIRTUAL, "", f"{why}; fitted with a prior of {VIRTUAL:g} virtual wins")


def centred(outcomes: Outcomes, theta: FloatVector) -> dict[str, float]:
    """Strengths by candidate, shifted to mean zero."""
    return dict(zip(outcomes.items, (theta - theta.mean()).tolist(), strict=True))


def newton_strengths(
    won: FloatMatrix, *, ridge: float, start: FloatVector | None = None, steps: int = 50
) -> FloatVector:
    """Most probable log-strengths under Bradley–Terry with a Gaussian prior.

    Args:
        won: `[i, j]`: weight with which i beat j; a tie is half a win each way.
        ridge: Precision of the prior, above 0, which keeps every estimate finite and unique.
        start: Where to start; zeros by default.
        steps: At most so many Newton steps.
    """
    theta = np.zeros(len(won)) if start is None else start.copy()
    total = won + won.T
    for _ in range(steps):
        chance = expit(theta[:, None] - theta[None, :])
        slope = won.sum(axis=1) - (total * chance).sum(axis=1) - ridge * theta
        move = np.linalg.solve(curvature(total, chance, ridge), slope)
        far = float(np.abs(move).max())
        theta += move * min(1.0, 4.0 / far) if far else 0.0
        if far < 1e-9:
            break
    return theta


def curvature(total: FloatMatrix, chance: FloatMatrix, ridge: float) -> FloatMatrix:
    """Negative second derivatives of the log-posterior of Bradley–Terry."""
    weight = total * chance * (1 - chance)
    return np.diag(weight.sum(axis=1) + ridge) - weight
