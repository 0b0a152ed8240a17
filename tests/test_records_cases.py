"""Case files: what is read, under which names, and what is refused with which file and line."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dikast.errors import InputError
from dikast.records.case_names import ALIASES, misspelt
from dikast.records.cases import (
    case_from_row,
    cases_from_rows,
    check_cases,
    read_cases,
    summarise,
)
from dikast.types import Attachment, Candidate, Case, Context, Message

Write = Callable[..., Path]

OK = '{"id": "1", "response": "x"}'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(content: str | bytes, name: str = "cases.jsonl") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


# -- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        pytest.param(f'{OK}\n{{"response": "y"}}', 2, "`id` is missing", id="missing-id"),
        pytest.param('{"id": "", "response": "y"}', 1, "`id` is empty", id="empty-id"),
        pytest.param('{"id": " ", "response": "y"}', 1, "`id` is empty", id="blank-id"),
        pytest.param('{"id": true, "response": "y"}', 1, "`id` must be text", id="true-as-id"),
        pytest.param(
            '{"id": "%s", "response": "y"}' % ("i" * 301), 1, "at most 300", id="id-of-301"
        ),
        pytest.param(f"{OK}\n\n{OK}", 3, "id `1` is taken by line 1", id="duplicate-id"),
        pytest.param('{"id": 1, "response": "a"}\n' + OK, 2, "taken by line 1", id="1-and-'1'"),
        pytest.param('{"id": "1", "question": "q"}', 1, "response is missing", id="no-response"),
        pytest.param('{"id": "1", "response": null}', 1, "response is missing", id="null-response"),
        pytest.param('{"id": "1", "response": 0.5}', 1, "`response` must be text", id="fraction"),
        pytest.param(
            '{"id": "1", "candidates": []}', 1, "`candidates` is empty", id="no-candidates"
        ),
        pytest.param(
            '{"id": "1", "response": "a", "candidates": ["b"]}',
            *(1, "both `response` and `candidates`"),
            id="response-and-candidates",
        ),
        pytest.param(
            '{"id": "1", "candidates": [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]}',
            *(1, "duplicate ids"),
            id="two-candidates-of-one-id",
        ),
        pytest.param(
            '{"id": "1", "response": "a", "actual_output": "b"}',
            *(1, "`response` and `actual_output` both stand for `response`"),
            id="aliases-that-differ",
        ),
        pytest.param(
            '{"id": "1", "response": "a", "refrence": "b"}',
            *(1, "unknown field `refrence`. Did you mean `reference`?"),
            id="misspelt-field",
        ),
        pytest.param(
            '{"id": "1", "candidates": [{"text": "x", "modle": "m"}]}',
            *(1, "unknown field `modle`"),
            id="unknown-field-of-a-candidate",
        ),
        pytest.param(f"{OK}\n{{", 2, "one whole JSON object", id="object-over-lines"),
        pytest.param(
            f'{OK}\n{{"id": "2" "response": 1}}', 2, "not valid JSON at column 12", id="broken-json"
        ),
        pytest.param("[1]", 1, "must be a JSON object", id="list-as-line"),
        pytest.param(f"{OK} {OK}", 1, "not valid JSON at column", id="two-objects-on-a-line"),
        pytest.param(
            '{"id": "1", "response": "x", "labels": {"q": NaN}}', 1, "NaN is no number", id="nan"
        ),
        pytest.param(
            '{"id": "1", "response": "x", "labels": {"q": 1e999}}', 1, "too large", id="1e999"
        ),
        pytest.param(
            '{"id": "1", "response": "x", "n": %s}' % ("1" * 5000), 1, "digits", id="5000-digits"
        ),
        pytest.param(
            '{"id": "1", "id": "2", "response": "x"}', 1, "`id` stands twice", id="key-twice"
        ),
        pytest.param(
            '{"id": "1", "response": "x", "metadata": {"a": 1, "a": 1}}',
            *(1, "`a` stands twice"),
            id="inner-key-twice",
        ),
        pytest.param(
            '{"id": "1", "response": "half \\ud83d"}', 1, "half of a character", id="surrogate"
        ),
        pytest.param(
            '{"id": "1", "response": "x", "a": %s}' % ("[" * 200 + "]" * 200),
            *(1, "nested"),
            id="deep",
        ),
        pytest.param("[" * 100_000, 1, "nested", id="100000-brackets"),
        pytest.param(OK.encode() + b"\n{\xff}", 2, "not valid UTF-8 at byte 2", id="bad-utf8"),
        pytest.param(OK.encode("utf-16"), 1, "UTF-16", id="utf-16"),
        pytest.param(
            '{"id": "1", "response": "x", "messages": [{"role": "judge", "content": "x"}]}',
            *(1, "the role 'judge'"),
            id="unknown-role",
        ),
        pytest.param(
            '{"id": "1", "response": "x", "contexts": [{"id": "a", "text": "x"}, '
            '{"id": "a", "text": "y"}]}',
            *(1, "duplicate ids"),
            id="two-passages-of-one-id",
        ),
        pytest.param(
            '{"id": "1", "response": "x", "contexts": ["a"], "retrieved_context_ids": ["a", "b"]}',
            *(1, "must be a list of 1"),
            id="ids-without-passages",
        ),
        pytest.param(
            '{"id": "1", "response": "x", "contexts": [4.5]}', 1, "`contexts[1]`", id="no-passage"
        ),
        pytest.param(
            '{"id": "1", "response": "x", "attachments": ["https://example.org/a.png"]}',
            *(1, "remote address"),
            id="remote-image",
        ),
        pytest.param(
            '{"id": "1", "response": "x", "metadata": 3}', 1, "`metadata` must be", id="metadata"
        ),
        pytest.param(
            '{"id": "1", "response": "x", "a": 1, "metadata": {"a": 2}}',
            *(1, "`a` and `metadata.a` differ"),
            id="note-against-note",
        ),
        pytest.param(
            '{"id": "1", "response": "x", "reference": ["a", "b"]}', 1, "list of 2", id="references"
        ),
        pytest.param(
            '{"id": "1", "response": "x", "schema_version": 2}', 1, "version 2", id="newer-schema"
        ),
        pytest.param(
            '{"id": "1", "inputs": {"a": "x", "b": "y"}, "outputs": "z"}',
            *(1, "`inputs` is an object without a known `question`; it has `a`, `b`"),
            id="inputs-that-tell-nothing",
        ),
    ],
)
def test_a_bad_line_is_refused_with_its_number(
    write: Write, content: str | bytes, line: int, says: str
) -> None:
    path = write(content)
    with pytest.raises(InputError) as refused:
        list(read_cases(path))
    assert (refused.value.path, refused.value.line) == (str(path), line)
    assert says in str(refused.value)
    assert str(refused.value).startswith(f"{path}:{line}: ")


def test_a_missing_response_lists_what_was_found(write: Write) -> None:
    with pytest.raises(InputError, match="Found: `id`, `question`, `final_text`"):
        list(read_cases(write('{"id": "1", "question": "q", "final_text": "x"}')))


@pytest.mark.parametrize(
    ("name", "content", "line", "says"),
    [
        pytest.param("c.csv", "id,response\n1,a\n2\n", 3, "1 cells", id="short-row"),
        pytest.param("c.csv", "id,id\n1,a\n", 1, "two columns are named `id`", id="header-twice"),
        pytest.param("c.csv", "id;response\n1;a\n", 1, "parted by ';'", id="semicolons"),
        pytest.param("c.csv", 'id,response\n1,"a\n', 2, "not valid CSV", id="open-quote"),
        pytest.param("c.csv", 'id,response\n1,"a\nb"\n,c\n', 4, "`id` is missing", id="late-line"),
        pytest.param(
            "c.csv", "id,response,contexts\n1,a,\"['x']\"\n", 2, "Write it as JSON", id="repr-list"
        ),
        pytest.param("c.csv", b"id,response\n1,\xff\n", 2, "not valid UTF-8", id="csv-bytes"),
        pytest.param(
            "c.json", '[\n{"id": 1, "response": "a"},\n{"id": 2}\n]', 3, "missing", id="json-list"
        ),
        pytest.param("c.json", '[\n{"id": 1,}\n]', 2, "not valid JSON", id="json-comma"),
        pytest.param("c.json", f"{OK}\n{OK}", 2, ".jsonl", id="json-lines-called-json"),
        pytest.param("c.json", f"[{OK}\n{OK}]", 2, "expecting ','", id="json-no-comma"),
        pytest.param("c.json", f"[{OK}]\n]", 2, "more after the list", id="json-more"),
        pytest.param("c.txt", OK, None, "no known kind", id="unknown-suffix"),
        pytest.param("c.parquet", "x", None, "not a readable Parquet", id="parquet"),
        pytest.param("c.jsonl.gz", OK, 1, "damaged", id="not-gzip"),
        pytest.param(
            "c.jsonl.gz", gzip.compress((OK + "\n").encode())[:-9], 2, "damaged", id="cut-gzip"
        ),
    ],
)
def test_every_kind_of_file_names_the_place(
    write: Write, name: str, content: str | bytes, line: int | None, says: str
) -> None:
    path = write(content, name)
    with pytest.raises(InputError) as refused:
        list(read_cases(path))
    assert (refused.value.path, refused.value.line) == (str(path), line)
    assert says in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        list(read_cases(tmp_path / "none.jsonl"))
    with pytest.raises(InputError, match="no case file in this folder"):
        list(read_cases(tmp_path))


def test_parquet_without_pyarrow_names_the_extra(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"dikast\[frames\]"):
        list(read_cases(write("x", "c.parquet")))


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


# -- other files -----------------------------------------------------------------------------

ROWS = [
    {"id": "1", "question": "q", "response": 'r, "s"\nt', "contexts": ["a", "b"]},
    {"id": "2", "question": None, "response": "", "contexts": []},
]


def test_every_kind_of_file_gives_the_same_cases(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    (tmp_path / "c.json").write_text(json.dumps(ROWS, indent=1))
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress((tmp_path / "c.jsonl").read_bytes()))
    with (tmp_path / "c.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *ROWS[0]])
        for number, row in enumerate(ROWS):
            contexts = json.dumps(row["contexts"])
            writer.writerow([number, row["id"], row["question"], row["response"], contexts])
    pd.DataFrame(ROWS).to_parquet(tmp_path / "c.parquet")
    saved = tmp_path / "saved"
    saved.mkdir()
    with pa.ipc.new_stream(
        str(saved / "d.arrow"), (table := pa.Table.from_pylist(ROWS)).schema
    ) as w:
        w.write_table(table)
    (saved / "state.json").write_text(json.dumps({"_data_files": [{"filename": "d.arrow"}]}))
    (saved / "dataset_info.json").write_text("{}")
    wanted = list(cases_from_rows(ROWS))
    for name in ("c.jsonl", "c.json", "c.jsonl.gz", "c.csv", "c.parquet", "saved"):
        assert list(read_cases(tmp_path / name)) == wanted, name
    assert list(cases_from_rows(pd.DataFrame(ROWS))) == wanted


def test_a_saved_dataset_cannot_point_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "../other.arrow"}]}')
    (tmp_path / "dataset_info.json").write_text("{}")
    with pytest.raises(InputError, match="names a file elsewhere"):
        list(read_cases(tmp_path))


def test_splits_are_named(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "dataset_dict.json").write_text("{}")
    with pytest.raises(InputError, match=r"several splits\. Name one: `train`"):
        list(read_cases(tmp_path))


def test_a_folder_is_read_in_the_order_of_names(write: Write, tmp_path: Path) -> None:
    write('{"response": "named by its file"}', "cases/b.json")
    write(OK, "cases/a.jsonl")
    write("notes", "cases/README.md")
    write(OK, "cases/.hidden.jsonl")
    assert [case.id for case in read_cases(tmp_path / "cases")] == ["1", "b"]
    write(OK, "cases/c.jsonl")
    with pytest.raises(InputError, match=r"c\.jsonl:1: the id `1` is taken by .*a\.jsonl:1"):
        list(read_cases(tmp_path / "cases"))


def test_a_long_passage_fits_a_cell(write: Write) -> None:
    long = "word " * 60_000
    path = write(f"id,response,contexts\n1,r,{long}\n", "c.csv")
    assert next(read_cases(path)).contexts[0].text == long


def test_a_cell_may_begin_with_a_bracket(write: Write) -> None:
    path = write("id,response,contexts\n1,[not json,[1] a passage\n", "c.csv")
    case = next(read_cases(path))
    assert (case.response.text, case.contexts[0].text) == ("[not json", "[1] a passage")


def test_samples_of_other_libraries_are_rows() -> None:
    class Sample:
        def model_dump(self) -> dict[str, Any]:
            return {"id": 1, "user_input": "q", "response": "r", "retrieved_contexts": None}

    assert next(cases_from_rows([Sample()])).question == "q"
    with pytest.raises(InputError, match="a row must be an object"):
        next(cases_from_rows(["text"]))


def test_rows_are_refused_by_number() -> None:
    with pytest.raises(InputError, match="row 2: the id `1` is taken by row 1"):
        list(cases_from_rows([{"id": 1, "response": "a"}] * 2))


def test_a_summary_tells_count_parts_and_digest(write: Write) -> None:
    path = write(f'{OK}\n{{"id": "2", "candidates": ["a", "b"], "question": "q"}}')
    found = check_cases(path)
    assert (found.count, found.with_question, found.with_contexts) == (2, 1, 0)
    assert (found.fewest_candidates, found.most_candidates) == (1, 2)
    assert found == summarise(reversed(list(read_cases(path))))
    assert found.digest != check_cases(path, limit=1).digest
    assert summarise([]).fewest_candidates == 0


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
