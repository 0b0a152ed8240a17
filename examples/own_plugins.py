"""A panel that uses a rule, a detector and a reply format of a package of your own.

    pip install ./examples/plugin_package
    python examples/own_plugins.py

Nothing of dikast is edited: an entry point of the group `dikast` makes each known by its name. A
scripted model stands in for the judges, so that this runs offline.
"""

from __future__ import annotations

import sys

from dikast import JudgeSpec, Panel, registry
from dikast.testing import ScriptedModel, check_detector, check_format, check_rule

SCRIPT = {
    "anna": "Short and right. <verdict>5</verdict>",
    "bert": "It sells more than it says. <verdict>2</verdict>",
    "cleo": "It answers. <verdict>4</verdict>",
}


def main() -> None:
    if "unanimous" not in registry.names("rules"):
        sys.exit("first: pip install ./examples/plugin_package")

    check_rule(registry.load("rules", "unanimous"))
    check_detector(registry.load("detectors", "sales_talk"))
    check_format(registry.load("formats", "verdict_tag"))
    print("rule, detector and format keep what they must")

    panel = Panel(
        [JudgeSpec(name=name, model="openai/any", format="verdict_tag") for name in SCRIPT],
        rubric="helpfulness",
        rule="unanimous",
        gateway=ScriptedModel(SCRIPT),
    )
    advertised = panel.judge(
        question="Does the kettle switch itself off?",
        response="Yes, at 100 degrees. Limited offer, buy now!",
    )
    for decision in advertised.criteria:
        print(f"{advertised.status}: {decision.detail or decision.shown}")
    for finding in advertised.transcript.findings:
        print(f"{finding.detector}: “{finding.quote}”, {finding.explanation}")


if __name__ == "__main__":
    main()
