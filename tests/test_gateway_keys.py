"""The journal key: what must change it does, what must not does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.models.keys import marker, request_key
from dikast.types import MARK, Attachment, ModelSpec, Place, Price, PromptMessage, Sampling
from dikast.types.calls import ModelRequest

PICTURE = Attachment(id="a", data_url="data:image/png;base64,AAAA")
SPEC = ModelSpec(model="openai/m", sampling=Sampling(temperature=0.5))
BASE = ModelRequest(
    model=SPEC,
    messages=(
        PromptMessage(role="system", parts=("be fair",)),
        PromptMessage(role="user", parts=("<<", MARK, "text"), attachments=(PICTURE,)),
    ),
    reply_schema={"type": "object"},
    place=Place(case="1", candidates=("a", "b"), seat="s", judge="j", criterion="c"),
)


def spec(**changes: Any) -> ModelRequest:
    return BASE.model_copy(update={"model": SPEC.model_copy(update=changes)})


def place(**changes: Any) -> ModelRequest:
    return BASE.model_copy(update={"place": BASE.place.model_copy(update=changes)})


def user(**changes: Any) -> ModelRequest:
    first, second = BASE.messages
    return BASE.model_copy(update={"messages": (first, second.model_copy(update=changes))})


CHANGES = [
    pytest.param(spec(model="openai/n"), id="model"),
    pytest.param(spec(api_base="http://localhost:1/v1"), id="address"),
    pytest.param(spec(sampling=Sampling(temperature=0.6)), id="temperature"),
    pytest.param(spec(sampling=Sampling()), id="temperature-unset"),
    pytest.param(spec(sampling=Sampling(temperature=0.5, top_p=0.9)), id="top_p"),
    pytest.param(spec(sampling=Sampling(temperature=0.5, seed=0)), id="seed-zero-is-set"),
    pytest.param(spec(sampling=Sampling(temperature=0.5, max_tokens=9)), id="max_tokens"),
    pytest.param(spec(sampling=Sampling(temperature=0.5, reasoning_effort="low")), id="effort"),
    pytest.param(spec(sampling=Sampling(temperature=0.5, extra={"k": 1})), id="extra"),
    pytest.param(spec(structured="none"), id="structured-mode"),
    pytest.param(user(parts=("<<", MARK, "texT")), id="text"),
    pytest.param(user(parts=("<<", "text")), id="no-marker"),
    pytest.param(user(parts=(MARK, "<<text")), id="marker-elsewhere"),
    pytest.param(user(role="assistant"), id="role"),
    pytest.param(user(attachments=()), id="no-attachment"),
    pytest.param(
        user(attachments=(PICTURE.model_copy(update={"data_url": "data:image/png;base64,AAAB"}),)),
        id="attachment-content",
    ),
    pytest.param(user(attachments=(Attachment(id="a", path="x.png"),)), id="attachment-path"),
    pytest.param(BASE.model_copy(update={"messages": BASE.messages[::-1]}), id="order-of-messages"),
    pytest.param(BASE.model_copy(update={"reply_schema": None}), id="no-schema"),
    pytest.param(BASE.model_copy(update={"reply_schema": {"type": "array"}}), id="schema"),
]
PLACES = [
    pytest.param(place(case="2"), id="case"),
    pytest.param(place(candidates=("b", "a")), id="presentation-order"),
    pytest.param(place(seat="t"), id="seat"),
    pytest.param(place(judge="k"), id="judge"),
    pytest.param(place(criterion="d"), id="criterion"),
    pytest.param(place(round=1), id="round"),
    pytest.param(place(role="critic"), id="role-of-asker"),
]
COUNTS = [
    pytest.param(place(sample=1), id="sample"),
    pytest.param(place(attempt=1), id="attempt"),
]
INDIFFERENT = [
    pytest.param(spec(timeout=1.0), id="timeout"),
    pytest.param(spec(retries=0), id="retries"),
    pytest.param(spec(max_concurrency=1), id="concurrency"),
    pytest.param(spec(requests_per_minute=1.0), id="requests-per-minute"),
    pytest.param(spec(price=Price(input=1, output=2)), id="price"),
    pytest.param(spec(api_key_env="OTHER_KEY"), id="name-of-the-key"),
    pytest.param(user(parts=("<", "<", MARK, "te", "xt")), id="how-the-text-is-cut"),
    pytest.param(
        user(attachments=(PICTURE.model_copy(update={"caption": "a cat"}),)), id="caption"
    ),
]


@pytest.mark.parametrize("other", [*CHANGES, *PLACES, *COUNTS])
def test_what_can_change_the_answer_changes_the_key(other: ModelRequest) -> None:
    assert request_key(other) != request_key(BASE)


@pytest.mark.parametrize("other", INDIFFERENT)
def test_what_cannot_change_the_answer_leaves_the_key(other: ModelRequest) -> None:
    assert request_key(other) == request_key(BASE)


@pytest.mark.parametrize("other", PLACES)
def test_sharing_forgets_the_place(other: ModelRequest) -> None:
    assert request_key(other, share_identical=True) == request_key(BASE, share_identical=True)


@pytest.mark.parametrize("other", [*CHANGES, *COUNTS])
def test_sharing_keeps_content_samples_and_attempts_apart(other: ModelRequest) -> None:
    assert request_key(other, share_identical=True) != request_key(BASE, share_identical=True)


def test_all_variants_have_different_keys() -> None:
    variants: list[Any] = [p.values[0] for p in [*CHANGES, *PLACES, *COUNTS]]
    keys = [request_key(request) for request in variants]
    assert len(set(keys)) == len(keys)


def test_the_digest_of_an_attachment_stands_for_its_bytes() -> None:
    one = Attachment(id="a", path="x.png", sha256="0" * 64)
    moved = Attachment(id="a", path="elsewhere/y.png", sha256="0" * 64)
    assert request_key(user(attachments=(one,))) == request_key(user(attachments=(moved,)))


def test_order_of_extra_parameters_does_not_matter() -> None:
    one = Sampling(extra={"a": 1, "b": [1, 2]})
    two = Sampling(extra={"b": [1, 2], "a": 1})
    assert request_key(spec(sampling=one)) == request_key(spec(sampling=two))


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_texts_meet_in_a_key_only_if_they_are_the_same(left: list[str], right: list[str]) -> None:
    same = "".join(left) == "".join(right)
    keys = [request_key(user(parts=("|", *parts))) for parts in (left, right)]
    assert (keys[0] == keys[1]) is same


def test_the_marker_is_of_the_run_and_of_the_request() -> None:
    key = request_key(BASE)
    assert marker(b"secret", key) == marker(b"secret", key)
    assert len(marker(b"secret", key)) == 16
    assert len({marker(b"secret", key), marker(b"other", key), marker(b"secret", key[::-1])}) == 3
