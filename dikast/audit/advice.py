"""What to fix first, in words: each rule looks at figures and says what to do about them.

Nothing is said that the data do not carry: a leaning needs a test that survives the correction
for all tests made, a comparison an interval that leaves out zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from dikast.audit.report import Advice, AuditReport, Figure
from dikast.audit.words import shown

FEW_LABELS = 20
MANY_ABSTAIN = 0.1
LARGE = 0.05
"""Smallest leaning, as a share of verdicts, that is worth a word."""


class _Said(NamedTuple):
    weight: float
    """Larger is more urgent."""
    advice: Advice


def advise(report: AuditReport) -> tuple[Advice, ...]:
    """Everything worth doing, most urgent first."""
    said = [found for rule in _RULES for found in rule(report)]
    order = {"first": 0, "soon": 1, "note": 2}
    said.sort(key=lambda s: (order[s.advice.urgency], -s.weight, s.advice.text))
    return tuple(s.advice for s in said)


def _first(weight: float, text: str, *figures: str) -> _Said:
    return _Said(weight, Advice(urgency="first", text=text, figures=figures))


def _soon(weight: float, text: str, *figures: str) -> _Said:
    return _Said(weight, Advice(urgency="soon", text=text, figures=figures))


def _note(text: str, *figures: str) -> _Said:
    return _Said(0.0, Advice(urgency="note", text=text, figures=figures))


def _of(report: AuditReport, figure: Figure) -> str:
    """Whose figure it is, with its criterion where there are several."""
    return figure.name + (f" on `{figure.criterion}`" if len(report.criteria) > 1 else "")


def _unread(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("abstained", about="judge"):
        if figure.value is not None and figure.value >= MANY_ABSTAIN:
            yield _first(
                2 + figure.value,
                f"{_of(report, figure)} gave no score in {shown(figure)} of its ballots. Read "
                "some of its replies and change its format before anything else; every other "
                "figure of it is about the rest.",
                "abstained",
            )


def _panel_below_best(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("gain_over_best", name="majority"):
        if figure.high is not None and figure.high < 0 and figure.value is not None:
            rule = f" Decide by `{report.rule}` instead" if report.rule else " Weigh the judges"
            yield _first(
                3 - figure.value,
                f"One vote each makes the panel worse than its best judge: {shown(figure)}"
                f"{_on(report, figure)}.{rule}, or calibrate on a few labels: weak judges outvote "
                "the good one.",
                "gain_over_best",
                "accuracy",
            )
    best = report.find("gain_over_best", name=report.rule) if report.rule else []
    for figure in best:
        if figure.low is not None and figure.low > 0 and report.rule != "majority":
            yield _note(
                f"`{report.rule}` beats the best single judge: {shown(figure)}"
                f"{_on(report, figure)}.",
                "gain_over_best",
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
            if judge.value is None or top.value is None or judge.value >= top.value:
                continue
            yield _first(
                1.5 + top.value - judge.value,
                f"{_of(report, judge)} ({shown(judge)}) does no better than the trivial judge "
                f"`{top.name}` ({shown(top)}). It should have no vote as it stands.",
                "accuracy",
            )


def _position(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("first_position_rate", about="judge"):
        if figure.flagged and figure.value is not None and abs(figure.value - 0.5) >= LARGE:
            slot = "first" if figure.value > 0.5 else "second"
            share = figure.value if figure.value > 0.5 else 1 - figure.value
            yield _soon(
                abs(figure.value - 0.5),
                f"{_of(report, figure)} picks what is shown {slot} in {share:.0%} of its decisive "
                "votes. Always ask both orders (`dikast compare` does) and let a preference that "
                "does not survive the swap be a tie.",
                "first_position_rate",
            )


def _inconsistent(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("order_consistency", about="judge"):
        if figure.high is not None and figure.value is not None and figure.high < 0.75:
            yield _soon(
                0.75 - figure.value,
                f"{_of(report, figure)} contradicts itself on {1 - figure.value:.0%} of the pairs "
                "when the order flips: half of its votes say nothing. Weigh it by its consistency "
                "(`order_consistency` needs no labels) or replace it.",
                "order_consistency",
            )


def _length(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("length_coefficient", about="judge"):
        if figure.flagged and figure.value is not None:
            which = "longer" if figure.value > 0 else "shorter"
            yield _soon(
                min(abs(figure.value) / 10, 0.3),
                f"{_of(report, figure)} leans to the {which} response beyond its merit (log-odds "
                f"{shown(figure)} per standard deviation). Report the length-controlled rate, and "
                "say in the rubric that length is no merit.",
                "length_coefficient",
                "length_bias",
            )


def _self(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("self_preference", about="judge"):
        if figure.low is not None and figure.low > 0:
            yield _soon(
                figure.value or 0.0,
                f"{figure.name} rates its own family's answers higher than the others do: "
                f"{shown(figure)}. Let no judge sit over its own family.",
                "self_preference",
            )


def _lenient(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("lenience", about="judge"):
        if figure.low is not None and figure.low > 0.6:
            yield _soon(
                0.05,
                f"{_of(report, figure)} says yes when it does not know ({shown(figure)} of the "
                "time, by the leniency model). Anchor what a no looks like, or correct pass rates "
                "for it.",
                "lenience",
                "knowing",
            )


def _overconfident(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("wrong_at_0.90", about="judge"):
        if figure.value is not None and figure.value > 0.2 and figure.n >= 10:
            yield _soon(
                figure.value / 2,
                f"{_of(report, figure)} is wrong in {shown(figure)} of the verdicts of which it "
                "says to be at least 90 % sure. Do not use what it states before it is calibrated.",
                "wrong_at_0.90",
                "ece",
            )


def _seats(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("effective_seats", about="panel"):
        seats = len(report.judges)
        if figure.value is not None and seats > 2 and figure.value < 0.6 * seats:
            yield _soon(
                1 - figure.value / seats,
                f"The {seats} seats err together: they are worth {figure.value:.1f} independent "
                f"ones{_on(report, figure)}. A judge of another family is worth more than a "
                "further one of the same.",
                "effective_seats",
                "error_correlation",
            )


def _halo(report: AuditReport) -> Iterator[_Said]:
    for figure in report.find("halo", about="judge"):
        if figure.value is not None and figure.value > 0.9:
            yield _soon(
                0.1,
                f"{figure.name} gives all criteria nearly the same score (correlation "
                f"{shown(figure, interval=False)}). Ask one criterion per call.",
                "halo",
            )


def _few_labels(report: AuditReport) -> Iterator[_Said]:
    if not report.labelled:
        yield _first(
            0.5,
            "There are no labels, so nothing here says who is right. Have a person decide 20 to "
            "50 cases and pass them with --labels.",
        )
    elif report.labelled < FEW_LABELS:
        yield _soon(
            0.2, f"Only {report.labelled} cases have a label; most intervals are wide for that."
        )


def _one_order(report: AuditReport) -> Iterator[_Said]:
    rates = report.find("order_consistency", about="judge")
    if report.pairs and rates and all(f.value is None for f in rates):
        yield _soon(
            0.3,
            "Every pair was shown in one order only: how far verdicts follow the position cannot "
            "be told. Ask both orders.",
            "order_consistency",
        )


_RULES: tuple[Callable[[AuditReport], Iterator[_Said]], ...] = (
    _unread,
    _panel_below_best,
    _not_above_baselines,
    _position,
    _inconsistent,
    _length,
    _self,
    _lenient,
    _overconfident,
    _seats,
    _halo,
    _few_labels,
    _one_order,
)
