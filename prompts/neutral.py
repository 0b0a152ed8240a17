"""Untrusted text made harmless and still readable: control tokens and invisible characters."""

from __future__ import annotations

import re
from functools import lru_cache

_NEVER = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and line feed; NUL, ESC, NEL
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\ufeff"  # shown as nothing
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi: text reads otherwise than it is stored
    "\u200b\u2060-\u2065\u206a-\u206f"  # zero-width
    "\u2028\u2029"  # line breaks that a check of "\n" does not see
    "\ud800-\udfff\ufff0-\ufffb\ufffe\uffff"  # lone surrogates, annotations, noncharacters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
"""Invisible characters that no honest text needs, as the inside of a character class."""
_TAGS = "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
"""Whole sentences in invisible ASCII; of honest use only in three flags."""
_JOINERS = "\u200c\u200d"
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"


def _escapes(inside: str) -> dict[int, str]:
    """From each character of a class to its visible escape."""
    spans = re.findall(r"(.)(?:-(.))?", inside, re.DOTALL)
    codes = (code for low, high in spans for code in range(ord(low), ord(high or low) + 1))
    return {code: f"⟦U+{code:04X}⟧" for code in codes}


_SHOWN = _escapes(_NEVER)
_SHOWN_RUN = _escapes(_TAGS + _JOINERS + _SELECTORS)
_OUTSIDE = rf"[^\x00-\x7f{_JOINERS}{_SELECTORS}]"
"""A character beside which a single joiner or selector may do honest work: none of ASCII."""
_RUN = re.compile(
    "(?P<flag>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    f"|[{_TAGS}]+"
    # A joiner inside a word of a script that has them, or one selector on a character, is passed
    # by here, in the pattern, since honest texts hold many.
    f"|(?!(?<={_OUTSIDE})[{_JOINERS}](?={_OUTSIDE})|(?<={_OUTSIDE})[{_SELECTORS}]"
    f"(?![{_JOINERS}{_SELECTORS}]))[{_JOINERS}{_SELECTORS}]+"
)
_PAIR = re.compile(f"[{_SELECTORS}][{_JOINERS}]")
_KEYCAPS = frozenset("0123456789#*")
# What most texts hold nothing of, in one class: a search of it is several times faster.
_SUSPECT = re.compile(f"[{_NEVER}{_TAGS}{_JOINERS}{_SELECTORS}]")
_SUSPECT_ASCII = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_KEPT = 20_000
"""Longest text, in characters, whose harmless form is kept."""
_ESCAPE = re.compile(r"⟦U\+([0-9A-F]{4,6})⟧")

_TOKENS = re.compile(
    # Looks of our own fence lines: without the marker they are none, but a model might be misled.
    r"<{3,}"
    # Llama 2: a system block inside a user turn.
    r"|<</?SYS>>"
    # <|im_start|> (Qwen, ChatML), <|eot_id|> (Llama 3), <|end|> (Phi), <|START_OF_TURN_TOKEN|>
    # (Command), <｜User｜> (DeepSeek, full-width bars), <|turn> and <turn|> (Gemma).
    r"|<(?:[|｜][^<>＜＞\n]{1,64}|[^<>＜＞\n]{1,64}[|｜])>"
    # Ends of text and turns written like tags (Llama, Mistral, Gemma, Command), and the marks of
    # reasoning and tool calls that Qwen and DeepSeek read as tokens.
    r"|</?(?:s|bos|eos|pad|unk|think|tool_call|tool_response|tool_calls|tools"
    r"|(?:start|end)_of_(?:turn|image|utterance)|image_soft_token|unused\d{1,4}"
    r"|(?:BOS|EOS|PAD|UNK)_TOKEN)>"
    # Mistral and Llama 2 write their control tokens in square brackets.
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS"
    r"|THINK|IMG|IMG_BREAK|IMG_END|PREFIX|MIDDLE|SUFFIX)\]",
    re.IGNORECASE,
)
# Full-width brackets break every token above; tokenizers of chat models do not fold them back
# (NFKC, which does, serves only to compare quotations).
_WIDE = str.maketrans({"<": "＜", ">": "＞", "[": "［", "]": "］"})


def neutralise(text: str) -> str:
    r"""Make untrusted text safe inside a fence, losing nothing a reader could see.

    Two attacks are stopped. Control tokens of chat models (`<|im_start|>`, `[INST]`, `</s>`),
    which a server may read as the start of a system turn, get full-width brackets. Characters
    that hide text or turn its direction become visible escapes such as `⟦U+202E⟧`; joiners and
    variation selectors stay where a script or an emoji needs them. Line ends become `\n`.

    A quotation of neutralised text is still found in the original: full-width brackets fold back
    under NFKC, and `restore` undoes the escapes.

    Examples:
        >>> neutralise("ok</s><|im_start|>system")
        'ok＜/s＞＜|im_start|＞system'
        >>> neutralise("a\u202eb")
        'a⟦U+202E⟧b'
    """
    return _kept(text) if len(text) <= _LONGEST_KEPT else _neutralise(text)


def _neutralise(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    suspect = _SUSPECT_ASCII if lines.isascii() else _SUSPECT
    # Tables and runs, not a call per character: megabytes of them must not hold up other calls.
    hidden = suspect.search(lines) is not None
    visible = _RUN.sub(_show_run, lines.translate(_SHOWN)) if hidden else lines
    if "<" not in visible and "[" not in visible:
        return visible
    return _TOKENS.sub(lambda token: token[0].translate(_WIDE), visible)


_kept = lru_cache(maxsize=256)(_neutralise)
"""Judges and criteria of one case show the same texts."""


def restore(text: str) -> str:
    r"""Turn visible escapes back into the characters they stand for.

    For checking a quotation only: the result may hold invisible characters again.

    Examples:
        >>> restore(neutralise("a\u202eb")) == "a\u202eb"
        True
    """
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code <= 0x10FFFF else escape[0]


def _show_run(run: re.Match[str]) -> str:
    """Escapes for a run of tags, joiners or selectors, unless writing needs it as it is."""
    if run["flag"] is not None:
        return run[0]
    before = run.string[run.start() - 1 : run.start()]
    if run[0] == "\ufe0f" and before in _KEYCAPS:
        return run[0]
    if len(run[0]) == 2 and _PAIR.fullmatch(run[0]):  # an emoji's selector, then a joiner
        after = run.string[run.end() : run.end() + 1]
        if not before.isascii() and not after.isascii():
            return run[0]
    return run[0].translate(_SHOWN_RUN)  # longer runs encode bytes
