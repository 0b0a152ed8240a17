"""Pictures of rankings: who beat whom with cycles marked, and strengths with their intervals.

PNG or SVG by the file's ending, without a display, the same bytes' worth of picture every time.
Needs the extra `plots` (matplotlib).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dikast.drawing import save, short
from dikast.errors import ConfigError
from dikast.graphs.ranking_report import tally_outcomes
from dikast.stats.leaderboards import Leaderboard
from dikast.stats.outcomes import Outcomes, cyclic_components
from dikast.types import RankingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NODES = 24
"""Candidates up to which outcomes are drawn as a graph; above, as a matrix."""
MOST_ROWS = 150
"""Candidates listed in a picture of a ranking; the rest is counted."""

_INK, _FAINT, _CYCLE, _TIE = "#1f3a5f", "#9fb3c8", "#c0392b", "#b58900"
_CELLS = (
    ("not judged", "#ffffff"),
    ("loss", "#d9e4ec"),
    ("win", "#2f6690"),
    ("tie", "#e9c46a"),
    ("win on a cycle", _CYCLE),
)
"""What a cell of the matrix may say, and its colour."""


def plot_outcomes(result: RankingResult, path: str | Path) -> Path:
    """Draw who beat whom: winner → loser, ties dashed, outcomes on cycles in red.

    Up to `MOST_NODES` candidates stand on a circle, best at the top and clockwise; more are drawn
    as a matrix in the order of the ranking.

    Args:
        result: A ranking with its outcomes.
        path: Where to; `.png` or `.svg`.

    Returns:
        The path.

    Raises:
        ConfigError: The ending is another, matplotlib is not installed, or nothing was judged.
    """
    seen, order = _seen(result)
    cyclic = {i: n for n, part in enumerate(cyclic_components(seen)) for i in part}
    title = f"Outcomes of {short(result.case_id, 60)}: {_cycles(len(set(cyclic.values())))}"
    if len(order) <= MOST_NODES:
        groups = {i: n for n, group in enumerate(result.groups, 1) for i in group}
        return save(path, (7.5, 7.5), lambda axes: _graph(axes, seen, order, cyclic, groups, title))
    side = min(4 + len(order) / 12, 20)
    return save(path, (side, side), lambda axes: _matrix(axes, seen, order, cyclic, title))


def plot_ranking(ranked: RankingResult | Leaderboard, path: str | Path) -> Path:
    """Draw strengths with their 95 % intervals, best first, tied groups on one ground.

    Args:
        ranked: A ranking of one case's candidates, or a leaderboard over many cases.
        path: Where to; `.png` or `.svg`.

    Returns:
        The path.

    Raises:
        ConfigError: The ending is another, matplotlib is not installed, or there is no ranking.
    """
    rows, title = _rows(ranked)
    if not rows:
        raise ConfigError(f"there is no ranking to draw: {ranked.reason}")
    height = 1.3 + 0.27 * min(len(rows), MOST_ROWS + 1)
    return save(path, (8, height), lambda axes: _strengths(axes, rows, title))


# -- outcomes ------------------------------------------------------------------------------------


def _seen(result: RankingResult) -> tuple[Outcomes, list[str]]:
    """The outcomes, and all candidates in the order of the ranking."""
    ids = {i for o in result.outcomes for i in (o.first, o.second)}
    strength = {place.id: place.strength or 0.0 for place in result.candidates}
    placed = [
        i for group in result.groups for i in sorted(group, key=lambda i: (-strength.get(i, 0), i))
    ]
    order = placed + sorted(ids - set(placed))
    if len(order) < 2:
        raise ConfigError(f"no pair of case `{result.case_id}` was judged.")
    return tally_outcomes(result.outcomes, order), order


def _cycles(number: int) -> str:
    return "no cycle" if not number else f"{number} cyclic component{'s' * (number > 1)} in red"


def _graph(
    axes: Axes,
    seen: Outcomes,
    order: Sequence[str],
    cyclic: dict[str, int],
    groups: dict[str, int],
    title: str,
) -> None:
    turn = 2 * math.pi / len(order)
    at = {i: (math.sin(n * turn), math.cos(n * turn)) for n, i in enumerate(order)}
    for i, a in enumerate(seen.items):
        for j, b in enumerate(seen.items):
            if seen.beats[i, j]:
                on = a in cyclic and cyclic[a] == cyclic.get(b)
                _edge(axes, at[a], at[b], _CYCLE if on else _FAINT, 1.8 if on else 1.0, "-|>")
            elif i < j and seen.tied[i, j]:
                _edge(axes, at[a], at[b], _TIE, 1.0, "-", dashed=True)
    for item in order:
        x, y = at[item]
        axes.plot([x], [y], "o", ms=11, color=_CYCLE if item in cyclic else _INK, zorder=3)
        axes.annotate(
            f"{groups[item]}. {short(item, 24)}" if item in groups else short(item, 24),
            (x * 1.09, y * 1.09),
            ha="left" if x > 0.15 else "right" if x < -0.15 else "center",
            va="bottom" if y > 0.15 else "top" if y < -0.15 else "center",
        )
    axes.set(aspect="equal", xlim=(-1.25, 1.25), ylim=(-1.25, 1.25))
    axes.set_axis_off()
    axes.set_title(title + "\narrow: winner → loser; dashed: tie", fontsize=10)


def _edge(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    width: float,
    style: str,
    *,
    dashed: bool = False,
) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": style,
            "color": colour,
            "linewidth": width,
            "linestyle": "--" if dashed else "-",
            "shrinkA": 8,
            "shrinkB": 8,
        },
        zorder=2 if colour == _CYCLE else 1,
    )


def _matrix(
    axes: Axes, seen: Outcomes, order: Sequence[str], cyclic: dict[str, int], title: str
) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    at = {item: n for n, item in enumerate(order)}
    cells = [[0] * len(order) for _ in order]
    for i, a in enumerate(seen.items):
        for j, b in enumerate(seen.items):
            if seen.beats[i, j]:
                on = a in cyclic and cyclic[a] == cyclic.get(b)
                cells[at[a]][at[b]], cells[at[b]][at[a]] = (4 if on else 2), 1
            elif seen.tied[i, j]:
                cells[at[a]][at[b]] = 3
    paint = ListedColormap([colour for _, colour in _CELLS])
    axes.imshow(cells, cmap=paint, vmin=-0.5, vmax=len(_CELLS) - 0.5, interpolation="nearest")
    if len(order) <= 60:
        names = [short(item, 24) for item in order]
        size = max(4.0, 8 * 24 / len(order))
        axes.set_xticks(range(len(order)), names, rotation=90, fontsize=size)
        axes.set_yticks(range(len(order)), names, fontsize=size)
    axes.set(xlabel="against, in the order of the ranking", ylabel="candidate, best at the top")
    axes.set_title(title, fontsize=10)
    axes.legend(
        handles=[Patch(facecolor=c, edgecolor="#cccccc", label=name) for name, c in _CELLS],
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
    )


# -- rankings ------------------------------------------------------------------------------------


class _Row(NamedTuple):
    name: str
    group: int
    value: float
    low: float | None
    high: float | None


def _rows(ranked: RankingResult | Leaderboard) -> tuple[list[_Row], str]:
    if isinstance(ranked, RankingResult):
        rows = [
            _Row(
                c.id, c.group, -float(c.group) if c.strength is None else c.strength, c.low, c.high
            )
            for c in ranked.candidates
        ]
        rows.sort(key=lambda row: (row.group, -row.value, row.name))
        return rows, f"Ranking of {short(ranked.case_id, 60)} ({ranked.model})"
    groups = {i: n for n, group in enumerate(ranked.ranking.groups, 1) for i in group}
    rows = [
        _Row(r.item, groups[r.item], r.strength.value, r.strength.low, r.strength.high)
        for r in ranked.rows
        if r.strength.value is not None
    ]
    return rows, f"Leaderboard over {ranked.cases} cases ({ranked.model})"


def _strengths(axes: Axes, rows: list[_Row], title: str) -> None:
    shown = rows[:MOST_ROWS]
    for n, row in enumerate(shown):
        if row.group % 2 == 0:
            axes.axhspan(n - 0.5, n + 0.5, color="#eef2f6", zorder=0, linewidth=0)
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [n, n], color=_FAINT, linewidth=3, zorder=1)
        axes.plot([row.value], [n], "o", ms=6, color=_INK, zorder=2)
    names = [f"{row.group}. {short(row.name, 36)}" for row in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    rest = len(rows) - len(shown)
    more = f"; {rest} more below are not shown" if rest else ""
    intervals = any(row.low is not None for row in shown)
    axes.set_xlabel("strength" + (", with 95 % interval" if intervals else "") + more)
    axes.set_title(title + "\nsame number: tied", fontsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


# -- files ---------------------------------------------------------------------------------------
