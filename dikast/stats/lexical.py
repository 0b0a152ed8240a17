"""Trivial judges of text: exact match, containment, ROUGE-L, chrF, length.

What they reach is the floor that a judge has to clear; an audit shows both side by side. All are
symmetric in nothing and know no language: words are runs of letters and digits, and a script
without spaces counts by character.

References:
    Lin (2004), "ROUGE"; Popović (2015), "chrF"; Thakur et al. (2024), "Judging the Judges", for
    exact match and containment as judges.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

_SPACELESS = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_ARTICLES = frozenset({"a", "an", "the"})
_CHRF_ORDER, _CHRF_BETA = 6, 2.0

LONGEST = 20_000
"""Characters of a text that are looked at: comparing two texts takes the product of their
lengths."""


def words(text: str) -> list[str]:
    """Words of a text, NFKC and case folded.

    Examples:
        >>> words("The Louvre's 3 floors")
        ['the', 'louvre', 's', '3', 'floors']
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text[:LONGEST]).casefold())


def exact_match(text: str, references: Sequence[str]) -> float | None:
    """1 if the text equals a reference up to case, punctuation and articles, else 0.

    Returns:
        None where there is no reference.

    Examples:
        >>> exact_match("The Louvre.", ["louvre"]), exact_match("In the Louvre", ["louvre"])
        (1.0, 0.0)
    """
    own = _bare(text)
    return float(any(_bare(r) == own for r in references)) if references else None


def contains(text: str, references: Sequence[str]) -> float | None:
    """1 if a reference stands in the text, word for word up to case and punctuation, else 0.

    A reference without a word is nowhere.

    Examples:
        >>> contains("It is in Paris, France.", ["Paris"]), contains("Comparison", ["Paris"])
        (1.0, 0.0)
    """
    if not references:
        return None
    own = f" {' '.join(words(text))} "
    told = (" ".join(words(reference)) for reference in references)
    return float(any(f" {reference} " in own for reference in told if reference))


def rouge_l(text: str, references: Sequence[str]) -> float | None:
    """F-measure of the longest common subsequence of words, the best over references.

    Returns:
        0 to 1; None where there is no reference.

    Examples:
        >>> rouge_l("the cat sat", ["the cat lay down"])
        0.5714285714285714
    """
    if not references:
        return None
    own = words(text)
    return max(_rouge(own, words(reference)) for reference in references)


def _rouge(own: list[str], told: list[str]) -> float:
    if not own or not told:
        return 0.0
    return 2 * LCSseq.similarity(own, told) / (len(own) + len(told))


def chrf(text: str, references: Sequence[str]) -> float | None:
    """Character n-gram F-score (n up to 6, β = 2), white space left out, the best reference.

    Returns:
        0 to 1; None where there is no reference.

    Examples:
        >>> chrf("Paris", ["Paris"]), chrf("abc", ["xyz"])
        (1.0, 0.0)
    """
    if not references:
        return None
    own = _grams(text)
    return max(_chrf(own, _grams(reference)) for reference in references)


def _bare(text: str) -> list[str]:
    return [word for word in words(text) if word not in _ARTICLES]


def _grams(text: str) -> list[Counter[str]]:
    dense = "".join(text[:LONGEST].split())
    return [
        Counter(dense[i : i + n] for i in range(len(dense) - n + 1))
        for n in range(1, _CHRF_ORDER + 1)
    ]


def _chrf(own: list[Counter[str]], told: list[Counter[str]]) -> float:
    """Mean precision and recall over the orders that both texts have, then their F-score."""
    shares = [
        (common / a.total(), common / b.total())
        for a, b in zip(own, told, strict=True)
        if a and b
        for common in [(a & b).total()]
    ]
    if not shares:
        return 0.0
    precision = sum(p for p, _ in shares) / len(shares)
    recall = sum(r for _, r in shares) / len(shares)
    weight = _CHRF_BETA**2
    if not precision + recall:
        return 0.0
    return (1 + weight) * precision * recall / (weight * precision + recall)
