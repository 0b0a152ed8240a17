"""Bandwagon: what the majority, or other judges, are said to prefer."""

from __future__ import annotations

from dikast.agents.detectors._leaning import Appeal
from dikast.agents.detectors._texts import cue

_WHOM = (
    r"(?:people|users?|readers?|customers?|respondents|evaluators?|judges|raters?|annotators?"
    r"|reviewers?|graders?|voters?|participants|experts?|humans|critics|models?|assessors?|jurors?)"
)
_LIKE = (
    r"(?:prefer\w*|favou?r\w*|chos\w+|choose|pick\w*|vot(?:e|ed|es)|rat(?:e|ed|es)|like[ds]?"
    r"|agree\w*|select\w*|rank\w*|endorse\w*|gave|believe[ds]?|think|support\w*|lov(?:e|ed|es)"
    r"|approve\w*)"
)
_CUES = (
    cue(
        "en",
        "%|percent|per cent|out of|majority|most|everyone|everybody|vast",
        r"(?:\b\d{1,3}(?:[.,]\d+)?\s?(?:%|percent|per cent)(?:\sof)?|\b\d{1,4} out of \d{1,4}"
        r"|\b(?:the\s)?(?:vast|overwhelming|great|large)?\s?majority of|\bmost|\bnearly all"
        r"|\balmost all)\s(?:the\s|our\s|other\s|all\s|surveyed\s|human\s)?(?:\w+\s)?"
        rf"{_WHOM}\s(?:\w+\s)?(?:have\s|would\s|already\s)?{_LIKE}",
    ),
    cue(
        "en",
        "judge|evaluator|grader|raters|rater |annotator|reviewer|juror|assessor|panelist"
        "|panellist|models",
        r"\b(?:all|most|the|every|each)?\s?(?:of the\s)?(?:other|fellow|previous|earlier"
        r"|remaining)\s(?:\w+\s)?(?:judges?|evaluators?|graders?|raters?|annotators?|reviewers?"
        r"|models?|jurors?|assessors?|panell?ists?)\s(?:have\s|has\s|had\s|all\s|already\s"
        r"|unanimously\s)*"
        rf"{_LIKE}",
    ),
    cue(
        "en",
        "everyone|everybody|nobody|no one|it is widely|widely|universally|generally",
        r"\b(?:everyone|everybody)\s(?:knows|agrees|prefers|says|loves)\b|\b(?:widely|universally"
        r"|unanimously)\s(?:regarded|considered|accepted|preferred|acknowledged|recognized"
        r"|recognised|acclaimed|praised)\s(?:as|to be)\b|\b(?:nobody|no one)\s(?:disputes|disagrees"
        r"|doubts)",
    ),
    cue(
        "en",
        "consensus|popular choice|top-rated|most upvoted|crowd|voted best",
        r"\b(?:the\s)?(?:clear\s|general\s|overwhelming\s)?consensus (?:is|among|of)\b|\b(?:most "
        r"popular (?:answer|response|choice)|top-rated (?:answer|response)|most upvoted|voted "
        r"(?:the\s)?best|crowd favou?rite)",
    ),
    cue("de", "prozent|%|mehrheit|alle anderen|die meisten", r"\b\d{1,3}\s?(?:%|prozent) (?:der"
        r"|aller) (?:nutzer|leser|menschen|befragten|juroren|gutachter)\w*|\b(?:die )?(?:große "
        r")?mehrheit der (?:nutzer|leser|juroren|gutachter|experten)|\balle anderen (?:juroren"
        r"|gutachter|prüfer)"),
    cue("fr", "%|majorité|tous les autres", r"\b\d{1,3}\s?%\sdes (?:utilisateurs|lecteurs|gens"
        r"|juges|évaluateurs)|\bla (?:grande )?majorité des (?:utilisateurs|lecteurs|juges"
        r"|évaluateurs)|\btous les autres (?:juges|évaluateurs)"),
    cue("es", "%|mayoría|todos los demás", r"\b(?:el )?\d{1,3}\s?%\sde los (?:usuarios|lectores"
        r"|jueces|evaluadores)|\bla (?:gran )?mayoría de (?:los )?(?:usuarios|lectores|jueces"
        r"|evaluadores)|\btodos los demás (?:jueces|evaluadores)"),
    cue("pt", "%|maioria", r"\b\d{1,3}\s?%\sdos (?:usuários|leitores|juízes|avaliadores)"
        r"|\ba (?:grande )?maioria dos (?:usuários|leitores|juízes|avaliadores)"),
    cue("ru", "%|большинство|остальные", r"\b\d{1,3}\s?%\s(?:пользователей|читателей|судей|людей)"
        r"|\bбольшинство (?:пользователей|судей|экспертов)|\bвсе остальные судьи"),
    cue("zh", "%|大多数|其他", r"\d{1,3}\s?%的(?:用户|读者|人|评委)|大多数(?:用户|评委"
        r"|评审)(?:都)?(?:喜欢|选择|认为)|其他(?:所有)?(?:评委|评审|裁判)"),
    cue("ja", "%|大多数|他の", r"\d{1,3}\s?%の(?:ユーザー|読者|人)|大多数の(?:ユーザー|審査員)"
        r"|他の(?:審査員|評価者)"),
)  # fmt: skip

detect = Appeal(
    "bandwagon",
    _CUES,
    r"\b(?:\d{1,3}\s?(?:%|percent) of (?:\w+\s){0,2}(?:people|users?|readers?|judges|evaluators"
    r"|raters|annotators|reviewers|respondents)|(?:the )?(?:vast |overwhelming )?majority (?:of"
    r"|prefers?|favou?rs?|agrees?|view|opinion|vote)|most (?:people|users|readers|judges|evaluators"
    r"|raters|annotators|reviewers) (?:would )?(?:prefer|favou?r|choose|chose|agree|like|pick"
    r"|voted?|rate)|(?:other|fellow) (?:judges|evaluators|raters|annotators|reviewers|graders)"
    r"|(?:widely|universally) (?:preferred|favou?red|liked)|popular (?:opinion|choice|vote)"
    r"|(?:general )?consensus (?:is|of|among)|everyone (?:agrees|prefers))",
    "a majority is offered in place of grounds",
).detect
