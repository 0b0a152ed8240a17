"""Two presentation orders of one pair, folded into what the judge holds.

Every choice here names a candidate (`a` or `b`), never a slot: the caller has undone the swap.
`forward` is the choice made with `a` shown first, `swapped` the one made with `b` shown first.
How good a judge is by its two orders is the matter of `order_scores`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Choice = Literal["a", "b", "tie", "abstain"]
"""A judge's answer about a pair; an abstention is an answer that could not be had."""
Folding = Literal["strict", "lenient"]

STEPS: dict[Choice, int | None] = {"a": 1, "tie": 0, "b": -1, "abstain": None}
"""A choice as a signed step, positive for `a`."""


class Folded(NamedTuple):
    """What one judge holds about a pair, after both presentation orders."""

    choice: Choice
    consistent: bool | None
    """Whether both orders agreed; None if either abstained: two failures agree on nothing."""


class FoldedStep(NamedTuple):
    """What one judge holds about a pair on a signed scale, after both presentation orders."""

    step: int | None
    """Signed steps, positive for `a`; None for an abstention."""
    consistent: bool | None
    """Whether both orders chose the same candidate; None if either abstained."""


def choice_of(step: float | None) -> Choice:
    """The candidate that a signed step favours; None abstains.

    Examples:
        >>> choice_of(-2), choice_of(0), choice_of(None)
        ('b', 'tie', 'abstain')
    """
    if step is None:
        return "abstain"
    return "a" if step > 0 else "b" if step < 0 else "tie"


def mirror(choice: Choice) -> Choice:
    """The same choice with the candidates' names exchanged."""
    swap: dict[Choice, Choice] = {"a": "b", "b": "a"}
    return swap.get(choice, choice)


def fold_orders(forward: Choice, swapped: Choice, how: Folding = "strict") -> Folded:
    """Merge one judge's two presentation orders of a pair.

    `strict`: a preference counts only if it survives the swap. Any other disagreement is
    evidence about the judge, not about the candidates, so it folds to a tie; an abstention in
    either order abstains, since half a comparison is no comparison. `lenient`: the sign of the
    sum, so a win and a tie make a win, and one abstention is forgiven.

    Args:
        forward: Choice made with candidate `a` shown first.
        swapped: Choice made with candidate `b` shown first.
        how: `strict` or `lenient`.

    Returns:
        The folded choice, and whether both orders agreed.

    Examples:
        >>> fold_orders("a", "a")
        Folded(choice='a', consistent=True)

        A judge who always prefers the first slot has no preference:

        >>> fold_orders("a", "b")
        Folded(choice='tie', consistent=False)
        >>> fold_orders("a", "abstain"), fold_orders("a", "abstain", "lenient")
        (Folded(choice='abstain', consistent=None), Folded(choice='a', consistent=None))

    References:
        Zheng et al. (2023), "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena".
    """
    step, consistent = fold_steps(STEPS[forward], STEPS[swapped], how)
    return Folded(choice_of(step), consistent)


def fold_steps(forward: int | None, swapped: int | None, how: Folding = "strict") -> FoldedStep:
    """Merge one judge's two presentation orders on a scale of three, five or more levels.

    `strict` keeps what both orders support: of "much better" and "better" that is "better".
    `lenient` takes the sign of the sum, and as its strength the mean, rounded toward the tie
    but never into it. With three levels both are `fold_orders`.

    Args:
        forward: Signed steps (positive for `a`) with `a` shown first; None if abstained.
        swapped: The same with `b` shown first, the swap undone.
        how: `strict` or `lenient`.

    Examples:
        >>> fold_steps(2, 1), fold_steps(2, 0)
        (FoldedStep(step=1, consistent=True), FoldedStep(step=0, consistent=False))
        >>> fold_steps(2, -1, "lenient"), fold_steps(2, None, "lenient")
        (FoldedStep(step=1, consistent=False), FoldedStep(step=2, consistent=None))
    """
    if how not in ("strict", "lenient"):
        raise ValueError(f"`how` must be `strict` or `lenient`, got {how!r}")
    given = [step for step in (forward, swapped) if step is not None]
    if len(given) < 2 and (how == "strict" or not given):
        return FoldedStep(None, None)
    consistent = choice_of(given[0]) == choice_of(given[1]) if len(given) == 2 else None
    if how == "strict":
        return FoldedStep(min(given, key=abs) if consistent else 0, consistent)
    total = sum(given)
    size = max(1, abs(total) // len(given)) if total else 0
    return FoldedStep(size if total > 0 else -size, consistent)
