"""A person at a terminal: one question after the other, each answer stored before the next.

The panel's votes and verdict are hidden until the person has answered: who sees a verdict first
drifts towards it, and an answer that only echoes the panel can neither correct it nor calibrate it.
They are shown right after the answer, when it is stored, and `u` takes it back. Looking first (`v`)
is possible, and is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from dikast.adjudication.answering import answer_of, now, with_answers, without_answer
from dikast.adjudication.choosing import Asked, answerable_verdict
from dikast.adjudication.showing import case_lines, finding_lines, panel_lines, question_lines
from dikast.adjudication.slots import read_answer, shown_answer, swapped
from dikast.agents.gates import reopened
from dikast.agents.persons import answerable
from dikast.minutes import clip
from dikast.records.runfile import RunFile
from dikast.types import Case, Criterion, OffScale, PanelSpec, PersonAnswer, Picked

HELP = (
    "Answer by a key, with your reason behind it if you like: 4 the date is wrong",
    "f  show all texts in full        v  see the panel's votes first (recorded)",
    "s  skip                          u  take back the answer before, and ask again",
    "q  stop; what was answered is stored",
)


class Desk(Protocol):
    """Where a person sits."""

    def ask(self, prompt: str) -> str | None:
        """One line of the person; None where there will be no more."""

    def tell(self, text: str) -> None:
        """Show lines to the person."""


class Place(NamedTuple):
    """One question: a criterion of a case."""

    case: str
    criterion: str


class Sat(NamedTuple):
    """What came of a sitting."""

    answered: int
    skipped: int
    left: int
    """Cases that were not reached."""


class Given(NamedTuple):
    """What a person said to one question."""

    kind: Literal["answer", "skip", "undo", "quit"]
    score: float = 0.0
    reason: str = ""
    blind: bool = True


class Sitting:
    """One person's way through the cases of a run.

    Args:
        run: Open for writing.
        spec: Its panel.
        by: The person's name.
        desk: Where the person sits.
        open_: Show the panel's votes before the person answers.
        final: Answers settle what others differ on.
    """

    def __init__(
        self,
        run: RunFile,
        spec: PanelSpec,
        by: str,
        desk: Desk,
        *,
        open_: bool = False,
        final: bool = False,
    ) -> None:
        self.run, self.spec, self.by, self.desk = run, spec, by, desk
        self.open, self.final = open_, final
        self._before: dict[Place, PersonAnswer | None] = {}
        """Places answered in this sitting, with the person's answer from before it."""
        self._skipped: set[Place] = set()
        self._trail: list[Place] = []
        self._shown = ""
        self._interrupted = False
        self._seen: set[Place] = set()
        """Places on which the person has seen what the panel held; no later answer is blind."""

    @property
    def answered(self) -> int:
        """Questions answered so far; all of them are stored."""
        return len(self._before)

    def hold(self, queue: Sequence[Asked]) -> Sat:
        """Ask about each case in turn, until the person stops.

        Raises:
            StorageFailed: The run file can no longer be written; what was answered before is there.
        """
        at = 0
        while at < len(queue) or self._regrets():
            if at == len(queue):
                at = self._take_back(queue, at)
                continue
            place = self._next(queue[at])
            if place is None:
                at += 1
                continue
            said = self._put(place, f"{at + 1} of {len(queue)}")
            if said.kind == "quit":
                break
            if said.kind == "undo":
                at = self._take_back(queue, at)
                continue
            self._trail.append(place)
            if said.kind == "skip":
                self._skipped.add(place)
            else:
                self._store(place, said, queue[at].picked)
        return Sat(self.answered, len(self._skipped), len(queue) - at)

    def _regrets(self) -> bool:
        """Whether the person, after the last question, takes the last answer back."""
        if not self._trail:
            return False
        line = self.desk.ask("That was the last. Enter to finish, u to take it back > ")
        return (line or "").strip() == "u"

    def _next(self, asked: Asked) -> Place | None:
        """The next question about a case; a gate just passed opens what stands behind it."""
        verdict = answerable_verdict(self.run, asked.case)
        opened = reopened(self.spec.rubric, verdict.criteria)
        for criterion in answerable(verdict, self.spec.rubric):
            place = Place(asked.case, criterion)
            wanted = criterion in asked.criteria or criterion in opened
            if wanted and place not in self._before and place not in self._skipped:
                return place
        return None

    def _put(self, place: Place, number: str) -> Given:
        case = self.run.case(place.case)
        assert case is not None  # it has a verdict
        criterion = self.spec.rubric.criterion(place.criterion)
        if self._shown != place.case:
            self._show_case(case, number)
        self._tell(["", *question_lines(criterion)])
        if answer_of(answerable_verdict(self.run, case.id), self.by, criterion.id) is not None:
            self._seen.add(place)  # it was shown after that answer
        if self.open:
            self._show_panel(place, criterion, case)
        while True:
            line = self.desk.ask("answer (? for help) > ")
            if line is None:
                return Given("quit")
            word, _, rest = line.strip().partition(" ")
            if not word:
                continue
            try:
                score, reason = self._read(criterion, case, line.strip(), word, rest)
            except OffScale as error:
                if word in _COMMANDS and not rest:
                    if (kind := _COMMANDS[word]) is not None:
                        return Given(kind)
                    self._command(word, place, criterion, case)
                else:
                    self._tell([f"{clip(str(error), 200)}. Answer by a key, or ? for help."])
                continue
            return Given("answer", score, reason or self._why(), blind=place not in self._seen)

    def _read(
        self, criterion: Criterion, case: Case, line: str, word: str, rest: str
    ) -> tuple[float, str]:
        """Score and reason of a line: a label may hold spaces, and a reason may follow a key."""
        flipped = swapped(case)
        try:
            return read_answer(criterion.scale, line, flipped=flipped), ""
        except OffScale:
            return read_answer(criterion.scale, word, flipped=flipped), rest.strip()

    def _why(self) -> str:
        """The reason; an answer that is interrupted here counts, without one."""
        try:
            return (self.desk.ask("why? (Enter for no reason) > ") or "").strip()
        except KeyboardInterrupt:
            self._interrupted = True
            return ""

    def _command(self, word: str, place: Place, criterion: Criterion, case: Case) -> None:
        if word == "f":
            self._tell(list(case_lines(case, full=True)))
        elif word == "v":
            self._show_panel(place, criterion, case)
        else:
            self._tell(list(HELP))
        if word != "v":
            self._tell(["", *question_lines(criterion)])

    def _show_case(self, case: Case, number: str) -> None:
        self._shown = case.id
        verdict = answerable_verdict(self.run, case.id)
        head = f"── case {clip(case.id, 70)} ({number}) ──"
        self._tell(["", head, *case_lines(case), *finding_lines(verdict, case, None)])

    def _show_panel(self, place: Place, criterion: Criterion, case: Case) -> None:
        self._seen.add(place)
        verdict = answerable_verdict(self.run, place.case)
        self._tell(list(panel_lines(verdict, criterion, case)))

    def _store(self, place: Place, said: Given, picked: Picked) -> None:
        verdict = answerable_verdict(self.run, place.case)
        scale = self.spec.rubric.criterion(place.criterion).scale
        answer = PersonAnswer(
            by=self.by,
            criterion=place.criterion,
            score=said.score,
            shown=scale.show(said.score),
            reason=said.reason,
            at=now(),
            blind=said.blind,
            picked=picked,
            final=self.final,
        )
        before = answer_of(verdict, self.by, place.criterion)
        after = with_answers(verdict, [answer], self.spec)
        asyncio.run(self.run.adjudicate([after]))
        self._before[place] = before
        if self._interrupted:
            raise KeyboardInterrupt
        case = self.run.case(place.case)
        assert case is not None
        flipped = swapped(case)
        mine = shown_answer(scale, said.score, flipped=flipped)
        self._tell([f"Stored: {mine}. (u takes it back)"])
        if said.blind:
            self._show_panel(place, self.spec.rubric.criterion(place.criterion), case)

    def _take_back(self, queue: Sequence[Asked], at: int) -> int:
        """Undo the last question of this sitting, and return to its case."""
        if not self._trail:
            self._tell(["Nothing was answered in this sitting that could be taken back."])
            return at
        place = self._trail.pop()
        self._skipped.discard(place)
        if place in self._before:
            before = self._before.pop(place)
            verdict = answerable_verdict(self.run, place.case)
            restored = (
                without_answer(verdict, self.by, place.criterion, self.spec)
                if before is None
                else with_answers(verdict, [before], self.spec)
            )
            asyncio.run(self.run.adjudicate([restored]))
        self._shown = ""
        return next(i for i, asked in enumerate(queue) if asked.case == place.case)

    def _tell(self, lines: Sequence[str]) -> None:
        self.desk.tell("\n".join(lines))


_COMMANDS: dict[str, Literal["skip", "undo", "quit"] | None] = {
    "s": "skip",
    "u": "undo",
    "q": "quit",
    "f": None,
    "v": None,
    "?": None,
}
