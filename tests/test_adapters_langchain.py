"""A panel as a Runnable and as a node, and LangChain chat models on a panel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig, RunnableLambda, RunnablePassthrough
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from pydantic import Field, SecretStr
from typing_extensions import TypedDict

from dikast.adapters._chat_models import _read, model_name
from dikast.adapters.langchain import chat_panel, panel_node, panel_runnable, seat
from dikast.api import Panel
from dikast.errors import BudgetSpent, ConfigError, InputError
from dikast.models.journal import MemoryJournal
from dikast.testing import ChatRequest, structured_reply
from dikast.types import Price, Reason, Verdict
from tests.interop.kit import BAD, GOOD, PASSAGE, QUESTION, comparing, scoring
from tests.judges import RUBRIC, Scripted

ROW = {"question": QUESTION, "answer": GOOD, "context": [PASSAGE]}


@pytest.fixture(scope="module")
def judge() -> Any:
    return panel_runnable(Panel.embedded())


# -- a panel as a Runnable -----------------------------------------------------------------------


def test_all_doors_lead_to_one_verdict(judge: Any) -> None:
    once = judge.invoke(ROW)
    assert (once.status, once.score) == ("decided", 1.0)
    awaited = asyncio.run(judge.ainvoke(ROW))
    abatched = asyncio.run(judge.abatch([ROW]))
    streamed = list(judge.stream(ROW))
    assert [once] * 4 == [awaited, *abatched, *judge.batch([ROW]), *streamed]


def test_a_batch_keeps_order_and_one_bad_row_costs_one(judge: Any) -> None:
    rows = [ROW, {"question": QUESTION}, {**ROW, "answer": BAD}]
    first, refused, last = judge.batch(rows, return_exceptions=True)
    assert first.score == 1.0
    assert isinstance(refused, InputError)
    assert last.score < 0.5
    with pytest.raises(InputError, match="the response is missing"):
        judge.batch(rows)


def test_it_composes_into_a_chain(judge: Any) -> None:
    chain = (
        RunnablePassthrough.assign(answer=RunnableLambda(lambda row: GOOD))
        | judge
        | (lambda verdict: verdict.score)
    )
    assert chain.invoke({"question": QUESTION, "context": PASSAGE}) == 1.0


def test_a_verdict_inside_a_running_loop(judge: Any) -> None:
    async def notebook() -> Verdict:
        verdict = judge.invoke(ROW)
        assert isinstance(verdict, Verdict)
        return verdict

    assert asyncio.run(notebook()).score == 1.0


class Heard(BaseCallbackHandler):
    """Which runs were started, under which tags and metadata."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.tags: list[set[str]] = []
        self.metadata: list[dict[str, Any]] = []

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.names.append(kwargs.get("name") or "")
        self.tags.append(set(kwargs.get("tags") or ()))
        self.metadata.append(kwargs.get("metadata") or {})


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_callbacks_tags_and_metadata_reach_the_panels_steps(
    judge: Any, *, asynchronous: bool
) -> None:
    heard = Heard()
    config: RunnableConfig = {
        "callbacks": [heard],
        "tags": ["nightly"],
        "metadata": {"build": 7},
        "run_name": "ferry",
    }
    if asynchronous:
        asyncio.run(judge.ainvoke(ROW, config))
    else:
        judge.invoke(ROW, config)
    assert heard.names[0] == "ferry"
    assert {"deliberation", "convene", "vote", "aggregate"} <= set(heard.names)
    assert all("nightly" in tags for tags in heard.tags)
    assert all(told.get("build") == 7 for told in heard.metadata)


def test_a_long_panel_is_not_cut_off_by_the_callers_recursion_limit() -> None:
    """LangChain fills in a limit of 25 steps; a sequential panel of many may need more."""
    judges = [Scripted(f"j{i}", 1 if i % 2 else 5) for i in range(30)]
    panel = Panel(judges, rubric=RUBRIC, seating="sequential", deliberate="never")
    verdict = panel_runnable(panel).invoke({"response": GOOD})
    assert len(verdict.transcript.ballots) == 30


def test_pairs_and_rankings() -> None:
    panel = comparing({"1": 2.0, "2": 1.0, "3": 0.0})
    two = panel_runnable(panel, "compare").invoke({"candidates": [GOOD, BAD]})
    assert two.winner == "1"
    three = panel_runnable(panel, "rank").invoke({"candidates": [GOOD, BAD, "?"]})
    assert three.groups == (("1",), ("2",), ("3",))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: panel_runnable(comparing({})), "cannot score one", id="pairs"),
        pytest.param(lambda: panel_runnable(scoring(5), "rank"), "cannot compare", id="scores"),
        pytest.param(
            lambda: panel_runnable(scoring(5), "praise"),  # type: ignore[arg-type]
            "cannot `praise`",
            id="no-such-work",
        ),
    ],
)
def test_a_panel_that_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


def test_what_is_no_row_is_refused(judge: Any) -> None:
    with pytest.raises(InputError, match="was given a str"):
        judge.invoke("In Paris.")


# -- a panel as a node ---------------------------------------------------------------------------


class Application(TypedDict, total=False):
    """A stranger's state."""

    topic: str
    found: list[str]
    draft: str
    supported: float | None
    why: str


def application(node: Any, **compiling: Any) -> Any:
    graph = StateGraph(Application)
    graph.add_node("write", lambda state: {"draft": GOOD, "found": [PASSAGE]})
    graph.add_node("judge", node)
    graph.add_edge(START, "write")
    graph.add_edge("write", "judge")
    graph.add_edge("judge", END)
    return graph.compile(**compiling)


def node_of(panel: Panel) -> Any:
    return panel_node(
        panel,
        case_of=lambda s: {"question": s["topic"], "response": s["draft"], "contexts": s["found"]},
        update_of=lambda verdict: {"supported": verdict.score, "why": verdict.status},
    )


@pytest.mark.parametrize("compiling", [{}, {"checkpointer": InMemorySaver()}], ids=["-", "kept"])
def test_a_node_maps_from_and_to_a_strangers_state(compiling: dict[str, Any]) -> None:
    graph = application(node_of(Panel.embedded()), **compiling)
    config: RunnableConfig = {"configurable": {"thread_id": "1"}}
    expected = {
        "topic": QUESTION,
        "draft": GOOD,
        "found": [PASSAGE],
        "supported": 1.0,
        "why": "decided",
    }
    assert graph.invoke({"topic": QUESTION}, config) == expected
    assert asyncio.run(graph.ainvoke({"topic": QUESTION}, config)) == expected


def test_the_panels_steps_show_in_the_strangers_stream() -> None:
    graph = application(node_of(Panel.embedded()))

    async def names() -> set[str]:
        events = graph.astream_events({"topic": QUESTION}, version="v2")
        return {event["name"] async for event in events}

    assert {"write", "judge", "deliberation", "vote", "aggregate"} <= asyncio.run(names())


def test_by_default_a_node_takes_case_and_gives_verdict() -> None:
    node = panel_node(scoring(5, 5, 5))
    assert node.invoke({"case": {"response": GOOD}})["verdict"].score == 1.0
    with pytest.raises(InputError, match="the state has no `case`; it has `draft`"):
        node.invoke({"draft": GOOD})


# -- chat models as judges -----------------------------------------------------------------------


class Clerk(BaseChatModel):
    """A chat model that answers as told, or fails."""

    model: str = "clerk-1"
    score: int = 4
    fault: Any = None
    api_key: SecretStr = SecretStr("")
    proxy_password: SecretStr = SecretStr("")
    asked: list[str] = Field(default_factory=list)
    told: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "clerk"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "score": self.score}

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        body = {"messages": [{"role": m.type, "content": m.content} for m in messages]}
        self.asked.append(json.dumps(body))
        self.told.append(kwargs)
        if self.fault is not None:
            raise self.fault
        text = structured_reply(ChatRequest(body), score=self.score, reasoning="I looked.")
        message = AIMessage(
            text,
            usage_metadata={"input_tokens": 90, "output_tokens": 10, "total_tokens": 100},
            response_metadata={"model_name": self.model, "finish_reason": "stop"},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


CASE = {"id": "ferry", "question": QUESTION, "response": GOOD}


def test_chat_models_sit_beside_other_judges() -> None:
    high, low = Clerk(score=5), Clerk(score=4)
    panel = chat_panel([high, low, Scripted("own", 5)], rubric=RUBRIC)
    verdict = panel.judge(CASE)
    assert verdict.score == 1.0
    assert [j.name for j in panel.spec.judges] == ["clerk-1", "clerk-1-2", "own"]
    ballots = {b.seat: b for b in verdict.transcript.ballots}
    assert ballots["clerk-1-2"].score == 4
    assert ballots["clerk-1-2"].rationale == "I looked."
    assert ballots["clerk-1"].model == "clerk-1"
    assert verdict.usage.calls == 2
    assert verdict.usage.input_tokens == 180
    assert verdict.usage.cost is None  # no price was given, and none is made up


def test_an_answer_is_journalled_and_never_asked_again() -> None:
    """Sync, async, a second panel: whatever loop asks, the journal answers."""
    journal, clerk = MemoryJournal(), Clerk()
    panel = chat_panel([clerk], rubric=RUBRIC, journal=journal)
    first = panel.judge(CASE)
    again = asyncio.run(panel.ajudge(CASE))
    other = chat_panel([clerk], rubric=RUBRIC, journal=journal).judge(CASE)
    assert len(clerk.asked) == 1
    assert len(journal.entries) == 1
    assert first.score == again.score == other.score == 0.75
    assert (again.usage.calls, again.usage.replayed) == (0, 1)


def test_two_seats_of_one_model_never_share_an_answer() -> None:
    clerk = Clerk()
    chat_panel([clerk, clerk], rubric=RUBRIC).judge(CASE)
    assert len(clerk.asked) == 2


def test_a_budget_of_calls_holds() -> None:
    panel = chat_panel([Clerk(), Clerk(), Clerk()], rubric=RUBRIC, budget="2calls")
    with pytest.raises(BudgetSpent):
        panel.judge(CASE)


def test_a_budget_in_money_needs_the_seats_price() -> None:
    clerk = Clerk()
    with pytest.raises(ConfigError, match="price"):
        chat_panel([clerk], rubric=RUBRIC, budget="1usd").judge(CASE)
    priced = seat(clerk, price=Price(input=1.0, output=10.0))
    verdict = chat_panel([priced], rubric=RUBRIC, budget="1usd").judge(CASE)
    assert verdict.usage.cost == pytest.approx((90 * 1 + 10 * 10) / 1e6)


class APITimeoutError(Exception):
    """What some clients call it."""


class ReadTimeout(Exception):
    """What others call it."""


class StatusError(Exception):
    """An answer with a status, as the clients of OpenAI and Anthropic report it."""

    def __init__(self, status: int, text: str = "no") -> None:
        self.status_code = status
        super().__init__(text)


@pytest.mark.parametrize(
    ("fault", "reason", "calls"),
    [
        pytest.param(StatusError(401, "bad key hush-hush-key"), Reason.AUTH, 1, id="key"),
        pytest.param(StatusError(500), Reason.SERVER_ERROR, 2, id="server"),
        pytest.param(StatusError(429), Reason.RATE_LIMITED, 2, id="limited"),
        pytest.param(StatusError(404), Reason.UNKNOWN_MODEL, 1, id="no-such-model"),
        pytest.param(APITimeoutError("slow"), Reason.TIMEOUT, 2, id="timeout"),
        pytest.param(ReadTimeout("slow"), Reason.TIMEOUT, 2, id="another-timeout"),
        pytest.param(ConnectionError("gone"), Reason.CONNECTION, 2, id="connection"),
        pytest.param(
            RuntimeError("oops hush-hush-key via hush-proxy-word"),
            Reason.BUG,
            1,
            id="a-bug-of-its-own",
        ),
    ],
)
def test_a_chat_models_failure_is_an_abstention(
    fault: Exception, reason: Reason, calls: int
) -> None:
    """Retried by the gateway where that may help, and never a word of its key."""
    clerk = Clerk(
        fault=fault,
        api_key=SecretStr("hush-hush-key"),
        proxy_password=SecretStr("hush-proxy-word"),
    )
    panel = chat_panel([seat(clerk, retries=1), Scripted("b", 5), Scripted("c", 5)], rubric=RUBRIC)
    verdict = panel.judge(CASE)
    assert verdict.score == 1.0
    (ballot,) = [b for b in verdict.transcript.ballots if b.seat == "clerk-1"]
    assert ballot.abstention is not None
    assert ballot.abstention.reason is reason
    assert "hush" not in ballot.abstention.detail
    assert len(clerk.asked) == calls


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        pytest.param({"finish_reason": "stop"}, "stop", id="openai"),
        pytest.param({"stop_reason": "max_tokens"}, "length", id="anthropic-cut-off"),
        pytest.param({"finish_reason": "MAX_TOKENS"}, "length", id="google-cut-off"),
        pytest.param({"finish_reason": "SAFETY"}, "content_filter", id="google-filtered"),
        pytest.param({}, None, id="not-told"),
    ],
)
def test_how_a_reply_ended_is_told_in_one_language(
    said: dict[str, str], finish: str | None
) -> None:
    assert _read(AIMessage("4", response_metadata=said)).finish == finish


def test_sampling_is_sent_only_where_set() -> None:
    plain, warm = Clerk(), Clerk(model="clerk-2")
    warmed = seat(warm, sampling={"temperature": 0.5})
    chat_panel([plain, warmed], rubric=RUBRIC).judge(CASE)
    assert plain.told == [{}]
    assert warm.told == [{"temperature": 0.5}]


def test_a_critic_may_be_a_chat_model() -> None:
    critic = Clerk(model="critic")
    panel = chat_panel(
        [Scripted("a", 1), Scripted("b", 5), Scripted("c", 5)], rubric=RUBRIC, critic=critic
    )
    panel.judge(CASE)
    assert panel.spec.critic is not None
    assert panel.spec.critic.model == model_name(critic)
    assert critic.asked


def test_a_models_name_tells_its_settings_apart_and_never_its_key() -> None:
    assert model_name(Clerk()) == model_name(Clerk(api_key=SecretStr("another-key")))
    assert model_name(Clerk()) != model_name(Clerk(score=5))
    assert model_name(Clerk()).startswith("langchain/Clerk/clerk-1#")


def test_a_model_that_retries_by_itself_is_told() -> None:
    class Stubborn(Clerk):
        max_retries: int | None = 2

    with pytest.warns(UserWarning, match=r"retries by itself \(`max_retries` is 2\)"):
        seat(Stubborn())


def test_a_seat_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="JudgeSpec: `weight` must be above 0"):
        seat(Clerk(), weight=-1)


def test_a_model_that_was_not_given_is_told() -> None:
    """A description that travelled without its chat model."""
    panel = chat_panel([seat(Clerk()).spec, Clerk(score=5)], rubric=RUBRIC)
    (ballot, _) = panel.judge(CASE).transcript.ballots
    assert ballot.abstention is not None
    assert ballot.abstention.reason is Reason.UNKNOWN_MODEL
    assert "was not given to this panel" in ballot.abstention.detail
