"""The last line is the label or number, alone; for judges that cannot hold to any other form.

Nothing in the lines before is searched. The last line may be bold, in quotation marks or brackets,
or end with a full stop; with any other word on it, it is no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

from dikast.formats.contract import Format, Unread
from dikast.formats.free_text import FreeText, Mark, last_line
from dikast.formats.scores import read_score
from dikast.types import Criterion, Scale

_WRAP = " \t\r*_`\"'“”.!"
_LONGEST = 200
_MOST_WORDS = 5
"""Words of a last line that is still taken for an answer, if one off the scale; more are prose."""


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
    """The last line; earlier lines only where one holds another answer alone, which contradicts."""
    last, lines = last_line(text)
    said = _bare(last, criterion)
    if not said or (len(said.split()) > _MOST_WORDS and not _on_scale(said, criterion)):
        return
    yield Mark(said, max(0, text.rfind(last)) if last else 0)
    for line in lines:
        earlier = _bare(line, criterion) if len(line) <= _LONGEST else said
        if earlier != said and _on_scale(earlier, criterion):
            yield Mark(earlier, 0)


def _bare(line: str, criterion: Criterion) -> str:
    """A line without what wraps an answer, unless a label needs it."""
    said = line[:_LONGEST].strip()
    if _on_scale(said, criterion):
        return said
    said = said.strip(_WRAP)
    return said[1:-1].strip(_WRAP) if said[:1] + said[-1:] in ("[]", "()") else said


def _on_scale(said: str, criterion: Criterion) -> bool:
    return bool(said) and not isinstance(read_score(said, criterion), Unread)


FORMAT: Format = FreeText("label_line", ask=_ask, fits=_fits, find=_find)
