"""The front door: a panel in Python, sync and async."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dikast import prompts
from dikast.agents.contract import Critic, Judge
from dikast.agents.embedded._panel import embedded_panel
from dikast.config import dump_panel, load_calibration, load_panel
from dikast.errors import ConfigError
from dikast.graphs.court import CUSTOM, needs_models
from dikast.graphs.nodes import run_sync
from dikast.graphs.observed import heard
from dikast.graphs.runner import WORKERS, run_cases
from dikast.graphs.state import Court
from dikast.media import Images
from dikast.records.cases import case_from_row
from dikast.types import (
    Calibration,
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

    Args:
        judges: Model names as litellm takes them, `embedded/NAME`, descriptions, or objects of
            your own that can vote (`dikast.agents.contract.Judge`).
        rubric: Name of a pack, path of a rubric file, or a rubric.
        rule: Name of the rule, or a description with parameters.
        critic: Model name, `embedded/critic`, a description or an object; None for no critic.
        quorum: Votes needed per criterion; None for a majority of the seats.
        name: The panel's name.
        gateway: A gateway to share with other panels; None for one of its own.
        images: Folder that image paths of cases are relative to and must lie in; None for the
            working directory.
        calibration: What `dikast calibrate` fitted on labels, or the path of its file.
        protocol: Fields of `ProtocolSpec`, such as `seating="sequential"`.

    Raises:
        ConfigError: Something named does not exist or does not fit.

    Examples:
        >>> panel = Panel.embedded()
        >>> verdict = panel.judge(question="Where is the Louvre?", response="In Paris.",
        ...                       contexts=["The Louvre is a museum in Paris."])
        >>> verdict.status
        'decided'
    """

    def __init__(
        self,
        judges: Sequence[str | JudgeSpec | Judge],
        *,
        rubric: str | Path | Rubric = "helpfulness",
        rule: str | RuleSpec = "median",
        critic: str | ModelSpec | Critic | None = None,
        quorum: int | None = None,
        name: str = "panel",
        gateway: Gateway | None = None,
        images: str | Path | None = None,
        calibration: str | Path | Calibration | None = None,
        **protocol: Any,
    ) -> None:
        described = [_describe(judge) for judge in judges]
        own_critic = None if critic is None or isinstance(critic, str | ModelSpec) else critic
        try:
            spec = PanelSpec(
                name=name,
                judges=tuple(_distinct(described)),
                rubric=_rubric(rubric),
                rule=RuleSpec(name=rule) if isinstance(rule, str) else rule,
                quorum=quorum,
                critic=ModelSpec(model=critic) if isinstance(critic, str) else _spec(critic),
                protocol=ProtocolSpec(**protocol),
                calibration=load_calibration(calibration)
                if isinstance(calibration, str | Path)
                else calibration,
            )
        except ValueError as error:
            raise ConfigError(f"this panel cannot be: {error}") from None
        objects = {
            spec.judges[i].name: judge
            for i, judge in enumerate(judges)
            if not isinstance(judge, str | JudgeSpec)
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
        try:
            return PanelSpec.model_validate({**dict(spec), "rubric": _rubric(rubric)})
        except ValueError as error:
            raise ConfigError(f"this panel cannot be: {error}") from None

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
        try:
            wanted = RankOptions.model_validate({**dict(options or RankOptions()), **chosen})
        except ValueError as error:
            raise ConfigError(f"candidates cannot be ranked so: {error}") from None
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

    def __repr__(self) -> str:
        names = ", ".join(judge.name for judge in self.spec.judges)
        return f"Panel({names}; rubric {self.spec.rubric.id}, rule {self.spec.rule.name})"


async def _next(verdicts: AsyncGenerator[Verdict]) -> Verdict | None:
    return await anext(verdicts, None)


async def _close(verdicts: AsyncGenerator[Verdict]) -> None:
    await verdicts.aclose()


def _describe(judge: str | JudgeSpec | Judge) -> JudgeSpec:
    if isinstance(judge, JudgeSpec):
        return judge
    if isinstance(judge, str):
        name = judge.rpartition("/")[2] or judge
        return JudgeSpec(name=re.sub(r"[^A-Za-z0-9._ -]", "-", name)[:60], model=judge)
    return JudgeSpec(name=judge.name, model=CUSTOM + type(judge).__name__)


def _distinct(judges: Sequence[JudgeSpec]) -> Iterator[JudgeSpec]:
    """Number the seats of a model that is named twice, so that each has a name of its own."""
    taken: set[str] = set()
    for judge in judges:
        name, number = judge.name, 1
        while name in taken:
            number += 1
            name = f"{judge.name}-{number}"
        taken.add(name)
        yield judge if name == judge.name else judge.model_copy(update={"name": name})


def _rubric(rubric: str | Path | Rubric) -> Rubric:
    """A rubric, a pack by its name, or a file by its path."""
    if isinstance(rubric, Rubric):
        return rubric
    if isinstance(rubric, Path) or rubric.endswith(".toml"):
        return prompts.load_rubric(rubric)
    return prompts.rubric(rubric)


def _spec(critic: ModelSpec | Critic | None) -> ModelSpec | None:
    return critic if isinstance(critic, ModelSpec) else None


def _case(case: CaseLike | None, fields: Mapping[str, Any]) -> Case:
    """A case from a case, a row or keywords; an id is made up where none is given."""
    if isinstance(case, Case):
        return case
    row = {**(case or {}), **fields}
    row.setdefault("id", "case")
    return case_from_row(row, where="case")
