"""What a run is a run of: cases, prompts, rubric and panel, and what of it changed.

A run file answers from its journal only for the configuration it was made under. What may
change the answers is identity; how fast, how patiently and at what price they are fetched is
not: address, key, price, timeouts, retries, concurrency and pace may differ on resume.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import JsonValue

from dikast.records.differences import compare, listed
from dikast.records.withhold import without_secrets
from dikast.types import CascadeSpec, Case, JudgeSpec, ModelSpec, PanelSpec, Rubric, Value

_HOW_NOT_WHAT = frozenset(
    {
        "api_base",
        "api_key_env",
        "price",
        "timeout",
        "retries",
        "max_concurrency",
        "requests_per_minute",
    }
)
"""Fields of a judge or model that cannot change what is answered, only how it is fetched."""

_SIZE = 1 << 256


class CaseSet(Value):
    """How many cases, and a digest of all of them that does not depend on their order."""

    count: int
    digest: str


class Identity(Value):
    """What the answers of a run depend on. Make one with `Identity.of`."""

    kind: str = "judge"
    """What is done with the cases: `judge`, `compare`, …"""
    panel: PanelSpec | None = None
    """The panel, without secrets; None only where a damaged file lost it."""
    prompts: dict[str, str] = {}
    """Content digest of each prompt, by name."""
    cases: CaseSet | None = None
    """None while the cases are not all known; then they are not compared."""
    parts: dict[str, str] = {}
    """Content digest of anything else the verdicts depend on (a calibration file), by name."""
    withheld: tuple[str, ...] = ()
    """Settings that looked like secrets and are not stored; a resume needs them again."""

    @classmethod
    def of(
        cls,
        panel: PanelSpec,
        *,
        prompts: Mapping[str, str] | None = None,
        cases: CaseSet | None = None,
        kind: str = "judge",
        parts: Mapping[str, str] | None = None,
    ) -> Self:
        """The identity of a run under this panel, fit to be stored.

        Settings of a provider (`sampling.extra`) that are named like secrets, and user names,
        passwords and queries in addresses, are left out and named in `withheld`.
        """
        bare, withheld = without_secrets(panel)
        return cls(
            kind=kind,
            panel=bare,
            prompts=dict(prompts or {}),
            cases=cases,
            parts=dict(parts or {}),
            withheld=withheld,
        )

    def changed(self, other: Identity) -> list[str]:
        """What `other` has that differs, in words, one entry per difference; empty if nothing.

        Cases are compared only where both know theirs.

        Examples:
            >>> Identity(prompts={"judge": "a1"}).changed(Identity(prompts={"judge": "b2"}))
            ['prompt `judge` changed']
            >>> known = Identity(cases=CaseSet(count=2, digest="d"))
            >>> known.changed(Identity(cases=CaseSet(count=3, digest="e")))
            ['cases: 2 -> 3']
        """
        words: list[str] = []
        if self.kind != other.kind:
            words.append(f"kind of run: `{self.kind}` -> `{other.kind}`")
        if self.cases is not None and other.cases is not None:
            words += _case_changes(self.cases, other.cases)
        words += listed("prompt", self.prompts, other.prompts)
        if self.panel is not None and other.panel is not None:
            words += _panel_changes(self.panel, other.panel)
        elif self.panel != other.panel:
            words.append("panel: unknown")
        return words + listed("part", self.parts, other.parts)


class CaseSetBuilder:
    """Digests cases as they stream by; holds two numbers, whatever their count.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> cases = [Case(id=i, candidates=(Candidate(text="x"),)) for i in "ab"]
        >>> there, back = CaseSetBuilder(), CaseSetBuilder()
        >>> _ = [there.add(case) for case in cases], [back.add(case) for case in cases[::-1]]
        >>> there.result() == back.result()
        True
    """

    def __init__(self) -> None:
        self._count, self._sum = 0, 0

    def add(self, case: Case) -> str:
        """Take a case in; return its own digest."""
        digest = case_digest(case)
        self.add_digest(digest)
        return digest

    def add_digest(self, digest: str) -> None:
        """Take in a case by the digest that `case_digest` gave."""
        # A sum rather than a chain, so that the order of the file does not matter.
        self._count, self._sum = self._count + 1, (self._sum + int(digest, 16)) % _SIZE

    def result(self) -> CaseSet:
        """The set so far."""
        return CaseSet(count=self._count, digest=f"{self._sum:064x}")


def case_digest(case: Case) -> str:
    """SHA-256 of a case's content, its id included, in hexadecimal.

    Equal content gives an equal digest, whatever the order of keys in labels or metadata.
    """
    text = json.dumps(case.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def seat_digests(panel: PanelSpec) -> dict[str, str]:
    """SHA-256 of what of each judge can change its answers, by name.

    Settings that look like secrets do not count, nor do weight, reserve and how answers are
    fetched.
    """
    return {
        name: hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        for name, facts in seat_facts(panel).items()
    }


def seat_facts(panel: PanelSpec) -> dict[str, dict[str, JsonValue]]:
    """What of each judge can change its answers, by name; secrets are blotted out.

    Weight and reserve do not count, nor how answers are fetched.
    """
    bare, _ = without_secrets(panel)
    apart = {"name", "weight", "reserve"}
    return {
        judge.name: {key: value for key, value in _facts(judge).items() if key not in apart}
        for judge in bare.judges
    }


def _case_changes(old: CaseSet, new: CaseSet) -> list[str]:
    if old.count != new.count:
        return [f"cases: {old.count} -> {new.count}"]
    return [] if old == new else ["cases: same number, other content"]


def _panel_changes(old: PanelSpec, new: PanelSpec) -> list[str]:
    words = compare("panel", {"name": old.name}, {"name": new.name})
    words += _rubric_changes(old.rubric, new.rubric)
    words += _judge_changes("judge", old.judges, new.judges)
    words += _judge_changes("reserve judge", old.reserves, new.reserves)
    if "sequential" in (old.protocol.seating, new.protocol.seating):
        seats = [[j.name for j in panel.judges] for panel in (old, new)]
        if seats[0] != seats[1] and sorted(seats[0]) == sorted(seats[1]):
            words.append("order of the judges (seating is sequential)")
    words += _cascade_changes(old.cascade, new.cascade)
    for role in ("critic", "detector", "splitter", "escalation"):
        words += _role_changes(role, getattr(old, role), getattr(new, role))
    words += compare("rule", _flat(old.rule), _flat(new.rule))
    words += compare("", {"quorum": old.quorum_needed}, {"quorum": new.quorum_needed})
    slow, fast = _flat(old.protocol), _flat(new.protocol)
    del slow["case_deadline"], fast["case_deadline"]
    words += compare("protocol", slow, fast)
    screens: list[dict[str, JsonValue]] = [
        {"screens": None if p.screens is None else [*sorted(p.screens)]} for p in (old, new)
    ]
    words += compare("", *screens)
    shared: list[dict[str, JsonValue]] = [
        {"share_identical": p.share_identical, "remote_images": p.remote_images} for p in (old, new)
    ]
    return words + compare("panel", shared[0], shared[1])


def _rubric_changes(old: Rubric, new: Rubric) -> list[str]:
    if old.digest == new.digest:
        return []
    words = compare(
        "rubric", {"id": old.id, "title": old.title}, {"id": new.id, "title": new.title}
    )
    before, after = ({c.id: c for c in rubric.criteria} for rubric in (old, new))
    words += listed("criterion", before, after, common=False)
    for name in before.keys() & after.keys():
        words += compare(f"criterion `{name}`", _flat(before[name]), _flat(after[name]))
    return sorted(words) or ["rubric: order of the criteria"]


def _judge_changes(what: str, old: Iterable[JudgeSpec], new: Iterable[JudgeSpec]) -> list[str]:
    before, after = ({judge.name: judge for judge in judges} for judges in (old, new))
    words = listed(what, before, after, common=False)
    for name in sorted(before.keys() & after.keys()):
        words += compare(f"{what} `{name}`", _facts(before[name]), _facts(after[name]))
    return words


def _cascade_changes(old: CascadeSpec | None, new: CascadeSpec | None) -> list[str]:
    if old is None or new is None:
        here = [None if cascade is None else "set" for cascade in (old, new)]
        return compare("", {"cascade": here[0]}, {"cascade": here[1]})
    before, after = _flat(old), _flat(new)
    stages: list[dict[str, JsonValue]] = [
        {f"stage {at} ({stage.name})": stage.to_json() for at, stage in enumerate(c.stages, 1)}
        for c in (old, new)
    ]
    del before["stages"], after["stages"]
    return listed("cascade:", *stages) + compare("cascade", before, after)


def _role_changes(role: str, old: ModelSpec | None, new: ModelSpec | None) -> list[str]:
    if old is None or new is None:
        names = [None if model is None else model.model for model in (old, new)]
        return compare("", {role: names[0]}, {role: names[1]})
    return compare(role, _facts(old), _facts(new))


def _facts(model: ModelSpec) -> dict[str, JsonValue]:
    """What of a model or judge can change an answer, sampling parameters by their own names."""
    facts = _flat(model)
    sampling = facts.pop("sampling")
    assert isinstance(sampling, dict)
    extra = sampling.pop("extra")
    assert isinstance(extra, dict)
    kept = {name: value for name, value in facts.items() if name not in _HOW_NOT_WHAT}
    return kept | sampling | {f"extra.{name}": value for name, value in extra.items()}


def _flat(value: Value) -> dict[str, JsonValue]:
    dumped: dict[str, JsonValue] = value.model_dump(mode="json")
    return dumped
