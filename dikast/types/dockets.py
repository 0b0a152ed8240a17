"""What a judge is shown: a case and its candidates in presentation order."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from dikast.types.base import Value
from dikast.types.cases import Candidate, Case


class Docket(Value):
    """A case as one judge sees it. One candidate shown is direct assessment, two are a pair."""

    case: Case
    presentation: tuple[str, ...] = Field(min_length=1)
    """Candidate ids in the order shown."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = {candidate.id for candidate in self.case.candidates}
        for candidate_id in self.presentation:
            if candidate_id not in known:
                raise ValueError(f"case `{self.case.id}` has no candidate `{candidate_id}`")
        return self

    @property
    def shown(self) -> tuple[Candidate, ...]:
        """The candidates in the order shown."""
        return tuple(self.case.candidate(candidate_id) for candidate_id in self.presentation)

    @property
    def canonical(self) -> tuple[str, ...]:
        """The ids shown, in the order of the case: `score > 0` favours the first of these."""
        shown = set(self.presentation)
        return tuple(c.id for c in self.case.candidates if c.id in shown)
