"""Leaderboards of a run: systems over many cases, for the panel and for every judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from dikast.graphs.ranking_report import choice, shorten
from dikast.minutes import clip
from dikast.records.runfile import RunFile
from dikast.stats.estimate import Estimate
from dikast.stats.leaderboards import Leaderboard, leaderboard
from dikast.stats.orders import Choice
from dikast.stats.outcomes import Outcomes, Pairing, tally
from dikast.stats.rankers import FITS
from dikast.types import Case, PairOutcome, Preferred, Verdict, compared

PANEL = "panel"
"""Name of the panel's own board beside those of the seats."""
MOST_SYSTEMS = 100
"""Most systems on a board: every one is fitted anew in each of some hundred resamples."""

_CHOICES: dict[Preferred, Choice] = {"first": "a", "second": "b", "tie": "tie"}


class Pair(NamedTuple):
    """One judged pair, by system."""

    first: str
    second: str
    panel: Choice
    seats: Mapping[str, Choice]


class Played(NamedTuple):
    """All judged pairs of one case."""

    systems: tuple[str, ...]
    pairs: tuple[Pair, ...]

    def outcomes(self, who: str) -> Outcomes:
        """The outcomes by the panel, or by one seat."""
        return tally(
            (
                Pairing(p.first, p.second, p.panel if who == PANEL else p.seats.get(who, "abstain"))
                for p in self.pairs
            ),
            self.systems,
        )


def systems_of(cases: Sequence[Case]) -> dict[str, dict[str, str]]:
    """By case and candidate, the system it stands for.

    That is the candidate's `model` where every case tells it and no case has two of the same;
    else the candidate's id.
    """
    by_model = all(
        None not in (names := [c.model for c in case.candidates]) and len(set(names)) == len(names)
        for case in cases
    )
    return {
        case.id: {c.id: (c.model or c.id) if by_model else c.id for c in case.candidates}
        for case in cases
    }


def recur(systems: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether any system appears in more than one case, so that pooling says something."""
    names = [name for case in systems.values() for name in case.values()]
    return len(set(names)) < len(names)


def played(run: RunFile) -> list[Played]:
    """The judged pairs of a run that compares or ranks, case by case."""
    systems = systems_of(list(run.cases()))
    if run.identity.kind == "rank":
        rows = ((r.case_id, r.outcomes) for r in run.rankings())
    else:
        rows = ((v.case_id, (shorten(compared(v)),)) for v in _pairs(run.verdicts()))
    return [_played(systems[case_id], outcomes) for case_id, outcomes in rows]


def _pairs(verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """Verdicts that came of a hearing; one that met a bug holds no votes."""
    return (verdict for verdict in verdicts if verdict.transcript.standings)


def _played(systems: Mapping[str, str], outcomes: Iterable[PairOutcome]) -> Played:
    return Played(
        tuple(sorted(systems.values())),
        tuple(
            Pair(
                systems[o.first],
                systems[o.second],
                choice(o),
                {seat: _CHOICES[vote] for seat, vote in o.votes.items()},
            )
            for o in outcomes
        ),
    )


def boards(
    cases: Sequence[Played], *, model: str = "davidson", seed: int = 0
) -> dict[str, Leaderboard]:
    """The panel's leaderboard and that of every seat, intervals by case.

    Args:
        cases: The judged pairs of each case.
        model: A model with strengths; a voting rule has none, and `davidson` stands in.
        seed: Of the resampling.

    Returns:
        By `panel` or seat. Empty without a case, or with more than `MOST_SYSTEMS` systems.
    """
    names = {name for case in cases for name in case.systems}
    if not cases or not 2 <= len(names) <= MOST_SYSTEMS:
        return {}
    seats = sorted({seat for case in cases for pair in case.pairs for seat in pair.seats})
    found: dict[str, Leaderboard] = {}
    for who in (PANEL, *(seat for seat in seats if seat != PANEL)):
        outcomes = [case.outcomes(who) for case in cases]
        found[who] = leaderboard(outcomes, model=model if model in FITS else "davidson", seed=seed)
    return found


def board_lines(name: str, board: Leaderboard) -> list[str]:
    """A leaderboard as a person reads it."""
    title = f"{clip(name, 60)}: {len(board.rows)} systems over {board.cases} cases, {board.model}"
    if not board.rows:
        return [f"{clip(name, 60)}: no ranking, {board.reason}"]
    lines = [title + (", with cycles" if board.cyclic else "")]
    groups = {item: n for n, group in enumerate(board.ranking.groups, 1) for item in group}
    wide = min(max(len(clip(row.item, 40)) for row in board.rows), 40)
    for at, row in enumerate(board.rows):
        below = board.rows[at + 1].item if at + 1 < len(board.rows) else None
        better = "" if board.draws is None or below is None else board.draws.better(row.item, below)
        chance = f", P(better than the next) {better:.2f}" if better != "" else ""
        lines.append(
            f"  {groups[row.item]:>3}. {clip(row.item, 40):<{wide}}  "
            f"{_interval(row.strength, signed=True)}, won {_interval(row.win_rate)}{chance}"
        )
    if board.note:
        lines.append(f"  note: {board.note}")
    return lines


def _interval(estimate: Estimate, *, signed: bool = False) -> str:
    if estimate.value is None:
        return f"undefined ({estimate.reason})"
    form = "{:+.2f}" if signed else "{:.2f}"
    text = form.format(estimate.value)
    if estimate.low is not None and estimate.high is not None:
        text += f" [{form.format(estimate.low)}, {form.format(estimate.high)}]"
    return text


def board_record(board: Leaderboard) -> dict[str, JsonValue]:
    """A leaderboard as JSON: rows with intervals, tied groups, P(a better than b)."""
    items = [row.item for row in board.rows]
    better: JsonValue = None
    if board.draws is not None:
        better = {a: {b: board.draws.better(a, b) for b in items if b != a} for a in items}
    return {
        "model": board.model,
        "cases": board.cases,
        "cyclic": board.cyclic,
        "reason": board.reason,
        "note": board.note,
        "groups": [list(group) for group in board.ranking.groups],
        "rows": [
            {
                "system": row.item,
                "rank": row.rank,
                "best_rank": row.best_rank,
                "worst_rank": row.worst_rank,
                "strength": estimate_record(row.strength),
                "win_rate": estimate_record(row.win_rate),
            }
            for row in board.rows
        ],
        "better": better,
    }


def estimate_record(estimate: Estimate) -> dict[str, JsonValue]:
    """A figure with its interval as JSON; undefined is null with its reason."""
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "nulls": estimate.nulls,
        "reason": estimate.reason,
    }
