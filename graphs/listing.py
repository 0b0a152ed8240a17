"""Listwise ranking: every judge orders all candidates, shown in several orders, averaged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import cast

from dikast.agents.asking import all_of
from dikast.agents.contract import Judge
from dikast.agents.listwise_judge import Listing, ListJudge, ListwiseJudge
from dikast.errors import ConfigError
from dikast.stats.listwise import average_rankings, presentation_orders
from dikast.types import Case, Gateway, PairOutcome, PanelSpec, Preferred, Reason

NAME = "listwise"


def list_judges(spec: PanelSpec, judges: Mapping[str, Judge] | None = None) -> dict[str, ListJudge]:
    """Who orders lists, by seat.

    Raises:
        ConfigError: A seat's judge cannot: rule-backed judges compare pairs only.
    """
    given = judges or {}
    found: dict[str, ListJudge] = {}
    for seat in spec.judges:
        own = given.get(seat.name)
        if own is not None and hasattr(own, "arrange"):
            found[seat.name] = cast("ListJudge", own)
        elif own is None and seat.embedded is None:
            found[seat.name] = ListwiseJudge(seat, reasks=spec.protocol.reasks)
        else:
            raise ConfigError(
                f"judge `{seat.name}` cannot rank a list in one call.",
                hint="Use another schedule, or judges that are models.",
            )
    return found


async def list_all(
    judges: Mapping[str, ListJudge],
    case: Case,
    spec: PanelSpec,
    *,
    lists: int,
    seed: int,
    keys: Mapping[str, str],
    gateway: Gateway | None,
) -> dict[str, list[Listing]]:
    """Every judge's listings, all judges over the same showings.

    Args:
        judges: By seat.
        case: The case.
        spec: Its panel.
        lists: Showings per judge.
        seed: Of the showings.
        keys: What the showings are derived from by candidate, such as digests of the texts, so
            that names decide nothing.
        gateway: The way to models.
    """
    by_key = {key: name for name, key in keys.items()}
    showings = [
        [by_key[key] for key in order]
        for order in presentation_orders(sorted(by_key), lists, seed=seed)
    ]
    names = sorted(judges)
    found = await all_of(
        judges[seat].arrange(case, shown, spec.rubric.criteria, sample=number, gateway=gateway)
        for seat in names
        for number, shown in enumerate(showings)
    )
    return {seat: found[n * lists : (n + 1) * lists] for n, seat in enumerate(names)}


def list_outcomes(
    listings: Mapping[str, Sequence[Listing]], items: Sequence[str], spec: PanelSpec
) -> list[PairOutcome]:
    """Outcomes of all pairs: each judge by mean place, the panel by weighted majority.

    A judge without a usable listing has no vote. Below the quorum nothing is decided; an even
    split of opposite preferences is undecided, not a tie that somebody holds.
    """
    weights = {judge.name: judge.weight for judge in spec.judges}
    fitted = () if spec.calibration is None else spec.calibration.criteria
    if len(fitted) == len(spec.rubric.criteria) == 1 and fitted[0].weights:
        weights = fitted[0].weights  # a whole list is judged by all criteria at once
    places: dict[str, Mapping[str, float]] = {}
    for seat, given in listings.items():
        mean = average_rankings([one.order for one in given if one.order], items)
        if mean.groups:
            places[seat] = mean.scores
    return [
        _outcome(first, second, places, weights, spec.quorum_needed)
        for first, second in combinations(sorted(items), 2)
    ]


def _outcome(
    first: str,
    second: str,
    places: Mapping[str, Mapping[str, float]],
    weights: Mapping[str, float],
    quorum: int,
) -> PairOutcome:
    votes: dict[str, Preferred] = {}
    mass: dict[Preferred, float] = {"first": 0.0, "second": 0.0, "tie": 0.0}
    for seat in sorted(places):
        lead = places[seat][first] - places[seat][second]
        votes[seat] = "tie" if abs(lead) < 1e-9 else "first" if lead > 0 else "second"
    for choice in mass:
        mass[choice] = math.fsum(weights[seat] for seat, vote in votes.items() if vote == choice)
    total = math.fsum(mass.values())
    best = max(mass.values())
    leaders: list[Preferred] = [choice for choice, held in mass.items() if held > best - 1e-9]
    if len(votes) < quorum or len(leaders) > 1 or not total:
        why = Reason.NO_QUORUM if len(votes) < quorum else Reason.TIE
        return PairOutcome(first=first, second=second, reason=why, votes=votes)
    (choice,) = leaders
    against: dict[Preferred, Preferred] = {"first": "second", "second": "first"}
    held = mass[choice] - (mass[against[choice]] if choice in against else 0.0)
    return PairOutcome(
        first=first, second=second, preferred=choice, support=held / total, votes=votes
    )
