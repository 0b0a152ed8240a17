"""LangGraph graphs of panels: deliberation, pairwise, ranking, RAG, and the runner of many cases.

`langgraph.json` lists the zero-argument factories; names are resolved lazily, so that importing
this package does not load langgraph.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dikast.graphs.deliberation import deliberation_graph as deliberation_graph
    from dikast.graphs.pairwise import pairwise_graph as pairwise_graph
    from dikast.graphs.rag import rag_graph as rag_graph
    from dikast.graphs.ranking import ranking_graph as ranking_graph
    from dikast.graphs.state import Court as Court

_PUBLIC = {
    "Court": "state",
    "deliberation_graph": "deliberation",
    "pairwise_graph": "pairwise",
    "rag_graph": "rag",
    "ranking_graph": "ranking",
}

__all__ = [
    "Court",
    "deliberation_graph",
    "embedded_deliberation",
    "embedded_pairwise",
    "embedded_rag",
    "embedded_ranking",
    "pairwise_graph",
    "rag_graph",
    "ranking_graph",
]


def embedded_deliberation() -> Any:
    """The deliberation graph of the embedded panel; needs no model, network or key."""
    return _embedded("deliberation_graph", "groundedness")


def embedded_pairwise() -> Any:
    """The pairwise graph of the embedded panel."""
    return _embedded("pairwise_graph", "preference")


def embedded_rag() -> Any:
    """The RAG graph of the embedded panel: claims by sentences and clauses, marked by rules."""
    return _embedded("rag_graph", "rag")


def embedded_ranking() -> Any:
    """The ranking graph of the embedded panel."""
    return _embedded("ranking_graph", "preference")


def _embedded(factory: str, rubric: str) -> Any:
    from dikast import prompts
    from dikast.agents.embedded._panel import embedded_panel

    return __getattr__(factory)(embedded_panel(prompts.rubric(rubric)))


def __getattr__(name: str) -> Any:
    """Resolve a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'dikast.graphs' has no attribute {name!r}")
    return getattr(importlib.import_module(f"dikast.graphs.{_PUBLIC[name]}"), name)
