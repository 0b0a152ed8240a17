"""`show`, `decide`, `export`, `list`, `graph`, `salvage`: commands that make no call."""

from __future__ import annotations

import json as json_
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dikast import prompts, registry
from dikast.cli.again import tell_again
from dikast.cli.comparing import close_comparisons, tell_comparison
from dikast.cli.exits import say
from dikast.cli.rag import show_rag, show_rags
from dikast.cli.ranking import close_rankings, show_ranking, tell_ranking
from dikast.errors import ConfigError, InputError
from dikast.minutes import headline, minutes
from dikast.records.export import criteria_of, flat, write_csv, write_jsonl
from dikast.records.runfile import RunFile
from dikast.training import Bar
from dikast.types import PanelSpec


def _panel(run: RunFile) -> PanelSpec:
    panel = run.identity.panel
    if panel is None:
        raise ConfigError("the run file does not tell its panel; it was damaged.")
    return panel


def show_run(path: Path, case_id: str | None, *, json: bool) -> None:
    """Print one case as minutes, or all verdicts in short."""
    with RunFile.open(path, readonly=True) as run:
        kind = run.identity.kind
        if case_id is None:
            _show_all(run, json=json)
            return
        if kind == "rag" and show_rag(run, case_id, _panel(run), json=json):
            return
        if kind == "rank" and show_ranking(run, case_id, json=json):
            return
        verdict_ = run.verdict(case_id)
        if verdict_ is None:
            raise no_verdict(run, case_id)
        if json:
            print(verdict_.to_json())
        else:
            print(minutes(verdict_, _panel(run).rubric, run.case(case_id)))


def _show_all(run: RunFile, *, json: bool) -> None:
    """Print all verdicts in short, and what they come to."""
    kind = run.identity.kind
    if kind == "rag":
        show_rags(run, _panel(run), json=json)
    for verdict in run.verdicts() if kind != "rag" else ():
        if kind == "rank":
            tell_ranking(run, verdict, json=json)
        elif kind == "compare":
            tell_comparison(verdict, _panel(run), json=json)
        else:
            print(json_.dumps(flat(verdict), ensure_ascii=False) if json else headline(verdict))
    if kind in ("compare", "rank"):
        (close_rankings if kind == "rank" else close_comparisons)(run, json=json)
    counts = run.counts()
    say(", ".join(f"{number} {name}" for name, number in counts.items() if number))
    if counts["awaiting_adjudication"] and kind in ("judge", "compare"):
        say(f"answer what waits with: dikast adjudicate {run.path.name}")


def no_verdict(run: RunFile, case_id: str) -> InputError:
    """Why a case has no verdict: it is still to do, or there is no such case."""
    if run.case(case_id) is not None:
        return InputError(f"case `{case_id}` has no verdict yet.", hint="Go on with dikast resume.")
    known = tuple(id_ for id_, _ in zip(run.done_ids(), range(1000), strict=False))
    error = registry.unknown("case", case_id, known)
    return InputError(error.message, hint=error.hint if len(error.hint) < 200 else "")


def decide_run(
    path: Path,
    rule: str,
    params: list[str],
    quorum: int | None,
    labels: Path | None = None,
    *,
    json: bool,
) -> None:
    """Decide recorded ballots by another rule and say what that changes.

    A fitted rule first learns about the judges from the whole run; what it learned is told once.
    """
    from dikast.deciding import decide_again

    plain, fits = registry.names("rules"), registry.names("fits")
    if rule not in plain and rule not in fits:
        raise registry.unknown("rule", rule, (*plain, *fits))
    if rule in plain and labels is not None:
        raise ConfigError(
            f"rule `{rule}` learns nothing from labels.", hint="Try `--rule auto` with them."
        )
    learned: dict[str, Any] = {}
    with RunFile.open(path, readonly=True) as run:
        if run.identity.kind == "rank":
            raise ConfigError(
                f"`{path}` holds rankings.", hint="Use --model to rank its outcomes again."
            )
        spec = _panel(run)
        if rule in plain:
            decided = decide_again(run, spec, rule, _params(params), quorum)
        else:
            from dikast.fitted import decide_fitted

            fitted = decide_fitted(run, spec, rule, _params(params), quorum=quorum, labels=labels)
            learned = {"rule": rule, "why": fitted.model.why}
            say(f"{rule}: {fitted.model.why}")
            for line in _weights(fitted.model.weights):
                say(line)
            decided = fitted.verdicts
        told = tell_again(decided, run.counts()["cases"], json=json, learned=learned)
        if run.identity.kind == "rag":
            say("criteria are decided again; the claims stay as they were decided")
    say(
        f"{told.changed} of {told.total} verdicts differ from rule `{spec.rule.name}`; "
        "no call was made"
    )


def _weights(weights: Mapping[str, Mapping[str, float]] | None) -> Iterator[str]:
    """A line per criterion: judges by weight, as shares of the heaviest."""
    for criterion, by_judge in (weights or {}).items():
        most = max(by_judge.values(), default=0.0)
        ranked = sorted(by_judge.items(), key=lambda entry: (-entry[1], entry[0]))
        if most > 0:
            shares = ", ".join(f"{name} {weight / most:.2f}" for name, weight in ranked)
            yield f"  {criterion}: {shares}"


def _params(pairs: list[str]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found:
            raise ConfigError(f"`--param {pair}` cannot be read.", hint="Write NAME=VALUE.")
        try:
            params[name] = json_.loads(value)
        except ValueError:
            params[name] = value
    return params


def export_run(path: Path, out: Path, *, claims: bool = False) -> None:
    """Write the verdicts of a run as a flat table, a row per claim, or as a page.

    Raises:
        ConfigError: The file's name ends otherwise, or the run has no claims.
    """
    with RunFile.open(path, readonly=True) as run:
        if run.identity.kind == "rag":
            _export_rag(run, out, claims=claims)
            return
        if claims:
            raise ConfigError(f"`{path}` has no claims.", hint="They are made by `dikast rag`.")
        writers = {".jsonl": write_jsonl, ".csv": write_csv}
        if out.suffix not in writers:
            raise ConfigError(f"`{out}` is neither .jsonl nor .csv.", hint="Name the file so.")
        number = writers[out.suffix](run.verdicts(), out, criteria_of(run))
    say(f"{number} verdicts written to {out}")


def export_answers(path: Path, out: Path, *, labels: bool) -> None:
    """Write what people answered in a run: as labels, or every answer by itself.

    Raises:
        InputError: Nobody has answered anything there.
        ConfigError: People cannot adjudicate in the run, or the file's name ends otherwise.
    """
    from dikast.adjudication.choosing import check_run
    from dikast.rag_export import write_rows
    from dikast.records.answers import answer_rows, gathered, label_rows, labels_of_answers

    with RunFile.open(path, readonly=True) as run:
        panel = check_run(run)
        if labels:
            labels_of_answers(run)  # says what is missing before a file is written
            number = write_rows(label_rows(run, panel), out)
            for line in gathered(run).told():
                say(line)
        else:
            if not any(verdict.adjudication for verdict in run.verdicts()):
                raise InputError(
                    "no person has answered anything in this run.",
                    hint=f"Answer first: dikast adjudicate {run.path.name}",
                    path=str(path),
                )
            number = write_rows(answer_rows(run, panel), out)
    say(f"{number} {'labels' if labels else 'answers'} written to {out}")


def export_training(path: Path, out: Path, form: str, bar: Bar) -> None:
    """Write a run as training data, and say what was left out and why.

    Raises:
        ConfigError: There is no such form, or the run is of another kind.
    """
    from dikast.training import write_training

    with RunFile.open(path, readonly=True) as run:
        found = write_training(run, out, form, bar)
    say(f"{found.rows} rows written to {out}")
    for why, number in found.left_out.items():
        say(f"  left out: {number} {why}")


def _export_rag(run: RunFile, out: Path, *, claims: bool) -> None:
    from dikast.rag_export import answer_rows, claim_rows, write_page, write_rows
    from dikast.rag_figures import results_of

    if out.suffix == ".html":
        say(f"{write_page(run, _panel(run), out)} cases written to {out}")
    elif claims:
        number = write_rows(claim_rows(found for _, found in results_of(run)), out)
        say(f"{number} claims written to {out}")
    else:
        say(f"{write_rows(answer_rows(run), out)} answers written to {out}")


def salvage_run(path: Path, out: Path) -> None:
    """Copy what can be read of a damaged run file."""
    from dikast.records.salvage import salvage

    saved = salvage(path, out)
    say("saved: " + ", ".join(f"{number} {what}" for what, number in saved.items()))


_ROOMS = {
    "judges": "embedded",
    "rules": "rules",
    "detectors": "detectors",
    "formats": "formats",
    "imports": "imports",
    "probes": "probes",
}


def list_names(what: str) -> None:
    """Print what there is of a kind, with a line on each."""
    for name, line in _listing(what):
        print(f"{name:<22} {line}".rstrip())


def _listing(what: str) -> Iterator[tuple[str, str]]:
    if what in _ROOMS:
        room = _ROOMS[what]
        prefix = "embedded/" if what == "judges" else ""
        for name in registry.names(room):
            yield prefix + name, registry.describe(room, name)
        if what == "rules":
            for name in registry.names("fits"):
                yield name, f"(fitted) {registry.describe('fits', name)}"
    elif what == "rubrics":
        for name in prompts.rubric_names():
            rubric = prompts.rubric(name)
            yield name, rubric.title or ", ".join(c.id for c in rubric.criteria)
    elif what == "prompts":
        for name, digest in sorted(prompts.digests().items()):
            yield name, digest
    else:
        raise registry.unknown("list", what, (*_ROOMS, "rubrics", "prompts"))


def print_graph(name: str, panel: Path | None) -> None:
    """Print a graph as Mermaid text."""
    from dikast import graphs
    from dikast.api import Panel

    factories = {
        "deliberation": graphs.embedded_deliberation,
        "pairwise": graphs.embedded_pairwise,
        "rag": graphs.embedded_rag,
        "ranking": graphs.embedded_ranking,
    }
    if name not in factories:
        raise registry.unknown("graph", name, tuple(factories))
    if panel is None:
        built = factories[name]()
    else:
        built = getattr(graphs, f"{name}_graph")(Panel.load(panel).spec)
    print(built.get_graph().draw_mermaid())
