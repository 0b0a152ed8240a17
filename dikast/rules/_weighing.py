"""What the fitted rules that end in a weighted vote share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dikast.rules._fitting import Decisions, NotEnough
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.standing_votes import (
    Standing,
    classes,
    codes,
    masses,
    plurality,
    standing,
    weighted_mean,
)
from dikast.types import Scale

ByJudge = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """A weighted vote: plurality on labels, weighted mean on numbers, as the rule `weighted`.

    Two orders of a pair are folded first (see `dikast.stats.standing_votes`).
    """

    weights: Mapping[str, ByJudge]
    """By criterion and judge, not negative."""
    why: str
    evidence: Mapping[str, ByJudge] | None = None
    """By criterion and judge, the log-odds that a vote adds to its label, for the confidence;
    None where the rule is no probability model."""

    def predict(self, table: BallotTable) -> Decisions:
        """Decide every case; criteria and judges that were not fitted have no say."""
        score = np.full((len(table.cases), len(table.criteria)), np.nan)
        confidence = score.copy()
        for at, criterion in enumerate(table.criteria):
            if criterion not in self.weights:
                continue
            scale, votes = table.scales[at], standing(table, criterion).votes
            weights = seated(self.weights[criterion], table)
            score[:, at] = decided(votes, weights, scale)
            if self.evidence is not None and scale.labelled:
                added = seated(self.evidence[criterion], table)
                confidence[:, at] = likelihood(votes, added, scale, score[:, at])
        return Decisions(score, confidence)


def seated(by_judge: ByJudge, table: BallotTable) -> Floats:
    """Figures in the order of a table's judges; 0 for a judge that is not known."""
    return np.array([by_judge.get(judge, 0.0) for judge in table.judges], dtype=float)


def decided(votes: Floats, weights: Floats, scale: Scale) -> Floats:
    """Scores of folded votes under weights, by case; NaN where there is none."""
    if scale.labelled:
        return plurality(masses(votes, weights, classes(scale)), scale)
    mean = weighted_mean(votes, weights)
    heard = np.where(weights > 0, votes, np.nan)
    low = np.min(np.where(np.isnan(heard), np.inf, heard), axis=1, initial=np.inf)
    high = np.max(np.where(np.isnan(heard), -np.inf, heard), axis=1, initial=-np.inf)
    return np.where(np.isnan(mean), np.nan, np.clip(mean, low, np.maximum(low, high)))


def likelihood(votes: Floats, evidence: Floats, scale: Scale, score: Floats) -> Floats:
    """Probability of the decided label if judges erred independently and evenly, by case."""
    known = classes(scale)
    added = np.where(evidence > 0, evidence + np.log(max(len(known) - 1, 1)), 0.0)
    logs = masses(votes, added, known)
    share = np.exp(logs - logs.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    at = codes(score, known)
    return np.where(at >= 0, np.take_along_axis(share, at[:, None], axis=1)[:, 0], np.nan)


def by_criterion(
    table: BallotTable, weigh: Callable[[str, Scale, Standing], Floats]
) -> dict[str, dict[str, float]]:
    """Weights of every judge on every criterion that anybody voted on.

    Args:
        table: Ballots.
        weigh: From a criterion, its scale and the folded votes to weights by judge.

    Raises:
        NotEnough: Nobody voted at all, or on a criterion every weight is 0.
    """
    found: dict[str, dict[str, float]] = {}
    for criterion in voted_on(table):
        weights = weigh(criterion, table.scale(criterion), standing(table, criterion))
        if not (weights > 0).any():
            raise NotEnough(
                f"on `{criterion}` no judge is better than chance as far as can be told.",
                hint="Use `majority`, or more labels.",
            )
        found[criterion] = named(weights, table)
    return found


def voted_on(table: BallotTable) -> list[str]:
    """Criteria with at least one score.

    Raises:
        NotEnough: There is none.
    """
    seen = np.unique(table.criterion[~np.isnan(table.score)])
    if not len(seen):
        raise NotEnough("no ballot has a score, so that nothing can be learned of the judges.")
    return [table.criteria[at] for at in seen]


def named(figures: Floats, table: BallotTable) -> dict[str, float]:
    """Figures by judge."""
    return dict(zip(table.judges, (float(figure) for figure in figures), strict=True))


def needs_labels(table: BallotTable, criterion: str, votes: Floats) -> Floats:
    """Labels of a criterion where at least one judge voted; NaN elsewhere.

    Raises:
        NotEnough: There is none, or all of them are one label of several that single responses
            may have: a judge that always says so would look perfect.
    """
    voted = (~np.isnan(votes)).any(axis=1)
    labels = np.where(voted, table.labels(criterion), np.nan)
    known = labels[~np.isnan(labels)]
    if not len(known):
        raise NotEnough(
            f"no case with a ballot has a label on `{criterion}`.", hint="Give --labels FILE."
        )
    if not table.pairs and len(np.unique(known)) == 1:
        shown = table.scale(criterion).show(float(known[0]))
        raise NotEnough(
            f"every label on `{criterion}` is {shown}: a judge that always says so would look "
            "perfect.",
            hint="Label cases of another kind too.",
        )
    return labels


def listed(names: list[str], most: int = 4) -> str:
    """Names in backticks for a sentence, the rest counted."""
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
