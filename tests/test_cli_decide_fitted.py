"""`dikast decide --rule` with fitted rules: on recorded ballots, without a call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dikast.config import check_panel
from dikast.errors import ConfigError
from dikast.types import RuleSpec
from tests.panels_kit import judge, panel
from tests.test_cli_ranking import Done, dikast, write

ASKED = (
    ("What is the capital of France?", "Paris."),
    ("How many legs has a spider?", "Eight legs."),
)
SAID = (
    ("Paris.", "Eight legs."),
    ("The capital of France is Paris, a city.", "A spider is an animal that has eight legs."),
    ("Lyon.", "Six legs."),
    ("It is not Paris.", "A spider has eight eyes."),  # only `exact` sees through the second
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fitted")
    rows: list[dict[str, object]] = [
        {
            "id": f"c{i:02}",
            "question": ASKED[i % 2][0],
            "reference": ASKED[i % 2][1],
            "response": SAID[i // 2 % 4][i % 2],
        }
        for i in range(24)
    ]
    write(folder / "cases.jsonl", *rows)
    label = {4: "wrong", 5: "wrong", 7: "wrong"}
    (folder / "labels.csv").write_text(
        "case,label\n" + "".join(f"c{i:02},{label.get(i % 8, 'right')}\n" for i in range(24))
    )
    assert dikast(folder, "judge", "cases.jsonl", "--out", "r.dikast").returncode == 0
    return folder


def test_labels_let_the_better_judge_decide(judged: Path) -> None:
    words = ("decide", "r.dikast", "--rule", "select_one", "--labels", "labels.csv")
    done = dikast(judged, *words)
    assert done.returncode == 0
    assert "`exact` decides `correctness`: on 24 labelled cases" in done.stderr
    assert "3 of 24 verdicts differ from rule `median`; no call was made" in done.stderr
    changed = [line.split(":")[0] for line in done.stdout.splitlines() if "(was:" in line]
    assert changed == ["c07", "c15", "c23"]
    rows = [json.loads(line) for line in dikast(judged, *words, "--json").stdout.splitlines()]
    assert {row["rule"] for row in rows} == {"select_one"}
    assert all("`exact` decides" in row["why"] for row in rows)
    assert all(0 < row["confidence"] <= 1 for row in rows)
    assert [row["score"] for row in rows if row["case_id"] == "c07"] == [0.0]


def test_without_labels_auto_says_what_it_did(judged: Path) -> None:
    done = dikast(judged, "decide", "r.dikast", "--rule", "auto")
    assert done.returncode == 0
    assert done.stderr.startswith("auto: correctness: a plain vote; without labels")
    assert "correctness: alignment 1.00" in done.stderr


def test_quorum_holds_for_fitted_rules_too(judged: Path) -> None:
    done = dikast(judged, "decide", "r.dikast", "--rule", "wawa", "--quorum", "5", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["reason"] for row in rows} == {"no_quorum"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("log_odds",), "no case with a ballot has a label", id="no-labels"),
        pytest.param(("order_consistency",), "both presentation orders", id="no-pairs"),
        pytest.param(("dawid_skne",), "Did you mean `dawid_skene`", id="misspelt"),
        pytest.param(("wawa", "--param", "speed=1"), "takes no parameter `speed`", id="parameter"),
        pytest.param(
            ("log_odds", "--labels", "labels.csv", "--param", "low=x"), "refuses", id="value"
        ),
        pytest.param(("mean", "--labels", "labels.csv"), "learns nothing", id="plain-rule"),
        pytest.param(("auto", "--labels", "none.csv"), "none.csv", id="no-such-file"),
    ],
)
def test_what_cannot_be_decided_so(judged: Path, words: tuple[str, ...], told: str) -> None:
    done: Done = dikast(judged, "decide", "r.dikast", "--rule", *words)
    assert done.returncode == 2
    assert told in done.stderr


def test_rules_are_listed_and_fitted_ones_marked(judged: Path) -> None:
    lines = dikast(judged, "list", "rules").stdout.splitlines()
    told = {line.split()[0]: "(fitted)" in line for line in lines}
    assert (told["majority"], told["auto"], told["log_odds"]) == (False, True, True)


def test_a_panel_cannot_name_a_fitted_rule() -> None:
    with pytest.raises(ConfigError, match=r"learns from recorded ballots first.*calibration file"):
        check_panel(panel(judge("a"), judge("b"), judge("c"), rule=RuleSpec(name="log_odds")))
