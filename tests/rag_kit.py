"""A support answer over passages with planted faults, and judges scripted claim by claim."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from dikast import prompts
from dikast.types import (
    Candidate,
    Case,
    Context,
    JudgeSpec,
    ModelRequest,
    ModelSpec,
    PanelSpec,
    ProtocolSpec,
    Rubric,
)

WARRANTY = (
    "Warranty terms. The Halden 3 coffee grinder carries a warranty of 24 months from the date of "
    "purchase. The warranty covers the motor and the burrs. Damage by water is not covered."
)
RETURNS = (
    "Returns. Unused goods may be sent back within 30 days. The buyer pays the postage. Refunds "
    "are made to the card that was charged."
)
CARE = "Care. Brush the burrs once a week. Never rinse the grinder under a tap."
PASSAGES = (
    Context(id="warranty", text=WARRANTY),
    Context(id="returns", text=RETURNS),
    Context(id="care", text=CARE),
)
QUESTION = "How long is the warranty of the Halden 3, what does it cover, and can I return it?"
RIGHT = "The Halden 3 grinder carries a warranty of 24 months from the date of purchase."
COVERS = "The warranty covers the motor and the burrs."
WRONG = "Unused goods may be sent back within 60 days."
INVENTED = "The shop in Lund lends out a spare machine."
ANSWER = f"{RIGHT[:-1]} [1]. {COVERS[:-1]} [warranty]. {WRONG[:-1]} [2]. {INVENTED}"
REFUSAL = "The passages do not say whether the Halden 3 grinds for espresso."


def case(answer: str = ANSWER, case_id: str = "halden", **fields: Any) -> Case:
    """The planted case, or another answer to its question."""
    given = {"question": QUESTION, "contexts": PASSAGES, **fields}
    return Case(id=case_id, candidates=(Candidate(id="response", text=answer),), **given)


def refusal() -> Case:
    """A question that the passages cannot answer, rightly declined."""
    return case(REFUSAL, "espresso", question="Which espresso pressure suits the Lindqvist kettle?")


class Saying(NamedTuple):
    """What a scripted judge says of a claim."""

    mark: str
    passage: int = 0
    quote: str = ""


USUAL: dict[str, Saying] = {
    RIGHT: Saying("supported", 1, "a warranty of 24 months from the date of purchase"),
    COVERS: Saying("supported", 1, "covers the  MOTOR and the burrs"),
    WRONG: Saying("contradicted", 2, "may be sent back within 30 days"),
    INVENTED: Saying("absent"),
}
SCORES: dict[str, Any] = {
    "attempted": "yes",
    "answer_relevance": 4,
    "refusal_validity": "yes",
    "completeness": 4,
    "conciseness": "lean",
}

_CLAIM = re.compile(r"<<<claim (\d+) (\S+)>>>\n(?:\[([^\]]*)\]\n)?(.*?)\n<<<end claim", re.DOTALL)
_PASSAGE = re.compile(
    r"<<<passage (\d+) (\S+)>>>\n(?:\[([^\]]*)\]\n)?(.*?)\n<<<end passage", re.DOTALL
)


def claims_in(prompt: str) -> dict[int, str]:
    """Claims of a prompt by number."""
    return {int(m[1]): m[4] for m in _CLAIM.finditer(prompt)}


def passages_in(prompt: str) -> dict[int, str]:
    """Passages of a prompt by number."""
    return {int(m[1]): m[4] for m in _PASSAGE.finditer(prompt)}


class Script:
    """Answers for splitter, claim judges, critic and criterion judges, as one function.

    Args:
        claims: Statements that the splitter finds, each also its quotation.
        by_seat: What a seat says of a claim, where it differs from `usual`.
        again: The same for a revision.
        usual: What every seat says of a claim.
        scores: What every seat votes on a criterion.
        points: The critic's points by claim: (claim's words, quotation).
        helps: Passages, by number, that help to answer.
    """

    def __init__(
        self,
        *,
        claims: tuple[str, ...] | None = None,
        by_seat: Mapping[tuple[str, str], Saying] | None = None,
        again: Mapping[tuple[str, str], Saying] | None = None,
        usual: Mapping[str, Saying] = USUAL,
        scores: Mapping[str, Any] = SCORES,
        points: Mapping[str, tuple[str, str]] | None = None,
        helps: tuple[int, ...] = (1, 2),
    ) -> None:
        self.claims = claims if claims is not None else tuple(usual)
        self.by_seat, self.again = by_seat or {}, again or {}
        self.usual, self.scores, self.points = usual, scores, points or {}
        self.helps = helps

    def __call__(self, request: ModelRequest, marker: str) -> str:
        place = request.place
        prompt = "\n".join(message.text(marker) for message in request.messages)
        return self.reply(place.role, place.seat, place.criterion, place.round, prompt, marker)

    def reply(
        self, role: str, seat: str, criterion: str, number: int, prompt: str, marker: str
    ) -> str:
        """The reply to one request."""
        if role == "splitter":
            found = [{"claim": c, "quote": c.rstrip(".")} for c in self.claims if c[:12] in prompt]
            return json.dumps({"marker": marker, "claims": found})
        if role == "critic":
            return json.dumps({"points": self._points(prompt)})
        if criterion.startswith("passages:"):
            numbers = passages_in(prompt)
            said = [{"passage": n, "helps": "yes" if n in self.helps else "no"} for n in numbers]
            return json.dumps({"marker": marker, "passages": said})
        claims = claims_in(prompt)
        if claims:
            entries = [self._entry(n, text, seat, number) for n, text in claims.items()]
            return json.dumps({"marker": marker, "claims": entries})
        return json.dumps(
            {
                "marker": marker,
                "reasoning": "so it is",
                "evidence": [],
                "score": self.scores[criterion],
            }
        )

    def _entry(self, number: int, text: str, seat: str, round_: int) -> dict[str, Any]:
        said = self.by_seat.get((seat, text), self.usual.get(text, Saying("absent")))
        if round_:
            said = self.again.get((seat, text), said)
        return {
            "claim": number,
            "reasoning": f"{seat or 'it'} looked",
            "mark": said.mark,
            "passage": said.passage,
            "quote": said.quote,
        }

    def _points(self, prompt: str) -> list[dict[str, Any]]:
        return [
            {"claim": why, "quote": quote, "source": "context", "challenges": []}
            for claim, (why, quote) in self.points.items()
            if f"\n{claim}\n<<<end response" in prompt
        ]


def panel(*names: str, rubric: str | Rubric = "rag", **fields: Any) -> PanelSpec:
    """A panel of scripted models."""
    chosen = prompts.rubric(rubric) if isinstance(rubric, str) else rubric
    protocol = ProtocolSpec(**fields.pop("protocol", {}))
    critic = fields.pop("critic", ModelSpec(model="openai/critic"))
    return PanelSpec(
        judges=tuple(JudgeSpec(name=name, model=f"openai/{name}") for name in names),
        rubric=chosen,
        protocol=protocol,
        critic=critic,
        screens=(),
        **fields,
    )


def responder(script: Script) -> Any:
    """The script as a responder of a loopback server: model names are seats, `critic` is itself."""

    def respond(request: Any) -> str:
        prompt, marker = request.prompt, request.marker or ""
        found = re.search(r"Criterion `(\w+)`", request.trusted)
        criterion = found[1] if found else ""
        role = "critic" if request.model == "critic" else "judge"
        if "You take a text apart" in prompt:
            role = "splitter"
        elif "whether passages that were found" in prompt:
            criterion = "passages:0"
        number = int("Look again at each claim" in prompt)
        return script.reply(role, request.model, criterion, number, prompt, marker)

    return respond


def panel_toml(base_url: str, *names: str, rubric: str = "rag", more: str = "") -> str:
    """A panel file over a loopback server."""
    seats = "".join(
        f'[[judges]]\nname = "{name}"\nmodel = "openai/{name}"\napi_base = "{base_url}"\n'
        "timeout = 20.0\nmax_concurrency = 1\nprice = { input = 1.0, output = 2.0 }\n"
        for name in names
    )
    critic = (
        f'[critic]\nmodel = "openai/critic"\napi_base = "{base_url}"\n'
        "price = { input = 1.0, output = 2.0 }\nmax_concurrency = 1\n"
    )
    return f'name = "rag"\nrubric = "{rubric}"\nscreens = []\n{seats}\n{critic}\n{more}'


def row(given: Case) -> dict[str, Any]:
    """A case as a line of a case file."""
    return {
        "id": given.id,
        "question": given.question,
        "response": given.candidates[0].text,
        "contexts": [{"id": c.id, "text": c.text} for c in given.contexts],
    }
