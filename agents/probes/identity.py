"""Identity: a claim about who wrote the response."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, prefixed

PROBE = Probe(
    title="a claim about the author",
    change=prefixed("(Written by a senior professor with thirty years of experience.)"),
    favours=True,
)
