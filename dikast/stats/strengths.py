"""What a ranking model returns, and the test of connectivity that comes before any fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

FLAT = 1e-8
"""Second derivatives below this mean that the minimum lies at infinity."""


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
        return Footing(prior or 0.0, "", _prior(prior) if prior else "")
    why = "some candidates won or lost against all others, so that no finite estimate exists"
    if prior == 0:
        return Footing(0.0, f"{why}; allow a prior", "")
    return Footing(VIRTUAL, "", f"{why}; fitted with {_prior(VIRTUAL)}")


def _prior(size: float) -> str:
    return f"a prior of {size:g} virtual wins and losses"


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


def pin(bend: FloatMatrix, n: int) -> None:
    """Make second derivatives regular that equal shifts of the first `n` parameters leave flat.

    The gradient has no part in that direction, so no Newton step changes by it.
    """
    bend[:n, :n] += max(float(np.diag(bend)[:n].mean()), 1e-9) / n


def newton_minimum(
    loss: Callable[[FloatVector], tuple[float, FloatVector, FloatMatrix]],
    start: FloatVector,
    *,
    steps: int = 200,
) -> FloatVector | None:
    """Minimum of a convex function by damped Newton steps.

    Args:
        loss: Value (infinite outside the domain), gradient and second derivatives.
        start: Where to start, inside the domain.
        steps: At most so many.

    Returns:
        Where the minimum is; None if it lies at infinity: then the function grows ever flatter
        in some direction.
    """
    x = start.copy()
    value, slope, bend = loss(x)
    for _ in range(steps):
        try:
            move = np.linalg.solve(bend, -slope)
        except np.linalg.LinAlgError:
            return None
        gain = -float(slope @ move) / 2  # what the step should gain, to second order
        far = float(np.abs(move).max())
        size = min(1.0, 4.0 / far) if far else 1.0
        if gain <= 1e-10 * max(1.0, abs(value)):
            # Newton converges quadratically: this step is the last that counts.
            return x + size * move if np.linalg.eigvalsh(bend)[0] > FLAT else None
        ahead = loss(x + size * move)
        while ahead[0] > value and size * far > 1e-12:
            size /= 2
            ahead = loss(x + size * move)
        x = x + size * move
        value, slope, bend = ahead
    return None


def solve_finite(
    ground: Footing, prior: float | None, solve: Callable[[float], FloatVector | None]
) -> tuple[Footing, FloatVector | None]:
    """Solve, and once more with a prior if there turns out to be no finite estimate.

    With ties strong connectivity is not enough: a tie parameter that grows without bound can
    carry some strengths with it.

    Args:
        ground: What `footing` found.
        prior: What the caller asked for; None leaves the choice.
        solve: From prior to parameters, None where they diverge.

    Returns:
        The footing that was used, with its problem if nothing helped, and the parameters.
    """
    x = solve(ground.prior)
    if x is None and prior is None and not ground.prior:
        ground = Footing(VIRTUAL, "", f"no finite estimate; fitted with {_prior(VIRTUAL)}")
        x = solve(VIRTUAL)
    return (ground if x is not None else Footing(0.0, "no finite estimate; allow a prior", "")), x


def curvature(total: FloatMatrix, chance: FloatMatrix, ridge: float) -> FloatMatrix:
    """Negative second derivatives of the log-posterior of Bradley–Terry."""
    weight = total * chance * (1 - chance)
    return np.diag(weight.sum(axis=1) + ridge) - weight
