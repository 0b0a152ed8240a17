"""Gates: what a run must come to for a release to pass, and what of each case speaks against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dikast.boards import played, systems_of
from dikast.errors import ConfigError
from dikast.minutes import clip
from dikast.records.runfile import RunFile
from dikast.types import Case, Verdict

MEAN = "mean score"


class Demands(NamedTuple):
    """What is demanded of a run."""

    fail_under: float | None = None
    """Least mean score of the decided cases; on pairs, least share won by `subject`."""
    subject: str | None = None
    """The candidate or system that pairs are counted for; None where responses are scored."""
    fail_case_under: float | None = None
    """Least score of every decided case."""


class Gate(NamedTuple):
    """One demand on a run as a whole, and what was found."""

    what: str
    least: float
    found: float | None
    """None where it is undefined: nothing was decided."""
    over: int
    """How many decided cases or pairs it was taken over."""

    @property
    def met(self) -> bool:
        """An undefined figure meets nothing."""
        return self.found is not None and self.found >= self.least

    @property
    def told(self) -> str:
        """The gate in words.

        Examples:
            >>> Gate("mean score", 0.7, 0.65, 12).told
            'gate not met: the mean score must be 0.7 at least, and it is 0.650 over 12'
            >>> Gate("mean score", 0.7, None, 0).told
            'gate not met: the mean score must be 0.7 at least, and there is none'
        """
        shown = (
            "there is none" if self.found is None else f"it is {self.found:.3f} over {self.over}"
        )
        word = "gate met" if self.met else "gate not met"
        return f"{word}: the {self.what} must be {self.least:g} at least, and {shown}"


class Trouble(NamedTuple):
    """Why a case does not pass."""

    kind: str
    """`under_threshold`, or the verdict's status."""
    told: str


def trouble(verdict: Verdict, fail_case_under: float | None = None) -> Trouble | None:
    """What speaks against a case; None if it passes.

    Args:
        verdict: The verdict on it.
        fail_case_under: Least score; None for any.

    Examples:
        >>> verdict = Verdict(
        ...     case_id="q", candidates=("a",), panel="p", status="decided", score=0.4
        ... )
        >>> trouble(verdict), trouble(verdict, 0.5).told
        (None, 'score 0.400 is below 0.5')
    """
    if verdict.status != "decided":
        reason = f"{verdict.status.replace('_', ' ')}: {verdict.reason}"
        detail = f" ({clip(verdict.detail)})" if verdict.detail else ""
        return Trouble(verdict.status, reason + detail)
    low = fail_case_under is not None and verdict.score is not None
    if low and verdict.score < fail_case_under:  # type: ignore[operator]
        return Trouble("under_threshold", f"score {verdict.score:.3f} is below {fail_case_under:g}")
    return None


def gates(run: RunFile, demands: Demands) -> list[Gate]:
    """What became of the demands on a run: none, one, or two gates."""
    found = []
    if demands.fail_under is not None:
        if demands.subject is None:
            mean, decided = mean_score(run)
            found.append(Gate(MEAN, demands.fail_under, mean, decided))
        else:
            share, pairs = share_won(run, demands.subject)
            what = f"share of pairs won by `{clip(demands.subject, 80)}`"
            found.append(Gate(what, demands.fail_under, share, pairs))
    if demands.fail_case_under is not None:
        scores = [v.score for v in run.verdicts() if v.score is not None]
        lowest = min(scores, default=None)
        found.append(Gate("lowest score", demands.fail_case_under, lowest, len(scores)))
    return found


def mean_score(run: RunFile) -> tuple[float | None, int]:
    """Mean overall score of the decided cases and how many they are; None if there are none."""
    total, number = 0.0, 0
    for verdict in run.verdicts():
        if verdict.score is not None:
            total, number = total + verdict.score, number + 1
    return (total / number if number else None), number


def share_won(run: RunFile, subject: str) -> tuple[float | None, int]:
    """Share of a candidate's decided pairs that it won, a tie as half a win, and their number.

    Args:
        run: A run that compares or ranks.
        subject: A candidate's id, or the system (`model`) where all candidates tell theirs.

    Returns:
        None without a decided pair; pairs the panel could not decide are not counted.
    """
    won, number = 0.0, 0
    for case in played(run):
        for pair in case.pairs:
            if subject in (pair.first, pair.second) and pair.panel != "abstain":
                mine = "a" if pair.first == subject else "b"
                won += 0.5 if pair.panel == "tie" else float(pair.panel == mine)
                number += 1
    return (won / number if number else None), number


def check_demands(kind: str, demands: Demands, cases: Iterable[Case]) -> None:
    """See that the demands fit what is to be done, before anything is paid.

    Raises:
        ConfigError: They do not; the message says what to change.
    """
    if kind in ("judge", "rag"):
        if demands.subject is not None:
            raise ConfigError("`--for` is for pairs; responses are scored each by itself.")
        return
    if demands.fail_case_under is not None:
        raise ConfigError(
            "`--fail-case-under` is for scored responses; pairs have no score of their own.",
            hint="Use --fail-under with --for.",
        )
    if (demands.fail_under is None) != (demands.subject is None):
        raise ConfigError(
            "on pairs, `--fail-under` is the least share won by the candidate that `--for` names.",
            hint="Give both or neither.",
        )
    if demands.subject is not None:
        known = names_of(cases)
        if demands.subject not in known:
            shown = ", ".join(f"`{clip(name, 40)}`" for name in known[:8])
            raise ConfigError(
                f"no candidate is called `{clip(demands.subject, 80)}`.",
                hint=f"There are {shown}{' and more' * (len(known) > 8)}.",
            )
    if demands.fail_under is not None and not 0 <= demands.fail_under <= 1:
        raise ConfigError("on pairs, `--fail-under` is a share between 0 and 1.")


def names_of(cases: Iterable[Case]) -> Sequence[str]:
    """What candidates are called on the leaderboards of these cases: systems, else ids."""
    called = systems_of(list(cases)).values()
    return sorted({name for case in called for name in case.values()})
