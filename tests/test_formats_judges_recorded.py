"""Reply formats of published judges on recorded replies of real judges."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from dikast.types import Reason
from tests.test_formats_judges import TIE, A, B, said

Recorded = Callable[[str], list[dict[str, Any]]]
OTHER = {"a": "b", "b": "a"}
ASSERTED = re.compile(r"Output \(([ab])\) is (?:the |a )?better")


def test_recorded_outputs_are_read_as_they_say(recorded: Recorded) -> None:
    """Of 37,764 replies 37,486 are read as published, and none against its own sentence.

    195 are read otherwise: each asserts our label in a sentence, all but one in its last such
    sentence, while another line begins with the other label or the text mentions it as better.
    One reply that the published reader took for nothing says `# Output (a) is better.`
    """
    counts: Counter[str] = Counter()
    for row in recorded("llmbar/judgments"):
        for order in ("12", "21"):
            raw, winner = row.get(f"raw_{order}"), row[f"winner_{order}"]
            if not raw:
                continue
            got = said("llmbar", raw)
            if isinstance(got, Reason):
                counts["silent" if winner is None else f"lost: {got.value}"] += 1
                continue
            same = winner is not None and got == (A if (winner == 1) == (order == "12") else B)
            counts["same" if same else "found" if winner is None else "other"] += 1
            if not same:
                label = "a" if got == A else "b"
                assert label in ASSERTED.findall(raw), raw
                if winner is not None:
                    counts["last said"] += ASSERTED.findall(raw)[-1] == label
                    assert re.search(rf"(?m)^Output \({OTHER[label]}\)", raw) or (
                        f"Output ({OTHER[label]}) is better" in raw
                    )
    assert counts == {
        "same": 37_486,
        "lost: malformed": 42,
        "lost: ambiguous": 5,
        "silent": 35,
        "other": 195,
        "found": 1,
        "last said": 194,
    }


def test_recorded_peer_verdicts_are_read_as_published(recorded: Recorded) -> None:
    """One of 5,000 is read otherwise: it says twice that Assistant 2 is better, recorded as first.

    Thirteen empty replies, recorded as ties, are failures here.
    """
    names = {A: "first", B: "second", TIE: "tie"}
    counts: Counter[tuple[str, str]] = Counter()
    for row in recorded("prd_vicuna80/raw_judgments"):
        got = said("prd", row["raw"])
        if isinstance(got, Reason):
            counts[row["judge"], got.value] += 1
            continue
        same = names[got] == row["verdict"]
        counts[row["judge"], "same" if same else "other"] += 1
        if not same:
            assert "I would say that Assistant 2 is the better answer" in row["raw"]
            assert (got, row["verdict"]) == (B, "first")
    assert counts == {
        ("gpt4", "same"): 1000,
        ("vicuna-13b", "same"): 1000,
        ("claude", "same"): 999,
        ("claude", "malformed"): 1,
        ("gpt35", "same"): 971,
        ("gpt35", "ambiguous"): 10,
        ("gpt35", "malformed"): 19,
        ("bard", "same"): 763,
        ("bard", "other"): 1,
        ("bard", "malformed"): 223,
        ("bard", "empty"): 13,
    }


def test_recorded_first_lines_with_two_scores(recorded: Recorded) -> None:
    """Vicuna's reviews begin with two scores: all 1,000 are compared as published."""
    names = {A: "first", B: "second", TIE: "tie"}
    rows = [r for r in recorded("prd_vicuna80/raw_judgments") if r["judge"] == "vicuna-13b"]
    assert len(rows) == 1000
    for row in rows:
        got = said("judgelm", row["raw"])
        assert not isinstance(got, Reason)
        assert names[got] == row["verdict"]
