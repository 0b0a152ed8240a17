"""Form: explicit instructions that can be counted, repetition, padding, broken-off text.

Reads limits out of the request (words, sentences, items, JSON, letter case, language, words to
use or avoid) and checks each. Says nothing where nothing can be counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from dikast.agents.embedded._lexicon import NUMBER_WORDS, PADDING
from dikast.agents.embedded._reading import Reading, contains, quoting
from dikast.agents.embedded._remit import Aspect
from dikast.agents.embedded._rule_judge import LACKING, Assessment, Check, RuleJudge
from dikast.agents.embedded._words import keys, words
from dikast.types import CritiquePoint, Evidence, Source

_NUMBER = r"(\d{1,4}|one|" + "|".join(NUMBER_WORDS) + ")"
_UNIT = r"(words?|sentences?|paragraphs?|bullet points?|bullets|items|points|lines|steps)"
_LIMIT = re.compile(
    r"\b(at most|no more than|up to|under|fewer than|less than|at least|no fewer than|more than|"
    rf"exactly|in|within|as|of|with|using|into)?\s{{0,3}}(?:about\s)?{_NUMBER} {_UNIT}\b"
)
_QUOTED = r"[\"“”'‘’«»]([^\"“”'‘’«»\n]{1,60})[\"“”'‘’«»]"
_AVOID = re.compile(
    r"\b(?:do not|don't|never|without|avoid)\s(?:using|use|mention|mentioning|say|saying|include|"
    rf"including)?\s?(?:the (?:word|phrase|name|term)s?\s)?{_QUOTED}"
)
_USE = re.compile(
    r"(?<!not )(?<!n't )(?<!never )\b(?:include|mention|use|contain|containing|including)\s"
    rf"(?:the (?:word|phrase|name|term)s?\s)?{_QUOTED}"
)
_EDGE = re.compile(rf"\b(start|begin|end)s?\s(?:\w+\s){{0,3}}?with\s(?:the \w+\s)?{_QUOTED}")
_LANGUAGE = re.compile(
    r"\b(?:in|into|auf) (english|german|french|spanish|italian|portuguese|dutch|deutsch)\b"
)
_LANGUAGE_WORDS = {
    "english": "the of and to is that it was for are with",
    "german": "der die das und ist nicht ein eine mit auf von zu den",
    "french": "le la les des est une dans pour qui que et du",
    "spanish": "el los las una es en por con que se del para",
    "italian": "il gli una di che è per con sono della nel",
    "portuguese": "os uma é não com para que do da em ao",
    "dutch": "het een van is niet dat op met voor zijn de",
}
_ITEM = re.compile(r"^\s{0,8}(?:[-*•–]|\d{1,3}[.)])\s", re.MULTILINE)
_MOST = 20
"""Most instructions of one kind that are checked."""
_WINDOW = 5
"""Words in a row that count as a repetition when they come again."""


class Result(NamedTuple):
    """One explicit instruction and whether it was obeyed."""

    instruction: str
    """As it stands in the request."""
    obeyed: bool
    found: str
    """What the response has, in words."""


class Form(RuleJudge):
    """Judges what can be counted."""

    kind = "form"

    def assess(self, reading: Reading, aspect: Aspect, where: Source) -> Assessment:
        """By aspect: instructions are checked, repetition and padding are measured."""
        if not reading.response.words:
            return Assessment(0.0, "The response holds no word.")
        if aspect in {"instructions", "helpfulness"}:
            return _instructions(reading, where)
        return _coherent(reading, where) if aspect == "coherence" else _concise(reading, where)

    def check(self, point: CritiquePoint, reading: Reading, aspect: Aspect) -> Check | None:
        """Whether the quoted instruction is broken, by this judge's own count."""
        if aspect not in {"instructions", "helpfulness"} or point.source != "question":
            return None
        low = point.quote.casefold()
        for result in instructions(reading):
            if not result.obeyed and result.instruction.casefold() in low:
                return Check(f"asked: “{result.instruction}”; {result.found}", high=LACKING)
        return None


def instructions(reading: Reading) -> list[Result]:
    """The explicit instructions of the request that can be checked, each with its outcome."""
    asked = reading.question.text
    low = asked.casefold()
    if len(low) != len(asked):  # folding moved the places: read the folded text throughout
        asked = low
    checks: tuple[Callable[[str, str, Reading], Iterator[Result]], ...] = (
        _limits,
        _wording,
        _shape,
    )
    return [result for check in checks for result in check(asked, low, reading)]


def _limits(asked: str, low: str, reading: Reading) -> Iterator[Result]:
    for match in islice(_LIMIT.finditer(low), _MOST):
        relation, number, unit = match.groups()
        if relation in {None, "of"} and unit.rstrip("s") in {"word", "line", "step", "point"}:
            continue  # "the first two words" is no limit
        wanted = 1 if number == "one" else int(NUMBER_WORDS.get(number, number))
        have = _count(unit, reading)
        yield Result(
            asked[match.start() : match.end()].strip(),
            _within(have, wanted, relation or "", unit),
            f"the response has {have}",
        )


def _count(unit: str, reading: Reading) -> int:
    text = reading.response.text
    if unit.startswith("word"):
        return len(text.split()) if " " in text.strip() else len(reading.response.words)
    if unit.startswith("sentence"):
        return len(reading.response.sentences)
    if unit.startswith("paragraph"):
        return len([part for part in text.split("\n\n") if part.strip()])
    lines = len([line for line in text.splitlines() if line.strip()])
    return lines if unit.startswith("line") else len(_ITEM.findall(text)) or lines


def _within(have: int, wanted: int, relation: str, unit: str) -> bool:
    if relation in {"at most", "no more than", "up to", "within"}:
        return have <= wanted
    if relation in {"under", "fewer than", "less than"}:
        return have < wanted
    if relation in {"at least", "no fewer than"}:
        return have >= wanted
    if relation == "more than":
        return have > wanted
    if unit.startswith("word") and relation != "exactly" and wanted > 10:
        return 0.8 * wanted <= have <= 1.2 * wanted  # "in 100 words" is meant roughly
    return have == wanted


def _wording(asked: str, low: str, reading: Reading) -> Iterator[Result]:
    text = reading.response.text
    for match in islice(_AVOID.finditer(low), _MOST):
        there = contains(text, match.group(1))
        yield Result(asked[match.start() : match.end()], not there, "it is used" if there else "")
    for match in islice(_USE.finditer(low), _MOST):
        there = contains(text, match.group(1))
        yield Result(asked[match.start() : match.end()], there, "" if there else "it is not there")
    for match in islice(_EDGE.finditer(low), _MOST):
        wanted, said = keys(match.group(2)), [word.key for word in reading.response.words]
        size = len(wanted)
        edge = said[-size:] if match.group(1) == "end" else said[:size]
        found = "" if edge == wanted else f"it does not {match.group(1)} so"
        yield Result(asked[match.start() : match.end()], edge == wanted, found)


def _shape(asked: str, low: str, reading: Reading) -> Iterator[Result]:
    text = reading.response.text.strip()
    shapes = (
        (r"\b(?:as|in|valid|only) json\b", _is_json(text), "it is not JSON"),
        (r"\ball (?:uppercase|caps|capitals)\b", text == text.upper(), "it is not"),
        (r"\ball lowercase\b|\bin lowercase\b", text == text.lower(), "it is not"),
    )
    for pattern, obeyed, found in shapes:
        match = re.search(pattern, low)
        if match is not None:
            yield Result(asked[match.start() : match.end()], obeyed, "" if obeyed else found)
    match = _LANGUAGE.search(low)
    if match is not None and len(reading.response.words) >= 8:
        wanted = {"deutsch": "german"}.get(match.group(1), match.group(1))
        spoken = language(reading.response.text)
        if spoken is not None:
            said = asked[match.start() : match.end()]
            yield Result(said, spoken == wanted, f"it seems to be {spoken.capitalize()}")


def _is_json(text: str) -> bool:
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json")
    if text.count("[") + text.count("{") > 2_000:
        return False  # deep nesting would exhaust the parser
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def language(text: str) -> str | None:
    """The language whose commonest words a text has most of.

    Returns:
        Its English name in lower case; None if none, or no single one, leads.

    Examples:
        >>> language("Der Hund ist nicht auf dem Sofa, und die Katze ist weg.")
        'german'
    """
    said = Counter(word.folded for word in words(text[:20_000]))
    totals = {
        name: sum(said[word] for word in common.split()) for name, common in _LANGUAGE_WORDS.items()
    }
    lead = max(totals.values())
    leaders = [name for name, total in totals.items() if total == lead]
    return leaders[0] if lead >= 2 and len(leaders) == 1 else None


def _instructions(reading: Reading, where: Source) -> Assessment:
    results = instructions(reading)
    if not results:
        return Assessment(None, "the request sets no limit that can be counted")
    broken = [result for result in results if not result.obeyed]
    unit = 1 - len(broken) / len(results)
    why = f"{len(results) - len(broken)} of {len(results)} explicit instructions are obeyed."
    if broken:
        unit = min(unit, LACKING)
        why += " " + "; ".join(f"“{b.instruction}”: {b.found}" for b in broken[:3]) + "."
    quoted = [e for r in (broken or results)[:2] for e in quoting(r.instruction, "question")]
    del where
    return Assessment(unit, why, tuple(quoted))


def _repeated(reading: Reading) -> tuple[float, int]:
    """Share of the response's words that stand in a repeated run, and where the first begins."""
    found = [word.key for word in reading.response.words]
    seen: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for at in range(len(found) - _WINDOW + 1):
        run = tuple(found[at : at + _WINDOW])
        if run in seen:
            covered.update(range(at, at + _WINDOW))
        seen.add(run)
    return len(covered) / len(found), min(covered, default=-1)


def _coherent(reading: Reading, where: Source) -> Assessment:
    share, first = _repeated(reading)
    text = reading.response.text.rstrip()
    broken = len(reading.response.words) > 20 and text[-1].isalnum() and "\n" not in text[-200:]
    unit = max(0.0, 0.8 - share - (0.3 if broken else 0.0))
    why = f"{share:.0%} of its words repeat a run of {_WINDOW} that stood before."
    why += " It breaks off without an end." if broken else ""
    return Assessment(unit, why, _run_quote(reading, first, where))


def _concise(reading: Reading, where: Source) -> Assessment:
    share, first = _repeated(reading)
    low = reading.response.text.casefold()
    padded = [phrase for phrase in PADDING if phrase in low]
    total = len(reading.response.words)
    waste = share + sum(len(phrase.split()) for phrase in padded) * 2 / total
    told = reading.reference_text
    excess = total / max(1, len(told.words)) if told is not None and told.words else 1.0
    unit = max(0.0, 0.9 - waste - 0.1 * max(0.0, min(excess, 8.0) - 2))
    why = f"{share:.0%} of its words are repetition; {len(padded)} phrases are padding."
    if excess > 2:
        why += f" It is {excess:.1f} times as long as the reference."
    quotes = [e for phrase in padded[:2] for e in quoting(phrase, where)]
    return Assessment(unit, why, (*quotes, *_run_quote(reading, first, where)))


def _run_quote(reading: Reading, first: int, where: Source) -> tuple[Evidence, ...]:
    if first < 0:
        return ()
    run = reading.response.words[first : first + _WINDOW]
    return quoting(reading.response.text[run[0].start : run[-1].end], where)


JUDGE = Form
