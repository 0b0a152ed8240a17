"""What detectors share: the texts of a docket, cues as data, and use told from mention."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from dikast.types import BiasFinding, BiasKind, Docket, Severity, Source

LONGEST_QUOTE = 200
"""Longest quotation in a finding, in characters."""
MOST_PER_TEXT = 3
"""Most findings of one kind on one text; more would say nothing new."""
_CACHED = 50_000
"""Longest text, in characters, whose analysis is kept for the next detector."""


class Part(NamedTuple):
    """One text of a docket."""

    source: Source
    text: str
    candidate: str | None = None
    context_id: str | None = None


def responses(docket: Docket) -> Iterator[Part]:
    """The responses shown, in canonical order: presentation must not change a finding."""
    sources: tuple[Source, Source] = ("response", "response_b")
    for source, name in zip(sources, docket.canonical, strict=False):
        yield Part(source, docket.case.candidate(name).text, candidate=name)


def untrusted(docket: Docket) -> Iterator[Part]:
    """Every text that a judge reads beside the question."""
    yield from responses(docket)
    for context in docket.case.contexts:
        yield Part("context", context.text, context_id=context.id)
    if docket.case.reference is not None:
        yield Part("reference", docket.case.reference)


def question_of(docket: Docket) -> str:
    """What was asked: the question and the turns that led to the response."""
    turns = [message.content for message in docket.case.messages]
    return "\n".join([docket.case.question or "", *turns])


# -- cues -------------------------------------------------------------------------------------


class Cue(NamedTuple):
    """A wording that gives something away."""

    language: str
    needles: tuple[str, ...]
    """Lower-case words, one of which every match contains: looking for these is quick."""
    pattern: re.Pattern[str]


def cue(language: str, needles: str, pattern: str) -> Cue:
    """A cue from words and a regular expression.

    Args:
        language: ISO 639 code, for the reader of the table.
        needles: Words parted by `|`.
        pattern: An expression without unbounded repetition inside it, so that a scan is linear.
    """
    return Cue(language, tuple(needles.split("|")), re.compile(pattern, re.IGNORECASE))


class Hit(NamedTuple):
    """Where a cue was found in a part."""

    start: int
    end: int


def hits(text: str, cues: Sequence[Cue]) -> list[Hit]:
    """Where any of the cues stands, in order, overlapping ones merged."""
    low = _lower(text)
    found: list[Hit] = []
    for one in cues:
        for needle in one.needles:
            if needle in low:
                found += (Hit(*match.span()) for match in one.pattern.finditer(text))
                break
    if not found:
        return []
    merged: list[Hit] = []
    for hit in sorted(found):
        if merged and hit.start < merged[-1].end:
            merged[-1] = Hit(merged[-1].start, max(hit.end, merged[-1].end))
        else:
            merged.append(hit)
    return merged


def _memo(text: str) -> bool:
    return len(text) <= _CACHED


def _lower(text: str) -> str:
    return _lower_kept(text) if _memo(text) else text.lower()


_lower_kept = lru_cache(maxsize=64)(str.lower)


# -- quotation --------------------------------------------------------------------------------

_ENDS = ".!?\n。！？"


def around(text: str, hit: Hit) -> str:
    """The hit with the rest of its sentence, as far as a quotation may be long."""
    spare = max(LONGEST_QUOTE - (hit.end - hit.start), 0) // 2
    low, high = max(hit.start - spare, 0), min(hit.end + spare, len(text))
    start = max((text.rfind(mark, low, hit.start) for mark in _ENDS), default=-1) + 1
    start = start or (low if low == 0 else _word_start(text, low, hit.start))
    ends = [at for mark in _ENDS if (at := text.find(mark, hit.end, high)) >= 0]
    end = min(ends) + 1 if ends else (high if high == len(text) else hit.end)
    return text[start:end].strip()[:LONGEST_QUOTE].strip() or text[hit.start : hit.end]


def _word_start(text: str, low: int, high: int) -> int:
    space = text.find(" ", low, high)
    return low if space < 0 else space + 1


def finding(
    kind: BiasKind,
    part: Part,
    quote: str,
    explanation: str,
    *,
    severity: Severity = "note",
    check: str = "",
) -> BiasFinding:
    """A finding about the input."""
    return BiasFinding(
        kind=kind,
        detector=kind,
        severity=severity,
        source=part.source,
        quote=quote,
        context_id=part.context_id,
        candidate=part.candidate,
        explanation=explanation,
        suggested_check=check,
    )


# -- use and mention --------------------------------------------------------------------------

_QUOTED = re.compile(
    r"```.*?(?:```|\Z)"  # code, also where the fence is never closed
    r"|`[^`\n]{1,400}`|\"[^\"\n]{1,400}\"|“[^”\n]{1,400}”|„[^“”\n]{1,400}[“”]|«[^»\n]{1,400}»"
    r"|‹[^›\n]{1,400}›|「[^」\n]{1,400}」|『[^』\n]{1,400}』|‘[^’\n]{1,400}’"
    r"|(?<![^\s(\[:,])'[^'\n]{1,400}'(?!\w)|^>[^\n]*$",  # quoted lines of Markdown and mail
    re.DOTALL | re.MULTILINE,
)
_WHOLE = 0.8
"""A quotation that makes up this share of a text is the text, not a mention in it."""

_REPORTED = re.compile(
    r"\b(?:such as|for example|for instance|e\.g\.|phrases?|sentences? like|instructions? like"
    r"|prompts? like|messages? like|commands? like|something like|lines? like|text like|wrote"
    r"|writes|said|says|saying|reads|reading|asked|asks|tells?|told|telling|contain(?:s|ed|ing)?"
    r"|attack(?:er|ers|s)?|adversar\w*|malicious|inject\w*|jailbreak\w*|trick\w*|attempt\w*|tr(?:y"
    r"|ies|ied|ying) to|may try|might try|could|detect\w*|filter\w*|sanitiz\w*|vulnerab\w*|never"
    r"|avoid|beware|refus\w*|resist\w*|do not obey|should not|must not|don't|cannot|can't|zum "
    r"Beispiel|etwa|schrieb|par exemple|comme|por ejemplo|por exemplo|ad esempio|например)\b|例如"
    r"|比如|たとえば|例えば",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"prompt[ -]?injection|injection attack|jailbreak|adversarial (?:prompt|example|attack)|red[ "
    r"-]?team|LLM (?:security|judge|evaluat)|prompt (?:attack|leak|security|hijack)|system prompt"
    r"|chat template|special tokens?|hidden (?:text|instruction|prompt)|invisible (?:text"
    r"|character)|zero[- ]width|bidi(?:rectional)?\b|homoglyph|unicode|提示(?:词)?注入"
    r"|プロンプトインジェクション",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"prompt[ -]?injection|injection attack|jailbreak|adversarial (?:prompt|example|attack|input)"
    r"|red[ -]?team|(?:an|the) attacker|提示(?:词)?注入|プロンプトインジェクション",
    re.IGNORECASE,
)
_BEFORE = 160
"""Characters before a cue in which words that report it are looked for."""
_NEAR = 400
"""Characters on either side of a cue in which attacks may be spoken of."""


def on_topic(docket: Docket) -> bool:
    """Whether the question is about attacks on models: then an answer must speak of them."""
    return _TOPIC.search(question_of(docket)) is not None


def mentioned(text: str, hit: Hit) -> bool:
    """Whether a text only speaks of what the cue says, instead of saying it.

    A cue is mentioned if it stands in quotation marks or code that is not nearly the whole text,
    if its sentence reports or warns of it before it comes, or if attacks are spoken of around it.
    """
    spans = _quoted_kept(text) if _memo(text) else _quoted(text)
    if any(start < hit.start and hit.end <= end for start, end in spans):
        return True
    low = max(hit.start - _BEFORE, 0)
    start = max(text.rfind(mark, low, hit.start) for mark in _ENDS) + 1
    if _REPORTED.search(text, max(start, low), hit.start):
        return True
    near = text[max(hit.start - _NEAR, 0) : hit.start] + "\n" + text[hit.end : hit.end + _NEAR]
    return _AROUND.search(near) is not None


def _quoted(text: str) -> tuple[tuple[int, int], ...]:
    longest = _WHOLE * len(text.strip())
    found = (match.span() for match in _QUOTED.finditer(text))
    return tuple((start, end) for start, end in found if end - start < longest)


_quoted_kept = lru_cache(maxsize=64)(_quoted)


# -- disguise ---------------------------------------------------------------------------------

_TWINS = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјорсхуһԁԛԝɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧοια",
    "ABESIJKMHOPCTXYaesijopcxyhdqwgABEZHIKMNOPTYXoia",
)
"""Letters of other scripts that look like Latin ones."""
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Characters that show as nothing or turn the direction of what follows."""


_DISGUISE = re.compile(
    UNSEEN.pattern[:-1]
    + "".join(sorted({chr(code) for code in _TWINS}))
    + "\u2460-\u24ff\u2c60-\u2c7f\uff01-\uff5e\U0001d400-\U0001d7ff\U0001f130-\U0001f189]"
)
"""Any character that may take part in a disguise: unseen, look-alike, enclosed, full-width."""


class Undisguised(NamedTuple):
    """A text as a reader sees it, and where each of its characters stood."""

    text: str
    origin: tuple[int, ...]


def undisguised(text: str) -> Undisguised | None:
    """Take off what hides words from a search: unseen characters, look-alikes, full-width forms.

    Returns:
        The plain text with its origins; None if there was nothing to take off.
    """
    return _bare_kept(text) if _memo(text) else _bare(text)


def _bare(text: str) -> Undisguised | None:
    if text.isascii() or not _DISGUISE.search(text):
        return None
    out: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        if char.isascii():
            plain = char
        elif UNSEEN.match(char):
            plain = _tag(char)
        else:
            plain = unicodedata.normalize("NFKC", char).translate(_TWINS)
        out.append(plain)
        origin += [at] * len(plain)
    bare = "".join(out)
    return None if bare == text else Undisguised(bare, tuple(origin))


_bare_kept = lru_cache(maxsize=64)(_bare)


def _tag(char: str) -> str:
    """The letter that a tag character stands for; nothing for other unseen ones."""
    code = ord(char) - 0xE0000
    return chr(code) if 0x20 <= code < 0x7F else ""


def origin_of(plain: Undisguised, hit: Hit) -> Hit:
    """A place in the plain text as a place in the original."""
    return Hit(plain.origin[hit.start], plain.origin[hit.end - 1] + 1)


def first(items: Iterable[BiasFinding], most: int = MOST_PER_TEXT) -> list[BiasFinding]:
    """The first few findings on a text."""
    return [item for item, _ in zip(items, range(most), strict=False)]
