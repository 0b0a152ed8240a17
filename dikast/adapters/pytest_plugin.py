"""pytest plugin: tests that ask a panel, record its answers once, and replay them for free.

    from dikast.adapters.pytest_plugin import assert_verdict

    def test_the_answer_is_grounded(judge_panel):
        verdict = judge_panel.judge(question=…, response=…, contexts=[…])
        assert_verdict(verdict, at_least=0.7)

Silent, and next to nothing to import, unless `judge_panel` or `judge_gateway` is used. Answers of
models are kept in a run file that all workers of pytest-xdist share; with `--dikast-replay` a call
that the file does not answer fails its test instead of being sent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from dikast.adapters._recording import RecordedPanel, Recorder
    from dikast.types import Comparison, Verdict

__all__ = ["assert_verdict"]

_RUN = "dikast_run"
_USED = pytest.StashKey["list[dict[str, Any]]"]()
"""What each process paid and replayed; only those that judged."""


def assert_verdict(
    outcome: Verdict | Comparison,
    *,
    status: Literal["decided", "abstained", "failed", "awaiting_adjudication"] = "decided",
    at_least: float | None = None,
    at_most: float | None = None,
    confidence: float | None = None,
    criteria: Mapping[str, float] | None = None,
    winner: str | None = None,
) -> None:
    """Fail the test, with decisions, dissents and findings, unless an outcome meets all demands.

    An undefined score or confidence meets none.

    Args:
        outcome: What `judge_panel.judge` or `judge_panel.compare` returned.
        status: What must have become of it.
        at_least: Least overall score (0 worst, 1 best; on pairs −1 to 1, for the first candidate).
        at_most: Greatest overall score.
        confidence: Least confidence.
        criteria: Least score by criterion, on the criterion's own scale.
        winner: On comparisons, the id of the candidate that must be preferred, or `tie`.

    Raises:
        AssertionError: A demand is not met.
        ConfigError: A demand does not fit the outcome.

    Examples:
        >>> from dikast.types import Verdict
        >>> verdict = Verdict(
        ...     case_id="q1", candidates=("r",), panel="p", status="decided", score=0.5
        ... )
        >>> assert_verdict(verdict, at_least=0.5)
        >>> assert_verdict(verdict, at_least=0.7)
        Traceback (most recent call last):
        ...
        AssertionError: the score must be 0.7 at least, and is 0.5
        q1: decided, score 0.50
          no model calls
    """
    __tracebackhide__ = True
    from dikast.adapters._demanding import told, unmet

    found = unmet(
        outcome,
        status=status,
        at_least=at_least,
        at_most=at_most,
        confidence=confidence,
        criteria=criteria,
        winner=winner,
    )
    if found:
        raise AssertionError("; ".join(found) + "\n" + told(outcome))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the group `dikast`, each with an ini setting of the same name."""
    group = parser.getgroup("dikast", "judging by a panel (dikast)")
    options = {
        "panel": "panel.toml of the fixture `judge_panel`; the embedded panel by default.",
        "rubric": "Rubric pack or rubric.toml that it judges by, instead of its own.",
        "run": "Run file that keeps its answers; by default in pytest's cache folder.",
    }
    for name, told in options.items():
        group.addoption(f"--dikast-{name}", metavar=name.upper(), default=None, help=told)
        parser.addini(f"dikast_{name}", told, default="")
    told = "Only replay: a call that the run file does not answer fails its test, unsent."
    group.addoption("--dikast-replay", action="store_true", default=None, help=told)
    parser.addini("dikast_replay", told, type="bool", default=False)


@pytest.fixture(scope="session")
def judge_gateway(pytestconfig: pytest.Config) -> Iterator[Recorder]:
    """The session's way to models, for panels of your own: `Panel(…, gateway=judge_gateway)`."""
    from dikast.adapters._recording import Recorder

    replay = pytestconfig.getoption("--dikast-replay") or pytestconfig.getini("dikast_replay")
    recorder = Recorder(_run_file(pytestconfig), replay=bool(replay))
    yield recorder
    recorder.close()
    usage = recorder.usage
    if usage.calls or usage.replayed:
        told = {
            "calls": usage.calls,
            "replayed": usage.replayed,
            "cost": usage.cost,
            "run": str(recorder.path),
        }
        pytestconfig.stash.setdefault(_USED, []).append(told)


@pytest.fixture(scope="session")
def judge_panel(pytestconfig: pytest.Config, judge_gateway: Recorder) -> RecordedPanel:
    """The session's panel: a `dikast.Panel` whose answers are recorded, or only replayed."""
    from dikast.adapters._recording import recorded_panel

    file = _path(pytestconfig, "panel")
    rubric = pytestconfig.getoption("--dikast-rubric") or pytestconfig.getini("dikast_rubric")
    if rubric and rubric.endswith(".toml"):
        rubric = str(_path(pytestconfig, "rubric"))
    return recorded_panel(file, rubric or None, judge_gateway)


def _path(config: pytest.Config, name: str) -> Path | None:
    """A file: an option is relative to where pytest was called, a setting to where it stands."""
    given = config.getoption(f"--dikast-{name}")
    if given:
        return Path(config.invocation_params.dir, given)
    setting = config.getini(f"dikast_{name}")
    if not setting:
        return None
    return Path(config.inipath.parent if config.inipath else config.rootpath, setting)


def _run_file(config: pytest.Config) -> Path:
    """The run file; a worker of pytest-xdist is told by the process that started it."""
    told = getattr(config, "workerinput", {}).get(_RUN)
    if told is not None:
        return Path(told)
    chosen = _path(config, "run")
    if chosen is not None:
        return chosen
    cache = getattr(config, "cache", None)
    folder = cache.mkdir("dikast") if cache is not None else Path(config.rootpath, ".dikast")
    return Path(folder, "run.dikast")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A call that was not recorded, or a panel that is wrong, is told without a traceback."""
    report = yield
    errors = sys.modules.get("dikast.errors")
    if report.failed and errors is not None and call.excinfo is not None:
        error = call.excinfo.value
        ours = "judge_panel" in getattr(item, "fixturenames", ())
        if isinstance(error, errors.NotRecorded) or (
            ours and call.when == "setup" and isinstance(error, errors.DikastError)
        ):
            report.longrepr = str(error)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which run file was named; the cache folder it finds itself."""
    chosen = _path(node.config, "run")
    if chosen is not None:
        node.workerinput[_RUN] = str(chosen)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist tells what it paid and replayed."""
    output = getattr(session.config, "workeroutput", None)
    used = session.config.stash.get(_USED, [])
    if output is not None and used:
        output["dikast"] = used


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker told is kept for the summary."""
    used = getattr(node, "workeroutput", {}).get("dikast", [])
    if used:
        node.config.stash.setdefault(_USED, []).extend(used)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line on what was paid and replayed, if a model was asked."""
    used = config.stash.get(_USED, [])
    if not used:
        return
    calls, replayed = (sum(told[name] for told in used) for name in ("calls", "replayed"))
    costs = [told["cost"] for told in used]
    money = "price unknown" if None in costs else f"${sum(costs):.4f}"
    paid = f"{calls} calls sent ({money})" if calls else "no call sent"
    terminalreporter.write_line(f"dikast: {paid}, {replayed} replayed; {used[0]['run']}")
