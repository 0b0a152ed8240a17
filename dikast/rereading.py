"""Raw replies read again by another reply format, and what that changes; no call is made."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from dikast.agents.slots import turn_score, turn_words
from dikast.deciding import redecide
from dikast.errors import ConfigError
from dikast.formats.contract import Format, Read, Unread
from dikast.models.keys import marker
from dikast.records.reader import RECORDED
from dikast.records.runfile import RunFile
from dikast.registry import load
from dikast.types import Abstention, Ballot, Case, Criterion, Docket, Rubric, Transcript, Verdict

REREAD = "reread"
"""Flag of a ballot whose vote was read again by another format."""

What = Literal["same", "other", "lost", "found", "silent", "no_text"]
"""What reading again makes of a ballot: the same vote, another, none any more, one where there was
none, still none, or nothing since there is no raw reply."""

_MOST_EXAMPLES = 5
_DETAIL = 300


@dataclass
class Change:
    """How one judge's ballots came out."""

    counts: Counter[What] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a vote, as shown, became another, or `abstained: REASON`."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the first few cases of each kind of change."""


@dataclass
class Changes:
    """What reading again changed, by judge."""

    format: str
    by_judge: dict[str, Change] = field(default_factory=dict)

    def total(self) -> Change:
        """All judges together, without examples."""
        whole = Change()
        for change in self.by_judge.values():
            whole.counts.update(change.counts)
            whole.moves.update(change.moves)
        return whole

    def take(self, seat: str, case: str, what: What, before: str, after: str) -> None:
        """Count one ballot."""
        change = self.by_judge.setdefault(seat, Change())
        change.counts[what] += 1
        if what in ("other", "lost", "found"):
            change.moves[before, after] += 1
            seen = change.examples.setdefault(what, [])
            if len(seen) < _MOST_EXAMPLES and case not in seen:
                seen.append(case)


class Rereader:
    """Reads raw replies by a format.

    Args:
        name: The reply format.
        rubric: What was asked.

    Raises:
        ConfigError: There is no such format, or it cannot ask by one of the rubric's scales.
    """

    def __init__(self, name: str, rubric: Rubric) -> None:
        self.format: Format = load("formats", name)
        self.rubric = rubric
        self.changes = Changes(name)
        for criterion in rubric.criteria:
            try:
                self.format.instructions([criterion])
            except ConfigError as error:
                raise ConfigError(
                    f"the format `{name}` cannot read votes on `{criterion.id}`: {error.message}",
                    hint="Choose another format, or import by another scale (--scale).",
                ) from None

    def read(self, ballot: Ballot, case: Case, *, secret: bytes | None = None) -> Ballot:
        """The ballot with what the format reads in its raw reply; one without stays as it is.

        Args:
            ballot: Any ballot.
            case: Its case.
            secret: Of the run in which the reply was asked for, so that its fence marker is known;
                None where another tool asked.
        """
        criterion = self.rubric.criterion(ballot.criterion)
        before = _shown(ballot, criterion)
        if ballot.raw is None:
            self.changes.take(ballot.seat, case.id, "no_text", before, before)
            return ballot
        mark = marker(secret, ballot.call) if secret is not None and ballot.call else ""
        result = self._read(ballot.raw, criterion, mark)
        again = _recast(
            ballot, result, criterion, Docket(case=case, presentation=ballot.presentation)
        )
        what = _compare(ballot.score, again.score)
        self.changes.take(ballot.seat, case.id, what, before, _shown(again, criterion))
        return again

    def _read(self, raw: str, criterion: Criterion, mark: str) -> Read | Unread:
        return self.format.read(raw, [criterion], marker=mark)[criterion.id]


def _recast(ballot: Ballot, result: Read | Unread, criterion: Criterion, docket: Docket) -> Ballot:
    flags = tuple(dict.fromkeys((*ballot.flags, REREAD)))
    fields: dict[str, object]
    if isinstance(result, Unread):
        why = Abstention(reason=result.reason, detail=result.detail[:_DETAIL])
        fields = {"score": None, "abstention": why, "flags": flags}
    else:
        fields = {
            "score": turn_score(result.score, criterion.scale, docket),
            "abstention": None,
            "rationale": turn_words(result.rationale, docket) or ballot.rationale,
            "stated_confidence": (
                ballot.stated_confidence if result.confidence is None else result.confidence
            ),
            "flags": flags,
        }
    return Ballot.model_validate({**dict(ballot), **fields})


def _compare(before: float | None, after: float | None) -> What:
    if before is None:
        return "silent" if after is None else "found"
    if after is None:
        return "lost"
    return "same" if before == after else "other"


def _shown(ballot: Ballot, criterion: Criterion) -> str:
    if ballot.score is not None:
        return criterion.scale.show(ballot.score)
    return f"abstained: {ballot.abstention.reason if ballot.abstention else 'unknown'}"


def reread_verdict(verdict: Verdict, case: Case, rereader: Rereader, run: RunFile) -> Verdict:
    """A verdict decided again from ballots that were read again."""
    panel = run.identity.panel
    assert panel is not None
    ballots = tuple(
        rereader.read(ballot, case, secret=run.secret) for ballot in verdict.transcript.ballots
    )
    full: Transcript = verdict.transcript.model_copy(update={"ballots": ballots})
    return redecide(verdict.model_copy(update={"transcript": full}), case, panel)


def reread(run: RunFile, name: str) -> tuple[Changes, Iterator[tuple[Case, Verdict]]]:
    """Read all raw replies of a run again.

    Args:
        run: An open run that judges or compares.
        name: The reply format.

    Returns:
        What changed, complete once the second is used up: the cases with their verdicts, decided
        again by the run's own rule.

    Raises:
        ConfigError: The run ranks or lost its panel, or the format does not fit.
    """
    panel = run.identity.panel
    if panel is None or run.identity.kind == "rank":
        raise ConfigError(
            f"`{run.path}` {'ranks' if panel else 'lost its panel'}, so there are no ballots."
        )
    rereader = Rereader(name, panel.rubric)

    def cases() -> Iterator[tuple[Case, Verdict]]:
        for verdict in run.verdicts():
            case = run.case(verdict.case_id)
            if case is not None:
                yield case, reread_verdict(verdict, case, rereader, run)

    return rereader.changes, cases()


def rows(changes: Changes) -> Iterator[Mapping[str, object]]:
    """The changes as flat objects, one per judge, and one for all with `judge` null."""
    for judge, change in [*sorted(changes.by_judge.items()), (None, changes.total())]:
        counts = change.counts
        yield {
            "judge": judge,
            "format": changes.format,
            "ballots": counts.total(),
            **{what: counts[what] for what in _ORDER},
            "moves": [
                {"before": before, "after": after, "ballots": number}
                for (before, after), number in _moves(change)
            ],
            "examples": {what: list(ids) for what, ids in sorted(change.examples.items())},
        }


_ORDER: tuple[What, ...] = ("same", "other", "lost", "found", "silent", "no_text")
_WORDS: dict[What, str] = {
    "same": "same vote",
    "other": "other vote",
    "lost": "no vote any more",
    "found": "vote found",
    "silent": "still no vote",
    "no_text": "no raw reply",
}


def _moves(change: Change) -> list[tuple[tuple[str, str], int]]:
    return sorted(change.moves.items(), key=lambda item: (-item[1], item[0]))


def told(changes: Changes, *, most: int = 12) -> str:
    """The changes as a table for a person."""
    judges = sorted(changes.by_judge)
    width = max([len(name) for name in judges] + [9])
    head = "".join(f"{_WORDS[what]:>18}" for what in _ORDER)
    lines = [f"{'judge':<{width}}{'ballots':>9}{head}"]
    entries = [(name, changes.by_judge[name]) for name in judges]
    if len(entries) > 1:
        entries.append(("all", changes.total()))
    for name, change in entries:
        cells = "".join(f"{change.counts[what]:>18}" for what in _ORDER)
        lines.append(f"{name:<{width}}{change.counts.total():>9}{cells}")
    moves = _moves(changes.total())
    if moves:
        lines.append("")
        lines += [f"{number:>7}  {old} -> {new}" for (old, new), number in moves[:most]]
        if len(moves) > most:
            lines.append(f"         and {len(moves) - most} other kinds of change (see --json)")
    return "\n".join(lines)


async def write_reread(run: RunFile, name: str, out: Path, note: dict[str, JsonValue]) -> Changes:
    """Read all raw replies of a run again and keep the verdicts in a new run file.

    Args:
        run: The run.
        name: The reply format.
        out: The run file to make; it has no journal, and nobody can be asked again in it.
        note: What to note down of where it comes from.

    Raises:
        ConfigError: As for `reread`.
        StoreError: The file exists or cannot be written.
    """
    changes, cases = reread(run, name)
    identity = run.identity
    with RunFile.create(out, identity) as made:
        await made.note(RECORDED, note)
        while batch := list(islice(cases, 256)):
            await made.add_cases(case for case, _ in batch)
            await asyncio.gather(*(made.finish(case.id, verdict) for case, verdict in batch))
        await made.seal()
    return changes
