"""Case files: what is refused with which file and line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from dikast.errors import InputError
from dikast.records.cases import (
    read_cases,
)
from tests.cases_kit import OK, Write, case_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return case_writer(tmp_path)


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
            '{"id": "1", "response": "a", "contexts": [{"text": "x", "images": ["p.png"]}]}',
            *(1, "`contexts[1]` has `images`, which no judge would see"),
            id="images-of-a-passage-under-another-name",
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
