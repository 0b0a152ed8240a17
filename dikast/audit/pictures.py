"""Pictures of an audit: agreement heat map, position bias, reliability, risk–coverage."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dikast.audit.report import AuditReport, Figure, pair_name
from dikast.audit.sections.agreement import MOST_PAIRED
from dikast.audit.words import told
from dikast.drawing import save, short
from dikast.errors import ConfigError
from dikast.registry import unknown

_INK, _WARN, _FAINT = "#1f3a5f", "#c0392b", "#9fb3c8"
_COLOURS = ("#2f6690", "#c0392b", "#2a9d8f", "#b58900", "#6d597a", "#577590", "#bc6c25", "#333333")
MOST = 40
"""Judges that a picture shows; further ones are left out and counted."""


def draw_audit(report: AuditReport, what: str, path: str | Path) -> Path:
    """Draw one picture of an audit.

    Args:
        report: The audit.
        what: `agreement`, `position`, `reliability` or `risk`.
        path: Where to; `.png` or `.svg`.

    Raises:
        ConfigError: There is no such picture, or the audit holds nothing to draw in it.
    """
    if what not in PICTURES:
        raise unknown("picture", what, tuple(PICTURES))
    return PICTURES[what](report, path)


def drawable(report: AuditReport) -> tuple[str, ...]:
    """Names of the pictures that this audit has something for."""
    has = {
        "agreement": len(report.judges) > 1,
        "position": any(f.value is not None for f in report.find("first_position_rate")),
        "reliability": bool(report.reliability),
        "risk": bool(report.curves),
    }
    return tuple(name for name in PICTURES if has[name])


def _agreement(report: AuditReport, path: str | Path) -> Path:
    judges = report.judges[:MOST_PAIRED]
    if len(judges) < 2:
        raise ConfigError("agreement needs two judges.")
    found: dict[str, list[float]] = {}
    # Scales of numbers have no κ: what their judges share is an order.
    which = "cohen" if report.find("cohen", about="pair") else "spearman"
    for figure in report.find(which, about="pair"):
        if figure.value is not None:
            found.setdefault(figure.name, []).append(figure.value)
    table = np.full((len(judges), len(judges)), np.nan)
    for i, j in itertools.combinations(range(len(judges)), 2):
        values = found.get(pair_name(judges[i], judges[j]))
        if values:  # several criteria: their mean
            table[i, j] = table[j, i] = math.fsum(values) / len(values)
    np.fill_diagonal(table, 1.0)

    def draw(axes: Any) -> None:
        picture = axes.imshow(table, vmin=-0.2, vmax=1, cmap="Blues")
        axes.figure.colorbar(picture, ax=axes, shrink=0.8, label=told(which).title)
        names = [short(name, 24) for name in judges]
        axes.set_xticks(range(len(judges)), names, rotation=60, ha="right")
        axes.set_yticks(range(len(judges)), names)
        if len(judges) <= 14:
            for (i, j), value in np.ndenumerate(table):
                text = "–" if np.isnan(value) else f"{value:.2f}"
                colour = "white" if value > 0.6 else _INK
                axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=8)
        some = f" ({len(judges)} of {len(report.judges)})" if judges != report.judges else ""
        axes.set_title(_titled(f"Agreement between judges{some}", report), wrap=True)

    side = 3.5 + 0.42 * len(judges)
    return save(path, (side + 1, side), draw)


def _position(report: AuditReport, path: str | Path) -> Path:
    found = [f for f in report.find("first_position_rate", about="judge") if f.value is not None]
    if not found:
        raise ConfigError("no judge saw both orders of a pair; there is no position bias to draw.")
    found = sorted(found, key=lambda f: (f.value or 0, f.name))[:MOST]

    def draw(axes: Any) -> None:
        for at, figure in enumerate(found):
            _bar(axes, at, figure)
        axes.axvline(0.5, color=_INK, linewidth=0.8, linestyle="--")
        axes.set_yticks(range(len(found)), [_labelled(f, report) for f in found])
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of decisive votes for the response shown first (95 % interval)")
        axes.set_title(_titled("Pull of the first position", report))

    return save(path, (7.5, 1.4 + 0.3 * len(found)), draw)


def _bar(axes: Any, at: int, figure: Figure) -> None:
    colour = _WARN if figure.flagged else _INK
    if figure.low is not None:
        axes.plot([figure.low, figure.high], [at, at], color=colour, linewidth=1.6)
    axes.plot([figure.value], [at], "o", color=colour, markersize=5)


def _reliability(report: AuditReport, path: str | Path) -> Path:
    if not report.reliability:
        raise ConfigError("no judge stated a confidence on labelled cases.")
    names = list(dict.fromkeys(b.name for b in report.reliability))[: len(_COLOURS)]

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=_FAINT, linestyle="--", linewidth=1)
        for name, colour in zip(names, _COLOURS, strict=False):
            bins = [b for b in report.reliability if b.name == name]
            biggest = max(b.n for b in bins)
            x, y = [b.confidence for b in bins], [b.accuracy for b in bins]
            axes.plot(x, y, color=colour, linewidth=1, label=short(name, 30))
            axes.scatter(x, y, s=[10 + 60 * b.n / biggest for b in bins], color=colour)
        axes.set(xlim=(0, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.set_xlabel("confidence told")
        axes.set_ylabel("share that was right")
        axes.legend(loc="upper left", fontsize=8, frameon=False)
        axes.set_title(_titled("Reliability", report))

    return save(path, (5.5, 5.5), draw)


def _risk(report: AuditReport, path: str | Path) -> Path:
    if not report.curves:
        raise ConfigError("there is no confidence on labelled cases to sort verdicts by.")
    names = list(dict.fromkeys(point.name for point in report.curves))[: len(_COLOURS)]

    def draw(axes: Any) -> None:
        for name, colour in zip(names, _COLOURS, strict=False):
            points = [p for p in report.curves if p.name == name]
            axes.plot(
                [p.coverage for p in points],
                [p.risk for p in points],
                color=colour,
                linewidth=1.4,
                marker="o",  # a rule of one confidence is one point
                markersize=6 if len(points) == 1 else 2.5,
                label=short(name, 30),
            )
        axes.set_xlim(0, 1.03)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("coverage: share of cases decided, most confident first")
        axes.set_ylabel("risk: share of those that are wrong")
        axes.legend(loc="best", fontsize=8, frameon=False)
        axes.set_title(_titled("Risk–coverage", report))

    return save(path, (6.5, 4.5), draw)


def _labelled(figure: Figure, report: AuditReport) -> str:
    several = len(report.criteria) > 1
    return short(f"{figure.name} · {figure.criterion}" if several else figure.name, 36)


def _titled(what: str, report: AuditReport) -> str:
    return f"{what}: {short(Path(report.source).name, 40)}, {report.cases} cases"


PICTURES: dict[str, Callable[[AuditReport, str | Path], Path]] = {
    "agreement": _agreement,
    "position": _position,
    "reliability": _reliability,
    "risk": _risk,
}


def draw_all(report: AuditReport, folder: Path) -> Sequence[Path]:
    """Draw every picture that there is something for, as `FOLDER/NAME.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [draw_audit(report, name, folder / f"{name}.png") for name in drawable(report)]
