"""What a stage of a cascade holds on every case, and how confident it is.

A stage is one judge, or a small panel of several. Its confidence is a share of support for its
own decision, whatever the source, so one definition serves a single judge asked several times
("simulated annotators"), a judge that states its confidence, and a panel:

- `samples`: share of a seat's ballots (all samples, both presentation orders) that agree with
  the decision;
- `panel`: 1 if the seat's folded vote agrees, else 0;
- `stated`: what the agreeing ballots state of themselves, a disagreeing one counting 0;
- `bands`: the same, each stated confidence lowered to the floor of its band of 0.2;

then the weighted mean over the seats. A seat that abstains, or whose two presentation orders
contradict each other, supports nothing. A decision that nothing supports has no confidence at all,
so that no threshold, however low, lets it pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dikast.stats.ballot_table import BallotTable, Bools, Floats, Ints
from dikast.stats.certainty import band_floor
from dikast.stats.orders import Folding
from dikast.types import PreferenceScale, Scale
from dikast.types.cascades import Confidence

Decide = Callable[[Sequence[tuple[float, float]]], float | None]
"""From the votes of a stage, as scores and weights, to its decision; None for a tie."""


class StageVotes(NamedTuple):
    """One stage on every case of a table, on one criterion."""

    decision: Floats
    """On the criterion's scale; NaN without a majority of votes, and for a tied vote."""
    confidence: Floats
    """Above 0, up to 1; NaN without a decision, and where nothing supports it."""
    recorded: Bools
    """Whether every seat of the stage cast a ballot, abstentions included."""
    ballots: Ints
    """Ballots cast by the stage's seats."""


def agree(score: Floats, other: Floats, scale: Scale, tolerance: float) -> Bools:
    """Whether scores agree: the same candidate, equal labels, or numbers within tolerance.

    Args:
        score: Scores; NaN agrees with nothing.
        other: Scores, of the same shape or broadcast.
        scale: Their scale.
        tolerance: Share of the scale within which numbers agree.

    Examples:
        >>> from dikast.types import IntegerScale, PreferenceScale
        >>> agree(np.array([2.0, 0.0]), np.array(1.0), PreferenceScale(levels=5), 0.25).tolist()
        [True, False]
        >>> agree(np.array([4.0, 3.0]), np.array(5.0), IntegerScale(low=1, high=5), 0.25).tolist()
        [True, False]
    """
    with np.errstate(invalid="ignore"):
        if isinstance(scale, PreferenceScale):
            return np.asarray(np.sign(score) == np.sign(other))
        if scale.labelled:
            return np.asarray(score == other)
        low, high = scale.bounds()
        return np.asarray(np.abs(score - other) / (high - low) <= tolerance + 1e-9)


def agrees(score: float, other: float, scale: Scale, tolerance: float) -> bool:
    """`agree` of two scores."""
    return bool(agree(np.array(score), np.array(other), scale, tolerance))


def support(
    ballots: Sequence[tuple[float | None, float | None]],
    decision: float,
    scale: Scale,
    *,
    source: Confidence,
    tolerance: float,
) -> float:
    """How far one seat's ballots support a decision, 0 to 1; for all sources but `panel`.

    Args:
        ballots: Score and stated confidence of each, at least one; None where there is none.
        decision: On the scale.
        scale: The criterion's scale.
        source: `samples`, `stated` or `bands`.
        tolerance: Share of the scale within which numbers agree.

    Examples:
        >>> from dikast.types import YesNoScale
        >>> said = [(1.0, 0.9), (1.0, 0.7), (0.0, 1.0), (None, None)]
        >>> support(said, 1.0, YesNoScale(), source="samples", tolerance=0.25)
        0.5
        >>> support(said, 1.0, YesNoScale(), source="stated", tolerance=0.25)
        0.4
    """
    scores = np.array([np.nan if score is None else score for score, _ in ballots])
    stated = np.array([np.nan if told is None else told for _, told in ballots])
    for_it = agree(scores, np.array(decision), scale, tolerance).astype(float)
    return math.fsum((for_it * _worth(stated, source)).tolist()) / len(ballots)


def _worth(stated: Floats, source: Confidence) -> Floats:
    """What an agreeing ballot counts."""
    if source == "samples":
        return np.ones(len(stated))
    return np.nan_to_num(band_floor(stated) if source == "bands" else stated)


def stage_votes(
    table: BallotTable,
    criterion: str,
    seats: Sequence[str],
    *,
    source: Confidence,
    decide: Decide,
    weights: Mapping[str, float] | None = None,
    tolerance: float = 0.25,
    fold: Folding = "strict",
) -> StageVotes:
    """What a stage holds on each case.

    Args:
        table: Recorded ballots, private round only.
        criterion: On what.
        seats: Judges of the stage.
        source: Where its confidence comes from.
        decide: The rule; asked once for each distinct set of votes.
        weights: By seat; 1 where not told.
        tolerance: Share of the scale within which numbers agree.
        fold: How two presentation orders are folded.

    Raises:
        ValueError: There is no such criterion, or no ballot of a seat.
    """
    chosen = table.take_judges(seats)
    mass = np.array([(weights or {}).get(name, 1.0) for name in chosen.judges])
    votes, consistent = _folded(chosen.grid(criterion), fold)
    decision = _decided(votes, mass, decide)
    shares, cast = _support(chosen, criterion, decision, votes, source, tolerance)
    shares = np.where(consistent & ~np.isnan(votes), shares, 0.0)
    confidence = shares @ mass / mass.sum()
    confidence = np.where(np.isnan(decision) | (confidence <= 0), np.nan, confidence)
    recorded = np.asarray((cast > 0).all(axis=1))
    return StageVotes(decision, np.minimum(confidence, 1.0), recorded, cast.sum(axis=1))


def _folded(grid: Floats, fold: Folding) -> tuple[Floats, Bools]:
    """Votes `[case, judge]`, and whether the two orders did not contradict each other."""
    if grid.shape[2] == 1:
        return grid[:, :, 0], np.ones(grid.shape[:2], dtype=bool)
    forward, swapped = grid[:, :, 0], grid[:, :, 1]
    both = ~np.isnan(forward) & ~np.isnan(swapped)
    same = both & (np.sign(forward) == np.sign(swapped))
    if fold == "strict":
        smaller = np.where(np.abs(forward) <= np.abs(swapped), forward, swapped)
        return np.where(both, np.where(same, smaller, 0.0), np.nan), same
    one = np.where(np.isnan(forward), swapped, forward)
    total = forward + swapped
    size = np.where(total == 0, 0.0, np.maximum(1.0, np.abs(total) // 2))
    return np.where(both, np.sign(total) * size, one), same | ~both


def _decided(votes: Floats, mass: Floats, decide: Decide) -> Floats:
    """The rule's decision on each case; NaN unless more than half of the seats voted."""
    blank = np.where(np.isnan(votes), np.inf, votes)  # equal to itself, unlike NaN
    patterns, which = np.unique(blank, axis=0, return_inverse=True)
    made = np.full(len(patterns), np.nan)
    for row, pattern in enumerate(patterns):
        cast = [(float(v), float(m)) for v, m in zip(pattern, mass, strict=True) if v != np.inf]
        if 2 * len(cast) > len(pattern):
            score = decide(cast)
            made[row] = np.nan if score is None else score
    return np.asarray(made[which.reshape(-1)])


def _support(
    table: BallotTable,
    criterion: str,
    decision: Floats,
    votes: Floats,
    source: Confidence,
    tolerance: float,
) -> tuple[Floats, Ints]:
    """Support of each seat for the decision, and its ballots, both `[case, judge]`."""
    rows = np.flatnonzero(table.criterion == table.criteria.index(criterion))
    place = table.case[rows] * len(table.judges) + table.judge[rows]
    size = len(table.cases) * len(table.judges)
    cast = np.bincount(place, minlength=size)
    scale = table.scale(criterion)
    if source == "panel":
        return agree(votes, decision[:, None], scale, tolerance).astype(float), cast.reshape(
            votes.shape
        )
    for_it = agree(table.score[rows], decision[table.case[rows]], scale, tolerance).astype(float)
    worth = for_it * _worth(table.confidence[rows], source)
    total = np.bincount(place, weights=worth, minlength=size)
    share = np.asarray(total / np.maximum(cast, 1))
    return share.reshape(votes.shape), cast.reshape(votes.shape)
