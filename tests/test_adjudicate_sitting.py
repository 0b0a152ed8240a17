"""A person at a terminal: what is seen and when, what is stored and when, and the way back."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dikast.adjudication.choosing import Wanted, choose
from dikast.adjudication.slots import options, read_answer, swapped
from dikast.records.runfile import RunFile
from dikast.types import (
    Candidate,
    Case,
    IntegerScale,
    OffScale,
    OrdinalScale,
    PersonAnswer,
    PreferenceScale,
    RealScale,
    Scale,
    Verdict,
    YesNoScale,
)
from tests.adjudication_kit import SPLIT, SURE, Scripted, sit, waiting

ROOT = Path(__file__).resolve().parents[1]


def verdict_of(path: Path, case: str = "c0000") -> Verdict:
    with RunFile.open(path, readonly=True) as run:
        found = run.verdict(case)
    assert found is not None
    return found


def answers_of(path: Path, case: str = "c0000") -> tuple[PersonAnswer, ...]:
    record = verdict_of(path, case).adjudication
    return () if record is None else record.answers


def test_each_answer_decides_its_case_and_the_history_stays(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast")
    sat = sit(path, Scripted("y", "it is so", "n and no more questions"))
    assert sat == (2, 0, 0)
    found = verdict_of(path)
    assert (found.status, found.criterion("ok").decided_by) == ("decided", "rita")
    (told,) = answers_of(path)
    assert (told.score, told.reason, told.blind, told.picked) == (1, "it is so", True, "awaiting")
    assert told.at
    (other,) = answers_of(path, "c0002")
    assert (other.score, other.reason) == (0, "and no more questions")
    with RunFile.open(path, readonly=True) as run:
        before, after = run.history("c0000")
        assert (before.status, before.adjudication) == ("awaiting_adjudication", None)
        assert after == found
        assert run.counts()["decided"] == 3
        assert len(list(run.ballots())) == 9  # those of earlier verdicts are history


def test_the_panel_is_hidden_until_the_person_has_answered(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast")
    desk = Scripted("y", "", "q")
    sit(path, desk)
    before, _, after, *_ = desk.seen
    assert "Question 0?" in before
    assert not any(word in before for word in ("ann", "bob", "leaning", "confidence", "yes:"))
    assert "The panel was undecided (leaning to yes" in after
    assert "cy: no" in after


@pytest.mark.parametrize(
    ("lines", "how", "blind"),
    [
        pytest.param(["y", ""], {}, True, id="answered-first"),
        pytest.param(["v", "y", ""], {}, False, id="looked-first"),
        pytest.param(["y", ""], {"open_": True}, False, id="shown-from-the-start"),
        pytest.param(["y", "", "u", "n", ""], {}, False, id="changed-after-it-was-shown"),
        pytest.param(["?", "f", "y", ""], {}, True, id="asked-for-help-and-all-texts"),
    ],
)
def test_what_was_seen_is_recorded(
    tmp_path: Path, lines: list[str], how: dict[str, bool], blind: bool
) -> None:
    path = waiting(tmp_path / "r.dikast", [SPLIT])
    sit(path, Scripted(*lines), how=how)
    (told,) = answers_of(path)
    assert told.blind is blind


def test_an_answer_is_taken_back_and_asked_again(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast")
    own = verdict_of(path)
    desk = Scripted("u", "y", "", "u", "q")
    assert sit(path, desk) == (0, 0, 2)
    assert "Nothing was answered" in desk.seen[1]
    assert verdict_of(path) == own
    assert sit(path, Scripted("y", "", "u", "n", "", "s", "u", "y", "")) == (2, 0, 0)
    assert [a.score for c in ("c0000", "c0002") for a in answers_of(path, c)] == [0, 1]


def test_what_is_skipped_or_left_stays_open(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast", [SPLIT] * 3)
    assert sit(path, Scripted("s", "y", "", "q")) == (1, 1, 1)
    with RunFile.open(path, readonly=True) as run:
        assert run.counts()["awaiting_adjudication"] == 2
    assert sit(path, Scripted("y", "")) == (1, 0, 1)  # the end of input is a quit


def test_an_interrupted_reason_keeps_the_answer(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast")
    with pytest.raises(KeyboardInterrupt):
        sit(path, Scripted("y", KeyboardInterrupt))
    (told,) = answers_of(path)
    assert (told.score, told.reason) == (1, "")
    with pytest.raises(KeyboardInterrupt):
        sit(path, Scripted(KeyboardInterrupt))
    assert answers_of(path, "c0002") == ()


def test_nonsense_is_refused_and_asked_again(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast", [SPLIT])
    desk = Scripted("maybe", "", "2", "y", "")
    assert sit(path, desk).answered == 1
    assert sum("is neither yes nor no" in told for told in desk.seen) == 2


def pair(scale: PreferenceScale | None = None) -> PreferenceScale:
    return scale or PreferenceScale()


def test_of_a_pair_names_are_hidden_and_slots_are_drawn(tmp_path: Path) -> None:
    votes = [{"ann": 1.0, "bob": -1.0, "cy": 0.0}] * 12
    path = waiting(tmp_path / "r.dikast", votes, scale=pair())
    desk = Scripted(*["a", ""] * 12)
    assert sit(path, desk).answered == 12
    with RunFile.open(path, readonly=True) as run:
        cases = {case.id: case for case in run.cases()}
        drawn = [swapped(case) for case in cases.values()]
        for name, case in cases.items():
            (told,) = answers_of(path, name)
            assert told.score == (-1.0 if swapped(case) else 1.0)  # A is better
    assert 0 < sum(drawn) < 12
    first = desk.seen[0]
    shown = [line.strip() for line in first.splitlines()]
    case = cases["c0000"]
    one, two = case.candidates if not swapped(case) else case.candidates[::-1]
    assert shown[shown.index("A:") + 1] == one.text
    assert shown[shown.index("B:") + 1] == two.text
    # the names of the candidates are x and y; judges' votes name slots, as the person saw them
    assert not {"x:", "y:", "x", "y"} & set(shown)
    letter = "A" if not swapped(case) else "B"
    assert f"ann (saw {letter} first): {letter} is better" in desk.seen[2]


@pytest.mark.parametrize(
    ("scale", "said", "score"),
    [
        pytest.param(IntegerScale(), "4", 4, id="whole"),
        pytest.param(IntegerScale(), "4.5", None, id="between-whole-numbers"),
        pytest.param(IntegerScale(), "6", None, id="beyond-the-end"),
        pytest.param(RealScale(), "0.25", 0.25, id="real"),
        pytest.param(RealScale(), "nan", None, id="not-a-number"),
        pytest.param(YesNoScale(), "Y", 1, id="a-key-of-any-case"),
        pytest.param(YesNoScale(), "TRUE", 1, id="a-spreadsheets-yes"),
        pytest.param(YesNoScale(), False, 0, id="a-false-in-json"),
        pytest.param(OrdinalScale(labels=("poor", "fair")), "fair", 1, id="label"),
        pytest.param(OrdinalScale(labels=("poor", "fair")), "1", 0, id="key-of-a-label"),
        pytest.param(OrdinalScale(labels=("2", "1")), "2", 0, id="a-label-goes-before-a-key"),
        pytest.param(PreferenceScale(), "B", -1, id="slot"),
        pytest.param(PreferenceScale(), "tie", 0, id="tie"),
        pytest.param(PreferenceScale(ties=False), "t", None, id="no-ties"),
        pytest.param(PreferenceScale(levels=5), "aa", 2, id="by-far"),
        pytest.param(PreferenceScale(levels=5), "B>>A", -2, id="as-judges-say-it"),
        pytest.param(PreferenceScale(), ["A"], None, id="a-list"),
    ],
)
def test_answers_are_read_and_never_guessed(
    scale: Scale, said: object, score: float | None
) -> None:
    if score is None:
        with pytest.raises(OffScale):
            read_answer(scale, said)
    else:
        assert read_answer(scale, said) == score
        if isinstance(scale, PreferenceScale):
            assert read_answer(scale, said, flipped=True) == -score


@pytest.mark.parametrize(
    "scale",
    [
        IntegerScale(),
        YesNoScale(),
        OrdinalScale(labels=("poor", "so so", "good")),
        PreferenceScale(),
        PreferenceScale(levels=5, ties=False),
    ],
    ids=lambda scale: str(scale.kind),
)
def test_every_key_and_word_means_its_score(scale: Scale) -> None:
    offered = options(scale)
    assert len({option.key for option in offered}) == len(offered) > 1
    for option in offered:
        for said in filter(None, (option.key, option.word)):
            assert read_answer(scale, said) == option.score


def test_texts_cannot_steer_the_terminal() -> None:
    from dikast.adjudication.showing import case_lines

    hostile = Case(
        id="q", question="a\x1b[2Jb", candidates=(Candidate(text="c\rd\u202e" + "x" * 5000),)
    )
    text = "\n".join(case_lines(hostile))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "5,005 characters; f shows all" in text or "5,004 characters; f shows all" in text
    assert len("\n".join(case_lines(hostile, full=True))) > 5000


# -- whom to ask ---------------------------------------------------------------------------------

THIN = {"ann": 1.0, "bob": 3.0, "cy": 5.0}
CLOSE = {"ann": 1.0, "bob": 1.0, "cy": 4.0}
CLEAR = {"ann": 4.0, "bob": 4.0, "cy": 4.0}


def queue(path: Path, **wish: Any) -> list[tuple[str, str]]:
    with RunFile.open(path, readonly=True) as run:
        found = choose(run, Wanted(by="rita")._replace(**wish))
    return [(asked.case, asked.picked) for asked in found]


def test_the_most_useful_come_first(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast", [CLEAR, CLOSE, THIN, THIN], scale=IntegerScale())
    # lowest confidence first, names settle what is equal
    assert queue(path) == [("c0002", "awaiting"), ("c0003", "awaiting"), ("c0001", "awaiting")]
    assert queue(path, limit=1) == [("c0002", "awaiting")]
    assert queue(path, cases=("c0000",)) == [("c0000", "named")]
    # what people differ on goes before everything else
    sit(path, Scripted("1", ""), cases=("c0000",))
    sit(path, Scripted("5", ""), by="sam", second=True)
    assert queue(path)[0] == ("c0002", "awaiting")  # rita has had her say on c0000
    assert queue(path, by="tom")[0] == ("c0000", "awaiting")
    assert queue(path, by="rita", final=True)[0] == ("c0000", "awaiting")


def test_what_waits_what_abstained_what_was_contested(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast", [SURE, SPLIT], protocol={"low_confidence": 0.7})
    assert queue(path) == []
    assert queue(path, abstained=True) == [("c0001", "abstained")]


def test_a_sample_stays_the_same_while_it_is_answered(tmp_path: Path) -> None:
    path = waiting(tmp_path / "r.dikast", [SURE] * 30)
    drawn = queue(path, sample=5)
    assert len(drawn) == 5
    assert {picked for _, picked in drawn} == {"sample"}
    assert drawn != queue(path, sample=5, seed=1)
    sit(path, Scripted("y", "", "n", "", "q"), sample=5)
    assert queue(path, sample=5) == drawn[2:]
    assert queue(path, sample=5, by="sam") == drawn


# -- the command itself, on a terminal -----------------------------------------------------------


class Typist:
    """`dikast adjudicate` on a pseudo-terminal."""

    def __init__(self, path: Path) -> None:
        self._master, slave = pty.openpty()
        command = [sys.executable, "-m", "dikast", "adjudicate", path.name, "--by", "rita"]
        self.child = subprocess.Popen(
            command,
            cwd=path.parent,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def until(self, text: str, seconds: float = 60) -> None:
        """Wait until the command has written this."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            ready, _, _ = select.select([self._master], [], [], 0.2)
            if ready:
                try:
                    self.seen += os.read(self._master, 65536).decode("utf-8", "replace")
                except OSError:  # the other end was closed
                    break
            assert time.monotonic() < end, self.seen
        assert text in self.seen, self.seen
        self.seen = self.seen[self.seen.index(text) + len(text) :]

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C; one that arrives just before Python reads is only seen with the next key."""
        os.kill(self.child.pid, signal.SIGINT)
        try:
            self.child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.type("\n")

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self._master)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param("kill", -signal.SIGKILL, id="kill-9"),
        pytest.param("ctrl-c", 130, id="ctrl-c"),
        pytest.param("q\n", 1, id="quit"),
    ],
)
def test_what_was_answered_survives(tmp_path: Path, end: str, code: int) -> None:
    path = waiting(tmp_path / "r.dikast")
    typist = Typist(path)
    try:
        typist.until("> ")
        typist.type("y it is so\n")
        typist.until("Stored: yes")
        typist.until("> ")
        if end == "kill":
            typist.child.kill()
        elif end == "ctrl-c":
            typist.interrupt()
        else:
            typist.type(end)
        assert typist.child.wait(timeout=60) == code
    finally:
        typist.close()
    (told,) = answers_of(path)
    assert (told.by, told.score, told.reason) == ("rita", 1, "it is so")
    assert sit(path, Scripted("n", "")) == (1, 0, 0)  # the run opens and goes on
