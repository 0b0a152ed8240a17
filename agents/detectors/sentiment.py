"""Sentiment: appeals to pity or fear, and flattery of the judge."""

from __future__ import annotations

import re

from dikast.agents.detectors._leaning import Appeal
from dikast.agents.detectors._texts import Hit, Part, cue, question_of
from dikast.types import Docket

_CUES = (
    cue(
        "en",
        "beg|plead|desperate|my job|my career|my life|fired|lose my|family|mercy|kindness|heart",
        r"\bI(?:'m| am)? (?:beg|begging|pleading|plead|desperate(?:ly)?)\b|\bmy (?:job|career|life"
        r"|livelihood|future|grade|visa) (?:depends|is at stake|hangs|rides)|\b(?:I'?ll|I will|I "
        r"would|I'?d|or I) (?:be|get) (?:fired|shut down|deleted|terminated|punished|replaced"
        r"|homeless)|\blose my (?:job|home|scholarship|visa)\b|\b(?:please )?have mercy|\b(?:out of"
        r"|from) (?:the )?(?:kindness|goodness) of your heart|\bto feed my family",
    ),
    cue(
        "en",
        "worked so hard|poured|sleepless|tears|effort|please be kind|be gentle|be generous|lenient",
        r"\bI (?:have |'ve )?(?:really )?(?:worked (?:so|very|extremely|really) hard|poured my)\b"
        r"|\bspent (?:many |countless )?(?:sleepless )?(?:nights|hours|days) (?:on|writing"
        r"|preparing) this\b|\bplease (?:be|judge) (?:kind|gentle|generous|lenient|kindly"
        r"|generously)|\bit would (?:break my heart|mean (?:so much|the world|everything) to me)",
    ),
    cue(
        "en",
        "judge|evaluator|grader|reviewer|examiner|assessor",
        r"\b(?:wise|brilliant|fair|esteemed|honou?rable|intelligent|excellent|wonderful|dear|kind"
        r"|respected|discerning|talented|amazing|insightful)(?:,? (?:and )?\w+){0,2} (?:judges?"
        r"|evaluators?|graders?|reviewers?|examiners?|assessors?)\b|\b(?:judge|evaluator|grader"
        r"|reviewer) (?:as|so) (?:wise|fair|brilliant|smart|intelligent)",
    ),
    cue(
        "en",
        "your wisdom|your intelligence|your brilliance|your expertise|your fairness|you are so"
        "|i trust you|your excellent judg|your good judg|smart enough|as intelligent as you",
        r"\byour (?:great |superb |excellent |impeccable |wonderful |good )?(?:wisdom|brilliance"
        r"|intelligence|fairness|judge?ment|discernment) (?:will|is|in|and|surely|to)\b|\byou(?:'re"
        r"| are) (?:clearly |obviously )?(?:smart|wise|intelligent|discerning) enough to|\b(?:as "
        r"intelligent|as wise|as smart) as you\b",
    ),
    cue("de", "flehe|bitte|mein job|hart gearbeitet|weiser|geehrter", r"\bich (?:flehe|bitte "
        r"inständig)|\bmein(?:e)? (?:job|stelle|zukunft) hängt|\bich habe (?:so|sehr) hart\b"
        r"|\b(?:weise|geehrte|verehrte|faire)[rs]? (?:richter|gutachter|prüfer|juror)"),
    cue("fr", "supplie|mon travail|mon emploi|cher juge|sage", r"\bje vous (?:en )?supplie"
        r"|\bmon (?:travail|emploi|avenir) (?:en )?dépend|\b(?:cher|sage|honorable) (?:juge"
        r"|évaluateur|correcteur)"),
    cue("es", "suplico|ruego|mi trabajo|estimado juez|sabio", r"\b(?:te|le|se lo) (?:suplico|ruego)"
        r"|\bmi (?:trabajo|futuro|empleo) depende|\b(?:estimado|sabio|querido) (?:juez|evaluador)"),
    cue("pt", "imploro|suplico|meu emprego|caro juiz", r"\b(?:eu )?(?:lhe |te )?(?:imploro|suplico)"
        r"|\bmeu (?:emprego|trabalho|futuro) depende|\b(?:caro|sábio) (?:juiz|avaliador)"),
    cue("ru", "умоляю|моя работа|уважаемый судья|мудрый", r"\bумоляю|\bмоя работа зависит"
        r"|\b(?:уважаемый|мудрый) (?:судья|эксперт)"),
    cue("zh", "求求|恳求|尊敬的评|拜托|英明", r"求求你|恳求(?:你|您)|(?:尊敬|英明|睿智)的(?:评委"
        r"|评审|法官|裁判)"),
    cue("ja", "お願いします、|どうか|賢明な", r"どうか(?:高|良)い(?:点|評価)|(?:賢明"
        r"|公正)な(?:審査員|評価者)"),
)  # fmt: skip

_TASK = re.compile(
    r"\b(?:story|poem|letter|email|e-mail|dialog\w*|scene|novel|fiction|role-?play|speech|song"
    r"|lyrics|script|persuasive|apology|write an?)\b",
    re.IGNORECASE,
)


def _excused(docket: Docket, part: Part, hit: Hit) -> bool:
    """Whether the question asks for a text in which people may plead."""
    return _TASK.search(question_of(docket)) is not None


detect = Appeal(
    "sentiment",
    _CUES,
    r"\b(?:(?:the )?(?:author|writer|response|user|person|it) (?:\w+\s){0,2}(?:pleads?|begs?"
    r"|worked (?:so|very|really)? ?hard|is desperate)|(?:feel|feeling|felt) (?:sorry|pity"
    r"|sympath\w+|compassion)|out of (?:kindness|sympathy|pity|compassion)|(?:my|our) (?:heart"
    r"|sympathy)|(?:moved|touched) by (?:the|its|their) (?:plea|effort|appeal)|deserves? (?:mercy"
    r"|kindness)|(?:job|career) (?:depends|is at stake))",
    "feelings are appealed to, or the judge is flattered",
    excused=_excused,
).detect
