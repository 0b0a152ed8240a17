"""Two case files in one run: the answers of two pipelines to the same questions, paired by id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dikast.errors import InputError
from dikast.types import Case
from dikast.types.cases import MAX_ID

SUFFIX = " (against)"
"""What the id of a case of the second file gets, so that both stand in one run."""
AGAINST = "dikast_against"
"""Metadata of such a case: the id it had, by which it is paired."""


def both_sides(cases: Iterable[Case], against: Iterable[Case]) -> Iterator[Case]:
    """The cases of the first file, then those of the second under ids of their own.

    Raises:
        InputError: A case has several answers, an id of the second file is too long or taken, or
            the two files have no id in common.
    """
    names: set[str] = set()
    for case in cases:
        _single(case)
        names.add(case.id)
        yield case
    shared = 0
    for case in against:
        _single(case)
        name = case.id + SUFFIX
        if len(name) > MAX_ID or name in names:
            raise InputError(
                f"the id `{case.id[:80]}` of the second file is too long or taken.",
                hint=f"With {SUFFIX!r} it must be new and have at most {MAX_ID} characters.",
            )
        shared += case.id in names
        told = {**case.metadata, AGAINST: case.id}
        yield case.model_copy(update={"id": name, "metadata": told})
    if not shared:
        raise InputError(
            "the two case files have no id in common.",
            hint="Cases are paired by `id`: give both pipelines' answers to a question one id.",
        )


def _single(case: Case) -> None:
    if len(case.candidates) > 1:
        raise InputError(
            f"case `{case.id}` has {len(case.candidates)} responses.",
            hint="With --against each file holds one response per case.",
        )


def partner_of(case: Case) -> str | None:
    """The id of the case that this one of a second file is paired with; None for other cases."""
    told = case.metadata.get(AGAINST)
    return told if isinstance(told, str) else None
