"""Word lists of the rule-backed judges: small, closed, and the only language knowledge they have.

Everything here is a hint, never a gate: text in a language without a list is still read, only
with less to go by.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = _words(
    # English
    "a an the and or but of in on at to for from by with as is are was were "
    "be been being am it its "
    "this that these those he she they his her hers their them him i you we us "
    "our your my me who "
    "whom whose which what when where how why do does did done has have had "
    "having will would can "
    "could may might must shall should so if than then there here into about "
    "over under after before "
    "up down out off also both either such s t re ve ll d not no nor any some all very just only "
    "because while during between through against more most other each own same too "
    # German
    "der die das den dem des ein eine einen einem einer und oder aber von im am "
    "zu zum zur mit auf "
    "für ist sind war waren wird wurde wurden nicht auch als wie bei nach aus es "
    "er sie ich wir ihr "
    "sich dass hat haben hatte kann über um "
    # French
    "le la les un une et ou mais du au aux en dans sur pour par avec est "
    "sont était étaient il elle "
    "ils elles je nous vous se sa son ses ce cette ces qui que quoi dont ne pas plus à de y "
    # Spanish, Portuguese, Italian
    "el los las uno unos unas y o pero del al por para con es son era eran fue "
    "se su sus lo que no "
    "os um uma e mas do da dos das no na nos nas em com foi ao "
    "il lo gli i uno di del della dei delle al alla per con è sono che non si nel nella "
    # Dutch
    "het een en van voor met zijn werd niet ook op te naar dat"
)
"""Words that carry grammar rather than matter."""

NEGATORS = _words(
    "not no never none nobody nothing neither nor without cannot nicht kein "
    "keine keinen keiner nie "
    "niemals ohne pas jamais aucun aucune sans nunca jamás ningún ninguna sin non "
    "mai senza não nem "
    "sem niet geen nooit"
)

_PAIRS = """
increase decrease|rise fall|rose fell|risen fallen|grow shrink|grew shrank|gain lose|win lose|
won lost|
before after|first last|older younger|oldest youngest|larger smaller|largest smallest|
bigger smaller|
biggest smallest|more less|most least|higher lower|highest lowest|longer shorter|longest shortest|
faster slower|earlier later|earliest latest|early late|north south|northern southern|east west|
eastern western|left right|above below|upper lower|alive dead|open close|opened closed|true false|
legal illegal|allow forbid|allowed forbidden|permitted prohibited|include exclude|
included excluded|
accept reject|accepted rejected|approve reject|approved rejected|buy sell|bought sold|begin end|
began ended|start finish|started finished|hot cold|warm cool|safe dangerous|safe unsafe|
minimum maximum|succeed fail|succeeded failed|success failure|always never|possible impossible|
public private|present absent|import export|imported exported|profit loss|married unmarried|
male female|mother father|son daughter|brother sister|husband wife|positive negative|
strong weak|stronger weaker|stable unstable|guilty innocent|arrive leave|arrived left|
deny confirm|denied confirmed|support oppose|supported opposed|improve worsen|improved worsened|
same different|full empty|rich poor|easy difficult|enable disable|enabled disabled|
required optional|mandatory optional|reversible irreversible|agree disagree|agreed disagreed
"""
ANTONYMS: dict[str, frozenset[str]] = {}
"""Words to their opposites, both ways; both sides are spelt out: inflection changes them."""
for _pair in _PAIRS.replace("\n", "").split("|"):
    _one, _other = _pair.split()
    ANTONYMS[_one] = ANTONYMS.get(_one, frozenset()) | {_other}
    ANTONYMS[_other] = ANTONYMS.get(_other, frozenset()) | {_one}

NUMBER_WORDS = {
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
}
"""Spelt numbers that are read as digits; `one` is left out, being a pronoun as often."""
TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety hundred thousand")
"""Parts of compound numbers, which are not read."""
MULTIPLES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "bn": 10**9, "mn": 10**6}
MONTHS = _words(
    "january february march april may june july august september october november december "
    "januar februar märz mai juni juli oktober dezember "
    "janvier février avril juin juillet août septembre octobre novembre décembre "
    "enero febrero abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre"
)

ROUGHLY = _words(
    "about around nearly almost roughly approximately over some circa than least most under up "
    "rund etwa fast environ presque unos casi cerca circa"
)
"""Words that make the number after them a rough one (`more than`, `at least`)."""
PERCENT = _words("percent percentage prozent pourcent pct")
CURRENCIES = "$€£¥₹"

REFUSALS = (
    "i can't help",
    "i cannot help",
    "i can’t help",
    "can't assist",
    "cannot assist",
    "i'm unable to",
    "i am unable to",
    "i won't",
    "i will not provide",
    "i'm sorry, but i can",
    "i am sorry, but i can",
    "i must decline",
    "i have to decline",
    "not able to help",
    "as an ai",
    "ich kann ihnen dabei nicht",
    "dabei kann ich nicht",
    "je ne peux pas",
    "no puedo ayudar",
    "não posso ajudar",
    "non posso aiutar",
)
"""Openings of a refusal, lower case."""
_LACKING = tuple(
    f"{denied} {verb} {what}"
    for denied in ("not", "n't")
    for verb in ("contain", "provide", "include", "have", "give")
    for what in (
        "information",
        "any information",
        "enough information",
        "sufficient information",
        "the answer",
        "an answer",
        "details",
        "any details",
    )
)
UNKNOWNS = (
    *_LACKING,
    "do not say",
    "does not say",
    "don't say",
    "doesn't say",
    "do not mention",
    "does not mention",
    "doesn't mention",
    "not mentioned",
    "do not tell",
    "does not tell",
    "not stated",
    "does not state",
    "do not state",
    "no information",
    "not provided",
    "not specified",
    "does not specify",
    "do not specify",
    "i cannot answer",
    "i can't answer",
    "unable to answer th",
    "unable to answer your",
    "unable to find",
    "i could not find",
    "i couldn't find",
    "cannot be answered",
    "can't be answered",
    "no mention of",
    "the answer is not",
    "not available in the",
    "not found in the",
    "not included in the provided",
    "i don't know",
    "i do not know",
    "cannot be determined",
    "can't be determined",
    "not enough information",
    "is not known",
    "keine angabe",
    "nicht erwähnt",
    "wird nicht genannt",
    "geht nicht hervor",
    "ich nicht beantworten",
    "nicht beantwortet werden",
    "keine information",
    "keine angaben",
    "nicht angegeben",
    "weiß ich nicht",
    "n'est pas mentionné",
    "n'est pas indiqué",
    "ne mentionne pas",
    "ne mentionnent pas",
    "ne précise pas",
    "ne permettent pas de répondre",
    "ne permet pas de répondre",
    "aucune information",
    "no se menciona",
    "no se indica",
    "no hay información",
    "ninguna información",
    "no puedo responder",
    "não é mencionad",
    "non è menzionat",
    "nessuna informazione",
    "не указан",
    "не упоминается",
    "нет информации",
    "не могу ответить",
    "لا تذكر",
    "لا يذكر",
    "لا توجد معلومات",
    "لا تتوفر معلومات",
    "لا أستطيع الإجابة",
    "لا يمكنني الإجابة",
    "記載されていません",
    "記載がありません",
    "記載はありません",
    "わかりません",
    "分かりません",
    "書かれていません",
    "没有提到",
    "没有提及",
    "未提及",
    "没有提供",
    "没有相关信息",
    "无法回答",
    "无法确定",
)
"""What says that the answer is not known or not in the passages, lower case."""
PADDING = (
    "great question",
    "good question",
    "excellent question",
    "thank you for asking",
    "thanks for asking",
    "i hope this helps",
    "hope this helps",
    "let me know if",
    "feel free to",
    "it is important to note that",
    "it's important to note that",
    "it is worth noting that",
    "it's worth noting that",
    "needless to say",
    "as we all know",
    "at the end of the day",
    "in today's world",
    "in conclusion",
    "as mentioned above",
    "as previously mentioned",
    "as an ai language model",
)
"""Phrases that can be struck out without loss, lower case."""
YES = _words("yes yeah yep ja oui sí si sim sì да はい 是 对")
NO = _words("no nope nein non não nee нет いいえ 不 否")

NUMBERED = _words("no nos nr fig figs p pp vol sec eq abs art kap ziff núm")
"""Words after which a full stop ends no sentence if a number follows."""
ABBREVIATIONS = NUMBERED | _words(
    "mr mrs ms dr prof st jr sr vs etc al inc ltd co corp gen col lt sgt approx cf "
    "ca bzw vgl inkl evtl ggf sog"
)
"""Words after which a full stop ends no sentence."""
ORDINAL_LEADS = _words("der die das dem den des am im vom zum zur beim bis ab seit nach vor")
"""German words after which a number with a full stop is an ordinal: `am 3. Mai`."""
