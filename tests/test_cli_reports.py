"""Gates and reports for CI: exit codes, JUnit XML and Markdown, hostile texts included."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from typer.testing import CliRunner, Result

from dikast.cli.every import app
from dikast.gates import Demands, Gate, gates, share_won
from dikast.junit import write_junit, xml_text
from dikast.markdown import MOST_ROWS, code, markdown_summary
from dikast.minutes import clip, visible
from dikast.records.identity import Identity
from dikast.records.runfile import RunFile
from dikast.types import Candidate, Case, Reason, Verdict
from tests.runfiles import PANEL, go, verdict

FACT = "The office is in Rome, near the river."
NASTY = "\x00\x1b[2J]]> <b>&\ufffe\ud800 ![x](http://evil.example/p.png) | `@team` \u202e"


def dikast(folder: Path, *words: str, env: dict[str, str] | None = None) -> Result:
    with chdir(folder):
        done = CliRunner(env=env).invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def write(path: Path, *rows: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def responses(tmp_path: Path) -> Path:
    """Three cases that the embedded panel marks high, low, and not at all."""
    shared = {"question": "Where is the office?", "contexts": [FACT]}
    write(
        tmp_path / "cases.jsonl",
        {"id": "right", "response": FACT, **shared},
        {"id": "wrong", "response": "The office is in Oslo, near the sea.", **shared},
    )
    return tmp_path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """`new` wins q1 and loses q2; q3 ties; `old` stands against it everywhere."""
    good, bad = "It is in Rome.", "It is in Paris."
    rows = []
    for name, new, old in (("q1", good, bad), ("q2", bad, good), ("q3", good, good)):
        candidates = [{"id": "new", "text": new}, {"id": "old", "text": old}]
        question = {"question": "Where is the office?", "contexts": [FACT]}
        rows.append({"id": name, **question, "candidates": candidates})
    write(tmp_path / "pairs.jsonl", *rows)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code_", "said"),
    [
        pytest.param((), 0, "2 decided", id="no-gate"),
        pytest.param(("--fail-under", "0.5"), 0, "gate met: the mean", id="mean-met"),
        pytest.param(("--fail-under", "0.9"), 4, "gate not met: the mean", id="mean-missed"),
        pytest.param(("--fail-case-under", "0.0"), 0, "gate met: the lowest", id="lowest-met"),
        pytest.param(
            ("--fail-case-under", "0.5"), 4, "gate not met: the lowest", id="lowest-missed"
        ),
        pytest.param(
            ("--fail-under", "0.5", "--fail-case-under", "0.5"), 4, "gate not met", id="one-of-two"
        ),
        pytest.param(("--for", "new"), 2, "", id="no-such-option"),
    ],
)
def test_gates_on_scores(responses: Path, words: tuple[str, ...], code_: int, said: str) -> None:
    done = dikast(responses, "judge", "cases.jsonl", *words)
    assert (done.exit_code, said in done.stderr) == (code_, True), done.stderr


@pytest.mark.parametrize(
    ("words", "code_", "said"),
    [
        pytest.param(("--fail-under", "0.5", "--for", "new"), 0, "is 0.500 over 3", id="met"),
        pytest.param(("--fail-under", "0.51", "--for", "new"), 4, "gate not met", id="missed"),
        pytest.param(("--fail-under", "0.5"), 2, "`--for` names", id="whose-share"),
        pytest.param(("--for", "new"), 2, "Give both or neither", id="how-much"),
        pytest.param(
            ("--fail-under", "0.5", "--for", "mew"), 2, "There are `new`, `old`", id="who-is-that"
        ),
        pytest.param(("--fail-under", "5", "--for", "new"), 2, "between 0 and 1", id="no-share"),
    ],
)
@pytest.mark.parametrize("command", ["compare", "rank"])
def test_gates_on_pairs(
    pairs: Path, command: str, words: tuple[str, ...], code_: int, said: str
) -> None:
    done = dikast(pairs, command, "pairs.jsonl", "--out", "run.dikast", *words)
    assert (done.exit_code, said in done.stderr) == (code_, True), done.stderr
    assert (pairs / "run.dikast").exists() is (code_ != 2)  # refused before anything is begun


def test_the_shares_of_both_sides_add_up(pairs: Path) -> None:
    dikast(pairs, "compare", "pairs.jsonl", "--out", "run.dikast")
    with RunFile.open(pairs / "run.dikast", readonly=True) as run:
        new, old, nobody = (share_won(run, name) for name in ("new", "old", "ghost"))
    assert (new, old, nobody) == ((0.5, 3), (0.5, 3), (None, 0))


def test_an_undefined_figure_meets_no_gate() -> None:
    assert not Gate("mean score", 0.0, None, 0).met
    assert Gate("mean score", 0.5, 0.5, 1).met


def test_junit_fails_exactly_where_the_exit_code_does(responses: Path) -> None:
    for number, (words, failing) in enumerate(
        [
            ((), set()),
            (("--fail-under", "0.9"), {"mean score"}),
            (("--fail-case-under", "0.5"), {"wrong", "lowest score"}),
        ]
    ):
        out = f"r{number}.xml"
        done = dikast(responses, "judge", "cases.jsonl", "--junit-xml", out, *words)
        root = ET.parse(responses / out).getroot()
        suite = root[0]
        found = {t.attrib["name"] for t in suite if t.find("failure") is not None}
        assert found == failing
        assert bool(found) is (done.exit_code != 0)
        assert int(suite.attrib["failures"]) == len(failing)
        assert int(suite.attrib["tests"]) == len(suite)
    (why,) = (t.find("failure") for t in suite if t.attrib["name"] == "wrong")
    assert why is not None
    assert why.attrib["type"] == "under_threshold"
    assert "below 0.5" in why.attrib["message"]


def hostile(folder: Path) -> Path:
    """A run whose every text is hostile: decided, abstained, failed, and one still to do."""
    ids = [f"{name} {NASTY}".replace("\ud800", "") for name in ("good", "mute", "bug", "late")]
    text = NASTY.replace("\ud800", "")
    path = folder / "hostile.dikast"
    with RunFile.create(path, Identity.of(PANEL)) as run:
        go(run.add_cases(Case(id=i, candidates=(Candidate(text=text),)) for i in ids))
        go(run.seal())
        go(run.finish(ids[0], verdict(ids[0], detail=text)))
        mute = {"status": "abstained", "reason": Reason.TIE, "score": None, "detail": text}
        go(run.finish(ids[1], verdict(ids[1], **mute)))
        bug = {"status": "failed", "reason": Reason.BUG, "score": None, "criteria": ()}
        go(run.finish(ids[2], verdict(ids[2], detail=text, **bug)))
    return path


def test_junit_of_hostile_texts_is_valid_and_complete(tmp_path: Path) -> None:
    with RunFile.open(hostile(tmp_path), readonly=True) as run:
        write_junit(run, tmp_path / "out.xml", Demands())
    suite = ET.parse(tmp_path / "out.xml").getroot()[0]
    kinds = {
        test.attrib["name"].split()[0]: sorted({child.tag for child in test} - {"properties"})
        for test in suite
    }
    assert kinds == {
        "good": ["system-out"],
        "mute": ["failure"],
        "bug": ["error"],
        "late": ["skipped"],
    }
    numbers = {k: suite.attrib[k] for k in ("tests", "failures", "errors", "skipped")}
    assert numbers == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert suite.find("testcase/failure") is not None
    raw = (tmp_path / "out.xml").read_text(encoding="utf-8")
    assert not re.search("[\x00\x1b\u202e\ufffe]", raw)
    assert "<b>" not in raw


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_is_valid_xml(text: str) -> None:
    parsed = ET.fromstring(f"<t>{xml_text(text)}</t>".encode())
    assert len(parsed) == 0


def rendered(text: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@example("_a_ *b* ~~c~~ `d` [e](f) <g> | h")
def test_no_text_leaves_its_code(text: str) -> None:
    html = rendered(f"| a |\n| --- |\n| {code(text)} |\n")
    assert html.count("<td>") == 1
    assert set(re.findall(r"<(\w+)", html)) == {"table", "thead", "tbody", "tr", "th", "td", "code"}


def test_the_summary_of_hostile_texts_holds_no_markup_of_theirs(tmp_path: Path) -> None:
    with RunFile.open(hostile(tmp_path), readonly=True) as run:
        text = markdown_summary(run, Demands(), stopped=NASTY)
    html = rendered(text)
    assert not set(re.findall(r"<(\w+)", html)) & {"img", "a", "b", "script"}
    assert "@team" not in text
    assert html.count("<tr>") == 3  # the head, and the two cases that do not pass
    assert "1 todo" in text
    assert "stopped early" in text


def test_the_summary_lists_so_many_cases_and_counts_the_rest(tmp_path: Path) -> None:
    ids = [f"c{n}" for n in range(MOST_ROWS + 7)]
    with RunFile.create(tmp_path / "r.dikast", Identity.of(PANEL)) as run:
        go(run.add_cases(Case(id=i, candidates=(Candidate(text="x"),)) for i in ids))
        for i in ids:
            go(run.finish(i, verdict(i, score=0.25)))
        text = markdown_summary(run, Demands(fail_case_under=0.5))
        (gate,) = gates(run, Demands(fail_case_under=0.5))
    assert rendered(text).count("<tr>") == MOST_ROWS + 1
    assert "7 more cases do not pass." in text
    assert (gate.found, gate.over, gate.met) == (0.25, len(ids), False)


def test_a_mean_that_is_too_low_names_the_cases_that_pull_it_down(tmp_path: Path) -> None:
    ids = [f"q{n}" for n in range(30, 60)]
    with RunFile.create(tmp_path / "r.dikast", Identity.of(PANEL)) as run:
        go(run.add_cases(Case(id=i, candidates=(Candidate(text="x"),)) for i in ids))
        for i in reversed(ids):
            go(run.finish(i, verdict(i, score=int(i[1:]) / 100)))
        missed = markdown_summary(run, Demands(fail_under=0.9, fail_case_under=0.31))
        met = markdown_summary(run, Demands(fail_under=0.4))
    listed = re.findall(r"<code>(q\d+)</code> \| (0\.\d+) \|", missed.split("### Lowest")[1])
    assert listed == [(f"q{n}", f"{n / 100:.3f}") for n in range(31, 41)]  # q30 fails by itself
    assert "Lowest scores" not in met


def test_a_github_summary_is_appended(responses: Path) -> None:
    place = responses / "step.md"
    place.write_text("before\n", encoding="utf-8")
    done = dikast(
        *(responses, "judge", "cases.jsonl", "--summary", "auto"),
        env={"GITHUB_STEP_SUMMARY": str(place)},
    )
    assert done.exit_code == 0
    assert place.read_text(encoding="utf-8").startswith("before\n## dikast judge")


@pytest.mark.parametrize("command", ["::error::x", "  ::Set-Output name=a::b", "##[error]x"])
def test_no_text_is_a_command_to_the_log_of_a_job(command: str) -> None:
    for shown in (visible(f"{command}\n{command}"), clip(f"{command} and {command}")):
        assert "::error::" not in shown.lower()
        assert "::set-output" not in shown.lower()
        assert "##[" not in shown


def test_auto_elsewhere_says_that_nothing_is_written(responses: Path) -> None:
    done = dikast(
        *(responses, "judge", "cases.jsonl", "--summary", "auto"), env={"GITHUB_STEP_SUMMARY": ""}
    )
    assert done.exit_code == 0
    assert "`GITHUB_STEP_SUMMARY` is not set" in done.stderr
    assert not (responses / "auto").exists()


@pytest.mark.parametrize("option", ["--junit-xml", "--summary"])
def test_a_report_that_cannot_be_written_is_refused_before_the_run(
    responses: Path, option: str
) -> None:
    done = dikast(responses, "judge", "cases.jsonl", option, "nowhere/report")
    assert (done.exit_code, f"`{option}` cannot write" in done.stderr) == (2, True)
    assert not list(responses.glob("*.dikast"))


def test_a_resumed_run_is_reported_as_a_whole(responses: Path) -> None:
    dikast(responses, "judge", "cases.jsonl", "--out", "run.dikast")
    done = dikast(
        *(responses, "resume", "run.dikast", "--junit-xml", "r.xml", "--summary", "s.md"),
        *("--fail-under", "0.9"),
    )
    assert done.exit_code == 4
    assert len(ET.parse(responses / "r.xml").getroot()[0]) == 3
    assert "gate not met" in (responses / "s.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["compare", "rank"])
def test_reports_of_pairs(pairs: Path, command: str) -> None:
    done = dikast(
        *(pairs, command, "pairs.jsonl", "--junit-xml", "r.xml", "--summary", "s.md"),
        *("--fail-under", "0.9", "--for", "new"),
    )
    assert done.exit_code == 4
    suite = ET.parse(pairs / "r.xml").getroot()[0]
    failing = [t.attrib["name"] for t in suite if t.find("failure") is not None]
    assert failing == ["share of pairs won by `new`"]
    text = (pairs / "s.md").read_text(encoding="utf-8")
    assert "### Leaderboard over 3 cases" in text
    assert "<code>new</code> | 0.500" in text


def test_a_verdict_without_a_panel_is_told_by_its_headline(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "r.dikast", Identity()) as run:
        go(run.add_cases([Case(id="q1", candidates=(Candidate(text="x"),))]))
        go(run.finish("q1", verdict()))
        write_junit(run, tmp_path / "r.xml", Demands())
        assert isinstance(run.verdict("q1"), Verdict)
    found = ET.parse(tmp_path / "r.xml").getroot()[0].find("testcase/system-out")
    assert found is not None
    assert "q1: decided" in str(found.text)


def test_reports_over_passages_tell_the_claims_that_do_not_hold(tmp_path: Path) -> None:
    rows = [
        {"id": "ok", "question": "Where is the office?", "response": FACT, "contexts": [FACT]},
        {
            "id": "off",
            "question": "When was it built?",
            "response": "It was built in 1987. Ada | ![x](http://e.example) painted it.",
            "contexts": ["It was built in 1978, by the river."],
        },
    ]
    write(tmp_path / "cases.jsonl", *rows)
    words = ("rag", "cases.jsonl", "-o", "r.dikast", "--junit-xml", "j.xml", "--summary", "s.md")
    done = dikast(tmp_path, *words)
    assert done.exit_code == 0, done.output
    told = (tmp_path / "s.md").read_text(encoding="utf-8")
    assert "gate <code>faithfulness</code> passed by 50.0%" in told
    assert "3 claims of 2 answers" in told
    tables = [line for line in told.splitlines() if line.startswith("| <code>off</code>")]
    assert [re.findall(r"<code>(contradicted|absent)</code>", line) for line in tables] == [
        ["contradicted"],
        ["absent"],
    ]
    assert "1978" in tables[0]
    assert "](" not in told
    cases = {case.get("name"): case for case in ET.parse(tmp_path / "j.xml").iter("testcase")}
    assert "✗ contradicted: “It was built in 1987.”" in (cases["off"].findtext("system-out") or "")
    assert "✗" not in (cases["ok"].findtext("system-out") or "")
