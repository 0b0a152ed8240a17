"""LangChain and LangGraph: a panel as a Runnable and as a node; chat models as judges.

`panel.graph` is a compiled LangGraph graph already. What is here takes and gives plainer things:
`panel_runnable` goes from a row to a verdict, `panel_node` fits a panel into a graph with a state
of its own, `chat_panel` seats any LangChain chat model, and `string_evaluator` and
`string_pair_evaluator` are LangChain's older evaluators (package `langchain-classic`).

Callbacks, tags and metadata of the caller's config reach the panel's own graph, so a tracer shows
every step. Sync, async, batch and stream all work, also inside a running event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from dikast.adapters._anyloop import AnyLoopGateway
from dikast.adapters._chat_models import ChatModelTransport, model_name, warn_of_own_retries
from dikast.adapters._measures import case_of_row, require_scores
from dikast.agents.contract import Critic, Judge
from dikast.api import CaseLike, Panel
from dikast.errors import ConfigError, InputError
from dikast.graphs.court import CUSTOM
from dikast.graphs.pairwise import require_preferences
from dikast.models.budget import Budget
from dikast.models.gateway import ModelGateway
from dikast.models.journal import Journal
from dikast.models.wire import ModelFacts
from dikast.types import Case, Comparison, JudgeSpec, ModelSpec, RankingResult, Verdict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

Work = Literal["judge", "compare", "rank"]
Outcome = Verdict | Comparison | RankingResult

_GIVES: dict[Work, str] = {"judge": "verdict", "compare": "comparison", "rank": "ranking"}


def panel_runnable(panel: Panel, work: Work = "judge") -> Runnable[Any, Any]:
    """A panel as a LangChain Runnable, from a case or a row to what the panel says.

    Args:
        panel: The panel.
        work: `judge` gives a `Verdict` on one response, `compare` a `Comparison` of two,
            `rank` a `RankingResult`.

    Returns:
        A Runnable of one piece: `stream` yields the outcome once. For the steps as they are done
        use `panel.graph.stream`, or `astream_events` of this.

    Raises:
        ConfigError: The panel's rubric does not fit the work.

    Examples:
        >>> judge = panel_runnable(Panel.embedded())
        >>> row = {"question": "Where is the Louvre?", "answer": "In Paris.",
        ...        "context": ["The Louvre is a museum in Paris."]}
        >>> judge.invoke(row).status
        'decided'
    """
    from langchain_core.runnables import RunnableLambda

    if work not in _GIVES:
        raise ConfigError(f"a panel cannot `{work}`.", hint=f"It can {', '.join(_GIVES)}.")
    if work == "judge":
        require_scores(panel)
    else:
        require_preferences(panel.spec)
    sync: dict[Work, Callable[[Case], Any]] = {
        "judge": panel.judge,
        "compare": panel.compare,
        "rank": panel.rank,
    }
    waiting: dict[Work, Callable[[Case], Coroutine[Any, Any, Any]]] = {
        "judge": panel.ajudge,
        "compare": panel.acompare,
        "rank": panel.arank,
    }

    def invoke(row: Any) -> Any:
        return sync[work](_case(row))

    async def ainvoke(row: Any) -> Any:
        return await waiting[work](_case(row))

    return RunnableLambda(invoke, ainvoke, name=f"dikast_{work}")


def panel_node(
    panel: Panel,
    *,
    case_of: Callable[[Any], CaseLike] | None = None,
    update_of: Callable[[Any], Mapping[str, Any]] | None = None,
    work: Work = "judge",
) -> Runnable[Any, Any]:
    """A panel as a node of a LangGraph graph whose state is its own.

    Args:
        panel: The panel.
        case_of: What is to be judged, from the graph's state; None takes the state's `case`.
        update_of: The update of the state, from what the panel says; None writes it as `verdict`
            (`comparison`, `ranking`).
        work: As for `panel_runnable`.

    Examples:
        >>> node = panel_node(
        ...     Panel.embedded(),
        ...     case_of=lambda state: {"response": state["draft"], "contexts": state["found"]},
        ...     update_of=lambda verdict: {"supported": verdict.score},
        ... )
        >>> node.invoke({"draft": "In Paris.", "found": ["The Louvre is in Paris."]})
        {'supported': 1.0}
    """
    from langchain_core.runnables import RunnableLambda

    runnable = panel_runnable(panel, work)
    written = _GIVES[work]

    def update(outcome: Outcome) -> dict[str, Any]:
        return {written: outcome} if update_of is None else dict(update_of(outcome))

    read = RunnableLambda(case_of or _case_in, name="case_of")
    return (read | runnable | RunnableLambda(update, name="update_of")).with_config(
        run_name=f"dikast_{work}"
    )


class ChatSeat(NamedTuple):
    """A chat model and the seat it takes; made by `seat`."""

    model: BaseChatModel
    spec: JudgeSpec


def seat(model: BaseChatModel, **fields: Any) -> ChatSeat:
    """A seat for a LangChain chat model.

    Args:
        model: The chat model. Set its temperature and the like where it is made, and make it with
            `max_retries=0`: dikast's gateway retries, and sees no retry of the model's own.
        **fields: Fields of `JudgeSpec`: `name`, `persona`, `format`, `weight`, `price`, …
            `structured` is `none` unless you say `schema`, which asks by the model's own
            `with_structured_output`.

    Raises:
        ConfigError: A field is wrong.
    """
    called = model_name(model)
    short = called.partition("#")[0].rpartition("/")[2]
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in short)
    described = {"name": plain[:60].strip("._-") or "chat", "structured": "none", **fields}
    spec = JudgeSpec(model=called, **described)
    warn_of_own_retries(model)
    return ChatSeat(model, spec)


def chat_panel(
    judges: Sequence[BaseChatModel | ChatSeat | str | JudgeSpec | Judge],
    *,
    critic: BaseChatModel | str | ModelSpec | Critic | None = None,
    journal: Journal | None = None,
    budget: str | None = None,
    **options: Any,
) -> Panel:
    """A panel on which LangChain chat models sit, beside judges of any other kind.

    The models are asked through dikast's gateway, as all others are: every paid answer is
    journalled before it is used, a budget holds, calls are paced, retried, bounded by a deadline
    and redacted. What does not apply: retries, caches and rate limiters inside a chat model are
    its own, unseen and uncounted; the size of an answer is bounded by the deadline alone; prices
    are not looked up (give `price` to `seat` for a budget in money).

    Args:
        judges: Chat models, seats (`seat(model, persona=…)`), and whatever `Panel` takes.
        critic: Who writes critiques; a chat model too.
        journal: Where paid answers are kept; None keeps them for this process.
        budget: `5usd`, `500calls` or `2Mtok` for all that this panel does.
        **options: As for `Panel`: `rubric`, `rule`, `quorum`, `name`, fields of the protocol.

    Raises:
        ConfigError: The panel cannot be, the budget cannot be read, or it is one of money and a
            chat model has no price.
    """
    models: dict[str, BaseChatModel] = {}
    seats = [_seated(judge, models) for judge in judges]
    presiding = _seated(critic, models) if critic is not None else None
    if isinstance(presiding, JudgeSpec) and not isinstance(critic, JudgeSpec):
        fields = ModelSpec.model_fields
        presiding = ModelSpec(**{n: v for n, v in dict(presiding).items() if n in fields})
    limit = None if budget is None else Budget.parse(budget)
    if limit is not None:
        roles = [role for role in (*seats, presiding) if getattr(role, "model", None) in models]
        limit.require_prices([(role, ModelFacts(price=role.price)) for role in roles])
    transport = ChatModelTransport(models, _other([*seats, presiding]))
    gateway = AnyLoopGateway(ModelGateway(journal, transport=transport, budget=limit))
    return Panel(seats, critic=presiding, gateway=gateway, **options)


def string_evaluator(panel: Panel, metric: str | None = None) -> Any:
    """A panel as LangChain's older `StringEvaluator` (package `langchain-classic`).

    Args:
        panel: A panel that scores one response.
        metric: A criterion of its rubric; None for the verdict as a whole.

    Returns:
        An evaluator whose `evaluate_strings(prediction=…, input=…, reference=…)` and
        `aevaluate_strings` give `{"score", "value", "reasoning", "metadata"}`; `score` and `value`
        are None where the panel does not decide. Further keywords (`context=…`) are fields of the
        case; `callbacks`, `tags` and `metadata` go to the run.

    Raises:
        ConfigError: The panel compares two responses, or there is no such metric.
        ImportError: `langchain-classic` is absent.
    """
    from dikast.adapters._string_evaluators import PanelStringEvaluator

    return PanelStringEvaluator(panel, metric)


def string_pair_evaluator(panel: Panel) -> Any:
    """A panel as LangChain's older `PairwiseStringEvaluator` (package `langchain-classic`).

    Returns:
        An evaluator whose `evaluate_string_pairs(prediction=…, prediction_b=…)` gives
        `{"score", "value", "reasoning", "metadata"}`: 1 and `A` where `prediction` is better, 0 and
        `B` where `prediction_b` is, 0.5 and None for a tie, None twice for no decision.

    Raises:
        ConfigError: The panel scores one response.
        ImportError: `langchain-classic` is absent.
    """
    from dikast.adapters._string_evaluators import PanelPairEvaluator

    return PanelPairEvaluator(panel)


def _case(row: Any) -> Case:
    if isinstance(row, Case):
        return row
    if not isinstance(row, Mapping):
        raise InputError(
            f"a panel takes a case or a row, and was given a {type(row).__name__}.",
            hint='Pass {"question": …, "response": …, "contexts": […]}.',
        )
    return case_of_row(row)


def _case_in(state: Any) -> Any:
    found = state.get("case") if isinstance(state, Mapping) else getattr(state, "case", None)
    if found is None:
        there = ", ".join(f"`{n}`" for n in state) if isinstance(state, Mapping) else "no such key"
        raise InputError(
            f"the state has no `case`; it has {there or 'nothing'}.",
            hint="Say what is to be judged with case_of=lambda state: …",
        )
    return found


def _seated(judge: Any, models: dict[str, BaseChatModel]) -> Any:
    """A chat model as the seat it takes, noted among the models; anything else as it is."""
    if isinstance(judge, ChatSeat):
        models[judge.spec.model] = judge.model
        return judge.spec
    from langchain_core.language_models import BaseChatModel

    return _seated(seat(judge), models) if isinstance(judge, BaseChatModel) else judge


def _other(roles: Sequence[Any]) -> Any:
    """Litellm's transport, if any role is played by a model that is no chat model here."""
    from dikast.adapters._chat_models import PREFIX

    for role in roles:
        name = role if isinstance(role, str) else getattr(role, "model", None)
        if isinstance(name, str) and not name.startswith((PREFIX, CUSTOM, "embedded/")):
            from dikast.models.transport import LitellmTransport

            return LitellmTransport()
    return None
