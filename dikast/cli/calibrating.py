"""`calibrate`: what is told and written, and `decide --calibration`."""

from __future__ import annotations

import json as json_
from datetime import UTC, datetime
from pathlib import Path

from dikast.calibrating import calibrate_run
from dikast.calibration_text import calibration_lines, calibration_record
from dikast.cli import exits
from dikast.cli.again import tell_again
from dikast.cli.exits import say
from dikast.config import load_calibration, save_calibration
from dikast.config.calibration_checks import calibration_warnings
from dikast.config.calibration_files import SUFFIX
from dikast.deciding import decide_as, with_calibration
from dikast.errors import ConfigError
from dikast.records.answers import ADJUDICATED, gathered
from dikast.records.runfile import RunFile
from dikast.stats.panel_fit import Plan


def calibrate_file(
    path: Path,
    labels: Path | None,
    rule: str,
    plan: Plan,
    alpha: float,
    out: Path | None,
    *,
    json: bool,
) -> int:
    """Fit, tell and write; the exit code says whether anything could be fitted."""
    if not 0 < alpha < 1:
        raise ConfigError("`--alpha` must lie between 0 and 1.", hint="0.1 asks for 90 %.")
    target = out or path.with_name(path.stem + SUFFIX)
    with RunFile.open(path, readonly=True) as run:
        if labels == ADJUDICATED:
            for line in gathered(run).told():
                say(line)
        today = datetime.now(UTC).date().isoformat()
        found = calibrate_run(run, labels, rule=rule, plan=plan, alpha=alpha, date=today)
        panel = run.identity.panel
    assert panel is not None
    if json:
        print(json_.dumps(calibration_record(found, panel), ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(calibration_lines(found, panel)))
    if found.calibration is None:
        say("nothing could be fitted; no file was written")
        return exits.UNDECIDED
    save_calibration(found.calibration, target)
    say(f'calibration written to {target}; name it in the panel: calibration = "{target.name}"')
    return exits.DECIDED


def decide_calibrated(path: Path, file: Path, quorum: int | None, *, json: bool) -> None:
    """Decide recorded ballots by a calibration and say what that changes."""
    calibration = load_calibration(file)
    with RunFile.open(path, readonly=True) as run:
        if run.identity.kind == "rank":
            raise ConfigError(f"`{path}` holds rankings; a calibration decides ballots.")
        if run.identity.panel is None:
            raise ConfigError("the run file does not tell its panel; it was damaged.")
        panel = with_calibration(run.identity.panel, calibration, quorum)
        for warning in calibration_warnings(panel, asked_with=run.identity.prompts):
            say(f"warning: {warning}")
        told = tell_again(decide_as(run, panel), run.counts()["cases"], json=json)
    say(f"{told.changed} of {told.total} verdicts differ under the calibration; no call was made")
