"""Figures by slice: a dependence that was planted is found, and nothing else."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from typer.testing import CliRunner

from dikast.audit.build import audit
from dikast.audit.report import AuditReport, Sliced
from dikast.audit.screen import WIDTH, screen
from dikast.audit.source import slice_name
from dikast.cli.every import app
from dikast.stats.ballot_table import BallotTable, Row
from dikast.stats.slices import FEWEST, slice_test, with_the_others
from dikast.testing.recorded import recorded_root, recorded_rows
from dikast.types import IntegerScale, PreferenceScale, Scale, YesNoScale

YES_NO: dict[str, Scale] = {"overall": YesNoScale()}
TOPICS = ("code", "law", "maths")


def planted(seed: int = 1, *, cases: int = 300) -> tuple[BallotTable, dict[str, str | None]]:
    """`steady` is right in 80 % everywhere, `coder` in 95 % on code and in half elsewhere."""
    rng = random.Random(seed)
    rows, truth, topics = [], {}, {}
    for number in range(cases):
        case = f"c{number:03}"
        topics[case] = TOPICS[number % 3]
        right = float(rng.random() < 0.5)
        truth[case, "overall"] = right
        sure = {"steady": 0.8, "coder": 0.95 if topics[case] == "code" else 0.5}
        rows += [
            Row(case, name, right if rng.random() < p else 1 - right) for name, p in sure.items()
        ]
    told: dict[str, str | None] = {**topics}
    return BallotTable.of(rows, scales=YES_NO, truth=truth), told


def figures(report: AuditReport) -> dict[tuple[str, str | None], Sliced]:
    assert report.slices is not None
    return {(f.name, f.slice): f for f in report.slices.figures}


@pytest.fixture(scope="module")
def report() -> AuditReport:
    table, topics = planted()
    return audit(table, by="topic", sliced=topics, draws=200)


@pytest.mark.parametrize(
    ("judge", "topic", "rate"),
    [
        pytest.param("coder", "code", 0.95, id="where-it-is-good"),
        pytest.param("coder", "law", 0.5, id="where-it-is-not"),
        pytest.param("steady", "code", 0.8, id="the-same-everywhere"),
    ],
)
def test_the_planted_rates_are_in_their_intervals(
    report: AuditReport, judge: str, topic: str, rate: float
) -> None:
    found = figures(report)[judge, topic]
    assert found.figure == "accuracy"
    assert found.n == 100
    assert found.low is not None
    assert found.high is not None
    assert found.low <= rate <= found.high


def test_only_the_planted_dependence_is_flagged(report: AuditReport) -> None:
    flagged = {key for key, figure in figures(report).items() if figure.flagged}
    assert flagged == {("coder", "code"), ("coder", "law"), ("coder", "maths")}


def test_each_slice_is_what_the_audit_of_its_cases_says(report: AuditReport) -> None:
    """An independent way to the same figures: the table cut first, then audited."""
    table, topics = planted()
    for topic in TOPICS:
        part = table.take_cases(np.array([topics[case] == topic for case in table.cases]))
        alone = audit(part, draws=200)
        for judge in table.judges:
            own = figures(report)[judge, topic]
            whole = alone.one("accuracy", judge, "overall")
            assert (own.value, own.low, own.high, own.n) == (
                whole.value,
                whole.low,
                whole.high,
                whole.n,
            )


def test_tests_of_slices_are_corrected_with_all_others(report: AuditReport) -> None:
    assert report.slices is not None
    every = [*report.figures, *report.slices.figures]
    ps = [f.p for f in every if f.p is not None]
    qs = [f.q for f in every if f.p is not None]
    assert qs == pytest.approx(stats.false_discovery_control(ps))
    assert len(ps) > len([f for f in report.slices.figures if f.p is not None])


def test_who_is_best_where_and_what_to_do(report: AuditReport) -> None:
    assert report.slices is not None
    best = {b.slice: (b.judges, b.clear) for b in report.slices.best}
    assert best["code"] == (("coder",), True)
    assert best["law"] == (("steady",), True)
    words = "\n".join(advice.text for advice in report.advice)
    assert "coder falls to" in words
    assert "steady falls to" not in words
    assert "Which judge is best depends on `topic`" in words


def test_order_decides_nothing() -> None:
    table, topics = planted(cases=90)
    rows = [
        Row(table.cases[c], table.judges[j], float(s))
        for c, j, s in zip(table.case, table.judge, table.score, strict=True)
    ]
    truth = {(n, "overall"): float(t) for n, t in zip(table.cases, table.truth[:, 0], strict=True)}
    random.Random(2).shuffle(rows)
    mixed = BallotTable.of(rows, scales=YES_NO, truth=truth)
    turned = dict(reversed(topics.items()))
    one = audit(table, by="t", sliced=topics, draws=50)
    assert one == audit(mixed, by="t", sliced=turned, draws=50)
    assert AuditReport.from_json(one.to_json()) == one


def test_an_unbiased_judge_is_seldom_flagged() -> None:
    """Two judges, three slices, no dependence: the false-discovery rate holds."""
    flagged = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        earned = (rng.random(150) < 0.7).astype(float)
        inside = rng.permutation(150) < 50
        p = slice_test(earned, inside).p
        assert p is not None
        flagged += p < 0.05
    assert flagged <= 8  # 3 expected; more than 8 in 60 has a chance of under 1 %


# -- small, missing, hostile ------------------------------------------------------------------


def test_small_slices_are_counted_and_say_why() -> None:
    table, _ = planted(cases=60)
    names: dict[str, str | None] = {
        case: "big" if at < 40 else f"t{at}" if at < 58 else None
        for at, case in enumerate(table.cases)
    }
    report = audit(table, by="tag", sliced=names, draws=50)
    assert report.slices is not None
    small = [count for count in report.slices.counts if count.reason]
    assert len(small) == 19
    assert {count.slice for count in small if count.cases == 2} == {None}
    assert {f.slice for f in report.slices.figures} == {"big"}
    text = screen(report)
    assert "19 slices with 20 cases are too small" in text
    assert "t41" not in text


def test_a_judge_with_few_votes_on_a_slice_has_no_figure_there() -> None:
    table, topics = planted(cases=90)
    rows = [
        Row(
            table.cases[c],
            table.judges[j],
            float(s) if j or topics[table.cases[c]] != "law" else None,
        )
        for c, j, s in zip(table.case, table.judge, table.score, strict=True)
    ]
    truth = {(n, "overall"): float(t) for n, t in zip(table.cases, table.truth[:, 0], strict=True)}
    report = audit(
        BallotTable.of(rows, scales=YES_NO, truth=truth), by="t", sliced=topics, draws=50
    )
    found = figures(report)["coder", "law"]
    assert (found.value, found.n, found.nulls) == (None, 0, 30)
    assert f"takes {FEWEST}" in found.reason
    assert found.p is None


def test_cases_without_a_value_are_a_slice_of_their_own() -> None:
    table, topics = planted()
    names = {case: None if topic == "law" else topic for case, topic in topics.items()}
    names |= {"c000": "(no topic)"}
    report = audit(table, by="topic", sliced=names, draws=50)
    assert figures(report)["steady", None].n == 100
    assert "(no topic)" in screen(report)
    left_out = {case: name for case, name in names.items() if name is not None}
    assert audit(table, by="topic", sliced=left_out, draws=50) == report


def test_values_are_hostile_text() -> None:
    table, _ = planted(cases=60)
    evil = "ev\x1b[2Jil\n\u202e" + "x" * 500
    names: dict[str, str | None] = {
        case: evil if at % 2 else "界" * 60 for at, case in enumerate(table.cases)
    }
    text = screen(audit(table, by="by\x1b[31m", sliced=names, draws=50))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_many_judges_and_slices_stay_readable() -> None:
    rng = random.Random(3)
    cases = [f"c{i:03}" for i in range(400)]
    rows = [
        Row(case, f"judge-{j:02}", float(rng.random() < 0.6)) for case in cases for j in range(30)
    ]
    truth = {(case, "overall"): 1.0 for case in cases}
    names: dict[str, str | None] = {case: f"s{at % 20}" for at, case in enumerate(cases)}
    report = audit(BallotTable.of(rows, scales=YES_NO, truth=truth), by="s", sliced=names, draws=50)
    text = screen(report)
    assert "8 smaller slices and 18 judges more with --json" in text
    assert report.slices is not None
    assert len(report.slices.figures) == 600


# -- which figure ---------------------------------------------------------------------------------


def test_numbers_are_held_against_labels_by_distance() -> None:
    rows = [Row(f"c{i}", "ann", float(1 + i % 5)) for i in range(40)]
    truth = {(f"c{i}", "overall"): 3.0 for i in range(40)}
    scales: dict[str, Scale] = {"overall": IntegerScale(low=1, high=5)}
    table = BallotTable.of(rows, scales=scales, truth=truth)
    names: dict[str, str | None] = {f"c{i}": "a" if i < 20 else "b" for i in range(40)}
    found = figures(audit(table, by="x", sliced=names, draws=50))["ann", "a"]
    assert found.figure == "score_agreement"
    assert found.value == pytest.approx(1 - (2 + 1 + 0 + 1 + 2) / 5 / 4)


def test_without_labels_agreement_and_consistency_remain() -> None:
    table, topics = planted()
    bare = table.with_truth(np.full(table.truth.shape, np.nan))
    found = figures(audit(bare, by="topic", sliced=topics, draws=50))
    one, other = table.grid("overall")[:, 0, 0], table.grid("overall")[:, 1, 0]
    law = np.array([topics[case] == "law" for case in table.cases])
    assert found["coder", "law"].figure == "with_the_others"
    assert found["coder", "law"].value == pytest.approx((one == other)[law].mean())
    rows = [
        Row(f"p{i}", "ann", 1.0 if i % 4 or not w else -1.0, swapped=w)
        for i in range(40)
        for w in (False, True)
    ]
    scales: dict[str, Scale] = {"overall": PreferenceScale()}
    pairs = BallotTable.of(rows, scales=scales, pairs=True)
    names: dict[str, str | None] = {f"p{i}": str(i % 2) for i in range(40)}
    found = figures(audit(pairs, by="x", sliced=names, draws=50))
    assert found["ann", "0"].figure == "order_consistency"
    assert (found["ann", "0"].value, found["ann", "1"].value) == (0.5, 1.0)


# -- the statistics -----------------------------------------------------------------------------


@given(st.lists(st.booleans(), min_size=30, max_size=60), st.integers(10, 20))
def test_all_or_nothing_is_fishers_test(right: list[bool], size: int) -> None:
    earned = np.array(right, dtype=float)
    inside = np.arange(len(earned)) < size
    found = slice_test(earned, inside)
    if np.ptp(earned) == 0:
        assert found.p is None
        return
    hits = int(earned[inside].sum())
    rest = int(earned.sum()) - hits
    table = np.array([[hits, rest], [size - hits, len(earned) - size - rest]])
    assert found.p == pytest.approx(stats.fisher_exact(table).pvalue)
    # the slice against the rest is the rest against the slice
    assert slice_test(earned, ~inside).p == pytest.approx(found.p)


def test_halves_are_tested_as_permuting_would() -> None:
    rng = np.random.default_rng(0)
    earned = rng.choice([0.0, 0.5, 1.0], 200, p=[0.2, 0.2, 0.6])
    inside = np.arange(200) < 60
    earned[:60] = np.minimum(earned[:60], rng.choice([0.5, 1.0], 60))
    found = slice_test(earned, inside)
    gap = abs(earned[inside].mean() - earned.mean())
    means = np.array([rng.permutation(earned)[:60].mean() for _ in range(20_000)])
    share = float((np.abs(means - earned.mean()) >= gap - 1e-12).mean())
    assert found.p == pytest.approx(share, abs=0.01)


def test_agreement_with_the_others_is_counted_by_hand() -> None:
    votes = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, np.nan], [np.nan, 1.0, 1.0]])
    assert with_the_others(votes, 0)[:2].tolist() == [0.5, 0.0]
    assert np.isnan(with_the_others(votes, 0)[2])
    assert with_the_others(votes * 4 + 1, 1, 4.0).tolist() == [0.5, 0.0, 1.0]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param("1", "1", id="text"),
        pytest.param(1, "1", id="number"),
        pytest.param(1.0, "1", id="a-column-with-gaps-is-floats"),
        pytest.param(1.5, "1.5", id="fraction"),
        pytest.param(float("nan"), None, id="nan"),
        pytest.param("  ", None, id="blank"),
        pytest.param(True, "true", id="truth"),
        pytest.param(["a", 1], '["a", 1]', id="list"),
    ],
)
def test_values_as_names(value: object, name: str | None) -> None:
    assert slice_name(value) == name


# -- the command --------------------------------------------------------------------------------


def run(*args: str) -> Any:
    return CliRunner().invoke(app, list(args))


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    """A table with a column that the generic form does not know."""
    table, topics = planted()
    lines = ["case,judge,score,label,scale,topic,system"]
    for c, j, s in zip(table.case, table.judge, table.score, strict=True):
        case, label = table.cases[c], int(table.truth[c, 0])
        topic = "" if topics[case] == "law" else topics[case]
        lines.append(f"{case},{table.judges[j]},{int(s)},{label},yes_no,{topic},sys{c % 2}")
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_file_and_its_import_are_sliced_alike(votes: Path, tmp_path: Path) -> None:
    out = tmp_path / "votes.dikast"
    kept = run("import", "generic", str(votes), "--keep", "topic", "--out", str(out))
    assert kept.exit_code == 0, kept.output
    found = []
    for path in (votes, out):
        done = run("audit", str(path), "--by", "topic", "--json")
        assert done.exit_code == 0, done.output
        found.append(AuditReport.from_json(done.stdout).slices)
    assert found[0] is not None
    assert found[0] == found[1]
    assert [(c.slice, c.cases) for c in found[0].counts] == [
        ("code", 100),
        ("maths", 100),
        (None, 100),
    ]
    by_system = run("audit", str(out), "--by", "system")
    assert by_system.exit_code == 0, by_system.output
    assert "sys1" in by_system.stdout


def test_a_column_of_the_labels_serves(votes: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    rows = [{"case": f"c{n:03}", "label": n % 2, "difficulty": 1 + n % 2} for n in range(300)]
    labels.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = run("audit", str(votes), "--labels", str(labels), "--by", "difficulty", "--json")
    assert done.exit_code == 0, done.output
    found = AuditReport.from_json(done.stdout).slices
    assert found is not None
    assert {c.slice: c.cases for c in found.counts} == {"1": 150, "2": 150}
    rows.append({"case": "c000", "label": 0, "difficulty": 2})
    labels.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    twice = run("audit", str(votes), "--labels", str(labels), "--by", "difficulty")
    assert twice.exit_code == 2
    assert "labels.jsonl:301" in twice.stderr
    assert "line 1" in twice.stderr


def test_what_cannot_be_sliced(votes: Path, tmp_path: Path) -> None:
    out = tmp_path / "votes.dikast"
    assert run("import", "generic", str(votes), "--keep", "topic", "--out", str(out)).exit_code == 0
    wrong = run("audit", str(out), "--by", "topics")
    assert wrong.exit_code == 2
    assert "Did you mean `topic`" in " ".join(wrong.stderr.split())
    none = run("import", "generic", str(votes), "--keep", "colour", "--out", str(tmp_path / "n"))
    assert none.exit_code == 2
    assert "`colour`" in none.stderr
    assert not (tmp_path / "n").exists()
    per_row = run("audit", str(votes), "--by", "score")
    assert per_row.exit_code == 2
    assert "votes.csv:" in per_row.stderr
    alone = run("audit", str(votes), "--by", "case")
    assert alone.exit_code == 0, alone.output
    assert "none of 300 slices has cases enough" in alone.stdout


def test_judgebench_by_its_source(tmp_path: Path) -> None:
    """JudgeBench's outputs record the data set that each pair is from."""
    rows = []
    for number in range(60):
        source = "mmlu-pro-math" if number % 2 else "livecodebench"
        label = "A>B" if number % 3 else "B>A"
        good = label if number % 2 or number % 4 == 0 else {"A>B": "B>A", "B>A": "A>B"}[label]
        turned = {"A>B": "B>A", "B>A": "A>B"}[good]
        games = [
            {"judgment": {"judge_model": "m", "response": "…"}, "decision": decision}
            for decision in (good, turned)
        ]
        rows.append(
            {
                "pair_id": f"p{number}",
                "source": source,
                "question": "?",
                "response_A": f"a{number}",
                "response_B": f"b{number}",
                "label": label,
                "judgments": games,
            }
        )
    path = tmp_path / "outputs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = run("audit", str(path), "--format", "judgebench", "--by", "source", "--json")
    assert done.exit_code == 0, done.output
    found = figures(AuditReport.from_json(done.stdout))
    assert found["m", "mmlu-pro-math"].value == 1.0
    assert found["m", "livecodebench"].value == 0.5
    assert found["m", "livecodebench"].flagged


@pytest.mark.skipif(recorded_root() is None, reason="recorded judgement sets are absent")
def test_llmbar_by_subset_as_published(tmp_path: Path) -> None:
    """Natural, GPT-4, Vanilla: 95.5 % published; every cell of the set's own table is met."""
    votes, items = tmp_path / "v.jsonl", tmp_path / "items.jsonl"
    rows = [r for r in recorded_rows("llmbar/judgments") if r["strategy"] == "Vanilla"]
    votes.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    items.write_text("\n".join(map(json.dumps, recorded_rows("llmbar/items"))), encoding="utf-8")
    args = ("--format", "llmbar", "--labels", str(items), "--by", "subset", "--json")
    done = run("audit", str(votes), *args)
    assert done.exit_code == 0, done.output
    found = figures(AuditReport.from_json(done.stdout))
    assert found["GPT-4", "natural"].value == pytest.approx(0.955, abs=0.0005)
    assert found["GPT-4", "natural"].n == 200
    gold = {r["item_id"]: (r["subset"], r["gold"]) for r in recorded_rows("llmbar/items")}
    for (judge, subset), figure in found.items():
        own = [r for r in rows if r["judge"] == judge and gold[r["item_id"]][0] == subset]
        given = [(gold[r["item_id"]][1], r[k]) for r in own for k in ("winner_12", "winner_21")]
        said = [(truth, vote) for truth, vote in given if vote is not None]
        assert figure.value == pytest.approx(sum(t == v for t, v in said) / len(said))
        assert (figure.n, figure.nulls) == (len(said), len(given) - len(said))
