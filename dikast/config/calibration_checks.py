"""What to say of a panel's calibration before it is trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dikast import prompts
from dikast.graphs.court import needs_models
from dikast.records.fit_origin import changed_since
from dikast.types import PanelSpec


def calibration_warnings(
    spec: PanelSpec, *, asked_with: Mapping[str, str] | None = None
) -> Iterator[str]:
    """What has changed since the calibration was fitted, and what it leaves out, in words.

    Args:
        spec: The panel with its calibration.
        asked_with: Digests of the prompts that ballots were cast with; None for the prompts that
            the panel would be asked with now.
    """
    fitted = spec.calibration
    if fitted is None:
        return
    now = prompts.digests() if needs_models(spec) else {}
    used = now if asked_with is None else asked_with
    weighed = all(one.weights for one in fitted.criteria)
    if changed := changed_since(fitted.fitted_on, spec, used, weighed=weighed):
        yield f"the calibration may no longer hold, since it was fitted: {'; '.join(changed)}"
    for criterion in spec.rubric.criteria:
        one = fitted.of(criterion.id)
        if one is None or one.confidence is None:
            yield f"criterion `{criterion.id}` has no calibrated confidence: a share of votes"
        silent = [] if one is None else [name for name, w in one.weights.items() if not w]
        if silent:
            names = ", ".join(f"`{name}`" for name in sorted(silent))
            yield f"on `{criterion.id}` the calibration gives {names} no say; save their calls"
