"""Damaged run files: refused and left alone, and what salvage saves."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dikast.errors import StoreBusy, StoreError
from dikast.records.runfile import RunFile
from dikast.records.salvage import salvage
from tests.runfiles import IDENTITY, case, go, verdict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.dikast"


@pytest.fixture
def full(path: Path) -> Path:
    """A run of 300 cases, 200 of them decided, 400 answers."""
    with RunFile.create(path, IDENTITY) as run:

        async def fill() -> None:
            await run.add_cases(case(f"q{i}", f"answer {i} " * 30) for i in range(300))
            await run.seal()
            await asyncio.gather(*(run.put(f"k{i}", "{}", os.urandom(600)) for i in range(400)))
            await asyncio.gather(*(run.finish(f"q{i}", verdict(f"q{i}")) for i in range(200)))

        go(fill())
    return path


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def _cut_to_100_bytes(path: Path) -> None:
    os.truncate(path, 100)


def _smash_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)


def _smash_the_beginning(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\x00" * 50)


def _from_the_future(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("PRAGMA user_version = 99")
    conn.close()


def _without_a_table(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("DROP TABLE ballots")
    conn.close()


def _with_a_trigger(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TRIGGER evil AFTER INSERT ON journal BEGIN DELETE FROM journal; END")
    conn.close()


def _without_identity(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE meta SET value = '{\"kind\": 7}' WHERE name = 'identity'")
    conn.close()


DAMAGES = [
    pytest.param(_cut, "salvage", id="cut-short"),
    pytest.param(_cut_to_100_bytes, "damaged", id="cut-to-the-header"),
    pytest.param(_smash_a_page, "salvage", id="a-page-overwritten"),
    pytest.param(_smash_the_beginning, "beginning is damaged", id="beginning-overwritten"),
    pytest.param(_from_the_future, "version 99", id="wrong-version"),
    pytest.param(_without_a_table, "unexpected tables: .*TABLE ballots", id="table-missing"),
    pytest.param(_with_a_trigger, "unexpected tables: TRIGGER evil", id="foreign-trigger"),
    pytest.param(_without_identity, "its identity", id="identity-unreadable"),
    pytest.param(lambda p: p.write_text("x"), "not a run file", id="text"),
    pytest.param(lambda p: p.unlink(), "does not exist", id="missing"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGES)
def test_a_damaged_file_is_refused_and_left_alone(
    full: Path, damage: Callable[[Path], None], words: str
) -> None:
    damage(full)
    before = full.read_bytes() if full.exists() else None
    with pytest.raises(StoreError, match=words) as refusal:
        RunFile.open(full)
    assert str(full) in str(refusal.value)
    assert (full.read_bytes() if full.exists() else None) == before
    assert not full.with_name("run.dikast.lock").exists()


@pytest.mark.parametrize("damage", [_cut, _smash_a_page])
def test_a_reader_meets_damage_with_the_way_out(full: Path, damage: Callable[[Path], None]) -> None:
    damage(full)
    with pytest.raises(StoreError, match="dikast salvage"):  # noqa: SIM117
        with RunFile.open(full, readonly=True) as run:
            list(run.entries()), list(run.cases()), list(run.verdicts()), list(run.ballots())


def test_a_verdict_that_does_not_fit_its_checksum_is_not_given_out(full: Path) -> None:
    with sqlite3.connect(full) as conn:
        conn.execute("UPDATE verdicts SET body = substr(body, 1, 80) WHERE ordinal = 3")
    conn.close()
    with RunFile.open(full) as run:
        assert run.verdict("q1") == verdict("q1")
        with pytest.raises(StoreError, match="verdict `q2`"):
            run.verdict("q2")


def test_salvage_of_a_sound_file_copies_everything(full: Path, tmp_path: Path) -> None:
    out = tmp_path / "saved.dikast"
    before = full.read_bytes()
    found = salvage(full, out)
    assert found == {
        "answers": 400,
        "cases": 300,
        "verdicts": 200,
        "ballots": 400,
        "damaged": 0,
    }
    assert full.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["run.dikast", "saved.dikast"]
    with RunFile.open(full) as old, RunFile.open(out, identity=old.identity) as new:
        assert (new.secret, new.sealed, new.counts()) == (old.secret, True, old.counts())
        assert list(new.entries()) == list(old.entries())
        assert list(new.verdicts()) == list(old.verdicts())
        assert list(new.ballots()) == list(old.ballots())


@pytest.mark.parametrize("damage", [_cut, _smash_a_page, _without_a_table])
def test_salvage_saves_what_can_be_read(
    full: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    with RunFile.open(full, readonly=True) as run:
        answers = {entry.key: entry.body for entry in run.entries()}
    damage(full)
    before = full.read_bytes()
    out = tmp_path / "saved.dikast"
    found = salvage(full, out)
    assert full.read_bytes() == before
    assert found["answers"] + found["cases"] + found["verdicts"] > 300
    with RunFile.open(out) as run:
        saved = {entry.key: entry.body for entry in run.entries()}
        assert saved.items() <= answers.items()
        assert len(saved) == found["answers"]
        assert all(v == verdict(v.case_id) for v in run.verdicts())
        assert run.sealed == (found["cases"] == 300)
        # The case file fills in what was lost, and the run goes on.
        go(run.add_cases(case(f"q{i}", f"answer {i} " * 30) for i in range(300)))
        go(run.seal())
        assert run.counts() == {
            "cases": 300,
            "todo": 300 - found["verdicts"],
            "decided": found["verdicts"],
            "abstained": 0,
            "failed": 0,
            "awaiting_adjudication": 0,
        }
        assert len(list(run.cases())) == 300


def test_salvage_loses_no_more_than_the_page_that_was_lost(full: Path, tmp_path: Path) -> None:
    with RunFile.open(full, readonly=True) as run:
        lost = go(run.get("k200"))
    assert lost is not None
    with full.open("r+b") as file:
        file.seek(file.read().index(lost) // 4096 * 4096)
        file.write(b"\xff" * 4096)
    found = salvage(full, tmp_path / "saved.dikast")
    assert (found["cases"], found["verdicts"]) == (300, 200)
    assert 390 <= found["answers"] < 400


@pytest.mark.parametrize("damage", [_smash_the_beginning, _cut_to_100_bytes])
def test_salvage_says_when_nothing_is_left(
    full: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(full)
    with pytest.raises(StoreError, match="nothing of"):
        salvage(full, tmp_path / "saved.dikast")
    assert os.listdir(tmp_path) == ["run.dikast"]


def test_salvage_overwrites_nothing(full: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="already holds a run"):
        salvage(full, full)
    with RunFile.open(full), pytest.raises(StoreBusy):
        salvage(full, tmp_path / "saved.dikast")


def test_a_salvage_without_identity_can_be_shown(full: Path, tmp_path: Path) -> None:
    _without_identity(full)
    salvage(full, tmp_path / "saved.dikast")
    with RunFile.open(tmp_path / "saved.dikast") as run:
        assert len(list(run.verdicts())) == 200
        assert run.changes(IDENTITY)[0] == "kind of run: `unknown` -> `judge`"


def test_nothing_in_a_run_file_is_unpickled(full: Path, tmp_path: Path) -> None:
    bomb = b"cposix\nsystem\n(S'touch " + str(tmp_path / "boom").encode() + b"'\ntR."
    with sqlite3.connect(full) as conn:
        conn.execute("UPDATE cases SET body = ?", (bomb,))
        conn.execute("UPDATE verdicts SET body = ?", (bomb,))
    conn.close()
    with RunFile.open(full) as run:
        for read in (lambda: run.case("q1"), lambda: list(run.verdicts())):
            with pytest.raises(StoreError, match="damaged"):
                read()
    assert not (tmp_path / "boom").exists()
