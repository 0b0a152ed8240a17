"""What a run file costs: answers per second, bytes per verdict, memory over many verdicts.

    python benchmarks/runfile.py [--verdicts N] [--folder DIR]

The folder decides what is measured: every commit is forced to its disk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from dikast.records.identity import Identity
from dikast.records.runfile import RunFile
from dikast.types import Ballot, Candidate, Case, CriterionVerdict, Transcript, Verdict

SYLLABLES = [first + second for first in "bdgklmnprst" for second in "aeiou"]
WORDS = [one + other for one in SYLLABLES[:25] for other in SYLLABLES[25:50]]
JUDGES = ("anna", "bela", "cleo")


def text(dice: random.Random, words: int) -> str:
    """Words at random: about as compressible as a reply."""
    return " ".join(dice.choices(WORDS, k=words))


def verdict(name: str, dice: random.Random) -> Verdict:
    """Three ballots with rationales and raw replies, as a panel of three LLM judges leaves them."""
    ballots = tuple(
        Ballot(
            seat=judge,
            judge=judge,
            criterion="correctness",
            presentation=("response",),
            score=dice.randrange(1, 6),
            rationale=(why := text(dice, 60)),
            model="openai/model",
            prompt=dice.randbytes(32).hex(),
            call=dice.randbytes(32).hex(),
            raw='{"reasoning": "' + why + '", "score": 4}',
        )
        for judge in JUDGES
    )
    decision = CriterionVerdict(criterion="correctness", score=4.0, shown="4", votes=3)
    return Verdict(
        case_id=name,
        candidates=("response",),
        panel="panel",
        status="decided",
        score=0.75,
        criteria=(decision,),
        transcript=Transcript(ballots=ballots),
    )


def case(name: str, dice: random.Random) -> Case:
    """A question with an answer of 120 words."""
    return Case(id=name, question="What?", candidates=(Candidate(text=text(dice, 120)),))


async def puts(run: RunFile, writers: int, total: int) -> None:
    """Answers of 1 kB, each writer waiting for its own before the next."""
    dice = random.Random(writers)
    body = text(dice, 250).encode()

    async def write(number: int) -> None:
        for i in range(total // writers):
            await run.put(f"{writers}/{number}/{i}", "{}", body + dice.randbytes(8))

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(write(n) for n in range(writers)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{writers:3} writers: {total / wall:7,.0f} answers/s, "
        f"{wall / total * writers * 1e3:5.2f} ms each, {cpu / total * 1e6:4.0f} µs of CPU"
    )


async def verdicts(run: RunFile, total: int, workers: int = 16) -> None:
    """Cases in, verdicts out; memory is looked at on the way."""
    dice = random.Random(0)
    await run.add_cases(case(f"case-{i}", dice) for i in range(total))
    await run.seal()
    todo, began, done = run.todo(), time.perf_counter(), 0

    async def work() -> None:
        nonlocal done
        for found in todo:
            await run.finish(found.id, verdict(found.id, dice))
            done += 1
            if done % max(total // 5, 1) == 0:
                print(f"{done:9,} verdicts: {memory():.0f} MB of memory now")

    await asyncio.gather(*(work() for _ in range(workers)))
    print(f"{total / (time.perf_counter() - began):,.0f} verdicts/s with {workers} workers")


def memory() -> float:
    """Resident memory in MB: of now where Linux tells it, else the highest so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def timed(what: str, count: int, began: float) -> None:
    """Print how long reading took."""
    spent = time.perf_counter() - began
    print(f"{what}: {count:,} in {spent:.2f} s; {memory():.0f} MB of memory now")


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--verdicts", type=int, default=100_000)
    parser.add_argument("--folder", default=".")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        with RunFile.create(Path(folder, "puts"), Identity()) as run:
            for writers, total in ((1, 1000), (16, 8000), (64, 16_000)):
                asyncio.run(puts(run, writers, total))
        path = Path(folder, "verdicts")
        with RunFile.create(path, Identity()) as run:
            asyncio.run(verdicts(run, options.verdicts))
        size = path.stat().st_size / options.verdicts * 1000
        print(f"{size / 1e6:.2f} MB per 1,000 cases with verdict and three ballots each")
        began = time.perf_counter()
        with RunFile.open(path) as run:
            timed("checked and opened", 1, began)
            began = time.perf_counter()
            timed("read verdicts", sum(1 for _ in run.verdicts()), began)
            began = time.perf_counter()
            timed("read flat ballots", sum(1 for _ in run.ballots()), began)


if __name__ == "__main__":
    main()
