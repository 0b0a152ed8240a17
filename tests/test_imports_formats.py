"""Each format as its program writes it, and what each does with what it cannot read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dikast.errors import InputError
from dikast.records.ballot_files import importer
from dikast.records.imports._contract import BallotRecord, CaseRecord, Choice
from dikast.types import IntegerScale, PreferenceScale, Reason, YesNoScale

Read = list[tuple[CaseRecord, tuple[BallotRecord, ...]]]


def lines(path: Path, *rows: Any) -> Path:
    """A file of JSON lines; a row that is text is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def whole(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")
    return path


def read(name: str, path: Path, **choice: Any) -> Read:
    found = importer(name).records(path, Choice(**choice))
    return [(record.case, record.ballots) for record in found]


def votes(found: Read) -> list[float | Reason | None]:
    """Scores, and in place of a missing one its reason."""
    return [
        ballot.score if ballot.abstention is None else ballot.abstention.reason
        for _, ballots in found
        for ballot in ballots
    ]


# --- JudgeBench ----------------------------------------------------------------------------------

JUDGEBENCH: dict[str, Any] = {
    "pair_id": "e302b0a0",
    "original_id": 1420,
    "source": "mmlu-pro-law",
    "question": "Is it admissible?",
    "response_model": "gpt-4o-2024-05-13",
    "response_A": "FFFFF",
    "response_B": "AAAAA, at length",
    "label": "A>B",
    "judge_name": "arena_hard",
    "judgments": [
        {
            "judgment": {"judge_model": "o1-mini", "prompt": "…", "response": "\n[[A>>B]]"},
            "decision": "A>B",
        },
        {
            "judgment": {"judge_model": "o1-mini", "prompt": "…", "response": "\n[[A>B]]"},
            "decision": "A>B",
        },
    ],
}


def game(decision: str | None) -> dict[str, Any]:
    return {"judgment": {"judge_model": "m", "response": "r"}, "decision": decision}


def test_judgebench(tmp_path: Path) -> None:
    ((case, ballots),) = read("judgebench", lines(tmp_path / "o.jsonl", JUDGEBENCH))
    assert case.id == "e302b0a0"
    assert case.labels == {"preferred": "first"}
    assert [side.text for side in case.sides] == ["FFFFF", "AAAAA, at length"]
    assert [(b.score, b.swapped) for b in ballots] == [(1, False), (-1, True)]
    assert {(b.judge, b.strategy) for b in ballots} == {("o1-mini", "arena_hard")}
    assert ballots[0].raw == "\n[[A>>B]]"


@pytest.mark.parametrize(
    ("games", "expected"),
    [
        pytest.param([game("A>B")], [1], id="one-order"),
        pytest.param([game("B>A"), game("B>A")], [-1, 1], id="slots-are-turned-back"),
        pytest.param([game("A=B"), game("B=A")], [0, 0], id="ties"),
        pytest.param([None, game(None)], [Reason.UNAVAILABLE, Reason.MALFORMED], id="failures"),
        pytest.param([game("A"), game("A<B")], [Reason.MALFORMED, 1], id="odd-labels"),
    ],
)
def test_judgebench_decisions(tmp_path: Path, games: list[Any], expected: list[Any]) -> None:
    path = lines(tmp_path / "o.jsonl", JUDGEBENCH | {"judgments": games})
    assert votes(read("judgebench", path)) == expected


def test_judgebench_judge_stands_in_the_file_name(tmp_path: Path) -> None:
    name = "dataset=judgebench,response_model=gpt,judge_name=vanilla,judge_model=org_m-1.jsonl"
    path = lines(tmp_path / name, JUDGEBENCH | {"judgments": [None, None]})
    assert {b.judge for _, ballots in read("judgebench", path) for b in ballots} == {"org_m-1"}
    unnamed = lines(tmp_path / "o.jsonl", JUDGEBENCH | {"judgments": [None, None]})
    with pytest.raises(InputError, match=r"no judgement names its judge.*--judge"):
        read("judgebench", unnamed)
    assert read("judgebench", unnamed, judge="me")[0][1][0].judge == "me"


# --- AlpacaEval ----------------------------------------------------------------------------------

ALPACA: dict[str, Any] = {
    "instruction": "Name the states.",
    "output_1": "Alabama…",
    "generator_1": "gpt4_1106_preview",
    "dataset": "helpful_base",
    "output_2": "Alaska",
    "generator_2": "gpt4",
    "annotator": "weighted_alpaca_eval_gpt4_turbo",
    "preference": 1.25,
    "raw_completion": {"text": "m", "logprobs": {}},
}


def test_alpaca_eval(tmp_path: Path) -> None:
    ((case, (ballot,)),) = read("alpaca_eval", whole(tmp_path / "annotations.json", [ALPACA]))
    assert [side.system for side in case.sides] == ["gpt4_1106_preview", "gpt4"]
    assert (ballot.score, ballot.confidence, ballot.raw) == (1, 0.75, "m")
    assert ballot.judge == "weighted_alpaca_eval_gpt4_turbo"
    assert "order_unknown" in ballot.flags


@pytest.mark.parametrize(
    ("preference", "expected", "confidence"),
    [
        pytest.param(1, 1, None, id="first"),
        pytest.param(2.0, -1, None, id="second"),
        pytest.param(1.5, 0, None, id="tie"),
        pytest.param(0, 0, None, id="tie-of-early-versions"),
        pytest.param(1.9, -1, 0.9, id="probability"),
        pytest.param(None, Reason.MALFORMED, None, id="null"),
        pytest.param(-1, Reason.MALFORMED, None, id="stored-as-missing"),
    ],
)
def test_alpaca_eval_preferences(
    tmp_path: Path, preference: float | None, expected: Any, confidence: float | None
) -> None:
    found = read("alpaca_eval", whole(tmp_path / "a.json", [ALPACA | {"preference": preference}]))
    assert votes(found) == [expected]
    assert found[0][1][0].confidence == (None if confidence is None else pytest.approx(confidence))


def test_alpaca_eval_cases_are_named_by_content(tmp_path: Path) -> None:
    other = ALPACA | {"annotator": "another", "preference": 2}
    (one, _), (two, _) = read("alpaca_eval", whole(tmp_path / "a.json", [ALPACA, other]))
    assert one.id == two.id


# --- FastChat ------------------------------------------------------------------------------------

SINGLE: dict[str, Any] = {
    "question_id": 81,
    "model": "vicuna-7b-v1.3",
    "judge": ["gpt-4", "single-v1"],
    "user_prompt": "…",
    "judgment": "Good. Rating: [[8.5]]",
    "score": 8.5,
    "turn": 1,
    "tstamp": 1687222222.0,
}
PAIRED: dict[str, Any] = {
    "question_id": 81,
    "model_1": "vicuna-13b",
    "model_2": "alpaca-13b",
    "g1_winner": "model_1",
    "g2_winner": "tie",
    "judge": ["gpt-4", "pair-v2"],
    "g1_user_prompt": "…",
    "g1_judgment": "[[A]]",
    "g2_user_prompt": "…",
    "g2_judgment": "[[C]]",
    "turn": 2,
    "tstamp": 1687222222.0,
}


def test_fastchat_single(tmp_path: Path) -> None:
    ((case, (ballot,)),) = read("fastchat", lines(tmp_path / "gpt-4_single.jsonl", SINGLE))
    assert case.id == "81.1/vicuna-7b-v1.3"
    assert case.sides[0].text is None
    assert (ballot.judge, ballot.score, ballot.flags) == ("gpt-4", 8.5, ("prompt:single-v1",))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"score": -1}, Reason.MALFORMED, id="no-rating"),
        pytest.param({"score": -1, "judgment": "$ERROR$"}, Reason.UNAVAILABLE, id="call-failed"),
    ],
)
def test_fastchat_unread_ratings(tmp_path: Path, fields: dict[str, Any], expected: Reason) -> None:
    assert votes(read("fastchat", lines(tmp_path / "s.jsonl", SINGLE | fields))) == [expected]


def test_fastchat_pair_stands_in_alphabetical_order(tmp_path: Path) -> None:
    ((case, ballots),) = read("fastchat", lines(tmp_path / "gpt-4_pair.jsonl", PAIRED))
    assert [side.id for side in case.sides] == ["alpaca-13b", "vicuna-13b"]
    # game 1 showed model_1 first, which is canonically second
    assert [(b.score, b.swapped) for b in ballots] == [(-1, True), (0, False)]


def test_fastchat_mirrored_pair_is_the_same_case(tmp_path: Path) -> None:
    mirrored = PAIRED | {
        "model_1": "alpaca-13b",
        "model_2": "vicuna-13b",
        "g1_winner": "tie",
        "g2_winner": "model_2",
        "g1_judgment": "[[C]]",
        "g2_judgment": "[[A]]",
    }
    one = read("fastchat", lines(tmp_path / "a.jsonl", PAIRED))
    two = read("fastchat", lines(tmp_path / "b.jsonl", mirrored))
    assert one[0][0] == two[0][0]
    assert set(one[0][1]) == set(two[0][1])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"g1_winner": "error"}, [Reason.MALFORMED, 0], id="error"),
        pytest.param({"winner": "model_2"}, [1, 1], id="one-winner-for-both-games"),
        pytest.param({"winner": "inconsistent"}, [Reason.AMBIGUOUS] * 2, id="inconsistent"),
    ],
)
def test_fastchat_winners(tmp_path: Path, fields: dict[str, Any], expected: list[Any]) -> None:
    row = PAIRED | fields
    if "winner" in fields:
        del row["g1_winner"], row["g2_winner"]
    assert votes(read("fastchat", lines(tmp_path / "p.jsonl", row))) == expected


# --- Arena-Hard ----------------------------------------------------------------------------------

ARENA_V1: dict[str, Any] = {
    "question_id": "328c",
    "model": "claude-2",
    "judge": "gpt-4-1106-preview",
    "games": [
        {"user_prompt": "…", "judgment": "\nMy verdict: [[A>>B]]", "score": "A>>B"},
        {"user_prompt": "…", "judgment": "\nMy verdict: [[B>A]]", "score": "B>A"},
    ],
}
ARENA_V2: dict[str, Any] = {
    "uid": "0001",
    "category": "hard_prompt",
    "judge": "gpt-4.1",
    "model": "qwq",
    "baseline": "o3-mini",
    "games": [
        {"score": "A=B", "judgment": {"answer": "[[A=B]]"}, "prompt": []},
        None,
    ],
}


def test_arena_hard_v1(tmp_path: Path) -> None:
    ((case, ballots),) = read("arena_hard", lines(tmp_path / "m.jsonl", ARENA_V1))
    assert [(s.id, s.system) for s in case.sides] == [("baseline", None), ("model", "claude-2")]
    assert [(b.score, b.swapped) for b in ballots] == [(2, False), (1, True)]
    assert ballots[0].scale == PreferenceScale(levels=5)
    assert ballots[0].raw == "\nMy verdict: [[A>>B]]"


def test_arena_hard_v2(tmp_path: Path) -> None:
    found = read("arena_hard", lines(tmp_path / "m.jsonl", ARENA_V2))
    assert votes(found) == [0, Reason.UNAVAILABLE]
    case, ballots = found[0]
    assert [side.system for side in case.sides] == ["o3-mini", "qwq"]
    assert ballots[0].raw == "[[A=B]]"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        pytest.param(None, Reason.MALFORMED, id="null"),
        pytest.param("A<<B", -2, id="from-the-other-side"),
        pytest.param("A", Reason.MALFORMED, id="no-label"),
    ],
)
def test_arena_hard_labels(tmp_path: Path, label: str | None, expected: Any) -> None:
    row = ARENA_V1 | {"games": [{"judgment": "…", "score": label}]}
    assert votes(read("arena_hard", lines(tmp_path / "m.jsonl", row))) == [expected]


# --- LLMBar --------------------------------------------------------------------------------------

LLMBAR: dict[str, Any] = {
    "input": "What is 75+48?",
    "output_1": "123",
    "output_2": "134",
    "label": 1,
    "results": [
        {"swap = False": {"completion": ["(a)", "stop"], "winner": "2"}},
        {
            "swap = False": {"completion": ["Output (a)", "stop"], "winner": "1"},
            "swap = True": {"completion": ["Output (a)", "stop"], "winner": "2"},
        },
    ],
}
FLAT: dict[str, Any] = {
    "item_id": "llmbar-natural-000",
    "judge": "GPT-4",
    "strategy": "CoT",
    "winner_12": 2,
    "raw_12": "Output (b) is better.",
    "winner_21": None,
    "raw_21": "Both are good.",
}


def test_llmbar_results_as_the_repository_holds_them(tmp_path: Path) -> None:
    path = whole(tmp_path / "Natural/evaluators/GPT-4/Swap/result.json", [LLMBAR])
    ((case, ballots),) = read("llmbar", path)
    assert case.labels == {"preferred": "first"}
    assert [(b.score, b.swapped, b.raw) for b in ballots] == [
        (1, False, "Output (a)"),
        (-1, True, "Output (a)"),
    ]
    assert {(b.judge, b.strategy) for b in ballots} == {("GPT-4", "Swap")}


def test_llmbar_needs_a_judge(tmp_path: Path) -> None:
    path = whole(tmp_path / "result.json", [LLMBAR])
    with pytest.raises(InputError, match="path does not tell judge and strategy"):
        read("llmbar", path)
    assert read("llmbar", path, judge="GPT-4")[0][1][0].judge == "GPT-4"


def test_llmbar_ratings_have_no_text(tmp_path: Path) -> None:
    rating = {"score_1": ["4", "stop"], "swap = False": {"winner": "1"}}
    row = LLMBAR | {"results": [rating | {"swap = True": {"winner": "1"}}]}
    ((_, ballots),) = read("llmbar", whole(tmp_path / "r.json", [row]), judge="x")
    assert [(b.score, b.raw) for b in ballots] == [(1, None), (1, None)]


def test_llmbar_flat_rows(tmp_path: Path) -> None:
    found = read("llmbar", lines(tmp_path / "j.jsonl", FLAT))
    assert votes(found) == [-1, Reason.MALFORMED]
    assert [ballot.raw for ballot in found[0][1]] == ["Output (b) is better.", "Both are good."]


# --- Prometheus-eval -----------------------------------------------------------------------------

BIGGEN: dict[str, Any] = {
    "id": "planning_travel_plan_0",
    "capability": "planning",
    "input": "Design a plan.",
    "reference_answer": "Day 1 …",
    "response": "Walk.",
    "response_model_name": "sample-model",
    "feedback": "Short.",
    "score": [2, 3, 3, None, 2],
    "eval_model_name": "prometheus-eval/prometheus-7b-v2.0",
}
ABSOLUTE: dict[str, Any] = {
    "instruction": "###Task …",
    "prometheus_output": ["Fine.", "Good.", "Fine."],
    "prometheus_score": [4, 5, 4],
}
RELATIVE: dict[str, Any] = {
    "orig_instruction": "Say hello.",
    "orig_response_A": "Hello",
    "orig_response_B": "No",
    "chosen": "B",
    "tie": 0,
    "prometheus_output": ["A greets."],
    "prometheus_score": ["A"],
}
ON_PAIRS: dict[str, Any] = {
    "chosen_instruction": "rate: hello",
    "rejected_instruction": "rate: no",
    "prometheus_output": [["Nice."], ["Rude."]],
    "prometheus_score": [[5], [2]],
}


def test_prometheus_biggen_is_an_object_by_id(tmp_path: Path) -> None:
    path = whole(tmp_path / "e.json", {"planning_travel_plan_0": BIGGEN})
    found = read("prometheus_eval", path)
    assert votes(found) == [2, 3, 3, Reason.MALFORMED, 2]
    case, ballots = found[0]
    assert (case.question, case.reference, case.sides[0].text) == (
        "Design a plan.", "Day 1 …", "Walk.",
    )  # fmt: skip
    assert [b.sample for b in ballots] == [0, 1, 2, 3, 4]
    assert ballots[0].rationale == "Short."


def test_prometheus_absolute(tmp_path: Path) -> None:
    path = lines(tmp_path / "prometheus-7b-outputs" / "v_a2a_temp1.0_output.json", ABSOLUTE)
    found = read("prometheus_eval", path)
    assert votes(found) == [4, 5, 4]
    assert {b.judge for b in found[0][1]} == {"prometheus-7b"}


def test_prometheus_lines_in_a_file_called_json(tmp_path: Path) -> None:
    other = ABSOLUTE | {"instruction": "another"}
    path = lines(tmp_path / "m-outputs" / "o.json", ABSOLUTE, other)
    assert len(read("prometheus_eval", path)) == 2


def test_prometheus_relative(tmp_path: Path) -> None:
    found = read("prometheus_eval", lines(tmp_path / "o.jsonl", RELATIVE), judge="p")
    assert votes(found) == [1]
    assert found[0][0].labels == {"preferred": "second"}


def test_prometheus_scores_on_pairs_are_two_cases(tmp_path: Path) -> None:
    found = read("prometheus_eval", lines(tmp_path / "o.jsonl", ON_PAIRS), judge="p")
    assert votes(found) == [5, 2]
    assert found[0][0].id != found[1][0].id


# --- generic -------------------------------------------------------------------------------------


def test_generic_single(tmp_path: Path) -> None:
    row = {
        "case": 7, "judge": "ann", "criterion": "tone", "score": 4, "sample": 1, "raw": "4",
        "confidence": 0.5, "label": 5, "question": "Why?", "response": "So.", "system": "gpt-4",
    }  # fmt: skip
    path = lines(tmp_path / "v.jsonl", row)
    ((case, (ballot,)),) = read("generic", path, scale=IntegerScale())
    assert (case.id, case.labels, case.sides[0].text) == ("7", {"tone": 5}, "So.")
    assert (ballot.score, ballot.criterion, ballot.sample, ballot.confidence) == (4, "tone", 1, 0.5)


@pytest.mark.parametrize(
    ("row", "score", "swapped"),
    [
        pytest.param({"winner": "a"}, 1, False, id="unnamed-winner"),
        pytest.param({"winner": "a", "swapped": True}, 1, True, id="a-winner-is-canonical"),
        pytest.param({"verdict": "first", "swapped": True}, -1, True, id="a-verdict-is-a-slot"),
        pytest.param({"verdict": 2, "swapped": 1}, 1, True, id="slot-2"),
        pytest.param({"score": 1, "swapped": True}, 1, True, id="a-score-is-canonical"),
        pytest.param({"first": "y", "second": "x", "winner": "x"}, 1, True, id="alphabetical"),
        pytest.param(
            {"first": "y", "second": "x", "swapped": False, "winner": "x"}, -1, False,
            id="as-told",
        ),
        pytest.param({"first": "y", "second": "x", "verdict": "tie"}, 0, True, id="tie"),
        pytest.param({"first": "y", "second": "x", "verdict": None}, None, True, id="no-vote"),
    ],
)  # fmt: skip
def test_generic_pairs(
    tmp_path: Path, row: dict[str, Any], score: float | None, swapped: bool
) -> None:
    path = lines(tmp_path / "v.jsonl", {"case": "c", "judge": "ann"} | row)
    ((_, (ballot,)),) = read("generic", path)
    assert (ballot.score, ballot.swapped) == (score, swapped)
    assert ballot.scale == PreferenceScale()


def test_generic_pairs_of_one_question_are_cases_of_their_own(tmp_path: Path) -> None:
    base = {"question_id": 1, "judge": "ann", "verdict": "first"}
    path = lines(
        tmp_path / "v.jsonl",
        base | {"first": "x", "second": "y"},
        base | {"first": "y", "second": "x"},
        base | {"first": "x", "second": "z"},
    )
    assert [case.id for case, _ in read("generic", path)] == ["1/x/y", "1/x/y", "1/x/z"]


def test_generic_scale_in_a_column(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("case,judge,score,scale\nc,ann,yes,yes_no\n")
    ((_, (ballot,)),) = read("generic", path)
    assert (ballot.scale, ballot.score) == (YesNoScale(), 1)


def test_generic_reasons(tmp_path: Path) -> None:
    base = {"case": "c", "judge": "ann", "score": None}
    path = lines(tmp_path / "v.jsonl", base | {"reason": "timeout"}, base | {"raw": "…"}, base)
    assert votes(read("generic", path, scale=IntegerScale())) == [
        Reason.TIMEOUT,
        Reason.MALFORMED,
        Reason.NOT_APPLICABLE,
    ]
