"""What a run file keeps, gives back and refuses."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dikast.errors import InputError, ResumeRefused, StoreError
from dikast.records.identity import Identity
from dikast.records.packing import Damaged, pack, unpack
from dikast.records.runfile import RunFile
from dikast.types import Case, Reason, Verdict
from tests.runfiles import IDENTITY, ballots, case, failed, go, verdict

ADDED = {"decided", "abstained", "failed", "awaiting_adjudication", "todo"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.dikast"


@pytest.fixture
def run(path: Path) -> Iterator[RunFile]:
    with RunFile.create(path, IDENTITY) as made:
        yield made


def test_everything_comes_back_after_reopening(path: Path) -> None:
    with RunFile.create(path, IDENTITY) as run:
        secret, created = run.secret, run.created
        go(run.add_cases([case("q1"), case("q2")]))
        sealed = go(run.seal())
        go(run.put("key", '{"case":"q1"}', b"\x00\xffanswer"))
        go(run.finish("q1", verdict("q1")))
        go(run.note("cases_from", {"path": "cases.jsonl", "limit": None}))
    assert os.listdir(path.parent) == ["run.dikast"]
    with RunFile.open(path) as run:
        assert (run.secret, run.created, run.sealed) == (secret, created, True)
        assert run.identity == IDENTITY.model_copy(update={"cases": sealed})
        assert go(run.get("key")) == b"\x00\xffanswer"
        assert go(run.get("other")) is None
        assert [entry.place for entry in run.entries()] == ['{"case":"q1"}']
        assert run.calls() == 1
        assert run.verdict("q1") == verdict("q1")
        assert list(run.verdicts()) == [verdict("q1")]
        assert run.verdict("q2") is None
        assert run.case("q2") == case("q2")
        assert run.case("q3") is None
        assert [c.id for c in run.todo()] == ["q2"]
        assert list(run.cases()) == [case("q1"), case("q2")]
        assert list(run.done_ids()) == ["q1"]
        assert run.notes == {"cases_from": {"path": "cases.jsonl", "limit": None}}


def test_secrets_differ_between_runs_and_have_32_bytes(tmp_path: Path) -> None:
    secrets = []
    for name in "ab":
        with RunFile.create(tmp_path / name, IDENTITY) as run:
            secrets.append(run.secret)
    assert secrets[0] != secrets[1]
    assert {len(secret) for secret in secrets} == {32}


def test_ballots_are_flat_and_exact(run: RunFile) -> None:
    go(run.add_cases([case("q1"), case("q2")]))
    go(run.finish("q2", verdict("q2")))
    first, second = run.ballots()
    assert (first.case_id, first.seat, first.judge, first.score) == (
        "q2",
        "anna",
        "anna",
        0.1 + 0.2,
    )
    assert (first.presentation, first.abstention, first.round) == (("response",), None, 0)
    assert (second.judge, second.score, second.abstention) == ("cleo", None, Reason.TIMEOUT)
    assert second.round == 1


def test_ballots_and_verdicts_stream_over_many_pages(run: RunFile) -> None:
    names = [f"q{i}" for i in range(300)]

    async def fill() -> None:
        await run.add_cases(map(case, names))
        await asyncio.gather(*(run.finish(n, verdict(n)) for n in reversed(names[::2])))

    go(fill())
    assert [v.case_id for v in run.verdicts()] == names[::2]
    assert [b.case_id for b in run.ballots()] == [n for n in names[::2] for _ in ballots()]
    assert [c.id for c in run.todo()] == names[1::2]


@pytest.mark.parametrize(
    "done",
    [
        pytest.param(verdict(score=0.0), id="score-of-zero"),
        pytest.param(failed(), id="failed"),
        pytest.param(
            verdict(status="abstained", reason=Reason.LOW_CONFIDENCE, score=None), id="abstained"
        ),
        pytest.param(
            verdict(status="awaiting_adjudication", reason=Reason.TIE, score=None), id="awaiting"
        ),
    ],
)
def test_any_verdict_counts_as_done(run: RunFile, done: Verdict) -> None:
    go(run.add_cases([case("q1"), case("q2")]))
    go(run.finish("q1", done))
    assert run.is_done("q1")
    assert not run.is_done("q2")
    assert not run.is_done("nobody")
    counts = run.counts()
    assert counts == {"cases": 2, **dict.fromkeys(ADDED, 0), "todo": 1, done.status: 1}
    assert sum(counts[name] for name in ADDED) == counts["cases"]


def test_a_failed_case_is_reopened_and_its_verdict_stays_as_history(run: RunFile) -> None:
    go(run.add_cases([case("q1"), case("q2")]))
    go(run.finish("q1", failed()))
    go(run.finish("q2", verdict("q2")))
    assert go(run.reopen_failed()) == 1
    assert [c.id for c in run.todo()] == ["q1"]
    assert run.verdict("q1") is None
    assert [b.case_id for b in run.ballots()] == ["q2", "q2"]
    go(run.finish("q1", verdict("q1")))
    assert run.verdict("q1") == verdict("q1")
    assert run.history("q1") == [failed(), verdict("q1")]
    assert run.counts()["decided"] == 2


def test_adjudication_replaces_a_verdict_that_waited_for_it(run: RunFile) -> None:
    waiting = verdict(status="awaiting_adjudication", reason=Reason.TIE, score=None)
    go(run.add_cases([case("q1")]))
    go(run.finish("q1", waiting))
    go(run.finish("q1", verdict("q1")))
    assert run.history("q1") == [waiting, verdict("q1")]
    assert run.counts()["awaiting_adjudication"] == 0


@pytest.mark.parametrize(
    ("which", "told", "words"),
    [
        pytest.param("q1", verdict("q1"), "has a verdict already", id="finished-twice"),
        pytest.param("q9", verdict("q9"), "no case `q9`", id="unknown-case"),
        pytest.param("q2", verdict("q1"), "no case `q1` to finish", id="verdict-on-another-case"),
        pytest.param(7, verdict("q1"), "no case `q1` to finish", id="number-without-case"),
    ],
)
def test_finish_refuses(run: RunFile, which: int | str, told: Verdict, words: str) -> None:
    go(run.add_cases([case("q1"), case("q2")]))
    go(run.finish(1, verdict("q1")))
    with pytest.raises(StoreError, match=words):
        go(run.finish(which, told))
    assert list(run.verdicts()) == [verdict("q1")]
    assert len(list(run.ballots())) == 2


def test_one_bad_write_does_not_cost_its_neighbours(run: RunFile) -> None:
    """Writes that happen to share a transaction share no fate."""
    go(run.add_cases([case("q1"), case("q2")]))

    async def together() -> Sequence[object]:
        return await asyncio.gather(
            run.finish("q1", verdict("q1")),
            run.finish("nobody", verdict("nobody")),
            run.put("key", object(), b"place is not text"),  # type: ignore[arg-type]
            run.put("other", "{}", b"fine"),
            return_exceptions=True,
        )

    first, second, third, fourth = go(together())
    assert (first, fourth) == (None, None)
    assert isinstance(second, StoreError)
    assert isinstance(third, StoreError)
    assert run.is_done("q1")
    assert go(run.get("other")) == b"fine"


def test_the_first_answer_of_a_key_stays(run: RunFile) -> None:
    go(run.put("key", "{}", b"first"))
    go(run.put("key", "{}", b"second"))
    assert go(run.get("key")) == b"first"
    assert run.calls() == 1


def test_cases_may_be_added_again_and_only_unchanged(run: RunFile) -> None:
    assert go(run.add_cases([case("q1")])) == 1
    assert go(run.add_cases([case("q1"), case("q2")])) == 1
    with pytest.raises(InputError, match="`q2` is already in the run file with other content"):
        go(run.add_cases([case("q3"), case("q2", "forty-three")]))
    with pytest.raises(InputError, match="`q4`"):
        go(run.add_cases([case("q4"), case("q4", "twice")]))
    assert run.counts()["cases"] == 2
    go(run.seal())
    assert go(run.add_cases([case("q1"), case("q2")])) == 0
    with pytest.raises(ResumeRefused, match="case `q5` added"):
        go(run.add_cases([case("q5")]))


def test_cases_may_be_added_while_others_are_taken(run: RunFile) -> None:
    go(run.add_cases([case("q1")]))
    taken = []
    for found in run.todo():
        taken.append(found.id)
        if found.id == "q1":
            go(run.add_cases([case("q2")]))
        go(run.finish(found.id, verdict(found.id)))
    assert taken == ["q1", "q2"]


def test_text_that_is_no_unicode_is_refused_with_the_case(run: RunFile) -> None:
    broken = case("q1").model_copy(update={"metadata": {"note": "half a pair: \ud800"}})
    with pytest.raises(InputError, match="case `q1` cannot be stored"):
        go(run.add_cases([broken]))


def test_one_run_file_serves_several_event_loops_one_after_another(run: RunFile) -> None:
    for number in range(3):
        go(run.put(f"key{number}", "{}", b"x"))
    assert run.calls() == 3


def test_a_loop_that_ends_early_leaves_the_file_in_order(run: RunFile) -> None:
    async def leave_at_once() -> None:
        pending = [asyncio.ensure_future(run.put(f"k{i}", "{}", b"x" * 500)) for i in range(50)]
        await asyncio.sleep(0)
        for task in pending[::2]:
            task.cancel()

    go(leave_at_once())
    go(run.put("after", "{}", b"y"))
    assert go(run.get("after")) == b"y"


def test_several_loops_at_once(run: RunFile) -> None:
    async def fill(tag: int) -> None:
        await asyncio.gather(*(run.put(f"{tag}-{i}", "{}", b"x") for i in range(50)))

    threads = [threading.Thread(target=lambda tag=tag: go(fill(tag))) for tag in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run.calls() == 200


def test_many_more_writes_at_once_than_fit_a_transaction(run: RunFile) -> None:
    """Whoever waits sleeps: thousands that looked for room again and again let nobody write."""

    async def flood() -> None:
        await asyncio.gather(*(run.put(str(i), "{}", b"x") for i in range(6000)))

    go(flood())
    assert run.calls() == 6000


def test_what_waits_at_the_end_is_still_written(path: Path) -> None:
    async def leave() -> None:
        run = RunFile.create(path, IDENTITY)
        waiting = [asyncio.ensure_future(run.put(str(i), "{}", b"x")) for i in range(20)]
        await asyncio.sleep(0)
        run.close()
        await asyncio.gather(*waiting)

    go(leave())
    with RunFile.open(path, readonly=True) as run:
        assert run.calls() == 20


def test_a_closed_file_says_so(path: Path) -> None:
    run = RunFile.create(path, IDENTITY)
    run.close()
    run.close()
    with pytest.raises(StoreError, match="was closed"):
        go(run.put("k", "{}", b""))
    with pytest.raises(StoreError, match="was closed"):
        run.counts()


def test_a_reader_cannot_write(path: Path) -> None:
    RunFile.create(path, IDENTITY).close()
    with (
        RunFile.open(path, readonly=True) as run,
        pytest.raises(StoreError, match="only to be read"),
    ):
        go(run.put("k", "{}", b""))


def test_the_log_of_writes_does_not_grow_without_bound(run: RunFile, path: Path) -> None:
    body = os.urandom(20_000)

    async def fill() -> None:
        for start in range(0, 2000, 50):
            await asyncio.gather(*(run.put(f"k{start + i}", "{}", body) for i in range(50)))

    go(fill())
    assert path.stat().st_size > 20_000_000
    assert path.with_name("run.dikast-wal").stat().st_size < 20_000_000


IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@settings(max_examples=20)
@given(names=st.lists(IDS, min_size=1, max_size=6, unique=True), body=st.binary(max_size=2000))
def test_ids_and_bodies_come_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], body: bytes
) -> None:
    folder = tmp_path_factory.mktemp("run")
    with RunFile.create(folder / "r", Identity()) as run:

        async def fill() -> None:
            await run.add_cases(case(name, name) for name in names)
            for name in names:
                await run.put(name, json.dumps(name), body)
                await run.finish(name, verdict(name, detail=name))

        go(fill())
        assert [c.id for c in run.cases()] == names
        assert list(run.verdicts()) == [verdict(name, detail=name) for name in names]
        assert [e.key for e in run.entries()] == names
        assert all(go(run.get(name)) == body for name in names)
    assert os.listdir(folder) == ["r"]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["../x", "/etc/passwd", "a\\b", "."], id="paths"),
        pytest.param(["é", "e\u0301", "E", "e", " e", "e "], id="case-accents-and-space-differ"),
        pytest.param(["x" * 300], id="300-characters"),
        pytest.param(["a\x00b", "a\x00c", "\x1b[2J", "\n"], id="control-characters"),
        pytest.param(["' OR 1=1 --", "{0}", "%s", "${x}", "{{ x }}"], id="markup-and-templates"),
    ],
)
def test_hostile_ids_are_only_data(run: RunFile, path: Path, names: list[str]) -> None:
    go(run.add_cases(map(case, names)))
    for name in names:
        go(run.finish(name, verdict(name)))
    assert [c.id for c in run.cases()] == names == list(run.done_ids())
    assert {name: run.verdict(name) for name in names} == {name: verdict(name) for name in names}
    assert {p.name.split("-")[0].split(".lock")[0] for p in path.parent.iterdir()} == {path.name}


@given(st.binary(max_size=3000), st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_is_noticed(data: bytes, where: int, flip: int) -> None:
    stored = bytearray(pack(data * 3))
    assert unpack(bytes(stored)) == data * 3
    stored[where % len(stored)] ^= flip
    with pytest.raises(Damaged):
        unpack(bytes(stored))


def test_a_small_blob_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dikast.records.packing.MAX_UNPACKED", 10_000)
    with pytest.raises(Damaged, match="too large"):
        unpack(pack(b"0" * 1_000_000))


def test_case_with_everything_comes_back(run: RunFile) -> None:
    rich = Case.from_json(
        '{"id":"r","messages":[{"role":"user","content":"hi"}],"candidates":[{"id":"a","text":"x",'
        '"metadata":{"n":1e300}},{"id":"b","text":"y"}],"contexts":[{"id":"c","text":"z"}],'
        '"labels":{"good":true},"metadata":{"deep":[{"a":null}]},"reference":"w"}'
    )
    go(run.add_cases([rich]))
    assert run.case("r") == rich
