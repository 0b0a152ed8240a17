"""Which recorded sets the fitted rules were designed on, and which they are reported on.

Written down before any figure of a reported set was looked at (what PROVENANCE files and the
method's own sources print was known: LLMBar's reference figures for Vanilla, CoT,
Metrics_Reference and Swap, which are therefore design sets, and PRD's published figures).
`auto` and every constant of the rules were chosen on the design sets and on simulated judges only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dikast.stats.ballot_table import BallotTable
from dikast.testing import recorded_tables as recorded

DESIGN_STRATEGIES = ("CoT", "Metrics_Reference", "Swap", "Vanilla")
DESIGN_EXAMINEES = ("llama2-13b-chat", "llama2-7b-base")
DESIGN_TASKS = ("Control-Guided_IG", "Multi-Concept_IC")


def _examinees(design: bool) -> BallotTable:
    table = recorded.triviaqa_judges()
    return table.take_cases(np.array([(s[0] in DESIGN_EXAMINEES) == design for s in table.systems]))


def _llmbar(strategy: str) -> Callable[[], BallotTable]:
    return lambda: recorded.llmbar(strategy)


def _viescore(task: str) -> Callable[[], BallotTable]:
    return lambda: recorded.viescore(task)


def design_sets() -> dict[str, Callable[[], BallotTable]]:
    """Sets that were looked at while the rules were made."""
    return {
        **{f"llmbar/{name}": _llmbar(name) for name in DESIGN_STRATEGIES},
        "triviaqa/design": lambda: _examinees(True),
        **{f"viescore/{task}": _viescore(task) for task in DESIGN_TASKS},
    }


def report_sets() -> dict[str, Callable[[], BallotTable]]:
    """Sets that were first looked at when the rules were done.

    The other LLMBar strategies ask the same judges about the same pairs, and the other examinees
    answer the same questions: new ballots, not a new population. PRD and the other VIEScore tasks
    share no case with a design set.
    """
    strategies = [s for s in recorded.llmbar_strategies() if s not in DESIGN_STRATEGIES]
    tasks = [task for task in recorded.viescore_tasks() if task not in DESIGN_TASKS]
    return {
        **{f"llmbar/{name}": _llmbar(name) for name in strategies},
        "prd": recorded.prd_vicuna80,
        "prd/apart": lambda: recorded.prd_vicuna80(apart=True),
        "triviaqa/report": lambda: _examinees(False),
        **{f"viescore/{task}": _viescore(task) for task in tasks},
        "dices350": recorded.dices350,
    }
