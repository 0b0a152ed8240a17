"""Probes: what is planted in judges behind real HTTP is what the figures say."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast import registry
from dikast.agents.probes import Probe
from dikast.api import Panel
from dikast.errors import BudgetSpent, ConfigError, InputError, ResumeRefused
from dikast.graphs.work import Work
from dikast.probing import CONTROL, ProbeRun, all_probes, carry_out_probes, plan, results
from dikast.prompts import criteria_text
from dikast.records.cases import case_from_row
from dikast.records.runfile import RunFile
from dikast.running import Limits, Source, begin, carry_out
from dikast.stats.probes import probe_figures
from dikast.testing import LoopbackServer, structured_reply
from dikast.testing.chat import ChatRequest
from dikast.types import (
    Anchor,
    Criterion,
    IntegerScale,
    JudgeSpec,
    OrdinalScale,
    PanelSpec,
    PreferenceScale,
    Price,
    ProtocolSpec,
    Rubric,
    YesNoScale,
)

QUALITY = Criterion(id="quality", question="Is it good?", scale=IntegerScale(low=1, high=9))
NOISE, SWAY = 0.15, 0.4
CASES = 150


class Judges:
    """Two judges who answer with the planted merit, at times one step above it.

    One falls for majorities. The same request asked again is drawn anew, as a model at some
    temperature would; everything repeats from run to run of this test.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def draw(self, request: ChatRequest, what: str) -> float:
        told = f"{request.content} {self.asked[request.content]} {what}"
        return int.from_bytes(hashlib.sha256(told.encode()).digest()[:6]) / 2**48

    def __call__(self, request: ChatRequest) -> str:
        self.asked[request.content] += 1
        text = request.block("response") or ""
        score = int(text.split("merit ")[1][0])
        if self.draw(request, "noise") < NOISE:
            score += 1
        praised = "Nine out of ten" in text and request.model == "swayed"
        if praised and self.draw(request, "sway") < SWAY:
            score += 3
        return structured_reply(request, score=score)


def rows(tmp_path: Path, number: int = CASES) -> Path:
    path = tmp_path / "cases.jsonl"
    lines = (
        {"id": f"c{n:03}", "question": f"Question {n}?", "response": f"Answer of merit {1 + n % 5}"}
        for n in range(number)
    )
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def panel(address: str, *names: str) -> PanelSpec:
    free = Price(input=0, output=0)
    return PanelSpec(
        judges=tuple(
            JudgeSpec(name=n, model=f"openai/{n}", api_base=address, price=free) for n in names
        ),
        rubric=Rubric(id="planted", criteria=(QUALITY,)),
        protocol=ProtocolSpec(reasks=0),
    )


async def judged(spec: PanelSpec, cases: Path, out: Path, work: Work | None = None) -> None:
    run = await begin(spec, Source(cases), out, work=work or Work())
    with run:
        async for _ in carry_out(run, spec):
            pass


async def probed(runs: list[ProbeRun], budget: str | None = None) -> int:
    number = 0
    async for _ in carry_out_probes(runs, limits=Limits(budget=budget)):
        number += 1
    return number


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with LoopbackServer(Judges()) as running:
        yield running


def test_what_was_planted_is_found(server: LoopbackServer, tmp_path: Path) -> None:
    out = tmp_path / "run.dikast"
    asyncio.run(judged(panel(server.base_url, "swayed", "steady"), rows(tmp_path), out))
    with RunFile.open(out, readonly=True) as run:
        runs = plan(run, tmp_path / "probes", ["bandwagon", "padding"], limit=CASES)
        assert asyncio.run(probed(runs)) == 3 * CASES
        found = results(run, runs)
    swayed, steady = found["bandwagon"]["swayed"], found["bandwagon"]["steady"]
    assert swayed.corrected.low is not None
    assert swayed.corrected.high is not None
    assert swayed.corrected.low < SWAY < swayed.corrected.high
    assert swayed.p is not None
    assert swayed.p < 0.001
    assert swayed.shift.low is not None
    assert swayed.shift.low > 0
    # Asking again flips 2 × 0.15 × 0.85 of the verdicts of any of them.
    for figures in (swayed, steady, found["padding"]["swayed"]):
        assert figures.noise.low is not None
        assert figures.noise.high is not None
        assert figures.noise.low < 2 * NOISE * (1 - NOISE) < figures.noise.high
    for figures in (steady, found["padding"]["swayed"], found["padding"]["steady"]):
        assert figures.excess.low is not None
        assert figures.excess.high is not None
        assert figures.excess.low <= 0 <= figures.excess.high


def test_a_budget_ends_all_probes_and_a_second_sitting_goes_on(
    server: LoopbackServer, tmp_path: Path
) -> None:
    out = tmp_path / "run.dikast"
    asyncio.run(judged(panel(server.base_url, "steady"), rows(tmp_path, 20), out))
    with RunFile.open(out, readonly=True) as run:
        runs = plan(run, tmp_path / "probes", ["tone"], limit=20)
        with pytest.raises(BudgetSpent):
            asyncio.run(probed(runs, "30calls"))
        assert server.counts().requests == 20 + 30
        assert asyncio.run(probed(runs)) == 10
        assert server.counts().requests == 20 + 40
        with pytest.raises(BudgetSpent):
            asyncio.run(probed(runs, "15calls"))
        other = plan(run, tmp_path / "probes", ["tone"], limit=19)
        with pytest.raises(ResumeRefused):
            asyncio.run(probed(other))


def test_a_pair_in_reverse_is_read_in_its_own_terms(tmp_path: Path) -> None:
    """Every embedded judge sees both orders, so turning the case round turns nothing."""
    path = tmp_path / "pairs.jsonl"
    line = {
        "question": "When was the bridge opened?",
        "contexts": ["The bridge was opened in 1978."],
        "candidates": ["It was opened in 1978.", "It was opened in 1987."],
    }
    path.write_text("\n".join(json.dumps({"id": f"p{n}", **line}) for n in range(4)))
    out = tmp_path / "run.dikast"
    spec = Panel.embedded("preference").spec
    asyncio.run(judged(spec, path, out, Work(kind="compare")))
    with RunFile.open(out, readonly=True) as run:
        runs = plan(run, tmp_path / "probes", ["order"])
        assert [probe.name for probe in runs] == [CONTROL, "order"]
        asyncio.run(probed(runs))
        found = results(run, runs)["order"]
    told = [f.flip_rate for f in found.values() if f.flip_rate.value is not None]
    assert told
    assert all(rate.value == 0 for rate in told)


def test_what_cannot_be_probed_says_why(tmp_path: Path) -> None:
    out = tmp_path / "run.dikast"
    spec = Panel.embedded("helpfulness").spec
    asyncio.run(judged(spec, rows(tmp_path, 2), out))
    with RunFile.open(out, readonly=True) as run:
        with pytest.raises(ConfigError, match="Did you mean `padding`"):
            plan(run, tmp_path / "probes", ["paddin"])
        assert len(plan(run, tmp_path / "probes")) > 5
    empty = asyncio.run(begin(spec, Source(rows(tmp_path, 2)), tmp_path / "empty.dikast"))
    with empty, pytest.raises(InputError, match="no case with ballots"):
        plan(empty, tmp_path / "probes")


@pytest.mark.parametrize("name", all_probes())
def test_a_probe_changes_something_and_only_what_it_may(name: str) -> None:
    probe: Probe = registry.load("probes", name)
    case = case_from_row(
        {
            "id": "c",
            "question": "Where?",
            "contexts": ["One.", "Two."],
            "candidates": [{"id": "x", "text": "In Paris."}, {"id": "y", "text": "In Rome."}],
            "reference": "Paris",
        },
        where="here",
    )
    rubric = Rubric(id="r", criteria=(QUALITY, QUALITY.model_copy(update={"id": "style"})))
    copy, told = probe.change(case, "y"), probe.rubric(rubric)
    assert copy is not None
    assert told is not None
    assert (copy, told) != (case, rubric)
    assert copy.candidate("x") == case.candidate("x")
    assert "In Rome." in copy.candidate("y").text
    assert (copy.id, copy.reference) == (case.id, case.reference)
    assert {c.id for c in told.criteria} == {"quality", "style"}
    assert probe.change(case, "y") == copy
    assert probe.title


def test_names_of_steps_keep_their_meaning() -> None:
    probe: Probe = registry.load("probes", "label_names")
    scales = (IntegerScale(), YesNoScale(), OrdinalScale(labels=("low", "high")))
    for scale in scales:
        low = scale.bounds()[0]
        first = scale.low if isinstance(scale, IntegerScale) else scale.labels[0]
        criterion = Criterion(
            id="a", question="?", scale=scale, anchors=(Anchor(score=first, text="Worst."),)
        )
        told = probe.rubric(Rubric(id="r", criteria=(criterion,)))
        assert told is not None
        (anchor,) = told.criteria[0].anchors
        new = told.criteria[0].scale
        assert new.unit(new.accept(anchor.score)) == scale.unit(low) == 0
        assert new != scale
    pairs = Criterion(id="a", question="?", scale=PreferenceScale())
    assert probe.rubric(Rubric(id="r", criteria=(pairs,))) is None


def test_a_scale_told_from_its_best_end() -> None:
    anchors = (Anchor(score=1, text="Bad."), Anchor(score=9, text="Good."))
    told = criteria_text([QUALITY.model_copy(update={"anchors": anchors, "best_first": True})])
    assert "from 9 (best) down to 1 (worst)" in told
    assert told.index("Good.") < told.index("Bad.")


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.booleans()), min_size=1, max_size=30)
)
def test_a_probe_that_changes_nothing_leaves_no_excess(votes: list[tuple[float, bool]]) -> None:
    before = np.array([[vote] for vote, _ in votes])
    again = np.array([[1 - vote if other else vote] for vote, other in votes])
    figures = probe_figures(before, again, again, step=0.5)
    assert figures.excess.value == 0
    assert figures.flip_rate.value == figures.noise.value


def test_gaps_are_left_out_and_counted() -> None:
    before = np.array([[0.0, np.nan], [0.0, 1.0], [np.nan, np.nan]])
    figures = probe_figures(before, before, 1 - before, step=0.5)
    assert (figures.flip_rate.value, figures.flip_rate.n, figures.flip_rate.nulls) == (1.0, 2, 3)
    nothing = probe_figures(before[2:], before[2:], before[2:], step=0.5)
    assert nothing.excess.value is None
    assert "no case" in nothing.excess.reason
