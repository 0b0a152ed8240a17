"""A run's ballots as a table: which ballots count, who they count for, which labels they get."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.agents.aggregator import Aggregator
from dikast.errors import InputError
from dikast.records.identity import Identity
from dikast.records.runfile import RunFile
from dikast.records.tables import candidates_of, table_of_run
from dikast.types import (
    REPLACED,
    Abstention,
    Ballot,
    Candidate,
    Case,
    Criterion,
    IntegerScale,
    JudgeSpec,
    PanelSpec,
    PreferenceScale,
    ProtocolSpec,
    Reason,
    Rubric,
    Transcript,
    Verdict,
    YesNoScale,
)
from tests.runfiles import go

SINGLE = PanelSpec(
    judges=(
        JudgeSpec(name="ann", model="openai/gpt-4o"),
        JudgeSpec(name="bob", model="ollama/llama3", reserve="eve"),
    ),
    reserves=(JudgeSpec(name="eve", model="openai/gpt-4o"),),
    rubric=Rubric(
        id="r",
        criteria=(
            Criterion(id="good", question="Is it?", scale=IntegerScale(low=1, high=5)),
            Criterion(id="safe", question="Is it?", scale=YesNoScale()),
        ),
    ),
)
PAIRED = SINGLE.model_copy(
    update={
        "rubric": Rubric(
            id="p", criteria=(Criterion(id="better", question="Which?", scale=PreferenceScale()),)
        )
    }
)


def single(name: str = "c1", **fields: Any) -> Case:
    given_: dict[str, Any] = {"candidates": (Candidate(text="words"),), "question": "Why?"}
    return Case(id=name, **(given_ | fields))


def pair(name: str = "c1", **fields: Any) -> Case:
    both = (
        Candidate(id="x", text="one", model="gpt-4"),
        Candidate(id="y", text="two two", model="claude-2"),
    )
    return Case(id=name, candidates=both, **fields)


def ballot(seat: str, score: float | None, criterion: str = "good", **fields: Any) -> Ballot:
    rest: dict[str, Any] = {"judge": seat, "presentation": ("response",)} | fields
    if score is None:
        rest["abstention"] = Abstention(reason=Reason.MALFORMED)
    return Ballot(seat=seat, criterion=criterion, score=score, **rest)


def stored(
    path: Path, panel: PanelSpec, held: Iterable[tuple[Case, list[Ballot]]], kind: str = "judge"
) -> RunFile:
    """A run file with these ballots, opened to be read."""

    async def fill(run: RunFile) -> None:
        for case, ballots in held:
            await run.add_cases([case])
            verdict = Verdict(
                case_id=case.id,
                candidates=tuple(c.id for c in case.candidates),
                panel="p",
                status="failed",
                reason=Reason.NO_QUORUM,
                transcript=Transcript(ballots=tuple(ballots)),
            )
            await run.finish(case.id, verdict)

    with RunFile.create(path, Identity.of(panel, kind=kind)) as run:
        go(fill(run))
    return RunFile.open(path, readonly=True)


def test_seats_are_judges_and_criteria_keep_their_scales(tmp_path: Path) -> None:
    held = [(single(), [ballot("ann", 4), ballot("bob", None), ballot("ann", 1, "safe")])]
    with stored(tmp_path / "r.dikast", SINGLE, held) as run:
        table = table_of_run(run)
    assert (table.judges, table.criteria, table.pairs) == (("ann", "bob"), ("good", "safe"), False)
    assert table.scale("safe") == YesNoScale()
    assert table.grid("good")[0, 0, 0] == 4
    assert int(table.abstained.sum()) == 1
    assert table.lengths[0, 0] == 5
    assert table.families == {"ann": "openai", "bob": "meta"}


def test_a_pair_tells_which_order_was_shown_and_who_wrote_what(tmp_path: Path) -> None:
    held = [
        (
            pair(labels={"preferred": "y"}),
            [
                ballot("ann", 1, "better", presentation=("x", "y"), stated_confidence=0.75),
                ballot("ann", -1, "better", presentation=("y", "x")),
            ],
        )
    ]
    with stored(tmp_path / "r.dikast", PAIRED, held, "compare") as run:
        table, ids = table_of_run(run), candidates_of(run)
    assert table.pairs
    assert table.swapped.tolist() == [False, True]
    assert table.score.tolist() == [1, -1]
    assert table.confidence[0] == 0.75
    assert np.isnan(table.confidence[1])
    assert table.truth.tolist() == [[-1]]
    assert table.systems == (("gpt-4", "claude-2"),)
    assert table.lengths.tolist() == [[3, 7]]
    assert table.families["claude-2"] == "anthropic"
    assert ids == {"c1": ("x", "y")}


def test_replaced_ballots_never_count(tmp_path: Path) -> None:
    mark = (REPLACED + "eve",)
    held = [
        (
            pair(),
            [
                ballot("bob", 1, "better", presentation=("x", "y"), flags=mark),
                ballot("bob", None, "better", presentation=("y", "x"), flags=mark),
                ballot("bob", -1, "better", presentation=("x", "y"), judge="eve"),
                ballot("bob", -1, "better", presentation=("y", "x"), judge="eve"),
            ],
        )
    ]
    with stored(tmp_path / "r.dikast", PAIRED, held, "compare") as run:
        table = table_of_run(run)
    assert table.judges == ("bob",)
    assert table.score.tolist() == [-1, -1]


def test_a_stronger_judge_that_was_called_in_is_no_seat(tmp_path: Path) -> None:
    held = [(single(), [ballot("ann", 4), ballot("chief", 1)])]
    with stored(tmp_path / "r.dikast", SINGLE, held) as run:
        assert table_of_run(run).judges == ("ann",)


def test_first_and_standing_ballots(tmp_path: Path) -> None:
    held = [
        (
            single(),
            [
                ballot("ann", 4),
                ballot("ann", 2, round=1),
                ballot("bob", 3),
                ballot("bob", None, round=1),
            ],
        )
    ]
    with stored(tmp_path / "r.dikast", SINGLE, held) as run:
        standing, first = table_of_run(run), table_of_run(run, ballots="first")
    assert standing.score.tolist() == [2, 3]  # bob's failed revision does not lose his vote
    assert first.score.tolist() == [4, 3]


votes = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]),
        st.integers(0, 2),
        st.booleans(),
        st.integers(0, 1),
        st.sampled_from([None, -1.0, 0.0, 1.0]),
    ),
    min_size=1,
    max_size=14,
    unique_by=lambda v: v[:4],
)


@given(votes=votes, fold=st.sampled_from(["strict", "lenient"]))
def test_standing_ballots_are_those_the_aggregator_lets_stand(
    tmp_path_factory: pytest.TempPathFactory,
    votes: list[tuple[str, int, bool, int, float | None]],
    fold: Any,
) -> None:
    panel = PAIRED.model_copy(update={"protocol": ProtocolSpec(fold=fold)})
    cast = [
        ballot(
            seat,
            score,
            "better",
            round=number,
            sample=sample,
            presentation=("y", "x") if swapped else ("x", "y"),
        )
        for seat, number, swapped, sample, score in votes
    ]
    path = tmp_path_factory.mktemp("run") / "r.dikast"
    with stored(path, panel, [(pair(), cast)], "compare") as run:
        table = table_of_run(run)
    rounds = {v.seat: v.round for v in Aggregator(panel, orders=2).standings(cast)}
    expected = sorted(
        (b.seat, b.presentation == ("y", "x"), b.sample, str(b.score))
        for b in cast
        if b.round == rounds[b.seat]
    )
    found = sorted(
        (table.judges[judge], bool(swapped), int(sample), str(None if np.isnan(s) else float(s)))
        for judge, swapped, sample, s in zip(
            table.judge, table.swapped, table.sample, table.score, strict=True
        )
    )
    assert found == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(single(question="Why?"), "Why?", id="text"),
        pytest.param(single(metadata={"question_id": 7}), "7", id="note"),
        pytest.param(single(question=None), "c1", id="nothing-to-go-by"),
    ],
)
def test_cases_of_one_question_share_it(tmp_path: Path, case: Case, expected: str) -> None:
    with stored(tmp_path / "r.dikast", SINGLE, [(case, [ballot("ann", 4)])]) as run:
        assert table_of_run(run).questions == (expected,)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({"good": 3.5, "safe": "yes"}, [3.5, 1.0], id="by-criterion"),
        pytest.param({"good": "4", "note": [1]}, [4.0, None], id="text-and-notes"),
        pytest.param({"label": 4, "safe": None}, [None, None], id="unnamed-among-several"),
    ],
)
def test_labels_of_cases(
    tmp_path: Path, labels: dict[str, Any], expected: list[float | None]
) -> None:
    with stored(
        tmp_path / "r.dikast", SINGLE, [(single(labels=labels), [ballot("ann", 4)])]
    ) as run:
        truth = table_of_run(run).truth[0].tolist()
    assert [None if np.isnan(x) else x for x in truth] == expected


def test_a_label_off_its_scale_names_the_case_and_can_be_left_out(tmp_path: Path) -> None:
    held = [(single(labels={"good": 9}), [ballot("ann", 4)])]
    with stored(tmp_path / "r.dikast", SINGLE, held) as run:
        with pytest.raises(InputError, match="case `c1`: the label `good`: 9 is not on the scale"):
            table_of_run(run)
        assert np.isnan(table_of_run(run, labels=False).truth).all()


def test_a_ranking_has_no_ballots(tmp_path: Path) -> None:
    with (
        stored(tmp_path / "r.dikast", PAIRED, [], "rank") as run,
        pytest.raises(InputError, match="the run ranks"),
    ):
        table_of_run(run)


def test_a_run_without_ballots_says_so(tmp_path: Path) -> None:
    with (
        stored(tmp_path / "r.dikast", SINGLE, [(single(), [])]) as run,
        pytest.raises(InputError, match="no ballot"),
    ):
        table_of_run(run)
