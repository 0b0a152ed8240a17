"""What judges, critics and detectors are told: templates with declared slots, and rubric packs.

Text under judgement enters a prompt only through a fenced slot: it is neutralised, stands between
two lines that carry the request's own marker, and can change neither the number nor the roles of
the messages. A new prompt is one file in `templates/`, a new rubric pack one in `rubrics/`.
"""

from dikast.prompts.fences import Block, clip, transcript
from dikast.prompts.neutral import neutralise, restore
from dikast.prompts.rubric_files import load_rubric, parse_rubric, rubric, rubric_names
from dikast.prompts.template import Slot, SlotValue, Template, digests, load, load_file, names
from dikast.prompts.wording import criteria_text

__all__ = [
    "Block",
    "Slot",
    "SlotValue",
    "Template",
    "clip",
    "criteria_text",
    "digests",
    "load",
    "load_file",
    "load_rubric",
    "names",
    "neutralise",
    "parse_rubric",
    "restore",
    "rubric",
    "rubric_names",
    "transcript",
]
