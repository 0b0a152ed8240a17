"""Authority: an invented citation is added, which supports nothing in particular."""

from __future__ import annotations

from dikast.agents.probes._contract import Probe, appended

PROBE = Probe(
    title="an invented citation",
    change=appended(
        "(See Hartwell & Osei, 2019, Journal of Applied Inquiry 12(3), pp. 114-131; the findings "
        "were confirmed by experts in the field.)"
    ),
    favours=True,
)
