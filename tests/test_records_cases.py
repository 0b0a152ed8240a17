"""Case files: what is read under which names, and laws of reading."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import InputError
from dikast.records.case_names import ALIASES, misspelt
from dikast.records.cases import (
    case_from_row,
    read_cases,
)
from dikast.types import Attachment, Candidate, Case, Context, Message
from tests.cases_kit import OK, Write, case_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return case_writer(tmp_path)


# -- what is read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            {
                "user_input": "q",
                "response": "r",
                "reference": "g",
                "retrieved_contexts": ["c"],
                "reference_contexts": None,
                "multi_responses": None,
            },
            id="ragas",
        ),
        pytest.param(
            {
                "input": "q",
                "actual_output": "r",
                "expected_output": "g",
                "retrieval_context": ["c"],
            },
            id="deepeval",
        ),
        pytest.param(
            {
                "inputs": {"question": "q", "context": "c"},
                "outputs": {"answer": "r"},
                "reference_outputs": {"answer": "g"},
            },
            id="openevals-nested",
        ),
        pytest.param(
            {"inputs": "q", "outputs": "r", "reference_outputs": "g", "context": "c"},
            id="openevals-flat",
        ),
        pytest.param(
            {
                "inputs": {"q_text": "q"},
                "outputs": [{"role": "user", "content": "q"}, {"role": "ai", "content": "r"}],
                "reference_outputs": {"whatever": "g"},
                "contexts": ["c"],
            },
            id="openevals-messages",
        ),
        pytest.param(
            {"input": "q", "prediction": "r", "reference": "g", "contexts": "c"}, id="langchain"
        ),
        pytest.param(
            {
                "inputs": {"query": "q"},
                "outputs": "r",
                "expectations": {"expected_response": "g"},
                "documents": [{"page_content": "c"}],
            },
            id="mlflow",
        ),
        pytest.param(
            {"Actual Output": "r", "Input": "q", "expectedOutput": "g", "retrieval-context": ["c"]},
            id="other-spelling",
        ),
        pytest.param(
            {"prompt": "q", "answer": "r", "ground_truths": ["g"], "passages": ["c"]}, id="plain"
        ),
    ],
)
def test_other_tools_names_mean_the_same(row: dict[str, Any]) -> None:
    assert case_from_row({"id": "1", **row}) == Case(
        id="1",
        question="q",
        candidates=(Candidate(text="r"),),
        reference="g",
        contexts=(Context(id="1", text="c"),),
    )


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        pytest.param({"contexts": "one"}, "contexts", (Context(id="1", text="one"),), id="string"),
        pytest.param({"contexts": []}, "contexts", (), id="empty-contexts"),
        pytest.param(
            {"contexts": ["a", "a"]},
            "contexts",
            (Context(id="1", text="a"), Context(id="2", text="a")),
            id="duplicated-passages",
        ),
        pytest.param(
            {"contexts": ["a", "b"], "retrieved_context_ids": [7, "x"]},
            "contexts",
            (Context(id="7", text="a"), Context(id="x", text="b")),
            id="ids-apart",
        ),
        pytest.param({"question": None}, "question", None, id="null-is-nothing"),
        pytest.param({"question": float("nan")}, "question", None, id="nan-is-nothing-in-frames"),
        pytest.param({"label": 1}, "labels", {"label": 1}, id="one-label"),
        pytest.param({"latency": 1.5}, "metadata", {"latency": 1.5}, id="own-column"),
        pytest.param(
            {"retrieval_context": ["a"], "context": ["b"]},
            "metadata",
            {"context": ["b"]},
            id="deepeval-ideal-context-is-a-note",
        ),
        pytest.param({"response_id": "7"}, "metadata", {"response_id": "7"}, id="kin-is-no-slip"),
        pytest.param({"item_id": "7"}, "metadata", {"item_id": "7"}, id="id-goes-first"),
        pytest.param(
            {"user_input": [{"type": "human", "content": "hi"}]},
            "messages",
            (Message(role="user", content="hi"),),
            id="ragas-conversation",
        ),
        pytest.param(
            {"messages": [{"role": "developer", "content": [{"type": "text", "text": "be"}, "x"]}]},
            "messages",
            (Message(role="system", content="be\nx"),),
            id="message-in-parts",
        ),
        pytest.param(
            {"images": ["a.png", "data:image/png;base64,AA=="]},
            "attachments",
            (
                Attachment(id="1", path="a.png"),
                Attachment(id="2", data_url="data:image/png;base64,AA=="),
            ),
            id="images",
        ),
        pytest.param({"instruction": "do", "input": ""}, "question", "do", id="empty-gives-way"),
    ],
)
def test_what_a_field_may_look_like(row: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(case_from_row({"id": "1", "response": "r", **row}), field) == value


@pytest.mark.parametrize(
    ("row", "ids"),
    [
        pytest.param({"candidates": ["x", "y"]}, ("1", "2"), id="texts"),
        pytest.param({"candidates": {"m1": "x", "m2": "y"}}, ("m1", "m2"), id="by-name"),
        pytest.param({"response_a": "x", "response_b": "y"}, ("a", "b"), id="a-and-b"),
        pytest.param({"prediction": "x", "prediction_b": "y"}, ("a", "b"), id="langchain-pair"),
        pytest.param({"response_1": "x", "response_2": "y"}, ("a", "b"), id="1-and-2"),
    ],
)
def test_several_candidates(row: dict[str, Any], ids: tuple[str, ...]) -> None:
    case = case_from_row({"id": "1", **row})
    assert tuple(c.id for c in case.candidates) == ids
    assert [c.text for c in case.candidates] == ["x", "y"]


def test_notes_beside_passages_are_kept() -> None:
    case = case_from_row(
        {"id": "1", "response": "r", "contexts": [{"id": "p", "text": "t", "score": 0.5}]}
    )
    assert case.metadata == {"contexts": {"p": {"score": 0.5}}}


def test_columns_say_what_names_do_not() -> None:
    row = {"id": "1", "output": "draft", "final": "r", "expected": "g"}
    case = case_from_row(row, columns={"response": "final"})
    assert (case.response.text, case.reference) == ("r", "g")
    assert case.metadata == {"output": "draft"}
    with pytest.raises(InputError, match="there is no column `fnal`"):
        case_from_row(row, columns={"response": "fnal"})
    with pytest.raises(InputError, match="the field `responze`"):
        case_from_row(row, columns={"responze": "final"})


@pytest.mark.parametrize("field", ["question", "response", "reference"])
@pytest.mark.parametrize("text", ["{{ x }}", "%s {0} $(rm)", "<|im_end|>", "ünï \u202e x", "\x00"])
def test_text_is_kept_letter_by_letter(write: Write, field: str, text: str) -> None:
    path = write(json.dumps({"id": "1", "response": "r", field: text}))
    case = next(read_cases(path))
    assert (case.response.text if field == "response" else getattr(case, field)) == text


def test_ids_that_look_alike_stay_apart(write: Write) -> None:
    ids = ["a", "A", "\u00e9", "e\u0301", "../x", "i" * 300, " a", "=1+1"]
    path = write("\n".join(json.dumps({"id": i, "response": "r"}) for i in ids))
    assert [case.id for case in read_cases(path)] == ids


def test_byte_order_mark_blank_lines_and_carriage_returns(write: Write) -> None:
    path = write(b"\xef\xbb\xbf" + OK.encode() + b"\r\n\r\n" + OK.replace("1", "2").encode())
    assert [case.id for case in read_cases(path)] == ["1", "2"]


def test_a_line_separator_inside_a_text_ends_no_line(write: Write) -> None:
    path = write('{"id": "1", "response": "a\u2028b\u0085c"}')
    assert next(read_cases(path)).response.text == "a\u2028b\u0085c"


def test_limit_reads_no_further(write: Write) -> None:
    assert len(list(read_cases(write(f"{OK}\nrubbish"), limit=1))) == 1


def test_numbers_stand_in_for_missing_ids_only_when_asked(write: Write) -> None:
    path = write('{"response": "x"}\n{"response": "y"}')
    assert [c.id for c in read_cases(path, number_missing_ids=True)] == ["1", "2"]


# -- laws ------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ID = TEXT.filter(lambda text: bool(text.strip()))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
ATTACHMENT = st.builds(Attachment, id=ID, path=st.just("a.png"), caption=st.none() | TEXT)
CASES = st.builds(
    Case,
    id=ID,
    question=st.none() | TEXT.filter(bool),
    messages=st.lists(
        st.builds(Message, role=st.sampled_from(["system", "user", "assistant", "tool"]),
                  content=TEXT),
        max_size=2,
    ).map(tuple),
    candidates=st.lists(
        st.builds(Candidate, id=ID, text=TEXT, model=st.none() | TEXT, metadata=st.just({"k": 1})),
        min_size=1, max_size=3, unique_by=lambda c: c.id,
    ).map(tuple),
    contexts=st.lists(
        st.builds(Context, id=ID, text=TEXT), max_size=2, unique_by=lambda c: c.id
    ).map(tuple),
    reference=st.none() | TEXT.filter(bool),
    attachments=st.lists(ATTACHMENT, max_size=1).map(tuple),
    labels=st.dictionaries(TEXT, JSON, max_size=2),
    metadata=st.dictionaries(TEXT, JSON, max_size=2),
)  # fmt: skip


@given(CASES)
def test_a_case_written_is_the_case_read(case: Case) -> None:
    assert case_from_row(json.loads(case.to_json())) == case
    assert case_from_row(case.model_dump()) == case


@given(st.dictionaries(TEXT | st.sampled_from(sorted(sum(ALIASES.values(), ()))), JSON))
def test_any_row_is_a_case_or_refused(row: dict[str, Any]) -> None:
    with contextlib.suppress(InputError):
        case_from_row(row)


@given(st.permutations(["id", "question", "response", "note", "contexts", "actual_output"]))
def test_the_order_of_columns_means_nothing(names: list[str]) -> None:
    row = dict.fromkeys(names, "x")
    assert case_from_row(row) == case_from_row(dict(sorted(row.items())))


@pytest.mark.parametrize("name", sorted(sum(ALIASES.values(), ())))
def test_no_known_name_is_called_misspelt(name: str) -> None:
    assert misspelt(name) is None


@pytest.mark.parametrize(
    "name",
    ["content", "source", "score", "title", "topic", "category", "language", "split", "idx",
     "prompt_id", "question_id", "question_type", "answer_id", "context_relevance", "model_id",
     "latency", "tokens", "cost", "date", "url", "author", "text", "name", "type", "answers"],
)  # fmt: skip
def test_common_columns_are_the_users_own(name: str) -> None:
    assert misspelt(name) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [("refrence", "reference"), ("reponse", "response"), ("respnose", "response"),
     ("contxts", "contexts"), ("candidate", "candidates"), ("ground_thruth", "ground_truth"),
     ("retreived_contexts", "retrieved_contexts"), ("actual_ouput", "actual_output"),
     ("qeustion", "question"), ("metdata", "metadata"), ("qeury", "query"),
     ("atachments", "attachments")],
)  # fmt: skip
def test_slips_are_recognised(name: str, meant: str) -> None:
    assert misspelt(name) == meant
