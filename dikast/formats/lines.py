"""Verdicts in plain words: the last rung, for models that cannot hold to JSON.

Only a line that declares itself is read, such as `score: 4` or `**Verdict:** yes`, at the end of
the reply and with the request's marker on a line of its own. Prose is never searched for a score.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dikast.formats.contract import Read, Unread
from dikast.formats.reasoning import strip_reasoning
from dikast.formats.scores import cut, read_score
from dikast.formats.surroundings import is_example
from dikast.types import Criterion, Reason

_LONGEST_LINE = 200
LONGEST_REPLY = 1_000_000
"""Longest reply in words that is read, in characters."""
MOST_LINES = 5_000
"""Most lines looked at, from the end; a verdict stands there."""
_DECLARED = re.compile(
    r"[\s*_#-]{0,10}(?P<name>(?:(?:final|overall|my)\s+)?[a-z][a-z0-9_]{0,63})[\s*_]{0,6}[:=]"
    r"[\s*_`]{0,6}(?P<value>[^\s*_`](?:.*?[^\s*_`.])??)[\s*_`.]{0,6}",
    re.IGNORECASE,
)
_NAMES = frozenset({"score", "verdict", "rating"})
_ASIDE = frozenset({"confidence", "marker", "grounds"})


def own_lines(text: str) -> list[str]:
    """Lines that are the reply's own: outside reasoning, code fences, quotations and examples."""
    own, fenced, before = [], False, ""
    for line in strip_reasoning(text).split("\n")[-MOST_LINES:]:
        said = line[: 2 * _LONGEST_LINE].strip()
        if said.startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and not said.startswith(">") and not is_example(before):
            own.append(line)
        before = line.strip()[-2 * _LONGEST_LINE :] or before
    return own


def declared(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """Index, name (in lower case) and value of every line of the form `name: value`."""
    for index, line in enumerate(lines):
        found = _DECLARED.fullmatch(line.strip()) if len(line) <= _LONGEST_LINE else None
        if found:
            name = found["name"].casefold().split()[-1]
            yield index, name, found["value"].strip()


def grounds_of(text: str) -> str:
    """What the last line `Grounds: …` says; empty without one."""
    said = ""
    for line in own_lines(text):
        name, colon, value = line[:_LONGEST_LINE].partition(":")
        if colon and name.strip(" *_#-").casefold() == "grounds":
            said = (value + line[_LONGEST_LINE:]).strip(" *_\t\r")
    return cut(said)


def read_lines(text: str, criterion: Criterion, *, marker: str) -> Read | Unread:
    """A verdict that stands as a line at the end of a reply without any JSON.

    Examples:
        >>> from dikast.types import IntegerScale
        >>> good = Criterion(id="good", question="Good?", scale=IntegerScale(low=1, high=5))
        >>> read_lines("Sound, if terse." + chr(10) + "marker: ab12" + chr(10) + "**Score:** 4",
        ...            good, marker="ab12").score
        4.0
        >>> read_lines("I would give it a 4.", good, marker="ab12").reason.value
        'malformed'
    """
    if len(text) > LONGEST_REPLY:
        return Unread(Reason.MALFORMED, f"no JSON object in {len(text)} characters")
    lines = own_lines(text)
    found = list(declared(lines))
    verdicts = [(i, value) for i, name, value in found if name in _NAMES or name == criterion.id]
    if not verdicts:
        return Unread(Reason.MALFORMED, "no JSON object and no line such as `score: …`")
    aside = {i for i, name, _ in found if name in _ASIDE} | {i for i, _ in verdicts}
    if any(line.strip() for i, line in enumerate(lines) if i > verdicts[-1][0] and i not in aside):
        return Unread(Reason.MALFORMED, "the line with the score is not the last one")
    if marker not in {value for _, name, value in found if name == "marker"}:
        return Unread(Reason.WRONG_MARKER, "no line `marker: …` with the request's marker")
    scores = {read_score(value, criterion) for _, value in verdicts}
    if len(scores) > 1:
        return Unread(Reason.AMBIGUOUS, f"{len(scores)} different verdicts in the reply")
    score = scores.pop()
    if isinstance(score, Unread):
        return score
    said = "\n".join(line for i, line in enumerate(lines) if i not in aside)
    return Read(score=score, rationale=cut(said.strip()), grounds=grounds_of(text))
