"""What to fix first, in words: each rule looks at figures and says what to do about them.

Nothing is said that the data do not carry: a leaning needs a test that survives the correction
for all tests made, a comparison an interval that leaves out zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from dikast.audit.report import Advice, AuditReport, Figure, Slices
from dikast.audit.slice_screen import slice_word
from dikast.audit.words import shown, told

FEW_LABELS = 20
MANY_ABSTAIN = 0.1
CONSISTENT = 0.75
"""Order consistency below which a judge is told to contradict itself."""
LARGE = 0.05
"""Smallest leaning, as a share of verdicts, that is worth a word."""


class _Said(NamedTuple):
    """One finding; findings that ask for the same are told together."""

    urgency: Literal["first", "soon", "note"]
    weight: float
    """Larger is more urgent."""
    what: str
    """Who and what, as the beginning of a sentence."""
    todo: str
    """What to do about it: one or more sentences."""
    figures: tuple[str, ...]


_ORDER = {"first": 0, "soon": 1, "note": 2}
MOST_TOLD = 3
"""Judges that one advice names; further ones are counted."""


def advise(report: AuditReport) -> tuple[Advice, ...]:
    """Everything worth doing, most urgent first."""
    groups: dict[tuple[str, str], list[_Said]] = {}
    for rule in _RULES:
        for said in rule(report):
            groups.setdefault((said.urgency, said.todo), []).append(said)
    ranked = [sorted(group, key=lambda s: (-s.weight, s.what)) for group in groups.values()]
    ranked.sort(key=lambda group: (_ORDER[group[0].urgency], -group[0].weight, group[0].what))
    return tuple(_together(group) for group in ranked)


def _together(group: list[_Said]) -> Advice:
    first = group[0]
    whats = [said.what for said in group[:MOST_TOLD]]
    if len(group) > MOST_TOLD:
        whats.append(f"and {len(group) - MOST_TOLD} more")
    figures = dict.fromkeys(name for said in group for name in said.figures)
    text = f"{'; '.join(whats)}. {first.todo}".strip()
    return Advice(urgency=first.urgency, text=text, figures=tuple(figures))


def _of(report: AuditReport, figure: Figure) -> str:
    """Whose figure it is, with its criterion where there are several."""
    return figure.name + (f" on `{figure.criterion}`" if len(report.criteria) > 1 else "")


def _unread(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("abstained", about="judge"):
        if figure.value is not None and figure.value >= MANY_ABSTAIN:
            yield _Said(
                "first",
                2 + figure.value,
                f"{_of(report, figure)} gave no score in {figure.value:.0%} of its ballots",
                "Read some of those replies and change the format before anything else; every "
                "other figure is about the rest.",
                ("abstained",),
            )


def _panel_below_best(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("gain_over_best", name="majority"):
        if figure.high is not None and figure.high < 0 and figure.value is not None:
            rule = f"Decide by `{report.rule}` instead" if report.rule else "Weigh the judges"
            yield _Said(
                "first",
                3 - figure.value,
                "One vote each makes the panel worse than its best judge: "
                f"{shown(figure)}{_on(report, figure)}",
                f"{rule}, or calibrate on a few labels: weak judges outvote the good one.",
                ("gain_over_best", "accuracy"),
            )
    for figure in report.find("gain_over_best", name="auto"):
        if figure.low is not None and figure.low > 0:
            yield _Said(
                "note",
                0.0,
                f"`auto` beats the best single judge: {shown(figure)}{_on(report, figure)}",
                "",
                ("gain_over_best",),
            )


def _on(report: AuditReport, figure: Figure) -> str:
    return f" on `{figure.criterion}`" if len(report.criteria) > 1 and figure.criterion else ""


def _not_above_baselines(report: AuditReport) -> Iterator[_Said]:
    for criterion in report.criteria:
        floor = [
            f
            for f in report.find("accuracy", about="baseline", criterion=criterion)
            if f.value is not None and f.n >= FEW_LABELS
        ]
        if not floor:
            continue
        top = max(floor, key=lambda f: (f.value or 0.0, f.name))
        for judge in report.find("accuracy", about="judge", criterion=criterion):
            if top.value is None or judge.value is None or judge.high is None:
                continue
            if judge.high >= top.value:  # below it, but not for certain
                continue
            yield _Said(
                "first",
                1.5 + top.value - judge.value,
                f"{_of(report, judge)} is right in {shown(judge)}",
                f"The trivial judge `{top.name}` reaches {shown(top)}: a judge below it should "
                "have no vote as it stands.",
                ("accuracy",),
            )


def _order(report: AuditReport) -> Iterator[_Said]:
    """Pull of a slot, and contradictions when the order flips: one word per judge."""
    for rate in report.find("first_position_rate", about="judge"):
        held = report.find("order_consistency", name=rate.name, criterion=rate.criterion)
        moved = held[0] if held else None
        said, weight = [], 0.0
        if moved is not None and moved.value is not None and (moved.high or 1) < CONSISTENT:
            said.append(f"contradicts itself on {1 - moved.value:.0%} of the pairs when turned")
            weight += CONSISTENT - moved.value
        if rate.flagged and rate.value is not None and abs(rate.value - 0.5) >= LARGE:
            slot, share = ("first", rate.value) if rate.value > 0.5 else ("second", 1 - rate.value)
            said.append(f"picks what is shown {slot} in {share:.0%}")
            weight += abs(rate.value - 0.5)
        if said:
            yield _Said(
                "soon",
                weight,
                f"{_of(report, rate)} {' and '.join(said)}",
                "Always ask both orders (`dikast compare` does) and weigh judges by their "
                "consistency (the rule `order_consistency` needs no labels).",
                ("order_consistency", "first_position_rate"),
            )


def _length(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("length_coefficient", about="judge"):
        if figure.flagged and figure.value is not None:
            which = "longer" if figure.value > 0 else "shorter"
            yield _Said(
                "soon",
                min(abs(figure.value) / 10, 0.3),
                f"{_of(report, figure)} leans to the {which} response beyond its merit (log-odds "
                f"{shown(figure)} per sd)",
                "Report the length-controlled rate, and say in the rubric that length is no merit.",
                ("length_coefficient", "length_bias_raw"),
            )


def _self(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("self_preference", about="judge"):
        if figure.low is not None and figure.low > 0:
            yield _Said(
                "soon",
                figure.value or 0.0,
                f"{figure.name} rates its own family's answers higher than the others do: "
                f"{shown(figure)}",
                "Let no judge sit over its own family.",
                ("self_preference",),
            )


def _lenient(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("lenience", about="judge"):
        if figure.low is not None and figure.low > 0.6 and figure.value is not None:
            yield _Said(
                "soon",
                0.05 + (figure.value - 0.6) / 10,
                f"{_of(report, figure)} says yes when it does not know ({figure.value:.0%} of the "
                "time, by the leniency model)",
                "Anchor what a no looks like, or correct pass rates for it.",
                ("lenience", "knowing"),
            )


def _overconfident(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("wrong_at_0.90", about="judge"):
        if figure.value is not None and figure.value > 0.2 and figure.n >= 10:
            yield _Said(
                "soon",
                figure.value / 2,
                f"{_of(report, figure)} is wrong in {shown(figure)} of the verdicts of which it "
                "is at least 90 % sure",
                "Do not use a stated confidence before it is calibrated.",
                ("wrong_at_0.90", "ece"),
            )


def _seats(report: AuditReport) -> Iterator[_Said]:
    seats = len(report.judges)
    for figure in report.find("effective_seats", about="panel"):
        if figure.value is not None and seats > 2 and figure.value < 0.6 * seats:
            yield _Said(
                "soon",
                1 - figure.value / seats,
                f"The {seats} seats err together: they are worth {figure.value:.1f} independent "
                f"ones{_on(report, figure)}",
                "A judge of another family is worth more than a further one of the same.",
                ("effective_seats", "error_correlation"),
            )


def _halo(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("halo", about="judge"):
        if figure.value is not None and figure.value > 0.9:
            yield _Said(
                "soon",
                0.1,
                f"{figure.name} gives all criteria nearly the same score (correlation "
                f"{shown(figure, interval=False)})",
                "Ask one criterion per call.",
                ("halo",),
            )


def _slices(report: AuditReport) -> Iterator[_Said]:
    """Slices on which a judge does worse than elsewhere, and other judges clearly better."""
    parts = report.slices
    if parts is None:
        return
    for figure in parts.figures:
        if not figure.flagged or figure.value is None or figure.elsewhere is None:
            continue
        fall = figure.elsewhere - figure.value
        if fall >= LARGE:
            where = f"`{parts.by}` {slice_word(figure.slice, parts.by)}"
            yield _Said(
                "soon",
                fall,
                f"{_of(report, figure)} falls to {shown(figure)} on {where}, from "
                f"{figure.elsewhere:.0%} on the other cases ({told(figure.figure).title})",
                "One figure over all cases hides that: report judges by slice, and let another "
                "judge or a person decide there.",
                (figure.figure,),
            )
    yield from _best_elsewhere(report, parts)


def _best_elsewhere(report: AuditReport, parts: Slices) -> Iterator[_Said]:
    for criterion in report.criteria:
        own = [b for b in parts.best if b.criterion == criterion]
        clear = [b for b in own if b.clear]
        leaders = {b.judges for b in clear}
        if len(leaders) < 2:
            continue
        listed = "; ".join(
            f"{b.judges[0]} on {slice_word(b.slice, parts.by)}" for b in clear[:MOST_TOLD]
        )
        yield _Said(
            "soon",
            0.25,
            f"Which judge is best depends on `{parts.by}`"
            f"{f' on `{criterion}`' if len(report.criteria) > 1 else ''}: {listed}",
            "Choose judges slice by slice.",
            (own[0].figure,),
        )


def _few_labels(report: AuditReport) -> Iterator[_Said]:
    if not report.labelled:
        yield _Said(
            "first",
            0.5,
            "There are no labels, so nothing here says who is right",
            "Have a person decide 20 to 50 cases and pass them with --labels.",
            (),
        )
    elif report.labelled < FEW_LABELS:
        yield _Said(
            "soon",
            0.2,
            f"Only {report.labelled} cases have a label",
            "Most intervals are wide for that; a few more labels pay.",
            (),
        )


def _one_order(report: AuditReport) -> Iterator[_Said]:
    rates = report.find("order_consistency", about="judge")
    if report.pairs and rates and all(f.value is None for f in rates):
        yield _Said(
            "soon",
            0.3,
            "Every pair was shown in one order only: how far verdicts follow the position cannot "
            "be told",
            "Ask both orders.",
            ("order_consistency",),
        )


_RULES: tuple[Callable[[AuditReport], Iterator[_Said]], ...] = (
    _unread,
    _panel_below_best,
    _not_above_baselines,
    _order,
    _length,
    _self,
    _lenient,
    _overconfident,
    _seats,
    _halo,
    _slices,
    _few_labels,
    _one_order,
)
