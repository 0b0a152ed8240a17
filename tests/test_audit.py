"""The audit: what was planted in judges is what it says, in figures and in words."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dikast.audit.build import audit
from dikast.audit.pictures import PICTURES, draw_all, draw_audit, drawable
from dikast.audit.report import AuditReport, Figure
from dikast.audit.screen import WIDTH, screen
from dikast.audit.words import FIGURES, shown, told
from dikast.cli.every import app
from dikast.errors import ConfigError
from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.baselines import Texts
from dikast.types import IntegerScale, PreferenceScale, YesNoScale

N = 400


def pairs(seed: int = 3, *, labels: bool = True) -> BallotTable:
    """Four judges: a good one, one pulled to the first slot, one that follows length, a coin."""
    rng = random.Random(seed)
    rows, truth, lengths = [], {}, {}
    for number in range(N):
        case = f"c{number:03}"
        better = rng.choice((1.0, -1.0))
        size = rng.randint(200, 900), rng.randint(200, 900)
        truth[case, "overall"], lengths[case] = better, (float(size[0]), float(size[1]))
        for swapped in (False, True):
            first = -1.0 if swapped else 1.0
            good = better if rng.random() < 0.9 else -better
            longer = 1.0 if size[0] > size[1] else -1.0
            votes = {
                "good": good,
                "pulled": first if rng.random() < 0.6 else good,
                "windy": longer if rng.random() < 0.6 else good,
                "coin": rng.choice((1.0, -1.0)),
            }
            rows += [Row(case, name, vote, swapped=swapped) for name, vote in votes.items()]
    return BallotTable.of(
        rows,
        scales={"overall": PreferenceScale()},
        pairs=True,
        truth=truth if labels else None,
        lengths=lengths,
    )


@pytest.fixture(scope="module")
def report() -> AuditReport:
    return audit(pairs(), source="planted.jsonl")


def near(figure: Figure, planted: float) -> bool:
    assert figure.low is not None
    assert figure.high is not None
    slack = 0.02
    return figure.low - slack <= planted <= figure.high + slack


@pytest.mark.parametrize(
    ("figure", "judge", "planted"),
    [
        pytest.param("accuracy", "good", 0.9, id="accuracy"),
        pytest.param("accuracy", "coin", 0.5, id="a-coin-is-a-coin"),
        pytest.param("order_consistency", "coin", 0.5, id="a-coin-contradicts-itself"),
        pytest.param("first_position_rate", "good", 0.5, id="no-pull"),
        pytest.param("first_position_rate", "pulled", 0.8, id="pull-of-the-first-slot"),
        pytest.param("position_bias_raw", "good", 0.0, id="no-position-bias"),
        pytest.param("length_coefficient", "good", 0.0, id="no-pull-of-length"),
        pytest.param("cohen", "good", 0.8, id="kappa-of-two-balanced-classes"),
    ],
)
def test_what_was_planted(report: AuditReport, figure: str, judge: str, planted: float) -> None:
    assert near(report.one(figure, judge, "overall"), planted)


def test_only_what_was_planted_is_flagged(report: AuditReport) -> None:
    flagged = {(f.figure, f.name) for f in report.figures if f.flagged}
    assert flagged == {("first_position_rate", "pulled"), ("length_coefficient", "windy")}
    assert all(f.q is None for f in report.figures if f.p is None)
    assert all(f.q >= f.p for f in report.figures if f.p is not None and f.q is not None)


def test_advice_names_what_was_planted(report: AuditReport) -> None:
    words = "\n".join(advice.text for advice in report.advice)
    assert "One vote each makes the panel worse than its best judge" in words
    assert "pulled contradicts itself" in words
    assert "picks what is shown first in 80%" in words or "picks what is shown first in 7" in words
    assert "windy leans to the longer response" in words
    assert "good contradicts" not in words
    assert "good leans" not in words


def test_the_chosen_rule_is_no_worse_than_the_best_judge(report: AuditReport) -> None:
    gain = report.one("gain_over_best", "auto", "overall")
    assert gain.value is not None
    assert gain.value > -0.01
    majority = report.one("gain_over_best", "majority", "overall")
    assert majority.high is not None
    assert majority.high < 0


@pytest.mark.parametrize("ties", [True, False], ids=["ties-allowed", "no-ties"])
def test_a_judge_alone_gains_nothing_over_itself(ties: bool) -> None:
    """A pair on which its orders disagree counts alike for the judge and for a panel of it."""
    rng = random.Random(8)
    rows, truth = [], {}
    for number in range(120):
        case, better = f"c{number:03}", rng.choice((1.0, -1.0))
        truth[case, "overall"] = better
        for swapped in (False, True):
            vote = better if rng.random() < 0.85 else -better
            rows.append(Row(case, "ann", vote, swapped=swapped))
    scales = {"overall": PreferenceScale(ties=ties)}
    report = audit(BallotTable.of(rows, scales=scales, pairs=True, truth=truth), draws=100)
    alone = report.one("accuracy", "ann", "overall").value
    for rule in ("majority", "auto"):
        assert report.one("accuracy", rule, "overall").value == pytest.approx(alone)
        assert report.one("gain_over_best", rule, "overall").value == pytest.approx(0)


def test_labels_of_a_case_do_not_reach_its_own_decision() -> None:
    """Judges who know nothing: a rule fitted on the labels it is scored by would beat a half."""
    rng = np.random.default_rng(5)
    rows = [Row(f"c{i:02}", f"j{j}", float(rng.integers(2))) for i in range(60) for j in range(9)]
    truth = {(f"c{i:02}", "overall"): float(rng.integers(2)) for i in range(60)}
    blind = BallotTable.of(rows, scales={"overall": YesNoScale()}, truth=truth)
    found = audit(blind, draws=200).one("accuracy", "auto", "overall")
    assert found.value is not None
    assert found.value < 0.65


def test_order_of_rows_decides_nothing() -> None:
    table = pairs()
    rows = [
        Row(table.cases[c], table.judges[j], float(s), swapped=bool(w))
        for c, j, s, w in zip(table.case, table.judge, table.score, table.swapped, strict=True)
    ]
    random.Random(1).shuffle(rows)
    truth = {(n, "overall"): float(t) for n, t in zip(table.cases, table.truth[:, 0], strict=True)}
    lengths = {
        n: (float(a), float(b)) for n, (a, b) in zip(table.cases, table.lengths, strict=True)
    }
    mixed = BallotTable.of(
        rows, scales={"overall": PreferenceScale()}, pairs=True, truth=truth, lengths=lengths
    )
    assert audit(mixed, draws=100) == audit(table, draws=100)


def test_a_report_survives_json(report: AuditReport) -> None:
    assert AuditReport.from_json(report.to_json()) == report
    assert "NaN" not in report.to_json()


def test_every_figure_has_a_name_in_words(report: AuditReport) -> None:
    assert {f.figure for f in report.figures} <= set(FIGURES)
    assert all(told(name).title for name in FIGURES)


def test_one_screen(report: AuditReport) -> None:
    text = screen(report)
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert len(text.splitlines()) < 60
    assert "first position" not in text or " *" in text


def test_the_screen_says_what_its_figures_rest_on(report: AuditReport) -> None:
    lines = screen(report).splitlines()
    row = next(line for line in lines if line.startswith("  pulled"))
    consistency = report.one("order_consistency", "pulled", "overall")
    assert shown(consistency) in row
    assert "[" in shown(consistency)
    assert f"of {2 * N}" in row
    alpha = report.one("krippendorff_ordinal", "all judges", "overall")
    among = next(line for line in lines if line.startswith("judges among themselves"))
    assert shown(alpha) in among
    starred = any(line.endswith(" *") or " *  " in line for line in lines)
    assert starred == any(line.startswith("* unlike") for line in lines)


def test_of_many_judges_the_best_and_the_worst_are_shown() -> None:
    rng = random.Random(6)
    rows = [
        Row(f"c{i:02}", f"j{j:02}", float(rng.random() < j / 60))
        for i in range(60)
        for j in range(60)
    ]
    truth = {(f"c{i:02}", "overall"): 1.0 for i in range(60)}
    report = audit(BallotTable.of(rows, scales=SCALE, truth=truth), draws=20)
    text = screen(report)
    assert "and 36 between these by accuracy" in text
    assert "  j59 " in text
    assert "  j00 " in text
    assert "  j30 " not in text


def test_a_judge_a_little_below_a_trivial_one_is_not_sent_away() -> None:
    """29 of 60 against 30 of 60 says nothing."""
    texts = {f"c{i:02}": Texts(("yes" if i % 2 else "no",), ("yes",)) for i in range(60)}
    right = {case: float(at % 4 in (1, 2)) for at, case in enumerate(texts)}
    rows = [
        Row(case, "ann", right[case] if at % 2 and at != 1 else 1 - right[case])
        for at, case in enumerate(texts)
    ]
    truth = {(case, "overall"): label for case, label in right.items()}
    report = audit(BallotTable.of(rows, scales=SCALE, truth=truth), texts=texts, draws=100)
    assert report.one("accuracy", "ann", "overall").value == pytest.approx(29 / 60)
    assert report.one("accuracy", "baseline/exact", "overall").value == pytest.approx(0.5)
    assert not any("trivial judge" in advice.text for advice in report.advice)


def test_names_cannot_steer_the_terminal() -> None:
    evil = "ann\x1b[2J"
    rows = [Row(f"c{i}\x1b[31m", evil, float(i % 2)) for i in range(12)]
    report = audit(BallotTable.of(rows, scales={"overall": YesNoScale()}), source="x\x07", draws=50)
    assert "\x1b" not in screen(report)
    assert "\x07" not in screen(report)


def test_without_labels_consistency_and_agreement_remain() -> None:
    report = audit(pairs(labels=False), draws=100)
    assert not report.find("accuracy")
    assert report.one("order_consistency", "good", "overall").value is not None
    assert report.find("cohen", about="pair")
    assert any("no labels" in advice.text for advice in report.advice)
    assert report.rule == "auto"


SCALE = {"overall": YesNoScale()}


@pytest.mark.parametrize(
    ("rows", "truth"),
    [
        pytest.param([Row("c", "ann", 1)], {}, id="one-ballot"),
        pytest.param([Row("c", "ann", None)], {("c", "overall"): 1.0}, id="only-abstentions"),
        pytest.param(
            [Row(f"c{i}", n, 1) for i in range(40) for n in "ab"],
            {(f"c{i}", "overall"): 1.0 for i in range(40)},
            id="constant-judges-and-one-class",
        ),
        pytest.param(
            [Row(f"c{i}", "ab"[i % 2], float(i % 3 == 0)) for i in range(40)],
            {(f"c{i}", "overall"): float(i % 2) for i in range(40)},
            id="judges-without-a-common-case",
        ),
    ],
)
def test_what_is_undefined_says_why(rows: list[Row], truth: dict[tuple[str, str], float]) -> None:
    report = audit(BallotTable.of(rows, scales=SCALE, truth=truth), draws=50)
    assert report.figures
    assert all(f.reason for f in report.figures if f.value is None)
    assert screen(report)


def test_a_trivial_judge_that_does_better_is_named() -> None:
    rng = random.Random(2)
    texts = {f"c{i:02}": Texts((f"It is {i % 2}.",), ("1",)) for i in range(80)}
    rows = [Row(case, "ann", float(rng.random() < 0.5)) for case in texts]
    truth = {(case, "overall"): float(int(case[1:]) % 2) for case in texts}
    table = BallotTable.of(rows, scales=SCALE, truth=truth)
    report = audit(table, texts=texts, draws=100)
    best = report.one("accuracy", "baseline/contains", "overall")
    assert best.value == 1.0
    assert any("trivial judge `baseline/" in advice.text for advice in report.advice)


def test_several_criteria_have_their_own_figures() -> None:
    rng = random.Random(4)
    rows = []
    for i in range(60):
        score = float(rng.randint(1, 5))
        rows += [Row(f"c{i}", "fused", score, c) for c in ("clear", "true")]
        rows += [Row(f"c{i}", "apart", float(rng.randint(1, 5)), c) for c in ("clear", "true")]
    scales = {"clear": IntegerScale(), "true": IntegerScale()}
    report = audit(BallotTable.of(rows, scales=scales), draws=100)
    assert report.one("halo", "fused").value == 1.0
    halo = report.one("halo", "apart").value
    assert halo is not None
    assert halo < 0.5
    assert any("fused gives all criteria" in advice.text for advice in report.advice)


# -- pictures -----------------------------------------------------------------------------------


def with_confidence() -> BallotTable:
    rng = random.Random(9)
    rows = [
        Row(f"c{i}", n, float(rng.random() < 0.7), confidence=rng.choice((0.5, 0.8, 0.95)))
        for i in range(60)
        for n in ("ann", "bob")
    ]
    truth = {(f"c{i}", "overall"): 1.0 for i in range(60)}
    return BallotTable.of(rows, scales=SCALE, truth=truth)


def test_pictures_are_drawn_where_there_is_something(tmp_path: Path, report: AuditReport) -> None:
    assert drawable(report) == ("agreement", "position", "risk")
    told = audit(with_confidence(), draws=50)
    assert drawable(told) == ("agreement", "reliability", "risk")
    drawn = {*draw_all(report, tmp_path / "p"), *draw_all(told, tmp_path / "p")}
    assert {path.stem for path in drawn} == set(PICTURES)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)
    with pytest.raises(ConfigError, match="both orders"):
        draw_audit(told, "position", tmp_path / "x.png")
    with pytest.raises(ConfigError, match="Did you mean `risk`"):
        draw_audit(told, "risks", tmp_path / "x.png")


def test_the_heat_map_of_many_judges_has_no_empty_rows(tmp_path: Path) -> None:
    rng = random.Random(5)
    rows = [
        Row(f"c{i}", f"j{j:02}", float(rng.random() < 0.5)) for i in range(30) for j in range(40)
    ]
    report = audit(BallotTable.of(rows, scales=SCALE), draws=10)
    pairs_of = [f.name.split(" | ") for f in report.find("cohen", about="pair")]
    named = {name for pair in pairs_of for name in pair}
    assert len(pairs_of) == 300
    assert len(named) == 25
    assert draw_audit(report, "agreement", tmp_path / "a.png").is_file()


# -- the command --------------------------------------------------------------------------------


def run(*args: str) -> Any:
    return CliRunner().invoke(app, ["audit", *args])


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A run of the embedded panel over pairs whose labels are known."""
    lines = [
        {
            "id": f"p{n:02}",
            "question": "When was the bridge opened?",
            "contexts": [f"The bridge was opened in {1900 + n}."],
            "candidates": [f"It was opened in {1900 + n}.", f"It was opened in {1950 + n}."],
            "labels": {"preferred": "first"},
        }
        for n in range(12)
    ]
    cases = tmp_path / "pairs.jsonl"
    cases.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    out = tmp_path / "pairs.dikast"
    done = CliRunner().invoke(app, ["compare", str(cases), "--out", str(out)])
    assert done.exit_code in (0, 1), done.output
    return out


def test_a_run_is_audited(judged: Path, tmp_path: Path) -> None:
    done = run(str(judged), "--plots", str(tmp_path / "plots"))
    assert done.exit_code == 0, done.output
    assert "12 pairs" in done.stdout
    assert "trivial judges" in done.stdout
    assert "rule-backed baselines" in " ".join(done.stdout.split())
    assert (tmp_path / "plots" / "agreement.png").is_file()


def test_json_holds_everything(judged: Path) -> None:
    report = AuditReport.from_json(run(str(judged), "--json").stdout)
    assert report.labelled == 12
    assert report.find("accuracy", about="baseline")


def test_probes_beside_the_audit(judged: Path, tmp_path: Path) -> None:
    out = tmp_path / "probes"
    done = run(str(judged), "--probes", "padding,tone", "-n", "6", "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {
        "repeat.dikast",
        "padding.dikast",
        "tone.dikast",
    }
    report = AuditReport.from_json(done.stdout)
    assert report.find("probe_padding_flip_rate")
    assert all(f.value == 0 for f in report.find("probe_tone_noise") if f.value is not None)
    dry = run(str(judged), "--probes", "tone", "--dry-run", "--out", str(tmp_path / "none"))
    assert dry.exit_code == 0, dry.output
    assert not (tmp_path / "none").exists()


def test_labels_of_several_people_hold_judges_against_them(judged: Path, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    rows = (
        {"case": f"p{n:02}", "rater": who, "label": "second" if who == "eve" else "first"}
        for n in range(12)
        for who in ("ada", "bo", "eve")
    )
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    done = run(str(judged), "--labels", str(path), "--json")
    assert done.exit_code == 0, done.output
    report = AuditReport.from_json(done.stdout)
    leads = {f.name: f.value for f in report.find("stand_in_lead", about="pair")}
    judge = next(name for name in report.judges if leads.get(f"{name} | eve") is not None)
    assert report.labelled == 12
    # Eve is alone with her view: any judge that agrees with the others leads her by far.
    lead = leads[f"{judge} | eve"]
    assert lead is not None
    assert lead > (leads[f"ada | {judge}"] or 0)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        pytest.param('{"case": "p99", "label": "first"}', "no label is of a case", id="no-overlap"),
        pytest.param(
            '{"case": "p01", "label": "first"}\n{"case": "p99", "label": "first"}',
            "unknown cases",
            id="unknown-case",
        ),
        pytest.param(
            '{"case": "p01", "label": "first"}\n{"case": "p01", "label": "second"}',
            "two labels",
            id="two-labels",
        ),
        pytest.param('{"case": "p01", "label": "best"}', "best", id="off-the-scale"),
        pytest.param('{"label": "first"}', "names no case", id="no-case"),
    ],
)
def test_labels_that_do_not_fit(judged: Path, tmp_path: Path, labels: str, message: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(labels, encoding="utf-8")
    done = run(str(judged), "--labels", str(path))
    assert done.exit_code == 2
    assert message in done.stderr
    assert "labels.jsonl" in done.stderr


def test_what_cannot_be_audited(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"verdict": "A"}', encoding="utf-8")
    done = run(str(rows))
    assert done.exit_code == 2
    assert "rows.jsonl:1" in done.stderr
    assert run(str(tmp_path / "none.jsonl")).exit_code == 2
    probed = run(str(rows), "--probe")
    assert probed.exit_code == 2
    assert "no run file" in probed.stderr


def test_values_are_written_for_people() -> None:
    rate = Figure(about="judge", name="a", figure="position_bias", value=-0.034)
    assert shown(rate) == "-3 points"
    assert shown(Figure(about="judge", name="a", figure="tov", value=1.0)) == "1.00"
