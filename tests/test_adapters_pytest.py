"""The pytest plugin in real sessions: silent, recorded once, replayed with the server down."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dikast.adapters import pytest_plugin
from dikast.adapters.pytest_plugin import assert_verdict
from dikast.api import Panel
from dikast.errors import ConfigError
from dikast.records.runfile import RunFile
from dikast.testing import ServerProcess
from dikast.types import Verdict
from tests.judges import RUBRIC, Challenger, PairJudge, Scripted, case

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
REPLY = '{"marker": "{{marker}}", "reasoning": "Sound.", "evidence": [], "score": 4}'
RUBRIC_TOML = """
[rubric]
id = "planted"
[[rubric.criteria]]
id = "quality"
question = "Is it good?"
scale = { kind = "integer", low = 1, high = 5 }
"""
TESTS = """
import pytest
from dikast.adapters.pytest_plugin import assert_verdict

@pytest.mark.parametrize("number", range(COUNT))
def test_answer(judge_panel, number):
    verdict = judge_panel.judge(question="How much?", response=f"It is {number}.")
    assert_verdict(verdict, at_least=0.7, confidence=0.9, criteria={"quality": 4})
    assert verdict.case_id.startswith("case-")
"""


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder whose pytest has this plugin and no other that happens to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p dikast.adapters.pytest_plugin")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    return pytester


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess({"replies": {"*": REPLY}}) as running:
        yield running


def write_panel(folder: Path, address: str, *, question: str = "Is it good?") -> None:
    seats = "".join(
        f'[[judges]]\nname = "{name}"\nmodel = "openai/{name}"\napi_base = "{address}"\n'
        "retries = 0\nprice = { input = 1.0, output = 2.0 }\n"
        for name in ("ann", "bob")
    )
    text = RUBRIC_TOML.replace("Is it good?", question)
    (folder / "panel.toml").write_text(seats + text, encoding="utf-8")


def test_the_entry_point_names_the_module() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"dikast": pytest_plugin.__name__}


def test_it_is_silent_and_light_unless_used(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        import sys

        def test_nothing_was_loaded():
            heavy = {"pydantic", "langgraph", "langchain_core", "litellm", "numpy", "networkx"}
            assert not heavy & set(sys.modules)
        """
    )
    done = session.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1)
    assert "dikast" not in done.stdout.str()
    assert not list(session.path.glob("**/*.dikast"))


def test_the_options_stand_in_a_group_of_their_own(session: pytest.Pytester) -> None:
    done = session.runpytest_subprocess("--help")
    done.stdout.fnmatch_lines(
        ["judging by a panel (dikast):", "*--dikast-panel=PANEL*", "*--dikast-replay*"]
    )


def test_the_embedded_panel_needs_nothing_and_keeps_nothing(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        from dikast.adapters.pytest_plugin import assert_verdict
        FACTS = {"question": "Where is the Louvre?", "contexts": ["The Louvre is in Paris."]}

        def test_right(judge_panel):
            assert_verdict(judge_panel.judge(response="In Paris.", **FACTS), at_least=0.5)

        def test_wrong(judge_panel):
            assert_verdict(judge_panel.judge(response="In Oslo.", **FACTS), at_least=0.5)
        """
    )
    done = session.runpytest_subprocess("--dikast-replay")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(
        [
            "*AssertionError: the score must be 0.5 at least, and is 0*",
            "*case-*: decided, score 0.*, confidence *",
            "*groundedness: *votes*",
            "*rule-backed baseline judges sat on this panel*",
        ]
    )
    assert "def unmet" not in done.stdout.str()  # our own frames are hidden
    assert not list(session.path.glob("**/*.dikast"))


def test_recorded_once_and_replayed_with_the_server_down(session: pytest.Pytester) -> None:
    session.makepyfile(TESTS.replace("COUNT", "2"))
    with ServerProcess({"replies": {"*": REPLY}}) as server:
        write_panel(session.path, server.base_url)
        session.makeini("[pytest]\ndikast_panel = panel.toml\n")
        first = session.runpytest_subprocess()
        first.assert_outcomes(passed=2)
        first.stdout.fnmatch_lines(["dikast: 4 calls sent ($*), 0 replayed; *run.dikast"])
        assert server.counts().requests == 4
        address = server.base_url
    again = session.runpytest_subprocess("--dikast-replay")
    again.assert_outcomes(passed=2)
    again.stdout.fnmatch_lines(["dikast: no call sent, 4 replayed; *run.dikast"])

    # Another question for the seats that were recorded, and a test that was not.
    write_panel(session.path, address, question="Is it very good?")
    (session.path / "test_new.py").write_text(
        "def test_new(judge_panel):\n"
        "    judge_panel.judge(id='new', question='How much?', response='Much.')\n"
    )
    changed = session.runpytest_subprocess("--dikast-replay")
    changed.assert_outcomes(failed=3)
    asked = (
        "*`test_recorded_once_and_replayed_with_the_server_down.py::test_answer?1?` asked judge "
        "`*` on `quality` of case `case-*`, round 0 (openai/*), and `*run.dikast` holds no answer. "
        "An answer from that place is there, to another request: the prompt*changed*Run the test "
        "once without --dikast-replay to record it."
    )
    changed.stdout.fnmatch_lines(
        ["*`test_new.py::test_new` asked*Nothing was recorded from that place*", asked]
    )
    assert "Traceback" not in changed.stdout.str()


def test_replay_without_a_record_names_the_file(session: pytest.Pytester) -> None:
    session.makepyfile(TESTS.replace("COUNT", "1"))
    write_panel(session.path, "http://127.0.0.1:9/v1")
    words = ("--dikast-panel", "panel.toml", "--dikast-run", "kept/run.dikast", "--dikast-replay")
    done = session.runpytest_subprocess(*words)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*there is no run file `*kept*run.dikast`*--dikast-run*"])
    assert not (session.path / "kept").exists()


def test_a_wrong_panel_is_told_without_a_traceback(session: pytest.Pytester) -> None:
    session.makepyfile(TESTS.replace("COUNT", "1"))
    done = session.runpytest_subprocess("--dikast-panel", "absent.toml")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*absent.toml*"])
    assert "Traceback" not in done.stdout.str()
    assert "def judge_panel" not in done.stdout.str()


def test_workers_share_one_run_file(session: pytest.Pytester, server: ServerProcess) -> None:
    pytest.importorskip("xdist")
    before = server.counts().requests
    session.makepyfile(TESTS.replace("COUNT", "6"))
    write_panel(session.path, server.base_url)
    workers = ("-p", "xdist", "-n", "2", "--dikast-panel", "panel.toml")
    first = session.runpytest_subprocess(*workers, "--dikast-run", "kept/run.dikast")
    first.assert_outcomes(passed=6)
    first.stdout.fnmatch_lines(["dikast: 12 calls sent ($*), 0 replayed; *run.dikast"])
    assert server.counts().requests - before == 12
    kept = session.path / "kept" / "run.dikast"
    assert [path.name for path in kept.parent.iterdir()] == ["run.dikast"]
    with RunFile.open(kept, readonly=True) as run:
        assert (run.calls(), run.identity.kind) == (12, "journal")
    again = session.runpytest_subprocess(
        *workers, "--dikast-run", "kept/run.dikast", "--dikast-replay"
    )
    again.assert_outcomes(passed=6)
    again.stdout.fnmatch_lines(["dikast: no call sent, 12 replayed; *run.dikast"])
    assert server.counts().requests - before == 12


def test_a_panel_of_ones_own_and_other_event_loops(
    session: pytest.Pytester, server: ServerProcess
) -> None:
    write_panel(session.path, server.base_url)
    session.makepyfile(
        """
        import asyncio
        from dikast import Panel

        def test_own(judge_gateway):
            panel = Panel.load("panel.toml", gateway=judge_gateway)

            async def several():
                rows = [{"id": n, "question": "?", "response": f"It is {n}."} for n in range(3)]
                return await asyncio.gather(*(panel.ajudge(row) for row in rows))

            first, second = asyncio.run(several()), asyncio.run(several())
            assert [v.score for v in first] == [v.score for v in second] == [0.75] * 3
            assert sum(v.usage.calls for v in second) == 0
            assert sum(v.usage.replayed for v in second) == 6
        """
    )
    done = session.runpytest_subprocess()
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["dikast: 6 calls sent ($*), 6 replayed; *run.dikast"])


def test_the_example_runs(session: pytest.Pytester) -> None:
    done = session.runpytest_subprocess(str(ROOT / "examples" / "plug_pytest.py"))
    done.assert_outcomes(passed=2)


def test_importing_the_plugin_is_cheap() -> None:
    code = "import sys, pytest; before = set(sys.modules); import dikast.adapters.pytest_plugin\n"
    code += "print(sorted(n for n in set(sys.modules) - before if not n.startswith('dikast')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- assert_verdict ------------------------------------------------------------------------------


def judged(*scores: float) -> Verdict:
    panel = Panel(
        [Scripted(f"j{n}", score) for n, score in enumerate(scores)],
        rubric=RUBRIC,
        critic=Challenger("j0"),
        rule="mean",
        on_low_confidence="keep",
    )
    return panel.judge(case())


@pytest.mark.parametrize(
    ("demands", "told"),
    [
        pytest.param({}, None, id="decided-is-enough"),
        pytest.param({"at_least": 0.75}, None, id="least-is-met-exactly"),
        pytest.param({"at_least": 0.76}, "the score must be 0.76 at least, and is 0.75", id="low"),
        pytest.param({"at_most": 0.75}, None, id="most-is-met-exactly"),
        pytest.param({"at_most": 0.7}, "the score must be 0.7 at most, and is 0.75", id="high"),
        pytest.param({"confidence": 1.0}, None, id="sure"),
        pytest.param({"criteria": {"quality": 4}}, None, id="criterion-met"),
        pytest.param(
            {"criteria": {"quality": 5}}, "`quality` must be 5 at least, and is 4", id="criterion"
        ),
        pytest.param(
            {"status": "abstained"}, "it must be abstained, and is decided", id="other-status"
        ),
    ],
)
def test_demands(demands: dict[str, object], told: str | None) -> None:
    verdict = judged(4, 4, 4)
    if told is None:
        assert_verdict(verdict, **demands)  # type: ignore[arg-type]
        return
    with pytest.raises(AssertionError) as failure:
        assert_verdict(verdict, **demands)  # type: ignore[arg-type]
    assert str(failure.value).splitlines()[0] == told


def test_a_failure_prints_dissents_and_reasons() -> None:
    with pytest.raises(AssertionError) as failure:
        assert_verdict(judged(5, 5, 1), at_least=1.0, confidence=0.9)
    text = str(failure.value)
    assert "confidence must be 0.9 at least" in text
    assert "quality: " in text
    assert "dissent of j2 (1): because of j2" in text


def test_an_abstention_meets_no_least_score() -> None:
    verdict = Panel([Scripted("a", RuntimeError("broken"))], rubric=RUBRIC).judge(case())
    with pytest.raises(AssertionError, match="the score must be 0 at least, and there is none"):
        assert_verdict(verdict, status=verdict.status, at_least=0.0)
    assert_verdict(verdict, status=verdict.status)


def test_winners() -> None:
    panel = Panel([PairJudge("p", {"1": 1, "2": 2})], rubric="preference")
    comparison = panel.compare(question="Which?", candidates=["a", "b"])
    assert_verdict(comparison, winner="2")
    with pytest.raises(AssertionError, match="the winner must be `tie`, and is `2`"):
        assert_verdict(comparison, winner="tie")
    with pytest.raises(ConfigError, match="There are `1`, `2`, `tie`"):
        assert_verdict(comparison, winner="3")
    with pytest.raises(ConfigError, match="for comparisons"):
        assert_verdict(judged(4), winner="1")
    with pytest.raises(ConfigError, match=r"did not judge by `tone`.*`quality`"):
        assert_verdict(judged(4), criteria={"tone": 3})


def test_hostile_texts_are_printed_harmless() -> None:
    judge = Scripted("a", 5)
    judge.name = "a"
    verdict = judged(5, 5, 1).model_copy(update={"detail": "x\x1b[2J\x00"})
    with pytest.raises(AssertionError) as failure:
        assert_verdict(verdict, at_least=1.0)
    assert "\x1b" not in str(failure.value)
    assert "x\\x1b[2J" in str(failure.value)
