"""A graph of your own around panels: a quick bench first, a full one before an answer is rejected.

    python examples/own_graph.py

`Panel.graph` is a compiled LangGraph graph from `case` to `verdict`, so it can be a node of any
graph: here an appeal is heard wherever the first panel does not approve, and your own node reports.
"""

from __future__ import annotations

from typing import TypedDict

from langgraph.graph import END, START, StateGraph

from dikast import Case, Panel, Verdict
from dikast.minutes import headline
from dikast.records.cases import case_from_row

PASSAGE = "The lentil soup contains celery and mustard. The tomato soup is free of both."
ANSWERS = {
    "verbatim": "The lentil soup contains celery and mustard.",
    "reworded": "It has mustard and celery in it.",
    "wrong": "The lentil soup does not contain celery.",
}


class State(TypedDict, total=False):
    """`case` and `verdict` are what a panel's graph reads and writes; the rest is yours."""

    case: Case
    verdict: Verdict
    report: str


def report(state: State) -> State:
    return {"report": f"{headline(state['verdict'])}, heard by {state['verdict'].panel}"}


def next_step(state: State) -> str:
    score = state["verdict"].score  # None where the panel abstained or failed
    return "report" if score is not None and score > 0.5 else "appeal"


def main() -> None:
    quick = Panel(["embedded/exact", "embedded/overlap"], rubric="groundedness", name="quick bench")
    full = Panel.embedded("groundedness")

    graph = StateGraph(State)
    graph.add_node("quick", quick.graph)
    graph.add_node("appeal", full.graph)
    graph.add_node("report", report)
    graph.add_edge(START, "quick")
    graph.add_conditional_edges("quick", next_step, ["appeal", "report"])
    graph.add_edge("appeal", "report")
    graph.add_edge("report", END)
    court = graph.compile()

    for name, answer in ANSWERS.items():
        row = {"id": name, "question": "What is in the lentil soup?", "response": answer}
        case = case_from_row({**row, "contexts": [PASSAGE]}, where=name)
        way: dict[str, State] = {}
        for update in court.stream({"case": case}, stream_mode="updates"):
            way |= update
        print(f"{' → '.join(way)}: {way['report']['report']}")

    print(court.get_graph().draw_mermaid())  # offline; paste it into any Markdown page


if __name__ == "__main__":
    main()
