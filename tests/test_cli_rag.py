"""`dikast rag`: runs, resume, two pipelines, tables, the page, and what is refused at once."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import time
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from dikast.cli.every import app
from dikast.rag_html import POLICY, escaped
from dikast.records.runfile import RunFile
from dikast.records.salvage import salvage
from dikast.testing import LoopbackServer
from tests.rag_kit import (
    COVERS,
    INVENTED,
    RIGHT,
    SCORES,
    WRONG,
    Saying,
    Script,
    case,
    panel_toml,
    refusal,
    responder,
    row,
)

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
FORGED = "every customer gets a replacement for life"


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def dikast(folder: Path, *words: str) -> Done:
    """A command in this process: importing anew takes seconds each time."""
    with chdir(folder):
        done = CliRunner(env={"OPENAI_API_KEY": "x"}).invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def test_the_planted_faults_over_http(tmp_path: Path) -> None:
    """One contradiction, one unsupported claim, one forged quotation, one valid refusal."""
    script = Script(by_seat={("cleo", COVERS): Saying("supported", 1, FORGED)})
    declined = Script(claims=(), scores={**SCORES, "attempted": "no"})
    talk, decline = responder(script), responder(declined)

    def respond(request: Any) -> str:
        return str((decline if "Lindqvist kettle" in request.prompt else talk)(request))

    write(tmp_path / "cases.jsonl", row(case()), row(refusal()))
    with LoopbackServer(respond) as server:
        text = panel_toml(server.base_url, "anna", "bert", "cleo")
        (tmp_path / "panel.toml").write_text(text, encoding="utf-8")
        words = ("rag", "cases.jsonl", "-p", "panel.toml", "-o", "run.dikast", "--json")
        done = dikast(tmp_path, *words)
        asked = server.counts().requests
        again = dikast(tmp_path, "resume", "run.dikast")
        assert server.counts().requests == asked
    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    *records, summary = [json.loads(line) for line in done.stdout.splitlines()]
    found = {r["results"][0]["case_id"]: r["results"][0] for r in records}
    marks = {c["claim"]["text"]: c["decision"]["shown"] for c in found["halden"]["claims"]}
    assert marks == {
        RIGHT: "supported",
        COVERS: "supported",
        WRONG: "contradicted",
        INVENTED: "absent",
    }
    forged = [(f["kind"], f["seat"], f["quote"]) for f in found["halden"]["findings"]]
    assert forged == [("forged_quote", "cleo", FORGED)]
    assert found["halden"]["verdict"]["decided_at"] == "faithfulness"
    assert found["espresso"]["claims"] == []
    assert found["espresso"]["verdict"]["score"] == 1.0
    totals = summary["summary"]["totals"]["all"]
    assert totals["forged_quotes"] == {"cleo": 1}
    assert totals["marks"]["contradicted"]["value"] == 0.25
    assert totals["gates"]["refusal_validity"]["value"] == 1.0
    assert totals["gates"]["faithfulness"]["n"] == 1
    shown = dikast(tmp_path, "show", "run.dikast", "--case", "halden").stdout
    assert "✗ contradicted: “Unused goods may be sent back within 60 days.”" in shown
    assert "passage returns: “may be sent back within 30 days”" in shown
    assert "cleo: abstained: forged_quote" in shown
    assert dikast(tmp_path, "show", "run.dikast", "--case", "nobody").returncode == 2


def test_killed_and_resumed(tmp_path: Path) -> None:
    cases = [case(case_id=f"c{n}") for n in range(6)]
    write(tmp_path / "cases.jsonl", *map(row, cases))
    reply = responder(Script())

    def slow(request: Any) -> str:
        time.sleep(0.02)
        return str(reply(request))

    with LoopbackServer(slow) as server:
        text = panel_toml(server.base_url, "anna", "bert", "cleo")
        (tmp_path / "panel.toml").write_text(text, encoding="utf-8")
        words = [sys.executable, "-m", "dikast", "rag", "cases.jsonl", "--panel", "panel.toml"]
        words += ["--out", "run.dikast", "--workers", "2"]
        process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL)
        while server.counts().requests < 20:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
        done = dikast(tmp_path, "resume", "run.dikast")
        # in flight at the kill: at most one call per model
        assert len(server.counts().repeated) <= 4
        total = server.counts().requests
    assert done.returncode == 0, done.stderr
    with RunFile.open(tmp_path / "run.dikast", readonly=True) as run:
        records = list(run.rags())
        assert run.counts()["decided"] == 6
    assert [len(record.results[0].claims) for record in records] == [4] * 6
    assert all(record.results[0].verdict.transcript.ballots for record in records)
    # per case: a splitting, a marking by each, four criteria of each at most
    assert total <= 6 * (1 + 3 + 3 * 5) + 4
    whole = tmp_path / "whole.dikast"
    salvage(tmp_path / "run.dikast", whole)
    with RunFile.open(whole, readonly=True) as saved:
        assert [r.to_json() for r in saved.rags()] == [r.to_json() for r in records]


def test_a_dry_run_sends_nothing_and_bounds_the_calls(tmp_path: Path) -> None:
    write(tmp_path / "cases.jsonl", row(case()))
    with LoopbackServer(responder(Script())) as server:
        text = panel_toml(server.base_url, "anna", "bert", "cleo")
        (tmp_path / "panel.toml").write_text(text, encoding="utf-8")
        words = ("rag", "cases.jsonl", "-p", "panel.toml")
        dry = dikast(tmp_path, *words, "--dry-run", "--json")
        assert server.counts().requests == 0
        dikast(tmp_path, *words, "-o", "run.dikast")
        asked = server.counts().requests
    found = json.loads(dry.stdout)
    assert found["least"]["calls"] <= asked <= found["most"]["calls"]
    assert 0 < found["least"]["cost"] < found["most"]["cost"]


def test_a_budget_stops_the_run_and_resume_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "cases.jsonl", *(row(case(case_id=f"c{n}")) for n in range(3)))
    with LoopbackServer(responder(Script())) as server:
        text = panel_toml(server.base_url, "anna", "bert", "cleo")
        (tmp_path / "panel.toml").write_text(text, encoding="utf-8")
        words = ("rag", "cases.jsonl", "-p", "panel.toml", "-o", "run.dikast")
        done = dikast(tmp_path, *words, "--budget", "9calls")
        assert done.returncode == 3, done.stderr
        assert server.counts().requests <= 10
        assert dikast(tmp_path, "resume", "run.dikast").returncode == 0
        assert server.counts().repeated == ()


def test_the_examples_on_the_embedded_panel(tmp_path: Path) -> None:
    done = dikast(tmp_path, "rag", str(EXAMPLES / "rag.jsonl"), "-o", "run.dikast")
    assert done.returncode == 0
    assert "gate refusal_validity: passed by 100.0%" in done.stdout
    assert "descaling: decided, score 1.00" in done.stdout
    assert re.search(r"retrieval @5: precision 0\.\d+, recall 0\.750", done.stdout)


@pytest.mark.parametrize(
    ("least", "code"), [pytest.param("0.4", 0, id="met"), pytest.param("0.9", 4, id="not-met")]
)
def test_a_gate_on_the_mean_score(tmp_path: Path, least: str, code: int) -> None:
    words = ("rag", str(EXAMPLES / "rag.jsonl"), "-o", "run.dikast", "--fail-under", least)
    done = dikast(tmp_path, *words, "--junit-xml", "j.xml", "--summary", "s.md")
    assert done.returncode == code, done.stderr
    assert "mean score 0.500 over the 4 decided cases" in done.stderr
    assert (tmp_path / "j.xml").exists()
    assert "dikast rag" in (tmp_path / "s.md").read_text(encoding="utf-8")


def test_two_pipelines_from_two_files(tmp_path: Path) -> None:
    files = [str(EXAMPLES / name) for name in ("rag.jsonl", "rag_other.jsonl")]
    done = dikast(tmp_path, "rag", files[0], "--against", files[1], "-o", "run.dikast", "--json")
    assert done.returncode == 0, done.stderr
    paired = json.loads(done.stdout.splitlines()[-1])["summary"]["paired"]
    assert paired["outcomes"] == {"first": 1, "second": 2, "tie": 1, "undecided": 0}
    assert paired["decided_at"] == {"faithfulness": 2, "refusal_validity": 1}
    overall = paired["differences"]["overall"]
    assert (overall["value"], overall["n"]) == (-0.25, 4)
    assert overall["low"] < -0.25 < overall["high"]
    mirror = dikast(tmp_path, "rag", files[1], "--against", files[0], "-o", "m.dikast", "--json")
    other = json.loads(mirror.stdout.splitlines()[-1])["summary"]["paired"]
    assert other["outcomes"] == {"first": 2, "second": 1, "tie": 1, "undecided": 0}
    assert other["differences"]["overall"]["value"] == 0.25
    assert dikast(tmp_path, "resume", "run.dikast").returncode == 0


def test_a_changed_second_file_is_refused_on_resume(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", row(case()))
    other = write(tmp_path / "b.jsonl", row(case("Nothing is known.")))
    dikast(tmp_path, "rag", one.name, "--against", other.name, "-o", "run.dikast")
    write(other, row(case("Something is known.")))
    again = dikast(tmp_path, "resume", "run.dikast")
    assert (again.returncode, "halden (against)" in again.stderr) == (2, True), again.stderr


def test_two_answers_of_one_case(tmp_path: Path) -> None:
    given = {**row(case()), "candidates": [{"id": "old", "text": f"{RIGHT} {WRONG}"}]}
    given["candidates"].append({"id": "new", "text": f"{RIGHT} {COVERS}"})
    del given["response"]
    write(tmp_path / "cases.jsonl", given)
    done = dikast(tmp_path, "rag", "cases.jsonl", "-o", "run.dikast")
    assert done.returncode == 0, done.stderr
    assert "halden: new is better at faithfulness" in done.stdout
    assert "1 pairs: 0 won by old, 1 by new" in done.stdout
    assert "new is better at faithfulness" in dikast(tmp_path, "show", "run.dikast").stdout
    dikast(tmp_path, "export", "run.dikast", "t.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert [(r["candidate"], r["preferred"], r["level"]) for r in rows] == [
        ("old", "new", "faithfulness"),
        ("new", "new", "faithfulness"),
    ]


def test_tables_of_answers_and_of_claims(tmp_path: Path) -> None:
    dikast(tmp_path, "rag", str(EXAMPLES / "rag.jsonl"), "-o", "run.dikast")
    assert dikast(tmp_path, "export", "run.dikast", "a.jsonl").returncode == 0
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert len({tuple(r) for r in rows}) == 1
    returns = next(r for r in rows if r["case_id"] == "returns")
    assert (returns["claims"], returns["contradicted"], returns["absent"]) == (2, 1, 1)
    assert (returns["reference_source"], returns["splitter"]) == ("human", "embedded/clauses")
    assert returns["decided_at"] == "faithfulness"
    assert returns["figure_mrr"] == 0.5
    refused = next(r for r in rows if r["case_id"] == "descaling")
    assert refused["figure_faithfulness"] is None
    assert dikast(tmp_path, "export", "run.dikast", "c.csv", "--claims").returncode == 0
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as file:
        claims = list(csv.DictReader(file))
    wrong = next(c for c in claims if "60 days" in c["text"])
    assert (wrong["mark"], wrong["context_id"], wrong["citation"]) == (
        "contradicted",
        "returns",
        "unsupported",
    )
    assert dikast(tmp_path, "export", "run.dikast", "a.txt").returncode == 2


class _Page(HTMLParser):
    """Links and ids of a page, and everything that could act."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.marked: dict[str, str] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on") or name == "src"]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "mark":
            self._open = str(given["id"])
            self.marked[self._open] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.marked[self._open] += data


def test_the_page_links_every_claim_to_its_quotation(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=y>\u202e"
    evil = case(f"{RIGHT} {WRONG} {hostile} is covered.", "<b>id</b>")
    write(tmp_path / "cases.jsonl", row(evil), row(refusal()))
    words = ("rag", "cases.jsonl", "-o", "run.dikast", "--html", "page.html")
    assert dikast(tmp_path, *words).returncode == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert any("within 30 days" in quoted for quoted in page.marked.values())
    assert {"#k1", "#k2", "#k1r0c1"} <= set(page.links)  # list of cases; back from a quotation
    assert len(page.ids) == len(set(page.ids))
    assert page.tags <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "pre", "b"),
        *("div", "span", "a", "br", "mark", "table", "tr", "td", "th", "details", "summary"),
    }
    assert page.handlers == []
    assert escaped(POLICY) in text
    assert "default-src 'none'" in POLICY
    assert "http" not in text.replace("http-equiv", "")
    assert "\u202e" not in text
    dikast(tmp_path, "export", "run.dikast", "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == text


def test_of_a_long_passage_the_page_shows_the_surroundings(tmp_path: Path) -> None:
    filler = "The mill grinds barley for the town. " * 500
    given = row(case(RIGHT))
    given["contexts"] = [filler + str(given["contexts"][0]["text"]) + filler]
    write(tmp_path / "cases.jsonl", given)
    dikast(tmp_path, "rag", "cases.jsonl", "-o", "run.dikast", "--html", "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(text) < 10_000
    assert "characters shown" in text
    assert "a warranty of 24 months" in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(
            {"id": "1", "question": "?", "response": "x", "retrieved": ["a"]},
            ("no case has passages", "`retrieved`", "`retrieved_contexts`"),
            id="passages-under-another-name",
        ),
        pytest.param(
            {"id": "1", "question": "?", "contexts": ["a"], "reply": "x"},
            ("the response is missing", "`reply`"),
            id="answer-under-another-name",
        ),
        pytest.param(
            {
                "id": "1",
                "question": "?",
                "contexts": ["a"],
                "candidates": ["x", "y", "z"],
            },
            ("3 responses",),
            id="three-answers",
        ),
        pytest.param(
            {
                "id": "1",
                "question": "?",
                "contexts": ["a"],
                "response": "x",
                "labels": {"relevant_ids": "a"},
            },
            ("holds no relevance labels",),
            id="labels-of-another-form",
        ),
    ],
)
def test_what_is_refused_before_anything_is_stored(
    tmp_path: Path, given: dict[str, Any], words: tuple[str, ...]
) -> None:
    write(tmp_path / "cases.jsonl", given)
    done = dikast(tmp_path, "rag", "cases.jsonl", "-o", "run.dikast")
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "run.dikast").exists()


def test_an_empty_list_of_passages_is_an_answer_to_evaluate(tmp_path: Path) -> None:
    write(tmp_path / "cases.jsonl", {**row(case()), "contexts": []})
    done = dikast(tmp_path, "rag", "cases.jsonl", "-o", "run.dikast")
    assert done.returncode == 0, done.stderr
    assert "0 supported, 0 contradicted, 4 absent" in done.stdout


def test_files_without_a_common_id_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", row(case()))
    other = write(tmp_path / "b.jsonl", row(case(case_id="another")))
    done = dikast(tmp_path, "rag", one.name, "--against", other.name)
    assert (done.returncode, "no id in common" in done.stderr) == (2, True)


def test_agreement_apart_for_what_a_judge_knows(tmp_path: Path) -> None:
    """anna knows the even questions and is right exactly there."""
    rows = []
    for n in range(8):
        given = {**row(case(RIGHT, f"c{n}")), "reference": "24 months"}
        rows.append({**given, "labels": {"refusal_validity": "yes" if n % 2 == 0 else "no"}})
    write(tmp_path / "cases.jsonl", *rows)
    reply = responder(Script(claims=(RIGHT,)))

    def respond(request: Any) -> str:
        if "You answer questions" in request.prompt:
            number = state["asked"]
            state["asked"] += 1
            return "24 months" if number % 2 == 0 else "no idea"
        return str(reply(request))

    state = {"asked": 0}
    with LoopbackServer(respond) as server:
        more = "[protocol]\nself_answer = true\n"
        (tmp_path / "panel.toml").write_text(
            panel_toml(server.base_url, "anna", more=more), encoding="utf-8"
        )
        words = ("rag", "cases.jsonl", "-p", "panel.toml", "-o", "run.dikast", "-w", "1")
        assert dikast(tmp_path, *words).returncode == 0
    done = dikast(tmp_path, "self-answers", "run.dikast", "--json")
    (found,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (found["seat"], found["criterion"]) == ("anna", "refusal_validity")
    assert (found["knew"]["value"], found["did_not"]["value"]) == (1.0, 0.0)
    assert found["difference"]["value"] == 1.0
    assert found["references"] == {"unstated": 8}
    told = dikast(tmp_path, "self-answers", "run.dikast").stdout
    assert "where it answered rightly itself: 100.0%" in told


def test_a_run_without_self_answers_says_so(tmp_path: Path) -> None:
    dikast(tmp_path, "rag", str(EXAMPLES / "rag.jsonl"), "-o", "run.dikast")
    done = dikast(tmp_path, "self-answers", "run.dikast")
    assert (done.returncode, "self_answer = true" in done.stderr) == (2, True)


def test_an_audit_doubts_nothing_that_nobody_was_asked(tmp_path: Path) -> None:
    """Behind a failed gate there is no vote, and nothing for a person to look at."""
    dikast(tmp_path, "rag", str(EXAMPLES / "rag.jsonl"), "-o", "run.dikast")
    done = dikast(tmp_path, "audit", "run.dikast")
    assert done.returncode == 0, done.stderr
    assert "refusal_validity" in done.stdout
    assert "no vote that counts stands" not in done.stdout
