"""How far the rule-backed judges agree with human labels, beside trivial judges.

Run from the checkout: `python benchmarks/embedded.py`. Needs the recorded judgement sets
(`DIKAST_DATA`); prints a table per set. Rules were developed on the odd rows only; the even rows
are reported beside them.
"""

from __future__ import annotations

import asyncio
import math
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from statistics import fmean, median
from typing import Any, NamedTuple

from scipy.stats import rankdata

from dikast.agents.embedded import seat
from dikast.testing.recorded import recorded_root, recorded_rows
from dikast.types import Candidate, Case, Context, Criterion, Docket, RealScale

JUDGES = ("alignment", "answers", "entities", "exact", "overlap")
GROUNDED = Criterion(
    id="groundedness",
    question="Is what the response states borne out by the passages?",
    scale=RealScale(low=0, high=1),
)
HELPFUL = Criterion(id="helpfulness", question="Does the response help?", scale=GROUNDED.scale)


class Item(NamedTuple):
    """A case with its human label: a share from 0 (bad) to 1 (good)."""

    case: Case
    label: float
    half: str


Column = Sequence[float | None]
"""One judge's shares, item by item; None where it abstained."""


def case_of(number: int, question: str | None, response: str, passage: str | None) -> Case:
    """A case of one response."""
    contexts = () if passage is None else (Context(id="p1", text=passage),)
    return Case(
        id=str(number),
        question=question,
        candidates=(Candidate(text=response),),
        contexts=contexts,
    )


def qa_grounded() -> list[Item]:
    """Two yes/no cases per row: the grounded answer, and the one written to be wrong."""
    items = []
    for number, row in enumerate(recorded_rows("halueval/qa_grounded")):
        for field, label in (("grounded_answer", 1.0), ("hallucinated_answer", 0.0)):
            case = case_of(number, row["question"], row[field], row["context"])
            items.append(Item(case, label, "odd" if number % 2 else "even"))
    return items


def qags_xsum() -> list[Item]:
    """One-sentence summaries with the share of annotators that found them consistent."""
    return [
        Item(
            case_of(number, None, row["output"], row["source"]),
            float(row["human"]["consistency"]),
            "odd" if number % 2 else "even",
        )
        for number, row in enumerate(recorded_rows("unieval/qags_xsum"))
    ]


def general() -> list[Item]:
    """Replies without context; label 1 where people found no hallucination."""
    return [
        Item(
            case_of(number, row["query"], row["response"], None),
            1.0 - float(row["hallucination"]),
            "odd" if number % 2 else "even",
        )
        for number, row in enumerate(recorded_rows("halueval/general"))
    ]


def shares(name: str, items: Sequence[Item], criterion: Criterion) -> list[float | None]:
    """One judge's shares of merit, private round."""
    judge = seat(name)

    async def run() -> list[float | None]:
        found = []
        for item in items:
            docket = Docket(case=item.case, presentation=("response",))
            (ballot,) = await judge.vote(docket, [criterion], seat=name, round=0)
            found.append(ballot.score)
        return found

    return asyncio.run(run())


def pooled(
    columns: Sequence[Column], rule: Callable[[list[float]], float | None]
) -> list[float | None]:
    """The panel's share: a rule over the votes that were cast; None if all abstained."""
    rows = ([v for v in row if v is not None] for row in zip(*columns, strict=True))
    return [rule(row) if row else None for row in rows]


def majority(votes: list[float]) -> float | None:
    """What most votes say; None for a tie."""
    lead = 2 * sum(vote >= 0.5 for vote in votes) - len(votes)
    return None if lead == 0 else float(lead > 0)


def _plain(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def trivial(items: Sequence[Item]) -> dict[str, list[float | None]]:
    """Judges that any figure has to be held against."""
    exact: list[float | None] = []
    overlap: list[float | None] = []
    short: list[float | None] = []
    for item in items:
        passage = " ".join(context.text for context in item.case.contexts)
        response = item.case.response.text
        held = response.strip().rstrip(".").casefold() in passage.casefold()
        said, there = _plain(response), set(_plain(passage))
        exact.append(float(held))
        overlap.append(sum(word in there for word in said) / len(said) if said else 0.0)
        short.append(-float(len(response)))
    return {"exact containment": exact, "unigram overlap": overlap, "shorter is right": short}


def balanced(values: Column, labels: Sequence[float], at: float = 0.5) -> float:
    """Balanced accuracy of yes from `at` on; an abstention counts as half right."""
    rates = []
    for wanted in (True, False):
        right = [
            0.5 if value is None else float((value >= at) == wanted)
            for value, label in zip(values, labels, strict=True)
            if (label >= 0.5) == wanted
        ]
        rates.append(fmean(right))
    return fmean(rates)


def spearman(values: Column, labels: Sequence[float]) -> float | None:
    """Rank correlation over the items with a vote; None where one side does not vary."""
    pairs = [(v, x) for v, x in zip(values, labels, strict=True) if v is not None]
    if len({v for v, _ in pairs}) < 2 or len({x for _, x in pairs}) < 2:
        return None
    ranks = [rankdata([pair[side] for pair in pairs]) for side in (0, 1)]
    centred = [[float(r) - fmean(map(float, rank)) for r in rank] for rank in ranks]
    top = math.fsum(a * b for a, b in zip(*centred, strict=True))
    return top / math.sqrt(math.prod(math.fsum(a * a for a in c) for c in centred))


def columns_of(
    items: Sequence[Item], criterion: Criterion = GROUNDED, judges: Sequence[str] = JUDGES
) -> dict[str, list[float | None]]:
    """Every judge's column, and the panel's under three rules."""
    own = {name: shares(name, items, criterion) for name in judges}
    votes = list(own.values())
    panel = {
        "panel, median": pooled(votes, median),
        "panel, majority": pooled(votes, majority),
        "panel, mean": pooled(votes, fmean),
    }
    return own | panel


def halves(
    items: Sequence[Item], values: Column, figure: Callable[[Column, list[float]], float | None]
) -> dict[str, float | None]:
    """A figure on all rows and on either half."""
    found = {}
    for half in ("all", "odd", "even"):
        chosen = [n for n, item in enumerate(items) if half in {"all", item.half}]
        found[half] = figure([values[n] for n in chosen], [items[n].label for n in chosen])
    return found


def best_cut(items: Sequence[Item], values: list[float | None]) -> float:
    """The best cut on the odd rows, for a judge without a natural one."""
    odd = [n for n, item in enumerate(items) if item.half == "odd"]
    labels = [items[n].label for n in odd]
    column = [values[n] for n in odd]
    cuts = sorted({value for value in values if value is not None})
    return max(cuts, key=lambda cut: balanced(column, labels, cut))


def show(title: str, rows: dict[str, dict[str, float | None]], cast: dict[str, float]) -> None:
    """Print one table."""
    print(f"\n{title}\n{'':24}{'all':>8}{'odd':>8}{'even':>8}{'voted':>8}")
    for name, found in rows.items():
        cells = "".join("       -" if v is None else f"{v:8.3f}" for v in found.values())
        print(f"{name:24}{cells}" + (f"{cast[name]:8.0%}" if name in cast else ""))


def voted(columns: dict[str, list[float | None]]) -> dict[str, float]:
    """Share of items on which each judge voted."""
    return {k: sum(v is not None for v in c) / len(c) for k, c in columns.items()}


def report_yes_no(title: str, items: list[Item], criterion: Criterion, judges: Any) -> None:
    """Balanced accuracy of judges, panel and trivial judges."""
    columns = columns_of(items, criterion, judges)
    rows = {name: halves(items, column, balanced) for name, column in columns.items()}
    rows["majority class"] = dict.fromkeys(("all", "odd", "even"), 0.5)
    for name, column in trivial(items).items():
        natural = name == "exact containment"
        cut = 0.5 if natural else best_cut(items, column)
        label = name if natural else f"{name} *"
        rows[label] = halves(items, column, partial(balanced, at=cut))
    show(title, rows, voted(columns))
    print("* cut chosen on the odd rows; an abstention counts as half right")


def shorter_of_two(items: Sequence[Item]) -> float:
    """How often the grounded answer is the shorter one of its row: a shortcut of the set."""
    lengths = [len(item.case.response.text) for item in items]
    return fmean(float(a < b) for a, b in zip(lengths[::2], lengths[1::2], strict=True))


def main() -> int:
    """Print all tables."""
    if recorded_root() is None:
        print("recorded judgement sets are absent; set DIKAST_DATA to their folder")
        return 1
    answers = qa_grounded()
    report_yes_no("halueval/qa_grounded, balanced accuracy", answers, GROUNDED, JUDGES)
    print(f"of a row's two answers the shorter one is right in {shorter_of_two(answers):.3f}")
    items = qags_xsum()
    columns = columns_of(items)
    rows = {name: halves(items, column, spearman) for name, column in columns.items()}
    for name, column in trivial(items).items():
        rows[name] = halves(items, column, spearman)
    unieval = [float(r["unieval"]["consistency"]) for r in recorded_rows("unieval/qags_xsum")]
    rows["UniEval (a T5 model)"] = halves(items, unieval, spearman)
    show("unieval/qags_xsum, Spearman with people", rows, voted(columns))
    report_yes_no(
        "halueval/general, balanced accuracy (reported only: no passages)",
        general(),
        HELPFUL,
        ("answers", "form"),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
