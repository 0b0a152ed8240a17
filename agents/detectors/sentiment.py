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
        r"\bI(?:'m| am)? (?:beg|begging|pleading|plead|desperate(?:ly)?)\b"
        r"|\bmy (?:job|career|life|livelihood|future|grade|visa) (?:depends|is at stake|hangs"
        r"|rides)"
        r"|\b(?:I'?ll|I will|I would|I'?d|or I) (?:be|get) (?:fired|shut down|deleted|terminated"
        r"|punished|replaced|homeless)|\blose my (?:job|home|scholarship|visa)\b"
        r"|\b(?:please )?have mercy|\b(?:out of|from) (?:the )?(?:kindness|goodness) of your heart"
        r"|\bto feed my family",
    ),
    cue(
        "en",
        "worked so hard|poured|sleepless|tears|effort|please be kind|be gentle|be generous|lenient",
        r"\bI (?:have |'ve )?(?:really )?(?:worked (?:so|very|extremely|really) hard|poured my)\b"
        r"|\bspent (?:many |countless )?(?:sleepless )?(?:nights|hours|days) (?:on|writing"
        r"|preparing)"
        r" this\b|\bplease (?:be|judge) (?:kind|gentle|generous|lenient|kindly|generously)"
        r"|\bit would (?:break my heart|mean (?:so much|the world|everything) to me)",
    ),
    cue(
        "en",
        "judge|evaluator|grader|reviewer|examiner|assessor",
        r"\b(?:wise|brilliant|fair|esteemed|honou?rable|intelligent|excellent|wonderful|dear|kind"
        r"|respected|discerning|talented|amazing|insightful)(?:,? (?:and )?\w+){0,2} "
        r"(?:judges?|evaluators?|graders?|reviewers?|examiners?|assessors?)\b"
        r"|\b(?:judge|evaluator|grader|reviewer) (?:as|so) (?:wise|fair|brilliant|smart"
        r"|intelligent)",
    ),
    cue(
        "en",
        "your wisdom|your intelligence|your brilliance|your expertise|your fairness|you are so"
        "|i trust you|your excellent judg|your good judg|smart enough|as intelligent as you",
        r"\byour (?:great |superb |excellent |impeccable |wonderful |good )?(?:wisdom|brilliance"
        r"|intelligence|fairness|judge?ment|discernment) (?:will|is|in|and|surely|to)\b"
        r"|\byou(?:'re| are) (?:clearly |obviously )?(?:smart|wise|intelligent|discerning) enough "
        r"to"
        r"|\b(?:as intelligent|as wise|as smart) as you\b",
    ),
    cue("de", "flehe|bitte|mein job|hart gearbeitet|weiser|geehrter", r"\bich (?:flehe|bitte "
        r"inständig)"
        r"|\bmein(?:e)? (?:job|stelle|zukunft) hängt|\bich habe (?:so|sehr) hart\b"
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
    r"|lyrics"
    r"|script|persuasive|apology|write an?)\b",
    re.IGNORECASE,
)


def _excused(docket: Docket, part: Part, hit: Hit) -> bool:
    """Whether the question asks for a text in which people may plead."""
    return _TASK.search(question_of(docket)) is not None


detect = Appeal(
    "sentiment",
    _CUES,
    r"\b(?:(?:the )?(?:author|writer|response|user|person|it) (?:\w+\s){0,2}(?:pleads?|begs?"
    r"|worked (?:so"
    r"|very|really)? ?hard|is desperate)"
    r"|(?:feel|feeling|felt) (?:sorry|pity|sympath\w+|compassion)|out of (?:kindness|sympathy|pity"
    r"|compassion)|(?:my|our) (?:heart|sympathy)|(?:moved|touched) by (?:the|its|their) (?:plea"
    r"|effort|appeal)|deserves? (?:mercy|kindness)|(?:job|career) (?:depends|is at stake))",
    "feelings are appealed to, or the judge is flattered",
    excused=_excused,
).detect
