"""Verdicts and rationales as training data: chats for fine-tuning, chosen and rejected for DPO.

    sft           of a run that judges or compares: the question a judge was asked, and the reply of
                  a judge whose private vote the decision bears out
    preferences   of a run that compares: the question, the preferred response, the other one
                  of a run that judges: the question a judge was asked, the rationale of the vote
                  nearest to the decision, and that of the farthest

Only what is sure is taken: decided by people, or decided by the panel with enough confidence and
not contested. What is left out is counted by why. Questions are written out anew, without fences
and markers, which are secrets of a request; each row says by its digest which prompt was used.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dikast import registry
from dikast.agents.standing import counts
from dikast.agents.tally import near
from dikast.errors import ConfigError
from dikast.records.export import line_of, replacing
from dikast.records.runfile import RunFile
from dikast.types import (
    Ballot,
    Case,
    Criterion,
    CriterionVerdict,
    PanelSpec,
    PreferenceScale,
    Reason,
    Verdict,
    compared,
)

FORMS = ("sft", "preferences")
Row = dict[str, Any]


class Bar(NamedTuple):
    """What a verdict must come to before anybody learns from it."""

    confidence: float = 0.8
    """Least confidence of a panel's decision; people's decisions pass."""
    gap: float = 0.5
    """Preferences: least margin of a pair (0 to 1), or least distance of two votes, as a share of
    the scale."""
    baselines: bool = False
    """Whether rationales of rule-backed judges count; they are templates, and teach a template."""


class Learned(NamedTuple):
    """What was written."""

    rows: int
    left_out: dict[str, int]
    """How many verdicts, votes or pairs were left out, by why; most frequent first."""


def write_training(run: RunFile, path: Path, form: str, bar: Bar | None = None) -> Learned:
    """Write a run as training data, the whole file or nothing; memory stays flat.

    Args:
        run: An open run that judges or compares.
        path: A file of JSON lines.
        form: `sft` or `preferences`.
        bar: What is sure enough; None for the defaults.

    Raises:
        ConfigError: There is no such form, the run is of another kind, or the file's name does not
            end in .jsonl.
        StoreError: It cannot be written; what stood there is unchanged.
    """
    if form not in FORMS:
        raise registry.unknown("form of training data", form, FORMS)
    kind, panel = run.identity.kind, run.identity.panel
    if kind not in ("judge", "compare") or panel is None:
        raise ConfigError(
            f"`{run.path.name}` is a run of `{kind}`; training data come of runs that judge or "
            "compare.",
            hint="Compare pairs by `dikast compare`, or judge by `dikast judge`.",
        )
    if path.suffix != ".jsonl":
        raise ConfigError(f"`{path}` is no .jsonl.", hint="Training data are JSON lines.")
    maker = _Maker(panel, bar or Bar())
    number = 0
    with replacing(path) as target:
        for verdict in run.verdicts():
            case = run.case(verdict.case_id)
            if case is None:
                continue
            for row in maker.rows(verdict, case, form, pairs=kind == "compare"):
                target.write(line_of(json.dumps(row, ensure_ascii=False)) + "\n")
                number += 1
    return Learned(number, dict(sorted(maker.out.items(), key=lambda e: (-e[1], e[0]))))


class _Maker:
    def __init__(self, panel: PanelSpec, bar: Bar) -> None:
        self.panel, self.bar = panel, bar
        self.out: Counter[str] = Counter()
        self.embedded = {j.name for j in (*panel.judges, *panel.reserves) if j.embedded}

    def rows(self, verdict: Verdict, case: Case, form: str, *, pairs: bool) -> Iterator[Row]:
        if _pictured(case):
            self.out["cases with images"] += 1
        elif form == "preferences" and pairs:
            yield from self._responses(verdict, case)
        else:
            for decision in verdict.criteria:
                if self._sure(decision, verdict):
                    ballots = self._ballots(verdict, decision)
                    make = self._chats if form == "sft" else self._rationales
                    yield from make(verdict, case, decision, ballots)

    def _sure(self, decision: CriterionVerdict, verdict: Verdict) -> bool:
        """Whether a decision may teach; if not, why not is counted."""
        by_people = verdict.adjudication is not None and decision.criterion in {
            answer.criterion for answer in verdict.adjudication.answers
        }
        if decision.reason is Reason.NOT_REACHED:
            why = "not reached"
        elif decision.score is None:
            why = f"undecided ({str(decision.reason).replace('_', ' ')})"
        elif by_people:
            return True
        elif decision.contested:
            why = "contested"
        elif decision.confidence is None or decision.confidence < self.bar.confidence:
            why = f"confidence below {self.bar.confidence:g}"
        else:
            return True
        self.out[why] += 1
        return False

    def _ballots(self, verdict: Verdict, decision: CriterionVerdict) -> list[Ballot]:
        """The private votes with reasons, in an order of names."""
        found = []
        for ballot in verdict.transcript.ballots:
            if ballot.criterion != decision.criterion or ballot.round or not counts(ballot):
                continue
            if ballot.judge in self.embedded and not self.bar.baselines:
                self.out["votes of rule-backed judges"] += 1
            elif ballot.score is None:
                self.out["abstentions"] += 1
            elif not ballot.rationale.strip():
                self.out["votes without reasons"] += 1
            else:
                found.append(ballot)
        return sorted(found, key=lambda b: (b.seat, b.presentation, b.sample))

    def _chats(
        self, verdict: Verdict, case: Case, decision: CriterionVerdict, ballots: Sequence[Ballot]
    ) -> Iterator[Row]:
        criterion = self.panel.rubric.criterion(decision.criterion)
        for ballot in ballots:
            assert ballot.score is not None
            assert decision.score is not None
            if not near(ballot.score, decision.score, criterion.scale, self._tolerance):
                self.out["votes against the decision"] += 1
                continue
            yield {
                "messages": [
                    *_asked(case, criterion, ballot.presentation),
                    _said(ballot, criterion, case),
                ],
                "metadata": _origin(verdict, decision) | _voter(ballot),
            }

    @property
    def _tolerance(self) -> float:
        return self.panel.protocol.tolerance

    def _rationales(
        self, verdict: Verdict, case: Case, decision: CriterionVerdict, ballots: Sequence[Ballot]
    ) -> Iterator[Row]:
        """The vote nearest to the decision against the farthest; ties go by name."""
        criterion = self.panel.rubric.criterion(decision.criterion)
        aim = criterion.scale.unit(decision.score or 0.0)

        def far(ballot: Ballot) -> float:
            return abs(criterion.scale.unit(ballot.score or 0.0) - aim)

        if not ballots:
            return
        best, worst = min(ballots, key=far), max(ballots, key=far)
        if not near(best.score or 0.0, decision.score or 0.0, criterion.scale, self._tolerance):
            self.out["no vote bears the decision out"] += 1
        elif far(worst) - far(best) < self.bar.gap:
            self.out[f"votes less than {self.bar.gap:g} of the scale apart"] += 1
        else:
            yield {
                "prompt": _asked(case, criterion, best.presentation),
                "chosen": [_said(best, criterion, case)],
                "rejected": [_said(worst, criterion, case)],
                "metadata": _origin(verdict, decision)
                | {"chosen": _voter(best), "rejected": _voter(worst)},
            }

    def _responses(self, verdict: Verdict, case: Case) -> Iterator[Row]:
        """The response that was preferred against the other one."""
        found = compared(verdict)
        if found.winner is None or found.margin is None:
            why = "ties" if found.preferred == "tie" else f"undecided ({found.reason})"
            self.out[why.replace("_", " ")] += 1
            return
        if not all(self._sure(d, verdict) for d in verdict.criteria if d.score is not None):
            return
        if abs(found.margin) < self.bar.gap:
            self.out[f"margin below {self.bar.gap:g}"] += 1
            return
        loser = found.second if found.winner == found.first else found.first
        yield {
            "prompt": _question(case),
            "chosen": [{"role": "assistant", "content": case.candidate(found.winner).text}],
            "rejected": [{"role": "assistant", "content": case.candidate(loser).text}],
            "metadata": {
                "case": case.id,
                "chosen": found.winner,
                "rejected": loser,
                "margin": abs(found.margin),
                "confidence": verdict.confidence,
                "calibrated": verdict.calibrated,
                "people": list(verdict.people),
                "judges": sorted({vote.seat for vote in verdict.transcript.standings}),
                "rubric": verdict.rubric,
                "prompts": verdict.prompts,
            },
        }


def _pictured(case: Case) -> bool:
    own = [case.attachments, *(message.attachments for message in case.messages)]
    own += [context.attachments for context in case.contexts]
    return any(own) or any(candidate.attachments for candidate in case.candidates)


def _question(case: Case) -> list[Row]:
    """What a response answers, as a chat: passages first, as they were at hand."""
    passages = "\n\n".join(f"[{c.id}]\n{c.text}" for c in case.contexts)
    chat: list[Row] = [{"role": m.role, "content": m.content} for m in case.messages]
    if case.question:
        chat.append({"role": "user", "content": case.question})
    if passages and chat:
        chat[-1] = chat[-1] | {"content": f"{passages}\n\n{chat[-1]['content']}"}
    return chat


def _asked(case: Case, criterion: Criterion, shown: Sequence[str]) -> list[Row]:
    """What a judge is asked about a case, with the candidates in the order it saw."""
    parts = [f"{m.role}: {m.content}" for m in case.messages]
    parts += [f"Question: {case.question}"] if case.question else []
    parts += [f"Passage {c.id}: {c.text}" for c in case.contexts]
    parts += [f"Reference: {case.reference}"] if case.reference else []
    names = ["Response"] if len(shown) == 1 else ["Response A", "Response B"]
    parts += [f"{n}: {case.candidate(i).text}" for n, i in zip(names, shown, strict=True)]
    parts.append(f"Criterion: {criterion.question}")
    parts += [f"{anchor.score}: {anchor.text}" for anchor in criterion.anchors]
    parts.append(
        f"Give your reasons, then a score: {criterion.scale.describe()}. Reply in JSON with the "
        "keys `reasoning` and `score`."
    )
    return [{"role": "user", "content": "\n\n".join(parts)}]


def _said(ballot: Ballot, criterion: Criterion, case: Case) -> Row:
    """A judge's reply: reasons first, then the score in terms of what it saw."""
    scale, score = criterion.scale, ballot.score or 0.0
    told: str | float
    if isinstance(scale, PreferenceScale):
        seen = score if ballot.presentation[0] == case.candidates[0].id else -score
        told = _label(scale, seen)
    elif scale.labelled:
        told = scale.show(score)
    else:
        told = int(score) if score.is_integer() else score
    text = json.dumps({"reasoning": ballot.rationale, "score": told}, ensure_ascii=False)
    return {"role": "assistant", "content": text}


def _label(scale: PreferenceScale, seen: float) -> str:
    steps = [s for s in range(-(scale.levels // 2), scale.levels // 2 + 1) if s or scale.ties]
    return scale.labels[steps.index(int(seen))]


def _origin(verdict: Verdict, decision: CriterionVerdict) -> Row:
    """Where a row comes from, and how sure it was."""
    return {
        "case": verdict.case_id,
        "criterion": decision.criterion,
        "decision": decision.score,
        "decided_by": decision.decided_by,
        "confidence": decision.confidence,
        "calibrated": decision.calibrated,
        "rubric": verdict.rubric,
    }


def _voter(ballot: Ballot) -> Row:
    return {
        "judge": ballot.judge,
        "model": ballot.model,
        "prompt": ballot.prompt,
        "score": ballot.score,
        "presentation": list(ballot.presentation),
        "sample": ballot.sample,
    }
