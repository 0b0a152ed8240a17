"""What an adapter says when the tool it plugs into is not there."""

from __future__ import annotations


def absent(package: str, extra: str, cause: ImportError | None = None) -> ImportError:
    """The error to raise where a tool is needed and cannot be imported.

    Args:
        package: The tool, as it is installed.
        extra: The extra of dikast that brings it.
        cause: Why it could not be imported; None if that is not known. A tool that is installed
            and broken (it needs another release of something) is told apart from one that is not.

    Examples:
        >>> print(absent("ragas", "ragas"))
        this needs `ragas`. Install it with: pip install "dikast[ragas]"
    """
    broken = cause is not None and (cause.name or "").partition(".")[0] != _module(package)
    said = f"`{package}` cannot be imported ({cause})" if broken else f"this needs `{package}`"
    error = ImportError(f'{said}. Install it with: pip install "dikast[{extra}]"', name=package)
    error.__cause__ = cause
    return error


def _module(package: str) -> str:
    return package.replace("-", "_")
