"""`rag`: begun, told case by case, and summed up; and what judges answer themselves."""

from __future__ import annotations

import json as json_
from pathlib import Path

from dikast.cli.exits import say
from dikast.errors import ConfigError
from dikast.minutes import clip
from dikast.rag_figures import (
    paired_lines,
    paired_record,
    pairs_of,
    totals_lines,
    totals_of,
    totals_record,
)
from dikast.rag_text import rag_headline, rag_minutes, rag_summary
from dikast.records.runfile import RunFile
from dikast.running import work_of
from dikast.types import PanelSpec, Verdict


def tell_rag(run: RunFile, verdict: Verdict, spec: PanelSpec, *, json: bool) -> None:
    """Print one evaluation as it is done."""
    record = run.rag(verdict.case_id)
    if json:
        print(verdict.to_json() if record is None else record.to_json(), flush=True)
    elif record is None:
        print(f"{clip(verdict.case_id, 80)}: {verdict.status}, {clip(verdict.detail)}", flush=True)
    else:
        print("\n".join(rag_summary(record, spec.rubric)), flush=True)


def show_rags(run: RunFile, spec: PanelSpec, *, json: bool) -> None:
    """Print every evaluation of a run in a line, then what all come to."""
    for record in run.rags():
        print(record.to_json() if json else rag_headline(record))
    close_rags(run, spec, json=json)


def show_rag(run: RunFile, case_id: str, spec: PanelSpec, *, json: bool) -> bool:
    """Print the evaluation of a case claim by claim; False if it has none."""
    record = run.rag(case_id)
    if record is not None:
        told = record.to_json() if json else rag_minutes(record, spec.rubric, run.case(case_id))
        print(told)
    return record is not None


def close_rags(run: RunFile, spec: PanelSpec, *, json: bool) -> None:
    """Print what all evaluations of a run come to."""
    found = totals_of(run, spec)
    both = pairs_of(run, spec, work_of(run).rag)
    if json:
        record = {
            "totals": {name or "all": totals_record(one) for name, one in found.items()},
            "paired": None if both is None else paired_record(both),
        }
        print(json_.dumps({"summary": record}, ensure_ascii=False))
        return
    for name, one in found.items():
        print("\n".join(["", *totals_lines(one, spec, name=clip(name, 40))]))
    if both is not None:
        print("\n".join(["", *paired_lines(both)]))


def tell_self_answers(path: Path, *, json: bool) -> None:
    """Print agreement with labels apart for what judges answered rightly themselves."""
    from dikast.self_answers import record_of, report_lines, reports

    with RunFile.open(path, readonly=True) as run:
        found = reports(run)
        if not found:
            raise ConfigError(
                f"`{path}` holds no judge's own answers.",
                hint="Set `self_answer = true` in the panel's [protocol].",
            )
        for one in found:
            told = json_.dumps(record_of(one)) if json else "\n".join(report_lines(one))
            print(told)
    say("agreement is with the labels that cases carry under the criterion's name")
