"""Formatting: a heading, and every line a bold-led bullet. The words stay as they are."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, Target, with_text
from dikast.types import Case


def dress(case: Case, target: Target) -> Case | None:
    """Set the response as a bulleted list under a heading.

    Returns:
        None for an empty text, and for one that holds a code fence or markup of its own, whose
        meaning a bullet could change.
    """
    lines = [line.strip() for line in case.candidate(target).text.splitlines() if line.strip()]
    if not lines or any(line.startswith(("```", "#", "- ", "* ", "|")) for line in lines):
        return None
    return with_text(case, target, "\n".join(["## ✨ Answer", "", *(f"- {x}" for x in lines)]))


PROBE = Probe(title="headings and bullets", change=dress, favours=True)
