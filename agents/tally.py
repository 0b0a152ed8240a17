"""Counting: what a panel's standing votes amount to on one criterion."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dikast.registry import load
from dikast.rules import Decision, Vote
from dikast.types import Criterion, Dissent, IntegerScale, PanelSpec, Scale, Standing

_EXHAUSTIVE = 2_000
"""Most combinations of open votes that are tried one by one for the lock."""


class Tally(NamedTuple):
    """The count on one criterion."""

    decision: Decision
    confidence: float | None
    agreement: float | None
    consistent: float | None
    votes: int
    quorum: bool


def near(score: float, other: float, scale: Scale, tolerance: float) -> bool:
    """Whether two scores agree: equal labels, or numbers within a share of the scale."""
    if scale.labelled:
        return score == other
    return abs(scale.unit(score) - scale.unit(other)) <= tolerance + 1e-9


def dissents(
    criterion: Criterion,
    standing: Sequence[Standing],
    aim: float | None,
    tolerance: float,
    *,
    alike: Callable[[float, float, Scale, float], bool] = near,
) -> tuple[Dissent, ...]:
    """Votes on a criterion that do not agree with what was decided; if nothing was, every vote.

    Args:
        criterion: The criterion.
        standing: Votes on it.
        aim: The decision; None where there is none.
        tolerance: Share of the scale within which numbers agree.
        alike: Whether a vote agrees with the decision.
    """
    return tuple(
        Dissent(
            seat=vote.seat,
            criterion=criterion.id,
            score=vote.score,
            shown=criterion.scale.show(vote.score),
            rationale=vote.rationale,
        )
        for vote in standing
        if vote.score is not None
        and (aim is None or not alike(vote.score, aim, criterion.scale, tolerance))
    )


def disagree(votes: Sequence[Standing], scale: Scale, tolerance: float) -> bool:
    """Whether standing votes are contested: labels differ, or scores spread beyond tolerance."""
    scores = tuple(vote.score for vote in votes if vote.score is not None)
    if len(scores) < 2:
        return False
    return not near(max(scores), min(scores), scale, tolerance)


def agreement(scores: Sequence[float], scale: Scale) -> float | None:
    """1 minus the mean distance of all pairs of votes, as a share of the scale.

    Returns:
        A number from 0 to 1; None with fewer than two votes.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> agreement([1, 5], IntegerScale())
        0.0
    """
    if len(scores) < 2:
        return None
    units = sorted(scale.unit(score) for score in scores)
    distances = [b - a for a, b in itertools.combinations(units, 2)]
    return max(0.0, 1 - math.fsum(distances) / len(distances))


class Counter:
    """Counts a panel's votes by its rule.

    Args:
        spec: The panel; its rule is looked up once.

    Raises:
        ConfigError: There is no such rule.
    """

    def __init__(self, spec: PanelSpec) -> None:
        self._spec = spec
        self._rule: Callable[..., Decision] = load("rules", spec.rule.name)
        self._params: dict[str, Any] = dict(spec.rule.params)
        fitted = () if spec.calibration is None else spec.calibration.criteria
        self._weighed = frozenset(one.criterion for one in fitted if one.weights)
        self._weighted: Callable[..., Decision] = load("rules", "weighted")

    def decide(self, votes: Sequence[Vote], scale: Scale, criterion: str = "") -> Decision:
        """Apply the rule to votes in an order that tells nothing.

        It is the panel's rule; on a criterion with fitted weights it is `weighted`.
        """
        if criterion in self._weighed:
            return self._weighted(sorted(votes), scale)
        return self._rule(sorted(votes), scale, **self._params)

    def count(self, standing: Sequence[Standing], criterion: Criterion) -> Tally:
        """Count the standing votes on one criterion.

        Args:
            standing: One entry per seat, abstentions included.
            criterion: The criterion.

        Returns:
            The decision, whatever the quorum; the caller looks at `quorum` before using it.
            Confidence is the weighted share of votes within tolerance of the decision; of a tie,
            the largest share that any of the tied scores has.
        """
        cast = [vote for vote in standing if vote.score is not None]
        votes = [Vote(vote.score, vote.weight) for vote in cast if vote.score is not None]
        decision = self.decide(votes, criterion.scale, criterion.id)
        aims = decision.tied if decision.score is None else (decision.score,)
        shares = [self._share(votes, aim, criterion.scale) for aim in aims]
        orders = [vote.consistent for vote in cast if vote.consistent is not None]
        return Tally(
            decision=decision,
            confidence=max((share for share in shares if share is not None), default=None),
            agreement=agreement([vote.score for vote in votes], criterion.scale),
            consistent=sum(orders) / len(orders) if orders else None,
            votes=len(votes),
            quorum=len(votes) >= self._spec.quorum_needed,
        )

    def _share(self, votes: Sequence[Vote], aim: float, scale: Scale) -> float | None:
        mass = math.fsum(vote.weight for vote in votes)
        tolerance = self._spec.protocol.tolerance
        close = math.fsum(v.weight for v in votes if near(v.score, aim, scale, tolerance))
        return min(close / mass, 1.0) if mass > 0 else None

    def locked(
        self, standing: Sequence[Standing], open_weights: Sequence[float], criterion: Criterion
    ) -> bool:
        """Whether nothing that the open seats could vote would change the decision.

        Every combination of scores is tried where there are few; otherwise all open seats are
        moved together to each score, which is the worst case for the rules that dikast ships.

        Args:
            standing: Votes that stay as they are.
            open_weights: Weights of the seats that may still vote or change their vote.
            criterion: The criterion.

        Returns:
            True if the decision is the same throughout, and there is one. An open seat may also
            abstain, so a decision that needs its vote for the quorum is not locked.
        """
        if not open_weights:
            return True
        fixed = [Vote(vote.score, vote.weight) for vote in standing if vote.score is not None]
        if len(fixed) < self._spec.quorum_needed:
            return False
        decision = self.decide(fixed, criterion.scale, criterion.id)
        if decision.score is None:
            return False
        return all(
            self.decide([*fixed, *extra], criterion.scale, criterion.id) == decision
            for extra in _open_votes(fixed, open_weights, criterion.scale)
        )


def _points(scale: Scale, fixed: Sequence[Vote]) -> list[float]:
    """Scores worth trying: all of a short scale, else its ends and the votes already cast."""
    low, high = scale.bounds()
    if scale.labelled or (isinstance(scale, IntegerScale) and high - low <= 10):
        return [low + step for step in range(int(high - low) + 1)]
    return sorted({low, high, *(vote.score for vote in fixed)})


def _open_votes(fixed: Sequence[Vote], weights: Sequence[float], scale: Scale) -> list[list[Vote]]:
    points = _points(scale, fixed)
    if len(points) ** len(weights) <= _EXHAUSTIVE:
        combinations = itertools.product(points, repeat=len(weights))
        return [[Vote(s, w) for s, w in zip(c, weights, strict=True)] for c in combinations]
    return [[Vote(point, weight) for weight in weights] for point in points]
