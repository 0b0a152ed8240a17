"""A panel whose calls are recorded once and replayed ever after: what test sessions judge with."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from pathlib import Path
from typing import Any

from dikast.api import CaseLike, Panel
from dikast.errors import NotRecorded
from dikast.graphs.nodes import in_own_loop, run_sync
from dikast.graphs.runner import WORKERS
from dikast.minutes import clip
from dikast.models import entries, keys
from dikast.models.gateway import ModelGateway
from dikast.records.case_names import field_of
from dikast.records.cases import case_from_row
from dikast.records.identity import case_digest
from dikast.records.shared import SharedJournal
from dikast.types import (
    CallFailure,
    Case,
    Comparison,
    Gateway,
    ModelReply,
    ModelRequest,
    RankingResult,
    RankOptions,
    Usage,
    Verdict,
)


class Recorder:
    """A gateway that records into a run file, or only replays from it.

    It may be used from any event loop: the calls are made in dikast's own. Nothing is opened, and
    no file is made, before the first call.

    Args:
        path: The run file.
        replay: Whether a call that the file does not answer fails instead of being sent.
    """

    def __init__(self, path: Path, *, replay: bool = False) -> None:
        self.path, self.replay = path, replay
        self.share_identical = False
        """Whether identical requests from different places share one answer."""
        self.usage = Usage()
        """What was paid and replayed so far."""
        self._gateway: Gateway | None = None

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """Answer from the file, or send the request and record the answer.

        Raises:
            NotRecorded: There is no answer and calls are only replayed.
            StoreError: The file cannot be used.
        """
        return await in_own_loop(self._ask(request))

    async def _ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        if self._gateway is None:
            self._gateway = self._open()
        answer = await self._gateway.ask(request)
        self.usage += answer.usage
        return answer

    def _open(self) -> Gateway:
        if not self.replay:
            journal = SharedJournal(self.path, make=True)
            return ModelGateway(journal, share_identical=self.share_identical)
        if not self.path.is_file():
            raise NotRecorded(
                f"{_test()} wants answers replayed, and there is no run file `{self.path}`. "
                "Run once without --dikast-replay to record them, or name the file with "
                "--dikast-run."
            )
        return _Replay(SharedJournal(self.path), share_identical=self.share_identical)

    def close(self) -> None:
        """Store what is paid and close connections."""
        if isinstance(self._gateway, ModelGateway):
            run_sync(self._gateway.aclose())
        self._gateway = None


class _Replay:
    """A gateway without a way out."""

    def __init__(self, journal: SharedJournal, *, share_identical: bool) -> None:
        self._journal, self._share = journal, share_identical

    async def ask(self, request: ModelRequest) -> ModelReply | CallFailure:
        """Answer from the journal.

        Raises:
            NotRecorded: It holds no answer.
        """
        key = keys.request_key(request, share_identical=self._share)
        body = await self._journal.get(key)
        if body is None:
            raise NotRecorded(_unanswered(request, self._journal))
        marker = keys.marker(self._journal.secret, key)
        return entries.answer(entries.decode(body), key=key, marker=marker, replayed=True)


def _unanswered(request: ModelRequest, journal: SharedJournal) -> str:
    """Who asked what, and what probably changed."""
    place = request.place
    asked = f"{place.role} `{clip(place.seat or place.judge or request.model.model, 80)}`"
    about = f"on `{clip(place.criterion, 80)}`" if place.criterion else ""
    where = f"of case `{clip(place.case, 80)}`, round {place.round}"
    if place.attempt:
        where += f", attempt {place.attempt}"
    text = " ".join(filter(None, [_test(), "asked", asked, about, where]))
    if place.model_dump_json() in journal.places():
        why = "An answer from that place is there, to another request: the prompt, the case, the "
        why += "rubric, the model or its parameters changed since it was recorded."
    else:
        why = "Nothing was recorded from that place: the test, the case or the seat is new, or the "
        why += "call failed when the run was recorded."
    return (
        f"{text} ({clip(request.model.model, 80)}), and `{journal.path}` holds no answer. {why} "
        "Nothing was sent. Run the test once without --dikast-replay to record it."
    )


def _test() -> str:
    """The test that runs now, as pytest tells it."""
    name, _, _ = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")
    return f"`{name}`" if name else "a test"


class RecordedPanel(Panel):
    """A panel that calls a case without an id by its content.

    So the journal finds its answers again wherever the test has moved, and two tests that judge
    different texts never stand under one name.
    """

    async def ajudge(self, case: CaseLike | None = None, **fields: Any) -> Verdict:
        """As `Panel.ajudge`."""
        return await super().ajudge(_named(case, fields))

    async def acompare(self, case: CaseLike | None = None, **fields: Any) -> Comparison:
        """As `Panel.acompare`."""
        return await super().acompare(_named(case, fields))

    async def arank(
        self, case: CaseLike | None = None, *, options: RankOptions | None = None, **fields: Any
    ) -> RankingResult:
        """As `Panel.arank`."""
        chosen = {name: fields.pop(name) for name in RankOptions.model_fields if name in fields}
        return await super().arank(_named(case, fields), options=options, **chosen)

    async def ajudge_many(
        self, cases: Iterable[CaseLike], *, workers: int = WORKERS
    ) -> AsyncGenerator[Verdict]:
        """As `Panel.ajudge_many`."""
        async for verdict in super().ajudge_many(
            (_named(case, {}) for case in cases), workers=workers
        ):
            yield verdict


def _named(case: CaseLike | None, fields: Mapping[str, Any]) -> Case:
    if isinstance(case, Case):
        return case
    row = {**(case or {}), **fields}
    if any(field_of(name) == "id" for name in row):
        return case_from_row(row, where="case")
    read = case_from_row({**row, "id": "case"}, where="case")
    return read.model_copy(update={"id": f"case-{case_digest(read)[:12]}"})


def recorded_panel(file: Path | None, rubric: str | None, recorder: Recorder) -> RecordedPanel:
    """The panel of a test session.

    Args:
        file: `panel.toml`; None for the embedded panel.
        rubric: A rubric to judge by instead of its own; None for its own.
        recorder: What its calls go through.

    Raises:
        ConfigError: The panel or the rubric cannot be read.
    """
    spec = Panel.embedded().spec if file is None else Panel.load(file).spec
    if rubric is not None:
        spec = Panel.with_rubric(spec, rubric)
    recorder.share_identical = spec.share_identical
    return RecordedPanel.from_spec(spec, gateway=recorder)
