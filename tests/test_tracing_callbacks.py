"""LangChain callbacks, the way Langfuse and LangSmith listen, reach the panel's graph."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler

from dikast.api import Panel
from dikast.types import Verdict
from tests.judges import RUBRIC, Challenger, Scripted, case

NODES = {
    "deliberation": 1,
    "convene": 1,
    "vote": 4,
    "examine": 2,
    "criticise": 1,
    "summon": 1,
    "aggregate": 1,
}


class Record:
    """Runs begun, by name, with whose child they are; and runs ended."""

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.parents: dict[UUID, UUID | None] = {}
        self.ended: list[UUID] = []
        self.verdict: Verdict | None = None

    def begin(self, run: UUID, parent: UUID | None, name: str) -> None:
        self.names[run], self.parents[run] = name, parent

    def end(self, run: UUID, outputs: Any) -> None:
        self.ended.append(run)
        if self.names[run] == "deliberation":
            self.verdict = outputs["verdict"]

    def check(self) -> None:
        counted = Counter(name for name in self.names.values() if name in NODES)
        assert counted == NODES
        assert set(self.ended) == set(self.names)
        votes = [run for run, name in self.names.items() if name == "vote"]
        roots = {run for run, parent in self.parents.items() if parent is None}
        assert {self.parents[vote] for vote in votes} == roots
        assert isinstance(self.verdict, Verdict)
        assert self.verdict.status == "decided"


class Sync(BaseCallbackHandler, Record):
    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: Any = None, **kw: Any
    ) -> None:
        self.begin(run_id, parent_run_id, kw["name"])

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kw: Any) -> None:
        self.end(run_id, outputs)


class Async(AsyncCallbackHandler, Record):
    async def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: Any = None, **kw: Any
    ) -> None:
        self.begin(run_id, parent_run_id, kw["name"])

    async def on_chain_end(self, outputs: Any, *, run_id: UUID, **kw: Any) -> None:
        self.end(run_id, outputs)


def contested() -> Panel:
    judges = [Scripted("a", 5), Scripted("b", 5), Scripted("c", 1, 5)]
    return Panel(judges, rubric=RUBRIC, critic=Challenger("c"), rule="mean")


def test_a_sync_handler_sees_every_node() -> None:
    handler = Sync()
    contested().graph.invoke({"case": case()}, config={"callbacks": [handler]})
    handler.check()


def test_an_async_handler_sees_every_node() -> None:
    handler = Async()
    work = contested().graph.ainvoke({"case": case()}, config={"callbacks": [handler]})
    asyncio.run(work)
    handler.check()
