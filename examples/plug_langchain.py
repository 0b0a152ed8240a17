"""A panel inside a LangGraph application, and LangChain chat models on a panel.

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`chat_panel([ChatOpenAI(…, max_retries=0), ChatAnthropic(…, max_retries=0)], rubric=…)` in its
place to let LangChain chat models judge.
"""

from __future__ import annotations

from typing import TypedDict

from langgraph.graph import END, START, StateGraph

from dikast import Panel
from dikast.adapters.langchain import panel_node, panel_runnable

PASSAGES = ["The ferry takes 45 minutes in summer and 60 minutes in winter."]


class Application(TypedDict, total=False):
    question: str
    passages: list[str]
    draft: str
    supported: float | None
    attempts: int


def retrieve(state: Application) -> Application:
    return {"passages": PASSAGES}


def write(state: Application) -> Application:
    """A stand-in for a model whose first draft is wrong."""
    attempts = state.get("attempts", 0) + 1
    minutes = 90 if attempts == 1 else 45
    return {"draft": f"The ferry takes {minutes} minutes in summer.", "attempts": attempts}


def main() -> None:
    panel = Panel.embedded("groundedness")
    graph = StateGraph(Application)
    graph.add_node("retrieve", retrieve)
    graph.add_node("write", write)
    graph.add_node(
        "judge",
        panel_node(
            panel,
            case_of=lambda state: {
                "question": state["question"],
                "response": state["draft"],
                "contexts": state["passages"],
            },
            update_of=lambda verdict: {"supported": verdict.score},
        ),
    )
    graph.add_edge(START, "retrieve")
    graph.add_edge("retrieve", "write")
    graph.add_edge("write", "judge")
    # An abstention (None) is no support: the draft is written again, at most twice.
    graph.add_conditional_edges(
        "judge",
        lambda state: END if (state["supported"] or 0) > 0.5 or state["attempts"] > 2 else "write",
        [END, "write"],
    )
    state = graph.compile().invoke({"question": "How long does the ferry take?"})
    print(f"{state['draft']}\nsupported: {state['supported']}, drafts: {state['attempts']}")

    # The panel alone is a Runnable: invoke, batch, stream, and their async forms.
    judge = panel_runnable(panel)
    rows = [
        {"response": "The ferry takes 60 minutes in winter.", "contexts": PASSAGES},
        {"response": "There is no ferry.", "contexts": PASSAGES},
    ]
    for row, verdict in zip(rows, judge.batch(rows), strict=True):
        print(f"{row['response']} {verdict.status}, score {verdict.score}")


if __name__ == "__main__":
    main()
