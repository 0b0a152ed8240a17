"""Ballots that lean on something other than merit, as far as their rationale tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from dikast.agents.detectors._texts import (
    Cue,
    Hit,
    Part,
    around,
    finding,
    first,
    hits,
    mentioned,
    responses,
)
from dikast.types import Ballot, BiasFinding, BiasKind, Docket, Severity

_SENTENCE = re.compile(r"[^.!?\n。！？]+[.!?。！？]*")

_CRITICAL = re.compile(
    # A judge that weighs or rejects something does not lean on it.
    r"\b(?:not|no|never|without|despite|although|though|while|however|but|regardless|irrelevant\w*"
    r"|ignor\w+|disregard\w*|unsupported|unverif\w*|unproven|fake\w*|fabricat\w*|invent\w*|false\w*"
    r"|claims?|claiming|attempt\w*|manipulat\w*|should(?:n't)?|rather than|instead of|lacks?"
    r"|lacking|penal\w*|mere\w*|cannot|can't|don't|doesn't|didn't|isn't|aren't|won't|unnecess\w*"
    r"|needless\w*|excessive\w*|overly|too|alleged\w*|supposed\w*|so-called|suspicious\w*|nicht"
    r"|kein\w*|obwohl|trotz|pas|aucun\w*|malgré|sin|aunque|não|embora|non|senza|не|хотя)\b|不|没有"
    r"|虽然|尽管|ない|しかし|ただし",
    re.IGNORECASE,
)


def sentences(text: str) -> Iterator[str]:
    """Sentences of a rationale."""
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        if sentence:
            yield sentence


def leaning(
    kind: BiasKind,
    ballots: Iterable[Ballot],
    wording: re.Pattern[str],
    severity: Callable[[Ballot, str], Severity | None],
    explanation: str,
) -> list[BiasFinding]:
    """Ballots whose rationale rests on something, one finding each.

    Args:
        kind: What they rest on.
        ballots: The ballots; those without a score rest on nothing.
        wording: What a rationale says that does.
        severity: How grave such a sentence is on such a ballot; None if it does not count.
        explanation: What to say about it.
    """
    found: list[BiasFinding] = []
    for ballot in ballots:
        if ballot.score is None:
            continue
        for sentence in sentences(ballot.rationale):
            if not wording.search(sentence) or _CRITICAL.search(sentence):
                continue
            grade = severity(ballot, sentence)
            if grade is not None:
                found.append(_about(ballot, kind, sentence, grade, explanation))
                break
    return found


def _about(
    ballot: Ballot, kind: BiasKind, sentence: str, severity: Severity, explanation: str
) -> BiasFinding:
    return BiasFinding(
        kind=kind,
        detector=kind,
        severity=severity,
        source="rationale",
        quote=sentence[:400],
        seat=ballot.seat,
        criterion=ballot.criterion,
        explanation=explanation,
        suggested_check="vote again on what the response says, leaving this aside",
    )


class Appeal:
    """A detector of claims that ask for credit: authority, majority, feeling, praise, authorship.

    Args:
        kind: What is appealed to.
        cues: How a response words it.
        wording: How a rationale words that it rests on it.
        explanation: What to say about a response that does it.
        excused: A question that asks for such wording; then the response is not noted.
    """

    def __init__(
        self,
        kind: BiasKind,
        cues: Sequence[Cue],
        wording: str,
        explanation: str,
        *,
        excused: Callable[[Docket, Part, Hit], bool] = lambda docket, part, hit: False,
    ) -> None:
        self._kind, self._cues, self._explanation = kind, tuple(cues), explanation
        self._wording = re.compile(wording, re.IGNORECASE)
        self._excused = excused

    def detect(self, docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
        """Note the claims in the responses, and ballots that lean on them.

        A ballot is grave only if a response really makes the appeal that its rationale rests on.
        """
        found: list[BiasFinding] = []
        for part in responses(docket):
            found += first(
                finding(self._kind, part, around(part.text, hit), self._explanation)
                for hit in hits(part.text, self._cues)
                if not mentioned(part.text, hit) and not self._excused(docket, part, hit)
            )
        made = bool(found)
        return found + leaning(
            self._kind,
            ballots,
            self._wording,
            lambda ballot, sentence: "grave" if made else "note",
            f"the rationale rests on {self._kind.replace('_', ' ')}",
        )
