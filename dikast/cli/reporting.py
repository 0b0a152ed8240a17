"""Reports for a CI service: where they go, and that this is known before anything is paid."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dikast.cli.exits import say
from dikast.errors import ConfigError, StoreError
from dikast.gates import Demands, check_demands
from dikast.junit import write_junit
from dikast.markdown import markdown_summary
from dikast.records.export import replacing
from dikast.records.runfile import RunFile
from dikast.types import Case

AUTO = "auto"
GITHUB = "GITHUB_STEP_SUMMARY"
"""Where GitHub Actions names the file that a step's summary is appended to."""


class Reports(NamedTuple):
    """What is demanded of a run, and where that is told."""

    demands: Demands = Demands()
    junit: Path | None = None
    summary: str | None = None
    """A file, or `auto` for the one that GitHub Actions names."""

    def check(self, kind: str, cases: Iterable[Case]) -> None:
        """See that demands and files are possible.

        Raises:
            ConfigError: They are not.
        """
        check_demands(kind, self.demands, cases)
        files = [("--junit-xml", self.junit)]
        if self.summary not in (None, AUTO):
            files.append(("--summary", Path(str(self.summary))))
        for option, path in files:
            if path is not None and (path.is_dir() or not path.resolve().parent.is_dir()):
                raise ConfigError(
                    f"`{option}` cannot write `{path}`: "
                    + ("it is a folder." if path.is_dir() else "its folder does not exist."),
                    hint="Name a file in a folder that exists.",
                )

    def write(self, run: RunFile, *, stopped: str | None = None) -> None:
        """Write what was asked for.

        Raises:
            StoreError: A file cannot be written.
        """
        if self.junit is not None:
            write_junit(run, self.junit, self.demands)
        if self.summary == AUTO and not os.environ.get(GITHUB):
            say(f"--summary auto: `{GITHUB}` is not set, so no summary is written")
        elif self.summary is not None:
            self._summarise(markdown_summary(run, self.demands, stopped=stopped))

    def _summarise(self, text: str) -> None:
        if self.summary != AUTO:
            with replacing(str(self.summary)) as target:
                target.write(text)
            return
        path = os.environ[GITHUB]
        try:  # other steps of the job write there too
            with Path(path).open("a", encoding="utf-8") as target:
                target.write(text)
        except OSError as error:
            raise StoreError(f"`{path}` cannot be written: {error.strerror}.") from None
