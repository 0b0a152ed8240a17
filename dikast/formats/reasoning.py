"""Reasoning marks: where a model thinks aloud, so that nothing said there counts as its answer.

Families differ: `<think>` (DeepSeek, Qwen), `[THINK]` (Magistral), `◁think▷` (Kimi),
`<|channel|>analysis` and `final` (gpt-oss), `<|START_THINKING|>` (Command), and plain tags that
prompts ask for. A chat template often swallows the opening mark, so an end mark counts without it.
"""

from __future__ import annotations

import re

_TAGS = "think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|seed:think"

MARKS = re.compile(
    rf"<(?=/?[trsa]|\|)(?:(?P<end>/(?:{_TAGS})\s{{0,8}}>)|(?:{_TAGS})(?:\s[^<>]{{0,60}})?>"
    r"|\|(?:(?P<end_token>end_of_thought\|>|end_thinking\|>|channel\|>\s{0,8}final\b"
    r"(?:\s{0,8}<\|message\|>)?)|begin_of_thought\|>|start_thinking\|>|channel\|>))"
    r"|\[(?=/?t)(?:(?P<end_bracket>/think\])|think\])"
    r"|◁(?:(?P<end_moon>/think▷)|think▷)",
    re.IGNORECASE,
)
"""Any reasoning mark; `closes` tells an end from a beginning."""


MOST_MARKS = 20_000
"""Most reasoning marks followed; a reply with more says nothing that could be trusted."""


def closes(mark: re.Match[str]) -> bool:
    """Whether a mark found with `MARKS` ends reasoning."""
    return mark.lastgroup is not None


def strip_reasoning(text: str) -> str:
    """What a reply says outside its reasoning: after the last end mark, before an unclosed one.

    Only for replies in plain words; in JSON a mark may stand inside a string, and
    `dikast.formats.tolerant` sees to that.

    Examples:
        >>> strip_reasoning("<think>4? No.</think>Score: 3")
        'Score: 3'
        >>> strip_reasoning("so it is 4</think>Score: 3")
        'Score: 3'
        >>> strip_reasoning("<think>Score: 4")
        ''
    """
    start, end = 0, len(text)
    for number, mark in enumerate(MARKS.finditer(text)):
        if number == MOST_MARKS:
            return ""
        if closes(mark):
            start, end = mark.end(), len(text)
        else:
            end = min(end, mark.start())
    return text[start:end]
