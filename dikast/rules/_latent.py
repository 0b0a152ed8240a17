"""What Dawid–Skene and one-coin share: from a table to symbols, and from a posterior to scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dikast.rules._fitting import Decisions, NotEnough
from dikast.rules._weighing import voted_on
from dikast.stats.ballot_table import BallotTable, Floats
from dikast.stats.latent_labels import Answers, Channel, answers, fit_channels, posterior
from dikast.stats.standing_votes import classes, codes, masses, plurality, standing
from dikast.types import PreferenceScale, Scale

LEAST_CASES = 10
"""Below so many cases without label, counts are mostly smoothing."""


@dataclass(frozen=True, kw_only=True)
class Latent:
    """Judges as noisy channels: what each answers for each true label, and how common those are."""

    channels: Mapping[str, Channel]
    """By criterion; judges in the order of `judges`."""
    judges: tuple[str, ...]
    why: str
    weights: None = None
    """More than a weighted vote."""

    def predict(self, table: BallotTable) -> Decisions:
        """The most probable label of every case, with its probability under the model."""
        score = np.full((len(table.cases), len(table.criteria)), np.nan)
        confidence = score.copy()
        known = [judge for judge in table.judges if judge in self.judges]
        part = table.take_judges(known)
        seats = [self.judges.index(judge) for judge in known]
        for at, criterion in enumerate(table.criteria):
            if criterion not in self.channels or not known:
                continue
            channel = self.channels[criterion]
            seen = Channel(channel.prior, channel.emission[seats], channel.rounds)
            share, heard = posterior(read(part, criterion), seen)
            picked = plurality(share, table.scales[at])
            picked[~heard] = np.nan
            score[:, at] = picked
            place = codes(picked, classes(table.scales[at]))
            best = np.take_along_axis(share, np.maximum(place, 0)[:, None], axis=1)[:, 0]
            confidence[:, at] = np.where(place >= 0, best, np.nan)
        return Decisions(score, confidence)


def read(table: BallotTable, criterion: str) -> Answers:
    """Ballots on a criterion as symbols."""
    known = classes(table.scale(criterion))
    return answers(
        codes(table.grid(criterion), known), len(known), paired=_mirrored(table, criterion)
    )


def _mirrored(table: BallotTable, criterion: str) -> bool:
    return table.pairs and isinstance(table.scale(criterion), PreferenceScale)


def fit_latent(table: BallotTable, *, one_coin: bool, smoothing: float, rounds: int) -> Latent:
    """Fit every criterion by EM, from the plain vote; labelled cases keep their label.

    Raises:
        NotEnough: Numbers in place of labels, too few judges or cases, or one answer throughout.
    """
    if smoothing < 0:
        raise NotEnough(f"`smoothing` must not be negative, got {smoothing}.")
    channels, labelled = {}, 0
    for criterion in voted_on(table):
        scale = table.scale(criterion)
        if not scale.labelled:
            raise NotEnough(
                f"`{criterion}` is scored in numbers, and this model knows labels only.",
                hint="Try `auto` or `log_odds`.",
            )
        given = read(table, criterion)
        known = _known(table, criterion, scale)
        labelled = max(labelled, int((~np.isnan(known[:, 0])).sum()))
        _check(given, known, criterion)
        channels[criterion] = fit_channels(
            given, _start(table, criterion, scale), known,
            one_coin=one_coin, smoothing=smoothing, rounds=rounds,
        )  # fmt: skip
    learned = f"{labelled} labels and " if labelled else ""
    return Latent(
        channels=channels,
        judges=table.judges,
        why=f"Accuracies were learned from {learned}how judges agree, as if they erred "
        "independently of each other; errors that most of them share are taken for the truth.",
    )


def _known(table: BallotTable, criterion: str, scale: Scale) -> Floats:
    labels = classes(scale)
    place = codes(table.labels(criterion), labels)
    return np.where((place >= 0)[:, None], np.eye(len(labels))[place], np.nan)


def _check(given: Answers, known: Floats, criterion: str) -> None:
    spoke = given.symbol >= 0
    labels = int((~np.isnan(known[:, 0])).sum())
    judges, cases = int(spoke.any(axis=0).sum()), int(spoke.any(axis=1).sum())
    if judges < 3 and not labels:
        raise NotEnough(
            f"`{criterion}` has {judges} judges; without labels the model needs at least 3, since "
            "two that differ do not tell which is better."
        )
    if cases < LEAST_CASES and labels < cases:
        raise NotEnough(f"`{criterion}` has {cases} cases; the model needs at least {LEAST_CASES}.")
    if not given.paired and len(np.unique(given.symbol[spoke])) == 1:
        raise NotEnough(f"every vote on `{criterion}` is the same, so that nothing can be learned.")


def _start(table: BallotTable, criterion: str, scale: Scale) -> Floats:
    """Shares of the folded votes; where nobody has a vote, all labels alike."""
    known = classes(scale)
    votes = standing(table, criterion).votes
    shares = masses(votes, np.ones(votes.shape[1]), known)
    total = shares.sum(axis=1, keepdims=True)
    return np.where(total > 0, shares / np.maximum(total, 1.0), 1 / len(known))
