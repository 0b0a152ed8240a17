"""Untrusted text made harmless and still readable: control tokens and invisible characters."""

from __future__ import annotations

import re
from functools import lru_cache

_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and line feed; NUL, ESC, NEL
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\ufeff"  # shown as nothing
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi: text reads otherwise than it is stored
    "\u200b\u2060-\u2065\u206a-\u206f"  # zero-width
    "\u2028\u2029"  # line breaks that a check of "\n" does not see
    "\ud800-\udfff\ufff0-\ufffb\ufffe\uffff"  # lone surrogates, annotations, noncharacters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags: whole sentences in invisible ASCII
)
_JOINERS = "\u200c\u200d"
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_HIDDEN = re.compile(
    # The flags of England, Scotland and Wales are written with tags; they are kept.
    "(?P<flag>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    f"|(?P<joiner>[{_JOINERS}])|(?P<selector>[{_SELECTORS}])|[{_INVISIBLE}]"
)
# What most texts hold nothing of, in one class: a search of it is several times faster.
_SUSPECT = re.compile(f"[{_JOINERS}{_SELECTORS}{_INVISIBLE}]")
_SUSPECT_ASCII = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_HIDES = re.compile(f"[{_JOINERS}{_SELECTORS}]")
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
    visible = _HIDDEN.sub(_show, lines) if suspect.search(lines) else lines
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


def _show(found: re.Match[str]) -> str:
    """The escape of an invisible character, or the character where writing needs it."""
    if found["flag"] is not None or _needed(found):
        return found[0]
    return f"⟦U+{ord(found[0]):04X}⟧"


def _needed(found: re.Match[str]) -> bool:
    """Whether a joiner or selector does its own work here instead of carrying hidden bits."""
    before = found.string[found.start() - 1 : found.start()]
    after = found.string[found.end() : found.end() + 1]
    if found["joiner"] is not None:  # Persian, Indic scripts, joined emoji: never beside ASCII
        between_letters = not before.isascii() and not after.isascii()
        return between_letters and before not in _JOINERS
    if found["selector"] is not None:  # one per character; runs of them encode bytes
        keycap = found[0] == "\ufe0f" and before in tuple("0123456789#*")
        return keycap or (not before.isascii() and _HIDES.match(before) is None)
    return False
