"""A `Choice` of Model A or Model B, as CompassJudger-2 answers: `{"Choice": "Model A"}`.

The form asks for no tie, whatever the scale. CompassJudger-1 answers in the form asked for, so
`mtbench` or `label_line` serve it. Source: "CompassJudger-2: Towards Generalist Judge Model via
Verifiable Rewards" (Zhang et al., 2025).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, own_matches
from dikast.formats.verdict_words import pair_only
from dikast.types import Criterion, Scale

_CHOICE = re.compile(
    r"(?:\{\s{0,20})?(?P<mark>[\"'])Choice(?P=mark)\s{0,4}[:：]\s{0,4}(?P<open>[\"'])(?P<said>[^\"'\n]{0,80})(?P=open)"
    r"(?:\s{0,20}\})?"
)
_BLANK = re.compile(r"\[?(?:Model [AB] or Model [AB]|Model|your choice|\.{3}|)\]?", re.IGNORECASE)
_LABELS = {"model a": "A", "model b": "B", "tie": "tie"}


def _ask(scale: Scale) -> str:
    del scale
    return (
        "Call Response A Model A and Response B Model B. Reason first. Then end with one JSON "
        'object: {"Choice": "Model A"} if Response A is better, or {"Choice": "Model B"} if '
        "Response B is better."
    )


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    del criterion
    for match in own_matches(_CHOICE, text):
        said = " ".join(match["said"].split())
        if not _BLANK.fullmatch(said):
            yield Mark(_LABELS.get(said.casefold(), f"[{said}]"), match.start())


FORMAT: Format = FreeText("compass_judger", ask=_ask, fits=pair_only, find=_find)
