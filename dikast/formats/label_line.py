"""The last line is the label or number, alone; for judges that cannot hold to any other form.

Nothing in the lines before is searched. The last line may be bold, in quotation marks or brackets,
or end with a full stop; with any other word on it, it is no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

from dikast.formats.contract import Format
from dikast.formats.free_text import FreeText, Mark, last_line
from dikast.types import Criterion, OffScale, OrdinalScale, PreferenceScale, Scale, YesNoScale

_WRAP = " \t\r*_`\"'“”.!"
_LONGEST = 200


def _ask(scale: Scale) -> str:
    wanted = scale.describe()
    return (
        "Explain your assessment first. Then end with one last line that holds nothing but your "
        f"answer: {wanted}."
    )


def _fits(scale: Scale) -> str | None:
    del scale
    return None


def _find(text: str, criterion: Criterion) -> Iterator[Mark]:
    """The last line; earlier lines only where one holds another label alone, which contradicts."""
    last, lines = last_line(text)
    said = _bare(last, criterion.scale)
    yield Mark(said, max(0, text.rfind(last)) if last else 0)
    if isinstance(criterion.scale, OrdinalScale | YesNoScale | PreferenceScale):
        for line in lines:
            earlier = _bare(line, criterion.scale)
            if earlier and earlier != said and _is_label(earlier, criterion.scale):
                yield Mark(earlier, 0)


def _bare(line: str, scale: Scale) -> str:
    """A line without what wraps an answer, unless a label needs it."""
    if len(line) > _LONGEST:
        return "a line of prose"
    said = line.strip()
    if _is_label(said, scale):
        return said
    said = said.strip(_WRAP)
    return said[1:-1].strip(_WRAP) if said[:1] + said[-1:] in ("[]", "()") else said


def _is_label(said: str, scale: Scale) -> bool:
    try:
        scale.accept(said)
    except OffScale:
        return False
    return True


FORMAT: Format = FreeText("label_line", ask=_ask, fits=_fits, find=_find)
