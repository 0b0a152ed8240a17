"""Hypothesis strategies for dikast's values; needs `hypothesis` installed.

Every value drawn is one that its type accepts, at the edges of what it accepts: empty and
hostile texts, ids of any characters, abstentions of every reason, scales of every kind.

Examples:
    >>> from hypothesis import find
    >>> find(cases(), lambda case: len(case.candidates) > 1).candidates[1].text
    ''
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pydantic import JsonValue

from dikast.rules import Vote
from dikast.testing.dockets import HOSTILE_TEXTS
from dikast.testing.world import steps
from dikast.types import (
    Abstention,
    Anchor,
    Ballot,
    BiasFinding,
    Candidate,
    Case,
    Context,
    Criterion,
    CriterionVerdict,
    Critique,
    CritiquePoint,
    Dissent,
    Docket,
    Evidence,
    Flip,
    IntegerScale,
    Message,
    OrdinalScale,
    PreferenceScale,
    RealScale,
    Reason,
    Rubric,
    Scale,
    Standing,
    StopReason,
    Transcript,
    Usage,
    Verdict,
    YesNoScale,
)

_CHARACTERS = st.characters(exclude_categories=["Cs"])
_SHORT_HOSTILE = sorted(text for text in HOSTILE_TEXTS.values() if len(text) < 1_000)
_SOURCES = st.sampled_from(["question", "response", "response_b", "context", "reference"])


def texts(*, min_size: int = 0) -> st.SearchStrategy[str]:
    """Any text that can be stored, and texts that break careless code."""
    hostile = [text for text in _SHORT_HOSTILE if len(text) >= min_size]
    return st.text(_CHARACTERS, min_size=min_size, max_size=40) | st.sampled_from(hostile)


def ids() -> st.SearchStrategy[str]:
    """Ids of cases, candidates and passages: 1 to 300 of any characters."""
    odd = ["../x", "a\nb", "ID", "id", "é", "e\u0301", "x" * 300, "=1+1", "\u202e"]
    return st.text(_CHARACTERS, min_size=1, max_size=20) | st.sampled_from(odd)


def names() -> st.SearchStrategy[str]:
    """Ids of criteria."""
    return st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)


def json_values() -> st.SearchStrategy[JsonValue]:
    """What metadata and labels may hold."""
    numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    leaves = st.none() | st.booleans() | numbers | texts()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
        max_leaves=5,
    )


def scales() -> st.SearchStrategy[Scale]:
    """A scale of any kind."""
    return st.one_of(number_scales(), label_scales())


def number_scales() -> st.SearchStrategy[IntegerScale | RealScale]:
    """A scale of numbers."""
    whole = st.tuples(st.integers(-100, 100), st.integers(1, 50)).map(
        lambda pair: IntegerScale(low=pair[0], high=pair[0] + pair[1])
    )
    real = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)).map(
        lambda pair: RealScale(low=pair[0], high=pair[0] + pair[1])
    )
    return whole | real


def label_scales() -> st.SearchStrategy[OrdinalScale | YesNoScale | PreferenceScale]:
    """A scale of labels."""
    labels = st.lists(
        texts(min_size=1).filter(str.strip),
        min_size=2,
        max_size=6,
        unique_by=lambda label: label.strip().casefold(),
    )
    return st.one_of(
        labels.map(lambda some: OrdinalScale(labels=tuple(some))),
        st.just(YesNoScale()),
        st.builds(PreferenceScale, levels=st.sampled_from([3, 5]), ties=st.booleans()),
    )


def scores(scale: Scale) -> st.SearchStrategy[float]:
    """A score that a ballot may hold on a scale."""
    if isinstance(scale, RealScale):
        return st.floats(scale.low, scale.high).map(lambda score: score + 0.0)
    return st.sampled_from(steps(scale))


def votes(scale: Scale, *, min_size: int = 0) -> st.SearchStrategy[list[Vote]]:
    """Standing votes on a scale, of even and uneven weights."""
    weights = st.just(1.0) | st.floats(0.0, 100.0)
    return st.lists(st.builds(Vote, scores(scale), weights), min_size=min_size, max_size=12)


@st.composite
def criteria(draw: st.DrawFn, scale: Scale | None = None) -> Criterion:
    """A criterion, with anchors that fit its scale."""
    on = scale or draw(scales())
    anchors: tuple[Anchor, ...] = ()
    if draw(st.booleans()):
        ends = on.bounds() if isinstance(on, IntegerScale | RealScale) else on.labels
        anchors = tuple(Anchor(score=end, text="what it looks like") for end in ends)
    return Criterion(
        id=draw(names()),
        question=draw(texts(min_size=1)),
        scale=on,
        anchors=anchors,
        weight=draw(st.floats(0.01, 100)),
        needs=tuple(draw(st.sets(st.sampled_from(["question", "reference", "contexts"])))),
    )


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    """A rubric; all of its criteria compare, or none does."""
    some: list[Criterion] = draw(
        st.lists(criteria(), min_size=1, max_size=4, unique_by=lambda c: c.id)
    )
    compares = isinstance(some[0].scale, PreferenceScale)
    kept = [c for c in some if isinstance(c.scale, PreferenceScale) == compares]
    return Rubric(id=draw(texts(min_size=1)), title=draw(texts()), criteria=tuple(kept))


@st.composite
def cases(draw: st.DrawFn, *, candidates: int | None = None) -> Case:
    """A case with one to three candidates, or as many as told."""
    passages = st.lists(ids(), unique=True, max_size=2)
    answered = st.lists(ids(), unique=True, min_size=candidates or 1, max_size=candidates or 3)
    return Case(
        id=draw(ids()),
        question=draw(st.none() | texts()),
        messages=tuple(draw(st.lists(_messages(), max_size=2))),
        candidates=tuple(
            Candidate(id=i, text=draw(texts()), model=draw(st.none() | texts()))
            for i in draw(answered)
        ),
        contexts=tuple(Context(id=i, text=draw(texts())) for i in draw(passages)),
        reference=draw(st.none() | texts()),
        labels=draw(st.dictionaries(texts(), json_values(), max_size=2)),
        metadata=draw(st.dictionaries(texts(), json_values(), max_size=2)),
    )


@st.composite
def dockets(draw: st.DrawFn) -> Docket:
    """A case with one or two of its candidates, in any order."""
    case = draw(cases())
    order = draw(st.permutations([candidate.id for candidate in case.candidates]))
    shown = draw(st.integers(1, min(2, len(order))))
    return Docket(case=case, presentation=tuple(order[:shown]))


@st.composite
def ballots(draw: st.DrawFn) -> Ballot:
    """A ballot with a score or an abstention of any reason."""
    score, abstention = draw(_outcomes())
    return Ballot(
        seat=draw(texts()),
        judge=draw(texts()),
        criterion=draw(names()),
        round=draw(st.integers(0, 2)),
        presentation=tuple(draw(st.lists(ids(), max_size=2))),
        sample=draw(st.integers(0, 63)),
        score=score,
        abstention=abstention,
        rationale=draw(texts()),
        evidence=tuple(draw(st.lists(_evidence(), max_size=2))),
        stated_confidence=draw(st.none() | st.floats(0, 1)),
        grounds=draw(texts()),
        model=draw(st.none() | texts()),
        prompt=draw(st.none() | texts()),
        call=draw(st.none() | texts()),
        raw=draw(st.none() | texts()),
        reasks=draw(st.integers(0, 3)),
        flags=tuple(draw(st.lists(texts(), max_size=2))),
    )


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """What a seat holds after a round."""
    score, abstention = draw(_outcomes())
    return Standing(
        seat=draw(texts()),
        criterion=draw(names()),
        score=score,
        abstention=abstention,
        consistent=draw(st.none() | st.booleans()),
        weight=draw(st.floats(0, 1e6)),
        rationale=draw(texts()),
    )


def findings() -> st.SearchStrategy[BiasFinding]:
    """A bias finding; its quote need not occur anywhere."""
    return st.builds(
        BiasFinding,
        kind=st.sampled_from(["length", "position", "injection", "hidden_text", "other"]),
        detector=texts(),
        severity=st.sampled_from(["note", "grave"]),
        source=_SOURCES,
        quote=texts(min_size=1),
        seat=st.none() | texts(),
        explanation=texts(),
        confidence=st.none() | st.floats(0, 1),
    )


def critiques() -> st.SearchStrategy[Critique]:
    """A critique; its quotes need not occur anywhere."""
    point = st.builds(
        CritiquePoint, claim=texts(min_size=1), quote=texts(min_size=1), source=_SOURCES
    )
    return st.builds(
        Critique,
        critic=texts(),
        criterion=names(),
        round=st.integers(0, 2),
        points=st.lists(point, max_size=2).map(tuple),
        challenged=st.lists(texts(), max_size=2).map(tuple),
        dropped=st.integers(0, 9),
        failure=st.none() | texts(),
    )


def usages() -> st.SearchStrategy[Usage]:
    """What judging cost."""
    counts: dict[str, Any] = {
        name: st.integers(0, 10**9)
        for name in ("calls", "retries", "reasks", "replayed", "input_tokens", "output_tokens")
    }
    return st.builds(Usage, cost=st.none() | st.floats(0, 1e6), **counts)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """A verdict of any status, with a transcript."""
    status = draw(st.sampled_from(["decided", "abstained", "failed", "awaiting_adjudication"]))
    return Verdict(
        case_id=draw(ids()),
        candidates=tuple(draw(st.lists(ids(), min_size=1, max_size=2))),
        panel=draw(texts()),
        status=status,
        reason=None if status == "decided" else draw(st.sampled_from(Reason)),
        detail=draw(texts()),
        score=None if status == "failed" else draw(st.none() | st.floats(-1, 1)),
        confidence=draw(st.none() | st.floats(0, 1)),
        criteria=tuple(draw(st.lists(_decisions(), max_size=2))),
        transcript=draw(transcripts()),
        usage=draw(usages()),
        prompts=draw(st.dictionaries(texts(), texts(), max_size=2)),
    )


def transcripts() -> st.SearchStrategy[Transcript]:
    """Everything that was said, in no sensible order."""
    flip = st.builds(
        Flip,
        seat=texts(),
        criterion=names(),
        round=st.integers(1, 2),
        before=_numbers(),
        after=_numbers(),
        direction=st.sampled_from(["toward_majority", "away_from_majority", "neither"]),
    )
    parts: dict[str, st.SearchStrategy[Any]] = {
        "ballots": ballots(),
        "standings": standings(),
        "findings": findings(),
        "critiques": critiques(),
        "flips": flip,
        "notes": texts(),
    }
    return st.builds(
        Transcript, **{name: st.lists(each, max_size=1).map(tuple) for name, each in parts.items()}
    )


@st.composite
def _decisions(draw: st.DrawFn) -> CriterionVerdict:
    reason = draw(st.none() | st.sampled_from(Reason))
    dissent = st.builds(Dissent, seat=texts(), criterion=names(), score=_numbers(), shown=texts())
    return CriterionVerdict(
        criterion=draw(names()),
        score=draw(_numbers()) if reason is None else None,
        reason=reason,
        shown=draw(texts()),
        agreement=draw(st.none() | st.floats(0, 1)),
        stop=draw(st.sampled_from(StopReason)),
        dissents=tuple(draw(st.lists(dissent, max_size=1))),
    )


@st.composite
def _outcomes(draw: st.DrawFn) -> tuple[float | None, Abstention | None]:
    if draw(st.booleans()):
        return draw(_numbers()), None
    return None, Abstention(reason=draw(st.sampled_from(Reason)), detail=draw(texts()))


def _numbers() -> st.SearchStrategy[float]:
    return st.floats(allow_nan=False, allow_infinity=False)


def _evidence() -> st.SearchStrategy[Evidence]:
    return st.builds(Evidence, quote=texts(min_size=1), source=_SOURCES)


def _messages() -> st.SearchStrategy[Message]:
    role = st.sampled_from(["system", "user", "assistant", "tool"])
    return st.builds(Message, role=role, content=texts())
