"""`dikast adjudicate` by work sheet, what it refuses, and what the rest of dikast makes of it."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dikast.adjudication.slots import swapped
from dikast.agents.aggregator import Aggregator
from dikast.graphs.work import Work
from dikast.pair_figures import panel_accuracy
from dikast.records.runfile import RunFile
from dikast.running import identity_of
from dikast.stats.agreement import cohen
from dikast.stats.krippendorff import krippendorff
from dikast.types import (
    Candidate,
    Case,
    Criterion,
    Docket,
    IntegerScale,
    PreferenceScale,
    Rubric,
    Transcript,
    Verdict,
    YesNoScale,
)
from tests.adjudication_kit import (
    SPLIT,
    SURE,
    dikast,
    panel,
    rows_of_sheet,
    waiting,
    write_sheet,
)
from tests.calibration_kit import ballots, decide, planted_votes, write_run
from tests.runfiles import go

Rows = list[dict[str, Any]]


def verdicts(path: Path) -> dict[str, Verdict]:
    with RunFile.open(path, readonly=True) as run:
        return {verdict.case_id: verdict for verdict in run.verdicts()}


def sheet(path: Path, *words: str, name: str = "s.jsonl") -> Rows:
    done = dikast(path.parent, "adjudicate", path.name, "--export", name, *words)
    assert done.returncode == 0, done.stderr
    return rows_of_sheet(path.parent / name)


def take(path: Path, rows: Rows, *words: str) -> tuple[int, str, str]:
    write_sheet(path.parent / "filled.jsonl", rows)
    return dikast(path.parent, "adjudicate", path.name, "--answers", "filled.jsonl", *words)


def test_a_sheet_goes_out_and_comes_back(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast")
    rows = sheet(path)
    assert [row["case"] for row in rows] == ["c0000", "c0002"]
    hidden = json.dumps(rows)
    assert not any(word in hidden for word in ('"ann', "leaning", "confidence", "panel"))
    rows[0] |= {"answer": "yes", "reason": "so it is"}
    code, out, _ = take(path, rows, "--by", "rita")
    assert (code, out) == (0, "1 answers by rita stored\n1 rows have no answer\n")
    found = verdicts(path)["c0000"]
    assert found.adjudication is not None
    (told,) = found.adjudication.answers
    assert (told.by, told.score, told.reason, told.blind) == ("rita", 1, "so it is", True)
    assert (told.picked, found.status) == ("awaiting", "decided")
    # the same sheet once more changes nothing
    assert take(path, rows, "--by", "rita")[1].startswith("0 answers stored\n1 were there already")
    assert [row["case"] for row in sheet(path)] == ["c0002"]


def test_a_spreadsheet_comes_back_too(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast")
    dikast(tmp_path, "adjudicate", "r.dikast", "--export", "s.csv", "--open")
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert "leaning to yes" in rows[0]["panel"]
    for row, who in zip(rows, ("rita", "sam"), strict=True):
        row |= {"answer": "TRUE", "by": who}
    with (tmp_path / "s.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = dikast(tmp_path, "adjudicate", "r.dikast", "--answers", "s.csv")
    assert done.stdout == "2 answers by rita, sam stored\n"
    told = [v.adjudication.answers[0] for v in verdicts(path).values() if v.adjudication]
    assert [(a.by, a.blind) for a in told] == [("rita", False), ("sam", False)]


def test_of_a_pair_a_and_b_mean_what_the_sheet_showed(tmp_path: Path) -> None:
    votes = [{"ann": 1.0, "bob": -1.0, "cy": 0.0}] * 8
    path = waiting(tmp_path / "r.dikast", votes, scale=PreferenceScale())
    rows = sheet(path)
    for row in rows:
        assert {row["A"], row["B"]} == {f"{n}{int(row['case'][1:])}" for n in "xy"}
        row["answer"] = "A" if row["A"].startswith("x") else "B"
    assert {row["answer"] for row in rows} == {"A", "B"}
    assert take(path, rows, "--by", "rita")[0] == 0
    assert [v.score for v in verdicts(path).values()] == [1.0] * 8
    shown = dikast(tmp_path, "show", "r.dikast").stdout
    assert shown.count("x is preferred") == 8
    assert "decided by rita" in shown


def test_without_its_key_a_pair_is_answered_by_names(tmp_path: Path) -> None:
    votes = [{"ann": 1.0, "bob": -1.0, "cy": 0.0}] * 2
    path = waiting(tmp_path / "r.dikast", votes, scale=PreferenceScale())
    rows: Rows = [{"case": "c0000", "answer": "y"}, {"case": "c0001", "answer": "A"}]
    code, _, err = take(path, rows, "--by", "rita")
    assert code == 2
    assert "filled.jsonl:2: " in err
    assert "nobody knows which of them A is" in err
    assert take(path, rows[:1], "--by", "rita")[0] == 0
    assert verdicts(path)["c0000"].score == -1.0


def edit(**fields: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [rows[0], rows[1] | fields]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(edit(answer="maybe"), ["2: ", "neither yes nor no"], id="off-scale"),
        pytest.param(edit(case="c9999"), ["2: ", "no case `c9999`"], id="unknown-case"),
        pytest.param(edit(case=None), ["2: ", "names no case", "`criterion`"], id="no-case"),
        pytest.param(edit(criterion="nice"), ["2: ", "`nice`", "`ok`"], id="unknown-criterion"),
        pytest.param(edit(key="0" * 16), ["2: ", "another wording"], id="another-runs-sheet"),
        pytest.param(edit(by="bob"), ["2: ", "no name for a person"], id="a-judges-name"),
        pytest.param(
            lambda rows: [*rows, rows[0] | {"answer": "no"}],
            ["3: ", "rita has two answers", "in line 1", "in line 3", "Keep one"],
            id="two-answers-of-one-person",
        ),
        pytest.param(
            lambda rows: [row | {"answer": "5"} for row in rows],
            ["1: ", "neither yes nor no", "Wrong too: line 2. Nothing was stored."],
            id="every-wrong-line-is-named",
        ),
        pytest.param(
            lambda rows: [row | {"answer": ""} for row in rows],
            ["no row of this file has an answer (2 rows are empty)"],
            id="nothing-filled-in",
        ),
        pytest.param(
            lambda _: [{"case": "c0000", "label": "yes"}],
            ["1: ", "no `answer`", "`case`, `label`", "--export"],
            id="no-sheet-at-all",
        ),
    ],
)
def test_a_wrong_sheet_is_refused_whole(
    tmp_path: Path, change: Callable[[Rows], Rows], words: list[str]
) -> None:
    path = waiting(tmp_path / "r.dikast")
    before = verdicts(path)
    rows = [row | {"answer": "yes"} for row in sheet(path)]
    code, out, err = take(path, change(rows), "--by", "rita")
    assert (code, out) == (2, "")
    assert [word for word in words if word not in err] == []
    assert verdicts(path) == before


def test_somebody_must_have_answered(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast")
    rows = [row | {"answer": "yes"} for row in sheet(path)]
    code, _, err = take(path, rows)
    assert code == 2
    assert "`by`, or give --by" in err


def test_an_answer_is_changed_only_when_told(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast", [SPLIT])
    (row,) = sheet(path)
    take(path, [row | {"answer": "yes"}], "--by", "rita")
    code, _, err = take(path, [row | {"answer": "no"}], "--by", "rita")
    assert code == 2
    assert "rita answered yes" in err
    assert "--replace" in err
    assert take(path, [row | {"answer": "no"}], "--by", "rita", "--replace")[0] == 0
    assert verdicts(path)["c0000"].score == 0.0
    with RunFile.open(path, readonly=True) as run:
        assert len(run.history("c0000")) == 3


def test_people_who_differ_are_told_and_stay_open(tmp_path: Path) -> None:
    votes = [{"ann": 1.0, "bob": 3.0, "cy": 5.0}] * 6
    path = waiting(tmp_path / "r.dikast", votes, scale=IntegerScale())
    said = {"rita": [1, 2, 3, 4, 5, 1], "sam": [1, 3, 3, 4, 2, 5]}
    blank = sheet(path)
    for who, scores in said.items():
        rows = [row | {"answer": s} for row, s in zip(blank, scores, strict=True)]
        done = take(path, rows, "--by", who, "--json")
    record = json.loads(done[1])
    assert done[0] == 1
    (found,) = record["agreement"]
    alpha = krippendorff(list(zip(*said.values(), strict=True)), level="interval").value
    kappa = cohen(said["rita"], said["sam"], weights="quadratic", categories=[1, 2, 3, 4, 5]).value
    assert found["krippendorff"]["value"] == pytest.approx(alpha)
    assert found["pairs"][0]["cohen"]["value"] == pytest.approx(kappa)
    assert found["pairs"][0]["percent"]["value"] == 0.5
    assert (found["open"], record["awaiting"]) == (2, 2)
    states = {name: v.status for name, v in verdicts(path).items()}
    assert [n for n, s in states.items() if s != "decided"] == ["c0004", "c0005"]
    assert verdicts(path)["c0001"].criterion("ok").score == 2.5
    # somebody settles it; the others' answers stay on record
    rows = [row | {"answer": 3} for row in blank[4:]]
    done = take(path, rows, "--by", "tom", "--final")
    assert done[0] == 0
    assert "Krippendorff's α (interval)" in done[1]
    assert verdicts(path)["c0004"].people == ("tom",)
    assert "sam on ok: 2 (panel: undecided)" in str(row_of(tmp_path, "c0004")["answers"])


def row_of(folder: Path, case: str) -> dict[str, Any]:
    dikast(folder, "export", "r.dikast", "v.jsonl")
    return next(row for row in rows_of_sheet(folder / "v.jsonl") if row["case_id"] == case)


# -- what the rest of dikast makes of it ---------------------------------------------------------


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """A run with one case that rita decided against the panel's leaning, and one that waits."""
    path = waiting(tmp_path / "r.dikast")
    rows = sheet(path)
    take(path, [rows[0] | {"answer": "no", "reason": "a \x1b[31mforgery"}], "--by", "rita")
    return path


def test_show_tells_who_decided_and_against_what(answered: Path) -> None:
    folder = answered.parent
    done = dikast(folder, "show", "r.dikast")
    assert "c0000: decided, score 0.00, by rita, the panel's confidence 0.67" in done.stdout
    assert "dikast adjudicate r.dikast" in done.stderr
    told = dikast(folder, "show", "r.dikast", "--case", "c0000").stdout
    assert "Adjudication by people" in told
    assert "the panel's own verdict: c0000: awaiting adjudication, low confidence" in told
    assert "rita on ok: no (the panel: undecided, low_confidence)" in told
    assert r"a \x1b[31mforgery" in told
    assert "\x1b" not in told


def test_export_names_people_and_what_the_panel_held(answered: Path) -> None:
    row = row_of(answered.parent, "c0000")
    assert (row["people"], row["decided_by_ok"], row["score_ok"]) == ('["rita"]', "rita", 0.0)
    assert row["answers"].startswith("rita on ok: no (panel: undecided) - a ")
    other = row_of(answered.parent, "c0001")
    assert (other["people"], other["answers"], other["decided_by_ok"]) == ("[]", None, "panel")


@pytest.mark.parametrize("rule", ["majority", "wawa"])
def test_no_rule_overrules_a_person(answered: Path, rule: str) -> None:
    done = dikast(answered.parent, "decide", "r.dikast", "--rule", rule)
    assert "c0000: decided, score 0.00, by rita" in done.stdout
    if rule == "majority":
        # what waited still waits, and what the panel decides is decided as before
        assert "c0001: decided, score 1.00, confidence 1.00" in done.stdout


def test_an_audit_does_not_ask_again(answered: Path) -> None:
    thin = waiting(
        answered.with_name("t.dikast"),
        [{"ann": 1.0, "bob": 3.0, "cy": 5.0}] * 2,
        scale=IntegerScale(),
    )
    for doubtful in (["c0000", "c0001"], ["c0001"]):
        found = json.loads(dikast(answered.parent, "audit", "t.dikast", "--json").stdout)
        assert [doubt["case"] for doubt in found["doubts"]] == doubtful
        take(thin, [{"case": "c0000", "answer": 2}], "--by", "rita")
    assert any("people decided 1 of these" in note for note in found["notes"])
    against = dikast(answered.parent, "audit", "r.dikast", "--labels", "adjudicated", "--json")
    report = json.loads(against.stdout)
    assert report["labelled"] == 1
    right = {f["name"]: f["value"] for f in report["figures"] if f["figure"] == "accuracy"}
    assert (right["ann"], right["cy"]) == (0.0, 1.0)


def test_labels_and_answers_are_files_that_read_back(answered: Path) -> None:
    folder = answered.parent
    for name in ("l.jsonl", "l.csv"):
        done = dikast(folder, "export", "r.dikast", name, "--labels")
        assert done.returncode == 0
        assert "picked for being doubtful" in done.stderr
        report = json.loads(dikast(folder, "audit", "r.dikast", "--labels", name, "--json").stdout)
        assert report["labelled"] == 1
    (row,) = rows_of_sheet(folder / "l.jsonl")
    assert (row["case"], row["label"], row["by"], row["panel"]) == ("c0000", "no", "rita", "")
    dikast(folder, "export", "r.dikast", "a.jsonl", "--answers")
    (row,) = rows_of_sheet(folder / "a.jsonl")
    assert (row["rater"], row["label"], row["blind"]) == ("rita", "no", True)


def test_the_panels_accuracy_is_its_own(tmp_path: Path) -> None:
    """What a person decided is no merit of the panel."""
    spec = panel(PreferenceScale())
    case = Case(
        id="q",
        question="?",
        candidates=(Candidate(id="x", text="x"), Candidate(id="y", text="y")),
        labels={"preferred": "x"},
    )
    path = tmp_path / "r.dikast"
    with RunFile.create(path, identity_of(spec, work=Work(kind="compare"))) as run:
        go(run.add_cases([case]))
        go(run.seal())
        go(run.finish("q", decide(spec, {"ann": 1.0, "bob": -1.0, "cy": 0.0})))
    take(path, [{"case": "q", "answer": "x"}], "--by", "rita")
    assert verdicts(path)["q"].score == 1.0
    with RunFile.open(path, readonly=True) as run:
        assert (panel_accuracy(run).value, panel_accuracy(run).n) == (0.0, 1)


def test_a_case_of_several_criteria_has_a_row_for_each(tmp_path: Path) -> None:
    rubric = Rubric(
        id="r",
        criteria=(
            Criterion(id="true", question="Is it true?", scale=YesNoScale()),
            Criterion(id="good", question="Is it good?", scale=IntegerScale()),
        ),
    )
    spec = panel().model_copy(update={"rubric": rubric})
    cast = [
        ballot.model_copy(update={"criterion": name})
        for name, scores in (
            ("true", {"ann": 1.0, "bob": 0.0, "cy": 1.0}),
            ("good", {"ann": 1.0, "bob": 3.0, "cy": 5.0}),
        )
        for ballot in ballots(scores)
    ]
    case = Case(id="q", question="?", candidates=(Candidate(text="a"),))
    heard = Aggregator(spec).verdict(
        Docket(case=case, presentation=("response",)), Transcript(ballots=tuple(cast)), {}
    )
    path = tmp_path / "r.dikast"
    with RunFile.create(path, identity_of(spec)) as run:
        go(run.add_cases([case]))
        go(run.seal())
        go(run.finish("q", heard))
    rows = sheet(path)
    assert [row["criterion"] for row in rows] == ["true", "good"]
    assert len({row["key"] for row in rows}) == 2
    # one criterion answered: the case waits for the other
    take(path, [rows[0] | {"answer": "no"}, rows[1]], "--by", "rita")
    found = verdicts(path)["q"]
    assert (found.status, found.criterion("true").score) == ("awaiting_adjudication", 0.0)
    assert [row["criterion"] for row in sheet(path)] == ["good"]
    code, _, err = take(path, [{"case": "q", "answer": 4}], "--by", "rita")
    assert code == 2
    assert "does not say on which criterion; there are `true`, `good`" in err
    take(path, [{"case": "q", "criterion": "good", "answer": 4}], "--by", "sam")
    found = verdicts(path)["q"]
    assert (found.status, found.score, found.people) == ("decided", 0.375, ("rita", "sam"))


def test_the_loop_from_judges_to_people_and_back(tmp_path: Path) -> None:
    """Judge, adjudicate a sample, calibrate on it, decide by the calibration."""
    truth, votes = planted_votes({"ann": 0.95, "bob": 0.6, "cy": 0.55}, 80)
    path = write_run(tmp_path / "r.dikast", panel(), votes)
    rows = sheet(path, "--sample", "60")
    assert len(rows) == 60
    for row in rows:
        row["answer"] = "yes" if truth[int(row["case"][1:])] else "no"
    assert take(path, rows, "--by", "rita")[0] == 0
    quick = ("--folds", "2", "--repeats", "1", "--out")
    done = dikast(tmp_path, "calibrate", "r.dikast", "--labels", "adjudicated", *quick, "c.json")
    assert done.returncode == 0, done.stderr
    assert "labels: 60 on 60 cases by 1 person\n" in done.stderr
    assert "note:" not in done.stderr  # drawn at random and answered blind
    fitted = json.loads((tmp_path / "c.json").read_text("utf-8"))
    weights = fitted["criteria"][0]["weights"]
    assert weights["ann"] > weights["bob"]
    # an exported file of the labels says the same
    dikast(tmp_path, "export", "r.dikast", "l.csv", "--labels")
    dikast(tmp_path, "calibrate", "r.dikast", "--labels", "l.csv", *quick, "d.json")
    again = json.loads((tmp_path / "d.json").read_text("utf-8"))
    assert again["criteria"] == fitted["criteria"]
    decided = dikast(tmp_path, "decide", "r.dikast", "--calibration", "c.json").stdout
    assert decided.count("by rita") == 60


def test_labels_of_doubtful_cases_say_so(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast", [SPLIT] * 4)
    rows = [row | {"answer": "yes"} for row in sheet(path, "--open")]
    take(path, rows, "--by", "rita")
    err = dikast(tmp_path, "calibrate", "r.dikast", "--labels", "adjudicated").stderr
    assert "4 of them are of cases picked for being doubtful" in err
    assert "4 of them were given with the panel's votes in sight" in err


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param([], "this is no terminal", id="nobody-there"),
        pytest.param(["--sample", "3", "--contested"], "exclude each other", id="two-choices"),
        pytest.param(["--list", "--export", "s.csv"], "exclude each other", id="two-ways"),
        pytest.param(["--answers", "s.csv", "--limit", "3"], "reads all rows", id="choice-of-rows"),
        pytest.param(["--replace"], "goes with --answers", id="replace-alone"),
        pytest.param(["--export", "s.xlsx"], "neither .jsonl nor .csv", id="other-file"),
        pytest.param(["--list", "--case", "c9"], "unknown case `c9`", id="unknown-case"),
        pytest.param(["--answers", "gone.csv"], "no such file", id="no-sheet"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(tmp_path: Path, words: list[str], told: str) -> None:
    waiting(tmp_path / "r.dikast")
    done = dikast(tmp_path, "adjudicate", "r.dikast", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize("command", ["rank", "rag"])
def test_runs_of_other_kinds_are_refused(tmp_path: Path, command: str) -> None:
    row: dict[str, Any] = {"id": "q", "question": "Where?", "contexts": ["The office is in Rome."]}
    row |= (
        {"candidates": [{"id": "a", "text": "In Rome."}, {"id": "b", "text": "In Bonn."}]}
        if command == "rank"
        else {"response": "In Rome."}
    )
    write_sheet(tmp_path / "c.jsonl", [row])
    dikast(tmp_path, command, "c.jsonl", "--out", "r.dikast")
    for words in (
        ["adjudicate", "r.dikast", "--list"],
        ["export", "r.dikast", "l.csv", "--labels"],
    ):
        done = dikast(tmp_path, *words)
        assert done.returncode == 2
        assert f"is a run of `{command}`" in done.stderr


def test_nobody_has_answered_yet(tmp_path: Path) -> None:
    waiting(tmp_path / "r.dikast")
    for words in (
        ["export", "r.dikast", "l.csv", "--labels"],
        ["export", "r.dikast", "l.csv", "--answers"],
        ["calibrate", "r.dikast", "--labels", "adjudicated"],
    ):
        done = dikast(tmp_path, *words)
        assert done.returncode == 2
        assert "dikast adjudicate r.dikast" in done.stderr


def test_slots_do_not_follow_the_order_of_a_file() -> None:
    """Whether A is the first candidate is a coin that the case's content throws."""
    from dikast.types import Candidate, Case

    rng = random.Random(0)
    drawn = []
    for _ in range(400):
        texts = [Candidate(id=n, text=str(rng.random())) for n in "xy"]
        drawn.append(swapped(Case(id=str(rng.random()), candidates=tuple(texts))))
    assert 160 < sum(drawn) < 240


def test_a_list_for_programs(tmp_path: Path) -> None:
    waiting(tmp_path / "r.dikast", [SPLIT, SURE])
    done = dikast(tmp_path, "adjudicate", "r.dikast", "--list", "--json")
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (row["case"], row["criteria"], row["picked"]) == ("c0000", ["ok"], "awaiting")
