"""Feedback, then `[RESULT]` and a number or A or B, as Prometheus judges answer.

Source: "Prometheus 2: An Open Source Language Model Specialized in Evaluating Other Language
Models" (Kim et al., 2024). A full stop, bold digits, brackets and lines after the result are
read; a share such as `4/5` is not. The form asks for no tie, whatever the scale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, own_matches
from dikast.types import Criterion, PreferenceScale, Scale

_MARK = re.compile(r"\[RESULT\][ \t]{0,4}:?[ \t]{0,4}\n?([^\n]{0,200})", re.IGNORECASE)
_WRAP = " \t*_`.:"
_BLANK = re.compile(r"\(?(?:an? |the |your )|<|n\b|A or B\b", re.IGNORECASE)


def _ask(scale: Scale) -> str:
    if isinstance(scale, PreferenceScale):
        wanted = "A if Response A is better, or B if Response B is better"
    else:
        wanted = scale.describe()
    return (
        "Write detailed feedback first, strictly by the criterion. Then write, on a last line of "
        f"its own, [RESULT] followed by {wanted}, and nothing after it."
    )


def _fits(scale: Scale) -> str | None:
    if isinstance(scale, PreferenceScale):
        return None if scale.levels == 3 else "it has five steps, and the form has A and B"
    return "its scale has labels, and the form has numbers" if scale.labelled else None


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    del criterion
    for match in own_matches(_MARK, text):
        said = match[1].strip(_WRAP)
        if said[:1] + said[-1:] in ("()", "[]", '""'):
            said = said[1:-1].strip(_WRAP)
        if not _BLANK.match(said):
            yield Mark(said, match.start())


FORMAT: Format = FreeText("prometheus", ask=_ask, fits=_fits, find=_find)
