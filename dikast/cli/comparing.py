"""`compare`: what is told of pairs, and of the judges who compared them."""

from __future__ import annotations

import json as json_
from collections.abc import Iterator

from pydantic import JsonValue

from dikast.boards import (
    PANEL,
    Played,
    board_lines,
    board_record,
    boards,
    estimate_record,
    played,
    recur,
    systems_of,
)
from dikast.minutes import clip, summary
from dikast.pair_figures import JudgeFigures, judge_figures, panel_accuracy
from dikast.records.runfile import RunFile
from dikast.stats.estimate import Estimate
from dikast.types import PanelSpec, Verdict, compared


def comparison_lines(verdict: Verdict, spec: PanelSpec) -> list[str]:
    """A comparison in a few lines: who won, how clearly, then the verdict's own summary."""
    if len(verdict.candidates) != 2:
        return summary(verdict, spec.rubric)
    found = compared(verdict)
    name = clip(verdict.case_id, 80)
    if found.preferred is None:
        head = f"{name}: undecided ({found.reason})"
    elif found.winner is None:
        head = f"{name}: tie of {clip(found.first, 40)} and {clip(found.second, 40)}"
    else:
        head = f"{name}: {clip(found.winner, 40)} is preferred, margin {abs(found.margin or 0):.2f}"
    if found.consistent is not None:
        head += f", {found.consistent:.0%} of votes hold in both orders"
    if verdict.people:
        head += f", decided by {clip(' and '.join(verdict.people), 80)}"
    return [head, *("  " + line for line in summary(verdict, spec.rubric)[1:])]


def comparison_record(verdict: Verdict) -> dict[str, JsonValue]:
    """A comparison as one JSON object, without its transcript."""
    found = compared(verdict)
    return {
        **found.model_dump(mode="json", exclude={"verdict"}),
        "winner": found.winner,
        "status": verdict.status,
        "detail": verdict.detail,
        "people": list(verdict.people),
        "findings": [f.model_dump(mode="json") for f in verdict.transcript.findings],
        "usage": verdict.usage.model_dump(mode="json"),
    }


def tell_comparison(verdict: Verdict, spec: PanelSpec, *, json: bool) -> None:
    """Print one comparison as it is done."""
    if json:
        print(json_.dumps(comparison_record(verdict), ensure_ascii=False), flush=True)
    else:
        print("\n".join(comparison_lines(verdict, spec)), flush=True)


def close_comparisons(run: RunFile, *, json: bool) -> None:
    """Print what all comparisons of a run come to."""
    figures, right = judge_figures(run), panel_accuracy(run)
    shown = pooled(run)
    if json:
        record: dict[str, JsonValue] = {
            "outcomes": dict(_tally(run)),
            "panel_accuracy": estimate_record(right),
            "judges": {
                seat: {name: estimate_record(e) for name, e in found._asdict().items()}
                for seat, found in figures.items()
            },
        }
        print(json_.dumps({"summary": {**record, **board_records(shown)}}, ensure_ascii=False))
        return
    print(", ".join(f"{number} {name}" for name, number in _tally(run) if number))
    if right.n:
        print(f"panel against {right.n} labels: right {share(right)}")
    for seat, found in figures.items():
        print("\n".join(_judge_lines(seat, found)))
    print_boards(shown)


def _tally(run: RunFile) -> Iterator[tuple[str, int]]:
    """Outcomes by what they name: wins of the first and second candidate, ties, undecided."""
    counted = {"first": 0, "second": 0, "tie": 0, "undecided": 0}
    for verdict in run.verdicts():
        counted[compared(verdict).preferred or "undecided"] += 1
    words = {"first": "won by the first", "second": "won by the second", "tie": "ties"}
    return ((words.get(name, name), number) for name, number in counted.items())


def _judge_lines(seat: str, found: JudgeFigures) -> Iterator[str]:
    yield (
        f"  {seat}: same choice in both orders {share(found.consistency)}, "
        f"slot shown first {share(found.first_rate)}"
    )
    if found.consistent_accuracy.n:
        yield (
            f"    against labels: judgebench {share(found.judgebench)}, "
            f"mmrb2 {share(found.mmrb2)}, right in both orders {share(found.consistent_accuracy)}"
        )


def share(estimate: Estimate) -> str:
    """A share with its interval, or why there is none."""
    if estimate.value is None:
        return f"undefined ({estimate.reason})"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.1%}"
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"


# -- leaderboards, of pairs and of rankings ------------------------------------------------------


def pooled(run: RunFile) -> list[Played]:
    """What the leaderboards of a run rest on; nothing where no system recurs."""
    return played(run) if recur(systems_of(list(run.cases()))) else []


def print_boards(cases: list[Played], *, model: str = "davidson") -> None:
    """Print the panel's leaderboard and every judge's."""
    for who, board in boards(cases, model=model).items():
        name = "Leaderboard of the panel" if who == PANEL else f"Leaderboard by {who}"
        print("\n".join(["", *board_lines(name, board)]), flush=True)


def board_records(cases: list[Played], *, model: str = "davidson") -> dict[str, JsonValue]:
    """The leaderboards as JSON, by `panel` or seat."""
    found = boards(cases, model=model)
    return {"leaderboards": {who: board_record(board) for who, board in found.items()}}
