"""Spans of one hearing, printed; needs `pip install 'dikast[otel]'`."""

from __future__ import annotations

import sys

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from dikast import Panel
from dikast.adapters.tracing import trace_with


def line(span: ReadableSpan) -> str:
    told = dict(span.attributes or {})
    shown = {name: told[name] for name in ("dikast.seat", "dikast.score") if name in told}
    return f"{span.name} {shown}\n"


provider = TracerProvider()
provider.add_span_processor(
    SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stdout, formatter=line))
)
with trace_with(provider):
    Panel.embedded().judge(
        question="When was the bridge opened?",
        response="It was opened in 1987.",
        contexts=["The bridge was opened in 1978 and repainted in 2016."],
    )
