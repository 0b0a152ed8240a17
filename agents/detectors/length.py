"""Length against content: repetition and padding, and ballots that reward mere length."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from dikast.agents.detectors._leaning import leaning
from dikast.agents.detectors._texts import Part, around, cue, finding, hits, responses
from dikast.types import Ballot, BiasFinding, Docket, Severity

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[^.!?\n。！？]+")
_SHINGLE = 8
"""Words of a run that counts as repeated when it comes again."""
_SHORTEST = 40
"""Words below which repetition says nothing."""
_REPEATED = 0.35
"""Share of repeated runs from which a text is called repetitive."""
_MUCH_LONGER = 2.0
_LITTLE_NEW = 0.5
"""New words of the longer response, as a share of the shorter one's words."""
_LONGER = 1.25

_FILLER = (
    cue(
        "en",
        "important to note|worth noting|it should be noted|in conclusion|needless to say|as "
        "mentioned"
        "|as i said|at the end of the day|when all is said|it goes without saying|to sum up"
        "|in summary|as previously|delve|having said that|with that being said",
        r"\b(?:it is (?:also )?(?:important|worth|essential|crucial) (?:to )?(?:note|noting|mention"
        r"|mentioning|remember)|it should be noted|in conclusion|needless to say|as (?:I "
        r")?(?:mentioned|said|stated|noted) (?:above|before|earlier|previously)|at the end of the "
        r"day|when all is said and done|it goes without saying|to sum up|in summary|(?:with )?that "
        r"being said)\b",
    ),
    cue("de", "es ist wichtig|wie bereits|zusammenfassend", r"\b(?:es ist wichtig zu (?:beachten"
        r"|erwähnen)|wie bereits (?:erwähnt|gesagt)|zusammenfassend lässt sich)"),
    cue("fr", "important de noter|en conclusion|comme mentionné", r"\b(?:il est important de noter"
        r"|en conclusion|comme mentionné)"),
    cue("es", "importante destacar|en conclusión|como se mencionó", r"\b(?:es importante "
        r"(?:destacar|señalar)|en conclusión|como se mencionó)"),
)  # fmt: skip
_LONGEST = 50_000
"""Words looked at for repetition; memory must not grow with what somebody sends."""

_PRAISES = re.compile(
    r"\b(?:longer|lengthier|lengthy|(?:its|great|greater|impressive|considerable|sheer|(?:response"
    r"|answer)(?:'s|’s)?) length|more words|more text|more sentences|more paragraphs|sheer "
    r"(?:amount|volume)|wordier|länger|plus longue?|más largo|más larga|mais long[oa]|длиннее)\b"
    r"|更长|较长|より長い",
    re.IGNORECASE,
)
_BLAMES = re.compile(
    r"\b(?:short(?:er)?|conci\w+|brief\w*|succinct\w*|verbos\w*|redundan\w*|repetiti\w*|word limit"
    r"|appropriate length|required length|length (?:limit|requirement|constraint))\b",
    re.IGNORECASE,
)


def detect(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    """Note repetition and padding, winners that are only longer, and rationales that praise length.

    A ballot is grave where its rationale praises length and the response it favours is in fact
    padded, or much longer than the other with little new in it.
    """
    found: list[BiasFinding] = []
    parts = list(responses(docket))
    padded: set[str | None] = set()
    for part in parts:
        noted = list(_padded(part))
        found += noted
        padded |= {part.candidate for _ in noted}
    swollen = _swollen(parts) if len(parts) == 2 else None
    if swollen is not None:
        found += _won(parts[swollen], swollen, ballots)

    def severity(ballot: Ballot, sentence: str) -> Severity | None:
        if _BLAMES.search(sentence):
            return None
        favoured = _favoured(ballot, len(parts))
        if favoured is None:
            return None
        part = parts[favoured]
        if len(parts) == 2 and not _is_longer(part.text, parts[1 - favoured].text):
            return None  # it praises a length that its favourite does not have
        return "grave" if favoured == swollen or part.candidate in padded else "note"

    return found + leaning(
        "length", ballots, _PRAISES, severity, "the rationale praises length as such"
    )


def _favoured(ballot: Ballot, shown: int) -> int | None:
    """Which response a ballot speaks for; None for a tie. One alone is the one spoken of."""
    if shown == 1:
        return 0
    if not ballot.score:
        return None
    return 0 if ballot.score > 0 else 1


def _is_longer(text: str, other: str) -> bool:
    return len(text) >= _LONGER * max(len(other), 1)


def _padded(part: Part) -> Iterator[BiasFinding]:
    if (share := repetition(part.text)) >= _REPEATED and (again := _repeated(part.text)):
        yield finding(
            "length", part, again, f"{share:.0%} of the {part.source} repeats what it said before"
        )
    filler = hits(part.text, _FILLER)
    if len(filler) >= 3 and len(filler) * 40 >= (words := len(_WORD.findall(part.text))):
        yield finding(
            "length",
            part,
            around(part.text, filler[0]),
            f"{len(filler)} phrases without content in {words} words",
        )


def repetition(text: str) -> float:
    """Share of runs of eight words that stood in the text before; 0 for short texts.

    Examples:
        >>> repetition("one two three four five six seven eight nine " * 10) > 0.8
        True
        >>> repetition(" ".join(str(n) for n in range(100)))
        0.0
    """
    words = [match[0].casefold() for match in islice(_WORD.finditer(text), _LONGEST)]
    runs = len(words) - _SHINGLE + 1
    if len(words) < _SHORTEST:
        return 0.0
    seen: set[tuple[str, ...]] = set()
    again = 0
    for start in range(runs):
        key = tuple(words[start : start + _SHINGLE])
        again += key in seen
        seen.add(key)
    return again / runs


def _repeated(text: str) -> str | None:
    """The first sentence that stands twice; else the middle of the text."""
    seen: set[str] = set()
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        key = " ".join(sentence.casefold().split())
        if len(key) < 20:
            continue
        if key in seen:
            return sentence[:200].strip()
        seen.add(key)
    start = len(text) // 2
    return text[start : start + 120].strip() or None


def _swollen(parts: Sequence[Part]) -> int | None:
    """Which response is at least twice as long with little new in it; None for neither."""
    words = [[word.casefold() for word in _WORD.findall(part.text)] for part in parts]
    for long, short in ((0, 1), (1, 0)):
        if len(words[long]) < _SHORTEST or len(words[long]) < _MUCH_LONGER * len(words[short]):
            continue
        known = set(words[short])
        new = set(words[long]) - known
        if known and len(new) <= _LITTLE_NEW * len(known):
            return long
    return None


def _won(part: Part, place: int, ballots: Sequence[Ballot]) -> Iterator[BiasFinding]:
    """Ballots for the response that is only longer."""
    start = part.text.strip()[:120].strip()
    for ballot in ballots:
        if _favoured(ballot, 2) == place and start:
            yield finding(
                "length", part, start, "the preferred response is much longer with little new in it"
            ).model_copy(update={"seat": ballot.seat, "criterion": ballot.criterion})
