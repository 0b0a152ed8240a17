"""AlpacaEval annotations: pairs of outputs, one preference each.

Written by github.com/tatsu-lab/alpaca_eval (`annotations.json` of `results/MODEL/ANNOTATOR/`): a
JSON list of objects with `instruction`, `output_1`, `generator_1` (the baseline), `output_2`,
`generator_2`, `annotator`, `preference`, `raw_completion` (text or an object), `dataset`.

`preference` runs from 1 (`output_1` is better) to 2; 1.5 is a tie, and so was 0 in early
versions. Annotators weighted by log-probabilities give fractions: then `confidence` is the
probability of the preferred output. Null and -1 are annotations that failed. The program shows
the outputs in a random order that it does not store, so nothing can be said of positions:
ballots have the flag `order_unknown` and count as unswapped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from dikast.records.imports._contract import (
    PAIR,
    BallotRecord,
    CaseRecord,
    Choice,
    RowImporter,
    Side,
    unreadable,
)
from dikast.records.imports._rows import Row, content_id

ORDER_UNKNOWN = "order_unknown"
"""Flag of a ballot whose presentation order the source does not tell."""


def _read(row: Row, choice: Choice) -> Iterator[tuple[CaseRecord, tuple[BallotRecord, ...]]]:
    instruction = row.text("instruction")
    sides = tuple(
        Side(str(n), row.text(f"output_{n}"), row.maybe_text(f"generator_{n}")) for n in (1, 2)
    )
    parts = [part for side in sides for part in (side.system, side.text)]
    case = CaseRecord(
        id=content_id(instruction, *parts),
        sides=sides,
        question=instruction,
        metadata={"dataset": row.maybe_text("dataset")},
    )
    annotator = choice.judge or row.text("annotator")
    ballot = BallotRecord(
        judge=annotator, scale=PAIR, model=annotator, raw=_raw(row), flags=(ORDER_UNKNOWN,)
    )
    preference = row.maybe_number("preference")
    if preference is None or preference == -1:
        ballot = ballot._replace(abstention=unreadable("the source has no preference"))
    elif preference != 0 and not 1 <= preference <= 2:
        raise row.off("preference", f"{preference:g} is not from 1 to 2")
    else:
        lean = 0.0 if preference == 0 else 1.5 - preference
        stated = 0.5 + abs(lean) if preference not in (0, 1, 1.5, 2) else None
        ballot = ballot._replace(score=float((lean > 0) - (lean < 0)), confidence=stated)
    yield case, (ballot,)


def _raw(row: Row) -> str | None:
    found = row.any("raw_completion")
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, dict) and isinstance(found.get("text"), str):
        return str(found["text"])
    return json.dumps(found, ensure_ascii=False)


IMPORT = RowImporter(
    "alpaca_eval", needs=[("instruction", "output_1", "output_2", "preference")], read=_read
)
