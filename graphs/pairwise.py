"""The pairwise graph: both presentation orders for every judge, folded; contested pairs deliberate.

It is the deliberation graph with a preference rubric, nested as a node; there is no second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from dikast.agents.contract import Critic, Judge
from dikast.errors import ConfigError
from dikast.graphs.deliberation import deliberation_graph
from dikast.graphs.state import Court
from dikast.types import Case, Comparison, PanelSpec, PreferenceScale, Verdict, compared

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


class PairInput(TypedDict, total=False):
    """What the graph takes."""

    case: Case
    """A case, or its JSON form."""
    candidates: tuple[str, ...]
    """The two that are compared; the case's two by default."""


class PairOutput(TypedDict, total=False):
    """What the graph gives."""

    comparison: Comparison


class PairState(TypedDict, total=False):
    """The graph's own state; `case`, `candidates` and `verdict` are shared with deliberation."""

    case: Case
    candidates: tuple[str, ...]
    verdict: Verdict
    comparison: Comparison


def require_preferences(spec: PanelSpec) -> None:
    """Check that a panel can compare.

    Raises:
        ConfigError: Its rubric asks for scores of one response.
    """
    if not all(isinstance(c.scale, PreferenceScale) for c in spec.rubric.criteria):
        raise ConfigError(
            f"rubric `{spec.rubric.id}` scores one response and cannot compare two.",
            hint='Use the pack `preference`, or a scale of `kind = "preference"`.',
        )


def fold(state: PairState) -> PairState:
    """Read the verdict as the pair's outcome."""
    return {"comparison": compared(state["verdict"])}


def pairwise_graph(
    spec: PanelSpec,
    *,
    judges: Mapping[str, Judge] | None = None,
    critic: Critic | None = None,
    checkpointer: Any = None,
) -> CompiledStateGraph[PairState, Court, PairInput, PairOutput]:
    """Compile the graph that compares two candidates.

    Swapping the two candidates of the case mirrors the result: the same ballots under exchanged
    names, the same transcript, the opposite margin.

    Args:
        spec: A panel whose rubric asks for preferences.
        judges: Judges by seat name that take the place of those described.
        critic: A critic that takes the place of the described one.
        checkpointer: Where a run waits for a person, if the protocol adjudicates.

    Returns:
        The compiled graph, from `{"case": Case}` to `{"comparison": Comparison}`.

    Raises:
        ConfigError: The rubric does not compare, or something the panel names does not exist.
    """
    from langgraph.graph import END, START, StateGraph

    require_preferences(spec)
    graph = StateGraph(
        PairState, context_schema=Court, input_schema=PairInput, output_schema=PairOutput
    )
    graph.add_node("deliberation", deliberation_graph(spec, judges=judges, critic=critic))
    graph.add_node("fold", fold)
    graph.add_edge(START, "deliberation")
    graph.add_edge("deliberation", "fold")
    graph.add_edge("fold", END)
    return graph.compile(checkpointer=checkpointer, name="pairwise")
