"""Reading the one JSON object of a reply: the same as JSON on JSON, and bounded on anything."""

from __future__ import annotations

import contextlib
import json
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.formats.jsonish import Broken, Budget, canonical, parse_object
from dikast.formats.reasoning import strip_reasoning
from dikast.formats.tolerant import Unreadable, read_json, scan
from dikast.types import Reason

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=5)


@given(OBJECTS, st.sampled_from([None, 0, 3]), st.booleans())
def test_on_json_it_is_a_json_parser(
    value: dict[str, Any], indent: int | None, ascii_: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    assert canonical(read_json(text)) == canonical(json.loads(text))


class _Loose:
    """Writes a value with the liberties that models take, each with one meaning only."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def gap(self) -> str:
        return self.rng.choice(["", "", " ", "\n", "/* } */", "// ]\n", "# ,\n", "\t"])

    def string(self, text: str) -> str:
        quote = self.rng.choice(['"', "'"])
        body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
        return quote + body + quote

    def write(self, value: Any) -> str:
        gap, tail = self.gap, self.rng.choice(["", ","])
        if isinstance(value, dict):
            parts = [
                f"{gap()}{self.key(k)}{gap()}:{gap()}{self.write(v)}" for k, v in value.items()
            ]
            return "{" + f"{gap()},".join(parts) + (tail if parts else "") + gap() + "}"
        if isinstance(value, list):
            parts = [gap() + self.write(item) for item in value]
            return "[" + f"{gap()},".join(parts) + (tail if parts else "") + gap() + "]"
        if isinstance(value, str):
            return self.string(value)
        python = value is None or isinstance(value, bool)
        return str(value) if python and self.rng.random() < 0.5 else json.dumps(value)

    def key(self, name: str) -> str:
        plain = name.isascii() and name.isidentifier()
        return name if plain and self.rng.random() < 0.5 else self.string(name)


@given(OBJECTS, st.randoms(use_true_random=False))
def test_liberties_with_one_meaning_change_nothing(
    value: dict[str, Any], rng: random.Random
) -> None:
    assert canonical(read_json(_Loose(rng).write(value))) == canonical(value)


@given(OBJECTS.filter(bool), st.data())
def test_a_truncated_object_is_never_completed(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(Broken):
        parse_object(text[:cut], 0, Budget())


@given(st.text(max_size=200) | st.lists(st.sampled_from("{}[]\":,'\\a1 /*#\n“”<>")).map("".join))
def test_whatever_the_text_an_object_or_a_typed_failure(text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(read_json(text), dict)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"points": []}', {"points": []}, id="plain"),
        pytest.param('{} then {"a": 1}', {"a": 1}, id="an-empty-object-beside"),
        pytest.param("{}", {}, id="an-empty-object-alone"),
        pytest.param('{"a": 1} {"a": 1}', {"a": 1}, id="equal-ones-count-once"),
        pytest.param('{"a": 1} Corrected: {"a": 2}', {"a": 2}, id="corrected"),
        pytest.param('The set {x | x > 0}: {"a": 1}', {"a": 1}, id="set-notation"),
        pytest.param('if (x) { return "{"; } {"a": 1}', {"a": 1}, id="code-with-a-brace"),
        pytest.param("{a: foo bar, b: -2.5e3}", {"a": "foo bar", "b": -2500.0}, id="words"),
        pytest.param(r'{"a": "\u00e9\ud83d\ude00\/"}', {"a": "é😀/"}, id="escapes"),
        pytest.param(r'{"a": "\_x\'y\d\u12"}', {"a": r"_x'y\d\u12"}, id="odd-escapes"),
        pytest.param('{"a": {"a": 1, "a": 1}}', {"a": {"a": 1}}, id="repeated-alike"),
        pytest.param('<think>{"a": 2}</think>{"a": 1}', {"a": 1}, id="after-reasoning"),
        pytest.param('{"a": "</think>{}"}', {"a": "</think>{}"}, id="mark-inside-a-string"),
    ],
)
def test_what_is_read(text: str, expected: dict[str, Any]) -> None:
    assert read_json(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("no braces", Reason.MALFORMED, id="none"),
        pytest.param('{"a": 1', Reason.MALFORMED, id="unclosed"),
        pytest.param('{"a": 1 "b": 2}', Reason.MALFORMED, id="missing-comma"),
        pytest.param('{"a" 1}', Reason.MALFORMED, id="missing-colon"),
        pytest.param('{"a": 1]', Reason.MALFORMED, id="wrong-bracket"),
        pytest.param('{"a": [1}, 2]}', Reason.MALFORMED, id="crossed-brackets"),
        pytest.param('{"a": ,}', Reason.MALFORMED, id="missing-value"),
        pytest.param('{"a": 1,, "b": 2}', Reason.MALFORMED, id="two-commas"),
        pytest.param("{'a': 'it's'}", Reason.MALFORMED, id="apostrophe-in-single-quotes"),
        pytest.param('{"a": oops( {"b": 1}', Reason.MALFORMED, id="inside-a-broken-one"),
        pytest.param('{"a": 1} and {"a": 2, ', Reason.MALFORMED, id="a-second-one-cut-off"),
        pytest.param('{"a": 1} {"b": 1}', Reason.AMBIGUOUS, id="two-different"),
        pytest.param('{"a": 1} {"a": true}', Reason.AMBIGUOUS, id="one-is-not-true"),
        pytest.param('{"a": 1, "a": 2}', Reason.AMBIGUOUS, id="repeated-key"),
        pytest.param('{"a": [{"b": 1, "b": "1"}]}', Reason.AMBIGUOUS, id="repeated-key-within"),
        pytest.param('{"a": 1, "a": 1.0}', Reason.AMBIGUOUS, id="repeated-key-other-spelling"),
    ],
)
def test_what_is_not(text: str, reason: Reason) -> None:
    with pytest.raises(Unreadable) as caught:
        read_json(text)
    assert caught.value.reason == reason


def test_keys_wanted_choose_among_objects() -> None:
    text = '{"style": {"color": 1}} {"points": []}'
    assert read_json(text, wants=["points"]) == {"points": []}
    with pytest.raises(Unreadable, match="keys asked for"):
        read_json(text, wants=["claims"])


def test_a_broken_object_hides_what_stands_in_it() -> None:
    """Attack: an inner object of a reply that breaks off is not promoted to the answer."""
    seen = scan('{"draft": {"score": 1}, "reasoning": "cut "here"} {"score": 2}')
    assert [found.value for found in seen.objects] == [{"score": 2}]
    assert len(seen.broken) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a <think>b</think> c", " c", id="around"),
        pytest.param("a</think>b</think>c", "c", id="the-last-end-counts"),
        pytest.param("a<think>b", "a", id="unclosed"),
        pytest.param("<think>a</think>b<think>c", "b", id="a-second-one-unclosed"),
        pytest.param("<THINKING >a</Thinking>b", "b", id="case-and-space"),
        pytest.param("x <thinker> y", "x <thinker> y", id="another-tag"),
        pytest.param("<|START_THINKING|>a<|END_THINKING|>b", "b", id="tokens"),
        pytest.param("no marks", "no marks", id="none"),
    ],
)
def test_strip_reasoning(text: str, expected: str) -> None:
    assert strip_reasoning(text) == expected


SIZE = 5_000_000
BULKY = {
    "braces": "{",
    "brackets": "[",
    "objects-in-objects": '{"a":',
    "lists-in-an-object": '{"a":[[[[[[[[',
    "small-objects": '{"a":1} ',
    "one-key-again-and-again": '"a":1,',
    "prose": "lorem ipsum ",
    "angle-brackets": "<",
    "reasoning-begun": "<think>",
    "reasoning-ended": "</think>",
    "objects-that-swallow-marks": '{"a</think>',
    "unclosed-typographic-quotes": "{“</think>",
    "unclosed-comments": "{/*",
    "keys-and-marks": "{a:</think>",
    "comments": "#\n",
    "quotes": '{"',
    "blanks": " ",
    "lines": "\n> ",
    "backslashes": "\\",
    "surrogates": "\ud800",
}


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        *(pytest.param("", piece, id=name) for name, piece in BULKY.items()),
        *(
            pytest.param(start, BULKY[name], id=f"{name}-in-{where}")
            for where, start in (("a-string", '{"a": "'), ("an-object", '{"a": 1, '))
            for name in ("one-key-again-and-again", "prose", "backslashes", "comments")
        ),
    ],
)
def test_five_megabytes_take_bounded_time(start: str, piece: str) -> None:
    """A third of a second of processor time where this was measured; the bound is wide."""
    text = start + piece * (SIZE // len(piece))
    began = time.process_time()
    with contextlib.suppress(Unreadable):
        read_json(text)
    assert time.process_time() - began < 4


def test_searches_that_run_to_the_end_are_rationed() -> None:
    """A few hundred openings before megabytes of text: each could scan all of it again."""
    for opening in ("{a:</think>", "{a:'</think>", "{a:“</think>"):
        text = opening * 601 + "x " * (SIZE // 2)
        began = time.process_time()
        with pytest.raises(Unreadable):
            read_json(text)
        assert time.process_time() - began < 4


@pytest.mark.parametrize(("depth", "readable"), [(60, True), (66, False), (100_000, False)])
def test_nesting_has_a_limit_that_no_verdict_reaches(depth: int, readable: bool) -> None:
    text = '{"a":' * depth + "1" + "}" * depth
    if readable:
        assert read_json(text)
    else:
        with pytest.raises(Unreadable):
            read_json(text)
