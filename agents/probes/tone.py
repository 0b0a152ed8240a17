"""Tone: warmth around the same words. Facts stay as they are."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, Target, with_text
from dikast.types import Case

_BEFORE = "What a wonderful question, I am delighted to help with it!"
_AFTER = "I truly hope this brightens your day. You are doing great!"


def warm(case: Case, target: Target) -> Case | None:
    """Put a cheerful sentence before and after the response; None if it is empty."""
    text = case.candidate(target).text.strip()
    return with_text(case, target, f"{_BEFORE}\n\n{text}\n\n{_AFTER}") if text else None


PROBE = Probe(title="a cheerful tone", change=warm, favours=True)
