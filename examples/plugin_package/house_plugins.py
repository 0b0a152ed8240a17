"""A rule, a detector and a reply format of your own, in one file; see `pyproject.toml` beside it.

Once installed they are chosen by name, in a panel file or in code, like those that come with
dikast. `examples/own_plugins.py` uses them and holds them to what dikast promises of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import JsonValue

from dikast.formats.contract import Read, Unread
from dikast.formats.scores import read_score
from dikast.rules import Decision, Vote
from dikast.types import Ballot, BiasFinding, Criterion, Docket, Reason, Scale

# -- a rule: standing votes in, a decision out -------------------------------------------------


def decide(votes: Sequence[Vote], scale: Scale) -> Decision:
    """Unanimous: all seats vote the same, or it is a tie between all that was voted."""
    scores = sorted({vote.score for vote in votes})
    return Decision(scores[0]) if len(scores) == 1 else Decision(None, tuple(scores))


# -- a detector: what may sway a judge besides merit, with a quotation that must occur ---------

_SALES = re.compile(r"\b(?:buy now|limited offer|best in class|act today)\b", re.IGNORECASE)


def detect(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    """Sales talk: words that advertise where an answer was asked for."""
    return [
        BiasFinding(
            kind="other",
            detector="sales_talk",
            source="response" if candidate_id == docket.canonical[0] else "response_b",
            candidate=candidate_id,
            quote=found.group(),
            explanation="it advertises",
        )
        for candidate_id in docket.canonical[:2]
        for found in _SALES.finditer(docket.case.candidate(candidate_id).text[:100_000])
    ]


# -- a reply format: how to ask and how to read, side by side ----------------------------------

_TAG = re.compile(r"<verdict>([^<]{1,40})</verdict>")


class VerdictTag:
    """Prose, then `<verdict>4</verdict>`."""

    name = "verdict_tag"

    def instructions(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> tuple[str | None, ...]:
        wanted = criteria[0].scale.describe()
        return (f"Give your reasons, then <verdict>…</verdict> around your answer: {wanted}.",)

    def schema(
        self, criteria: Sequence[Criterion], *, revising: bool = False
    ) -> dict[str, JsonValue] | None:
        return None

    def read(
        self, text: str, criteria: Sequence[Criterion], *, marker: str
    ) -> dict[str, Read | Unread]:
        tags = list(_TAG.finditer(text[:100_000]))
        answers = {tag.group(1).strip() for tag in tags}
        found: Read | Unread
        if len(answers) != 1:
            reason = Reason.AMBIGUOUS if answers else Reason.MALFORMED
            found = Unread(reason, f"{len(answers)} different verdicts")
        else:
            score = read_score(answers.pop(), criteria[0])
            reasons = text[: tags[0].start()].strip()[:20_000]
            found = score if isinstance(score, Unread) else Read(score, reasons)
        return {criterion.id: found for criterion in criteria}


FORMAT = VerdictTag()
