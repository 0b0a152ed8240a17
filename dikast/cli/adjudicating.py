"""`adjudicate`: at a terminal, by work sheet, or only as a list."""

from __future__ import annotations

import asyncio
import getpass
import json as json_
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dikast.adjudication.answering import now
from dikast.adjudication.choosing import Asked, Wanted, check_run, choose
from dikast.adjudication.people import PeopleAgreement, agreement_lines, people_agreement
from dikast.adjudication.sheets import read_sheet, sheet_rows
from dikast.adjudication.sitting import Sat, Sitting
from dikast.agents.persons import check_name
from dikast.boards import estimate_record
from dikast.cli import exits
from dikast.cli.exits import say
from dikast.errors import ConfigError
from dikast.minutes import clip
from dikast.rag_export import write_rows
from dikast.records.runfile import RunFile
from dikast.types import PanelSpec


class Ways(NamedTuple):
    """How people are asked."""

    open_: bool = False
    list_: bool = False
    export: Path | None = None
    answers: Path | None = None
    replace: bool = False


class Terminal:
    """A person at this terminal."""

    def ask(self, prompt: str) -> str | None:
        """One line; None at the end of input (Ctrl-D)."""
        try:
            return input(prompt)
        except EOFError:
            return None

    def tell(self, text: str) -> None:
        """Show lines."""
        print(text, flush=True)


def adjudicate_run(path: Path, wanted: Wanted, ways: Ways, *, json: bool) -> int:
    """Ask people about a run, in one of the ways; the exit code."""
    _check(wanted, ways, json=json)
    if ways.answers is not None:
        return _take(path, wanted, ways, ways.answers, json=json)
    if ways.export is not None or ways.list_:
        with RunFile.open(path, readonly=True) as run:
            spec = check_run(run)
            queue = choose(run, wanted)
            _tell_queue(run, queue, wanted)
            if ways.list_:
                _print_queue(queue, json=json)
            elif queue and ways.export is not None:
                number = write_rows(sheet_rows(run, spec, queue, open_=ways.open_), ways.export)
                say(f"{number} questions on {len(queue)} cases written to {ways.export}")
                say(f"once filled in: dikast adjudicate {path} --answers {ways.export} --by NAME")
        return exits.DECIDED
    return _sit(path, wanted, ways)


def _check(wanted: Wanted, ways: Ways, *, json: bool) -> None:
    """Refuse options that exclude each other.

    Raises:
        ConfigError: Some do.
    """
    chosen = [
        name
        for name, given in (
            ("--sample", wanted.sample is not None),
            ("--second", wanted.second),
            ("--case", bool(wanted.cases)),
            ("--abstained or --contested", wanted.abstained or wanted.contested),
        )
        if given
    ]
    if len(chosen) > 1:
        raise ConfigError(f"{' and '.join(chosen)} exclude each other.", hint="Give one of them.")
    doing = [
        name
        for name, given in (
            ("--list", ways.list_),
            ("--export", ways.export is not None),
            ("--answers", ways.answers is not None),
        )
        if given
    ]
    if len(doing) > 1:
        raise ConfigError(f"{' and '.join(doing)} exclude each other.", hint="Give one of them.")
    if ways.answers is not None and (chosen or wanted.limit is not None or ways.open_):
        raise ConfigError(
            "--answers reads all rows of the sheet; nothing else can be chosen with it.",
            hint="Give only --by, --final, --replace and --json beside it.",
        )
    if ways.replace and ways.answers is None:
        raise ConfigError("--replace goes with --answers.", hint="At a terminal, use --case.")
    if json and not (ways.list_ or ways.answers is not None):
        raise ConfigError("--json goes with --list and --answers.")


def _sit(path: Path, wanted: Wanted, ways: Ways) -> int:
    """Let the person at the terminal answer."""
    if not sys.stdin.isatty():
        raise ConfigError(
            "nobody can be asked here: this is no terminal.",
            hint="Write a work sheet with --export FILE and read it back with --answers FILE.",
        )
    with RunFile.open(path) as run:
        spec = check_run(run)
        name = check_name(wanted.by or _login(), spec)
        queue = choose(run, wanted._replace(by=name))
        _tell_queue(run, queue, wanted)
        if not queue:
            return exits.DECIDED
        say(f"You answer as {name}. Each answer is stored at once; q stops, ? helps.")
        sitting = Sitting(run, spec, name, Terminal(), open_=ways.open_, final=wanted.final)
        try:
            sat = sitting.hold(queue)
        except KeyboardInterrupt:
            say(f"\nstopped; {sitting.answered} answers are stored")
            raise
        _close(run, spec, path, sat)
    return exits.DECIDED if not (sat.skipped or sat.left) else exits.UNDECIDED


def _login() -> str:
    """The login name of whoever sits here.

    Raises:
        ConfigError: There is none.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise ConfigError("your name is not known here.", hint="Give it with --by.") from None


def _take(path: Path, wanted: Wanted, ways: Ways, sheet: Path, *, json: bool) -> int:
    """Read a work sheet and store it, whole or not at all."""
    with RunFile.open(path) as run:
        spec = check_run(run)
        read = read_sheet(
            run,
            spec,
            sheet,
            by=wanted.by or None,
            at=now(),
            final=wanted.final,
            replace=ways.replace,
        )
        asyncio.run(run.adjudicate(read.verdicts))
        found = people_agreement(run, spec)
        waiting = run.counts()["awaiting_adjudication"]
        if json:
            record = {
                "answers": read.answers,
                "known": read.known,
                "empty": read.empty,
                "people": list(read.people),
                "awaiting": waiting,
                "agreement": [_agreement_record(one) for one in found],
            }
            print(json_.dumps(record, ensure_ascii=False))
        else:
            by = f" by {', '.join(read.people)}" if read.people else ""
            print(f"{read.answers} answers{by} stored")
            if read.known:
                print(f"{read.known} were there already")
            if read.empty:
                print(f"{read.empty} rows have no answer")
            _tell_after(found, waiting, path)
    return exits.UNDECIDED if any(one.open for one in found) else exits.DECIDED


def _agreement_record(one: PeopleAgreement) -> dict[str, object]:
    return {
        "criterion": one.criterion,
        "level": one.level,
        "people": list(one.people),
        "open": one.open,
        "krippendorff": estimate_record(one.alpha),
        "pairs": [
            {
                "people": [pair.first, pair.second],
                "percent": estimate_record(pair.percent),
                "cohen": estimate_record(pair.cohen),
            }
            for pair in one.pairs
        ],
    }


def _tell_queue(run: RunFile, queue: Sequence[Asked], wanted: Wanted) -> None:
    """Say how many cases there are to ask about, in which order, and what else there is."""
    if wanted.sample is not None:
        say(f"{len(queue)} cases to ask about, drawn from all that were judged")
        return
    if queue:
        say(
            f"{len(queue)} cases to ask about, most useful first: what people differ on, then what "
            "is open; within each the panel's lowest confidence, then its lowest agreement"
        )
        return
    counts = run.counts()
    say("no case is to be asked about")
    if counts["abstained"] and not wanted.abstained:
        say(f"the panel abstained on {counts['abstained']}: --abstained asks about them")


def _print_queue(queue: Sequence[Asked], *, json: bool) -> None:
    for asked in queue:
        if json:
            print(json_.dumps(asked._asdict(), ensure_ascii=False))
            continue
        sure = "none" if asked.confidence is None else f"{asked.confidence:.2f}"
        agreed = "" if asked.agreement is None else f", agreement {asked.agreement:.2f}"
        criteria = ", ".join(asked.criteria)
        print(f"{clip(asked.case, 60)}: {asked.why}; confidence {sure}{agreed}; on {criteria}")


def _close(run: RunFile, spec: PanelSpec, path: Path, sat: Sat) -> None:
    """Say what came of a sitting, and what can be done with it."""
    parts = [f"{sat.answered} answered"]
    if sat.skipped:
        parts.append(f"{sat.skipped} skipped")
    if sat.left:
        parts.append(f"{sat.left} cases left")
    say(", ".join(parts))
    _tell_after(people_agreement(run, spec), run.counts()["awaiting_adjudication"], path)


def _tell_after(found: Sequence[PeopleAgreement], waiting: int, path: Path) -> None:
    for line in agreement_lines(list(found)):
        print(line)
    if waiting:
        say(f"{waiting} cases still wait")
    say(f"as labels: dikast calibrate {path} --labels adjudicated")
