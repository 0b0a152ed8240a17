"""dikast: panels of LLM judges that deliberate, checked for bias and transitivity.

Importing this package is cheap: public names are resolved on first use (PEP 562), so
neither litellm nor langgraph nor pydantic is loaded until something needs them.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# The rooms agents/, graphs/ and prompts/ live at the top of the repository and are linked
# into this package. Where links were dropped (a zip download, Windows without the right to
# make them) the repository root stands in, so that `dikast.agents` still resolves.
_HERE = Path(__file__).resolve().parent
if not (_HERE / "agents").is_dir() and (_HERE.parent / "agents" / "__init__.py").is_file():
    __path__.append(str(_HERE.parent))

_PUBLIC: dict[str, str] = {
    "Panel": "dikast.api",
    "Ballot": "dikast.types",
    "Candidate": "dikast.types",
    "Case": "dikast.types",
    "Criterion": "dikast.types",
    "JudgeSpec": "dikast.types",
    "PanelSpec": "dikast.types",
    "Rubric": "dikast.types",
    "Verdict": "dikast.types",
    "deliberation_graph": "dikast.graphs",
    "pairwise_graph": "dikast.graphs",
    "rag_graph": "dikast.graphs",
    "evaluate_rag": "dikast.rag",
    "aevaluate_rag": "dikast.rag",
    "ranking_graph": "dikast.graphs",
}

if TYPE_CHECKING:
    from dikast.api import Panel as Panel
    from dikast.graphs import deliberation_graph as deliberation_graph
    from dikast.graphs import pairwise_graph as pairwise_graph
    from dikast.graphs import rag_graph as rag_graph
    from dikast.graphs import ranking_graph as ranking_graph
    from dikast.rag import aevaluate_rag as aevaluate_rag
    from dikast.rag import evaluate_rag as evaluate_rag
    from dikast.types import Ballot as Ballot
    from dikast.types import Candidate as Candidate
    from dikast.types import Case as Case
    from dikast.types import Criterion as Criterion
    from dikast.types import JudgeSpec as JudgeSpec
    from dikast.types import PanelSpec as PanelSpec
    from dikast.types import Rubric as Rubric
    from dikast.types import Verdict as Verdict

__all__ = [  # noqa: PLE0604 - the keys are strings
    "__version__",
    *_PUBLIC,
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    if name not in _PUBLIC:
        msg = f"module 'dikast' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
