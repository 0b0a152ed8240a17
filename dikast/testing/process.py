"""A loopback server as a process of its own: it outlives a client that is killed.

What it answers stands in a script, a JSON object with any of these keys:

- `replies`: text by model name, `*` for all others; `{{marker}}` in it becomes the fence marker
- `world`: `cases` (a list) or `cases_file` (JSON lines), `criteria`, `truth`, `quality`, `seed`
- `judges`, `critics`: planted properties by model name, as `SimulatedJudge` and
  `SimulatedCritic` take them; a judge's name is its model's unless it is given
- `responder`: `package.module:function`, a responder of your own for all other models
- `faults`: the fields of `Faults`
- `models`: names for `/v1/models`
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dikast.testing.chat import ChatRequest, Responder
from dikast.testing.counts import Counts, counts_from_json
from dikast.testing.faults import Faults
from dikast.testing.replies import by_model
from dikast.testing.service import Service
from dikast.testing.simulated import SimulatedJudge
from dikast.testing.simulated_critic import SimulatedCritic
from dikast.testing.world import World
from dikast.types import Reason

_KEYS = frozenset({"replies", "world", "judges", "critics", "responder", "faults", "models"})
_PATIENCE = 30.0
"""Seconds to wait for the process to listen: starting Python may be slow on a busy machine."""


class ServerProcess:
    """A loopback server in another process, for the length of a `with` block.

    Args:
        script: What it answers; see the module.
        log: File it appends received and answered digests to; None for none.
        port: 0 lets the system choose.

    Raises:
        RuntimeError: The process did not start; the message holds what it said.
    """

    def __init__(
        self, script: Mapping[str, Any], *, log: Path | None = None, port: int = 0
    ) -> None:
        self._script, self._log, self._port = dict(script), log, port
        self._process: subprocess.Popen[str] | None = None
        self.base_url = ""
        """What a client takes as `api_base`; empty until started."""

    def start(self) -> Self:
        """Start the process; returns once it accepts requests."""
        command = [sys.executable, "-m", "dikast.testing.server", "--port", str(self._port)]
        command += ["--script", "-"]
        if self._log is not None:
            command += ["--log", str(self._log)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(self._script) + "\n")
        self._process.stdin.flush()
        silent = threading.Timer(_PATIENCE, self._process.kill)  # ends the line that is awaited
        silent.start()
        try:
            line = self._process.stdout.readline()
        finally:
            silent.cancel()
        if not line:
            self.close()
            raise RuntimeError(f"the server did not start (exit code {self._process.returncode})")
        self.base_url = json.loads(line)["base_url"]
        return self

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def counts(self) -> Counts:
        """What was received and answered so far; asks the process, so it must be alive."""
        address = self.base_url.removesuffix("/v1") + "/_stats"
        with urllib.request.urlopen(address, timeout=_PATIENCE) as reply:  # noqa: S310
            return counts_from_json(json.load(reply))

    def close(self) -> None:
        """Stop the process, cutting off whatever is still open. Idempotent."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()  # the process ends with its standard input
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def script_of(
    world: World | None = None,
    *,
    judges: Sequence[SimulatedJudge] = (),
    critics: Sequence[SimulatedCritic] = (),
    faults: Faults | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A script from the objects that a server in a thread would take.

    Args:
        world: Known to all judges and critics; None where there are none.
        judges: Each answers to the model of its name.
        critics: Likewise.
        faults: The plan of faults.
        **more: Further keys of the script.
    """
    script: dict[str, Any] = {**more}
    if world is not None:
        script["world"] = world.to_dict()
    for key, actors in (("judges", judges), ("critics", critics)):
        script[key] = {actor.name: _plain(actor) for actor in actors}
    if faults is not None:
        script["faults"] = asdict(faults)
    return script


def responder_of(script: Mapping[str, Any]) -> Responder:
    """The responder that a script describes.

    Raises:
        ValueError: A key is unknown, or judges are given without a world.
    """
    unknown = sorted(set(script) - _KEYS)
    if unknown:
        raise ValueError(f"unknown key `{unknown[0]}` in the script")
    replies: Mapping[str, str] = script.get("replies") or {}
    table: dict[str, Responder] = {m: _fixed(text) for m, text in replies.items() if m != "*"}
    if "world" in script:
        table |= _actors(World.from_dict(script["world"]), script)
    elif script.get("judges") or script.get("critics"):
        raise ValueError("simulated judges and critics need a `world`")
    default = _fixed(replies["*"]) if "*" in replies else None
    if "responder" in script:
        module, _, name = script["responder"].partition(":")
        default = getattr(importlib.import_module(module), name)
    return by_model(table, default)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a script until the standard input ends or a signal comes.

    Writes one line of JSON to the standard output when requests are accepted: `base_url`.
    """
    parser = argparse.ArgumentParser(prog="python -m dikast.testing.server")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument(
        "--script", required=True, help="JSON file; `-` reads one line and then runs until EOF"
    )
    parser.add_argument("--log", type=Path, help="file to append request digests to")
    options = parser.parse_args(arguments)
    if options.script == "-":
        text = sys.stdin.readline()
    else:
        text = Path(options.script).read_text(encoding="utf-8")
    script = json.loads(text)
    service = Service(
        responder_of(script),
        faults=Faults.from_dict(script.get("faults") or {}),
        log=options.log,
        models=tuple(script.get("models") or ()),
    )
    asyncio.run(_serve(service, options.port, until_eof=options.script == "-"))
    return 0


async def _serve(service: Service, port: int, *, until_eof: bool) -> None:
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, done.set)
    chosen = await service.start(port)
    sys.stdout.write(json.dumps({"base_url": f"http://127.0.0.1:{chosen}/v1"}) + "\n")
    sys.stdout.flush()
    if until_eof:
        loop.add_reader(sys.stdin, _end, done)
    await done.wait()
    await service.stop()


def _end(done: asyncio.Event) -> None:
    """Note that the standard input has ended: whoever started the process is gone."""
    if not sys.stdin.readline():
        done.set()


def _actors(world: World, script: Mapping[str, Any]) -> dict[str, Responder]:
    """Responders of the simulated judges and critics, by model."""
    table: dict[str, Responder] = {}
    for model, fields in (script.get("judges") or {}).items():
        failures = {Reason(k): p for k, p in (fields.get("failures") or {}).items()}
        named = {"name": model, **fields, "failures": failures}
        table[model] = SimulatedJudge(world=world, **named).reply
    for model, fields in (script.get("critics") or {}).items():
        table[model] = SimulatedCritic(world=world, **{"name": model, **fields}).reply
    return table


def _fixed(text: str) -> Responder:
    def respond(request: ChatRequest) -> str:
        return text.replace("{{marker}}", request.marker or "")

    return respond


def _plain(actor: SimulatedJudge | SimulatedCritic) -> dict[str, Any]:
    fields = {k: getattr(actor, k) for k in actor.__dataclass_fields__ if k != "world"}
    if "failures" in fields:
        fields["failures"] = {str(k): v for k, v in fields["failures"].items()}
    return fields
