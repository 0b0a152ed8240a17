"""Coverage: whether all that was asked, or all that a reference says, is taken up.

With a reference: the share of what it says beyond the question. Without: the share of the
question's telling words that the response, or the passage it draws on, takes up, and whether it
gives a thing of the kind asked for. A baseline that measures wording.
"""

from __future__ import annotations

from dikast.agents.embedded._faults import near
from dikast.agents.embedded._reading import Reading, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import Assessment, RuleJudge
from dikast.agents.embedded.answers import evasion
from dikast.types import Source

_UNFIT = 0.35


class Coverage(RuleJudge):
    """Judges how much of what was wanted is there."""

    kind = "coverage"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """The share that is taken up; relevance is to the question, whatever a reference says."""
        if not reading.response.words:
            return Assessment(0.0, "The response holds no word.")
        expected = reading.expected
        shown = quoting(reading.response.text, where)
        if expected and aspect == "completeness":
            have = sum(word.key in reading.response.keys for word in expected)
            why = f"{have} of {len(expected)} words that the reference adds are in the response."
            return Assessment(have / len(expected), why, shown)
        asked = reading.question.content_keys
        if not asked:
            return Assessment(None, "there is neither a question nor a reference to cover")
        fault = evasion(reading)
        if fault:
            return Assessment(_UNFIT, f"Not answered: {fault}.", shown)
        share = len(asked & near(reading)) / len(asked)
        why = f"{share:.0%} of the question's telling words are taken up."
        return Assessment(0.5 + share / 2, why, shown)


JUDGE = Coverage
