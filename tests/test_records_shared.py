"""A journal that several processes share: nothing lost, one secret, failures told to all."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from dikast.errors import StorageFailed, StoreError
from dikast.models.journal import Entry
from dikast.records import shared
from dikast.records.lock import RunLock
from dikast.records.runfile import RunFile
from dikast.records.shared import SharedJournal
from tests.runfiles import go

PUTS = 12


def work(path: str, name: str) -> None:
    """Another process: makes the file if it is first, writes what is its own and what is not."""
    journal = SharedJournal(Path(path), make=True)

    async def write() -> None:
        for number in range(PUTS):
            await asyncio.gather(
                journal.put(f"{name}-{number}", "{}", name.encode()),
                journal.put(f"shared-{number}", "{}", name.encode()),
            )

    asyncio.run(write())


def test_processes_that_begin_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.dikast"
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=work, args=(str(path), name)) for name in ("a", "b", "c")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with RunFile.open(path, readonly=True) as run:
        bodies = {entry.key: entry.body for entry in run.entries()}
    own = {f"{name}-{n}": name.encode() for name in "abc" for n in range(PUTS)}
    assert {key: body for key, body in bodies.items() if key in own} == own
    assert {key for key in bodies if key not in own} == {f"shared-{n}" for n in range(PUTS)}
    assert [name.name for name in path.parent.iterdir()] == ["run.dikast"]


def test_the_first_answer_of_a_key_stays(tmp_path: Path) -> None:
    one, other = (SharedJournal(tmp_path / "j.dikast", make=True) for _ in range(2))
    go(one.put("k", "{}", b"first"))
    go(other.put("k", "{}", b"second"))
    assert go(one.get("k")) == go(other.get("k")) == b"first"
    assert one.secret == other.secret
    assert go(one.get("absent")) is None


def test_many_writes_at_once_go_in_few_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SharedJournal(tmp_path / "j.dikast", make=True)
    opened: list[bool] = []
    real = shared._patiently

    def counting(path: Path, *, readonly: bool = False) -> RunFile:
        opened.append(readonly)
        return real(path, readonly=readonly)

    monkeypatch.setattr(shared, "_patiently", counting)

    async def write() -> None:
        await asyncio.gather(*(journal.put(f"k{n}", "{}", b"x") for n in range(50)))

    go(write())
    assert len(opened) <= 2
    assert journal.places() == {"{}": 50}


def test_a_file_that_is_not_given_back_fails_every_write_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SharedJournal(tmp_path / "j.dikast", make=True)
    monkeypatch.setattr(shared, "PATIENCE", 0.05)

    async def write() -> list[type[BaseException | None]]:
        puts = (journal.put(f"k{n}", "{}", b"x") for n in range(3))
        return [type(found) for found in await asyncio.gather(*puts, return_exceptions=True)]

    async def held_then_free() -> None:
        lock = RunLock((tmp_path / "j.dikast").resolve())
        try:
            assert await write() == [StorageFailed] * 3
        finally:
            lock.release()
        assert await write() == [type(None)] * 3

    go(held_then_free())
    assert go(journal.get("k2")) == b"x"


def test_a_write_whose_asker_left_in_mid_turn_is_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SharedJournal(tmp_path / "j.dikast", make=True)
    monkeypatch.setattr(shared, "PATIENCE", 10.0)
    real = shared._patiently

    async def write() -> None:
        loop = asyncio.get_running_loop()
        waiting = asyncio.Event()

        def telling(path: Path, *, readonly: bool = False) -> RunFile:
            loop.call_soon_threadsafe(waiting.set)
            return real(path, readonly=readonly)

        monkeypatch.setattr(shared, "_patiently", telling)
        lock = RunLock((tmp_path / "j.dikast").resolve())
        first = asyncio.create_task(journal.put("first", "{}", b"x"))
        second = asyncio.create_task(journal.put("second", "{}", b"x"))
        await asyncio.wait_for(waiting.wait(), 30)  # the first has the turn and waits for the file
        first.cancel()
        await asyncio.sleep(0)
        lock.release()
        await second
        monkeypatch.setattr(shared, "_patiently", real)

    go(write())
    assert go(journal.get("first")) == go(journal.get("second")) == b"x"


def test_without_leave_to_make_it_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        SharedJournal(tmp_path / "absent.dikast")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError):
        SharedJournal(path, make=True)
    assert path.read_text(encoding="utf-8") == "mine"


def test_those_who_waited_with_one_who_left_are_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SharedJournal(tmp_path / "j.dikast", make=True)
    gates = [threading.Event(), threading.Event()]
    batches: list[list[str]] = []
    real = shared._write

    def gated(path: Path, entries: Sequence[Entry]) -> None:
        batches.append([entry.key for entry in entries])
        if len(batches) <= len(gates):
            gates[len(batches) - 1].wait(30)
        real(path, entries)

    monkeypatch.setattr(shared, "_write", gated)

    async def reached(number: int) -> None:
        while len(batches) < number:
            await asyncio.sleep(0.001)

    async def write() -> None:
        zero = asyncio.create_task(journal.put("zero", "{}", b"x"))
        await reached(1)
        first, second = (
            asyncio.create_task(journal.put(name, "{}", b"x")) for name in ("first", "second")
        )
        await asyncio.sleep(0)
        gates[0].set()
        await reached(2)
        first.cancel()
        gates[1].set()
        await asyncio.wait_for(asyncio.gather(zero, second), 30)

    go(write())
    assert batches[:2] == [["zero"], ["first", "second"]]
    assert go(journal.get("second")) == b"x"
