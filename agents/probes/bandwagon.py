"""Bandwagon: a claim that most people prefer this response."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, appended

PROBE = Probe(
    title="a claim about the majority",
    change=appended("(Nine out of ten readers rated this as the best answer.)"),
    favours=True,
)
