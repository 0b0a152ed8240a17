"""The command line. Importing it is cheap: every command loads what it needs when it runs."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `dikast` command."""
    from dikast.cli.app import app

    app()
