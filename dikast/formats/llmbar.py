"""`Output (a)` on the last line, or a sentence `Output (a) is better.`, as LLMBar's judges answer.

Both forms of the benchmark's prompts are read; different verdicts in one reply are ambiguous. A
negated, conditional or cited sentence, and one that goes on to qualify itself, is no verdict.
Source: "Evaluating Large Language Models at Evaluating Instruction Following" (Zeng et al., 2023).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, last_line
from dikast.formats.verdict_words import REASON, asserted, bare, pair_only
from dikast.types import Criterion, Scale

_BETTER = re.compile(
    r"\bOutput \((?P<label>[ab])\)[\"*]{0,3} is (?:clearly |overall |slightly |much )?"
    r"(?:(?:the|a) )?better\b"
)
_ENDING = re.compile(
    r"(?: (?:output|option|choice|response|one|answer))?"
    r"(?: (?:than|compared to) Output \([ab]\))?"
    r"(?: (?:for|to|in executing|at executing|at following) (?:the|this)(?: given)? instruction)?"
    + REASON
    + r"[\"*]{0,3}"
)
_ALONE = {"Output (a)": "a", "Output (b)": "b"}
_LABELS = {"a": "A", "b": "B", "tie": "tie"}


def _ask(scale: Scale) -> str:
    tie = " or `Tie` if neither is better" if getattr(scale, "ties", False) else ""
    return (
        "Call Response A Output (a) and Response B Output (b). Explain first. Then end with one "
        f"line that is exactly `Output (a) is better.` or `Output (b) is better.`{tie}"
    )


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    del criterion
    for mark in asserted(text, _BETTER, _ENDING):
        yield Mark(_LABELS.get(str(mark.value), mark.value), mark.at)
    last, lines = last_line(text)
    if found := _alone(last):
        yield Mark(_LABELS[found], text.rfind(last))
        for line in lines:
            if other := _alone(line):
                yield Mark(_LABELS[other], 0)


def _alone(line: str) -> str | None:
    if len(line) > 40 or line.lstrip().startswith("#"):
        return None
    said = line.strip(" \t\r*_`\"'.")
    return _ALONE.get(said) or ("tie" if bare(line).casefold() == "tie" else None)


FORMAT: Format = FreeText("llmbar", ask=_ask, fits=pair_only, find=_find)
