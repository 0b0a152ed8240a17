"""The structured format with a stated confidence in named bands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dikast.formats.contract import Read
from dikast.formats.structured import FORMAT
from dikast.formats.structured_confidence import FORMAT as SURE
from dikast.types import (
    Criterion,
    YesNoScale,
)

# -- stated confidence --------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
def test_confidence_is_asked_for_after_the_score_where_the_format_says_so(number: int) -> None:
    asked = [Criterion(id=f"c{n}", question="?", scale=YesNoScale()) for n in range(number)]
    part: Any = SURE.schema(asked)
    part = part["properties"]["criteria"]["properties"]["c0"] if number > 1 else part
    assert part["required"][-2:] == ["score", "confidence"]
    told = "".join(p or "" for p in SURE.instructions(asked))
    assert '"very low", "low", "medium", "high", "very high"' in told
    assert '"score": <score>, "confidence"' in told
    assert "confidence" not in "".join(p or "" for p in FORMAT.instructions(asked))
    assert "confidence" not in json.dumps(FORMAT.schema(asked))


@pytest.mark.parametrize(
    ("said", "confidence"),
    [
        pytest.param("very high", 0.9, id="a-band"),
        pytest.param("Very_Low", 0.1, id="its-spelling"),
        pytest.param(0.35, 0.35, id="a-number"),
        pytest.param("certain", None, id="no-band"),
        pytest.param(85, None, id="off-the-scale"),
        pytest.param("high " * 5000, None, id="long"),
        pytest.param(["high"], None, id="a-list"),
    ],
)
def test_what_is_read_as_stated_confidence(said: object, confidence: float | None) -> None:
    criterion = Criterion(id="c", question="?", scale=YesNoScale())
    reply = json.dumps({"marker": "m1", "reasoning": "", "score": "yes", "confidence": said})
    read = SURE.read(reply, [criterion], marker="m1")["c"]
    assert isinstance(read, Read)
    assert (read.score, read.confidence) == (1.0, confidence)
