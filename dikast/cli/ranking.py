"""`rank`, and ranking recorded outcomes again: what is told of rankings."""

from __future__ import annotations

import json as json_
from pathlib import Path

from dikast.cli.comparing import board_records, pooled, print_boards
from dikast.cli.exits import say
from dikast.errors import ConfigError
from dikast.graphs.listing import NAME as LISTWISE
from dikast.graphs.ranking_report import rerank
from dikast.ranking_text import ranking_headline, ranking_minutes, ranking_summary
from dikast.records.runfile import RunFile
from dikast.registry import unknown
from dikast.running import work_of
from dikast.stats.rankers import FITS, VOTES
from dikast.stats.schedules import SCHEDULES
from dikast.types import RankOptions, Verdict


def rank_options(
    schedule: str | None,
    pairs: int | None,
    rehear: int | None,
    model: str,
    seed: int,
    *,
    best_of: bool,
) -> RankOptions:
    """Options of a ranking from those of the command line, checked before anything is paid.

    Args:
        schedule: A schedule's name; None for `auto`, or `knockout` where only the best is wanted.
        pairs: Most pairs.
        rehear: Most pairs to hear again; None for 10, or none where only the best is wanted.
        model: A ranking model or voting rule.
        seed: Of the schedule and the resampling.
        best_of: Whether only the best candidate is wanted.

    Raises:
        ConfigError: There is no such schedule or model.
    """
    name = schedule or ("knockout" if best_of else "auto")
    if name not in ("auto", LISTWISE, *SCHEDULES):
        raise unknown("schedule", name, ("auto", LISTWISE, *SCHEDULES))
    check_model(model)
    again = rehear if rehear is not None else 0 if best_of else RankOptions().rehear
    return RankOptions(schedule=name, pairs=pairs, rehear=again, model=model, seed=seed)


def check_model(model: str) -> None:
    """See that there is a ranking model or voting rule of this name.

    Raises:
        ConfigError: There is none.
    """
    if model not in (*FITS, *VOTES):
        raise unknown("ranking model", model, (*FITS, *VOTES))


def tell_ranking(run: RunFile, verdict: Verdict, *, json: bool) -> None:
    """Print one ranking as it is done."""
    ranking = run.ranking(verdict.case_id)
    if json:
        told = verdict.to_json() if ranking is None else ranking.to_json()
        print(told, flush=True)
    elif ranking is None:
        print(f"{verdict.case_id}: {verdict.status}, {verdict.detail}", flush=True)
    else:
        print("\n".join(ranking_summary(ranking)), flush=True)


def close_rankings(run: RunFile, *, json: bool) -> None:
    """Print the leaderboards over all rankings of a run, if systems recur."""
    cases, model = pooled(run), work_of(run).options.model
    if json:
        print(json_.dumps({"summary": board_records(cases, model=model)}, ensure_ascii=False))
    else:
        print_boards(cases, model=model)


def show_ranking(run: RunFile, case_id: str, *, json: bool) -> bool:
    """Print the ranking of a case; False if it has none."""
    ranking = run.ranking(case_id)
    if ranking is not None:
        print(ranking.to_json() if json else ranking_minutes(ranking))
    return ranking is not None


def rerank_run(path: Path, model: str, *, json: bool) -> None:
    """Rank a run's recorded outcomes by another model and say what that changes."""
    check_model(model)
    changed = total = 0
    with RunFile.open(path, readonly=True) as run:
        kind, made_with = run.identity.kind, work_of(run).options.model
        if kind not in ("rank", "compare"):
            raise ConfigError(
                f"`{path}` holds scores, not comparisons.", hint="Use --rule to decide them again."
            )
        for before in run.rankings():
            after = rerank(before, model)
            total += 1
            differs = before.groups != after.groups
            changed += differs
            if json:
                print(after.to_json())
            else:
                was = f"   (was: {ranking_headline(before)})" if differs else ""
                print(ranking_headline(after) + was)
        cases = pooled(run)
        if json:
            print(json_.dumps({"summary": board_records(cases, model=model)}, ensure_ascii=False))
        else:
            print_boards(cases, model=model)
    if kind == "rank":
        say(f"{changed} of {total} rankings differ from model `{made_with}`; no call was made")
