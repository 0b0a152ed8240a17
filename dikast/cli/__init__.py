"""The command line. Importing it is cheap: every command loads what it needs when it runs."""

from __future__ import annotations

import os


def main() -> None:
    """Entry point of the `dikast` command."""
    # Ranking solves many small systems: more BLAS threads only wait for each other there (seen
    # three times as slow on two busy cores). Set before numpy is loaded; your own choice wins.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from dikast.cli.every import app

    app()
