"""`dikast calibrate`: from a run and labels to a file, a panel that names it, and a run with it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dikast.calibrating import OWN, Weigher, calibrate_run
from dikast.calibration_text import calibration_lines
from dikast.config import dump_panel, load_calibration, load_panel
from dikast.errors import ConfigError, InputError, ResumeRefused
from dikast.records.runfile import RunFile
from dikast.running import identity_of, take_up
from dikast.stats.criterion_fit import CriterionFit
from dikast.stats.panel_fit import Plan
from dikast.types import Calibration, PanelSpec, PreferenceScale, Verdict
from tests.calibration_kit import (
    FIVE,
    calibrated,
    planted_votes,
    spec,
    write_labels,
    write_run,
)
from tests.runfiles import go

ACCURACIES = {"ann": 0.9, "bob": 0.65, "cy": 0.6, "dan": 0.55, "eve": 0.6}
PLAN = Plan(folds=4, repeats=1)
KEEP: dict[str, Any] = {"protocol": {"on_low_confidence": "keep"}, "rule": {"name": "majority"}}


def yes_no(truth: list[float]) -> list[str]:
    return ["yes" if mark else "no" for mark in truth]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[float]]:
    """A run of 160 cases by five judges, and labels of the first 80."""
    folder = tmp_path_factory.mktemp("planted")
    truth, votes = planted_votes(ACCURACIES, 160, seed=3)
    run = write_run(folder / "run.dikast", spec(*ACCURACIES, **KEEP), votes)
    return run, write_labels(folder / "labels.csv", yes_no(truth[:80])), truth


def fit(run: Path, labels: Path | None, **fields: Any) -> Any:
    with RunFile.open(run, readonly=True) as opened:
        return calibrate_run(opened, labels, **({"plan": PLAN, "rule": "log_odds"} | fields))


def dikast(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dikast", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_planted_judges_are_weighed_and_the_words_say_so(
    planted: tuple[Path, Path, list[float]],
) -> None:
    run, labels, _ = planted
    found = fit(run, labels)
    one = found.fits["ok"]
    assert isinstance(one, CriterionFit)
    assert max(one.weights, key=lambda name: one.weights[name]) == "ann"
    assert one.labels == 80
    assert found.cases == 160
    gain = one.gains["unweighted majority"].value
    assert gain is not None
    assert gain > 0
    with RunFile.open(run, readonly=True) as opened:
        panel = opened.identity.panel
    assert panel is not None
    text = "\n".join(calibration_lines(found, panel))
    assert "Weighting helps" in text
    assert "best single judge" in text
    assert "held out" in text


def test_more_labels_than_there_are_mistakes_in_held_out_figures(
    planted: tuple[Path, Path, list[float]],
) -> None:
    """What is told of the file is what the panel then does on the cases without labels."""
    run, labels, truth = planted
    found = fit(run, labels)
    told = found.fits["ok"].ways["fitted"].accuracy
    from dikast.deciding import decide_as, with_calibration

    with RunFile.open(run, readonly=True) as opened:
        assert opened.identity.panel is not None
        panel = with_calibration(opened.identity.panel, found.calibration)
        after = [verdict for _, verdict in decide_as(opened, panel)]
    hits = [v.criteria[0].score == truth[at] for at, v in enumerate(after) if at >= 80]
    assert told.low - 0.06 <= sum(hits) / len(hits) <= told.high + 0.06
    assert all(verdict.calibrated for verdict in after)


def test_two_fits_of_one_run_are_equal(planted: tuple[Path, Path, list[float]]) -> None:
    run, labels, _ = planted
    assert fit(run, labels).calibration == fit(run, labels).calibration


def test_own_keeps_the_panels_rule(planted: tuple[Path, Path, list[float]]) -> None:
    run, labels, _ = planted
    found = fit(run, labels, rule=OWN)
    assert found.calibration.rule == OWN
    assert found.calibration.criteria[0].weights == {}
    assert found.calibration.criteria[0].confidence is not None
    majority = found.fits["ok"].ways["unweighted majority"].accuracy.value
    assert found.fits["ok"].ways["fitted"].accuracy.value == majority


def test_auto_fits_weights_that_a_panel_can_take(
    planted: tuple[Path, Path, list[float]],
) -> None:
    run, labels, _ = planted
    found = fit(run, labels, rule="auto")
    assert found.calibration.criteria[0].weights
    assert found.calibration.why


def test_a_rule_beyond_weights_is_refused(planted: tuple[Path, Path, list[float]]) -> None:
    run, labels, _ = planted
    with pytest.raises(ConfigError, match=r"more than weights.*--rule dawid_skene"):
        fit(run, labels, rule="dawid_skene")


def test_unknown_rules_are_refused() -> None:
    with pytest.raises(ConfigError, match="log_odds"):
        Weigher("log_ods")


def test_what_it_was_fitted_on_stands_in_the_file(
    planted: tuple[Path, Path, list[float]],
) -> None:
    run, labels, truth = planted
    origin = fit(run, labels).calibration.fitted_on
    assert set(origin.judges) == set(ACCURACIES)
    assert origin.judges["ann"]["model"] == "openai/ann"
    assert origin.cases == 80
    flipped = write_labels(labels.with_name("other.csv"), yes_no([1 - truth[0], *truth[1:80]]))
    assert fit(run, flipped).calibration.fitted_on.labels != origin.labels


# -- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(["c0000,yes", "c9999,no"], "c9999", id="unknown-case"),
        pytest.param(["c0000,yes", "c0000,no"], "c0000", id="two-labels-for-one-case"),
        pytest.param(["c0000,maybe"], "maybe", id="off-the-scale"),
        pytest.param([], "no label", id="no-label"),
        pytest.param(["c0000,nan"], "nan", id="nan"),
    ],
)
def test_bad_labels_are_refused(
    planted: tuple[Path, Path, list[float]], tmp_path: Path, rows: list[str], told: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("\n".join(["case,label", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=told):
        fit(planted[0], file)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        pytest.param(["yes"] * 30, "every label is yes", id="one-class-only"),
        pytest.param(["yes", "no", "yes"], "at least 10", id="too-few"),
    ],
)
def test_what_cannot_be_fitted_is_said_and_no_file_is_made(
    planted: tuple[Path, Path, list[float]], tmp_path: Path, labels: list[str], told: str
) -> None:
    file = write_labels(tmp_path / "labels.csv", labels)
    done = dikast(tmp_path, "calibrate", planted[0], "-l", file, "-o", "x.calibration.json")
    assert done.returncode == 1, done.stderr
    assert f"ok: cannot be fitted, because {told}" in done.stdout.replace("3 labelled cases have "
        "ballots, and ", "")  # fmt: skip
    assert not (tmp_path / "x.calibration.json").exists()


def test_a_run_without_labels_says_how_to_give_them(
    planted: tuple[Path, Path, list[float]],
) -> None:
    with pytest.raises(InputError, match="--labels FILE"):
        fit(planted[0], None)


def test_judges_no_better_than_chance_leave_the_panels_rule(tmp_path: Path) -> None:
    """Both say the same always: no weights, but confidence is the base rate."""
    run = write_run(
        tmp_path / "run.dikast", spec("ann", "bob", **KEEP), [{"ann": 0.0, "bob": 0.0}] * 40
    )
    labels = write_labels(tmp_path / "l.csv", ["yes"] * 25 + ["no"] * 15)
    found = fit(run, labels)
    one = found.fits["ok"]
    assert one.constant == ("ann", "bob")
    assert one.weights == {}
    assert "own rule stays" in one.unfitted[0]
    (decided,) = found.calibration.criteria
    assert decided.probability(1.0, 0.0) == pytest.approx(15 / 40, abs=0.06)


# -- scores and pairs ---------------------------------------------------------------------------


def test_scores_get_an_interval(tmp_path: Path) -> None:
    rng = random.Random(1)
    truth = [rng.choice([1.0, 2.0, 3.0, 4.0, 5.0]) for _ in range(60)]
    votes = [
        {who: float(min(max(t + rng.choice(off), 1), 5)) for who, off in
         (("ann", [0]), ("bob", [-1, 0, 1]), ("cy", [-2, 2]))} for t in truth
    ]  # fmt: skip
    keep = {"on_low_confidence": "keep"}
    run = write_run(tmp_path / "r.dikast", spec(scale=FIVE, protocol=keep), votes)
    labels = write_labels(tmp_path / "l.csv", [f"{t:g}" for t in truth])
    found = fit(run, labels)
    (one,) = found.calibration.criteria
    assert one.band is not None
    assert one.band.level == 0.9
    assert 0 < one.band.half_width < 1.5
    assert found.fits["ok"].mean.mean.value == pytest.approx(sum(truth) / 60)
    again = fit(run, labels, alpha=0.01)
    assert again.calibration.criteria[0].band is None
    assert "needs 99 labels" in " ".join(again.calibration.criteria[0].unfitted)


def test_pairs_by_one_class_are_fitted(tmp_path: Path) -> None:
    """The better one is always listed first: judges see both orders, so nothing is given away."""
    accuracies = {"ann": 0.9, "bob": 0.6, "cy": 0.6}
    panel = spec(scale=PreferenceScale(), **KEEP)
    truth, votes = planted_votes(accuracies, 60, steps=(-1.0, 1.0))
    flat = [
        {name: vote * mark for name, vote in said.items()}
        for said, mark in zip(votes, truth, strict=True)
    ]
    run = write_run(tmp_path / "r.dikast", panel, flat)
    labels = write_labels(tmp_path / "l.csv", ["first"] * 60)
    found = fit(run, labels)
    assert isinstance(found.fits["ok"], CriterionFit)
    assert found.calibration.criteria[0].on_tie is not None
    assert (
        found.calibration.criteria[0].weights["ann"] > found.calibration.criteria[0].weights["cy"]
    )


def test_several_raters_make_the_alternative_annotator_check(
    planted: tuple[Path, Path, list[float]], tmp_path: Path
) -> None:
    run, _, truth = planted
    rng = random.Random(2)
    rows = ["case,label,rater"]
    for at, mark in enumerate(truth[:80]):
        for who in ("p1", "p2", "p3"):
            said = mark if rng.random() < 0.8 else 1 - mark
            rows.append(f"c{at:04},{'yes' if said else 'no'},{who}")
    file = tmp_path / "raters.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = fit(run, file)
    by_judge = {one.judge: one for one in found.stand_ins["ok"]}
    assert by_judge["ann"].passing.value == 1.0
    assert by_judge["dan"].passing.value < 0.5


# -- the whole way ------------------------------------------------------------------------------


def test_calibrate_name_it_decide_resume(
    planted: tuple[Path, Path, list[float]], tmp_path: Path
) -> None:
    run, labels, _ = planted
    done = dikast(
        tmp_path, "calibrate", run, "--labels", labels, "--rule", "log_odds", "--repeats", "1",
        "--out", "x.calibration.json", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["criteria"]["ok"]["held_out"]["fitted"]["accuracy"]["n"] == 80
    assert Calibration.model_validate(record["calibration"]) == load_calibration(
        tmp_path / "x.calibration.json"
    )
    assert 'calibration = "x.calibration.json"' in done.stderr

    decided = dikast(tmp_path, "decide", run, "--calibration", "x.calibration.json", "--json")
    assert decided.returncode == 0, decided.stderr
    rows = [json.loads(line) for line in decided.stdout.splitlines()]
    assert len(rows) == 160
    assert all(row["calibrated"] for row in rows)
    assert "differ under the calibration" in decided.stderr

    both = dikast(tmp_path, "decide", run, "--calibration", "x", "--rule", "mean")
    assert both.returncode == 2
    other = dikast(tmp_path, "decide", run, "--calibration", labels)
    assert other.returncode == 2
    assert "not valid JSON" in other.stderr


def test_panel_check_names_what_changed(
    planted: tuple[Path, Path, list[float]], tmp_path: Path
) -> None:
    from dikast.config import save_calibration

    run, labels, _ = planted
    with RunFile.open(run, readonly=True) as opened:
        panel = opened.identity.panel
    assert panel is not None
    save_calibration(fit(run, labels).calibration, tmp_path / "x.calibration.json")
    text = dump_panel(panel).replace("openai/ann", "embedded/overlap")
    for name in ("bob", "cy", "dan", "eve"):
        text = text.replace(f"openai/{name}", "embedded/exact")
    text = 'calibration = "x.calibration.json"\n' + text
    (tmp_path / "panel.toml").write_text(text, encoding="utf-8")
    done = dikast(tmp_path, "panel", "check", "panel.toml")
    assert done.returncode == 0, done.stderr
    assert "may no longer hold" in done.stdout
    assert "calibration log_odds, 80 labelled cases" in done.stdout
    assert "judge `ann`: model `openai/ann` -> `embedded/overlap`" in done.stdout
    (tmp_path / "panel.toml").write_text(text.replace('"ann"', '"zoe"'), encoding="utf-8")
    refused = dikast(tmp_path, "panel", "check", "panel.toml")
    assert refused.returncode == 2
    assert "panel.toml:1" in refused.stderr
    assert "no judge `zoe`" in refused.stderr


def test_a_resume_under_another_calibration_is_refused(
    planted: tuple[Path, Path, list[float]], tmp_path: Path
) -> None:
    run, labels, _ = planted
    with RunFile.open(run, readonly=True) as opened:
        bare = opened.identity.panel
    assert bare is not None
    panel = calibrated(bare, fit(run, labels).calibration)

    async def begin() -> None:
        with RunFile.create(tmp_path / "new.dikast", identity_of(panel)) as made:
            await made.seal()

    async def again(with_panel: PanelSpec) -> None:
        opened, _ = await take_up(tmp_path / "new.dikast", with_panel)
        opened.close()

    go(begin())
    go(again(panel))
    other = calibrated(bare, fit(run, labels, rule=OWN).calibration)
    with pytest.raises(ResumeRefused, match="part `calibration` changed"):
        go(again(other))
    with pytest.raises(ResumeRefused, match="part `calibration` removed"):
        go(again(bare))


def test_a_panel_file_with_a_calibration_judges(tmp_path: Path) -> None:
    """Embedded judges, so that the whole way runs without a model."""
    cases = [
        {"id": f"q{at}", "question": "Where is it?", "contexts": ["It is in Paris."],
         "response": "It is in Paris." if at % 2 else "It is in Rome, by the old harbour."}
        for at in range(24)
    ]  # fmt: skip
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    panel = """
rubric = "groundedness"
quorum = 1
[protocol]
on_low_confidence = "keep"
[[judges]]
name = "overlap"
model = "embedded/overlap"
[[judges]]
name = "entities"
model = "embedded/entities"
"""
    (tmp_path / "p.toml").write_text(panel, encoding="utf-8")
    first = dikast(tmp_path, "judge", "c.jsonl", "--panel", "p.toml", "--out", "a.dikast")
    assert first.returncode in (0, 1), first.stderr
    labels = [f"q{at},{5 if at % 2 else 1}" for at in range(24)]
    (tmp_path / "l.csv").write_text("\n".join(["case,label", *labels]), encoding="utf-8")
    fitted = dikast(tmp_path, "calibrate", "a.dikast", "-l", "l.csv", "--repeats", "1")
    assert fitted.returncode == 0, fitted.stdout + fitted.stderr
    (tmp_path / "p.toml").write_text('calibration = "a.calibration.json"\n' + panel, "utf-8")
    second = dikast(tmp_path, "judge", "c.jsonl", "--panel", "p.toml", "--out", "b.dikast")
    assert second.returncode in (0, 1), second.stderr
    assert "may no longer hold" not in second.stderr
    with RunFile.open(tmp_path / "b.dikast", readonly=True) as run:
        verdicts: list[Verdict] = list(run.verdicts())
    assert len(verdicts) == 24
    assert all(v.calibrated for v in verdicts if v.confidence is not None)
    assert any(v.criteria[0].interval is not None for v in verdicts)
    shown = dikast(tmp_path, "show", "b.dikast", "--case", "q1")
    assert "(calibrated)" in shown.stdout
    assert "of such cases" in shown.stdout
    dikast(tmp_path, "export", "b.dikast", "v.jsonl")
    row = json.loads((tmp_path / "v.jsonl").read_text("utf-8").splitlines()[0])
    assert row["low_groundedness"] <= row["score_groundedness"] <= row["high_groundedness"]
    assert load_panel(tmp_path / "p.toml").calibration is not None
