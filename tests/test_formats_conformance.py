"""Every reply format keeps the contract, wherever it comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from dikast.errors import ConfigError
from dikast.formats.contract import Read, Unread
from dikast.registry import describe, load, names
from dikast.testing.format_checks import Writer, check_format
from dikast.types import (
    Criterion,
    IntegerScale,
    OrdinalScale,
    PreferenceScale,
    RawScore,
    Reason,
)


def _structured(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion
    return json.dumps({"marker": marker, "reasoning": "So.", "evidence": [], "score": raw})


def _structured_confidence(criterion: Criterion, raw: RawScore, marker: str) -> str:
    told = json.loads(_structured(criterion, raw, marker))
    return json.dumps({**told, "confidence": "high"})


def _mtbench(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del marker
    if isinstance(criterion.scale, PreferenceScale):
        return "It holds. [[" + {"A": "A", "B": "B", "tie": "C"}[str(raw)] + "]]"
    return f"It holds.\nRating: [[{raw}]]"


def _arena_hard(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion, marker
    return "It holds. [[" + str(raw).replace("tie", "A=B") + "]]"


def _label_line(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion, marker
    return f"It holds.\n**{raw}**"


def _prometheus(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion, marker
    return f"Feedback: it holds. [RESULT] {raw}"


def _pair(raw: RawScore, *labels: str) -> str:
    return dict(zip(("A", "B", "tie"), labels, strict=True))[str(raw)]


def _judgelm(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del marker
    pair = isinstance(criterion.scale, PreferenceScale)
    return f"{_pair(raw, '8 7', '3 9.5', '6 6') if pair else raw}\nIt holds."


def _pandalm(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion, marker
    return f"{_pair(raw, '1', '2', 'Tie')}\n\n### Reason: It holds.\n\n### Reference: 42"


def _auto_j(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del marker
    if not isinstance(criterion.scale, PreferenceScale):
        return f"It holds.\nRating: [[{raw}]]"
    return f"It holds. So, the final decision is {_pair(raw, 'Response 1', 'Response 2', 'Tie')}."


def _flex_judge(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del marker
    pair = isinstance(criterion.scale, PreferenceScale)
    said = _pair(raw, "8 7", "3 9", "6 6").split() if pair else [str(raw)]
    return "It holds." + "".join(f"<answer>{score}</answer>" for score in said)


def _glider(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del marker
    pair = isinstance(criterion.scale, PreferenceScale)
    said = _pair(raw, "0", "1", "tie") if pair else raw
    return f"It holds.\n<score>\n{said}\n</score>"


def _compass_judger(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion, marker
    return 'It holds. {"Choice": "' + _pair(raw, "Model A", "Model B", "Tie") + '"}'


def _llmbar(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion, marker
    said = _pair(raw, "Output (a) is better.", "Therefore, Output (b) is better.", "Tie")
    return f"It holds.\n\n{said}"


def _prd(criterion: Criterion, raw: RawScore, marker: str) -> str:
    del criterion, marker
    return f"It holds.\n\n{_pair(raw, '1', '2', '3')}"


WRITERS: dict[str, Writer] = {
    "judgelm": _judgelm,
    "pandalm": _pandalm,
    "auto_j": _auto_j,
    "flex_judge": _flex_judge,
    "glider": _glider,
    "compass_judger": _compass_judger,
    "llmbar": _llmbar,
    "prd": _prd,
    "structured": _structured,
    "structured_confidence": _structured_confidence,
    "mtbench": _mtbench,
    "arena_hard": _arena_hard,
    "label_line": _label_line,
    "prometheus": _prometheus,
}


@pytest.mark.parametrize("name", names("formats"))
def test_format_keeps_the_contract(name: str) -> None:
    fmt = load("formats", name)
    assert fmt.name == name
    assert describe("formats", name)
    check_format(fmt, write=WRITERS.get(name))


class _Sloppy:
    """A format with one fault, chosen by name."""

    name = "sloppy"

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def instructions(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> tuple[str | None, ...]:
        if not isinstance(criteria[0].scale, IntegerScale) or len(criteria) > 1:
            raise ConfigError("numbers only.")
        return ("Give a number.",)

    def schema(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> dict[str, JsonValue] | None:
        return None

    def read(
        self, text: str, criteria: Sequence[Criterion], *, marker: str
    ) -> dict[str, Read | Unread]:
        unread = Unread(Reason.MALFORMED, "x" * 900 if self.fault == "long" else "no")
        if self.fault == "raises":
            int(text)
        if self.fault == "off":
            return {criteria[0].id: Read(99.0)}
        if self.fault == "forgets":
            return {}
        digits = [c for c in text if c in "12345"]
        if self.fault == "guesses" and digits:
            return {criteria[0].id: Read(float(digits[0]))}
        return {criteria[0].id: unread}


@pytest.mark.parametrize(
    ("fault", "promise"),
    [
        ("raises", "`read` raises"),
        ("off", "off the scale"),
        ("forgets", "every criterion"),
        ("long", "short"),
        ("guesses", "without a verdict"),
        ("deaf", "a good reply is not read"),
    ],
)
def test_check_format_names_the_broken_promise(fault: str, promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_format(_Sloppy(fault), write=lambda criterion, raw, marker: str(raw))


@pytest.mark.parametrize(
    "name", [n for n in names("formats") if n in WRITERS and not n.startswith("structured")]
)
def test_text_forms_ask_about_one_criterion_only(name: str) -> None:
    several = [
        Criterion(id="a", question="?", scale=PreferenceScale()),
        Criterion(id="b", question="?", scale=PreferenceScale()),
    ]
    with pytest.raises(ConfigError, match="structured"):
        load("formats", name).instructions(several)


def test_a_form_refuses_a_scale_it_has_no_mark_for() -> None:
    words = Criterion(id="w", question="?", scale=OrdinalScale(labels=("bad", "good")))
    for name in ("mtbench", "prometheus", "arena_hard"):
        with pytest.raises(ConfigError, match="`w`"):
            load("formats", name).instructions([words])
