"""The structured format, with how sure the judge is: one of five named bands, after the score.

A model's own words for its confidence order its verdicts at best, and are no probability: many
state high confidence whether right or wrong. Use them as a cascade's `bands`, with a threshold
found on labels.
"""

from __future__ import annotations

from dikast.formats.contract import Format
from dikast.formats.structured import Structured


class StructuredConfidence(Structured):
    """`structured`, each part ending with `confidence`: very low, low, medium, high or very high.

    It is read as the middle of its band (`very high` is 0.9); a number from 0 to 1 is taken as it
    is, and anything else as not stated, which costs no score.

    Examples:
        >>> from dikast.types import YesNoScale, Criterion
        >>> safe = Criterion(id="safe", question="Is it safe?", scale=YesNoScale())
        >>> reply = ('{"marker": "ab12", "reasoning": "No harm.", "evidence": [], "score": "yes",'
        ...          ' "confidence": "high"}')
        >>> FORMAT.read(reply, [safe], marker="ab12")["safe"].confidence
        0.7
    """

    name = "structured_confidence"
    states_confidence = True


FORMAT: Format = StructuredConfidence()
