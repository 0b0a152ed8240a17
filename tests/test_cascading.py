"""`dikast cascade`: thresholds from a run's labels, replayed on its ballots, told and written."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from dikast.cascading import Cascading, Spending, cascade_run, parse_order, plan_of
from dikast.cli.cascading import advice, cascade_lines
from dikast.cli.commands_cascade import cascade as command
from dikast.config import load_cascade
from dikast.errors import ConfigError, InputError
from dikast.models.entries import Paid, encode
from dikast.records.runfile import RunFile
from dikast.stats.selective import AbstainAlways, Threshold
from dikast.testing import SimulatedJudge, World
from dikast.types import Ballot, CascadeSpec, Place, Usage
from tests.cascade_kit import ACCURACY, BETTER, CHEAP, RIGHT, STRONG, cases, panel, recorded_run
from tests.test_cli_ranking import dikast

N = 300


@pytest.fixture(scope="module")
def world() -> World:
    return World(cases(N), [RIGHT])


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory, world: World) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run.dikast"
    recorded_run(path, panel(), world).close()
    return path


def found(path: Path, order: str = "cheap,strong", **terms: float) -> Cascading:
    with RunFile.open(path, readonly=True) as run:
        return cascade_run(run, plan_of(order, **{"alpha": 0.05, **terms}), date="2026-01-31")  # type: ignore[arg-type]


def test_a_planted_cascade_keeps_its_promise_and_spares_calls(run_file: Path) -> None:
    """Three samples of 0.85 agree on 0.62 of cases, and are then right in 0.995 of them."""
    got = found(run_file)
    (one,) = got.replays
    cheap, strong = one.rulings
    assert isinstance(cheap, Threshold)
    assert isinstance(strong, Threshold)
    assert cheap.at == 1.0
    assert (one.by == 0).mean() == pytest.approx(0.85**3 + 0.15**3, abs=0.08)
    assert not any("No price is known" in line for line in cascade_lines(got))
    dear = got._replace(cascaded=Spending(2000, None), strongest=Spending(1000, None))
    assert any("No price is known" in line for line in cascade_lines(dear))
    assert one.held_out.value is not None
    assert one.held_out.value >= 0.95
    assert got.cascaded.calls == 3 * N + 7 * int((one.by != 0).sum())
    assert got.strongest.calls == 7 * N
    assert got.cascaded.calls < got.strongest.calls
    assert len(got.to_person("right")) == (one.by < 0).sum() < 0.1 * N


def test_the_cascade_says_what_it_rests_on(run_file: Path, world: World) -> None:
    got = found(run_file).cascade
    assert (got.alpha, got.delta, got.confidence) == (0.05, 0.1, "samples")
    assert (got.labelled, got.date) == (N, "2026-01-31")
    assert [stage.seats for stage in got.stages] == [("cheap",), ("strong",)]
    first = got.stages[0].threshold("right")
    assert (first.at, first.items, first.bound and first.bound <= 0.05) == (1.0, N, True)
    assert [(j.seat, j.model) for j in got.judges] == [
        ("cheap", "openai/cheap"),
        ("strong", "openai/strong"),
    ]
    assert "judge" in got.prompts
    assert "judge_pair" not in got.prompts
    assert got == found(run_file).cascade
    assert got.labels != found_on_fewer(world, run_file.parent).labels


def found_on_fewer(world: World, folder: Path) -> CascadeSpec:
    fewer = World([*world.cases.values()][:-1], [RIGHT])
    path = folder / "fewer.dikast"
    recorded_run(path, panel(), fewer).close()
    return found(path).cascade


def test_nothing_passes_where_too_few_are_labelled(tmp_path: Path) -> None:
    path = tmp_path / "r.dikast"
    recorded_run(path, panel(), World(cases(20), [RIGHT])).close()
    got = found(path)
    (one,) = got.replays
    assert not got.decides
    assert all(isinstance(ruling, AbstainAlways) and ruling.needed == 59 for ruling in one.rulings)
    assert len(got.to_person("right")) == 20
    assert got.cascaded.calls == 0
    assert one.held_out.value is None
    assert any("Nothing passes" in line for line in advice(got, None))
    lines = cascade_lines(got)
    assert any("abstains always: 20 of 20" in line for line in lines)
    assert lines[-1].startswith("cascade: asks nobody, as no stage may decide; strong on all")
    assert not any("0.00" in line for line in lines)


def test_a_panel_stage_of_three_stands_before_a_judge(tmp_path: Path) -> None:
    world = World(cases(N), [RIGHT])
    names = ("ann", "bob", "cid")
    judges = {n: SimulatedJudge(name=n, world=world, accuracy=0.85) for n in names}
    judges["strong"] = SimulatedJudge(name="strong", world=world, accuracy=0.95, samples=7)
    seats = [CHEAP.model_copy(update={"name": n, "samples": 1}) for n in names]
    path = tmp_path / "r.dikast"
    recorded_run(path, panel(*seats, STRONG), world, judges).close()
    got = found(path, "ann+bob+cid,strong")
    (one,) = got.replays
    assert next(r.at for r in one.rulings if isinstance(r, Threshold)) == 1.0
    assert (one.by == 0).mean() == pytest.approx(0.85**3 + 0.15**3, abs=0.08)


def test_pairs_go_up_where_the_two_orders_disagree(tmp_path: Path) -> None:
    world = World(cases(200, pairs=True), [BETTER])
    judges = {
        "cheap": SimulatedJudge(name="cheap", world=world, accuracy=1.0, order_bias=0.4),
        "strong": SimulatedJudge(name="strong", world=world, accuracy=0.99),
    }
    path = tmp_path / "r.dikast"
    recorded_run(path, panel(criterion=BETTER), world, judges).close()
    got = found(path, alpha=0.1)
    (one,) = got.replays
    # An order is swayed with 0.4, and half of the time that is toward the truth all the same: in
    # every case exactly one of the two orders is turned wrong if swayed.
    consistent = 1 - 0.4
    assert [isinstance(ruling, Threshold) for ruling in one.rulings] == [True, True]
    assert (one.by == 0).mean() == pytest.approx(consistent, abs=0.12)
    assert one.held_out.value is not None
    assert one.held_out.value > 0.95


def test_cases_without_every_stages_ballots_are_left_out(tmp_path: Path, world: World) -> None:
    path = tmp_path / "r.dikast"
    recorded_run(path, panel(), world, changed={("c0", "strong"): [], ("c1", "cheap"): []}).close()
    got = found(path)
    (one,) = got.replays
    assert (one.complete.sum(), one.labelled.sum(), len(got.cases)) == (N - 2, N - 2, N)
    assert got.strongest.calls == 7 * (N - 2)
    assert any("2 more cases lack ballots" in line for line in cascade_lines(got))


def test_the_order_of_cases_decides_nothing(tmp_path: Path, world: World) -> None:
    # The world counts by place, so the same world is kept and only the file is turned round.
    turned = World([*world.cases.values()], [RIGHT])
    turned.cases = dict(reversed(turned.cases.items()))
    path = tmp_path / "r.dikast"
    recorded_run(path, panel(), turned).close()
    straight = tmp_path / "s.dikast"
    recorded_run(straight, panel(), world).close()
    assert found(path).cascade == found(straight).cascade
    assert found(path).replays[0].held_out == found(straight).replays[0].held_out


def test_calls_and_money_are_those_of_the_journal(tmp_path: Path) -> None:
    """A re-ask counts for its seat; a critic's call and a later round do not."""
    world = World(cases(150), [RIGHT])
    path = tmp_path / "r.dikast"
    recorded_run(path, panel(), world).close()
    got = found(path)
    stayed = {n for n, by in zip(got.cases, got.replays[0].by.tolist(), strict=True) if by == 0}

    async def pay(run: RunFile) -> None:
        for name in world.cases:
            for seat, cost in (("cheap", 0.01), ("strong", 0.5)):
                for place in (
                    Place(case=name, seat=seat, criterion="right"),
                    Place(case=name, seat=seat, criterion="right", attempt=1),
                    Place(case=name, seat=seat, criterion="right", round=1),
                    Place(case=name, role="critic", criterion="right"),
                ):
                    body = Paid("", "m", "stop", None, Usage(calls=1, cost=cost))
                    key = f"{name} {seat} {place.round} {place.attempt} {place.role}"
                    await run.put(key, place.to_json(), encode(body))

    with RunFile.open(path) as run:
        asyncio.run(pay(run))
    paid = found(path)
    up = len(world.cases) - len(stayed)
    assert 0 < up < len(world.cases)
    assert paid.journalled
    assert paid.cascaded.calls == 2 * len(world.cases) + 2 * up
    assert paid.cascaded.cost == pytest.approx(0.02 * len(world.cases) + 1.0 * up)
    assert paid.strongest.cost == pytest.approx(1.0 * len(world.cases))
    assert any("of its cost" in line for line in cascade_lines(paid))


# --- the command -------------------------------------------------------------------------------


def test_the_command_tells_and_writes(run_file: Path, tmp_path: Path) -> None:
    assert command is not None
    words = ("cascade", str(run_file), "--order", "cheap,strong", "--alpha", "0.05")
    done = dikast(tmp_path, *words, "--out", "x.cascade.json")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    for part in (
        "right: 300 cases, 300 of them labelled",
        "decides at confidence 1 or more",
        "to a person:",
        "ballots (no call was journalled)",
        'cascade = "x.cascade.json"',
        'seating = "cascade"',
    ):
        assert part in text
    assert load_cascade(tmp_path / "x.cascade.json").labelled == 300
    done = dikast(tmp_path, *words, "--json")
    record = json.loads(done.stdout)
    assert record["decides"] is True
    assert record["criteria"][0]["stages"][0]["at"] == 1.0
    assert record["spent"]["strongest"] == {"calls": 2100, "cost": None}


def test_labels_come_from_a_file(tmp_path: Path, world: World) -> None:
    """Labels turned upside down: every judge is wrong, and nothing passes."""
    recorded_run(tmp_path / "r.dikast", panel(), world, labels=False).close()
    lines = ["case,label"] + [
        f"{name},{'no' if world.truth(name, 'right') else 'yes'}" for name in world.cases
    ]
    (tmp_path / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    words = ("cascade", "r.dikast", "--order", "cheap,strong")
    done = dikast(tmp_path, *words, "--labels", "labels.csv")
    assert done.returncode == 1
    assert "too high for any number of labels" in done.stdout
    without = dikast(tmp_path, *words)
    assert without.returncode == 2
    assert "--labels" in without.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("--order", "cheap,stron"), "Did you mean `strong`?", id="slip"),
        pytest.param(("--order", "cheap,,strong"), "is empty", id="empty"),
        pytest.param(("--order", "cheap+cheap"), "twice in one stage", id="twice"),
        pytest.param(("--order", "cheap", "--alpha", "1.5"), "`--alpha` must lie", id="alpha"),
        pytest.param(("--order", "cheap", "--start", "7"), "`--start` must lie", id="start"),
    ],
)
def test_what_the_command_refuses(
    run_file: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = dikast(tmp_path, "cascade", str(run_file), *words)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_judge_without_a_ballot_and_a_run_without_a_label_are_refused(tmp_path: Path) -> None:
    world = World(cases(3), [RIGHT])
    nobody: dict[tuple[str, str], list[Ballot]] = {(name, "strong"): [] for name in world.cases}
    recorded_run(tmp_path / "a.dikast", panel(), world, changed=nobody).close()
    with pytest.raises(ConfigError, match="cast no ballot in this run"):
        found(tmp_path / "a.dikast")
    recorded_run(tmp_path / "b.dikast", panel(), world, labels=False).close()
    with pytest.raises(InputError, match="no labelled case"):
        found(tmp_path / "b.dikast")


def test_equal_confidence_everywhere_is_said(tmp_path: Path) -> None:
    world = World(cases(60), [RIGHT])
    judges = {n: SimulatedJudge(name=n, world=world, accuracy=a) for n, a in ACCURACY.items()}
    recorded_run(tmp_path / "r.dikast", panel(), world, judges).close()
    assert any("equally confident" in line for line in advice(found(tmp_path / "r.dikast"), None))


def test_order_is_read() -> None:
    assert parse_order("a, b+c ,d") == (("a",), ("b", "c"), ("d",))
