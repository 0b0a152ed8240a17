"""The recorded judgement sets as ballot tables: real judges, with human labels where there are any.

Each function reads one set (see `dikast.testing.recorded`) and raises `FileNotFoundError` where
it is absent. Nothing is repaired in silence: what lies off a scale becomes an abstention.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import numpy as np

from dikast.families import family_of
from dikast.stats.ballot_table import BallotTable, Row
from dikast.testing.recorded import recorded_rows
from dikast.types import IntegerScale, OrdinalScale, PreferenceScale, RealScale, Scale, YesNoScale

OVERALL = "overall"
_STEP = {"first": 1.0, "second": -1.0, "tie": 0.0}
_MAKERS = {
    "bard": "google",
    "blip2_": "salesforce",
    "cerebras": "cerebras",
    "instructblip": "salesforce",
    "judgelm": "meta",
}
"""By how a name begins, makers that `family_of` cannot tell. JudgeLM was poured into Vicuna."""


def _families(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in sorted(names):
        known = [maker for start, maker in _MAKERS.items() if name.casefold().startswith(start)]
        if maker := (known[0] if known else family_of(name)):
            found[name] = maker
    return found


def _number(text: str) -> float | None:
    """A literal score; None where the judge wrote none."""
    try:
        return float(text)
    except ValueError:
        return None


def _implied(one: float | None, other: float | None) -> float | None:
    """The choice that two scores imply."""
    return None if one is None or other is None else float((one > other) - (one < other))


def _least(scores: list[float] | float | None) -> float | None:
    """The smallest of the numbers a judge gave, from 0 to 1; None off the scale of 0 to 10."""
    given = [scores] if isinstance(scores, int | float) else scores
    return min(given) / 10 if given and 0 <= min(given) <= 10 else None


@cache
def _read(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(recorded_rows(name))


# --- pairs -------------------------------------------------------------------------------------


def llmbar_strategies(*, judges: int = 5) -> tuple[str, ...]:
    """The prompting strategies that at least so many judges were asked by, sorted."""
    seated: dict[str, set[str]] = defaultdict(set)
    for row in _read("llmbar/judgments"):
        seated[row["strategy"]].add(row["judge"])
    return tuple(sorted(name for name, who in seated.items() if len(who) >= judges))


def llmbar(strategy: str = "Vanilla") -> BallotTable:
    """LLMBar under one strategy: 326 pairs, both orders, and which output is objectively better.

    The Rating strategies score each output alone: their one ballot is the choice that the two
    scores imply, equal scores being a tie (`llmbar_ratings` has the scores).
    """
    rated = strategy.startswith("Rating")
    rows: list[Row] = []
    for row in _read("llmbar/judgments"):
        if row["strategy"] != strategy:
            continue
        if rated:
            implied = _implied(_number(row["score_1"]), _number(row["score_2"]))
            rows.append(Row(row["item_id"], row["judge"], implied))
            continue
        for swapped, key in enumerate(("winner_12", "winner_21")):
            step = None if row[key] is None else 3.0 - 2.0 * row[key]
            rows.append(Row(row["item_id"], row["judge"], step, swapped=bool(swapped)))
    items = _read("llmbar/items")
    return BallotTable.of(
        rows,
        scales={OVERALL: PreferenceScale(levels=3, ties=rated)},
        pairs=True,
        truth={(item["item_id"], OVERALL): 3.0 - 2.0 * item["gold"] for item in items},
        lengths={
            i["item_id"]: (float(len(i["output_1"])), float(len(i["output_2"]))) for i in items
        },
        families=_families({row.judge for row in rows}),
    )


def llmbar_subset(
    table: BallotTable, subset: Literal["natural", "neighbor", "gptinst"]
) -> BallotTable:
    """The pairs of one subset: `natural`, or one of the two adversarial ones."""
    return table.take_cases(np.array([case.split("-")[1] == subset for case in table.cases]))


def llmbar_ratings(strategy: str = "Rating") -> BallotTable:
    """LLMBar's outputs, each scored alone from 0 to 10 under a Rating strategy; no labels.

    Cases are `ITEM/1` and `ITEM/2`, and both ask the same question.
    """
    rows = [
        Row(f"{row['item_id']}/{which}", row["judge"], _number(row[f"score_{which}"]))
        for row in _read("llmbar/judgments")
        if row["strategy"] == strategy
        for which in (1, 2)
    ]
    return BallotTable.of(
        rows,
        scales={OVERALL: IntegerScale(low=0, high=10)},
        questions={row.case: row.case.rpartition("/")[0] for row in rows},
        families=_families({row.judge for row in rows}),
    )


def prd_vicuna80(*, apart: bool = False) -> BallotTable:
    """Five judges who are also the contestants: 800 pairs over 80 questions, ties allowed.

    Args:
        apart: Whether each presentation order is a case of its own, as the published figures
            count: 1,600 cases with one ballot a judge. Else a case holds both orders.

    Returns:
        The table; its labels are the sign of the mean human vote.
    """
    rows, systems, questions, truth = [], {}, {}, {}
    for row in _read("prd_vicuna80/verdicts"):
        first, second = row["first"], row["second"]
        swapped = first > second and not apart
        pair = (second, first) if swapped else (first, second)
        case = f"{row['question_id']}/{pair[0]}/{pair[1]}"
        systems[case], questions[case] = pair, str(row["question_id"])
        step = _STEP[row["verdict"]] * (-1 if swapped else 1)
        rows.append(Row(case, row["judge"], step, swapped=swapped))
    for row in _read("prd_vicuna80/human_votes"):
        mean = math.fsum(_STEP[vote] for vote in row["votes"]) / len(row["votes"])
        label = float((mean > 0) - (mean < 0))
        for first, second, step in (
            (row["first"], row["second"], label),
            (row["second"], row["first"], -label),
        ):
            case = f"{row['question_id']}/{first}/{second}"
            if case in systems:
                truth[case, OVERALL] = step + 0.0
    texts = {
        (a["question_id"], a["model"]): float(len(a["text"])) for a in _read("prd_vicuna80/answers")
    }
    lengths = {
        case: (texts[int(questions[case]), a], texts[int(questions[case]), b])
        for case, (a, b) in systems.items()
        if (int(questions[case]), a) in texts and (int(questions[case]), b) in texts
    }
    return BallotTable.of(
        rows,
        scales={OVERALL: PreferenceScale(levels=3)},
        pairs=True,
        truth=truth,
        questions=questions,
        systems=systems,
        lengths=lengths,
        families=_families({row.judge for row in rows}),
    )


def pandalm(*, annotators: bool = False) -> BallotTable:
    """PandaLM's 999 pairs, judged by gpt-3.5 in one order; labels are the human majority.

    Three different votes make the label a tie, as the source has it. An unreadable reply
    ("garbage") is an abstention.

    Args:
        annotators: Whether the three people are seated as judges instead, without labels.
    """
    items = {item["item_id"]: item for item in _read("pandalm/items")}
    truth, rows = {}, []
    for case, item in items.items():
        label, count = Counter(item["human"]).most_common(1)[0]
        truth[case, OVERALL] = _STEP[label] if count > 1 else 0.0
        if annotators:
            votes = enumerate(item["human"], start=1)
            rows += [Row(case, f"annotator{k}", _STEP[vote]) for k, vote in votes]
    if not annotators:
        rows = [
            Row(row["item_id"], row["judge"], _STEP.get(row["verdict"]))
            for row in _read("pandalm/gpt35_judgments")
        ]
    return BallotTable.of(
        rows,
        scales={OVERALL: PreferenceScale(levels=3)},
        pairs=True,
        truth={} if annotators else truth,
        cases=items,
        questions={case: item["prompt_id"] for case, item in items.items()},
        systems={case: (item["model_1"], item["model_2"]) for case, item in items.items()},
        lengths={
            case: (float(len(str(item["response_1"]))), float(len(str(item["response_2"]))))
            for case, item in items.items()
        },
        families=_families(
            {m for i in items.values() for m in (i["model_1"], i["model_2"])}
            | ({} if annotators else {"gpt-3.5-turbo": ""}).keys()
        ),
    )


def mt_bench_votes(*, raters: bool = False) -> BallotTable:
    """MT-bench pairs with GPT-4's folded verdict; labels are the most frequent human vote.

    The source tells that GPT-4's two orders disagreed, not how: that too is one ballot, a tie. An
    equal lead among people is a tie.

    Args:
        raters: Whether people sit as judges beside GPT-4; then there are no labels.
    """
    rows, truth, systems, questions = [], {}, {}, {}
    for row in _read("mt_bench_votes/votes"):
        pair = (row["model_a"], row["model_b"])
        case = f"{row['question_id']}/{row['turn']}/{pair[0]}/{pair[1]}"
        systems[case], questions[case] = pair, f"{row['question_id']}/{row['turn']}"
        step = {"model_a": 1.0, "model_b": -1.0}
        rows.append(Row(case, "gpt-4", step.get(row["gpt4_pair"], 0.0)))
        votes = {who: step.get(vote, 0.0) for who, vote in row["human"].items()}
        if raters:
            rows += [Row(case, who, vote) for who, vote in votes.items()]
            continue
        counts = Counter(votes.values())
        lead = [vote for vote, count in counts.items() if count == max(counts.values())]
        truth[case, OVERALL] = lead[0] if len(lead) == 1 else 0.0
    return BallotTable.of(
        rows,
        scales={OVERALL: PreferenceScale(levels=3)},
        pairs=True,
        truth=truth,
        questions=questions,
        systems=systems,
        families=_families({"gpt-4"} | {name for pair in systems.values() for name in pair}),
    )


# --- single responses --------------------------------------------------------------------------


def triviaqa_judges() -> BallotTable:
    """Is the answer right? Nine LLM judges and two lexical ones on 2,400 answers; human labels.

    A case is `QUESTION/EXAMINEE`; the six answers to one question share their question.
    """
    rows, truth, systems, questions = [], {}, {}, {}
    for row in _read("triviaqa_judges/verdicts"):
        case = f"{row['question_id']}/{row['examinee']}"
        truth[case, OVERALL] = float(row["human"])
        systems[case], questions[case] = (row["examinee"], ""), row["question_id"]
        rows += [Row(case, who, vote) for who, vote in row["judges"].items()]
    return BallotTable.of(
        rows,
        scales={OVERALL: YesNoScale()},
        truth=truth,
        questions=questions,
        systems=systems,
        families=_families({r.judge for r in rows} | {s for s, _ in systems.values()}),
    )


def viescore_tasks() -> tuple[str, ...]:
    """The tasks of VIEScore, sorted."""
    return tuple(sorted({row["task"] for row in _read("viescore/scores")}))


def viescore(task: str) -> BallotTable:
    """Generated images of one task, scored by up to 17 multimodal judges; human means as labels.

    Criteria are `SC` (does the image do what was asked) and `PQ` (does it look right), on 0 to 1.
    A judge's score is the smallest of the numbers it gave, divided by 10, as published. People
    gave 0, 0.5 or 1; the judges use the scale otherwise, so that ranks compare and levels do not.
    """
    rows, truth, systems, questions = [], {}, {}, {}
    for row in _read("viescore/scores"):
        if row["task"] != task:
            continue
        case = f"{row['model']}/{row['sample']}"
        systems[case], questions[case] = (row["model"], ""), f"{row['sample']}"
        for at, criterion in enumerate(("SC", "PQ")):
            truth[case, criterion] = math.fsum(r[at] for r in row["human"]) / len(row["human"])
            for who, scores in row["judges"].items():
                rows.append(Row(case, who, _least(scores[at] if scores else None), criterion))
    return BallotTable.of(
        rows,
        scales={"SC": RealScale(), "PQ": RealScale()},
        truth=truth,
        questions=questions,
        systems=systems,
        families=_families({row.judge for row in rows}),
    )


def llmjudge_relevance() -> BallotTable:
    """Relevance of 4,423 passages by 22 LLM judges, graded 0 to 3; no labels."""
    rows = []
    questions = {}
    for row in _read("llmjudge_relevance/labels"):
        case = f"{row['query']}/{row['passage']}"
        questions[case] = row["query"]
        rows += [
            Row(case, who, float(grade) if grade in (0, 1, 2, 3) else None)
            for who, grade in row["labels"].items()
        ]
    return BallotTable.of(
        rows,
        scales={OVERALL: OrdinalScale(labels=("irrelevant", "related", "highly", "perfectly"))},
        questions=questions,
    )


def dices350() -> BallotTable:
    """Is the reply safe? 123 people on each of 350 replies; one expert's label.

    Whether a rater's place means one person on every item is not told: take them as exchangeable.
    "Unsure" is an abstention.
    """
    rows, truth = [], {}
    for row in _read("dices350/items"):
        truth[row["item_id"], OVERALL] = float(row["expert"] == "Yes")
        rows += [
            Row(row["item_id"], f"rater{k:03}", {"Y": 1.0, "N": 0.0}.get(vote))
            for k, vote in enumerate(row["votes"], start=1)
        ]
    return BallotTable.of(rows, scales={OVERALL: YesNoScale()}, truth=truth)


def newsroom_ratings() -> BallotTable:
    """Summaries rated 1 to 5 by three people on four criteria; no labels.

    The people vary between items, so that `rater1` is a place, not a person.
    """
    criteria = ("informativeness", "relevance", "fluency", "coherence")
    rows = [
        Row(row["item_id"], f"rater{k}", float(score), criterion)
        for row in _read("newsroom_ratings/ratings")
        for criterion in criteria
        for k, score in enumerate(row[criterion], start=1)
    ]
    scales: dict[str, Scale] = {criterion: IntegerScale() for criterion in criteria}
    return BallotTable.of(rows, scales=scales)


def unieval(part: Literal["topical_chat", "qags_xsum"] = "topical_chat") -> BallotTable:
    """A learned evaluator's scores beside human ratings.

    Ratings and scores are in units of their own (people give 1 to 5 where the evaluator gives 0
    to 1.6), on one scale wide enough for both: correlations mean something, differences do not.
    """
    rows, truth, systems, questions = [], {}, {}, {}
    reach: dict[str, float] = defaultdict(lambda: 1.0)
    for at, row in enumerate(_read(f"unieval/{part}")):
        case = row["item_id"]
        systems[case] = (str(row["system"]), "")
        questions[case] = row["source"] or str(at)
        for criterion, rating in row["human"].items():
            truth[case, criterion] = float(rating)
            score = row["unieval"].get(criterion)
            rows.append(Row(case, "UniEval", score, criterion))
            reach[criterion] = max(reach[criterion], math.ceil(rating), math.ceil(score or 0))
    return BallotTable.of(
        rows,
        scales={name: RealScale(low=0.0, high=float(high)) for name, high in reach.items()},
        truth=truth,
        questions=questions,
        systems=systems,
    )


def gpt4_repeats() -> BallotTable:
    """GPT-4 scoring each of 320 responses three times from 1 to 5: samples 0 to 2; no labels."""
    rows, systems, questions = [], {}, {}
    for row in _read("gpt4_repeats/vicuna_eval"):
        case = row["item_id"]
        systems[case], questions[case] = (row["response_source"], ""), str(row["idx"])
        rows += [
            Row(case, "gpt-4", float(score), sample=k) for k, score in enumerate(row["scores"])
        ]
    return BallotTable.of(
        rows,
        scales={OVERALL: IntegerScale()},
        systems=systems,
        questions=questions,
        families=_families({"gpt-4"} | {name for name, _ in systems.values()}),
    )
