"""Judges held against several people: may a judge stand in for one of them?"""

from __future__ import annotations

from collections.abc import Iterator

from dikast.audit.report import Figure, pair_name
from dikast.stats.alternative_annotator import alternative_annotator
from dikast.stats.ballot_table import BallotTable


def stand_in(table: BallotTable, raters: BallotTable, *, seed: int) -> Iterator[Figure]:
    """The alternative-annotator check, for every judge and criterion that people rated."""
    for criterion in table.criteria:
        if criterion not in raters.criteria:
            continue
        for found in alternative_annotator(table, raters, criterion, seed=seed):
            yield Figure.of("judge", found.judge, "stand_in", found.passing, criterion=criterion)
            yield Figure.of("judge", found.judge, "stand_in_lead", found.lead, criterion=criterion)
            for one in found.people:
                both = pair_name(found.judge, one.person)
                yield Figure.of("pair", both, "stand_in_lead", one.lead, criterion=criterion)
