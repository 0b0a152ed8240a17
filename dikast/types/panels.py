"""The plain description of a panel: what graphs take, what panel.toml says."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from dikast.types.base import Described
from dikast.types.calibrations import Calibration
from dikast.types.cascades import CascadeSpec
from dikast.types.rubrics import Rubric

EMBEDDED = "embedded/"
"""Prefix of rule-backed judges and critics in `model`: `embedded/overlap`."""

IMPORTED = "imported/"
"""Prefix of judges in `model` whose ballots another tool recorded: nobody to be called."""


class Sampling(Described):
    """Parameters of a call; each is sent only when set, since many models refuse some."""

    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, gt=0)
    seed: int | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    extra: dict[str, JsonValue] = {}
    """Further parameters, passed to the provider as they are."""


class Price(Described):
    """US dollars per million tokens. A local model's price of 0 is stated, not assumed."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class ModelSpec(Described):
    """Where a model is and how it may be called."""

    model: str = Field(min_length=1)
    """As litellm names it (`openai/gpt-4o`, `ollama/llama3`), or `embedded/NAME`."""
    api_base: str | None = None
    """Address of a local server (vLLM, Ollama, llama.cpp, LM Studio); None: the provider's."""
    api_key_env: str | None = None
    """Environment variable that holds the key (never the key itself); None: litellm's own."""
    sampling: Sampling = Sampling()
    price: Price | None = None
    """None: litellm's price table; unknown there is unknown."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds on wall time from sending to the last byte, per attempt."""
    retries: int = Field(default=3, ge=0, le=20)
    max_concurrency: int = Field(default=16, ge=1)
    requests_per_minute: float | None = Field(default=None, gt=0)
    structured: Literal["schema", "json_object", "none"] = "schema"
    """What is asked of the provider: a JSON schema, a JSON object, or nothing."""
    vision: bool | None = None
    """Whether it can see images; None asks litellm's table."""
    context_window: int | None = Field(default=None, ge=1_000)
    """Tokens that it can read at once; None asks litellm's table. Used where passages are long."""
    family: str | None = None
    """Who made it; None derives it from the name."""

    @property
    def embedded(self) -> str | None:
        """Name of the rule-backed judge or critic; None for a model."""
        return self.model.removeprefix(EMBEDDED) if self.model.startswith(EMBEDDED) else None


class JudgeSpec(ModelSpec):
    """One seat of the panel."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
    persona: str | None = None
    """Who the judge is told to be; None for a plain judge."""
    personas: tuple[str, ...] = ()
    """One persona per sample, in turn, in place of `persona`: simulated annotators, for example
    each with verdicts of another person to go by. Needs as many `samples`, or more."""
    format: str = "structured"
    weight: float = Field(default=1.0, gt=0)
    samples: int = Field(default=1, ge=1, le=64)
    reserve: str | None = None
    """Name of the reserve that stands in when this judge fails; None for nobody."""

    @model_validator(mode="after")
    def _one_kind_of_persona(self) -> Self:
        if self.personas and self.persona is not None:
            raise ValueError("`personas` and `persona` exclude each other")
        if len(self.personas) > self.samples:
            raise ValueError(
                f"`personas` are {len(self.personas)}, and `samples` are {self.samples}: "
                "some would never be asked"
            )
        return self

    def persona_of(self, sample: int) -> str | None:
        """Who the judge is told to be in a sample."""
        return self.personas[sample % len(self.personas)] if self.personas else self.persona


class RuleSpec(Described):
    """The rule that turns standing votes into a decision."""

    name: str = "median"
    params: dict[str, JsonValue] = {}


class ProtocolSpec(Described):
    """How the panel proceeds (design: "Settled terms of the protocol")."""

    seating: Literal["all", "sequential", "cascade"] = "all"
    """`sequential` asks two judges, and the others one by one only while the vote is open.
    `cascade` asks the stages of the panel's cascade one by one until one is confident enough; it
    does not deliberate."""
    criteria: Literal["separate", "together"] = "separate"
    deliberate: Literal["contested", "never"] = "contested"
    max_rounds: int = Field(default=2, ge=0, le=2)
    tolerance: float = Field(default=0.25, ge=0, le=1)
    """Votes within this share of the scale agree."""
    low_confidence: float = Field(default=0.6, ge=0, le=1)
    """Confidence below this is low."""
    on_low_confidence: Literal["abstain", "keep", "escalate", "adjudicate"] = "abstain"
    fold: Literal["strict", "lenient"] = "strict"
    reasks: int = Field(default=1, ge=0, le=3)
    case_deadline: float = Field(default=900.0, gt=0)
    """Seconds on wall time for one case."""
    self_answer: bool = False
    """Whether each judge that is a model answers the question itself first, so that its agreement
    with labels can be told apart for what it knows and what it does not."""


class PanelSpec(Described):
    """Judges, rubric, rule, quorum and protocol."""

    name: str = Field(default="panel", min_length=1, max_length=100)
    judges: tuple[JudgeSpec, ...] = Field(min_length=1)
    reserves: tuple[JudgeSpec, ...] = ()
    rubric: Rubric
    rule: RuleSpec = RuleSpec()
    quorum: int | None = Field(default=None, ge=1)
    """Votes needed per criterion; None for a majority of the seats. In a cascade a majority of a
    stage's own seats is needed, and this must be None."""
    cascade: CascadeSpec | None = None
    """Stages and thresholds, used where `protocol.seating` is `cascade`."""
    protocol: ProtocolSpec = ProtocolSpec()
    critic: ModelSpec | None = None
    """Who writes critiques; None for none: challenged judges then see findings and arguments."""
    screens: tuple[str, ...] | None = None
    """Names of the free detectors; None for all that are registered."""
    detector: ModelSpec | None = None
    """The reasoning bias detector; None for none."""
    splitter: ModelSpec | None = None
    """Who splits answers into claims for `rag`; None for the critic's model, else the first judge's
    by name; `embedded/clauses` splits by rule."""
    escalation: JudgeSpec | None = None
    """The stronger judge for low confidence; None for none."""
    calibration: Calibration | None = None
    """Weights, confidence and intervals fitted on labels; they go before rule and weights."""
    share_identical: bool = False
    """Whether identical requests from different places may share one answer."""
    remote_images: bool = False
    """Whether images may be addresses: they are passed on, and the provider fetches them."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [j.name for j in (*self.judges, *self.reserves, *filter(None, [self.escalation]))]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two judges are named `{twice[0]}`; names must differ")
        if self.quorum is not None and self.quorum > len(self.judges):
            raise ValueError(
                f"`quorum` is {self.quorum}, above the number of judges ({len(self.judges)})"
            )
        reserves = {judge.name for judge in self.reserves}
        for judge in self.judges:
            if judge.reserve is not None and judge.reserve not in reserves:
                raise ValueError(
                    f"judge `{judge.name}` names the reserve `{judge.reserve}`, "
                    "which is not among `reserves`"
                )
        if self.protocol.on_low_confidence == "escalate" and self.escalation is None:
            raise ValueError(
                "`on_low_confidence` is `escalate`, and there is no `escalation` judge"
            )
        return self

    @model_validator(mode="after")
    def _cascade_fits(self) -> Self:
        if self.protocol.seating != "cascade":
            return self
        if self.cascade is None:
            raise ValueError("`seating` is `cascade`, and there is no `cascade`")
        names = {judge.name for judge in self.judges}
        for at, stage in enumerate(self.cascade.stages, 1):
            for seat in stage.seats:
                if seat not in names:
                    raise ValueError(
                        f"`cascade` names `{seat}` in stage {at}, which is not among the judges"
                    )
        if self.quorum is not None:
            raise ValueError("`quorum` must be left out of a cascade: each stage has its own")
        if self.protocol.on_low_confidence in {"keep", "escalate"}:
            raise ValueError(
                f"`on_low_confidence` is `{self.protocol.on_low_confidence}`, which a cascade "
                "cannot promise anything about; use `abstain` or `adjudicate`"
            )
        return self

    @model_validator(mode="after")
    def _calibration_fits(self) -> Self:
        if self.calibration is None:
            return self
        if self.protocol.seating == "cascade":
            raise ValueError(
                "`calibration` and a `seating` of `cascade` exclude each other: a calibration's "
                "weights would change what the stages decide, whose thresholds were found "
                "without them, and its confidence is that of the whole panel. To keep the "
                "cascade's promise leave `calibration` out; to have calibrated confidence take "
                "another `seating`, and `low_confidence` from what `dikast calibrate` proposes"
            )
        criteria = {criterion.id: criterion for criterion in self.rubric.criteria}
        for one in self.calibration.criteria:
            criterion = criteria.get(one.criterion)
            if criterion is None:
                raise ValueError(
                    f"`calibration` was fitted on criterion `{one.criterion}`, which is not in "
                    f"rubric `{self.rubric.id}`"
                )
            if criterion.scale != one.scale:
                raise ValueError(
                    f"`calibration` was fitted on another scale of criterion `{one.criterion}` "
                    f"({one.scale.describe()})"
                )
            for judge in self.judges if one.weights else ():
                if judge.name not in one.weights:
                    raise ValueError(
                        f"`calibration` knows no judge `{judge.name}` on criterion "
                        f"`{one.criterion}`; fit it again with all judges"
                    )
        return self

    @property
    def quorum_needed(self) -> int:
        """Votes needed per criterion: `quorum`, or a majority of the seats; 1 in a cascade."""
        if self.protocol.seating == "cascade":
            return 1
        return self.quorum if self.quorum is not None else len(self.judges) // 2 + 1
