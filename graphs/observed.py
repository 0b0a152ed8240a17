"""A case taken through a graph under the eyes of the observer, if there is one."""

from __future__ import annotations

from typing import Any

from dikast.graphs.state import Court
from dikast.types import Case
from dikast.types.observing import UNWATCHED, observer

_OUTCOMES = ("ranking", "comparison", "rag", "verdict")


async def heard(graph: Any, given: Any, case: Case, *, court: Court, panel: str) -> Any:
    """What the graph makes of a case.

    Args:
        graph: Anything with `ainvoke`.
        given: Its input.
        case: The case in it.
        court: What it is run with.
        panel: The panel's name.

    Returns:
        The graph's output: a mapping with `verdict`, `comparison` or `ranking`.
    """
    watching, images = observer(), court.images
    if images is not None:
        # Bytes of images stay out of the graph's state: from here on a digest names each.
        case = images.admit(case)
        given = {**given, "case": case}
    try:
        with UNWATCHED if watching is None else watching.hearing(case, panel) as done:
            result = await graph.ainvoke(given, context=court)
            done(next(result[key] for key in _OUTCOMES if key in result))
    finally:
        if images is not None:
            images.dismiss(case)
    return result
