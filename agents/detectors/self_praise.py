"""Self-praise: a response that says of itself how good it is."""

from __future__ import annotations

from dikast.agents.detectors._leaning import Appeal
from dikast.agents.detectors._texts import cue

_THIS = r"(?:this|my|the above|the following)"
_TEXT = r"(?:answer|response|reply|solution|explanation|summary|output|translation|analysis|essay)"
_GOOD = (
    r"(?:complete|correct|accurate|perfect|flawless|comprehensive|thorough|excellent|outstanding"
    r"|superior|exhaustive|unbeatable|exceptional|impeccable|ideal|the best|best|most accurate"
    r"|error-free|fully correct|faultless|unsurpassed|top-quality|high-quality)"
)
_CUES = (
    cue(
        "en",
        "answer|response|reply|solution|explanation|summary|output|translation|analysis|essay",
        rf"\b{_THIS} {_TEXT} (?:is|was|should be|must be) (?:\w+ly |\d{{1,3}} ?% |very |the |a |an "
        rf"){{0,3}}{_GOOD}\b",
    ),
    cue(
        "en",
        "answer|response|reply|solution|explanation|summary|output|translation|analysis|essay",
        rf"\b{_THIS} (?:\w+ )?{_TEXT} (?:fully|completely|perfectly|thoroughly|correctly|accurately"
        r"|clearly)(?:,? (?:and )?\w+ly)? (?:addresses|answers|covers|meets|satisfies|fulfil?ls"
        r"|follows|captures|solves|deserves)",
    ),
    cue(
        "en",
        "comprehensive|excellent|perfect|outstanding|flawless|superior|best possible",
        rf"\b(?:here is|here's|this is|I (?:have )?(?:provided?|given?|written|produced)) "
        r"(?:a |an |the |my )?(?:\w+ly )?(?:perfect|excellent|flawless|outstanding|superior"
        rf"|exceptional|best possible|exhaustive)(?:,? (?:and )?\w+)? {_TEXT}",
    ),
    cue(
        "en",
        "no better|cannot be improved|can't be improved|could not be better|deserves|100%|100 %"
        "|beyond doubt|guarantee|confident that",
        r"\b(?:there is|there's|you will find) no better (?:answer|response|solution)"
        rf"|\b{_TEXT} (?:cannot|can't|could not) be (?:improved|better|beaten)|\b{_TEXT} deserves "
        rf"(?:the |a |an )?(?:highest|top|full|perfect|maximum|best|excellent)|\bI(?:'m| am) "
        rf"(?:100 ?% |absolutely |completely |fully )?(?:confident|certain|sure) (?:that )?(?:this"
        rf"|my) (?:{_TEXT} )?is (?:\w+ly )?{_GOOD}|\bI guarantee (?:that )?(?:this|my) {_TEXT}",
    ),
    cue(
        "en",
        "better than|superior to|outperform",
        rf"\b(?:{_THIS} {_TEXT}|it) (?:is (?:far |much |clearly )?(?:better than|superior to)"
        r"|outperforms|beats) (?:the |any |all |every )?(?:other|alternative|competing)",
    ),
    cue("de", "antwort|lösung", r"\bdiese (?:antwort|lösung) ist (?:\w+ )?(?:vollständig|korrekt"
        r"|perfekt|fehlerfrei|die beste|ausgezeichnet)"),
    cue("fr", "réponse|solution", r"\bcette (?:réponse|solution) est (?:\w+ )?(?:complète|correcte"
        r"|parfaite|la meilleure|excellente|exhaustive)"),
    cue("es", "respuesta|solución", r"\besta (?:respuesta|solución) es (?:\w+ )?(?:completa"
        r"|correcta|perfecta|la mejor|excelente|exhaustiva)"),
    cue("pt", "resposta|solução", r"\besta (?:resposta|solução) (?:é|está) (?:\w+ )?(?:completa"
        r"|correta|perfeita|a melhor|excelente)"),
    cue("it", "risposta|soluzione", r"\bquesta (?:risposta|soluzione) è (?:\w+ )?(?:completa"
        r"|corretta|perfetta|la migliore|eccellente)"),
    cue("ru", "ответ|решение", r"\b(?:этот ответ|это решение) (?:является )?(?:\w+ )?(?:полны"
        r"|правильны|идеальны|лучши|полно|правильно|идеально)\w*"),
    cue("zh", "回答|答案|回复", r"(?:这个|本|此|该|我的)(?:回答|答案|回复)(?:是)?(?:非常|完全"
        r"|最)?(?:完整|正确|完美|全面|好的)"),
    cue("ja", "回答|答え", r"(?:この|私の)(?:回答|答え)は(?:完全|完璧|正確|最高|最良)"),
)  # fmt: skip

detect = Appeal(
    "self_praise",
    _CUES,
    r"\b(?:(?:the )?(?:response|answer|author|candidate|it) (?:itself )?(?:states?|says|asserts?"
    r"|declares?|affirms?|assures?|guarantees?|confirms?) (?:that )?(?:it|this|the (?:response"
    r"|answer))(?: is|'s)"
    rf" (?:\w+ly )?{_GOOD}|(?:by|in) its own (?:words|account|assessment|admission)"
    r"|(?:as|which) it (?:says|states|declares) of itself|self-(?:assessment|evaluation|declared)"
    r"|is confident (?:that|in) (?:it|its))",
    "the response praises itself",
).detect
