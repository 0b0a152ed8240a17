"""Confidences compared and put into bands: what a hearing needs of selective evaluation.

Apart from `selective`, so that a panel without a cascade loads no statistics library.
"""

from __future__ import annotations

import numpy as np

from dikast.stats.ballot_table import Floats

SLACK = 1e-9
"""Confidences closer than this are one: sums of weights differ in their last digits."""


def band_floor(stated: Floats) -> Floats:
    """Stated confidences lowered to the floor of their band: 0, 0.2, 0.4, 0.6 or 0.8; NaN stays.

    Examples:
        >>> band_floor(np.array([0.85, 0.2, 1.0])).tolist()
        [0.8, 0.2, 0.8]
    """
    return np.minimum(np.floor(stated * 5 + SLACK), 4) / 5
