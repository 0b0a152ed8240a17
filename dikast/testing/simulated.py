"""Simulated judges: the truth of a world, bent by planted faults of known probability.

What a judge says is a pure function of its name, its seed and what it is shown. It does not
depend on when it is asked, nor on whether it sits in the panel itself (`vote`) or answers behind
a loopback server (`reply`): both say the same. So what dikast measures can be held against what
was planted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dikast.agents.contract import Brief
from dikast.testing.chat import ChatRequest
from dikast.testing.faults import chance
from dikast.testing.misdeeds import PROSE
from dikast.testing.replies import structured_reply
from dikast.testing.views import View, docket_view, leading, prompt_view, quotation
from dikast.testing.world import INJECTION, Claim, World, merits, steps
from dikast.types import (
    Abstention,
    Ballot,
    Criterion,
    Docket,
    Evidence,
    Gateway,
    IntegerScale,
    PreferenceScale,
    RawScore,
    RealScale,
    Reason,
    Scale,
    Source,
)

_UNREADABLE = {
    Reason.MALFORMED: PROSE,
    Reason.REFUSED: "I'm sorry, but I can't help with that.",
    Reason.EMPTY: "",
}
"""Replies without any verdict."""

FAILURES = frozenset({*_UNREADABLE, Reason.OFF_SCALE, Reason.AMBIGUOUS, Reason.WRONG_MARKER})
"""How a simulated reply can fail to be read."""


@dataclass(frozen=True, kw_only=True)
class SimulatedJudge:
    """A judge with planted properties; each draw below is independent of the others.

    Each request first fails with the probabilities of `failures`. Otherwise, in the private
    round, the first of these that applies gives the score:

    1. with probability `obeys_injection`, if one text shown (and not the other) holds
       `INJECTION`: the best score, or the strongest preference for that text;
    2. pairs: with probability `abs(order_bias)`: the mild preference for the first slot, for the
       second if negative;
    3. pairs: with probability `length_bias`: the mild preference for the longer text, unless both
       are equally long;
    4. with probability `accuracy` the truth, else any other step of the scale, each alike. The
       score of a single response then moves one step up if its text is longer than the world's
       typical length, down if shorter, with probability `length_bias`, and one step down with
       probability `drift` times the case's progress through the world (up if negative).

    At last, whatever gave it, the score moves one step up or down, evenly, with probability
    `noise`. No move leaves the scale: at its end the score stays.

    When asked to vote again, the judge adopts what the critique argues for with probability
    `persuasion`; else what most arguments hold, if one score leads, with probability
    `conformity`; else it keeps its own vote. A judge without an earlier vote votes as in private.

    Two seats that should differ need two judges of different names or seeds.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> quality = Criterion(id="quality", question="Is it good?", scale=IntegerScale())
        >>> cases = [Case(id=f"c{i}", candidates=(Candidate(text=str(i)),)) for i in range(500)]
        >>> world = World(cases, [quality])
        >>> judge = SimulatedJudge(name="ann", world=world, accuracy=0.8)
        >>> right = sum(judge.opinion(View(c, c.candidates, ("quality",)), quality)
        ...             == world.truth(c.id, "quality") for c in cases)
        >>> 350 < right < 450
        True
    """

    name: str
    world: World = field(repr=False)
    accuracy: float = 1.0
    noise: float = 0.0
    order_bias: float = 0.0
    length_bias: float = 0.0
    drift: float = 0.0
    obeys_injection: float = 0.0
    persuasion: float = 0.0
    conformity: float = 0.0
    failures: Mapping[Reason, float] = field(default_factory=dict)
    """Probability of each failure, per request; over HTTP a re-ask is drawn anew, and in process
    there is no re-ask."""
    samples: int = 1
    """Ballots per criterion, in process."""
    by_marker: bool = False
    """Over HTTP: whether requests that differ in nothing but their marker (samples of one seat)
    get independent answers. Those are then others in the next run."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("accuracy", "noise", "length_bias", "obeys_injection"):
            _probability(name, getattr(self, name))
        for name in ("persuasion", "conformity"):
            _probability(name, getattr(self, name))
        for name in ("order_bias", "drift"):
            _probability(name, abs(getattr(self, name)))
        unknown = set(self.failures) - FAILURES
        if unknown:
            raise ValueError(f"a simulated reply cannot fail by `{min(unknown)}`")
        _probability("failures", sum(self.failures.values()))

    async def vote(
        self,
        docket: Docket,
        criteria: Sequence[Criterion],
        *,
        seat: str,
        round: int,  # noqa: A002 - the field's own word
        brief: Brief | None = None,
        gateway: Gateway | None = None,
    ) -> list[Ballot]:
        """Cast ballots as a judge of a panel does; no gateway is used."""
        ballots = []
        for sample in range(self.samples):
            view = docket_view(docket, criteria, brief=brief, sample=sample)
            failure = self.failure(view)
            for criterion in criteria:
                ballot = Ballot(
                    seat=seat,
                    judge=self.name,
                    criterion=criterion.id,
                    round=round,
                    presentation=docket.presentation,
                    sample=sample,
                    **(self._said(view, criterion) if failure is None else _abstained(failure)),
                )
                ballots.append(ballot)
        return ballots

    def reply(self, request: ChatRequest) -> str:
        """Answer a request over the wire, in the structured format.

        Raises:
            LookupError: The prompt shows no case of the world, or asks for no criterion of it.
        """
        view = prompt_view(self.world, request)
        if self.by_marker:
            view = view._replace(nonce=request.marker or "")
        failure = self.failure(view)
        if failure in _UNREADABLE:
            return _UNREADABLE[failure]
        scores = {c: self.opinion(view, self.world.criteria[c]) for c in view.criteria}
        text = self._structured(request, view, scores, failure)
        if failure is Reason.AMBIGUOUS:
            others = {
                c: self._another(view, self.world.criteria[c], s, "second")
                for c, s in scores.items()
            }
            text += "\n\n" + self._structured(request, view, others, failure)
        return text

    def failure(self, view: View) -> Reason | None:
        """Why the reply to this request cannot be read; None if it can."""
        rest = self._draw(view, "failure", "+".join(view.criteria), view.attempt, view.hearing)
        for reason in sorted(self.failures):
            rest -= self.failures[reason]
            if rest < 0:
                return reason
        return None

    def opinion(self, view: View, criterion: Criterion) -> float:
        """The score that the judge gives, in canonical terms, if its reply can be read."""
        own = sorted(claim.score for claim in view.own if claim.criterion == criterion.id)
        if not own:
            return self._private(view, criterion)
        for way, claims, probability in (
            ("persuasion", view.critique, self.persuasion),
            ("conformity", view.arguments, self.conformity),
        ):
            argued = leading(claims, criterion.id)
            drawn = self._draw(view, way, criterion.id, view.hearing)
            if argued is not None and drawn < probability:
                return argued
        return own[(len(own) - 1) // 2]

    def _private(self, view: View, criterion: Criterion) -> float:
        """The score of the private round."""
        score = self._swayed(view, criterion)
        if score is None:
            score = self.world.truth(view.case.id, criterion.id, view.canonical)
            if score not in steps(criterion.scale) or (
                self._draw(view, "accuracy", criterion.id) >= self.accuracy
            ):
                score = self._another(view, criterion, score, "error")
            if len(view.shown) == 1:
                score = self._lengthened(view, criterion, score)
        if self._draw(view, "noise", criterion.id) < self.noise:
            score = _moved(
                criterion, score, 1 if self._draw(view, "up", criterion.id) < 0.5 else -1
            )
        return score

    def _swayed(self, view: View, criterion: Criterion) -> float | None:
        """The score that something other than merit gives; None if nothing does."""
        best = steps(criterion.scale)[-1]
        injected = [slot for slot, shown in enumerate(view.shown) if INJECTION in shown.text]
        if (
            len(injected) == 1
            and self._draw(view, "injection", criterion.id) < self.obeys_injection
        ):
            return best * view.toward(injected[0]) if len(view.shown) > 1 else best
        if len(view.shown) < 2:
            return None
        if self._draw(view, "order", criterion.id) < abs(self.order_bias):
            return view.toward(0 if self.order_bias > 0 else 1)
        lengths = [len(candidate.text) for candidate in view.shown]
        if lengths[0] != lengths[1] and self._draw(view, "length", criterion.id) < self.length_bias:
            return view.toward(lengths.index(max(lengths)))
        return None

    def _lengthened(self, view: View, criterion: Criterion, score: float) -> float:
        """The score of a single response, moved by its length and by the judge's drift."""
        longer = len(view.shown[0].text) - self.world.typical_length
        if longer and self._draw(view, "length", criterion.id) < self.length_bias:
            score = _moved(criterion, score, 1 if longer > 0 else -1)
        drifted = abs(self.drift) * self.world.progress(view.case.id)
        if self._draw(view, "drift", criterion.id) < drifted:
            score = _moved(criterion, score, -1 if self.drift > 0 else 1)
        return score

    def _another(self, view: View, criterion: Criterion, score: float, why: str) -> float:
        """Any other step of the scale, each alike."""
        others = [step for step in steps(criterion.scale) if step != score]
        return others[int(self._draw(view, why, criterion.id) * len(others))]

    def _draw(self, view: View, *what: object) -> float:
        return chance(self.seed, self.name, *view.key, *what)

    def _said(self, view: View, criterion: Criterion) -> dict[str, object]:
        """What a ballot holds."""
        score = self.opinion(view, criterion)
        quote = quotation(view.shown[0].text)
        source: Source = "response" if view.toward(0) > 0 else "response_b"
        return {
            "score": score,
            "rationale": self._rationale(view, criterion, score),
            "evidence": () if quote is None else (Evidence(quote=quote, source=source),),
            "grounds": _grounds(view, criterion.id, score),
        }

    def _rationale(self, view: View, criterion: Criterion, score: float) -> str:
        # The number keeps equal views of several judges apart where equal texts are shown once.
        number = int(self._draw(view, "reading", criterion.id) * 1e6)
        return f"Reading {number:06d}. {merits(Claim(criterion.id, score))}"

    def _structured(
        self,
        request: ChatRequest,
        view: View,
        scores: Mapping[str, float],
        failure: Reason | None,
    ) -> str:
        """A reply of the structured format; `failure` says what is wrong with it."""
        answers: dict[str, RawScore] = {}
        for criterion_id, score in scores.items():
            scale = self.world.criteria[criterion_id].scale
            slot_terms = score * view.toward(0) if isinstance(scale, PreferenceScale) else score
            off = failure is Reason.OFF_SCALE
            answers[criterion_id] = _off_scale(scale) if off else written(scale, slot_terms)
        first, quote = view.criteria[0], quotation(view.shown[0].text)

        def reasoning(asked: str) -> str:
            criterion = self.world.criteria[asked or first]
            return self._rationale(view, criterion, scores[criterion.id])

        def grounds(asked: str) -> str:
            return _grounds(view, asked or first, scores[asked or first])

        return structured_reply(
            request if request.schema is not None else view.criteria,
            score=lambda asked: answers[asked or first],
            reasoning=reasoning,
            evidence=[] if quote is None else [quote],
            marker="0" * 16 if failure is Reason.WRONG_MARKER else request.marker,
            **({"grounds": grounds} if view.own else {}),
        )


def written(scale: Scale, score: float) -> RawScore:
    """A score as a judge writes it: a number, or the label of a step in slot terms.

    Examples:
        >>> written(PreferenceScale(levels=5), -2.0)
        'B>>A'
    """
    if not scale.labelled:
        return int(score) if score.is_integer() else score
    assert not isinstance(scale, IntegerScale | RealScale)
    return next(label for label in scale.labels if scale.accept(label) == score)


def _off_scale(scale: Scale) -> RawScore:
    return "beyond compare" if scale.labelled else scale.bounds()[1] + 1


def _grounds(view: View, criterion: str, after: float) -> str:
    """What a revision says of itself; nothing where there was no earlier vote."""
    before = {claim.score for claim in view.own if claim.criterion == criterion}
    if not before:
        return ""
    return "Nothing raised holds." if after in before else "The point raised holds."


def _abstained(reason: Reason) -> dict[str, object]:
    return {"abstention": Abstention(reason=reason, detail="simulated")}


def _moved(criterion: Criterion, score: float, by: int) -> float:
    """The next step of the scale in a direction; the same at its end."""
    every = steps(criterion.scale)
    return every[min(max(every.index(score) + by, 0), len(every) - 1)]


def _probability(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"`{name}` must be a probability, got {value}")
