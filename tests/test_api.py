"""The front door: a panel in Python, sync and async, one response or many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dikast.api import Panel
from dikast.errors import ConfigError, InputError
from dikast.types import Case, Verdict
from tests.judges import Scripted, case

ROW = {
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
