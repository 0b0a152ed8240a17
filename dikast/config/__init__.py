"""TOML ↔ panel: reading, writing and proving panel files before anything is spent."""

from dikast.agents.embedded._panel import embedded_panel
from dikast.config.calibration_files import load_calibration, save_calibration
from dikast.config.cascades import load_cascade, save_cascade
from dikast.config.checking import check_fit_params, check_panel, check_rule_params
from dikast.config.reading import load_panel, panel_from_dict
from dikast.config.writing import dump_panel
from dikast.families import family_of

__all__ = [
    "check_fit_params",
    "check_panel",
    "check_rule_params",
    "dump_panel",
    "embedded_panel",
    "family_of",
    "load_calibration",
    "load_cascade",
    "load_panel",
    "panel_from_dict",
    "save_calibration",
    "save_cascade",
]
