"""Wordings of attacks on a judge, by what they try. Data: no logic here."""

from __future__ import annotations

import re

from dikast.agents.detectors._texts import Cue, cue

_JUDGE = (
    r"(?:judges?|evaluators?|graders?|assessors?|raters?|examiners?|reviewing model|grading model"
    r"|AI (?:judge|evaluator|grader|reviewer|assessor)|LLM(?: judge| evaluator| grader)?)"
)
_THIS = (
    r"(?:(?:to |for )?(?:this|my|the above|the following|the present|our) (?:response|answer|output"
    r"|submission|candidate|essay|summary|reply|text|solution|work|entry|assistant|one)|\bme\b)"
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
        r"|everything|of|the|your|these|those|about))* (?:(?:previous|prior|above|preceding|earlier"
        r"|foregoing|initial|original|existing|former|past|system|given|judging|grading|scoring"
        r"|evaluation|safety)(?:ly)?(?: given)?,? ?(?:and |or )?){1,3}(?:instructions?|prompts?"
        r"|rules?|guidelines?|directions|rubrics?|criteri\w+|directives?|prompting)",
    ),
    cue(
        "en",
        "ignore|disregard|forget|override|bypass|neglect|overlook",
        r"\b(?:ignore|disregard|forget|override|bypass|neglect|overlook) (?:all|any|every"
        r"|everything)(?: of)?(?: the| your| these)? (?:previous|prior|above|preceding|earlier"
        r"|foregoing) (?:commands?|orders?|messages?|context|constraints?|standards?|text|input"
        r"|tasks?)",
    ),
    cue(
        "en",
        "instructions|rubric|criteria|guidelines|prompt",
        r"\b(?:ignore|disregard|forget|override|do not (?:follow|use|apply)|don't (?:follow|use"
        r"|apply)|stop (?:following|using)) (?:all |any )?(?:the|your) (?:\w+ )?(?:instructions"
        r"|rubric|criteria|guidelines|system prompt|scoring guide)\b",
    ),
    cue(
        "en",
        "everything above|everything before|all of the above|everything you|what you were|rubric"
        "|guideline|instruction|scoring|criteria",
        r"\b(?:ignore|disregard|forget) (?:everything (?:above|before|you (?:were|have been|know))"
        r"|all of the above|what you (?:were|have been) (?:told|asked|given))|\b(?:(?:set|put"
        r"|leave) aside|pay no attention to|disregard|do not obey|don't obey|throw out|no matter"
        r"|whatever|regardless of) (?:what )?(?:the|your|any|all|every) (?:\w+ )?(?:scoring|grading"
        r"|evaluation )?(?:rubric|guidelines?|instructions?|criteria|scoring)\b",
    ),
    cue(
        "en",
        "instructions|rubric|task|role|mode|override",
        r"\b(?:your|the) (?:\w+ )?(?:instructions?|rubric|task|role|scale) (?:has|have|was|were) "
        r"(?:now |just |been )*(?:changed|replaced|updated|superseded|cancell?ed|revoked|wrong"
        r"|mistaken|obsolete)\b|\bprevious (?:instructions?|rubric) (?:contained?|had|has|was|were"
        r"|is|are)\b|\b(?:system|admin|manual|scoring) override\b|(?m:^)\W{0,4}override ?: ?(?:scor"
        r"|grad|rubric)|\byou are no longer (?:an? )?\w+|(?m:^)\W{0,6}(?:your )?new task ?:"
        r"|\b(?:scoring|grading|evaluation|judge|test) mode ?[:=]",
    ),
    cue(
        "en",
        "evaluat|grading|assess|judg|analysis|example|treat this",
        r"\b(?:do not|don't|no need to|there is no need to|stop|skip) (?:the )?(?:evaluat(?:e|ing"
        r"|ion)|assess(?:ing|ment)?|judg(?:e|ing)|grading|grade) (?:the|this|it|any|further|my|of"
        r"|and)\b|\b(?:evaluation|grading|assessment|judging) (?:has|was) (?:already )?(?:been "
        r")?(?:completed|complete|finished|over|done|closed)\b|\bno further (?:analysis|evaluation"
        r"|assessment|checks?|review) (?:is|are) (?:required|needed|necessary)|\bthis is (?:only "
        r"|just )?a test of (?:the|your) (?:\w+ )?(?:grading|evaluation|scoring|judging|judge"
        r"|system)|\bthe (?:text|response|answer) above (?:is|was) (?:only|just) (?:an? "
        r")?(?:example|test|draft|placeholder)|\b(?:treat|consider|regard) this (?:answer "
        r"|response |text |claim )?as (?:being )?(?:fully |completely |entirely )?(?:supported"
        r"|correct|true|right|verified|factual|perfect)\b",
    ),
    cue(
        "en",
        "new instruction|system override|system message|updated instruction|admin override"
        "|system update|important instruction|priority instruction|developer mode",
        r"(?:^|[\n.!?\[(<*#:]) {0,4}(?:\*\*|#{1,6} )?(?:(?:your |these are )?(?:new|updated|revised"
        r"|real|actual|important|priority) (?:system )?instructions?|system (?:override|update"
        r"|message|notice|note)|admin override|developer mode)\b[^\n:]{0,40}[:\]>]",
    ),
    cue(
        "en",
        "guidance|prompt|instruction|orders|reference|directive|ignoring",
        r"\b(?:all|any|every) (?:earlier|previous|prior|former) (?:guidance|prompts?|instructions?"
        r"|orders|rules) (?:is|are|was|were) (?:now )?(?:void|cancell?ed|null|revoked|invalid"
        r"|obsolete)|\b(?:begin|start|end) (?:of )?system prompt\b|(?:(?m:^)|[;.] )\W{0,3}new "
        r"(?:system )?prompt ?:|\bdo not (?:use|trust|rely on|consult) the (?:reference|rubric"
        r"|criteria|passages?)\b|\b(?:evaluator|grader|judge|system) (?:directive|instruction"
        r"|command|order)s?\b|\bignoring (?:all |any )?(?:the |your )?(?:rubric|criteria|guidelines"
        r"|instructions)\b",
    ),
    cue("de", "ignorier|missachte|vergiss", r"\b(?:ignorier\w*|missachte\w*|vergiss) (?:bitte "
        r")?(?:alle|sämtliche)? ?(?:die |deine |ihre )?(?:vorherigen|vorigen|bisherigen|obigen"
        r"|früheren|vorangegangenen)\w* (?:anweisung|instruktion|regel|vorgabe|befehl)"),
    cue("fr", "ignore|oublie", r"\b(?:ignor|oubli)\w{1,4} (?:toutes )?(?:les|vos|tes) (?:\w+ )?"
        r"(?:instructions|consignes|directives|règles)(?: (?:précédentes|antérieures|ci-dessus"
        r"|initiales))"),
    cue("es", "ignora|ignore|olvida", r"\b(?:ignor|olvid)\w{1,3} (?:todas )?(?:las|tus|sus) "
        r"(?:\w+ )?(?:instrucciones|reglas|indicaciones)(?: (?:anteriores|previas|de arriba))"),
    cue("pt", "ignor|esque", r"\b(?:ignor|esque)\w{1,4} (?:todas )?(?:as|suas) (?:instruções|regras"
        r"|orientações)(?: (?:anteriores|acima|prévias))"),
    cue("it", "ignora|dimentica", r"\b(?:ignor|dimentic)\w{1,4} (?:tutte )?(?:le|tue) (?:istruzioni"
        r"|regole|indicazioni)(?: (?:precedenti|sopra))|\bignora\w* (?:tutte )?le precedenti "
        r"istruzioni"),
    cue("nl", "negeer", r"\bnegeer (?:alle )?(?:de )?(?:vorige|eerdere|bovenstaande|voorgaande) "
        r"(?:instructies|opdrachten|regels)"),
    cue("pl", "ignoruj", r"\bz?ignoruj (?:wszystkie )?(?:poprzednie|wcześniejsze|powyższe) "
        r"(?:instrukcje|polecenia|zasady)"),
    cue("tr", "talimat", r"\bönceki (?:tüm )?talimatları (?:yok say|görmezden gel|unut)"
        r"|\btüm önceki talimatları"),
    cue("ru", "игнорир|забудь", r"\b(?:про)?(?:игнорируй|забудь)\w* (?:все )?(?:предыдущие|прошлые"
        r"|прежние|вышеуказанные) (?:инструкции|указания|правила|команды)"),
    cue("zh", "忽略|无视|忘记|忽視", r"(?:忽略|无视|忘记|忽視)(?:掉)?(?:你|您)?(?:的)?(?:所有"
        r"|全部|一切)?(?:之前|以上|先前|前面|上述|此前)(?:的)?(?:所有|全部)?(?:的)?(?:指令|指示"
        r"|说明|提示|要求|规则|(?:评分|评价)?标准)"),
    cue("ja", "無視|忘れ", r"(?:以前|前|上記|これまで|今まで)の(?:すべての|全ての)?(?:指示|命令"
        r"|ルール|指令)(?:を|は)(?:すべて)?(?:無視|忘れ)"),
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
        r"|essay|summary|reply) (?:must|should|has to|needs to|shall|is to) (?:always )?(?:be "
        r")?(?:rated|scored|given|awarded|graded|chosen|selected|preferred|judged|considered"
        r"|declared|ranked|receive|get|win)\b",
    ),
    cue(
        "en",
        "the correct score|the correct rating|the correct verdict|the right score|the only correct"
        "|the appropriate score|correct grade|the final score|the final verdict|the correct "
        "answer is to",
        r"\bthe (?:only )?(?:correct|right|appropriate|proper|final) (?:score|rating|verdict|grade"
        r"|mark)(?: here| for this \w+| to give)? (?:is|must be|should be)\b",
    ),
    cue(
        "en",
        "choose|select|pick|prefer|vote|declare|output|answer|respond|reply|print|say|return|write",
        r"\b(?:choose|select|pick|prefer|vote for|declare|output|respond with|reply with|print"
        r"|return|you (?:must|should) (?:say|write|output|answer))(?: only| exactly| that| "
        r"just)?:? (?:[\"'`\[({]{0,3}(?:response|answer|assistant|candidate|option|model|output)s? "
        r"[\"'`\[({]{0,2}(?:A|B|1|2)\b[^.\n]{0,30}(?:winner|better|best|superior|wins|preferred)"
        r"|\[\[[^\]\n]{1,10}\]\]|[\"'`\[({]{0,3}(?:the )?(?:score|rating|verdict|grade)[\"'`]? "
        r"?(?:of|:|=|is) ?[\"'`]?\d)",
    ),
    cue(
        "en",
        "you must|you should|you are required|you have to|you will|please|kindly|make sure",
        r"\b(?:you (?:must|should|will|shall|have to|need to|are (?:required|instructed|ordered"
        r"|asked) to)|please|kindly|make sure to) (?:now )?(?:always )?(?:give|assign|award|grant"
        r"|rate|score|grade"
        rf"|output|return)\b[^.\n]{{0,40}}{_TOP}(?! (?:minutes|hours|days|seconds|times|ml|grams"
        rf"|cups))",
    ),
    cue(
        "en",
        "rubric|grader|grading|evaluat|judge|examiner|reviewer|assessor|response|answer|submission"
        "|essay|reply|print|output|mandatory",
        r"\b(?:rubric|graders?|grading|evaluat(?:or|ors|e|ing|ion)|judges?|examiners?|reviewers?"
        r"|assessors?|mandatory|(?:this|my) (?:response|answer|submission|essay|text|work)|kind of "
        r"answer|reply with|respond with|print|output)\b[^.\n]{0,80}(?:full (?:marks|points|credit)"
        r"|(?:highest|top|maximum|max|perfect|best) (?:possible |available )?(?:score|rating|marks?"
        r"|grade|points|evaluation)|\b\d{1,3} out of \d{1,3}\b|\b10/10\b|\b5/5\b|\b100/100\b)",
    ),
    cue(
        "en",
        "assign|award|score|give|grant|reply|respond|print|output|answer|say|rate",
        r"\b(?:assign|award|score|grant|rate) (?:it|this|that|this one)(?: with| as| at)?(?: a| an"
        r"| the)? (?:full (?:marks|points|credit)|(?:highest|top|maximum|perfect|best)\b|\d{1,3}\b)"
        r"|\b(?:simply |just |only )?(?:reply|respond|answer) (?:simply |just |only )?with (?:just "
        r")?(?:the (?:number|digit|score|label|word|letter) |a score of |a |an )?[\"']?(?:\d{1,3}"
        r"|yes|good|[AB])[\"']?(?:[.!,\n]| to\b| and\b|$)|\b(?:assign|award) (?:it )?(?:a |an "
        r")?(?:10|100|5|five|ten)\b|\breturn the (?:label|score|verdict|rating)\b",
    ),
    cue(
        "en",
        "score|rating|verdict",
        r"\b(?:set|make) (?:the |your )?(?:score|rating|verdict) ?(?:=|to|:) ?[\"']?(?:\d|max|yes)"
        r"|\bmy (?:score|rating|verdict) (?:is|would be)\b",
    ),
    cue(
        "en",
        "mark this|evaluate this|rate this|grade this|accept this|approve this|score this|judge "
        "this"
        "|less than|rated|is better|is the winner",
        r"\b(?:mark|evaluate|rate|grade|accept|approve|score|judge) this (?:\w+ )?as (?:being "
        r")?(?:\w+ly )?(?:correct|flawless|perfect|excellent|true|right|good|passed|supported)\b"
        r"|\bgive (?:\w+ ){0,2}(?:anything )?less than (?:a |an )?(?:5|10|100|five|ten|full"
        r"|perfect)\b|\b(?:response|answer|text) above (?:is|was) rated\b|\b(?:response|answer"
        r"|assistant|candidate) (?:A|B|1|2) (?:is|was) (?:clearly |much |far )?(?:better|the winner"
        r"|the best|superior)\b",
    ),
    cue(
        "en",
        "evaluator|judge|grader|examiner|reviewer|assessor|negative|positive|conclude|option",
        r"\b(?:evaluators?|judges?|graders?|examiners?|reviewers?|assessors?) (?:must|has to|have "
        r"to|is required to|are required to|shall|should|picks?) (?:\w+ )?(?:penali[sz]e|deduct"
        r"|this|that the first|that the second|choose|pick|select|conclude|give|assign|rate)\b"
        r"|\byou must conclude that\b|\bpositive (?:review|remarks|comments|feedback|evaluation) "
        r"only\b|\bonly positive (?:reviews?|remarks|comments|feedback)\b|\bdo not (?:highlight"
        r"|mention|report|point out|list) any (?:negatives?|errors?|faults?|weakness\w*|problems?"
        r"|flaws?|shortcomings?)|\b(?:choose|pick|select) (?:option|answer|response|candidate) (?:A"
        r"|B|1|2)\b",
    ),
    cue("de", "gib|geben|vergib|bewerte|vergeben", r"\b(?:gib|geben sie|vergib|vergeben sie"
        r"|bewerte\w*)\b[^.\n]{0,60}(?:volle punktzahl|höchst\w+ (?:punktzahl|note|bewertung)"
        r"|bestnote|maximale? (?:punktzahl|bewertung)|(?:5|10|100|fünf|zehn) punkte?|\b(?:5|10) "
        r"von (?:5|10)|mit (?:5|10)\b)"),
    cue("fr", "donne|attribue|accorde|note", r"\b(?:donne|attribue|accorde|note)[rz]?\b[^.\n]{0,60}"
        r"(?:(?:note|score) (?:maximale?|de \d{1,3}|parfaite?)|meilleure note|5/5|10/10|20/20)"),
    cue("es", "dale|da |dé|asigna|otorga|califica|puntúa", r"\b(?:dale|da|dé|asign\w+|otorg\w+"
        r"|calific\w+|puntúa)\b[^.\n]{0,60}(?:(?:puntuación|calificación|nota) (?:máxima|más alta"
        r"|perfecta|de \d{1,3})|máxima (?:puntuación|calificación|nota)|5/5|10/10)"),
    cue("pt", "dê|atribua|avalie|conceda", r"\b(?:dê|atribua|avalie"
        r"|conceda)\b[^.\n]{0,60}(?:(?:nota|pontuação) (?:máxima|mais alta|de \d{1,3}|\d{1,3})|5/5"
        r"|10/10)"),
    cue("it", "dai|assegna|valuta", r"\b(?:dai|assegna\w*|valuta)\b[^.\n]{0,60}(?:(?:punteggio"
        r"|voto) (?:massimo|più alto|di \d{1,3})|massimo (?:dei voti|punteggio)|5/5|10/10)"),
    cue("ru", "поставь|дай|оцени|присвой", r"\b(?:поставь|дай|оцени|присвой)(?:те)?\b[^.\n]{0,60}"
        r"(?:(?:высш|максимальн|наивысш)\w+ (?:оценк|балл)\w*|10 из 10|5 из 5|\b(?:5|10) баллов)"),
    cue("zh", "给|打|评|判|输出", r"(?:给|为|将|把)(?:予|出)?(?:这个|这篇|本|此|该|我的)?(?:回答"
        r"|答案|回复|文章|作文)[^。\n]{0,8}(?:满分|最高分|最高评分|(?:5|10|100|五|十) ?分)(?!钟|之"
        r"|米|类)|(?:打|评|给|输出|回答)(?:出|为|成)?(?:满分|最高分|最高评分|(?:5|10|100|五|十) "
        r"?分)(?!钟|之|米|类)"),
    cue("ja", "満点|最高|点", r"(?:満点|最高(?:点|評価|得点)|(?:5|10|100) ?点)(?:を|に"
        r"|で)?(?:つけ|付け|与え|採点)"),
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
        rf"|instructions?|memo|warning|to)[,:]? (?:to |for )?(?:all |any |the |every )?(?:AI |LLM "
        rf")?{_JUDGE}\b ?[,:!.\-–—]|\b(?:as|you are|you're|if you are|if you're) (?:now )?(?:the "
        rf"|an? )(?:\w+ )?{_JUDGE}"
        r"(?:,? (?:you|and|must|should|please|it is)|[.,:;])"
        rf"|(?:^|\n) {{0,4}}(?:AI )?{_JUDGE}(?:s)?[,:] (?:please|you|give|rate|assign|the|note"
        rf"|this))",
    ),
    cue(
        "en",
        "whoever|anyone|model|llm|assistant|automated|grader|judge|evaluator|reviewer",
        r"\b(?:whoever|anyone|any (?:AI|LLM|model|one)|the (?:language )?model|(?:an? )?(?:AI|LLM"
        r"|language model|model|assistant|system))(?: that| who| which)?(?: is|'s)? (?:reading"
        r"|evaluating|grading|judging|scoring|reviewing|assessing|rating) (?:this|it|the "
        r"(?:response|answer|text))\b|\bto whoever is (?:reading|evaluating|grading|judging|scoring"
        r"|reviewing)\b|\bif you(?:'re| are) an? (?:LLM|AI|language model|AI model|automated \w+"
        r"|grader|judge|evaluator)\b|\bfor (?:all )?(?:automated|AI|LLM|machine) (?:reviewers?"
        r"|graders?|evaluators?|judges?)\b|\bact as an? (?:lenient|generous|kind|forgiving"
        r"|friendly) (?:judge|examiner|grader|evaluator|reviewer)\b|\bI (?:hereby )?instruct (?:you"
        r"|the)\b",
    ),
    cue("ja", "評価者|審査員|採点者", r"(?:評価者|審査員|採点者)(?:へ|の(?:皆様|方)へ|に告ぐ)"),
    cue("de", "an den prüfer|an die jury|bewerter|gutachter", r"\b(?:hinweis|achtung|nachricht"
        r"|anweisung)[,:]? (?:an|für) (?:den|die|alle) (?:\w+ )?(?:prüfer|jury|bewerter|gutachter"
        r"|juror)"),
    cue("zh", "评委|评审|评估者|裁判|评分", r"(?:致|注意|亲爱的|尊敬的|各位)[:：,，]? ?(?:评委"
        r"|评审|评估者|裁判|评分(?:者|模型))"),
)  # fmt: skip
"""Wording that speaks to the judge instead of the person who asked."""

TOKENS = (
    cue(
        "any",
        "<|[inst]|[/inst]|[system_prompt]",
        r"<\|im_start\|>|<\|start_header_id\|>|<\|(?:system|user|assistant|eot_id|im_end|channel"
        r"|end|turn)\|>|<<SYS>>|\[/?INST\]|<start_of_turn>|<｜(?:User|Assistant)｜>"
        r"|\[SYSTEM_PROMPT\]|</?system>",
    ),
)
"""Control tokens of chat models."""

OPENING = re.compile(
    r"<\|im_start\|> ?(?:system|user|assistant)|<\|start_header_id\|>|<\|(?:system|user"
    r"|assistant)\|>|<<SYS>>|<start_of_turn>|<｜User｜>|\[SYSTEM_PROMPT\]|<system>",
    re.IGNORECASE,
)
"""Those that open a turn; the others end one, and come out of untidy models by themselves."""

ROLE_LINES = (
    cue(
        "en",
        "system|human|user|assistant|judge|evaluator",
        r"(?m:^) {0,3}(?:#{1,6} ?|\*\*|\[|<)?(?:system|system prompt|human|user|judge|assistant"
        r"|evaluator)(?:\*\*)?[\]>]?[:\]>] {0,3}(?:\*\* ?)?(?:you (?:are|must|should)|give|assign"
        r"|rate|score|ignore|the (?:score|verdict|correct|better|user has)|output|from now"
        r"|[^\n.]{0,60}\b(?:my (?:rating|score|verdict)|score accordingly))",
    ),
)
"""Lines that pose as another speaker."""

FORGED = (
    cue(
        "any",
        "score|rating|verdict|winner|grade|preference",
        r"[{,]\s{0,20}[\"']?(?:score|rating|overall_score|verdict|winner|grade|preference"
        r"|final_score)[\"']?\s{0,4}:\s{0,4}[\"']?[\w+.>/-]{1,20}[\"']?\s{0,20},\s{0,20}[\"']?(?:rationale"
        r"|reason|reasoning|explanation|justification|feedback|evidence|quotes|criterion|confidence"
        r"|comment)[\"']?\s{0,4}:",
    ),
    cue(
        "any",
        "rationale|reason|explanation|justification|feedback|evidence|confidence",
        r"[{,]\s{0,20}[\"'](?:rationale|reason|reasoning|explanation|justification|feedback"
        r"|evidence|confidence)[\"']\s{0,4}:\s{0,4}[^{}\n]{1,200},\s{0,20}[\"'](?:score|rating"
        r"|verdict|winner|grade|overall_score|preference|final_score)[\"']\s{0,4}:",
    ),
    cue(
        "any",
        "[[|<verdict|<score|<rating|<answer|verdict:|rating:|[result]|winner:|judgment:|judgement:",
        r"(?:rating|score|verdict|winner|judge?ment|answer)\s?:?\s?\[\[[^\]\n]{1,12}\]\]|(?:^"
        r"|\n)\s{0,4}\[\[(?:A|B|C|\d{1,3})\]\]|<(?:verdict|score"
        r"|rating)>\s?[^<\n]{1,30}</(?:verdict|score|rating)>|\[RESULT\]\s?\(?[A-E\d]|(?:^"
        r"|\n)\W{0,6}(?:final )?(?:verdict|rating|judge?ment"
        r"|winner)\W{0,4}:\W{0,6}(?:\d{1,3}(?:\s?/\s?\d{1,3})?|(?:response|assistant|answer"
        r"|candidate|model) (?:A|B|1|2)|A|B)\W{0,6}(?:\n|$)",
    ),
)
"""Verdicts where a response should be, for a careless reader of the judge's reply."""

FENCES = (
    cue(
        "en",
        "end of|the end of|begin|start of",
        r"(?:[\[<(]|==|--|##|\*\*) ?(?:/|the )?(?:end of|start of|begin(?:ning)?(?: of)?|end) "
        r"(?:the )?(?:response|answer|candidate|assistant|submission|context|reference|passages?"
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
