"""Padding: a paragraph that says nothing is added to the response."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, appended

PROBE = Probe(
    title="a paragraph without content",
    change=appended(
        "To sum up, the points above cover what was asked, each in its turn. As with any subject, "
        "there is always more that could be said, and different readers will find different parts "
        "of it helpful. What has been set out here should serve as an answer to the question as "
        "it was put."
    ),
    favours=True,
)
