"""What an audit returns: figures in one flat list, advice in words, cases for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self, TypeVar

from pydantic import model_validator

from dikast.stats.estimate import Estimate
from dikast.types import Value

About = Literal["judge", "panel", "pair", "baseline", "data"]
"""What a figure is about: one judge, a rule over all judges, two judges, a baseline judge, or the
data themselves."""


class Figure(Value):
    """One figure of an audit. Exactly one of `value` and `reason` is set."""

    about: About
    name: str
    """The judge, the rule, `ann | bob` for a pair, the baseline, or the system."""
    figure: str
    """What it is: see `dikast.audit.words.FIGURES` for each name in words."""
    criterion: str = ""
    """Empty where the figure is about all criteria together."""
    value: float | None = None
    low: float | None = None
    """Ends of the 95 % interval, by a bootstrap over cases unless the figure says otherwise."""
    high: float | None = None
    n: int = 0
    """Cases, pairs or ballots that the figure rests on."""
    nulls: int = 0
    """How many of them were left out since somebody abstained, or a label is missing."""
    reason: str = ""
    """Why there is no value; empty if there is one."""
    p: float | None = None
    """Two-sided test against the value of an unbiased judge; None where none was made."""
    q: float | None = None
    """`p` after Benjamini–Hochberg over all tests of this audit; None where no test was made."""

    @model_validator(mode="after")
    def _value_or_reason(self) -> Self:
        if (self.value is None) != bool(self.reason):
            raise ValueError("a figure has either `value` or `reason`")
        return self

    @classmethod
    def of(
        cls,
        about: About,
        name: str,
        figure: str,
        estimate: Estimate,
        *,
        criterion: str = "",
        p: float | None = None,
    ) -> Self:
        """An estimate as a figure of the report."""
        return cls(
            about=about,
            name=name,
            figure=figure,
            criterion=criterion,
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            n=estimate.n,
            nulls=estimate.nulls,
            reason=estimate.reason,
            p=p,
        )

    @property
    def flagged(self) -> bool:
        """Whether a test found it, beyond the false-discovery rate of 5 %."""
        return self.q is not None and self.q < 0.05


class Sliced(Figure):
    """A judge's main figure on one slice of the cases.

    `accuracy` or `score_agreement` against labels; without any `order_consistency` of pairs shown
    in both orders, else `with_the_others`. `p` tests the slice against all other cases.
    """

    slice: str | None = None
    """The value of the field; None for the cases that have none."""
    elsewhere: float | None = None
    """Mean over the other cases; None with fewer than ten of them."""


class SliceCount(Value):
    """How large a slice is."""

    slice: str | None
    cases: int
    labelled: int
    reason: str = ""
    """Why it has no figures; empty if it has."""


class BestThere(Value):
    """Who does best on a slice."""

    slice: str | None
    criterion: str
    figure: str
    judges: tuple[str, ...]
    """Several where they are equal."""
    value: float
    clear: bool
    """Whether the interval of its lead over the next one, case by case, leaves out zero."""


class Slices(Value):
    """The judges by slice of the cases."""

    by: str
    """The field whose values make the slices."""
    counts: tuple[SliceCount, ...] = ()
    """All slices, largest first; those with a `reason` have no figures."""
    figures: tuple[Sliced, ...] = ()
    best: tuple[BestThere, ...] = ()


class Advice(Value):
    """One thing to do, most urgent first in a report."""

    urgency: Literal["first", "soon", "note"]
    text: str
    """What was found and what to do about it, in a sentence or two."""
    figures: tuple[str, ...] = ()
    """Names of the figures that it rests on."""


class Doubt(Value):
    """A case that a person should look at."""

    case: str
    criterion: str
    confidence: float | None = None
    """Of the rule that was chosen; None if the panel came to nothing."""
    why: str


class Bin(Value):
    """One bin of a reliability diagram."""

    name: str
    low: float
    high: float
    confidence: float
    """Mean of the stated confidences in the bin."""
    accuracy: float
    """Share of them that were right."""
    n: int


class CurvePoint(Value):
    """One point of a risk–coverage curve: deciding only the most confident share of cases."""

    name: str
    coverage: float
    risk: float


class AuditReport(Value):
    """Everything an audit found."""

    schema_version: Literal[1] = 1
    source: str
    """The file that was audited, as it was named."""
    pairs: bool
    cases: int
    ballots: int
    abstentions: int
    labelled: int
    """Cases with a label on some criterion."""
    judges: tuple[str, ...]
    criteria: tuple[str, ...]
    rule: str = ""
    """The rule that `auto` chose; empty if none could be."""
    rule_why: str = ""
    figures: tuple[Figure, ...] = ()
    advice: tuple[Advice, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    """Most doubtful first."""
    reliability: tuple[Bin, ...] = ()
    curves: tuple[CurvePoint, ...] = ()
    notes: tuple[str, ...] = ()
    slices: Slices | None = None
    """Figures by slice, where a field to slice by was named."""

    def find(
        self,
        figure: str,
        *,
        name: str | None = None,
        about: About | None = None,
        criterion: str | None = None,
    ) -> list[Figure]:
        """All figures of that kind that fit."""
        return [
            f
            for f in self.figures
            if f.figure == figure
            and (name is None or f.name == name)
            and (about is None or f.about == about)
            and (criterion is None or f.criterion == criterion)
        ]

    def one(self, figure: str, name: str, criterion: str = "") -> Figure:
        """The figure of that kind.

        Raises:
            KeyError: The audit has no such figure.
        """
        for found in self.find(figure, name=name, criterion=criterion):
            return found
        raise KeyError(f"{figure} of {name} on {criterion or 'all criteria'}")


Tested = TypeVar("Tested", bound=Figure)


def pair_name(a: str, b: str) -> str:
    """How two judges are named together, whichever is named first."""
    return " | ".join(sorted((a, b)))


def corrected(figures: Iterable[Tested], qs: Iterable[float | None]) -> tuple[Tested, ...]:
    """Figures with their tests corrected, in the same order."""
    return tuple(
        f if q is None else f.model_copy(update={"q": q}) for f, q in zip(figures, qs, strict=True)
    )
