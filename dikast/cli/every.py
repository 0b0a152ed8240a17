"""The app with all its commands. A new topic is one file `commands_NAME.py` and one line here."""

from __future__ import annotations

from dikast.cli import commands_adjudicate as _adjudicate
from dikast.cli import commands_audit as _audit
from dikast.cli import commands_calibrate as _calibrate
from dikast.cli import commands_cascade as _cascade
from dikast.cli import commands_import as _import
from dikast.cli import commands_rag as _rag
from dikast.cli.app import app

__all__ = ["_adjudicate", "_audit", "_calibrate", "_cascade", "_import", "_rag", "app"]
