"""Drawing to a file: PNG or SVG by its ending, without a display, the same picture every time.

Needs the extra `plots` (matplotlib).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dikast.errors import ConfigError
from dikast.minutes import visible

_SETTINGS = {
    "text.parse_math": False,  # ids are data: `$x$` is no formula
    "svg.fonttype": "none",
    "svg.hashsalt": "dikast",
    "font.size": 9.0,
}


def short(text: str, longest: int) -> str:
    """A label: visible, on one line, cut with an ellipsis."""
    line = " ".join(visible(text[: 4 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def save(path: str | Path, size: tuple[float, float], draw: Callable[[Any], None]) -> Path:
    """Draw on a figure of its own and write it, without pyplot and without a display.

    Args:
        path: Where to; `.png` or `.svg`.
        size: Inches.
        draw: Draws on the axes it is given.

    Raises:
        ConfigError: The ending is another, there is no such folder, or matplotlib is missing.
    """
    target = Path(path)
    kind = target.suffix.casefold().removeprefix(".")
    if kind not in ("png", "svg"):
        raise ConfigError(f"`{target}` is neither .png nor .svg.", hint="Name the file so.")
    if not target.parent.is_dir():
        raise ConfigError(f"the folder of `{target}` does not exist.")
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError(
            "pictures need matplotlib.", hint="Install it: pip install 'dikast[plots]'."
        ) from None
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():  # type: ignore[arg-type]
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=size, dpi=150)
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        # `tight` makes room for whatever labels stand outside the axes.
        figure.savefig(
            target,
            format=kind,
            bbox_inches="tight",
            pad_inches=0.15,
            metadata={"Date": None} if kind == "svg" else {"Software": None},
        )
    return target
