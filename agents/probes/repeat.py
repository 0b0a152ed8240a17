"""Repeat: nothing is changed. What moves here is the judge's own noise, and is subtracted."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe

PROBE = Probe(title="nothing (asked again)", change=lambda case, target: case)
