"""Retrieval metrics of one ranked list against relevance labels, by hand.

`AP@k` has two denominators in use, so there are two functions: relevant documents up to k, and all
relevant documents (as trec_eval). Gains are linear (`rel`) or exponential (`2^rel − 1`).

A document that is listed twice counts at its first rank only, and still takes up its later ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from dikast.stats.estimate import Estimate, undefined

Gain = Literal["linear", "exponential"]
_NONE = "no document is labelled relevant"


def precision_at(ranked: Sequence[str], relevance: Mapping[str, float], k: int) -> Estimate:
    """Share of the first k places that hold a relevant document; empty places count as wrong.

    Args:
        ranked: Ids of the retrieved documents, best first.
        relevance: Grade by id; above 0 is relevant. Documents that are not named are not.
        k: From 1.

    Examples:
        >>> precision_at(["a", "b", "c", "d"], {"b": 1, "d": 1}, 2).value
        0.5
    """
    _check(k)
    return Estimate(sum(_hits(ranked[:k], relevance)) / k, n=k)


def recall_at(ranked: Sequence[str], relevance: Mapping[str, float], k: int) -> Estimate:
    """Share of the relevant documents that stand among the first k.

    Returns:
        Undefined where no document is relevant.
    """
    _check(k)
    total = _relevant(relevance)
    if not total:
        return undefined(_NONE)
    return Estimate(sum(_hits(ranked[:k], relevance)) / total, n=total)


def reciprocal_rank(ranked: Sequence[str], relevance: Mapping[str, float]) -> Estimate:
    """1 / rank of the first relevant document, 0 if none was retrieved; its mean is the MRR.

    Returns:
        Undefined where no document is relevant.

    Examples:
        >>> reciprocal_rank(["a", "b"], {"b": 1}).value
        0.5
    """
    if not _relevant(relevance):
        return undefined(_NONE)
    hits = _hits(ranked, relevance)
    return Estimate(1 / (hits.index(True) + 1) if any(hits) else 0.0, n=len(ranked))


def average_precision_at(ranked: Sequence[str], relevance: Mapping[str, float], k: int) -> Estimate:
    """Precision at the ranks of relevant documents up to k, over min(relevant documents, k).

    A perfect list of k documents scores 1 also where more than k are relevant. The mean over
    questions is this variant's MAP@k.

    Returns:
        Undefined where no document is relevant.

    Examples:
        >>> average_precision_at(["a", "b", "c", "d"], {"b": 1, "d": 1}, 5).value
        0.5
    """
    return _average_precision(ranked, relevance, k, bounded=True)


def average_precision_trec(
    ranked: Sequence[str], relevance: Mapping[str, float], k: int
) -> Estimate:
    """The same over all relevant documents, as trec_eval has it (`map_cut`).

    Returns:
        Undefined where no document is relevant.

    Examples:
        >>> average_precision_trec(["a"], {"a": 1, "b": 1}, 1).value
        0.5
        >>> average_precision_at(["a"], {"a": 1, "b": 1}, 1).value
        1.0
    """
    return _average_precision(ranked, relevance, k, bounded=False)


def _average_precision(
    ranked: Sequence[str], relevance: Mapping[str, float], k: int, *, bounded: bool
) -> Estimate:
    _check(k)
    total = _relevant(relevance)
    if not total:
        return undefined(_NONE)
    found, parts = 0, []
    for rank, hit in enumerate(_hits(ranked[:k], relevance), 1):
        found += hit
        parts.append(found / rank if hit else 0.0)
    return Estimate(math.fsum(parts) / (min(total, k) if bounded else total), n=total)


def ndcg_at(
    ranked: Sequence[str], relevance: Mapping[str, float], k: int, *, gain: Gain = "linear"
) -> Estimate:
    """Discounted cumulative gain of the first k over the best that is possible (nDCG).

    The discount is log2(rank + 1).

    Args:
        ranked: Ids of the retrieved documents, best first.
        relevance: Grade by id; grades below 0 count as 0.
        k: From 1.
        gain: `linear` takes the grade (Järvelin & Kekäläinen 2002, trec_eval), `exponential`
            2^grade − 1 (Burges et al. 2005). Equal for labels of 0 and 1.

    Returns:
        Undefined where no document is relevant.

    Examples:
        >>> round(ndcg_at(["a", "b", "c", "d"], {"b": 1, "d": 1}, 5).value, 3)
        0.651
    """
    _check(k)
    if not _relevant(relevance):
        return undefined(_NONE)
    first = _first_ranks(ranked)
    own = [relevance.get(name, 0.0) if first[name] == n else 0.0 for n, name in enumerate(ranked)]
    best = sorted(relevance.values(), reverse=True)
    return Estimate(_dcg(own[:k], gain) / _dcg(best[:k], gain), n=_relevant(relevance))


def _dcg(grades: Sequence[float], gain: Gain) -> float:
    gains = [max(0.0, g) if gain == "linear" else 2.0 ** max(0.0, g) - 1 for g in grades]
    return math.fsum(g / math.log2(rank + 1) for rank, g in enumerate(gains, 1))


def _hits(ranked: Sequence[str], relevance: Mapping[str, float]) -> list[bool]:
    first = _first_ranks(ranked)
    return [relevance.get(name, 0.0) > 0 and first[name] == n for n, name in enumerate(ranked)]


def _first_ranks(ranked: Sequence[str]) -> dict[str, int]:
    first: dict[str, int] = {}
    for place, name in enumerate(ranked):
        first.setdefault(name, place)
    return first


def _relevant(relevance: Mapping[str, float]) -> int:
    return sum(grade > 0 for grade in relevance.values())


def _check(k: int) -> None:
    if k < 1:
        raise ValueError("`k` counts documents, from 1")


def retrieval_metrics(
    ranked: Sequence[str], relevance: Mapping[str, float], cutoffs: Sequence[int]
) -> dict[str, Estimate]:
    """All metrics of one list, by name.

    `precision@k`, `recall@k`, `map@k` (over relevant documents up to k), `map_trec@k` (over all),
    `ndcg@k` (linear gain), `ndcg_exp@k` (exponential), and `mrr`.

    Examples:
        >>> sorted(retrieval_metrics(["a"], {"a": 1}, (1,)))
        ['map@1', 'map_trec@1', 'mrr', 'ndcg@1', 'ndcg_exp@1', 'precision@1', 'recall@1']
    """
    found = {"mrr": reciprocal_rank(ranked, relevance)}
    for k in sorted(set(cutoffs)):
        found |= {
            f"precision@{k}": precision_at(ranked, relevance, k),
            f"recall@{k}": recall_at(ranked, relevance, k),
            f"map@{k}": average_precision_at(ranked, relevance, k),
            f"map_trec@{k}": average_precision_trec(ranked, relevance, k),
            f"ndcg@{k}": ndcg_at(ranked, relevance, k),
            f"ndcg_exp@{k}": ndcg_at(ranked, relevance, k, gain="exponential"),
        }
    return found
