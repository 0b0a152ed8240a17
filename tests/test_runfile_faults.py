"""Kills, full disks and second processes, met by a run file."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dikast.errors import StorageFailed, StoreBusy, StoreError
from dikast.records.lock import RunLock
from dikast.records.runfile import RunFile
from tests.runfiles import IDENTITY, case, go, start_python, verdict

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.dikast"


# A kill at any moment

WORKER = """
import asyncio, os, sys
from dikast.records.runfile import RunFile
from tests.runfiles import IDENTITY, case, verdict
path = sys.argv[1]
run = RunFile.open(path) if os.path.exists(path) else RunFile.create(path, IDENTITY)

async def seat(number, cases):
    for found in cases:
        key = f"{found.id}/{number}"
        if await run.get(key) is None:
            await run.put(key, "{}", os.urandom(300))
            print("answer", key, flush=True)
        if number == 0:
            await run.finish(found.id, verdict(found.id))
            print("verdict", found.id, flush=True)

async def main():
    if not run.sealed:
        await run.add_cases(case(f"q{i}") for i in range(5000))
        await run.seal()
    print("ready", flush=True)
    todo = run.todo()
    batch = [next(todo) for _ in range(400)]
    await asyncio.gather(*(seat(n, batch) for n in range(8)))

asyncio.run(main())
run.close()
"""


@posix
def test_ten_kills_lose_nothing_that_was_reported(path: Path) -> None:
    dice = random.Random(7)
    answers: set[str] = set()
    verdicts: set[str] = set()
    for kill in range(11):
        child = start_python(WORKER, path)
        assert child.stdout is not None
        lines: list[str] = []
        # The first kill hits while cases are added, the others while answers come in.
        stop_after = 0 if kill == 0 else dice.randrange(1, 120)
        if kill == 0:
            while not path.exists() and child.poll() is None:
                time.sleep(0.001)
            time.sleep(dice.random() * 0.02)
        while len(lines) < stop_after and (line := child.stdout.readline()):
            lines.append(line)
        child.kill()
        lines += child.stdout.read().splitlines(keepends=True)
        assert child.wait() == -signal.SIGKILL
        for line in lines:
            what, _, name = line.strip().partition(" ")
            if line.endswith("\n") and name:
                target = {"answer": answers, "verdict": verdicts}[what]
                assert name not in target, "an answer on disk was asked for again"
                target.add(name)
    with RunFile.open(path) as run:
        assert len(verdicts) > 20
        assert len(answers) > 100
        assert answers <= {entry.key for entry in run.entries()}
        assert verdicts <= {found.case_id for found in run.verdicts()}
        counts = run.counts()
        assert (counts["cases"], counts["todo"] + counts["decided"]) == (5000, 5000)
        assert all(run.verdict(name) == verdict(name) for name in verdicts)


@posix
@pytest.mark.parametrize("readonly", [False, True], ids=["to-write", "to-read"])
def test_a_killed_run_opens_without_repair(path: Path, readonly: bool) -> None:
    script = (
        "import asyncio, os, sys\nfrom dikast.records.runfile import RunFile\n"
        "from tests.runfiles import IDENTITY\n"
        "run = RunFile.create(sys.argv[1], IDENTITY)\n"
        "asyncio.run(run.put('key', '{}', b'x'))\nos.kill(os.getpid(), 9)\n"
    )
    assert start_python(script, path).wait() == -signal.SIGKILL
    assert path.with_name("run.dikast.lock").exists()
    with RunFile.open(path, readonly=readonly) as run:
        assert go(run.get("key")) == b"x"


@posix
def test_a_kill_while_the_file_is_made_leaves_all_of_it_or_nothing(path: Path) -> None:
    script = (
        "import sys, os\nfrom dikast.records import creation\n"
        "from dikast.records.runfile import RunFile\nfrom tests.runfiles import IDENTITY\n"
        "creation.put_in_place = lambda *_: os.kill(os.getpid(), 9)\n"
        "RunFile.create(sys.argv[1], IDENTITY)\n"
    )
    assert start_python(script, path).wait() == -signal.SIGKILL
    assert not path.exists()
    RunFile.create(path, IDENTITY).close()
    assert os.listdir(path.parent) == ["run.dikast"]


# No room

FULL = """
import asyncio, resource, sys
from dikast.errors import StorageFailed
from dikast.records.runfile import RunFile
from tests.runfiles import IDENTITY
path, limited = sys.argv[1], sys.argv[2] == "limit"
run = RunFile.create(path, IDENTITY)
if limited:
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
else:
    # SQLite's own limit gives the very error of a full disk.
    run._writer._conn.execute("PRAGMA max_page_count = 60")

import os
async def main():
    async def fill(tag):
        for i in range(200):
            await run.put(f"{tag}-{i}", "{}", os.urandom(4000))
            print(f"{tag}-{i}", flush=True)
    ended = await asyncio.gather(*(fill(tag) for tag in range(4)), return_exceptions=True)
    assert all(isinstance(error, StorageFailed) for error in ended), ended
    try:
        await run.put("later", "{}", b"")
    except StorageFailed as error:
        print("ERROR", error, flush=True)
    assert await run.get("0-0") is not None

asyncio.run(main())
run.close()
"""


@posix
@pytest.mark.parametrize(
    ("how", "words"),
    [
        pytest.param("limit", "disk I/O error", id="file-size-limit"),
        pytest.param("full", "database or disk is full", id="disk-full"),
    ],
)
def test_no_room_stops_every_write_and_keeps_what_was_stored(
    path: Path, how: str, words: str
) -> None:
    child = start_python(FULL, path, how)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    *stored, last = out.splitlines()
    assert len(stored) > 10
    assert last.startswith("ERROR")
    assert str(path) in last
    assert words in last
    assert "dikast resume" in last
    with RunFile.open(path) as run:  # there is room again
        assert {entry.key for entry in run.entries()} >= set(stored)
        go(run.put("later", "{}", b"x" * 5000))
        assert go(run.get("later")) == b"x" * 5000


# Places that take no run file


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda p: p.mkdir(), "is a folder", id="a-folder"),
        pytest.param(lambda p: p.write_text("my thesis"), "not a run file", id="someones-text"),
        pytest.param(lambda p: p.write_bytes(b""), "not a run file", id="an-empty-file"),
        pytest.param(
            lambda p: sqlite3.connect(p).execute("CREATE TABLE t (x)").connection.close(),
            "not a run file",
            id="another-database",
        ),
        pytest.param(
            lambda p: RunFile.create(p, IDENTITY).close(), "already holds a run", id="another-run"
        ),
    ],
)
def test_create_overwrites_nothing(path: Path, make: Callable[[Path], object], words: str) -> None:
    make(path)
    before = None if path.is_dir() else path.read_bytes()
    with pytest.raises(StoreError, match=words) as refusal:
        RunFile.create(path, IDENTITY)
    assert str(path) in str(refusal.value)
    assert os.listdir(path.parent) == ["run.dikast"]
    assert before is None or path.read_bytes() == before


def test_create_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no folder"):
        RunFile.create(tmp_path / "nowhere" / "run.dikast", IDENTITY)
    assert os.listdir(tmp_path) == []


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        RunFile.create(tmp_path / "run.dikast", IDENTITY)


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_run_can_be_read_on_read_only_ground(path: Path, mode: str) -> None:
    RunFile.create(path, IDENTITY).close()
    with contextlib.closing(sqlite3.connect(path)) as conn:
        conn.execute(f"PRAGMA journal_mode = {mode}")
    path.parent.chmod(0o500)
    try:
        with RunFile.open(path, readonly=True) as run:
            assert run.counts()["cases"] == 0
        with pytest.raises(StoreError, match="cannot be written"):
            RunFile.open(path)
    finally:
        path.parent.chmod(0o700)


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        RunFile.create(tmp_path / ("x" * 255), IDENTITY)


# Two processes

HOLDER = """
import sys
from dikast.records.runfile import RunFile
run = RunFile.open(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
run.close()
print("closed", flush=True)
sys.stdin.readline()
"""


def test_a_second_process_is_refused_with_the_first_ones_number(path: Path) -> None:
    RunFile.create(path, IDENTITY).close()
    child = start_python(HOLDER, path)
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "held\n"
    try:
        with pytest.raises(StoreBusy, match=f"process {child.pid}") as refusal:
            RunFile.open(path)
        assert refusal.value.pid == child.pid
        with pytest.raises(StoreBusy, match=f"process {child.pid}"):
            RunFile.create(path, IDENTITY)
        with RunFile.open(path, readonly=True) as run:  # reading goes on
            assert run.counts()["cases"] == 0
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "closed\n"
        RunFile.open(path).close()  # free, though its process still lives
    finally:
        child.kill()
        child.wait()


def test_a_dead_process_holds_nothing(path: Path) -> None:
    RunFile.create(path, IDENTITY).close()
    child = start_python(HOLDER, path)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    child.kill()
    child.wait()
    with RunFile.open(path) as run:
        go(run.put("k", "{}", b""))
    assert os.listdir(path.parent) == ["run.dikast"]


def test_a_number_that_went_to_another_process_deceives_nobody(path: Path) -> None:
    RunFile.create(path, IDENTITY).close()
    path.with_name("run.dikast.lock").write_text(f"{os.getppid()}\n")
    RunFile.open(path).close()


def test_twice_in_one_process(path: Path) -> None:
    with RunFile.create(path, IDENTITY):
        with pytest.raises(StoreBusy, match="already open in this process") as refusal:
            RunFile.open(path)
        assert refusal.value.pid == os.getpid()
        link = path.with_name("link.dikast")
        link.symlink_to(path)
        with pytest.raises(StoreBusy):
            RunFile.open(link)
    RunFile.open(path).close()


@posix
def test_a_lock_changes_hands_without_two_holders(path: Path) -> None:
    """Its file is removed at each release; one opened just before must not count as held."""
    held: list[int] = []
    together: list[int] = []
    until = time.monotonic() + 0.5

    def take_turns() -> None:
        while time.monotonic() < until:
            try:
                lock = RunLock(path)
            except StoreBusy:
                continue
            held.append(1)
            together.append(len(held))
            time.sleep(0)
            held.pop()
            lock.release()

    threads = [threading.Thread(target=take_turns) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) > 10
    assert set(together) == {1}


def test_readers_see_a_running_run_grow(path: Path) -> None:
    with RunFile.create(path, IDENTITY) as run, RunFile.open(path, readonly=True) as reader:
        go(run.add_cases([case("q1")]))
        assert reader.counts()["todo"] == 1
        go(run.finish("q1", verdict("q1")))
        assert reader.counts()["decided"] == 1
        assert reader.verdict("q1") == verdict("q1")


def test_closing_under_a_reader(path: Path) -> None:
    run = RunFile.create(path, IDENTITY)
    go(run.add_cases([case("q1")]))
    with RunFile.open(path, readonly=True) as reader:
        run.close()
        assert reader.counts()["todo"] == 1
        with RunFile.open(path) as again:
            go(again.finish("q1", verdict("q1")))
        assert reader.counts()["decided"] == 1


def test_a_foreign_writer_is_named_as_such(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dikast.records.schema.BUSY_SECONDS", 0.1)
    with RunFile.create(path, IDENTITY) as run:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailed, match="another program holds it") as error:
            go(run.put("k", "{}", b""))
        assert "locked" not in str(error.value)
        other.close()
