"""Split conformal prediction: how far a score may lie from what people would have said.

The guarantee is marginal: over many cases like the labelled ones (exchangeable with them), the
interval around a new score holds the label at least as often as promised. It says nothing of one
chosen case, and it ends when cases or judges change.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from dikast.stats.estimate import Estimate, undefined

Floats = npt.NDArray[np.float64]


def fewest_labels(alpha: float) -> int:
    """How many labels an interval needs that may miss with probability `alpha`.

    Args:
        alpha: Above 0, below 1.

    Raises:
        ValueError: `alpha` is not between 0 and 1.

    Examples:
        >>> fewest_labels(0.1), fewest_labels(0.05)
        (9, 19)
    """
    if not 0 < alpha < 1:
        raise ValueError(f"`alpha` must lie between 0 and 1, got {alpha}")
    return math.ceil(1 / alpha - 1e-9) - 1


def residual_quantile(residuals: Floats, alpha: float = 0.1) -> Estimate:
    """The half-width `q` of a conformal interval: score ± q holds the label often enough.

    `q` is the ceil((n + 1)(1 − alpha))-th smallest of the n distances between label and score.
    The scores must come from a panel that has not seen these labels.

    Args:
        residuals: Distances |label − score| of the labelled cases; NaN where the panel gave no
            score.
        alpha: Largest share of intervals that may miss.

    Returns:
        The half-width, without an interval of its own; undefined with fewer than
        `fewest_labels(alpha)` labels.

    Examples:
        >>> residual_quantile(np.arange(9.0)).value
        8.0
        >>> residual_quantile(np.arange(8.0)).reason
        'a 90 % interval needs 9 labels'

    References:
        Vovk, Gammerman, Shafer (2005), "Algorithmic Learning in a Random World"; Lei et al.
        (2018), "Distribution-Free Predictive Inference for Regression".
    """
    needed = fewest_labels(alpha)
    kept = residuals[~np.isnan(residuals)]
    n, nulls = len(kept), len(residuals) - len(kept)
    if n < needed:
        why = f"a {100 * (1 - alpha):g} % interval needs {needed} labels"
        return undefined(why, n=n, nulls=nulls)
    if (kept < 0).any():
        raise ValueError("a distance cannot be negative")
    # without the small number, rounding could ask for the next larger residual
    rank = math.ceil((n + 1) * (1 - alpha) - 1e-9)
    return Estimate(float(np.sort(kept)[rank - 1]), n=n, nulls=nulls)
