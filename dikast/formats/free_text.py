"""What the text formats of judge families share: one criterion, a mark in prose, no guess.

A family's mark may stand several times, since judges repeat themselves; two different marks are
ambiguous, never first-wins or last-wins. These formats do not ask for the request's marker:
the models behind them were trained on a fixed form and would not repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pydantic import JsonValue

from dikast.errors import ConfigError
from dikast.formats.contract import Read, Unread
from dikast.formats.lines import LONGEST_REPLY, grounds_of, own_lines
from dikast.formats.reasoning import strip_reasoning
from dikast.formats.scores import cut, read_score
from dikast.formats.surroundings import in_quotation_marks, is_denied, is_example
from dikast.types import Criterion, PreferenceScale, Reason, Scale

MOST_MARKS = 2_000
"""Most marks looked at in one reply."""


class Mark:
    """A family's verdict mark, as found in a reply.

    Args:
        value: What it says, as the scale of the criterion takes it.
        at: Where it begins in the reply without its reasoning.
    """

    def __init__(self, value: JsonValue, at: int) -> None:
        self.value, self.at = value, at


class FreeText:
    """A format whose reply is prose with one mark; families say how to ask and where to look.

    Args:
        name: The format's name.
        ask: The wanted form for a scale, in words.
        fits: Why a scale cannot be asked in this form; None if it can.
        find: Marks in a reply without its reasoning, quotations and examples left out.
    """

    def __init__(
        self,
        name: str,
        *,
        ask: Callable[[Scale], str],
        fits: Callable[[Scale], str | None],
        find: Callable[[str, Criterion], Iterable[Mark]],
    ) -> None:
        self.name = name
        self._ask, self._fits, self._find = ask, fits, find

    def instructions(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> tuple[str | None, ...]:
        """What to tell the judge; see `Format.instructions`."""
        if len(criteria) != 1:
            raise ConfigError(
                f"the format `{self.name}` asks about one criterion per call.",
                hint='Set `criteria = "separate"`, or choose the format `structured`.',
            )
        if problem := self._fits(criteria[0].scale):
            raise ConfigError(
                f"the format `{self.name}` cannot ask about `{criteria[0].id}`: {problem}.",
                hint="Choose the format `structured`, or another scale.",
            )
        grounds = (
            "Begin with one line `Grounds: ` and the specific fact or error that moved your vote, "
            "or why none did.\n"
        )
        return ((grounds if revising else "") + self._ask(criteria[0].scale),)

    def schema(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> dict[str, JsonValue] | None:
        """None: the reply is text."""
        del criteria, revising
        return None

    def read(
        self, text: str, criteria: Sequence[Criterion], *, marker: str
    ) -> dict[str, Read | Unread]:
        """Read a reply; see `Format.read`. The marker is not looked for."""
        del marker
        if len(criteria) != 1:
            unread = Unread(Reason.MALFORMED, "one mark cannot answer several criteria")
            return {criterion.id: unread for criterion in criteria}
        return {criteria[0].id: self._read(text, criteria[0])}

    def _read(self, text: str, criterion: Criterion) -> Read | Unread:
        if not text.strip():
            return Unread(Reason.EMPTY, "the reply is empty")
        if self._fits(criterion.scale):
            return Unread(Reason.MALFORMED, f"`{self.name}` has no mark for such a scale")
        said = strip_reasoning(text)
        if len(said) > LONGEST_REPLY:
            return Unread(Reason.MALFORMED, f"the reply has {len(said)} characters")
        scores: dict[float | Unread, int] = {}
        for number, mark in enumerate(self._find(said, criterion)):
            if number == MOST_MARKS:
                return Unread(Reason.MALFORMED, "the reply has thousands of verdicts")
            scores[read_score(mark.value, criterion)] = mark.at
        if not scores:
            return Unread(Reason.MALFORMED, "no verdict in the form asked for")
        if len(scores) > 1:
            return Unread(Reason.AMBIGUOUS, f"{len(scores)} different verdicts in the reply")
        (score, at), *_ = scores.items()
        if isinstance(score, Unread):
            return score
        return Read(score=score, rationale=cut(said[:at].strip()), grounds=grounds_of(text))


def own_matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches that are the reply's own words: not denied, quoted, cited or an example."""
    line = seen = 0
    for match in pattern.finditer(text):
        start = match.start()
        line = max(line, text.rfind("\n", seen, start) + 1)
        seen = start
        quoted = text[line : line + 80].lstrip().startswith(">")
        cited = in_quotation_marks(text, start, match.end()) and not _alone(text, match)
        lead = text[max(line, start - 200) : start]
        if not (quoted or cited or is_denied(lead) or is_example(lead)):
            yield match


def _alone(text: str, match: re.Match[str]) -> bool:
    """Whether a match in quotation marks is all that its line holds: then it is no citation."""
    before = text[max(0, match.start() - 40) : match.start() - 1]
    after = text[match.end() + 1 : match.end() + 40]
    return before[before.rfind("\n") + 1 :].strip(" \t*") == "" and (
        after.partition("\n")[0].strip(" \t*.") == ""
    )


def needs_numbers_or_three(scale: Scale) -> str | None:
    """Why a scale fits neither a rating nor A, B and tie."""
    if isinstance(scale, PreferenceScale):
        return None if scale.levels == 3 else "it has five steps, and the form has three"
    return "its scale has labels, and the form has numbers" if scale.labelled else None


def last_line(text: str) -> tuple[str, list[str]]:
    """The last line with words, and all lines that are the reply's own."""
    lines = own_lines(text)
    return next((line for line in reversed(lines) if line.strip()), ""), lines
