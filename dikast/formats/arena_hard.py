"""Five labels in double brackets, as Arena-Hard judges answer: from `[[A>>B]]` to `[[B>>A]]`.

Source: "From Crowdsourced Data to High-Quality Benchmarks: Arena-Hard and BenchBuilder Pipeline"
(Li et al., 2024). Labels that contradict each other are ambiguous; `[[A=B]]` is a tie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, own_matches
from dikast.types import Criterion, PreferenceScale, Scale

_MARK = re.compile(r"(?<!\[)\[\[(?!\[)[ \t]{0,4}([^\[\]\n]{1,40}?)[ \t]{0,4}\]\]")
_LABELS = {"A>>B": "A>>B", "A>B": "A>B", "A=B": "tie", "B=A": "tie", "B>A": "B>A", "B>>A": "B>>A"}
# The same judgement read from the other side.
_LABELS |= {"B<<A": "A>>B", "B<A": "A>B", "A<B": "B>A", "A<<B": "B>>A"}


def _ask(scale: Scale) -> str:
    tie = "[[A=B]] (about as good), " if isinstance(scale, PreferenceScale) and scale.ties else ""
    return (
        "Work out first what a good response would hold, then compare. End with exactly one of "
        "these marks on a line of its own: [[A>>B]] (Response A is far better), [[A>B]] (somewhat "
        f"better), {tie}[[B>A]] (Response B is somewhat better), [[B>>A]] (far better)."
    )


def _fits(scale: Scale) -> str | None:
    five = isinstance(scale, PreferenceScale) and scale.levels == 5
    return None if five else "the form is for a preference in five steps"


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    del criterion
    for match in own_matches(_MARK, text):
        said = "".join(match[1].split())
        yield Mark(_LABELS.get(said, f"[[{said}]]"), match.start())


FORMAT: Format = FreeText("arena_hard", ask=_ask, fits=_fits, find=_find)
