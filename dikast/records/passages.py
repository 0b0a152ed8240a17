"""Whether cases come with passages at all, told before anything is paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from dikast.errors import InputError
from dikast.records.case_files import rows_of
from dikast.records.case_names import field_of
from dikast.types import Case

_LOOKED_AT = 50
"""Rows whose names are looked at."""


def require_passages(cases: Iterable[Case], columns: Iterable[str]) -> None:
    """See that passages were given under some name; an empty list says that none was found.

    Args:
        cases: The cases.
        columns: Names that their rows had.

    Raises:
        InputError: No case has a passage and no column is called like them.
    """
    names = list(dict.fromkeys(columns))
    if any(case.contexts for case in cases) or any(field_of(n) == "contexts" for n in names):
        return
    found = ", ".join(f"`{name[:40]}`" for name in names[:20]) or "nothing"
    raise InputError(
        f"no case has passages, and answers are evaluated against them. Found: {found}.",
        hint="Needed is one of `contexts`, `retrieved_contexts`, `retrieval_context`, `context`, "
        "`passages`, `documents` or `chunks`; an empty list says that nothing was retrieved.",
    )


def columns_of(path: Path) -> Iterator[str]:
    """Names that the first rows of a case file have, each once."""
    seen: dict[str, None] = {}
    for found in islice(rows_of(path), _LOOKED_AT):
        seen.update(dict.fromkeys(map(str, found.row)))
    return iter(seen)
