"""Reasoning, then whole numbers in answer tags, as Flex-Judge answers: `<answer>8</answer>`.

For a pair two numbers, 1 to 10, in two tags or in one, are compared; equal ones are a tie. One
number, three, or anything else is no verdict; the published script calls it a tie. Source:
"Flex-Judge: Think Once, Judge Anywhere" (Ko et al., 2025).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, needs_numbers_or_three, own_matches
from dikast.formats.verdict_words import two_scores
from dikast.types import Criterion, PreferenceScale, Scale

_TAG = re.compile(r"<answer>([^<>]{0,200})</answer>", re.IGNORECASE)
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_BLANK = re.compile(r"(?:an? |your |the )?(?:answer|score|number|integer|n|x)(?: here)?", re.I)


def _ask(scale: Scale) -> str:
    if isinstance(scale, PreferenceScale):
        wanted = (
            "first the score of Response A, then that of Response B, each a whole number from 1 "
            "to 10 in tags of its own, like <answer>n</answer><answer>n</answer>; a higher score "
            "means a better response"
        )
    else:
        wanted = f"the score, {scale.describe()}, in tags, like <answer>n</answer>"
    return f"Reason step by step first, between <think> and </think>. Then write {wanted}."


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    tags = [(m[1].strip(), m.start()) for m in own_matches(_TAG, text)]
    tags = [(said, at) for said, at in tags if not _BLANK.fullmatch(said)]
    if not tags:
        return
    if not isinstance(criterion.scale, PreferenceScale):
        yield from (Mark(said, at) for said, at in tags)
        return
    numbers = [piece for said, _ in tags for piece in re.split(r"[\s,;]{1,8}", said)]
    if len(numbers) % 2 or not all(_WHOLE.fullmatch(number) for number in numbers):
        yield Mark(None, tags[0][1])
        return
    for one, two in zip(numbers[::2], numbers[1::2], strict=True):
        yield Mark(two_scores(f"{one} {two}"), tags[0][1])


FORMAT: Format = FreeText("flex_judge", ask=_ask, fits=needs_numbers_or_three, find=_find)
