"""A panel as a node of a RAG application: retrieve, answer, judge, then answer or search on.

    python examples/rag_application.py

The judge stands between the answer and the user. An answer that the passages do not bear out is
not shown: the application searches wider and answers again, and after three attempts it says that
it does not know. An abstention is no approval. `write` is a stand-in for your model.
"""

from __future__ import annotations

from typing import TypedDict

from langgraph.graph import END, START, StateGraph

from dikast import Panel
from dikast.adapters.langchain import panel_node

LIBRARY = [
    "The museum is closed on Mondays. The café in the court serves soup.",
    "On Sundays the museum is open from 10:00 to 16:00.",
    "The museum is free of charge on the first Sunday of a month.",
]


class State(TypedDict, total=False):
    question: str
    passages: list[str]
    answer: str
    supported: float | None
    attempts: int


def retrieve(state: State) -> State:
    """One passage more at each attempt: a stand-in for your retriever."""
    attempts = state.get("attempts", 0) + 1
    return {"passages": LIBRARY[:attempts], "attempts": attempts}


def write(state: State) -> State:
    """A stand-in for a model: with nothing to go by it makes something up."""
    known = next((text for text in state["passages"] if "first Sunday" in text), None)
    return {"answer": known or "The museum is free of charge every Wednesday from 18:00."}


def give_up(state: State) -> State:
    return {"answer": "I could not find that out."}


def next_step(state: State) -> str:
    if (state["supported"] or 0.0) >= 0.75:
        return END
    return "retrieve" if state["attempts"] < len(LIBRARY) else "give_up"


def main() -> None:
    judge = panel_node(
        Panel.embedded("groundedness"),
        case_of=lambda state: {
            "question": state["question"],
            "response": state["answer"],
            "contexts": state["passages"],
        },
        update_of=lambda verdict: {"supported": verdict.score},
    )
    graph = StateGraph(State)
    for name, node in (("retrieve", retrieve), ("write", write), ("give_up", give_up)):
        graph.add_node(name, node)
    graph.add_node("judge", judge)
    graph.add_edge(START, "retrieve")
    graph.add_edge("retrieve", "write")
    graph.add_edge("write", "judge")
    graph.add_conditional_edges("judge", next_step, [END, "retrieve", "give_up"])
    graph.add_edge("give_up", END)

    application = graph.compile()
    for step in application.stream({"question": "When is the museum free?"}, stream_mode="updates"):
        for name, update in step.items():
            print(f"{name}: {update}")


if __name__ == "__main__":
    main()
