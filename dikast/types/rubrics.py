"""What is asked about a response: rubric, criteria, anchors."""

from __future__ import annotations

import hashlib
from typing import Literal, Self

from pydantic import Field, model_validator

from dikast.types.base import Value
from dikast.types.scales import OffScale, PreferenceScale, RawScore, Scale

Need = Literal["question", "reference", "contexts"]
"""A part of a case that a criterion cannot be judged without."""


class Anchor(Value):
    """What one score looks like, in words."""

    score: RawScore
    """As a judge would answer it: a number, or a label of the scale."""
    text: str = Field(min_length=1)


Measure = Literal[
    "faithfulness",
    "citation_support",
    "context_relevance",
    "context_precision",
    "context_recall",
    "noise_resistance",
]
"""What the RAG graph measures from marked claims and passages, in place of votes."""


class Condition(Value):
    """What another criterion must have come to. Data, never code.

    At least one of the bounds is set; all that are set must hold.
    """

    criterion: str
    """Id of a criterion that stands earlier in the rubric."""
    at_least: RawScore | None = None
    """Lowest score that will do, as a judge would answer it."""
    at_most: RawScore | None = None
    equals: RawScore | None = None

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if self.at_least is None and self.at_most is None and self.equals is None:
            raise ValueError("a condition needs `at_least`, `at_most` or `equals`")
        return self

    @property
    def bounds(self) -> tuple[tuple[str, RawScore], ...]:
        """The bounds that are set, by name."""
        named = (("at_least", self.at_least), ("at_most", self.at_most), ("equals", self.equals))
        return tuple((name, bound) for name, bound in named if bound is not None)

    def describe(self) -> str:
        """The condition in words.

        Examples:
            >>> Condition(criterion="answered", equals="yes").describe()
            '`answered` equals yes'
        """
        words = " and ".join(f"{name.replace('_', ' ')} {bound}" for name, bound in self.bounds)
        return f"`{self.criterion}` {words}"


class Criterion(Value):
    """One thing to judge a response by. Higher is always better."""

    id: str = Field(min_length=1, pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    question: str = Field(min_length=1)
    """What the judge is asked, as a question about the response."""
    scale: Scale
    anchors: tuple[Anchor, ...] = ()
    weight: float = Field(default=1.0, ge=0)
    """Its share in the overall score, relative to the other criteria; at 0 it is reported, and
    conditions may rest on it, but it counts for nothing."""
    needs: tuple[Need, ...] = ()
    """Parts without which every judge abstains as `not_applicable`."""
    best_first: bool = False
    """Whether judges are told the scale and its anchors from the best end; scores mean the same."""
    gate: bool = False
    """Whether the criteria behind it in the rubric are reached only if it is passed. Of two
    candidates compared, only if it is a tie: the first gate that is none decides."""
    pass_mark: RawScore | None = None
    """Lowest score that passes the gate, as a judge would answer it. None only for yes or no
    (yes passes), for preferences (a tie goes on), and where there is no gate."""
    when: tuple[Condition, ...] = ()
    """What must hold for the criterion to apply at all."""
    measure: Measure | None = None
    """What the RAG graph measures for it in place of votes; None where judges always vote."""

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        if self.measure is not None and self.scale.kind not in {"real", "integer"}:
            raise ValueError(
                f"`{self.measure}` is a number, and criterion `{self.id}` is on a scale of labels"
            )
        return self

    @model_validator(mode="after")
    def _gate_fits(self) -> Self:
        chooses = isinstance(self.scale, PreferenceScale)
        if self.pass_mark is not None and (not self.gate or chooses):
            why = "a preference passes by a tie" if self.gate else "it is no `gate`"
            raise ValueError(f"criterion `{self.id}` has a `pass_mark`, and {why}")
        if self.gate and not chooses and self.pass_mark is None and self.scale.kind != "yes_no":
            raise ValueError(f"gate `{self.id}` needs a `pass_mark`: {self.scale.describe()}")
        if self.pass_mark is not None:
            try:
                self.scale.accept(self.pass_mark)
            except OffScale as error:
                raise ValueError(f"`pass_mark` of criterion `{self.id}`: {error}") from None
        return self

    def passes(self, score: float) -> bool:
        """Whether a decided score passes this gate; a preference passes by a tie.

        Examples:
            >>> from dikast.types import IntegerScale
            >>> safe = Criterion(id="safe", question="?", scale=IntegerScale(), gate=True,
            ...                  pass_mark=4)
            >>> safe.passes(3.5), safe.passes(4)
            (False, True)
        """
        if isinstance(self.scale, PreferenceScale):
            return abs(score) < 1e-9
        if self.pass_mark is None:
            return score >= self.scale.bounds()[1] - 1e-9
        return score >= self.scale.accept(self.pass_mark) - 1e-9

    @model_validator(mode="after")
    def _anchors_fit(self) -> Self:
        seen: set[float] = set()
        for anchor in self.anchors:
            try:
                score = self.scale.accept(anchor.score)
            except OffScale as error:
                raise ValueError(f"anchor of criterion `{self.id}`: {error}") from None
            if score in seen:
                raise ValueError(f"criterion `{self.id}` has two anchors for {anchor.score!r}")
            seen.add(score)
        return self


class Rubric(Value):
    """A named set of criteria."""

    id: str = Field(min_length=1, max_length=100)
    title: str = ""
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        ids = [criterion.id for criterion in self.criteria]
        if len(set(ids)) < len(ids):
            raise ValueError(f"rubric `{self.id}` has two criteria of one id")
        kinds = {isinstance(c.scale, PreferenceScale) for c in self.criteria}
        if len(kinds) > 1:
            raise ValueError(f"rubric `{self.id}` mixes preference and other scales")
        if not any(criterion.weight for criterion in self.criteria):
            raise ValueError(f"no criterion of rubric `{self.id}` has a `weight` above 0")
        self._check_conditions()
        return self

    def _check_conditions(self) -> None:
        earlier: dict[str, Criterion] = {}
        for criterion in self.criteria:
            for condition in criterion.when:
                other = earlier.get(condition.criterion)
                if other is None:
                    raise ValueError(
                        f"`when` of criterion `{criterion.id}` names `{condition.criterion}`, "
                        "which does not stand earlier in the rubric"
                    )
                for name, bound in condition.bounds:
                    try:
                        other.scale.accept(bound)
                    except OffScale as error:
                        raise ValueError(
                            f"`when.{name}` of criterion `{criterion.id}`: {error}"
                        ) from None
            earlier[criterion.id] = criterion

    @property
    def conditional(self) -> bool:
        """Whether any criterion is reached only under a condition."""
        return any(criterion.when for criterion in self.criteria) or any(
            criterion.gate for criterion in self.criteria[:-1]
        )

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion with this id.

        Raises:
            KeyError: There is none.
        """
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal; equal content gives an equal digest.

        Fields that came later are left out where they say nothing, so that a rubric without them
        keeps the digest that older runs recorded.
        """
        added = Criterion.model_fields
        silent = {
            at: {name for name in _LATER if getattr(criterion, name) == added[name].default}
            for at, criterion in enumerate(self.criteria)
        }
        said = self.model_dump_json(exclude={"criteria": silent})
        return hashlib.sha256(said.encode()).hexdigest()


_LATER = ("best_first", "gate", "pass_mark", "when", "measure")
