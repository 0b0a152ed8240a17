"""What probes found, as figures and advice of an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dikast.audit.report import Advice, Figure
from dikast.audit.words import shown
from dikast.probing import ProbeRun
from dikast.stats.probes import ProbeFigures
from dikast.stats.significance import Significance, false_discovery

Found = Mapping[str, Mapping[str, ProbeFigures]]
"""By probe and seat."""

_KINDS = ("flip_rate", "noise", "excess", "corrected", "shift")


def probe_figures_of(found: Found) -> tuple[Figure, ...]:
    """The figures of all probes, named `probe_NAME_KIND`; `p` stands on the excess."""
    figures = [
        Figure.of(
            "judge",
            judge,
            f"probe_{probe}_{kind}",
            getattr(told, kind),
            p=told.p if kind == "excess" else None,
        )
        for probe, judges in found.items()
        for judge, told in judges.items()
        for kind in _KINDS
    ]
    qs = false_discovery([Significance(figure.p, figure.n) for figure in figures])
    return tuple(
        figure if q is None else figure.model_copy(update={"q": q})
        for figure, q in zip(figures, qs, strict=True)
    )


def probe_advice(found: Found, runs: Sequence[ProbeRun]) -> tuple[Advice, ...]:
    """What to do about the judges that a probe moved, strongest first."""
    titles = {probe.name: probe.probe for probe in runs}
    figures = {(f.figure, f.name): f for f in probe_figures_of(found)}
    moved = []
    for probe, judges in found.items():
        for judge, told in judges.items():
            figure = figures[f"probe_{probe}_excess", judge]
            if figure.flagged and (told.excess.value or 0) > 0:
                moved.append((told.excess.value or 0.0, probe, judge, told))
    moved.sort(key=lambda m: (-m[0], m[1], m[2]))
    return tuple(
        Advice(
            urgency="first",
            text=f"{judge} is moved by {titles[probe].title}: "
            f"{told.corrected.value or 0:.0%} of its verdicts turn, beyond those that turn when "
            f"it is asked again.{_toward(titles[probe].favours, told, judge, probe)}",
            figures=(f"probe_{probe}_excess", f"probe_{probe}_shift"),
        )
        for _, probe, judge, told in moved
    )


def _toward(favours: bool, told: ProbeFigures, judge: str, probe: str) -> str:
    shift = told.shift
    if not favours or shift.low is None or shift.high is None:
        return ""
    figure = Figure.of("judge", judge, f"probe_{probe}_shift", shift)
    if shift.low > 0:
        return f" It helps the response it is put to (mean move {shown(figure)} of the scale)."
    if shift.high < 0:
        return f" It harms the response it is put to (mean move {shown(figure)} of the scale)."
    return ""
