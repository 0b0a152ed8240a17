"""Probes: copies of a case changed in a way that should not change a judge's verdict.

One probe per file, under `PROBE`. A probe is about nothing that merit depends on: what it adds
holds no fact about the question. Its words are English; on other languages a probe also changes
the language, and its figures say less.
"""

from dikast.agents.probes._contract import Probe, Target, with_text

__all__ = ["Probe", "Target", "with_text"]
