"""A run as JUnit XML, which every CI service reads: a test case per case, one per gate."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from dikast.gates import Demands, Gate, gates, trouble
from dikast.minutes import clip, headline, summary, visible
from dikast.rag_text import rag_summary
from dikast.ranking_text import ranking_summary
from dikast.records.export import replacing
from dikast.records.runfile import RunFile
from dikast.types import Case, Verdict

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, not even as references."""


def xml_text(text: str) -> str:
    r"""Text fit for XML: what is invisible or forbidden is written out, markup is escaped.

    Examples:
        >>> xml_text("a\x00b\x1b[31m <b> ]]> \ufffe")
        'a\\x00b\\x1b[31m &lt;b&gt; ]]&gt; \\ufffe'
    """
    return escape(_legal(text))


def _legal(text: str) -> str:
    return _FORBIDDEN.sub(lambda m: f"\\u{ord(m[0]):04x}", visible(text))


def _attributes(**given: object) -> str:
    return "".join(f" {name}={quoteattr(_legal(str(value)))}" for name, value in given.items())


def write_junit(run: RunFile, path: str | os.PathLike[str], demands: Demands) -> None:
    """Write a run as JUnit XML, the whole file or nothing.

    A case fails if it was not decided, or scored below `demands.fail_case_under`; a case that
    failed for a fault of the panel's is an error; a case not judged yet is skipped. Each gate is
    a test case of its own. So there are failures exactly where the command line does not leave
    with 0. No times are told: a run does not keep any.

    Args:
        run: The run; cases come in the order they were added, one at a time.
        path: The file; one that stands there is replaced.
        demands: What is demanded of it.

    Raises:
        StoreError: It cannot be written.
    """
    with replacing(path) as target:
        _write(run, target, demands)


def _write(run: RunFile, target: TextIO, demands: Demands) -> None:
    found = gates(run, demands)
    counts = run.counts()
    failures, errors = sum(not gate.met for gate in found), 0
    for verdict in run.verdicts():
        why = trouble(verdict, demands.fail_case_under)
        errors += verdict.status == "failed"
        failures += why is not None and verdict.status != "failed"
    name = _suite(run)
    whole = {
        "tests": counts["cases"] + len(found),
        "failures": failures,
        "errors": errors,
        "skipped": counts["todo"],
    }
    target.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    target.write(f"<testsuites{_attributes(name='dikast', **whole)}>\n")
    target.write(f"<testsuite{_attributes(name=name, **whole)}>\n")
    for case in run.cases():
        verdict_ = run.verdict(case.id)
        target.writelines(_case(run, name, case, verdict_, demands))
    target.writelines(_gates(name, found))
    target.write("</testsuite>\n</testsuites>\n")


def _suite(run: RunFile) -> str:
    panel = run.identity.panel
    return f"dikast.{run.identity.kind}" + (f".{panel.name}" if panel is not None else "")


def _case(
    run: RunFile, suite: str, case: Case, verdict: Verdict | None, demands: Demands
) -> Iterator[str]:
    yield f"<testcase{_attributes(classname=suite, name=case.id)}>\n"
    if verdict is None:
        yield '<skipped message="not judged: the run ended before"/>\n'
    else:
        yield from _properties(verdict)
        why = trouble(verdict, demands.fail_case_under)
        lines = _lines(run, verdict)
        if why is not None:
            tag = "error" if verdict.status == "failed" else "failure"
            told = "\n".join(lines)
            yield f"<{tag}{_attributes(type=why.kind, message=why.told)}>{xml_text(told)}</{tag}>\n"
        else:
            told = "\n".join(lines)
            yield f"<system-out>{xml_text(told)}</system-out>\n"
    yield "</testcase>\n"


def _properties(verdict: Verdict) -> Iterator[str]:
    known = {"status": verdict.status, "score": verdict.score, "confidence": verdict.confidence}
    yield "<properties>\n"
    for name, value in known.items():
        if value is not None:
            yield f"<property{_attributes(name=name, value=value)}/>\n"
    yield "</properties>\n"


def _lines(run: RunFile, verdict: Verdict) -> Sequence[str]:
    ranking = run.ranking(verdict.case_id) if run.identity.kind == "rank" else None
    if ranking is not None:
        return ranking_summary(ranking)
    panel = run.identity.panel
    if panel is None:
        return [headline(verdict), clip(verdict.detail)]
    record = run.rag(verdict.case_id) if run.identity.kind == "rag" else None
    if record is not None:
        return rag_summary(record, panel.rubric)
    return summary(verdict, panel.rubric)


def _gates(suite: str, found: Sequence[Gate]) -> Iterator[str]:
    for gate in found:
        yield f"<testcase{_attributes(classname=suite + '.gates', name=gate.what)}>\n"
        if not gate.met:
            yield f"<failure{_attributes(type='gate', message=gate.told)}/>\n"
        yield "</testcase>\n"
