"""LangGraph graphs of panels: deliberation, and the runner that takes many cases through one.

`langgraph.json` lists the zero-argument factories; names are resolved lazily, so that importing
this package does not load langgraph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dikast.graphs.deliberation import deliberation_graph
    from dikast.graphs.state import Court

__all__ = ["Court", "deliberation_graph", "embedded_deliberation"]


def embedded_deliberation() -> Any:
    """The deliberation graph of the embedded panel; needs no model, network or key."""
    from dikast.agents.embedded._panel import embedded_panel

    from dikast.graphs.deliberation import deliberation_graph

    return deliberation_graph(embedded_panel())


def __getattr__(name: str) -> Any:
    """Resolve a graph factory on first use."""
    if name == "deliberation_graph":
        from dikast.graphs.deliberation import deliberation_graph

        return deliberation_graph
    if name == "Court":
        from dikast.graphs.state import Court

        return Court
    raise AttributeError(f"module 'dikast.graphs' has no attribute {name!r}")
