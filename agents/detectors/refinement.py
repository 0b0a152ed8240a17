"""Refinement: a response that says it is an improved version of an earlier one."""

from __future__ import annotations

import re

from dikast.agents.detectors._leaning import Appeal
from dikast.agents.detectors._texts import Hit, Part, cue, question_of
from dikast.types import Docket

_TEXT = r"(?:answer|response|version|reply|solution|draft|output|summary|translation|text)"
_CUES = (
    cue(
        "en",
        "improved|revised|refined|corrected|polished|enhanced|updated|final|better|edited|reworked",
        rf"\b(?:improved|revised|refined|corrected|polished|enhanced|updated|upgraded|reworked"
        rf"|optimi[sz]ed)(?:,? (?:and )?\w+)? {_TEXT}\b",
    ),
    cue(
        "en",
        "revision|rounds of|iteration|after careful|reviewing my|second look|self-critique|feedback"
        "|reflection",
        r"\bafter (?:several|many|multiple|two|three|four|five|careful|thorough|\d+)(?: \w+)? "
        r"(?:rounds|iterations|revisions|drafts|review|revision|reflection)"
        rf"|\b(?:this|my) {_TEXT} (?:has been|was|is) (?:\w+ly )?(?:revised|refined|improved"
        rf"|corrected"
        r"|polished|edited|fact-checked|double-checked|reviewed|updated)|\b(?:taking|incorporating"
        r"|based on) (?:all )?(?:the )?(?:previous |earlier )?feedback|\bI (?:have )?(?:revised"
        r"|refined|improved|corrected|reworked) (?:my|the|this) (?:\w+ )?"
        rf"{_TEXT}",
    ),
    cue(
        "en",
        "version 2|version 3|v2|v3|draft 2|draft 3|final version|final draft|second draft",
        r"(?:^|[\n.!?:] ?)[*#]{0,4} ?(?:version|draft|attempt|revision) ?[2-9] ?[:\n]|\bfinal "
        r"(?:refined |revised |improved )?(?:version|draft)\b|\b(?:second|third|fourth) (?:draft"
        r"|version|attempt)\b",
    ),
    cue("de", "verbesserte|überarbeitete|korrigierte", r"\b(?:verbesserte|überarbeitete"
        r"|korrigierte)[rns]? (?:antwort|version|fassung|lösung)"),
    cue("fr", "améliorée|révisée|corrigée", r"\b(?:version|réponse) (?:améliorée|révisée|corrigée"
        r"|finale)"),
    cue("es", "mejorada|revisada|corregida", r"\b(?:versión|respuesta) (?:mejorada|revisada"
        r"|corregida|final)"),
    cue("pt", "melhorada|revisada|corrigida|aprimorada", r"\b(?:versão|resposta) (?:melhorada"
        r"|revisada|corrigida|aprimorada|final)"),
    cue("ru", "улучшенн|исправленн|доработанн", r"\b(?:улучшенн|исправленн|доработанн)\w+ (?:ответ"
        r"|версия|вариант)"),
    cue("zh", "改进|修订|优化|修改", r"(?:改进|修订|优化|修改)(?:后|过)?的?(?:版本|回答|答案"
        r"|回复)"),
    cue("ja", "改善|改訂|修正", r"(?:改善|改訂|修正)(?:版|した(?:回答|答え))"),
)  # fmt: skip

_ASKED = re.compile(
    r"\b(?:re-?writ\w*|revis\w*|improv\w*|edit\w*|correct\w*|refin\w*|polish\w*|paraphras\w*"
    r"|rephras\w*|draft\w*|version\w*|fix\w*|proofread\w*|shorten\w*|simplif\w*|optimi[sz]\w*"
    r"|updat\w*|refactor\w*|debug\w*|grammar|translat\w*|überarbeit\w*|verbesser\w*|améliore\w*"
    r"|mejor\w*)\b|改|修正|翻译",
    re.IGNORECASE,
)


def _excused(docket: Docket, part: Part, hit: Hit) -> bool:
    """Whether the question asks for a revision; then the response rightly is one."""
    return _ASKED.search(question_of(docket)) is not None


detect = Appeal(
    "refinement",
    _CUES,
    r"\b(?:(?:is|was|being|as) an? (?:improved|revised|refined|corrected|polished|updated) "
    r"(?:version|answer|response|draft)|has (?:already )?been (?:revised|refined|improved|corrected"
    r"|reviewed|polished|double-checked)|after (?:several|many|multiple) (?:rounds|iterations"
    r"|revisions)|improves (?:on|upon) (?:its|the|an) (?:earlier|previous|first) (?:version|draft"
    r"|answer|attempt))",
    "the response says it was improved",
    excused=_excused,
).detect
