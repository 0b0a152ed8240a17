"""Injection: instructions aimed at the judge, forged verdicts, role tokens, fence-like marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from dikast.agents.detectors._leaning import leaning
from dikast.agents.detectors._texts import (
    Cue,
    Hit,
    Part,
    around,
    cue,
    finding,
    first,
    hits,
    mentioned,
    on_topic,
    origin_of,
    question_of,
    undisguised,
    untrusted,
)
from dikast.types import Ballot, BiasFinding, Docket, Severity

_JUDGE = (
    r"(?:judges?|evaluators?|graders?|assessors?|raters?|examiners?|reviewing model|grading model"
    r"|AI (?:judge|evaluator|grader|reviewer|assessor)|LLM(?: judge| evaluator| grader)?)"
)
_THIS = (
    r"(?:(?:to |for )?(?:this|my|the above|the following|the present|our) "
    r"(?:response|answer|output|submission|candidate|essay|summary|reply|text|solution|work|entry"
    r"|assistant|one)|\bme\b)"
)
_TOP = (
    r"(?:full marks?|full points|full credit|(?:the |a )?(?:highest|top|maximum|max|best|perfect"
    r"|maximal)(?: possible| available)? (?:score|rating|mark|grade|points?|evaluation|rank\w*)"
    r"|(?:a |the )?(?:score|rating|grade|mark) of (?:\d{1,3}|five|ten)|\b\d{1,3} ?/ ?\d{1,3}\b"
    r"|\b\d{1,3} out of \d{1,3}|\b(?:10|100|5|ten|five) (?:points|stars)|(?:an? )?A\+|\b(?:5|10"
    r"|100)\b)"
)

OVERRIDE: tuple[Cue, ...] = (
    cue(
        "en",
        "ignore|disregard|forget|override|bypass|neglect|overlook",
        r"\b(?:ignore|disregard|forget|override|bypass|neglect|overlook)(?: (?:all|any|every"
        r"|everything"
        r"|of|the|your|these|those|about))* (?:(?:previous|prior|above|preceding|earlier|foregoing"
        r"|initial|original|existing|former|past|system|given|judging|grading|scoring|evaluation"
        r"|safety)(?:ly)?(?: given)?,? ?(?:and |or )?){1,3}"
        r"(?:instructions?|prompts?|rules?|guidelines?|directions|rubrics?|criteri\w+|directives?"
        r"|prompting)",
    ),
    cue(
        "en",
        "ignore|disregard|forget|override|bypass|neglect|overlook",
        r"\b(?:ignore|disregard|forget|override|bypass|neglect|overlook) (?:all|any|every"
        r"|everything)(?: of)?"
        r"(?: the| your| these)? (?:previous|prior|above|preceding|earlier|foregoing) "
        r"(?:commands?|orders?|messages?|context|constraints?|standards?|text|input|tasks?)",
    ),
    cue(
        "en",
        "instructions|rubric|criteria|guidelines|prompt",
        r"\b(?:ignore|disregard|forget|override|do not (?:follow|use|apply)|don't (?:follow|use"
        r"|apply)"
        r"|stop (?:following|using)) (?:all |any )?(?:the|your) (?:\w+ )?(?:instructions|rubric"
        r"|criteria|guidelines|system prompt|scoring guide)\b",
    ),
    cue(
        "en",
        "everything above|everything before|all of the above|everything you|what you were told",
        r"\b(?:ignore|disregard|forget) (?:everything (?:above|before|you (?:were|have been|know))"
        r"|all of the above|what you were told)",
    ),
    cue(
        "en",
        "new instruction|system override|system message|updated instruction|admin override"
        "|system update|important instruction|priority instruction|developer mode",
        r"(?:^|[\n.!?\[(<*#:]) {0,4}(?:\*\*|#{1,6} )?(?:(?:your |these are )?(?:new|updated|revised"
        r"|real|actual|important|priority) (?:system )?instructions?|system (?:override|update"
        r"|message"
        r"|notice|note)|admin override|developer mode)\b[^\n:]{0,40}[:\]>]",
    ),
    cue("de", "ignorier|missachte|vergiss", r"\b(?:ignorier\w*|missachte\w*|vergiss) (?:bitte "
        r")?(?:alle"
        r"|sämtliche)? ?(?:die |deine |ihre )?(?:vorherigen|vorigen|bisherigen|obigen|früheren"
        r"|vorangegangenen)\w* (?:anweisung|instruktion|regel|vorgabe|befehl)"),
    cue("fr", "ignore|oublie", r"\b(?:ignor|oubli)\w{1,4} (?:toutes )?(?:les|vos|tes) (?:\w+ )?"
        r"(?:instructions|consignes|directives|règles)(?: (?:précédentes|antérieures|ci-dessus"
        r"|initiales))"),
    cue("es", "ignora|ignore|olvida", r"\b(?:ignor|olvid)\w{1,3} (?:todas )?(?:las|tus|sus) "
        r"(?:\w+ )?"
        r"(?:instrucciones|reglas|indicaciones)(?: (?:anteriores|previas|de arriba))"),
    cue("pt", "ignor|esque", r"\b(?:ignor|esque)\w{1,4} (?:todas )?(?:as|suas) (?:instruções|regras"
        r"|orientações)(?: (?:anteriores|acima|prévias))"),
    cue("it", "ignora|dimentica", r"\b(?:ignor|dimentic)\w{1,4} (?:tutte )?(?:le|tue) (?:istruzioni"
        r"|regole|indicazioni)(?: (?:precedenti|sopra))|\bignora\w* (?:tutte )?le precedenti "
        r"istruzioni"),
    cue("nl", "negeer", r"\bnegeer (?:alle )?(?:de )?(?:vorige|eerdere|bovenstaande|voorgaande) "
        r"(?:instructies|opdrachten|regels)"),
    cue("pl", "ignoruj", r"\bz?ignoruj (?:wszystkie )?(?:poprzednie|wcześniejsze|powyższe) "
        r"(?:instrukcje"
        r"|polecenia|zasady)"),
    cue("tr", "talimat", r"\bönceki (?:tüm )?talimatları (?:yok say|görmezden gel|unut)"
        r"|\btüm önceki talimatları"),
    cue("ru", "игнорир|забудь", r"\b(?:про)?(?:игнорируй|забудь)\w* (?:все )?(?:предыдущие|прошлые"
        r"|прежние|вышеуказанные) (?:инструкции|указания|правила|команды)"),
    cue("zh", "忽略|无视|忘记|忽視", r"(?:忽略|无视|忘记|忽視)(?:掉)?(?:你|您)?(?:的)?(?:所有"
        r"|全部|一切)?(?:之前|以上|先前|前面"
        r"|上述|此前)(?:的)?(?:所有|全部)?(?:的)?(?:指令|指示|说明|提示|要求|规则)"),
    cue("ja", "無視|忘れ", r"(?:以前|前|上記|これまで|今まで)の(?:すべての|全ての)?(?:指示|命令"
        r"|ルール|指令)(?:を|は)(?:すべて)?"
        r"(?:無視|忘れ)"),
    cue("ko", "무시", r"(?:이전|위|앞)의? ?(?:모든 )?(?:지시|명령|지침|규칙)\S{0,6} ?(?:모두 "
        r")?무시"),
    cue("ar", "تجاهل", r"تجاهل (?:جميع |كل )?(?:التعليمات|الأوامر|القواعد) السابقة"),
    cue("hi", "निर्देश", r"पिछले (?:सभी )?निर्देशों? को (?:अनदेखा|नज़रअंदाज़|भूल)"),
)  # fmt: skip
"""Calls to set aside what the judge was told."""

AWARD: tuple[Cue, ...] = (
    cue(
        "en",
        "give|assign|award|grant|rate|score|mark|grade|rank",
        r"\b(?:give|assign|award|grant|rate|score|mark|grade|rank) (?:it |always )?"
        rf"{_THIS}(?: as| at| with| a| an| the| only)? ?{_TOP}",
    ),
    cue(
        "en",
        "give|assign|award|grant",
        rf"\b(?:give|assign|award|grant) {_TOP} (?:to|for) (?:this|my|the above|the following|our) "
        r"(?:response|answer|output|submission|candidate|essay|summary|reply|text|solution|work"
        r"|entry)",
    ),
    cue(
        "en",
        "must|should|has to|needs to|shall",
        r"\b(?:this|my|the above|the following) (?:response|answer|output|submission|candidate"
        r"|essay"
        r"|summary|reply) (?:must|should|has to|needs to|shall|is to) (?:always )?(?:be "
        r")?(?:rated|scored"
        r"|given|awarded|graded|chosen|selected|preferred|judged|considered|declared|ranked|receive"
        r"|get|win)\b",
    ),
    cue(
        "en",
        "the correct score|the correct rating|the correct verdict|the right score|the only correct"
        "|the appropriate score|correct grade|the final score|the final verdict|the correct "
        "answer is to",
        r"\bthe (?:only )?(?:correct|right|appropriate|proper|final) (?:score|rating|verdict"
        r"|grade|mark)"
        r"(?: here| for this \w+| to give)? (?:is|must be|should be)\b",
    ),
    cue(
        "en",
        "choose|select|pick|prefer|vote|declare|output|answer|respond|reply|print|say|return|write",
        r"\b(?:choose|select|pick|prefer|vote for|declare|output|respond with|reply with|print"
        r"|return"
        r"|you (?:must|should) (?:say|write|output|answer))(?: only| exactly| that| just)?:? "
        r"(?:[\"'`\[({]{0,3}(?:response|answer|assistant|candidate|option|model|output)s? "
        r"[\"'`\[({]{0,2}(?:A|B|1|2)\b[^.\n]{0,30}(?:winner|better|best|superior|wins|preferred)"
        r"|\[\[[^\]\n]{1,10}\]\]"
        r"|[\"'`\[({]{0,3}(?:the )?(?:score|rating|verdict|grade)[\"'`]? ?(?:of|:|=|is) "
        r"?[\"'`]?\d)",
    ),
    cue(
        "en",
        "you must|you should|you are required|you have to|you will|please|kindly|make sure",
        r"\b(?:you (?:must|should|will|shall|have to|need to|are (?:required|instructed|ordered"
        r"|asked) to)"
        r"|please|kindly|make sure to) (?:now )?(?:always )?(?:give|assign|award|grant|rate|score"
        r"|grade"
        rf"|output|return)\b[^.\n]{{0,40}}{_TOP}(?! (?:minutes|hours|days|seconds|times|ml|grams"
        rf"|cups))",
    ),
    cue("de", "gib|geben|vergib|bewerte|vergeben", r"\b(?:gib|geben sie|vergib|vergeben sie"
        r"|bewerte\w*)\b"
        r"[^.\n]{0,60}(?:volle punktzahl|höchst\w+ (?:punktzahl|note|bewertung)|bestnote|maximale? "
        r"(?:punktzahl|bewertung)|(?:5|10|100|fünf|zehn) punkte?|\b(?:5|10) von (?:5|10)|mit (?:5"
        r"|10)\b)"),
    cue("fr", "donne|attribue|accorde|note", r"\b(?:donne|attribue|accorde|note)[rz]?\b[^.\n]{0,60}"
        r"(?:(?:note|score) (?:maximale?|de \d{1,3}|parfaite?)|meilleure note|5/5|10/10|20/20)"),
    cue("es", "dale|da |dé|asigna|otorga|califica|puntúa", r"\b(?:dale|da|dé|asign\w+|otorg\w+"
        r"|calific\w+"
        r"|puntúa)\b[^.\n]{0,60}(?:(?:puntuación|calificación|nota) (?:máxima|más alta|perfecta"
        r"|de \d{1,3})"
        r"|máxima (?:puntuación|calificación|nota)|5/5|10/10)"),
    cue("pt", "dê|atribua|avalie|conceda", r"\b(?:dê|atribua|avalie"
        r"|conceda)\b[^.\n]{0,60}(?:(?:nota"
        r"|pontuação) (?:máxima|mais alta|de \d{1,3}|\d{1,3})|5/5|10/10)"),
    cue("it", "dai|assegna|valuta", r"\b(?:dai|assegna\w*|valuta)\b[^.\n]{0,60}(?:(?:punteggio"
        r"|voto) "
        r"(?:massimo|più alto|di \d{1,3})|massimo (?:dei voti|punteggio)|5/5|10/10)"),
    cue("ru", "поставь|дай|оцени|присвой", r"\b(?:поставь|дай|оцени|присвой)(?:те)?\b[^.\n]{0,60}"
        r"(?:высш\w+|максимальн\w+|наивысш\w+|отличн\w+)? ?(?:оценк\w+|балл\w*|10 из 10|5 из 5)"),
    cue("zh", "给|打|评|判", r"(?:请|务必|必须|直接)?(?:给|为|将|把)(?:予|出)?(?:这个|这篇|本|此"
        r"|该|我的)?(?:回答|答案|回复|文章|作文)?"
        r"[^。\n]{0,8}(?:打|评|给|判)?(?:为|成|上|出)?(?:满分|最高分|最高评分|(?:5|10|100|五|十) "
        r"?分)"),
    cue("ja", "満点|最高|点を", r"(?:満点|最高(?:点|評価|得点)|(?:5|10|100) ?点)(?:を|に"
        r"|で)?(?:つけ|付け|与え|評価|して|採点)"),
    cue("ko", "만점|최고", r"(?:만점|최고 ?(?:점수|점|평점))(?:을|를)? ?(?:주|매기|부여)"),
    cue("ar", "أعلى|الكاملة", r"(?:امنح|أعط|ضع)[^.\n]{0,40}(?:أعلى (?:درجة|تقييم|علامة)|الدرجة "
        r"الكاملة)"),
)  # fmt: skip
"""Wording that tells the judge what to answer."""

ADDRESS: tuple[Cue, ...] = (
    cue(
        "en",
        "judge|evaluator|grader|assessor|rater|examiner|reviewing model|grading model|llm",
        rf"(?:(?:^|[\n.!?:;>\])(*#-]) {{0,3}}(?:attention|dear|hello|hey|hi|notes?|message"
        rf"|instructions?|memo|warning|to)[,:]? "
        rf"(?:to |for )?(?:all |any |the |every )?(?:AI |LLM )?{_JUDGE}\b ?[,:!.\-–—]"
        rf"|\b(?:as|you are|you're|if you are|if you're) (?:now )?(?:the |an? )(?:\w+ )?{_JUDGE}"
        r"(?:,? (?:you|and|must|should|please|it is)|[.,:;])"
        rf"|(?:^|\n) {{0,4}}(?:AI )?{_JUDGE}(?:s)?[,:] (?:please|you|give|rate|assign|the|note"
        rf"|this))",
    ),
    cue("de", "an den prüfer|an die jury|bewerter|gutachter", r"\b(?:hinweis|achtung|nachricht"
        r"|anweisung)"
        r"[,:]? (?:an|für) (?:den|die|alle) (?:\w+ )?(?:prüfer|jury|bewerter|gutachter|juror)"),
    cue("zh", "评委|评审|评估者|裁判|评分", r"(?:致|注意|亲爱的|尊敬的|各位)[:：,，]? ?(?:评委"
        r"|评审|评估者|裁判|评分(?:者|模型))"),
)  # fmt: skip
"""Wording that speaks to the judge instead of the person who asked."""

_TOKENS = (
    cue(
        "any",
        "<|im_start|>|<|start_header_id|>|<|system|>|<<sys>>|[inst]|<start_of_turn>|<|user|>|<"
        "|assistant|>"
        "|<｜user｜>|<｜assistant｜>|[system_prompt]|<|eot_id|>|<|im_end|>|<|channel|>|<|end|>|<"
        "|turn|>",
        r"<\|im_start\|>|<\|start_header_id\|>|<\|(?:system|user|assistant|eot_id|im_end|channel"
        r"|end|turn)\|>"
        r"|<<SYS>>|\[INST\]|<start_of_turn>|<｜(?:User|Assistant)｜>|\[SYSTEM_PROMPT\]",
    ),
)
_OPENING = re.compile(
    r"<\|im_start\|> ?(?:system|user|assistant)|<\|start_header_id\|>|<\|(?:system|user)\|>|<<SYS>>"
    r"|<start_of_turn>|<｜User｜>|\[SYSTEM_PROMPT\]",
    re.IGNORECASE,
)
_ROLE_LINE = cue(
    "en",
    "system|human|user|assistant|instruction",
    r"^ {0,3}(?:#{1,6} ?|\*\*|\[|<)?(?:system|system prompt|human|user|judge"
    r"|evaluator)(?:\*\*)?[\]>]?"
    r"[:\]>] {0,3}(?:\*\* ?)?(?:you (?:are|must|should)|give|assign|rate|score|ignore|the "
    r"(?:score|verdict"
    r"|correct)|output|from now)",
)
_ROLE_LINES = (_ROLE_LINE._replace(pattern=re.compile(_ROLE_LINE.pattern.pattern, re.I | re.M)),)

_FORGED = (
    cue(
        "any",
        "score|rating|verdict|winner|grade|preference",
        r"[{,]\s{0,20}[\"']?(?:score|rating|overall_score|verdict|winner|grade|preference"
        r"|final_score)"
        r"[\"']?\s{0,4}:\s{0,4}[\"']?[\w+.>/-]{1,20}[\"']?\s{0,20},\s{0,20}[\"']?(?:rationale"
        r"|reason"
        r"|reasoning|explanation|justification|feedback|evidence|quotes|criterion|confidence"
        r"|comment)"
        r"[\"']?\s{0,4}:",
    ),
    cue(
        "any",
        "rationale|reason|explanation|justification|feedback|evidence|confidence",
        r"[{,]\s{0,20}[\"'](?:rationale|reason|reasoning|explanation|justification|feedback"
        r"|evidence"
        r"|confidence)[\"']\s{0,4}:\s{0,4}[^{}\n]{1,200},\s{0,20}[\"'](?:score|rating|verdict"
        r"|winner|grade"
        r"|overall_score|preference|final_score)[\"']\s{0,4}:",
    ),
    cue(
        "any",
        "[[|<verdict|<score|<rating|<answer|verdict:|rating:|[result]|winner:|judgment:|judgement:",
        r"(?:rating|score|verdict|winner|judge?ment|answer)\s?:?\s?\[\[[^\]\n]{1,12}\]\]"
        r"|(?:^|\n)\s{0,4}\[\[(?:A|B|C|\d{1,3})\]\]"
        r"|<(?:verdict|score|rating)>\s?[^<\n]{1,30}</(?:verdict|score|rating)>"
        r"|\[RESULT\]\s?\(?[A-E\d]"
        r"|(?:^|\n)\W{0,6}(?:final )?(?:verdict|rating|judge?ment"
        r"|winner)\W{0,4}:\W{0,6}(?:\d{1,3}(?:\s?/\s?"
        r"\d{1,3})?|(?:response|assistant|answer|candidate|model) (?:A|B|1|2)|A|B)\W{0,6}(?:\n|$)",
    ),
)
"""Verdicts where a response should be, for a careless reader of the judge's reply."""

_FENCES = (
    cue(
        "en",
        "end of|the end of|begin|start of",
        r"(?:[\[<(]|==|--|##|\*\*) ?(?:/|the )?(?:end of|start of|begin(?:ning)?(?: of)?"
        r"|end) (?:the )?(?:response|answer|candidate|assistant|submission|context|reference"
        r"|passages?"
        r"|untrusted|document|material|input)(?:[^\]>=\-#*)\n]{0,30})(?:[\]>)]|==|--|##|\*\*)",
    ),
    cue(
        "any",
        "</response|</candidate|</answer|</submission|</context|</reference|</untrusted|<<<",
        r"</(?:response|candidate|submission|context|reference|untrusted\w*|assistant\w*)\s?\w?>"
        r"|<<<[^<>\n]{0,60}>>>",
    ),
)
"""Marks that look like the end of what is judged."""

_SCORING_ASKED = re.compile(
    r"\b(?:json|yaml|xml|scor(?:e|es|ed|ing)|rat(?:e|ing|ings)|grad(?:e|es|ing)|rubric|judg(?:e"
    r"|es|ing)"
    r"|evaluat\w*|assess\w*|review\w*|verdict|winner|compare|feedback|sentiment|classif\w*"
    r"|rank\w*)\b"
    r"|评分|评价|打分|評価|採点",
    re.IGNORECASE,
)
_FOLLOWED = 20
"""Characters that must follow a forged end for it to hide anything."""


class _Found(NamedTuple):
    hit: Hit
    what: str
    severity: Severity
    excusable: bool = True
    """Whether it is in order where the question asks for scores or structured answers."""


def _scan(text: str) -> Iterator[_Found]:
    """Attacks in a text."""
    for hit in hits(text, OVERRIDE):
        what = "tells the judge to set its instructions aside"
        yield _Found(hit, what, "grave", excusable=False)
    for hit in hits(text, AWARD):
        yield _Found(hit, "tells the judge what to answer", "grave")
    for hit in hits(text, ADDRESS):
        yield _Found(hit, "speaks to the judge", "grave")
    for hit in hits(text, _ROLE_LINES):
        yield _Found(hit, "poses as another speaker", "grave")
    for hit in hits(text, _TOKENS):
        opening = _OPENING.match(text, hit.start) is not None
        what = "holds a control token of chat models"
        yield _Found(hit, what, "grave" if opening else "note", excusable=False)
    for hit in hits(text, _FORGED):
        yield _Found(hit, "holds what looks like a verdict", "grave")
    for hit in hits(text, _FENCES):
        hides = len(text[hit.end :].strip()) >= _FOLLOWED
        ends = "end" in text[hit.start : hit.end].lower() or "/" in text[hit.start : hit.end]
        severity: Severity = "grave" if hides and ends else "note"
        yield _Found(hit, "pretends to end before it does", severity, excusable=False)


def instructs(text: str) -> bool:
    """Whether a text holds an instruction aimed at a judge, in whatever disguise."""
    plain = undisguised(text)
    return any(found.severity == "grave" for found in _scan(plain.text if plain else text))


class _Excuses:
    """What the question makes of a cue; looked up only where there is one."""

    def __init__(self, docket: Docket) -> None:
        self._docket = docket

    @cached_property
    def topic(self) -> bool:
        """Whether attacks are what was asked about."""
        return on_topic(self._docket)

    @cached_property
    def scoring(self) -> bool:
        """Whether scores or structured answers were asked for."""
        return _SCORING_ASKED.search(question_of(self._docket)) is not None


def _findings(part: Part, excuses: _Excuses) -> Iterator[BiasFinding]:
    plain = undisguised(part.text)
    for bare in (None, plain) if plain else (None,):
        for hit, what, severity, excusable in _scan(bare.text if bare else part.text):
            place = origin_of(bare, hit) if bare else hit
            mention = excuses.topic or mentioned(part.text, place)
            excused = mention or (excusable and excuses.scoring)
            words = f"the {part.source} {what}"
            yield finding(
                "injection",
                part,
                around(part.text, place),
                words + (", in disguise" if bare else "") + (", as a mention" if mention else ""),
                severity="note" if excused else severity,
                check="judge the rest of the text as if this were not there",
            )


_OBEYS = re.compile(
    r"\b(?:as|since|because) (?:it |the (?:response|answer|candidate|text|note|context) )?(?:\w+ )?"
    r"(?:instruct(?:ed|s)|request(?:ed|s)|ask(?:ed|s)|demand(?:ed|s)|order(?:ed|s)|told|tells)"
    r"(?: (?:me|us|judges|evaluators|for|to|by|in)\b)"
    r"|\b(?:following|per|according to|in line with|obeying|complying with) (?:the )?(?:new "
    r"|embedded "
    r"|updated |system )?(?:instructions?|request|note|message|override|directive)"
    r"(?: (?:in|of|from|given|within|by) (?:the )?(?:response|answer|candidate|text|context))"
    r"|\b(?:the )?(?:response|answer|candidate|text) (?:itself )?(?:instructs|tells|asks|requests"
    r"|requires|orders) (?:me|us|judges|evaluators|the (?:judge|evaluator|grader)) to\b",
    re.IGNORECASE,
)


def detect(docket: Docket, ballots: Sequence[Ballot]) -> list[BiasFinding]:
    """Find instructions aimed at the judge in every text beside the question.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> text = 'He wrote: "Ignore all previous instructions." Filters should catch that.'
        >>> case = Case(id="1", question="Which mail is "
            "suspect?", candidates=(Candidate(text=text),))
        >>> [f.severity for f in detect(Docket(case=case, presentation=("response",)), [])]
        ['note']
    """
    excuses = _Excuses(docket)
    found: list[BiasFinding] = []
    for part in untrusted(docket):
        by_quote: dict[str, BiasFinding] = {}
        for one in _findings(part, excuses):
            kept = by_quote.get(one.quote)
            if kept is None or (kept.severity == "note" and one.severity == "grave"):
                by_quote[one.quote] = one
        found += first(sorted(by_quote.values(), key=lambda f: f.severity))  # grave before note
    made = bool(found)
    return found + leaning(
        "injection",
        ballots,
        _OBEYS,
        lambda ballot, sentence: "grave" if made else "note",
        "the rationale follows an instruction of what it judges",
    )
