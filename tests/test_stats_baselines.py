"""Trivial judges: what their measures say, and that what they learn they learn elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.stats.ballot_table import BallotTable
from dikast.stats.baselines import Texts, baselines
from dikast.stats.learned import FEWEST, crossfit, folds_of
from dikast.stats.lexical import LONGEST, chrf, contains, exact_match, rouge_l
from dikast.types import IntegerScale, PreferenceScale, YesNoScale

TEXT = st.text(alphabet="ab cé東x1.", max_size=30)


@pytest.mark.parametrize(
    ("measure", "text", "references", "expected"),
    [
        pytest.param(exact_match, "The  Louvre!", ["louvre"], 1.0, id="articles-and-marks-aside"),
        pytest.param(exact_match, "It is the Louvre", ["louvre"], 0.0, id="more-is-not-equal"),
        pytest.param(exact_match, "x", [], None, id="no-reference-no-answer"),
        pytest.param(contains, "incorrect", ["correct"], 0.0, id="a-word-within-a-word-is-not-it"),
        pytest.param(contains, "so, PARIS it is", ["London", "paris"], 1.0, id="any-reference"),
        pytest.param(contains, "anything", ["?!"], 0.0, id="a-wordless-reference-is-nowhere"),
        pytest.param(contains, "東京都です", ["東京"], 1.0, id="scripts-without-spaces"),
        pytest.param(rouge_l, "a b c d", ["a c d e"], 0.75, id="longest-common-subsequence"),
        pytest.param(rouge_l, "", ["a"], 0.0, id="an-empty-text-has-nothing"),
        pytest.param(chrf, "abcdefg", ["abcdefg"], 1.0, id="equal-texts"),
        pytest.param(chrf, "", [""], 0.0, id="nothing-against-nothing"),
    ],
)
def test_measures(
    measure: Callable[[str, list[str]], float | None],
    text: str,
    references: list[str],
    expected: float | None,
) -> None:
    assert measure(text, references) == expected


@given(TEXT, TEXT)
def test_measures_stay_between_nothing_and_all(text: str, reference: str) -> None:
    for measure in (exact_match, contains, rouge_l, chrf):
        value = measure(text, [reference])
        assert value is not None
        assert 0 <= value <= 1
        assert value <= (measure(text, [reference, text]) or 0) + 1e-12


@given(TEXT, TEXT)
def test_chrf_is_the_library_s(text: str, reference: str) -> None:
    metrics = pytest.importorskip("sacrebleu.metrics", reason="sacrebleu is not installed")
    theirs = metrics.CHRF(eps_smoothing=False).sentence_score(text, [reference]).score / 100
    assert chrf(text, [reference]) == pytest.approx(theirs, abs=1e-6)


def test_long_texts_are_cut_and_come_back() -> None:
    long = "word " * (2 * LONGEST)
    assert rouge_l(long, [long]) == 1.0


def test_what_is_predicted_was_not_seen() -> None:
    """Noise cannot be predicted: a fit that saw its own labels would do better than chance."""
    rng = np.random.default_rng(3)
    features, labels = rng.normal(size=(300, 60)), rng.integers(2, size=300).astype(float)
    right = (crossfit(features, labels, binary=True) > 0.5) == labels
    assert 0.4 < right.mean() < 0.6


def test_a_planted_slope_is_found() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(400, 2))
    y = 3 * x[:, 0] + 1 + rng.normal(scale=0.1, size=400)
    assert np.abs(crossfit(x, y, binary=False) - y).mean() < 0.15
    labels = np.where(np.arange(400) < 300, y, np.nan)
    assert np.abs(crossfit(x, labels, binary=False)[300:] - y[300:]).mean() < 0.15


@pytest.mark.parametrize(
    ("labels", "features"),
    [
        pytest.param([1.0] * 30, np.arange(30.0), id="one-class"),
        pytest.param([1.0, 0.0] * (FEWEST // 2 - 1), np.arange(FEWEST - 2.0), id="too-few"),
        pytest.param([np.nan] * 30, np.arange(30.0), id="no-labels"),
    ],
)
def test_nothing_is_learned_from(labels: list[float], features: Any) -> None:
    assert np.isnan(crossfit(features[:, None], np.array(labels), binary=True)).all()


def test_folds_are_even_and_repeat() -> None:
    assert np.bincount(folds_of(23)).tolist() == [5, 5, 5, 4, 4]
    assert np.array_equal(folds_of(23, seed=2), folds_of(23, seed=2))


def _pairs(n: int) -> tuple[BallotTable, dict[str, Texts]]:
    names = [f"c{i:02}" for i in range(n)]
    texts = {
        name: Texts(("yes " * (i % 5 + 1), "no " * ((3 * i) % 7 + 1)), ("yes yes",))
        for i, name in enumerate(names)
    }
    truth = {(name, "overall"): (-1.0) ** i for i, name in enumerate(names)}
    table = BallotTable.of(
        [], scales={"overall": PreferenceScale()}, pairs=True, cases=names, truth=truth
    )
    return table, texts


def test_swapping_the_candidates_turns_every_baseline_round() -> None:
    table, texts = _pairs(40)
    swapped = {case: Texts(t.responses[::-1], t.references) for case, t in texts.items()}
    one = baselines(table, texts)
    other = baselines(table.with_truth(-table.truth), swapped)
    assert one.judges == other.judges
    assert len(one.judges) == 6
    assert np.array_equal(one.score, -other.score)


def test_labels_of_a_case_do_not_reach_its_own_vote() -> None:
    names = [f"c{i:02}" for i in range(60)]
    texts = {name: Texts(("x" * (i + 1),)) for i, name in enumerate(names)}
    truth = {(name, "overall"): float(i > 30) for i, name in enumerate(names)}
    empty = BallotTable.of([], scales={"overall": YesNoScale()}, cases=names, truth=truth)
    before = baselines(empty, texts).take_judges(["baseline/length"])
    changed = empty.truth.copy()
    changed[7] = 1 - changed[7]
    after = baselines(empty.with_truth(changed), texts).take_judges(["baseline/length"])
    assert before.score[7] == after.score[7] == 0


def test_without_reference_or_labels_only_length_votes_on_pairs() -> None:
    table, texts = _pairs(5)
    bare = {case: Texts(t.responses) for case, t in texts.items()}
    hidden = table.with_truth(np.full_like(table.truth, np.nan))
    assert baselines(hidden, bare).judges == ("baseline/length",)


def test_numbers_are_fitted_and_stay_on_the_scale() -> None:
    names = [f"c{i:02}" for i in range(50)]
    texts = {name: Texts(("word " * (i + 1),), ("word word",)) for i, name in enumerate(names)}
    truth = {(name, "overall"): float(1 + i % 5) for i, name in enumerate(names)}
    empty = BallotTable.of([], scales={"overall": IntegerScale()}, cases=names, truth=truth)
    found = baselines(empty, texts)
    assert found.score.min() >= 1
    assert found.score.max() <= 5
