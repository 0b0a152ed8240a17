"""The front door: a panel in Python, sync and async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dikast import describing, prompts
from dikast.agents.contract import Critic, Judge
from dikast.agents.embedded._panel import embedded_panel
from dikast.config import dump_panel, load_calibration, load_cascade, load_panel
from dikast.errors import ConfigError
from dikast.graphs.court import needs_models
from dikast.graphs.nodes import run_sync
from dikast.graphs.observed import heard
from dikast.graphs.runner import WORKERS, run_cases
from dikast.graphs.state import Court
from dikast.media import Images
from dikast.records.cases import case_from_row
from dikast.types import (
    Calibration,
    CascadeSpec,
    Case,
    Comparison,
    Gateway,
    JudgeSpec,
    ModelSpec,
    PanelSpec,
    ProtocolSpec,
    RagOptions,
    RagVerdict,
    RankingResult,
    RankOptions,
    Rubric,
    RuleSpec,
    Verdict,
)

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    from dikast.graphs.estimate import Estimate

_RANKING = frozenset(RankOptions.model_fields)

CaseLike = Case | Mapping[str, Any]
"""A case, or a row with the fields of a case (`question`, `response`, `contexts`, …)."""


class Panel:
    """A panel of judges with a rubric, a rule and a protocol.

    Takes whatever a `panel.toml` may say, under the same names, and objects besides.

    Args:
        judges: Model names as litellm takes them, `embedded/NAME`, descriptions (`JudgeSpec`, or a
            mapping of its fields), or objects of your own that can vote
            (`dikast.agents.contract.Judge`).
        rubric: Name of a pack, path of a rubric file, or a rubric.
        rule: Name of the rule, or a description with parameters.
        critic: Who writes critiques: a model name, `embedded/critic`, a description or an object;
            None for no critic.
        detector: Model (a name or a description) of the reasoning bias detector; None for none.
        screens: Names of the free detectors; None for all (`dikast list detectors`), `()` for none.
        splitter: Model that splits answers into claims for `rag`, or `embedded/clauses`; None for
            the critic's, else the first judge's by name.
        reserves: Judges that stand in for one that fails and names them (`JudgeSpec.reserve`).
        escalation: The stronger judge that is asked on low confidence, with
            `on_low_confidence="escalate"`.
        quorum: Votes needed per criterion; None for a majority of the seats.
        calibration: What `dikast calibrate` fitted on labels, or the path of its file.
        cascade: What `dikast cascade` found, or the path of its file; with `seating="cascade"`.
        share_identical: Whether identical requests from different places may share one answer.
        remote_images: Whether images may be addresses, which the provider fetches.
        name: The panel's name.
        gateway: A gateway to share with other panels; None for one of its own.
        images: Folder that image paths of cases are relative to and must lie in; None for the
            working directory.
        protocol: How the panel proceeds; None for the defaults.
        **fields: Fields of `ProtocolSpec`, such as `seating="sequential"`; they replace those of
            `protocol`.

    Raises:
        ConfigError: Something named does not exist or does not fit; an unknown name is told with
            the nearest one there is.

    Examples:
        >>> panel = Panel.embedded()
        >>> verdict = panel.judge(question="Where is the Louvre?", response="In Paris.",
        ...                       contexts=["The Louvre is a museum in Paris."])
        >>> verdict.status
        'decided'

        Two cheap judges, a reserve for one of them, and a strong one where they are unsure:

        >>> Panel(
        ...     [{"name": "ann", "model": "openai/gpt-4o-mini", "reserve": "rex"}, "ollama/llama3"],
        ...     reserves=[{"name": "rex", "model": "mistral/mistral-small"}],
        ...     escalation="openai/gpt-4o", on_low_confidence="escalate",
        ...     detector="openai/gpt-4o", screens=["injection"],
        ... ).spec.escalation.name
        'gpt-4o'
        >>> Panel(["openai/gpt-4o"], quorom=1)
        Traceback (most recent call last):
        ...
        dikast.errors.ConfigError: a panel has no `quorom`. Did you mean `quorum`?
    """

    def __init__(
        self,
        judges: Sequence[str | Mapping[str, Any] | JudgeSpec | Judge],
        *,
        rubric: str | Path | Rubric = "helpfulness",
        rule: str | Mapping[str, Any] | RuleSpec = "median",
        critic: str | Mapping[str, Any] | ModelSpec | Critic | None = None,
        detector: str | Mapping[str, Any] | ModelSpec | None = None,
        screens: Sequence[str] | None = None,
        splitter: str | Mapping[str, Any] | ModelSpec | None = None,
        reserves: Sequence[str | Mapping[str, Any] | JudgeSpec] = (),
        escalation: str | Mapping[str, Any] | JudgeSpec | None = None,
        quorum: int | None = None,
        calibration: str | Path | Calibration | None = None,
        cascade: str | Path | CascadeSpec | None = None,
        share_identical: bool = False,
        remote_images: bool = False,
        name: str = "panel",
        gateway: Gateway | None = None,
        images: str | Path | None = None,
        protocol: ProtocolSpec | Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        seats = describing.seats("judges", judges)
        own_critic = describing.own(critic)
        spec = describing.panel(
            name=name,
            judges=tuple(describing.distinct(seats)),
            reserves=describing.seats("reserves", reserves),
            rubric=_rubric(rubric),
            rule=describing.rule(rule),
            critic=None if own_critic is not None else describing.model("critic", critic),
            detector=describing.model("detector", detector),
            splitter=describing.model("splitter", splitter),
            escalation=describing.seat("escalation", escalation),
            screens=screens,
            quorum=quorum,
            calibration=load_calibration(calibration)
            if isinstance(calibration, str | Path)
            else calibration,
            cascade=load_cascade(cascade) if isinstance(cascade, str | Path) else cascade,
            share_identical=share_identical,
            remote_images=remote_images,
            protocol=describing.protocol(protocol, fields),
        )
        objects = {
            spec.judges[i].name: judge
            for i, judge in enumerate(judges)
            if not isinstance(judge, str | Mapping | JudgeSpec)
        }
        self._set(spec, gateway=gateway, judges=objects, critic=own_critic, images=images)

    def _set(
        self,
        spec: PanelSpec,
        *,
        gateway: Gateway | None = None,
        judges: Mapping[str, Judge] | None = None,
        critic: Critic | None = None,
        images: str | Path | None = None,
    ) -> None:
        self.spec = spec
        self._gateway, self._judges, self._critic = gateway, judges or {}, critic
        self._images = Images(Path(images or "."), remote=spec.remote_images)

    @property
    def _court(self) -> Court:
        # A gateway of the caller's loads images as the caller told it to.
        return Court(self._gateway, None if self._gateway is not None else self._images)

    @classmethod
    def from_spec(
        cls,
        spec: PanelSpec,
        *,
        gateway: Gateway | None = None,
        images: str | Path | None = None,
    ) -> Self:
        """A panel from its plain description."""
        panel = cls.__new__(cls)
        panel._set(spec, gateway=gateway, images=images)  # noqa: SLF001 - our own object under construction
        return panel

    @classmethod
    def load(cls, path: str | Path, *, gateway: Gateway | None = None) -> Self:
        """A panel from a `panel.toml`.

        Raises:
            ConfigError: The file is wrong; file, key and remedy are named.
        """
        return cls.from_spec(load_panel(path), gateway=gateway)

    @classmethod
    def embedded(cls, rubric: str | Path | Rubric | None = None) -> Self:
        """The embedded panel: rule-backed baseline judges that need no model, network or key."""
        return cls.from_spec(embedded_panel(None if rubric is None else _rubric(rubric)))

    @staticmethod
    def with_rubric(spec: PanelSpec, rubric: str | Path | Rubric) -> PanelSpec:
        """A panel's description with another rubric.

        Raises:
            ConfigError: There is no such rubric, or the panel's calibration was fitted on another.
        """
        return describing.panel(**{**dict(spec), "rubric": _rubric(rubric)})

    def to_toml(self) -> str:
        """The panel as a `panel.toml`; `Panel.load` reads it back."""
        return dump_panel(self.spec)

    @cached_property
    def graph(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The compiled deliberation graph: a LangChain Runnable from `case` to `verdict`."""
        from dikast.graphs.deliberation import deliberation_graph

        return deliberation_graph(self.spec, judges=self._judges, critic=self._critic)

    async def _hear(self, graph: Any, case: Case) -> Any:
        given = {"case": case}
        return await heard(graph, given, case, court=self._court, panel=self.spec.name)

    async def ajudge(self, case: CaseLike | None = None, **fields: Any) -> Verdict:
        """Judge one response.

        Args:
            case: A case or a row; or give its fields as keywords.
            **fields: `question`, `response`, `contexts`, `reference`, `messages`, `metadata`, …
                An `id` is optional here.

        Raises:
            InputError: The case cannot be read, or does not fit the rubric.
            RunStopped: A shared gateway's budget is spent.
        """
        result = await self._hear(self.graph, _case(case, fields))
        verdict = result["verdict"]
        assert isinstance(verdict, Verdict)
        return verdict

    def judge(self, case: CaseLike | None = None, **fields: Any) -> Verdict:
        """`ajudge` for sync code; works inside a running event loop too, which it then blocks."""
        return run_sync(self.ajudge(case, **fields))

    @cached_property
    def _pairs(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        from dikast.graphs.pairwise import pairwise_graph

        return pairwise_graph(self.spec, judges=self._judges, critic=self._critic)

    async def acompare(self, case: CaseLike | None = None, **fields: Any) -> Comparison:
        """Compare the two candidates of a case, in both presentation orders for every judge.

        Args:
            case: A case or a row with two candidates; or give its fields as keywords.
            **fields: `question`, `candidates`, `contexts`, …

        Raises:
            ConfigError: The panel's rubric scores one response.
            InputError: The case cannot be read, or has another number of candidates.
            RunStopped: A shared gateway's budget is spent.

        Examples:
            >>> panel = Panel.embedded("preference")
            >>> panel.compare(question="Where is the Louvre?", candidates=["In Paris.", "In Rome."],
            ...               contexts=["The Louvre is a museum in Paris."]).winner
            '1'
        """
        result = await self._hear(self._pairs, _case(case, fields))
        comparison = result["comparison"]
        assert isinstance(comparison, Comparison)
        return comparison

    def compare(self, case: CaseLike | None = None, **fields: Any) -> Comparison:
        """`acompare` for sync code."""
        return run_sync(self.acompare(case, **fields))

    async def arank(
        self,
        case: CaseLike | None = None,
        *,
        options: RankOptions | None = None,
        **fields: Any,
    ) -> RankingResult:
        """Rank the 2 to 1,000 candidates of a case.

        Args:
            case: A case or a row; or give its fields as keywords.
            options: Schedule, budgets, model, seed.
            **fields: `question`, `candidates`, `contexts`, …; and fields of `RankOptions`
                (`schedule`, `pairs`, `rehear`, `model`, `batch`, `seed`) that replace those of
                `options`.

        Raises:
            ConfigError: The rubric scores one response, or there is no such schedule or model.
            InputError: The case cannot be read, or has too few or too many candidates.
            RunStopped: A shared gateway's budget is spent.
        """
        from dikast.graphs.ranking import ranking_graph

        chosen = {name: fields.pop(name) for name in list(fields) if name in _RANKING}
        wanted = describing.options(RankOptions, {**dict(options or RankOptions()), **chosen})
        describing.no_slips(fields, RankOptions)
        graph = ranking_graph(self.spec, wanted, judges=self._judges, critic=self._critic)
        result = await self._hear(graph, _case(case, fields))
        ranking = result["ranking"]
        assert isinstance(ranking, RankingResult)
        return ranking

    def rank(
        self, case: CaseLike | None = None, *, options: RankOptions | None = None, **fields: Any
    ) -> RankingResult:
        """`arank` for sync code.

        Examples:
            >>> panel = Panel.embedded("preference")
            >>> panel.rank(question="Where is the Louvre?", candidates=["In Rome.", "In Paris."],
            ...            contexts=["The Louvre is a museum in Paris."]).groups
            (('2',), ('1',))
        """
        return run_sync(self.arank(case, options=options, **fields))

    async def abest_of(self, case: CaseLike | None = None, **fields: Any) -> RankingResult:
        """Find the best candidate only: n − 1 pairs of a knockout, none heard again.

        Args:
            case: As for `arank`.
            **fields: As for `arank`; `schedule` and `rehear` may ask for more.

        Returns:
            A ranking with `winner` (None if several share the first place), `margin`, and in
            `pairs_asked` and `usage` what it took.
        """
        return await self.arank(case, **{"schedule": "knockout", "rehear": 0, **fields})

    def best_of(self, case: CaseLike | None = None, **fields: Any) -> RankingResult:
        """`abest_of` for sync code."""
        return run_sync(self.abest_of(case, **fields))

    async def arag(
        self,
        case: CaseLike | None = None,
        *,
        options: RagOptions | None = None,
        **fields: Any,
    ) -> RagVerdict:
        """Evaluate one answer over passages, claim by claim; the panel's rubric says by what.

        Args:
            case: A case or a row; or give its fields as keywords.
            options: How claims are asked about.
            **fields: `question`, `response`, `contexts`, `reference`, …

        Raises:
            ConfigError: No judge of the panel can mark claims.
            InputError: The case cannot be read, or has several answers.
            RunStopped: A shared gateway's budget is spent.
        """
        from dikast.graphs.rag import rag_graph

        graph = rag_graph(self.spec, options, judges=self._judges, critic=self._critic)
        result = await self._hear(graph, _case(case, fields))
        found = result["rag"]
        assert isinstance(found, RagVerdict)
        return found

    def rag(
        self, case: CaseLike | None = None, *, options: RagOptions | None = None, **fields: Any
    ) -> RagVerdict:
        """`arag` for sync code.

        Examples:
            >>> found = Panel.embedded("rag").rag(
            ...     question="What is the Louvre?", response="The Louvre is a museum in Paris [1].",
            ...     contexts=["The Louvre is a museum in Paris."])
            >>> found.claims[0].mark, found.claims[0].citation
            ('supported', 'supported')
        """
        return run_sync(self.arag(case, options=options, **fields))

    @property
    def judges(self) -> Mapping[str, Judge]:
        """Judges of the caller's own that sit on the panel, by seat."""
        return self._judges

    @property
    def critic(self) -> Critic | None:
        """The caller's own critic; None if the description names one, or none."""
        return self._critic

    async def ajudge_many(
        self, cases: Iterable[CaseLike], *, workers: int = WORKERS
    ) -> AsyncGenerator[Verdict]:
        """Judge many responses; verdicts come as they are done, one per case.

        Cases are read as workers become free, so any generator will do. A case that meets a bug
        comes out as a failed verdict and costs no other case.

        Raises:
            RunStopped: The run had to end early.
        """
        stream = (_case(case, {}) for case in cases)
        court = self._court
        async for verdict in run_cases(self.graph, self.spec, stream, court=court, workers=workers):
            yield verdict

    def judge_many(self, cases: Iterable[CaseLike], *, workers: int = WORKERS) -> Iterator[Verdict]:
        """`ajudge_many` for sync code: an iterator over verdicts as they are done.

        Judging goes on in the background, some verdicts ahead, while the caller works.
        """
        verdicts = self.ajudge_many(cases, workers=workers)
        try:
            while (verdict := run_sync(_next(verdicts))) is not None:
                yield verdict
        finally:
            run_sync(_close(verdicts))

    def estimate(self, cases: Iterable[CaseLike]) -> Estimate:
        """Predict calls, tokens and cost of judging cases, without a call."""
        from dikast.graphs.estimate import estimate

        return run_sync(estimate(self.spec, (_case(case, {}) for case in cases)))

    @property
    def gateway(self) -> Gateway | None:
        """The gateway that was given to be shared; None where the panel makes its own."""
        return self._gateway

    @property
    def needs_models(self) -> bool:
        """Whether any role is played by a model, so that a call may cost money."""
        return needs_models(self.spec)

    def __getstate__(self) -> dict[str, Any]:
        # What other processes can do with: graphs and a gateway are made anew there.
        if self._gateway is not None:
            raise TypeError(
                "a panel with a gateway of yours stays in its process: make it anew in the other, "
                "with `Panel.from_spec(panel.spec)`."
            )
        return {
            "spec": self.spec,
            "judges": self._judges,
            "critic": self._critic,
            "images": self._images.root,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._set(**state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Tools copy their metrics: a copy shares the gateway, hence the budget, with the original.
        copy = type(self).__new__(type(self))
        copy.__dict__ |= self.__dict__
        return copy

    def __repr__(self) -> str:
        names = ", ".join(judge.name for judge in self.spec.judges)
        return f"Panel({names}; rubric {self.spec.rubric.id}, rule {self.spec.rule.name})"


async def _next(verdicts: AsyncGenerator[Verdict]) -> Verdict | None:
    return await anext(verdicts, None)


async def _close(verdicts: AsyncGenerator[Verdict]) -> None:
    await verdicts.aclose()


def _rubric(rubric: str | Path | Rubric) -> Rubric:
    """A rubric, a pack by its name, or a file by its path."""
    if isinstance(rubric, Rubric):
        return rubric
    if not isinstance(rubric, str | Path):
        raise ConfigError(
            f"`rubric` is of type {type(rubric).__name__}.",
            hint="Give the name of a pack, the path of a rubric file, or a `Rubric`.",
        )
    if isinstance(rubric, Path) or rubric.endswith(".toml"):
        return prompts.load_rubric(rubric)
    return prompts.rubric(rubric)


def _case(case: CaseLike | None, fields: Mapping[str, Any]) -> Case:
    """A case from a case, a row or keywords; an id is made up where none is given."""
    if isinstance(case, Case):
        return case
    row = {**(case or {}), **fields}
    row.setdefault("id", "case")
    return case_from_row(row, where="case")
