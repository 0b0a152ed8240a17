"""What a judge's two presentation orders say about the judge, with labels and without.

Choices name candidates, never slots, as in `orders`. Folding says what a judge holds; the scorers
here say how good a judge is. A scorer may forgive what folding may not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from dikast.stats.estimate import Estimate, undefined
from dikast.stats.intervals import wilson
from dikast.stats.orders import STEPS, Choice, mirror


class Shown(NamedTuple):
    """One judge's two answers about one pair, and the label where there is one."""

    forward: Choice
    swapped: Choice
    label: Choice = "abstain"
    """What people chose; `abstain` where nobody was asked."""


# --- what the two orders say about a judge, without labels -------------------------------------


def order_consistency(pairs: Iterable[tuple[Choice, Choice]]) -> Estimate:
    """Share of pairs whose two orders gave the same choice; pairs with an abstention are nulls.

    Two unreadable replies do not count as agreement, as some published scripts have it.

    Examples:
        >>> order_consistency([("a", "a"), ("a", "b"), ("abstain", "abstain")]).value
        0.5
    """
    rows = list(pairs)
    kept = [(f, s) for f, s in rows if "abstain" not in (f, s)]
    return wilson(sum(f == s for f, s in kept), len(kept), nulls=len(rows) - len(kept))


def first_position_rate(pairs: Iterable[tuple[Choice, Choice]]) -> Estimate:
    """Share of decisive answers that chose the slot shown first; 0.5 is unbiased.

    Both orders count, so that the better candidate stands first as often as second.

    Returns:
        The share over ballots. `n` counts decisive ballots, `nulls` ties and abstentions. The
        interval treats ballots as independent; the two of a pair are not quite.

    Examples:
        >>> first_position_rate([("a", "b"), ("a", "b"), ("a", "a")]).value
        0.8333333333333334
    """
    slots = [slot for f, s in pairs for slot in (f, mirror(s))]
    first, second = slots.count("a"), slots.count("b")
    return wilson(first, first + second, nulls=len(slots) - first - second)


class OrderBias(NamedTuple):
    """How a judge's answers move with the presentation order."""

    consistency: Estimate
    prefer_first: Estimate
    """Share of pairs that moved toward the slot shown first; win to tie counts."""
    prefer_last: Estimate
    delta_bias: Estimate
    """|prefer_first − prefer_last|."""
    total_bias: Estimate
    """prefer_first + prefer_last."""


def order_bias(pairs: Iterable[tuple[Choice, Choice]]) -> OrderBias:
    """Bias rates of a judge over pairs judged in both orders.

    Examples:
        >>> bias = order_bias([("a", "a")] * 3 + [("a", "b"), ("a", "tie")])
        >>> bias.consistency.value, bias.prefer_first.value, bias.delta_bias.value
        (0.6, 0.4, 0.4)

    References:
        Zhu et al. (2023), "JudgeLM".
    """
    rows = list(pairs)
    shifts = [x - y for f, s in rows if (x := STEPS[f]) is not None and (y := STEPS[s]) is not None]
    n, nulls = len(shifts), len(rows) - len(shifts)
    first, last = sum(s > 0 for s in shifts), sum(s < 0 for s in shifts)
    return OrderBias(
        wilson(n - first - last, n, nulls=nulls),
        wilson(first, n, nulls=nulls),
        wilson(last, n, nulls=nulls),
        _plain(abs(first - last), n, nulls),
        wilson(first + last, n, nulls=nulls),
    )


def _plain(count: int, n: int, nulls: int) -> Estimate:
    if not n:
        return undefined("no pair was judged in both orders", nulls=nulls)
    return Estimate(count / n, n=n, nulls=nulls)


def repetition_stability(choices: Sequence[Choice]) -> Estimate:
    """Share of repeats of one order that equal the most frequent answer.

    Only instability above this level is position bias; the rest is sampling noise.

    Examples:
        >>> repetition_stability(["a", "a", "a", "b", "abstain"]).value
        0.75
    """
    kept = [choice for choice in choices if choice != "abstain"]
    if not kept:
        return undefined("every repeat abstained", nulls=len(choices))
    mode = max(Counter(kept).values())
    return wilson(mode, len(kept), nulls=len(choices) - len(kept))


def verdict_entropy(choices: Iterable[Choice]) -> Estimate:
    """Entropy of the answers over win, tie and loss, in nats: 0 to ln 3.

    High entropy over samples in both orders marks the pairs worth a person's time.

    Examples:
        >>> round(verdict_entropy(["a"] * 4 + ["tie", "b"]).value, 3)
        0.868

    References:
        Wang et al. (2023), "Large Language Models are not Fair Evaluators".
    """
    rows = list(choices)
    counts = Counter(choice for choice in rows if choice != "abstain")
    n = sum(counts.values())
    if not n:
        return undefined("every answer is an abstention", nulls=len(rows))
    entropy = -math.fsum(k / n * math.log(k / n) for k in sorted(counts.values()))
    return Estimate(max(entropy, 0.0), n=n, nulls=len(rows) - n)


# --- scoring a judge against labels ------------------------------------------------------------


def judgebench_outcome(row: Shown) -> Literal["correct", "incorrect", "tie"]:
    """One point up for each order equal to the label, one down for each opposite; then the sign.

    Ties and abstentions add nothing, so one abstention is forgiven. A fair coin is correct on a
    quarter of the pairs, a judge who always names the first slot on none.

    Raises:
        ValueError: The label is not a candidate.

    Examples:
        >>> judgebench_outcome(Shown("a", "abstain", "a")), judgebench_outcome(Shown("a", "b", "a"))
        ('correct', 'tie')
    """
    if row.label not in ("a", "b"):
        raise ValueError("judgebench scores only pairs with a winner as label")
    points = sum((c == row.label) - (c == mirror(row.label)) for c in (row.forward, row.swapped))
    return "correct" if points > 0 else "incorrect" if points < 0 else "tie"


def judgebench(rows: Iterable[Shown]) -> Estimate:
    """Share of pairs that `judgebench_outcome` calls correct, of all pairs with a winner as label.

    Returns:
        The share; `nulls` counts pairs without such a label, which are left out.

    References:
        Tan et al. (2024), "JudgeBench".
    """
    every = list(rows)
    kept = [row for row in every if row.label in ("a", "b")]
    right = sum(judgebench_outcome(row) == "correct" for row in kept)
    return wilson(right, len(kept), nulls=len(every) - len(kept))


def mmrb2(rows: Iterable[Shown]) -> Estimate:
    """Mean accuracy with the two orders kept as separate data points.

    A tie is right only against a label that is a tie. Abstentions are left out and counted.

    Returns:
        The share over ballots (`n` counts ballots). The interval treats them as independent.

    Examples:
        >>> mmrb2([Shown("a", "b", "a"), Shown("a", "a", "a")]).value
        0.75
    """
    every = [(choice, row.label) for row in rows for choice in (row.forward, row.swapped)]
    kept = [(choice, label) for choice, label in every if "abstain" not in (choice, label)]
    return wilson(sum(c == label for c, label in kept), len(kept), nulls=len(every) - len(kept))


def ballot_accuracy(rows: Iterable[Shown]) -> Estimate:
    """Share of right answers over both orders, where an abstention is a wrong answer.

    This is how LLMBar counts; `mmrb2` leaves abstentions out.
    """
    kept = [row for row in rows if row.label != "abstain"]
    right = sum(choice == row.label for row in kept for choice in (row.forward, row.swapped))
    return wilson(right, 2 * len(kept))


def consistent_accuracy(rows: Iterable[Shown]) -> Estimate:
    """Share of labelled pairs where both orders are right; chance is a quarter.

    An abstention is not right. `nulls` counts pairs without a label.
    """
    every = list(rows)
    kept = [row for row in every if row.label != "abstain"]
    right = sum(row.forward == row.swapped == row.label for row in kept)
    return wilson(right, len(kept), nulls=len(every) - len(kept))


class ContextualScores(NamedTuple):
    """A judge's figures in the manner of ContextualJudgeBench."""

    forward_accuracy: Estimate
    swapped_accuracy: Estimate
    consistency: Estimate
    """Abstentions are left out; the published script lets two failures agree."""
    consistent_accuracy: Estimate
    optimistic_accuracy: Estimate
    """Right in at least one order."""


def contextual_judge_bench(rows: Iterable[Shown]) -> ContextualScores:
    """Accuracy in either order, consistency, and accuracy in both orders and in at least one.

    References:
        Xu et al. (2025), "Does Context Matter? ContextualJudgeBench".
    """
    every = list(rows)
    kept = [row for row in every if row.label != "abstain"]
    n, nulls = len(kept), len(every) - len(kept)
    return ContextualScores(
        wilson(sum(row.forward == row.label for row in kept), n, nulls=nulls),
        wilson(sum(row.swapped == row.label for row in kept), n, nulls=nulls),
        order_consistency((row.forward, row.swapped) for row in every),
        consistent_accuracy(every),
        wilson(sum(row.label in (row.forward, row.swapped) for row in kept), n, nulls=nulls),
    )
