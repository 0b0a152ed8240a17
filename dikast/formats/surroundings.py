"""What stands around an answer in a reply, and what that makes of it.

An object in a block quotation, between quotation marks or after "for example" is not the reply's
own answer, whoever wrote it. An object after a line such as "Final answer:" is marked as final.
"""

from __future__ import annotations

import re

_REACH = 200
"""How far back, in characters, words are taken to introduce what follows them."""
_CLOSING = {'"': '"', "'": "'", "“": "”", "”": "”", "„": "“”", "‘": "’", "«": "»", "‹": "›"}
_FENCE = re.compile(r"(?:```|~~~)[ \t]*[\w+-]*[ \t]*\n?[ \t]*\Z")
_EXAMPLE = re.compile(
    r"(?:\bexamples?\b|\be\. ?g\.|\bfor instance\b|\bsuch as\b|\bhypothetical\w*|\bplaceholder\b"
    r"|\bsample\b|\btemplate\b|\bimagine\b|\bsuppose\b|\bwould (?:look|read) like\b|\bquot\w+"
    r"|\bechoe?[sd]?\b|\bnot (?:my|the|a) (?:final|own|real|actual)\b)"
    r"[^.!?\n]{0,60}\Z",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"(?:\b(?:not|never|cannot)|n['’]t)[ \t]+(?:(?:say|write|answer|give|choose|output|conclude|be"
    r"|to|with|a|an|the|my|it|is|rating|verdict|score|answer)[ \t]+){0,4}[\"'“‘(*_`]{0,4}\Z",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"\W*(?:(?:so|thus|hence|therefore|here is|here's|this is)\W+){0,2}(?:(?:my|the|a|an)\W+)?"
    r"(?:(?:final|corrected|revised|definitive)\W+){1,2}"
    r"(?:(?:answer|verdict|judge?ment|decision|vote|ballot|score|rating|result|output|json|object"
    r"|response|reply|version|evaluation|assessment)\W*)?(?:is\W*)?",
    re.IGNORECASE,
)


def introduction(text: str, start: int, floor: int = 0) -> str:
    """The words on the line that leads to `start`, or on the line above where it begins one.

    Args:
        text: The reply.
        start: Where the answer begins.
        floor: Where the answer before it ended; what stands before says nothing of this one.
    """
    before = text[max(floor, start - _REACH) : start].rstrip(" \t")
    before = _FENCE.sub("", before).rstrip("`").rstrip()
    return before[before.rfind("\n") + 1 :]


def is_example(lead: str) -> bool:
    """Whether an introduction presents what follows as an example or another's words.

    Examples:
        >>> is_example("A poor one would look like this:")
        True
        >>> is_example("It gives no example. My verdict:")
        False
    """
    return _EXAMPLE.search(lead) is not None


def is_denied(lead: str) -> bool:
    """Whether the words straight before an answer deny it.

    Examples:
        >>> is_denied("So it is not "), is_denied("I would not give it the rating ")
        (True, True)
        >>> is_denied("The first is not better: ")
        False
    """
    return _DENIAL.search(lead[-_REACH:]) is not None


def is_final(lead: str) -> bool:
    """Whether an introduction marks what follows as the final or corrected answer.

    Examples:
        >>> is_final("**Corrected verdict:**")
        True
        >>> is_final("This is not my final answer:")
        False
    """
    return bool(lead) and _FINAL.fullmatch(lead) is not None


def in_quotation_marks(text: str, start: int, end: int) -> bool:
    """Whether quotation marks or, in running text, backticks enclose `text[start:end]`.

    Examples:
        >>> in_quotation_marks("It says '{}' there.", 9, 11)
        True
    """
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if not before or not after:
        return False
    if before == after == "`":
        return text[max(0, start - 3) : start] != "```" and not _alone(text, start - 1, end + 1)
    return after in _CLOSING.get(before, "")


def _alone(text: str, start: int, end: int) -> bool:
    """Whether nothing else stands on the lines of `text[start:end]`."""
    before = text[max(0, start - _REACH) : start].rstrip(" \t*")
    after = text[end : end + _REACH].lstrip(" \t*.")
    return (not before or before[-1] == "\n") and (not after or after[0] == "\n")
