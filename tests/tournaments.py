"""Outcomes to test statistics with: written by hand, drawn by Hypothesis, simulated."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import get_args

import numpy as np
from hypothesis import strategies as st

from dikast.stats.orders import Choice
from dikast.stats.outcomes import Outcomes, Pairing, tally
from dikast.stats.rankings import Ranking

CHOICES: tuple[Choice, ...] = get_args(Choice)


def seen(*texts: str) -> Outcomes:
    """Outcomes from words: `x>y` is a win, `x=y` a tie, `x>y*3` three of them."""
    rows: list[Pairing] = []
    for text in texts:
        pair, _, times = text.partition("*")
        tie = "=" in pair
        a, b = pair.split("=" if tie else ">")
        rows += [Pairing(a, b, "tie" if tie else "a")] * int(times or 1)
    return tally(rows)


def rename(outcomes: Outcomes, names: dict[str, str]) -> Outcomes:
    """The same outcomes under other names; new ids sort as they like."""
    return tally(
        [Pairing(names[r.a], names[r.b], r.choice, r.weight) for r in pairings(outcomes)],
        [names[item] for item in outcomes.items],
    )


def pairings(outcomes: Outcomes) -> list[Pairing]:
    """Rows that add up to these outcomes."""
    rows = []
    for i, a in enumerate(outcomes.items):
        for j, b in enumerate(outcomes.items):
            if outcomes.wins[i, j]:
                rows.append(Pairing(a, b, "a", float(outcomes.wins[i, j])))
            if i < j and outcomes.ties[i, j]:
                rows.append(Pairing(a, b, "tie", float(outcomes.ties[i, j])))
    return rows


def renamed_groups(ranking: Ranking, names: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(names[item] for item in group)) for group in ranking.groups)


@st.composite
def tournaments(
    draw: st.DrawFn, least: int = 2, most: int = 6, *, complete: bool = False, ties: bool = True
) -> Outcomes:
    """Outcomes of some or all pairs of a few candidates, weights 1 to 3."""
    names = "abcdefghijkl"[: draw(st.integers(least, most))]
    options = ["a", "b", *(["tie"] if ties else []), *([] if complete else ["abstain"])]
    rows = [
        Pairing(x, y, draw(st.sampled_from(options)), draw(st.integers(1, 3)))
        for x, y in combinations(names, 2)
    ]
    return tally(rows, list(names))


@st.composite
def renamings(draw: st.DrawFn, items: Iterable[str] = "abcdefghijkl") -> dict[str, str]:
    """New names for candidates, in another alphabetical order."""
    old = list(items)
    return dict(zip(old, draw(st.permutations([f"n{item}" for item in old])), strict=True))


def planted(
    n: int, *, accuracy: float, seed: int
) -> tuple[dict[str, float], dict[tuple[str, str], Choice]]:
    """True strengths, and a judge's answer to every sorted pair, right with this chance."""
    rng = np.random.default_rng(seed)
    names = [f"c{k:04}" for k in range(n)]
    truth = dict(zip(names, rng.permutation(n).astype(float).tolist(), strict=True))
    answers: dict[tuple[str, str], Choice] = {}
    for a, b in combinations(names, 2):
        right = rng.random() < accuracy
        answers[a, b] = "a" if (truth[a] > truth[b]) == right else "b"
    return truth, answers
