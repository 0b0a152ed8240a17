"""Agreement beyond chance between raters who put items into categories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

from dikast.stats.estimate import Estimate, undefined

Label = Hashable | None
"""A category; None where the rater gave none."""


def cohen(a: Sequence[Label], b: Sequence[Label]) -> Estimate:
    """Cohen's κ of two raters: (pₒ − pₑ) / (1 − pₑ), chance from each rater's own marginals.

    Args:
        a: One rater's labels.
        b: The other's, item by item.

    Returns:
        κ over items that both labelled; `nulls` counts the others. Undefined without items, or
        if both raters only ever used the same one label.

    Raises:
        ValueError: The raters saw different numbers of items.

    Examples:
        >>> table = 20 * ["xx"] + 5 * ["xy"] + 10 * ["yx"] + 15 * ["yy"]
        >>> round(cohen([r[0] for r in table], [r[1] for r in table]).value, 3)
        0.4

    References:
        Cohen (1960), "A coefficient of agreement for nominal scales".
    """
    rows = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    n, nulls = len(rows), len(a) - len(rows)
    if not n:
        return undefined("no item was labelled by both raters", nulls=nulls)
    left, right = Counter(x for x, _ in rows), Counter(y for _, y in rows)
    observed = sum(x == y for x, y in rows) / n
    chance = math.fsum(left[label] * right[label] for label in left) / n**2
    return _beyond_chance(observed, chance, n, nulls)


def fleiss(rows: Sequence[Sequence[Label]]) -> Estimate:
    """Fleiss' κ: several raters per item, chance from the pooled marginals.

    Args:
        rows: One per item, the labels of its raters in any order; who rated may differ from
            item to item, how many may not.

    Returns:
        κ over complete items; `nulls` counts items with a label missing. Undefined without
        items, with a single rater, or if all labels are the same.

    Raises:
        ValueError: Items differ in how many raters they have.

    Examples:
        >>> fleiss(["xx", "yy", "xy", "yx"]).value
        0.0

    References:
        Fleiss (1971), "Measuring nominal scale agreement among many raters".
    """
    if len({len(row) for row in rows}) > 1:
        raise ValueError("every item needs the same number of raters")
    kept = [row for row in rows if all(label is not None for label in row)]
    n, nulls = len(kept), len(rows) - len(kept)
    raters = len(kept[0]) if kept else 0
    if raters < 2:
        return undefined("no item was labelled by two raters or more", nulls=nulls)
    counts = [Counter(row) for row in kept]
    pairs = sum(k * (k - 1) for count in counts for k in count.values())
    observed = pairs / (n * raters * (raters - 1))
    pooled = Counter(label for row in kept for label in row)
    chance = math.fsum((k / (n * raters)) ** 2 for k in sorted(pooled.values()))
    return _beyond_chance(observed, chance, n, nulls)


def _beyond_chance(observed: float, chance: float, n: int, nulls: int) -> Estimate:
    if math.isclose(chance, 1.0):
        return undefined("all labels are the same", n=n, nulls=nulls)
    return Estimate((observed - chance) / (1 - chance), n=n, nulls=nulls)
