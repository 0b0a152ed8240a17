"""Every way to make a ranking of outcomes, by name: what `--model` of a command takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dikast.registry import unknown
from dikast.stats.bradley_terry import fit_bradley_terry
from dikast.stats.davidson import fit_davidson
from dikast.stats.lapse import fit_lapse
from dikast.stats.outcomes import Outcomes, cyclic_components
from dikast.stats.rankings import Ranking
from dikast.stats.rao_kupper import fit_rao_kupper
from dikast.stats.strengths import Strengths
from dikast.stats.voting import rank_borda, rank_copeland, rank_kemeny, rank_ranked_pairs

FITS: Mapping[str, Callable[[Outcomes], Strengths]] = {
    "bradley_terry": fit_bradley_terry,
    "davidson": fit_davidson,
    "rao_kupper": fit_rao_kupper,
    "lapse": fit_lapse,
}
"""Models with strengths."""

VOTES: Mapping[str, Callable[[Outcomes], Ranking]] = {
    "borda": rank_borda,
    "copeland": rank_copeland,
    "kemeny": rank_kemeny,
    "ranked_pairs": rank_ranked_pairs,
}
"""Voting rules."""


def fit(outcomes: Outcomes, model: str = "davidson") -> Strengths:
    """Strengths under a model of `FITS`.

    Raises:
        ConfigError: There is no such model.
    """
    if model not in FITS:
        raise unknown("ranking model", model, tuple(FITS))
    return FITS[model](outcomes)


def rank(outcomes: Outcomes, model: str = "davidson") -> Ranking:
    """A ranking under a model of `FITS` or a rule of `VOTES`, with `cyclic` told.

    Raises:
        ConfigError: There is no such model or rule.

    Examples:
        >>> from dikast.stats.outcomes import tally_rankings
        >>> rank(tally_rankings(["xyz", "yxz", "xyz"]), "copeland").groups
        (('x',), ('y',), ('z',))
    """
    if model in VOTES:
        return VOTES[model](outcomes)
    if model in FITS:
        cyclic = bool(cyclic_components(outcomes))
        return fit(outcomes, model).ranking().noted(cyclic=cyclic)
    raise unknown("ranking model", model, (*FITS, *VOTES))
