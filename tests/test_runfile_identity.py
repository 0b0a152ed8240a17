"""Identity: what a resume refuses, in which words, and what it does not mind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import ResumeRefused
from dikast.records.identity import CaseSetBuilder, Identity, case_digest
from dikast.records.runfile import RunFile
from dikast.types import (
    Anchor,
    Case,
    Criterion,
    JudgeSpec,
    ModelSpec,
    PanelSpec,
    Price,
    ProtocolSpec,
    Rubric,
    RuleSpec,
    Sampling,
)
from tests.runfiles import ANNA, BELA, PANEL, RUBRIC, case, go

CRITERION = RUBRIC.criteria[0]


def panel(**fields: Any) -> PanelSpec:
    return PanelSpec(**{**dict(PANEL), **fields})


def anna(**fields: Any) -> PanelSpec:
    return panel(judges=(JudgeSpec(**{**dict(ANNA), **fields}), BELA))


def named(name: str) -> JudgeSpec:
    return ANNA.model_copy(update={"name": name})


def with_criteria(criteria: tuple[Criterion, ...]) -> PanelSpec:
    return panel(rubric=Rubric(id="plain", criteria=criteria))


def rubric(**fields: Any) -> PanelSpec:
    first = CRITERION.model_copy(update=fields)
    return with_criteria((first, *RUBRIC.criteria[1:]))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        pytest.param(
            anna(sampling=Sampling(temperature=1)), "judge `anna`: temperature unset -> 1"
        ),
        pytest.param(anna(model="openai/n"), "judge `anna`: model `openai/m` -> `openai/n`"),
        pytest.param(anna(persona="a cook"), "judge `anna`: persona unset -> `a cook`"),
        pytest.param(anna(persona="x" * 99), "judge `anna`: persona changed"),
        pytest.param(anna(format="likert"), "judge `anna`: format `structured` -> `likert`"),
        pytest.param(anna(weight=2), "judge `anna`: weight 1 -> 2"),
        pytest.param(anna(samples=3), "judge `anna`: samples 1 -> 3"),
        pytest.param(
            anna(sampling=Sampling(extra={"k": True})), "judge `anna`: extra.k unset -> true"
        ),
        pytest.param(panel(judges=(ANNA,), quorum=1), "judge `bela` removed"),
        pytest.param(panel(judges=(*PANEL.judges, named("cleo"))), "judge `cleo` added"),
        pytest.param(panel(reserves=(named("rex"),)), "reserve judge `rex` added"),
        pytest.param(panel(critic=ModelSpec(model="openai/c")), "critic unset -> `openai/c`"),
        pytest.param(panel(detector=ModelSpec(model="openai/d")), "detector unset -> `openai/d`"),
        pytest.param(panel(escalation=named("eve")), "escalation unset -> `openai/m`"),
        pytest.param(panel(rule=RuleSpec(name="mean")), "rule: name `median` -> `mean`"),
        pytest.param(panel(rule=RuleSpec(params={"cut": 1})), 'rule: params {} -> {"cut": 1}'),
        pytest.param(panel(quorum=1), "quorum 2 -> 1"),
        pytest.param(panel(protocol=ProtocolSpec(max_rounds=1)), "protocol: max_rounds 2 -> 1"),
        pytest.param(panel(protocol=ProtocolSpec(reasks=0)), "protocol: reasks 1 -> 0"),
        pytest.param(panel(screens=("length",)), 'screens unset -> ["length"]'),
        pytest.param(panel(share_identical=True), "panel: share_identical false -> true"),
        pytest.param(panel(name="other"), "panel: name `panel` -> `other`"),
        pytest.param(rubric(question="So?"), "criterion `correctness`: question `Is it?` -> `So?`"),
        pytest.param(rubric(weight=2.0), "criterion `correctness`: weight 1 -> 2"),
        pytest.param(
            rubric(anchors=(Anchor(score=1, text="wrong from beginning to end"),)),
            "criterion `correctness`: anchors changed",
        ),
        pytest.param(with_criteria(RUBRIC.criteria[:1]), "criterion `safety` removed"),
        pytest.param(with_criteria(RUBRIC.criteria[::-1]), "rubric: order of the criteria"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_changes_an_answer_is_named(now: PanelSpec, words: str) -> None:
    changed = Identity.of(PANEL).changed(Identity.of(now))
    assert words in changed
    assert len(changed) == 1 + (words == "judge `bela` removed")  # then the majority changes too


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(anna(timeout=1), id="timeout"),
        pytest.param(anna(retries=9), id="retries"),
        pytest.param(anna(max_concurrency=99), id="concurrency"),
        pytest.param(anna(requests_per_minute=1), id="pace"),
        pytest.param(anna(price=Price(input=1, output=2)), id="price"),
        pytest.param(anna(api_key_env="OTHER_KEY"), id="key"),
        pytest.param(anna(api_base="http://127.0.0.1:9/v1"), id="address"),
        pytest.param(panel(protocol=ProtocolSpec(case_deadline=1)), id="deadline"),
        pytest.param(panel(judges=(BELA, ANNA)), id="order-of-the-judges"),
        pytest.param(panel(quorum=2), id="quorum-that-is-the-majority"),
    ],
)
def test_how_answers_are_fetched_may_change(now: PanelSpec) -> None:
    assert Identity.of(PANEL).changed(Identity.of(now)) == []


def test_order_matters_where_judges_are_seated_one_by_one() -> None:
    one_by_one = ProtocolSpec(seating="sequential")
    before, after = panel(protocol=one_by_one), panel(protocol=one_by_one, judges=(BELA, ANNA))
    assert Identity.of(before).changed(Identity.of(after)) == [
        "order of the judges (seating is sequential)"
    ]


def test_prompts_parts_and_kind_are_compared() -> None:
    before = Identity.of(PANEL, prompts={"judge": "1", "critic": "1"}, parts={"calibration": "1"})
    after = Identity.of(PANEL, prompts={"judge": "2", "detector": "1"}, kind="compare")
    assert before.changed(after) == [
        "kind of run: `judge` -> `compare`",
        "prompt `critic` removed",
        "prompt `detector` added",
        "prompt `judge` changed",
        "part `calibration` removed",
    ]


def test_identity_survives_its_json() -> None:
    spec = anna(sampling=Sampling(temperature=0.7, extra={"a": [1, None, {"b": 0.1}]}))
    identity = Identity.of(spec, prompts={"judge": "1"})
    assert Identity.from_json(identity.to_json()) == identity
    assert identity.changed(Identity.from_json(identity.to_json())) == []


def test_secrets_are_not_stored(tmp_path: Path) -> None:
    extra = {
        "api_key": "sk-hidden1",
        "extra_headers": {"Authorization": "Bearer hidden2"},
        "deep": [{"Access-Token": "hidden3"}],
        "max_completion_tokens": 77,
    }
    spec = anna(sampling=Sampling(extra=extra), api_base="http://me:hidden4@host:1/v1?key=hidden5")
    identity = Identity.of(spec)
    with RunFile.create(tmp_path / "run.dikast", identity) as run:
        assert run.identity.panel is not None
        stored = run.identity.panel.judges[0]
    assert b"hidden" not in (tmp_path / "run.dikast").read_bytes()
    assert stored.sampling.extra["max_completion_tokens"] == 77
    assert stored.api_base == "http://host:1/v1"
    assert len(identity.withheld) == 4
    assert identity.changed(Identity.of(spec)) == []


def sealed(path: Path, cases: list[Case]) -> None:
    with RunFile.create(path, Identity.of(PANEL)) as run:
        go(run.add_cases(cases))
        go(run.seal())


def known(cases: list[Case]) -> Identity:
    builder = CaseSetBuilder()
    for found in cases:
        builder.add(found)
    return Identity.of(PANEL, cases=builder.result())


CASES = [case(f"q{i}") for i in range(20)]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        pytest.param(
            [*CASES[:17], case("q17", "other"), *CASES[18:]],
            ["1 case changed (`q17`)"],
            id="changed",
        ),
        pytest.param([*CASES, case("a"), case("b")], ["2 cases added (`a`, `b`)"], id="added"),
        pytest.param(CASES[1:], ["1 case missing (`q0`)"], id="missing"),
        pytest.param(
            [case(f"n{i}") for i in range(9)],
            [
                "9 cases added (`n0`, `n1`, `n2`, `n3`, `n4`, …)",
                "20 cases missing (`q0`, `q1`, `q2`, `q3`, `q4`, …)",
            ],
            id="all-others",
        ),
        pytest.param(
            [*CASES[1:], case("\x1b[2J")],
            ["1 case added (`\\x1b[2J`)", "1 case missing (`q0`)"],
            id="escape",
        ),
    ],
)
def test_a_resume_names_the_cases_that_changed(
    tmp_path: Path, now: list[Case], words: list[str]
) -> None:
    path = tmp_path / "run.dikast"
    sealed(path, CASES)
    with pytest.raises(ResumeRefused) as refusal:
        RunFile.open(path, identity=known(now), cases=iter(now))
    assert list(refusal.value.changed) == words
    assert str(refusal.value).startswith(str(path))
    with RunFile.open(path, identity=known(CASES)) as run:  # and the lock was let go
        assert run.case_changes(CASES) == []


def test_order_and_key_order_of_cases_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "run.dikast"
    sealed(path, CASES)
    RunFile.open(path, identity=known(CASES[::-1])).close()
    one = case().model_copy(update={"metadata": {"a": 1, "b": 2}})
    other = case().model_copy(update={"metadata": {"b": 2, "a": 1}})
    assert case_digest(one) == case_digest(other)


def test_cases_are_not_compared_while_they_are_not_known(tmp_path: Path) -> None:
    path = tmp_path / "run.dikast"
    sealed(path, CASES)
    RunFile.open(path, identity=Identity.of(PANEL)).close()
    with pytest.raises(ResumeRefused, match="cases: 20 -> 19"):
        RunFile.open(path, identity=known(CASES[1:]))
    with pytest.raises(ResumeRefused, match="cases: same number, other content"):
        RunFile.open(path, identity=known([*CASES[1:], case("new")]))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6, unique_by=lambda t: t[0]), st.data())
def test_the_digest_of_a_set_tells_sets_apart(pairs: list[tuple[str, str]], data: Any) -> None:
    cases = [case(name, text) for name, text in pairs]
    shuffled = data.draw(st.permutations(cases))
    assert known(cases) == known(shuffled)
    assert known(cases) != known(cases[:-1])
    first = cases[0].model_copy(update={"question": "another question"})
    assert known(cases) != known([first, *cases[1:]])


CHANGES: list[Callable[[], PanelSpec]] = [lambda: anna(weight=3), lambda: panel(quorum=1)]


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_is_one_in_both_directions(change: Callable[[], PanelSpec]) -> None:
    one, other = Identity.of(PANEL), Identity.of(change())
    assert len(one.changed(other)) == len(other.changed(one)) == 1
