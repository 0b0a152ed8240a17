"""The front door: a panel in Python, sync and async, one response or many."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from dikast.api import Panel
from dikast.config import panel_from_dict
from dikast.errors import ConfigError, InputError
from dikast.models.gateway import ModelGateway
from dikast.types import Case, JudgeSpec, PanelSpec, Verdict
from tests.judges import Scripted, case

ROW: dict[str, Any] = {
    "question": "Where is the Louvre?",
    "response": "The Louvre is in Paris.",
    "contexts": ["The Louvre is a museum in Paris."],
}


def test_three_lines() -> None:
    from dikast import Panel as Front

    verdict = Front.embedded().judge(**ROW)
    assert verdict.status == "decided"
    assert verdict.baseline


def test_sync_works_inside_a_running_loop() -> None:
    async def server() -> Verdict:
        return Panel.embedded().judge(**ROW)

    assert asyncio.run(server()).status == "decided"


def test_judges_of_ones_own_take_seats_beside_embedded_ones() -> None:
    panel = Panel(
        [Scripted("mine", 5), "embedded/overlap", "embedded/entities"], rubric="groundedness"
    )
    verdict = panel.judge(**ROW)
    assert {b.judge for b in verdict.transcript.ballots} == {"mine", "overlap", "entities"}


def test_a_model_named_twice_has_two_seats() -> None:
    panel = Panel(["openai/gpt-4o", "openai/gpt-4o"])
    assert [judge.name for judge in panel.spec.judges] == ["gpt-4o", "gpt-4o-2"]


def test_many_cases_stream_in_and_out() -> None:
    drawn = 0

    def cases() -> Iterator[Case]:
        nonlocal drawn
        for number in range(60):
            drawn += 1
            yield case(f"q{number}")

    panel = Panel([Scripted("a", 4)])
    first = 0
    done = []
    for verdict in panel.judge_many(cases(), workers=4):
        first = first or drawn
        done.append(verdict.case_id)
    assert sorted(done) == sorted(f"q{n}" for n in range(60))


def test_a_caller_who_stops_early_leaves_nothing_running() -> None:
    panel = Panel([Scripted("a", 4)])
    verdicts = panel.judge_many((case(f"q{n}") for n in range(10_000)), workers=2)
    assert next(verdicts).status == "decided"
    assert isinstance(verdicts, Generator)
    verdicts.close()


def test_one_poisoned_case_costs_one_case() -> None:
    class Picky(Scripted):
        async def vote(self, docket, criteria, **kwargs):  # type: ignore[no-untyped-def]
            if docket.case.id == "q3":
                raise MemoryError("boom")
            return await super().vote(docket, criteria, **kwargs)

    panel = Panel([Picky("a", 4)])
    status = {v.case_id: v.status for v in panel.judge_many([case(f"q{n}") for n in range(6)])}
    assert status.pop("q3") == "failed"
    assert set(status.values()) == {"decided"}


def test_a_panel_survives_its_own_toml(tmp_path: Path) -> None:
    panel = Panel.embedded("correctness")
    path = tmp_path / "panel.toml"
    path.write_text(panel.to_toml(), encoding="utf-8")
    assert Panel.load(path).spec == panel.spec


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: Panel([]), "judges", id="no-judges"),
        pytest.param(lambda: Panel(["a/b"], rubric="helpfullness"), "helpfulness", id="rubric"),
        pytest.param(lambda: Panel(["a/b"], rule="medain").graph, "median", id="rule"),
        pytest.param(lambda: Panel(["a/b"], quorum=2), "quorum", id="quorum-too-high"),
        pytest.param(lambda: Panel(["a/b"], seeting="all"), "seeting", id="unknown-option"),
        pytest.param(lambda: Panel(["embedded/overlpa"]).graph, "overlap", id="judge"),
    ],
)
def test_mistakes_are_told_with_a_remedy(make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=words):
        make()


def test_a_row_that_is_no_case_is_told() -> None:
    with pytest.raises(InputError, match="response"):
        Panel.embedded().judge(question="?")


PANEL_TABLES: dict[str, Any] = {
    "judges": [
        {"name": "ann", "model": "openai/a", "reserve": "rex", "sampling": {"temperature": 0}},
        {"name": "bob", "model": "openai/b"},
    ],
    "reserves": [{"name": "rex", "model": "openai/r"}],
    "rubric": "groundedness",
    "rule": {"name": "trimmed", "params": {"share": 0.2}},
    "critic": "openai/c",
    "detector": {"model": "openai/d", "timeout": 5},
    "splitter": "embedded/clauses",
    "screens": ["injection"],
    "escalation": {"name": "eve", "model": "openai/e"},
    "quorum": 1,
    "share_identical": True,
    "remote_images": True,
    "protocol": {"seating": "sequential", "on_low_confidence": "escalate"},
    "name": "whole",
}


def test_python_says_what_toml_says() -> None:
    """Every key of a panel file is an argument, and means the same."""
    assert Panel(**PANEL_TABLES).spec == panel_from_dict(PANEL_TABLES)
    asked = {*inspect.signature(Panel.__init__).parameters}
    assert set(PanelSpec.model_fields) <= asked


def test_fields_of_the_protocol_stand_in_place_of_those_given_whole() -> None:
    panel = Panel(["openai/a"], protocol={"max_rounds": 1, "fold": "lenient"}, max_rounds=0)
    assert (panel.spec.protocol.max_rounds, panel.spec.protocol.fold) == (0, "lenient")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: Panel("openai/a"), r'in brackets: \["openai/a"\]', id="one-name"),
        pytest.param(lambda: Panel([]), "`judges` must not be empty", id="nobody"),
        pytest.param(lambda: Panel([3]), r"`judges\[1\]` is of type int", id="a-number"),  # type: ignore[list-item]
        pytest.param(lambda: Panel(["m"], quorom=1), "Did you mean `quorum`", id="argument"),
        pytest.param(lambda: Panel(["m"], max_round=1), "mean `max_rounds`", id="protocol"),
        pytest.param(lambda: Panel(["m"], temperature=0), "sampling", id="elsewhere"),
        pytest.param(lambda: Panel(["m"], persona="p"), "belongs to a judge", id="of-a-judge"),
        pytest.param(lambda: Panel(["m"], rule="medain"), "mean `median`", id="rule"),
        pytest.param(lambda: Panel(["m"], seating="x"), "`seating` must be one of", id="choice"),
        pytest.param(lambda: Panel(["m"], quorum=5), "above the number of judges", id="quorum"),
        pytest.param(lambda: Panel(["m"], screens=["injektion"]), "`injection`", id="screen"),
        pytest.param(lambda: Panel(["m"], critic=3), "cannot write critiques", id="critic"),  # type: ignore[arg-type]
        pytest.param(lambda: Panel(["m"], rubric={}), "`rubric` is of type", id="rubric"),  # type: ignore[arg-type]
        pytest.param(
            lambda: Panel([{"name": "a", "modle": "m"}]), "Did you mean `model`", id="mapping"
        ),
        pytest.param(
            lambda: JudgeSpec(name="a", modle="m"),  # type: ignore[call-arg]
            "JudgeSpec: unknown key `modle`. Did you mean `model`",
            id="description",
        ),
        pytest.param(
            lambda: JudgeSpec(name="a", model="m", sampling={"temprature": 0}),
            "`sampling.temprature`. Did you mean `temperature`",
            id="nested",
        ),
        pytest.param(
            lambda: Panel.embedded("preference").rank(
                question="q", candidates=["a", "b"], schedul="all_pairs"
            ),
            "Did you mean `schedule`",
            id="ranking",
        ),
    ],
)
def test_a_slip_is_told_with_the_nearest_name(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        make()
    assert "pydantic" not in str(caught.value)


def test_a_panel_goes_to_other_processes() -> None:
    panel = Panel.embedded()
    expected = panel.judge(**ROW).score
    there = pickle.loads(pickle.dumps(panel))
    assert there.spec == panel.spec
    assert there.judge(**ROW).score == expected


def test_a_copy_shares_the_gateway_which_stays_in_its_process() -> None:
    gateway = ModelGateway()
    panel = Panel(["openai/a"], gateway=gateway)
    assert copy.deepcopy(panel).gateway is gateway
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(panel)
