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


class Criterion(Value):
    """One thing to judge a response by. Higher is always better."""

    id: str = Field(min_length=1, pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    question: str = Field(min_length=1)
    """What the judge is asked, as a question about the response."""
    scale: Scale
    anchors: tuple[Anchor, ...] = ()
    weight: float = Field(default=1.0, gt=0)
    """Its share in the overall score, relative to the other criteria."""
    needs: tuple[Need, ...] = ()
    """Parts without which every judge abstains as `not_applicable`."""
    best_first: bool = False
    """Whether judges are told the scale and its anchors from the best end; scores mean the same."""

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
        return self

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
        """SHA-256 of the content, in hexadecimal; equal content gives an equal digest."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()
