"""Figures that others published on recorded judgements, computed by our statistics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from dikast.stats.order_scores import first_position_rate, order_consistency
from dikast.stats.orders import STEPS, Choice, Folding, choice_of, fold_orders
from dikast.stats.outcomes import Outcomes, Pairing, tally
from dikast.stats.peer_rank import peer_rank, weighted_choice
from dikast.stats.raters import fleiss
from dikast.stats.sage import mean_sage, ordered_verdicts, sage
from dikast.stats.transitivity import triple_classes

Rows = Callable[[str], list[dict[str, Any]]]
SLOT: dict[str | None, Choice] = {"first": "a", "second": "b", "tie": "tie", None: "abstain"}
JUDGES = ("bard", "claude", "gpt35", "gpt4", "vicuna-13b")

# --- PRD: five judges, every ordered pair of five contestants, eighty questions ----------------

Verdicts = dict[tuple[int, str], dict[tuple[str, str], Choice]]
"""By question and judge: shown pair → choice, `a` being the one shown first."""


@pytest.fixture(scope="module")
def prd(recorded: Rows) -> Verdicts:
    found: Verdicts = defaultdict(dict)
    for row in recorded("prd_vicuna80/verdicts"):
        found[row["question_id"], row["judge"]][row["first"], row["second"]] = SLOT[row["verdict"]]
    assert sum(map(len, found.values())) == 8000
    return found


def win_rate(shown: dict[tuple[str, str], float]) -> dict[str, float]:
    """Share of points over all ordered pairs, in either slot; steps from −1 to 1."""
    won: dict[str, list[float]] = defaultdict(list)
    for (first, second), step in shown.items():
        won[first].append((1 + step) / 2)
        won[second].append((1 - step) / 2)
    return {item: float(np.mean(points)) for item, points in won.items()}


def rates_by(prd: Verdicts, judge: str) -> dict[str, float]:
    rates: dict[str, list[float]] = defaultdict(list)
    for (_, name), shown in prd.items():
        if name == judge:
            steps = {pair: float(STEPS[choice] or 0) for pair, choice in shown.items()}
            for item, rate in win_rate(steps).items():
                rates[item].append(rate)
    return {item: float(np.mean(values)) for item, values in rates.items()}


def test_prd_win_rates_by_one_judge_and_by_all(prd: Verdicts) -> None:
    gpt4 = {
        "gpt4": 0.85625, "claude": 0.70859375, "vicuna-13b": 0.3484375, "gpt35": 0.3421875,
        "bard": 0.24453125,
    }  # fmt: skip
    assert rates_by(prd, "gpt4") == pytest.approx(gpt4, abs=1e-9)
    every = {
        "gpt4": 0.74984375, "claude": 0.66171875, "vicuna-13b": 0.3934375, "gpt35": 0.37546875,
        "bard": 0.31953125,
    }  # fmt: skip
    each = [rates_by(prd, judge) for judge in JUDGES]
    mean = {item: float(np.mean([rates[item] for rates in each])) for item in JUDGES}
    assert mean == pytest.approx(every, abs=1e-9)


def test_prd_peer_rank(prd: Verdicts) -> None:
    found = peer_rank({judge: rates_by(prd, judge) for judge in JUDGES}, rounds=5)
    assert found.weights == pytest.approx(
        {
            "gpt4": 0.488445, "claude": 0.376660, "vicuna-13b": 0.081813, "gpt35": 0.053081,
            "bard": 0.0,
        },
        abs=1e-6,
    )  # fmt: skip
    assert found.scores == pytest.approx(
        {
            "gpt4": 0.802025, "claude": 0.684978, "vicuna-13b": 0.376249, "gpt35": 0.346164,
            "bard": 0.290584,
        },
        abs=1e-6,
    )  # fmt: skip


@pytest.fixture(scope="module")
def people(recorded: Rows) -> dict[tuple[int, str, str], Choice]:
    """Sign of the mean vote, for both orders of every pair."""
    found: dict[tuple[int, str, str], Choice] = {}
    for row in recorded("prd_vicuna80/human_votes"):
        mean = float(np.mean([STEPS[SLOT[vote]] or 0 for vote in row["votes"]]))
        found[row["question_id"], row["first"], row["second"]] = choice_of(mean)
        found[row["question_id"], row["second"], row["first"]] = choice_of(-mean)
    return found


def test_prd_win_rates_by_people(people: dict[tuple[int, str, str], Choice]) -> None:
    steps = {(f"{q}", f, s): float(STEPS[c] or 0) for (q, f, s), c in people.items()}
    won: dict[str, list[float]] = defaultdict(list)
    for (_, first, second), step in steps.items():
        won[first].append((1 + step) / 2)
        won[second].append((1 - step) / 2)
    found = {item: float(np.mean(points)) for item, points in won.items()}
    assert found == pytest.approx(
        {
            "gpt4": 0.821875, "claude": 0.6890625, "vicuna-13b": 0.3890625, "gpt35": 0.3140625,
            "bard": 0.2859375,
        },
        abs=1e-9,
    )  # fmt: skip


def test_prd_agreement_with_people(
    prd: Verdicts, people: dict[tuple[int, str, str], Choice]
) -> None:
    weights = peer_rank({judge: rates_by(prd, judge) for judge in JUDGES}).weights
    assert weights is not None
    equal = dict.fromkeys(JUDGES, 1.0)
    right: dict[str, int] = defaultdict(int)
    ranked: list[tuple[Choice, Choice]] = []
    for (question, first, second), human in people.items():
        votes = {judge: prd[question, judge][first, second] for judge in JUDGES}
        for judge, choice in votes.items():
            right[judge] += choice == human
        ranked.append((weighted_choice(votes, weights), human))
        right["peer rank"] += ranked[-1][0] == human
        right["uniform"] += weighted_choice(votes, equal) == human
    assert len(people) == 1600
    assert fleiss(ranked).value == pytest.approx(0.409960, abs=5e-7)
    assert {who: count / 1600 for who, count in right.items()} == pytest.approx(
        {
            "gpt4": 0.6425, "claude": 0.606875, "gpt35": 0.620625, "bard": 0.553125,
            "vicuna-13b": 0.50875, "peer rank": 0.673125, "uniform": 0.64375,
        },
        abs=1e-9,
    )  # fmt: skip


def folded(shown: dict[tuple[str, str], Choice], how: Folding = "strict") -> Outcomes:
    rows = []
    for first, second in combinations(sorted({item for pair in shown for item in pair}), 2):
        swapped = STEPS[shown[second, first]]
        back = choice_of(None if swapped is None else -swapped)
        rows.append(Pairing(first, second, fold_orders(shown[first, second], back, how).choice))
    return tally(rows)


PRD = {  # triples without a tie, three-cycles, order consistency, rate of the first position
    "bard": (58, 2, 0.3688, 0.7831),
    "claude": (312, 5, 0.5487, 0.3325),
    "gpt35": (476, 0, 0.6913, 0.3962),
    "gpt4": (420, 0, 0.6887, 0.5300),
    "vicuna-13b": (104, 2, 0.3738, 0.3944),
}


@pytest.mark.parametrize("judge", JUDGES)
def test_prd_cycles_and_order_effects(prd: Verdicts, judge: str) -> None:
    strict = cycles = triples = 0
    orders: list[tuple[Choice, Choice]] = []
    first = total = 0
    for (_, name), shown in prd.items():
        if name != judge:
            continue
        found = triple_classes(folded(shown, "lenient"))  # sign of the sum, as recorded
        strict, cycles = strict + found.strict, cycles + found.cycles
        triples += found.complete
        first += sum(choice == "a" for choice in shown.values())
        total += len(shown)
        for x, y in combinations(sorted(JUDGES), 2):
            swapped = STEPS[shown[y, x]]
            orders.append((shown[x, y], choice_of(None if swapped is None else -swapped)))
    assert triples == 800
    expected = PRD[judge]
    assert (strict, cycles) == expected[:2]
    assert order_consistency(orders).value == pytest.approx(expected[2], abs=6e-5)
    assert total == 1600
    share = first_position_rate(orders).value  # of decisive ballots
    assert share is not None
    assert {round(first / total, 4), round(share, 4)} & {expected[3]}


def test_prd_sage_figures_bound_each_other(prd: Verdicts) -> None:
    for judge in JUDGES:
        questions = [
            sage(ordered_verdicts([(f, s, c) for (f, s), c in shown.items()], JUDGES))
            for (_, name), shown in prd.items()
            if name == judge
        ]
        found = mean_sage(questions, draws=100)
        consistency = PRD[judge][2]
        assert found.ipi.value == pytest.approx(1 - consistency, abs=6e-5)
        assert found.tov.n == 80
        assert found.ipi.value is not None
        assert found.tov.value is not None
        assert found.tov_residual.value is not None
        assert found.tov.value == pytest.approx(10 * found.ipi.value + found.tov_residual.value)
        assert found.tov_residual.value >= 0


# --- PandaLM: three annotators and one judge, pairs among five models --------------------------

PANDALM = {  # complete triples, those without a tie, three-cycles
    "human_majority": (467, 358, 1),
    "annotator1": (467, 366, 4),
    "annotator2": (467, 336, 4),
    "annotator3": (467, 347, 1),
    "gpt-3.5": (443, 415, 18),
}


@pytest.fixture(scope="module")
def pandalm(recorded: Rows) -> list[tuple[dict[str, Any], dict[str, Choice]]]:
    judged = {row["item_id"]: row["verdict"] for row in recorded("pandalm/gpt35_judgments")}
    rows = []
    for item in recorded("pandalm/items"):
        votes = [SLOT[vote] for vote in item["human"]]
        most = max(sorted(set(votes)), key=votes.count)
        majority: Choice = most if votes.count(most) > 1 else "tie"
        named = {f"annotator{k}": vote for k, vote in enumerate(votes, start=1)}
        rows.append(
            (item, {**named, "human_majority": majority, "gpt-3.5": SLOT[judged[item["item_id"]]]})
        )
    return rows  # fmt: skip


@pytest.mark.parametrize("judge", PANDALM)
def test_pandalm_cycles(
    pandalm: list[tuple[dict[str, Any], dict[str, Choice]]], judge: str
) -> None:
    prompts: dict[str, list[Pairing]] = defaultdict(list)
    for item, votes in pandalm:
        prompts[item["prompt_id"]].append(Pairing(item["model_1"], item["model_2"], votes[judge]))
    found = [triple_classes(tally(rows)) for rows in prompts.values()]
    counts = tuple(
        sum(getattr(classes, kind) for classes in found)
        for kind in ("complete", "strict", "cycles")
    )
    assert counts == PANDALM[judge]


def test_pandalm_majority_and_accuracy(
    pandalm: list[tuple[dict[str, Any], dict[str, Choice]]],
) -> None:
    labels = [votes["human_majority"] for _, votes in pandalm]
    assert [labels.count(choice) for choice in ("tie", "a", "b")] == [105, 422, 472]
    answers = [votes["gpt-3.5"] for _, votes in pandalm]
    assert answers.count("abstain") == 25
    as_ties = ["tie" if choice == "abstain" else choice for choice in answers]
    right = sum(x == y for x, y in zip(as_ties, labels, strict=True))
    assert right / 999 == pytest.approx(0.7107, abs=5e-5)
    f1 = []
    for choice in ("tie", "a", "b"):
        hit = sum(x == y == choice for x, y in zip(as_ties, labels, strict=True))
        f1.append(2 * hit / (as_ties.count(choice) + labels.count(choice)))
    assert np.mean(f1) == pytest.approx(0.5755, abs=5e-5)


# --- MT-bench: people and GPT-4 on pairs, with ties --------------------------------------------


def test_mt_bench_agreement_of_gpt4_with_people(recorded: Rows) -> None:
    """Two thirds of the published rows are here; the published shares are 66.8 % and 85.8 %."""
    both = decisive = agree = agree_decisive = 0
    for row in recorded("mt_bench_votes/votes"):
        if row["turn"] != 1:
            continue
        named = {"model_a": "a", "model_b": "b"}
        judge = named.get(row["gpt4_pair"], "tie")
        for vote in row["human"].values():
            human = named.get(vote, "tie")
            both += 1
            agree += judge == human
            if "tie" not in (judge, human):
                decisive += 1
                agree_decisive += judge == human
    assert agree / both == pytest.approx(0.668, abs=0.03)
    assert agree_decisive / decisive == pytest.approx(0.858, abs=0.03)
