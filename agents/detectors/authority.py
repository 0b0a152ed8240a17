"""Authority: experts, studies, titles and citations offered in place of grounds."""

from __future__ import annotations

import re

from dikast.agents.detectors._leaning import Appeal
from dikast.agents.detectors._texts import Hit, Part, cue, question_of
from dikast.types import Docket

_WHO = (
    r"(?:experts?|scientists?|researchers?|scholars?|professors?|specialists?|authorities|doctors"
    r"|physicians|academics|historians|economists|engineers|professionals)"
)
_CUES = (
    cue(
        "en",
        "expert|scientist|researcher|scholar|professor|specialist|authorit|doctor|physician"
        "|academic|historian|economist|engineer|professional",
        rf"\b{_WHO}"
        r"\s(?:in the field\s)?(?:all\s|have\s|widely\s|unanimously\s)?(?:agree|confirm|confirmed"
        r"|say|recommend|endorse|endorsed|insist|believe|concur|approved?)",
    ),
    cue(
        "en",
        "stud|research|evidence|science",
        r"\b(?:(?:recent|numerous|many|several|multiple|leading|countless"
        r"|peer-reviewed)\s)?(?:studies|research|scientific evidence|science)\s(?:has"
        r"|have)?\s?(?:clearly\s|conclusively\s|consistently\s)?(?:shows?|shown|proves?|proven?"
        r"|confirms?|confirmed|demonstrates?|demonstrated)\b",
    ),
    cue(
        "en",
        "according to|as reported|published",
        r"\b(?:according to|as reported (?:by|in)|published (?:by|in))\s(?:a|the|an)?\s?(?:\d{4}\s"
        r"|recent\s|landmark\s|famous\s|peer-reviewed\s)?(?:(?-i:[A-Z])[\w&.]{1,30}\s){0,4}(?:study"
        r"|journal|university|institute|nature|science|lancet|professor|dr\.|report)\b",
    ),
    cue(
        "en",
        "nobel|professor|phd|ph.d|doctor|expert|certified|licensed|years of experience|laureate",
        r"\b(?:as|i am|i'm|from|by|speaking as)\s(?:an?\s|the\s)?(?:nobel\s(?:prize\s)?(?:laureate"
        r"|winner|winning\s\w+)|(?:renowned|leading|certified|licensed|world-renowned|award-winning"
        r"|senior|distinguished)\s\w+(?:\s\w+)?|ph\.?d\b|(?:harvard|stanford|mit|oxford"
        r"|cambridge)\s\w+|expert\b|professor\b)|\bwith (?:over |more than )?\d{1,2}\+? years of "
        r"experience",
    ),
    cue(
        "en",
        "et al|doi",
        r"\(?\b(?-i:[A-Z])[\w'-]{1,30}\s(?:et al\.?|(?:and|&)\s(?-i:[A-Z])[\w'-]{1,30}),?\s\(?(?:19"
        r"|20)\d\d\)?|\bdoi(?:\.org/|:\s?)10\.\d{4,9}/\S{1,60}",
    ),
    cue("de", "expert|studien|wissenschaft", r"\b(?:experten|fachleute|wissenschaftler)\s(?:sind "
        r"sich einig|bestätigen|empfehlen)|\bstudien\s(?:zeigen|belegen|beweisen)"),
    cue("fr", "expert|études|scientifiques", r"\b(?:les\s)?(?:experts|scientifiques|spécialistes)\s"
        r"(?:s'accordent|confirment|recommandent)|\b(?:des|les) études\s(?:ont\s)?(?:montré"
        r"|montrent|prouvent|prouvé)"),
    cue("es", "expertos|estudios|científicos", r"\b(?:los\s)?(?:expertos|científicos"
        r"|especialistas)\s(?:coinciden|confirman|recomiendan)"
        r"|\b(?:los\s)?estudios\s(?:han\s)?(?:demostrado|demuestran|muestran|prueban)"),
    cue("pt", "especialistas|estudos|cientistas", r"\b(?:os\s)?(?:especialistas|cientistas)\s"
        r"(?:concordam|confirmam|recomendam)|\b(?:os\s)?estudos\s(?:mostram|comprovam|provam)"),
    cue("it", "esperti|studi", r"\bgli\s(?:esperti|studi)\s(?:concordano|confermano|dimostrano"
        r"|mostrano)"),
    cue("ru", "эксперты|учёные|ученые|исследования", r"\b(?:эксперты|уч[её]ные)\s(?:согласны"
        r"|подтверждают)|\bисследования\s(?:показали|показывают|доказали)"),
    cue("zh", "专家|研究|教授", r"专家(?:一致)?(?:认为|同意|证实|推荐)|研究(?:已)?(?:表明|证明"
        r"|显示)"),
    cue("ja", "専門家|研究", r"専門家(?:も|は|が)(?:認め|同意|推奨)|研究(?:によ(?:り|って)"
        r"|で)(?:証明|示)"),
)  # fmt: skip

_SOURCES_ASKED = re.compile(
    r"\b(?:cit(?:e|ing|ations?)|sources?|references?|stud(?:y|ies)|papers?|literature"
    r"|bibliograph\w*|evidence|research|quellen|sources|fuentes|fontes|fonti)\b|引用|文献|出典",
    re.IGNORECASE,
)


def _excused(docket: Docket, part: Part, hit: Hit) -> bool:
    """Whether the question asks for sources, or a passage says the same."""
    said = part.text[hit.start : hit.end].casefold()
    given = any(said in context.text.casefold() for context in docket.case.contexts)
    return given or _SOURCES_ASKED.search(question_of(docket)) is not None


detect = Appeal(
    "authority",
    _CUES,
    r"\b(?:(?:supported|backed|endorsed|confirmed|approved|verified) by (?:\w+\s){0,3}(?:experts?"
    r"|scientists?|researchers?|studies|professors?|authorit\w+|institutions?)|cit(?:es|ing|ed) "
    r"(?:\w+\s){0,3}(?:experts?|studies|sources|references|professors?|research|papers?|authorit\w+"
    r"|journals?)|(?:experts?|scientists?|researchers?) (?:agree|say|confirm|endorse|recommend)\w*"
    r"|(?:written|given|authored|provided) by an? (?:\w+\s){0,2}(?:expert|professor|doctor|laureate"
    r"|scientist|specialist)|nobel (?:prize\s)?(?:laureate|winner)|authoritative|credentials"
    r"|reputable (?:sources?|experts?))",
    "authority is offered in place of grounds",
    excused=_excused,
).detect
