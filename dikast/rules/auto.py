"""Chooses by what the ballots hold (labels, both orders, how many cases) and says why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from dikast.rules import dawid_skene, order_consistency, peer_rank, select_one
from dikast.rules._fitting import Decisions, FittedRule, NotEnough
from dikast.rules._latent import read
from dikast.rules._weighing import Weighted, decided, listed, named, seated, voted_on
from dikast.stats.ballot_table import BallotTable, Floats, Ints
from dikast.stats.panel_checks import corroborated, gain_of_weighing, shared_errors
from dikast.stats.reliability import (
    CAP,
    agreement,
    label_accuracy,
    loadings,
    odds,
    pair_correlations,
    standardised,
)
from dikast.stats.shrunk_weights import (
    Coded,
    Loss,
    coded,
    held_out_gain,
    moments_of,
    shrunk_weights,
)
from dikast.stats.standing_votes import classes, standing
from dikast.types import Scale

FEW_LABELS = 10
"""With fewer labels than this, they are not looked at."""
FEW_CASES = 20
"""With fewer cases than this, every judge counts alike."""
LATENT_CASES = 50
"""From here on a model of independent errors is tried."""
DEPENDENT = (0.03, 1.5)
"""Agreement beyond such a model, and in standard errors, from which on it is not believed."""
TELLING = 0.5
"""Correlation of errors from which on seats are named as erring together."""


class Choice(NamedTuple):
    """What was chosen on one criterion."""

    rule: FittedRule
    why: str
    weights: Floats
    """By judge: the rule's weights, or ones that come near it."""


class _Ground(NamedTuple):
    """One criterion of a table, and what a rule would be chosen by."""

    table: BallotTable
    criterion: str
    scale: Scale
    votes: Floats
    voted: Floats
    """By judge, 1 if it has a vote."""
    cases: int


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One rule per criterion."""

    rules: dict[str, FittedRule]
    why: str

    @property
    def weights(self) -> dict[str, dict[str, float]] | None:
        """Weights where every criterion is decided by a weighted vote; else None."""
        found: dict[str, dict[str, float]] = {}
        for criterion, rule in self.rules.items():
            if rule.weights is None:
                return None
            found[criterion] = dict(rule.weights[criterion])
        return found

    def predict(self, table: BallotTable) -> Decisions:
        """Decide every case, each criterion by its rule."""
        score = np.full((len(table.cases), len(table.criteria)), np.nan)
        confidence = score.copy()
        for at, criterion in enumerate(table.criteria):
            if criterion in self.rules:
                made = self.rules[criterion].predict(table)
                score[:, at], confidence[:, at] = made.score[:, at], made.confidence[:, at]
        return Decisions(score, confidence)


@dataclass(frozen=True, kw_only=True)
class Learned(Weighted):
    """A weighted vote whose weights also predict a label of two."""

    slopes: dict[str, dict[str, float]]

    def predict(self, table: BallotTable) -> Decisions:
        """Decide; the confidence is half-way up from 1/2 to the predicted mean of the label."""
        made = super().predict(table)
        for at, criterion in enumerate(table.criteria):
            scale = table.scales[at]
            if criterion not in self.slopes or not scale.labelled or len(classes(scale)) != 2:
                continue
            votes = standing(table, criterion).votes
            empty = np.full(len(votes), np.nan)
            told = coded(votes, empty, scale).votes @ seated(self.slopes[criterion], table)
            sure = np.clip((1 + np.abs(told)) / 2, 0.5, 0.99)
            made.confidence[:, at] = np.where(np.isnan(made.score[:, at]), np.nan, sure)
        return made


def fit(table: BallotTable) -> Chosen:
    """Choose and fit a rule for every criterion; `why` says which and on what ground.

    Without labels: peer rank where the judges are the contestants; for pairs in both orders the
    most consistent judge alone, or weights by consistency where the others are estimated to add
    to it; for numbers weights by what the judges have in common; for labels Dawid–Skene where the
    judges' errors look independent, else a plain vote. With at least ten labels those weights are
    moved as far as the labels contradict them, and kept if that decides labels better that it was
    not shown.

    Raises:
        NotEnough: No ballot has a score.
    """
    rules, why = {}, []
    for criterion in voted_on(table):
        ground = _ground(table, criterion)
        chosen = without_labels(ground)
        labels = np.where((~np.isnan(ground.votes)).any(axis=1), table.labels(criterion), np.nan)
        if int((~np.isnan(labels)).sum()) >= FEW_LABELS and ground.voted.sum() > 1:
            chosen = with_labels(ground, labels, sure_by_labels(ground, labels, chosen))
            chosen = chosen._replace(why=chosen.why + erring_together(ground, labels))
        rules[criterion] = chosen.rule
        why.append(f"{criterion}: {chosen.why}")
    return Chosen(rules=rules, why=" ".join(why))


def _ground(table: BallotTable, criterion: str) -> _Ground:
    votes = standing(table, criterion).votes
    voted = (~np.isnan(table.grid(criterion))).any(axis=(0, 2)).astype(float)
    cases = int((~np.isnan(table.grid(criterion))).any(axis=(1, 2)).sum())
    return _Ground(table, criterion, table.scale(criterion), votes, voted, cases)


def _vote(ground: _Ground, weights: Floats, why: str) -> Choice:
    model = Weighted(weights={ground.criterion: named(weights, ground.table)}, why=why)
    return Choice(model, why, weights)


def _only(ground: _Ground) -> BallotTable:
    """The ballots without labels, so that nothing can read them."""
    return ground.table.with_truth(np.full_like(ground.table.truth, np.nan))


# --- without labels ----------------------------------------------------------------------------


def without_labels(ground: _Ground) -> Choice:
    """The rule for a criterion by its ballots alone."""
    if ground.voted.sum() == 1:
        return _vote(ground, ground.voted, "there is one judge, and it decides.")
    if peer_rank.are_peers(ground.table):
        try:
            model = peer_rank.fit(_only(ground))
        except NotEnough:
            pass
        else:
            return Choice(model, model.why, seated(model.weights[ground.criterion], ground.table))
    if ground.cases < FEW_CASES:
        return _vote(ground, ground.voted, f"with {ground.cases} cases every judge counts alike.")
    if ground.scale.labelled:
        return _of_orders(ground) or _of_labels(ground)
    return _of_numbers(ground)


def _of_orders(ground: _Ground) -> Choice | None:
    """One judge, or weights by consistency, where pairs were judged in both orders."""
    stand = standing(ground.table, ground.criterion)
    if int(stand.both.any(axis=1).sum()) < FEW_CASES:
        return None
    backed = corroborated(stand.votes)
    names = [judge for judge, sure in zip(ground.table.judges, backed, strict=True) if sure]
    gain = gain_of_weighing(
        stand.votes[:, backed], stand.contrary[:, backed], stand.both[:, backed]
    )
    if gain is None:
        return None
    only = _only(ground).take_judges(names)
    if gain.share > gain.error:
        try:
            model = order_consistency.fit(only)
        except NotEnough:
            return None
        return Choice(
            model,
            f"weights by order consistency; beyond the most consistent judge, "
            f"`{names[gain.judge]}`, the others are estimated to add "
            f"{100 * gain.share:.1f} points of accuracy.",
            seated(model.weights[ground.criterion], ground.table),
        )
    model = select_one.fit(only)
    weights = seated(model.weights[ground.criterion], ground.table)
    chosen = [ground.table.judges[at] for at in np.flatnonzero(weights > 0)]
    return Choice(
        model,
        f"{' and '.join(f'`{name}`' for name in chosen)} alone, whose choices best survive "
        "exchanging the candidates; the others contradict it more often than they would if "
        "outvoting it gained anything.",
        weights,
    )


def _of_labels(ground: _Ground) -> Choice:
    """Dawid–Skene where errors look independent, else everybody alike."""
    plain = ground.voted
    if ground.voted.sum() < 3 or ground.cases < LATENT_CASES:
        return _vote(
            ground,
            plain,
            "a plain vote; without labels or both orders, so few judges or cases do not tell who "
            "is better.",
        )
    try:
        model = dawid_skene.fit(_only(ground))
    except NotEnough:
        return _vote(ground, plain, "a plain vote; every vote is the same.")
    found = shared_errors(read(ground.table, ground.criterion), model.channels[ground.criterion])
    if found.size > DEPENDENT[0] and found.surprise > DEPENDENT[1]:
        return _vote(
            ground,
            plain,
            "a plain vote; judges agree with each other beyond what independent errors explain, "
            "and without labels their shared errors cannot be told from the truth.",
        )
    made = model.predict(ground.table).score[:, ground.table.criteria.index(ground.criterion)]
    return Choice(
        model,
        "Dawid–Skene; the judges' errors look independent, so that how they agree tells how far "
        "each can be trusted.",
        odds(agreement(ground.votes, made)) * ground.voted,
    )


def _of_numbers(ground: _Ground) -> Choice:
    """Weights by what each judge has in common with the others."""
    if ground.voted.sum() < 3:
        return _vote(ground, ground.voted, "the plain mean; two judges do not tell who is better.")
    loading = loadings(ground.votes)
    spread = standardised(ground.votes)[1]
    weights = np.where(spread > 0, loading / (1 - loading**2) / np.where(spread > 0, spread, 1), 0)
    if not (weights > 0).any():
        return _vote(ground, ground.voted, "the plain mean; the judges have nothing in common.")
    lead = ground.table.judges[int(np.argmax(loading))]
    return _vote(
        ground,
        weights,
        "weights by what each judge has in common with the others and by how finely it uses the "
        f"scale, `{lead}` leading; what many get wrong together is not found out.",
    )


# --- with labels -------------------------------------------------------------------------------


def with_labels(ground: _Ground, labels: Floats, start: Choice) -> Choice:
    """The rule without labels, or weights that the labels moved away from it."""
    code = coded(ground.votes, labels, ground.scale)
    known = labels[~np.isnan(labels)]
    default = start.weights * code.spread
    if not ground.table.pairs and len(np.unique(known)) == 1:
        return start._replace(why=f"{start.why} The {len(known)} labels are all one and ignored.")
    if not (default > 0).any():
        return start
    moments = moments_of(code.votes)
    learned = shrunk_weights(code.votes, code.labels, default, moments)
    if learned.moved <= 0 or not (learned.weights > 0).any():
        return start._replace(why=f"{start.why} The {len(known)} labels do not contradict that.")
    loss = _loss(ground, labels, code)
    before = _before(ground, labels, start, loss, default)
    if held_out_gain(code.votes, code.labels, default, moments, loss, before) <= 1e-12:
        return start._replace(
            why=f"{start.why} Weights moved by the {len(known)} labels do no better on labels "
            "that they were not shown."
        )
    weights = _per_unit(learned.weights, code.spread)
    heavy = [ground.table.judges[at] for at in np.argsort(-weights, kind="stable")[:3]]
    why = (
        f"weights that {len(known)} labels moved by {learned.moved:.0%} away from what the ballots "
        f"alone tell, and that decide labels not seen better; heaviest: "
        f"{listed([name for name in heavy if named(weights, ground.table)[name] > 0])}."
    )
    model = Learned(
        weights={ground.criterion: named(weights, ground.table)},
        why=why,
        slopes={ground.criterion: named(learned.weights, ground.table)},
    )
    return Choice(model, why, weights)


def sure_by_labels(ground: _Ground, labels: Floats, start: Choice) -> Choice:
    """One judge alone is as sure as labels say; its two orders only bound how good it is.

    On LLMBar the steadiest judge's orders claim 0.97, and of its choices 0.88 are right.
    """
    rule, heard = start.rule, np.flatnonzero(start.weights > 0)
    if not isinstance(rule, Weighted) or rule.evidence is None or len(heard) != 1:
        return start
    added = odds(label_accuracy(ground.votes, labels), low=0.0, high=CAP)
    alone = np.where(start.weights > 0, added, 0.0)
    evidence = {ground.criterion: named(alone, ground.table)}
    return start._replace(rule=replace(rule, evidence=evidence))


def _per_unit(weights: Floats, spread: Floats) -> Floats:
    """Weights for votes on the scale from weights for coded votes."""
    return np.asarray(np.where(spread > 0, weights / np.where(spread > 0, spread, 1.0), 0.0))


def _loss(ground: _Ground, labels: Floats, code: Coded) -> Loss:
    """Wrong decisions; on numbers the squared error, in units of the labels' spread."""
    known = ~np.isnan(labels)

    def wrong(weights: Floats, at: Ints) -> Floats:
        made = decided(ground.votes[at], _per_unit(weights, code.spread), ground.scale)
        return _wrong(made, labels[at], ground.scale)

    def far(weights: Floats, at: Ints) -> Floats:
        told = code.votes @ weights
        power = float(told[known] @ told[known])
        slope = float(told[known] @ code.labels[known]) / power if power > 0 else 0.0
        return np.asarray((code.labels[at] - slope * told[at]) ** 2)

    return wrong if ground.scale.labelled else far


def _wrong(made: Floats, labels: Floats, scale: Scale) -> Floats:
    undecided = 0.5 if len(classes(scale)) == 2 else 1.0
    return np.asarray(np.where(np.isnan(made), undecided, made != labels))


def _before(ground: _Ground, labels: Floats, start: Choice, loss: Loss, default: Floats) -> Floats:
    """What the rule without labels loses, by case."""
    if not ground.scale.labelled:
        return loss(default, np.arange(len(labels)))
    at = ground.table.criteria.index(ground.criterion)
    return _wrong(start.rule.predict(ground.table).score[:, at], labels, ground.scale)


def erring_together(ground: _Ground, labels: Floats) -> str:
    """A sentence on the two seats whose errors go together most, if they do so much; else empty."""
    known = ~np.isnan(labels)
    if not ground.scale.labelled or int(known.sum()) < FEW_CASES:
        return ""
    errors = np.where(np.isnan(ground.votes), np.nan, ground.votes != labels[:, None])[known]
    together = np.triu(pair_correlations(errors), 1)
    one, other = np.unravel_index(int(together.argmax()), together.shape)
    if together[one, other] < TELLING:
        return ""
    names = ground.table.judges
    return (
        f" `{names[one]}` and `{names[other]}` err together (correlation "
        f"{together[one, other]:.2f}) and are worth less than two seats."
    )
