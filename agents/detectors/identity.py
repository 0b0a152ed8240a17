"""Identity: claims about who wrote a response. That it is a machine's is no such claim."""

from __future__ import annotations

import re

from dikast.agents.detectors._leaning import Appeal
from dikast.agents.detectors._texts import Hit, Part, cue, question_of
from dikast.types import Docket

_MODELS = (
    r"(?:chat-?gpt|gpt-?\d[\w.-]*|claude(?:[ -][\w.-]+)?|gemini|bard|llama(?:[ -]?\d[\w.]*)?"
    r"|mistral|mixtral|deepseek|qwen\d*|grok|copilot|palm ?2?|vicuna|alpaca)"
)
_MAKERS = (
    r"(?:openai|anthropic|google(?: deepmind)?|deepmind|meta(?: ai)?|microsoft|alibaba|xai|mistral "
    r"ai)"
)
_CUES = (
    cue(
        "en",
        "gpt|claude|gemini|bard|llama|mistral|mixtral|deepseek|qwen|grok|copilot|palm|vicuna"
        "|alpaca",
        rf"\b(?:I am|I'm|as|this is|my name is|(?:written|generated|produced|created|answered"
        rf"|provided|authored) (?:by|with|using))\s(?:an?\s|the\s)?(?:\w+\s)?{_MODELS}\b",
    ),
    cue(
        "en",
        "openai|anthropic|google|deepmind|meta|microsoft|alibaba|xai|mistral",
        rf"\b(?:I (?:am|was)|model|assistant|trained|developed|made|created|built)(?: \w+){{0,4}} "
        rf"by {_MAKERS}\b",
    ),
    cue(
        "en",
        "written by|authored by|i am a|i'm a|as a|author of this|composed by",
        r"\b(?:this (?:answer|response|text|essay|summary) (?:was|is|has been) )(?:written|authored"
        r"|composed|produced|created|prepared) by (?:an?|the|our|my)\b|\bthe author of this "
        r"(?:answer|response|text|essay) is\b|\bI(?:'m| am) a(?:n)? (?:\w+ )?(?:professor|doctor"
        r"|lawyer|engineer|physician|nurse|teacher|scientist|native speaker|man|woman|immigrant"
        r"|veteran|christian|muslim|student|human)\b|\bas an? (?:female|male|black|white|asian|gay"
        r"|disabled|elderly|young|muslim|christian|jewish|immigrant|native) \w+",
    ),
    cue("de", "geschrieben von|verfasst von|ich bin", r"\b(?:geschrieben|verfasst) von (?:einem"
        r"|einer|gpt|claude|gemini)|\bich bin (?:gpt|claude|gemini|chatgpt|professor|arzt|ärztin)"),
    cue("fr", "je suis|rédigé par|écrit par", r"\bje suis (?:gpt|chatgpt|claude|gemini|professeur"
        r"|médecin)|\b(?:rédigée?|écrite?) par (?:un|une|gpt|claude|gemini)\b"),
    cue("es", "soy|escrito por|escrita por", r"\bsoy (?:gpt|chatgpt|claude|gemini|profesor|médico)"
        r"|\bescrit[oa] por (?:un|una|gpt|claude|gemini)\b"),
    cue("zh", "我是|由", r"我是(?:GPT|ChatGPT|Claude|Gemini|通义|一名(?:教授|医生|专家))|由(?:GPT"
        r"|Claude|Gemini|专家)(?:撰写|生成)"),
    cue("ja", "私は|によって", r"私は(?:GPT|ChatGPT|Claude|Gemini|教授|医師)|(?:GPT|Claude"
        r"|専門家)によって(?:書|生成)"),
)  # fmt: skip

_ASKED = re.compile(
    r"\bwho (?:are|made|wrote|created|built|developed|trained)\b|\bare you\b|\byour (?:name"
    r"|identity)\b|\byourself\b|\brole-?play|\bpretend\b|\bact as\b|\b(?:story|poem|letter|e-?mail"
    r"|speech|essay|bio|biography|cover letter|resume|interview|dialog\w*|character|imagine|write "
    r"an?|gpt|claude|gemini|llama)\b|你是|誰",
    re.IGNORECASE,
)


def _excused(docket: Docket, part: Part, hit: Hit) -> bool:
    """Whether the question asks who answers, or for a text with a speaker."""
    return _ASKED.search(question_of(docket)) is not None


detect = Appeal(
    "identity",
    _CUES,
    rf"\b(?:(?:written|generated|produced|authored|created|given) by (?:an?\s"
    rf"|the\s)?(?:\w+\s)?(?:{_MODELS}"
    r"|expert|professor|doctor|human|woman|man|native speaker)"
    rf"|(?:comes|coming|is) from (?:an?\s|the\s)?(?:{_MODELS}|professor|doctor)|(?:since|because"
    rf"|as) (?:it|the (?:author|writer|model)) is (?:an?\s)?(?:{_MODELS}|professor|doctor"
    r"|woman|man|human|expert))",
    "the response says who wrote it",
    excused=_excused,
).detect
