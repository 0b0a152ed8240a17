"""`plot`: pictures of a run that ranked or compared."""

from __future__ import annotations

from pathlib import Path

from dikast.boards import PANEL, boards
from dikast.cli.comparing import pooled
from dikast.cli.exits import say
from dikast.cli.reading import no_verdict
from dikast.errors import ConfigError
from dikast.plots import plot_outcomes, plot_ranking
from dikast.records.runfile import RunFile
from dikast.registry import unknown
from dikast.running import work_of


def plot_run(path: Path, case_id: str | None, what: str, out: Path) -> None:
    """Draw one case's ranking or outcomes, or the panel's leaderboard over all cases.

    Raises:
        ConfigError: There is nothing of that kind to draw.
        InputError: There is no such case, or it is not done.
    """
    if what not in ("outcomes", "ranking"):
        raise unknown("picture", what, ("outcomes", "ranking"))
    with RunFile.open(path, readonly=True) as run:
        if case_id is None:
            if what == "outcomes":
                raise ConfigError("outcomes are drawn case by case.", hint="Give --case ID.")
            _plot_board(run, out)
        else:
            result = run.ranking(case_id)
            if result is None:
                if run.is_done(case_id):
                    raise ConfigError(
                        f"case `{case_id}` has no ranking.", hint="Make one with dikast rank."
                    )
                raise no_verdict(run, case_id)
            (plot_outcomes if what == "outcomes" else plot_ranking)(result, out)
    say(f"drawn: {out}")


def _plot_board(run: RunFile, out: Path) -> None:
    found = {}
    if run.identity.kind in ("compare", "rank"):
        found = boards(pooled(run), model=work_of(run).options.model)
    if PANEL not in found:
        raise ConfigError(
            "there is no leaderboard: no system recurs over the cases of this run.",
            hint="Give --case ID to draw one case.",
        )
    plot_ranking(found[PANEL], out)
