"""How far claims marked by the embedded panel agree with human labels, beside trivial judges.

Run from the checkout: `python -m benchmarks.rag`. Needs the recorded judgement sets
(`DIKAST_DATA`). The RAG graph runs as it is, with the pack `rag`: an answer's figure is the share
of its claims that the panel calls supported; one that the panel could not decide counts as half.
The rule-backed judges, and the share from which they call a claim supported, were developed on the
odd rows only.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from statistics import fmean

from benchmarks.embedded import GROUNDED as CRITERION
from benchmarks.embedded import (
    Item,
    balanced,
    best_cut,
    halves,
    qa_grounded,
    qags_xsum,
    shares,
    show,
    spearman,
    trivial,
)
from dikast.agents.embedded._reading import read
from dikast.agents.embedded.refusals import Refusals
from dikast.api import Panel
from dikast.graphs.rag_runs import Rags
from dikast.graphs.state import Court
from dikast.testing.recorded import recorded_root
from dikast.types import RagOptions, RagVerdict


def evaluated(items: Sequence[Item]) -> list[RagVerdict]:
    """Every answer through the RAG graph of the embedded panel."""
    hearing = Rags(Panel.embedded("rag").spec, RagOptions())

    async def run() -> list[RagVerdict]:
        return [(await hearing.evaluate(item.case, Court())).results[0] for item in items]

    return asyncio.run(run())


def share(found: RagVerdict) -> float | None:
    """Share of claims supported, an undecided one as half; None without a claim."""
    marks = [claim.mark for claim in found.claims]
    if not marks:
        return None
    return sum(0.5 if mark is None else float(mark == "supported") for mark in marks) / len(marks)


def told(found: Sequence[RagVerdict]) -> str:
    """How the claims were marked."""
    marks = Counter(claim.mark or "undecided" for one in found for claim in one.claims)
    total = sum(marks.values())
    parts = ", ".join(f"{name} {number / total:.0%}" for name, number in marks.most_common())
    return f"{total} claims of {len(found)} answers: {parts}"


def held_valid(items: Sequence[Item], *, shifted: int = 0) -> dict[str, float]:
    """Share of answers that the rule on refusals holds valid, in all rows and in each half.

    Args:
        items: Answers to questions that their own passages can answer.
        shifted: By how many items the passages are moved on, to those of other questions, which
            cannot answer: then an answer is never valid.
    """
    judge = Refusals("refusals")
    valid = []
    for at, item in enumerate(items):
        contexts = items[(at + shifted) % len(items)].case.contexts
        case = item.case.model_copy(update={"contexts": contexts})
        valid.append(judge.assess(read(case, case.candidates[0].id), "refusal", "response").unit)
    return {
        half: fmean(
            v or 0.0 for v, item in zip(valid, items, strict=True) if half in {"all", item.half}
        )
        for half in ("all", "odd", "even")
    }


def main() -> int:
    """Print both tables."""
    if recorded_root() is None:
        print("recorded judgement sets are absent; set DIKAST_DATA to their folder")
        return 1
    items = qa_grounded()
    found = evaluated(items)
    column = [share(one) for one in found]
    rows = {"claims, embedded panel": halves(items, column, balanced)}
    exact = shares("exact", items, CRITERION)
    rows["judge exact, whole answer"] = halves(items, exact, balanced)
    rows["majority class"] = dict.fromkeys(("all", "odd", "even"), 0.5)
    for name, values in trivial(items).items():
        natural = name == "exact containment"
        cut = 0.5 if natural else best_cut(items, values)
        label = name if natural else f"{name} *"
        rows[label] = halves(items, values, partial(balanced, at=cut))
    show("halueval/qa_grounded, balanced accuracy", rows, {})
    print("* cut chosen on the odd rows; an answer without claims counts as half right")
    print(told(found))
    for name, shifted in (("their own", 0), ("another question's", 100)):
        parts = held_valid(items, shifted=shifted)
        shown = ", ".join(f"{half} {part:.3f}" for half, part in parts.items())
        print(f"answers over {name} passages held valid: {shown}")
    items = qags_xsum()
    found = evaluated(items)
    column = [share(one) for one in found]
    rows = {"claims, embedded panel": halves(items, column, spearman)}
    for name, values in trivial(items).items():
        rows[name] = halves(items, values, spearman)
    show("unieval/qags_xsum, Spearman with people", rows, {})
    print(told(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
