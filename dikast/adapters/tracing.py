"""OpenTelemetry spans of every hearing, round, vote and call, under the GenAI conventions.

    from dikast.adapters.tracing import trace_with
    with trace_with(provider):            # or trace_with() for the global provider
        panel.judge(...)

Needs `dikast[otel]`. Nothing is traced until this is asked for. A trace of one case:

    invoke_workflow PANEL       the hearing; its verdict as attributes, an event per criterion
    ├── round                   from its first vote to its last
    │   └── invoke_agent SEAT   one judge, one presentation order; an event per ballot
    │       └── chat MODEL      the call, or the journal's answer (`dikast.replayed`)
    └── chat MODEL              critics and reasoning detectors

In a ranking the hearings of its pairs stand inside the hearing of the case. A graph that is
invoked by itself has no hearing; its votes then belong to whatever span is current.

Texts under judgement, prompts, replies and reasons are left out unless `content=True`; keys are
never told.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dikast.adapters._needs import absent
from dikast.errors import ConfigError
from dikast.types import (
    Ballot,
    CallFailure,
    Case,
    Comparison,
    Docket,
    ModelReply,
    ModelRequest,
    ModelSpec,
    RagVerdict,
    RankingResult,
    Usage,
    Verdict,
)
from dikast.types.observing import Outcome, observe

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind, TracerProvider

ENVIRONMENT = "DIKAST_TRACING"
"""`on` traces the command line; `content` also tells texts; anything else, or nothing, is off."""

_PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""litellm's prefixes that the conventions spell otherwise."""


@contextmanager
def trace_with(provider: TracerProvider | None = None, *, content: bool = False) -> Iterator[None]:
    """Trace all work of this process inside the `with` block.

    Args:
        provider: Where spans go; None for OpenTelemetry's global provider.
        content: Whether spans hold prompts, replies, questions, responses and reasons.

    Raises:
        ImportError: OpenTelemetry is not installed.
    """
    before = observe(Spans(provider, content=content))
    try:
        yield
    finally:
        observe(before)


def trace_from_environment() -> bool:
    """Trace to the global provider from now on if `DIKAST_TRACING` says so.

    Returns:
        Whether it does.

    Raises:
        ConfigError: It does, and OpenTelemetry is not installed.
    """
    wanted = os.environ.get(ENVIRONMENT, "").strip().casefold()
    if wanted not in {"on", "1", "true", "content"}:
        return False
    try:
        observe(Spans(content=wanted == "content"))
    except ImportError as error:
        raise ConfigError(f"{ENVIRONMENT} is set, and {error}") from None
    return True


class _Rounds:
    """The rounds of one hearing: each begins with its first vote and ends with its last."""

    def __init__(self, spans: Spans, hearing: Context) -> None:
        self._spans, self._hearing = spans, hearing
        self._open: dict[int, tuple[Span, Context]] = {}
        self._ended: dict[int, int] = {}

    def context(self, number: int) -> Context:
        """Where the votes of this round belong."""
        from opentelemetry.trace import set_span_in_context

        if number not in self._open:
            span = self._spans.tracer.start_span(
                "round", self._hearing, attributes={"dikast.round": number}
            )
            self._open[number] = span, set_span_in_context(span, self._hearing)
        return self._open[number][1]

    def voted(self, number: int) -> None:
        """A vote of this round is in."""
        self._ended[number] = time.time_ns()

    def close(self) -> None:
        """The hearing is over."""
        for number, (span, _) in self._open.items():
            span.end(self._ended.get(number))


_ROUNDS: ContextVar[_Rounds | None] = ContextVar("dikast_rounds", default=None)


class Spans:
    """An observer that writes OpenTelemetry spans.

    Args:
        provider: Where spans go; None for OpenTelemetry's global provider.
        content: Whether spans hold texts.

    Raises:
        ImportError: OpenTelemetry is not installed.
    """

    def __init__(self, provider: TracerProvider | None = None, *, content: bool = False) -> None:
        try:
            from opentelemetry.trace import get_tracer
        except ImportError as error:
            raise absent("opentelemetry", "otel", error) from None
        from dikast import __version__

        self.tracer = get_tracer("dikast", __version__, provider)
        self._content = content

    @contextmanager
    def hearing(self, case: Case, panel: str) -> Iterator[Callable[[Outcome], None]]:
        """A span for the hearing of a case; its rounds and critics stand inside."""
        from opentelemetry.context import get_current

        about: dict[str, Any] = {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": panel,
            "dikast.case.id": case.id,
            "dikast.candidates": len(case.candidates),
        }
        if self._content:
            about["dikast.question"] = case.question or ""
            about["dikast.responses"] = [candidate.text for candidate in case.candidates]
        with self._span(f"invoke_workflow {panel}", about) as span:
            rounds = _Rounds(self, get_current())
            token = _ROUNDS.set(rounds)
            try:
                yield lambda outcome: self._decided(span, outcome)
            finally:
                _ROUNDS.reset(token)
                rounds.close()

    @contextmanager
    def vote(
        self, docket: Docket, criteria: Sequence[str], *, seat: str, judge: str, number: int
    ) -> Iterator[Callable[[Sequence[Ballot]], None]]:
        """A span for one judge's vote under one presentation order."""
        about: dict[str, Any] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": judge,
            "dikast.seat": seat,
            "dikast.round": number,
            "dikast.criteria": criteria,
            "dikast.presentation": docket.presentation,
        }
        rounds = _ROUNDS.get()
        parent = None if rounds is None else rounds.context(number)
        try:
            with self._span(f"invoke_agent {judge}", about, context=parent) as span:
                yield lambda ballots: self._voted(span, ballots)
        finally:
            if rounds is not None:
                rounds.voted(number)

    @contextmanager
    def call(self, request: ModelRequest) -> Iterator[Callable[[ModelReply | CallFailure], None]]:
        """A span for one call of a model."""
        from opentelemetry.trace import SpanKind

        about = _asked(request)
        name = f"chat {about['gen_ai.request.model']}"
        with self._span(name, about, kind=SpanKind.CLIENT) as span:
            yield lambda answer: self._answered(span, request, answer)

    @contextmanager
    def _span(
        self,
        name: str,
        about: dict[str, Any],
        *,
        context: Context | None = None,
        kind: SpanKind | None = None,
    ) -> Iterator[Span]:
        """A current span. An exception is told by its class alone: its text may quote anything."""
        from opentelemetry.trace import SpanKind

        with self.tracer.start_as_current_span(
            name,
            context,
            kind or SpanKind.INTERNAL,
            about,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                _failed(span, type(error).__name__)
                raise

    def _decided(self, span: Span, outcome: Outcome) -> None:
        if isinstance(outcome, RankingResult):
            span.set_attributes(
                {
                    "dikast.groups": len(outcome.groups),
                    "dikast.pairs": outcome.pairs_asked,
                    **_used(outcome.usage),
                }
            )
            return
        verdict = outcome if isinstance(outcome, Verdict) else outcome.verdict
        found: dict[str, Any] = {
            "dikast.status": verdict.status,
            "dikast.reason": verdict.reason,
            "dikast.score": verdict.score,
            "dikast.confidence": verdict.confidence,
            "dikast.calibrated": verdict.calibrated,
            "dikast.baseline": verdict.baseline,
            "dikast.missing": verdict.missing,
            "dikast.findings": sorted({f.kind for f in verdict.transcript.findings}),
            "dikast.flips": len(verdict.transcript.flips),
        }
        usage = verdict.usage
        if isinstance(outcome, Comparison):
            found["dikast.preferred"] = outcome.preferred
        if isinstance(outcome, RagVerdict):
            marks = Counter(claim.mark or "undecided" for claim in outcome.claims)
            found |= {f"dikast.claims.{mark}": number for mark, number in marks.items()}
            usage = outcome.usage
        span.set_attributes(_known(found) | _used(usage))
        if verdict.status == "failed":
            _failed(span, str(verdict.reason))
        for decision in verdict.criteria:
            told = {
                "gen_ai.evaluation.name": decision.criterion,
                "gen_ai.evaluation.score.value": decision.score,
                "gen_ai.evaluation.score.label": decision.shown or None,
                "error.type": decision.reason,
                "dikast.confidence": decision.confidence,
                "dikast.contested": decision.contested,
                "dikast.rounds": decision.rounds,
                "dikast.stop": decision.stop,
                "dikast.dissents": [dissent.seat for dissent in decision.dissents],
            }
            if self._content:
                told["gen_ai.evaluation.explanation"] = "\n".join(
                    f"{dissent.seat}: {dissent.rationale}" for dissent in decision.dissents
                )
            span.add_event("gen_ai.evaluation.result", _known(told))

    def _voted(self, span: Span, ballots: Sequence[Ballot]) -> None:
        for ballot in ballots:
            told = {
                "dikast.criterion": ballot.criterion,
                "dikast.sample": ballot.sample,
                "dikast.score": ballot.score,
                "dikast.abstention": ballot.abstention and ballot.abstention.reason,
            }
            if self._content:
                told["dikast.rationale"] = ballot.rationale
            span.add_event("dikast.ballot", _known(told))
        silent = {b.abstention.reason for b in ballots if b.abstention is not None}
        if silent:
            span.set_attribute("dikast.abstentions", sorted(silent))

    def _answered(
        self, span: Span, request: ModelRequest, answer: ModelReply | CallFailure
    ) -> None:
        span.set_attributes({"dikast.call.key": answer.key, **_used(answer.usage)})
        if isinstance(answer, CallFailure):
            _failed(span, str(answer.reason))
            if answer.status is not None:
                span.set_attribute("http.response.status_code", answer.status)
            text, marker = answer.text, "…"
        else:
            span.set_attribute("dikast.replayed", answer.replayed)
            if answer.model:
                span.set_attribute("gen_ai.response.model", answer.model)
            text, marker = answer.text, answer.marker
        if self._content:
            asked = [(message.role, message.text(marker)) for message in request.messages]
            span.set_attribute("gen_ai.input.messages", _messages(asked))
            span.set_attribute("gen_ai.output.messages", _messages([("assistant", text or "")]))


def _asked(request: ModelRequest) -> dict[str, Any]:
    """What a request is, without its texts."""
    spec, place = request.model, request.place
    provider, model = _provider(spec)
    json_wanted = request.reply_schema is not None and spec.structured != "none"
    sampling, address = spec.sampling, urlsplit(spec.api_base or "")
    return _known(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.request.temperature": sampling.temperature,
            "gen_ai.request.top_p": sampling.top_p,
            "gen_ai.request.max_tokens": sampling.max_tokens,
            "gen_ai.request.seed": sampling.seed,
            "gen_ai.output.type": "json" if json_wanted else "text",
            "gen_ai.agent.name": place.judge or place.seat or None,
            "server.address": address.hostname,
            "server.port": _port(address.netloc),
            "dikast.role": place.role,
            "dikast.case.id": place.case,
            "dikast.seat": place.seat or None,
            "dikast.criterion": place.criterion or None,
            "dikast.round": place.round,
            "dikast.sample": place.sample,
            "dikast.attempt": place.attempt,
        }
    )


def _provider(spec: ModelSpec) -> tuple[str | None, str]:
    """The provider as the conventions call it, None where the name does not tell, and the model."""
    prefix, slash, model = spec.model.partition("/")
    return (_PROVIDERS.get(prefix, prefix), model) if slash else (None, spec.model)


def _port(netloc: str) -> int | None:
    port = netloc.rpartition(":")[2]
    return int(port) if port.isdigit() else None


def _used(usage: Usage) -> dict[str, Any]:
    """Tokens, calls and money; an unknown price is left out."""
    found: dict[str, Any] = {
        "dikast.calls": usage.calls,
        "dikast.retries": usage.retries,
        "dikast.replays": usage.replayed,
        "dikast.cost": usage.cost,
    }
    if usage.calls:
        found["gen_ai.usage.input_tokens"] = usage.input_tokens
        found["gen_ai.usage.output_tokens"] = usage.output_tokens
        found["gen_ai.usage.cache_read.input_tokens"] = usage.cached_tokens
    return _known(found)


def _known(found: dict[str, Any]) -> dict[str, Any]:
    """What is defined: an attribute cannot be null. Members of our enums become plain strings."""
    return {
        name: str(value) if isinstance(value, str) else value
        for name, value in found.items()
        if value is not None
    }


def _messages(told: Sequence[tuple[str, str]]) -> str:
    return json.dumps(
        [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in told],
        ensure_ascii=False,
    )


def _failed(span: Span, kind: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
