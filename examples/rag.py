"""Evaluate answers over passages claim by claim, compare two pipelines, and gate a release.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel(["openai/gpt-4o", …], rubric="rag")` in its place to let models judge.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dikast import Panel, evaluate_rag

HERE = Path(__file__).resolve().parent


def rows(name: str) -> list[dict[str, object]]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def main() -> int:
    panel = Panel.embedded("rag")
    found = evaluate_rag(rows("rag.jsonl"), panel, against=rows("rag_other.jsonl"))
    for result in found.results:
        print(f"{result.case_id}: {result.verdict.status}, score {result.verdict.score}")
        for claim in result.claims:
            print(f"  {claim.mark or 'undecided'}: {claim.claim.text}")
            for item in claim.evidence[:1]:
                print(f"    passage {item.context_id}: “{item.quote}”")
    assert found.paired is not None
    print("pairs won:", found.paired.outcomes)
    share = found.totals.marks["contradicted"]
    print(f"contradicted: {share.value:.0%} of {share.n} claims")
    # In CI, let the exit code fail the release:
    return 0 if (share.value or 0.0) < 0.2 else 1


if __name__ == "__main__":
    sys.exit(main())
