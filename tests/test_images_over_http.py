"""Images through a whole run: what the server sees, what is kept, what is refused and when."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dikast.api import Panel
from dikast.errors import InputError, ResumeRefused
from dikast.models.sight import sees
from dikast.records.runfile import RunFile
from dikast.running import Source, begin, carry_out, take_up
from dikast.testing import LoopbackServer, structured_reply
from dikast.testing.chat import ChatRequest
from dikast.types import (
    Criterion,
    IntegerScale,
    JudgeSpec,
    ModelSpec,
    PanelSpec,
    Price,
    ProtocolSpec,
    RealScale,
    Reason,
    Rubric,
    Verdict,
)

QUALITY = Criterion(id="quality", question="Is it good?", scale=IntegerScale(low=1, high=5))
RUBRIC = Rubric(id="planted", criteria=(QUALITY,))


class Seer:
    """Scores by what it sees: 5 for a red image, 1 for any other, 3 where none is attached."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def __call__(self, request: ChatRequest) -> str:
        parts = [
            part["image_url"]["url"]
            for message in request.body["messages"]
            if isinstance(message["content"], list)
            for part in message["content"]
            if part["type"] == "image_url"
        ]
        self.urls += parts
        return structured_reply(request, score=_score(parts))


def _score(parts: list[str]) -> int:
    if not parts:
        return 3
    if not parts[0].startswith("data:"):
        return 4
    seen = Image.open(io.BytesIO(base64.b64decode(parts[0].partition(",")[2])))
    red, green, _ = seen.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
    return 5 if red > 200 and green < 100 else 1


@pytest.fixture
def seer() -> Seer:
    return Seer()


@pytest.fixture
def server(seer: Seer) -> Iterator[LoopbackServer]:
    with LoopbackServer(seer) as running:
        yield running


def panel(address: str, *, vision: bool | None = True, **fields: Any) -> PanelSpec:
    judge = JudgeSpec(
        name="ann",
        model="openai/eyes",
        api_base=address,
        price=Price(input=0, output=0),
        vision=vision,
    )
    protocol = ProtocolSpec(deliberate="never")
    return PanelSpec(judges=(judge,), rubric=RUBRIC, protocol=protocol, **fields)


def picture(colour: str, size: tuple[int, int] = (30, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def cases(folder: Path) -> Path:
    """A local image beside the case file, one in a passage, and one given inline."""
    (folder / "pictures").mkdir()
    (folder / "pictures" / "red.png").write_bytes(picture("red", (3000, 1000)))
    inline = "data:image/png;base64," + base64.b64encode(picture("green")).decode()
    passage = {"id": "p", "text": "A picture.", "attachments": ["pictures/red.png"]}
    rows = [
        {"id": "local", "question": "?", "response": "!", "images": ["pictures/red.png"]},
        {"id": "passage", "question": "?", "response": "!", "contexts": [passage]},
        {"id": "inline", "question": "?", "response": "!", "images": [inline]},
    ]
    path = folder / "cases.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


async def whole(spec: PanelSpec, path: Path, out: Path) -> dict[str, Verdict]:
    with await begin(spec, Source(path), out) as run:
        return {verdict.case_id: verdict async for verdict in carry_out(run, spec)}


def test_judges_see_images_and_files_keep_digests(
    seer: Seer, server: LoopbackServer, tmp_path: Path
) -> None:
    out = tmp_path / "run.dikast"
    found = asyncio.run(whole(panel(server.base_url), cases(tmp_path), out))
    assert {name: v.criteria[0].score for name, v in found.items()} == {
        "local": 5,
        "passage": 5,
        "inline": 1,
    }
    sizes = {Image.open(io.BytesIO(base64.b64decode(u.partition(",")[2]))).size for u in seer.urls}
    assert sizes == {(1568, 523), (30, 20)}
    with RunFile.open(out, readonly=True) as run:
        assert all(b"base64" not in entry.body for entry in run.entries())
        assert "base64" not in "".join(v.to_json() for v in run.verdicts())
        case = run.case("local")
    assert case is not None
    assert len(str(case.attachments[0].sha256)) == 64


def test_a_changed_image_is_a_changed_case(server: LoopbackServer, tmp_path: Path) -> None:
    spec, out = panel(server.base_url), tmp_path / "run.dikast"
    path = cases(tmp_path)

    async def begun() -> None:
        (await begin(spec, Source(path), out)).close()

    async def resumed() -> None:
        run, _ = await take_up(out)
        run.close()

    asyncio.run(begun())
    asyncio.run(resumed())
    (tmp_path / "pictures" / "red.png").write_bytes(picture("blue"))
    with pytest.raises(ResumeRefused, match="local"):
        asyncio.run(resumed())


def test_a_bad_image_is_told_before_the_first_call(server: LoopbackServer, tmp_path: Path) -> None:
    path = cases(tmp_path)
    (tmp_path / "pictures" / "red.png").write_bytes(b"GIF89a")
    with pytest.raises(InputError, match=r"cases\.jsonl.*image `1` of case `local`.*no PNG"):
        asyncio.run(whole(panel(server.base_url), path, tmp_path / "run.dikast"))
    assert server.counts().requests == 0
    assert not (tmp_path / "run.dikast").exists()


@pytest.mark.parametrize("vision", [False, None], ids=["stated", "unknown-to-any-table"])
def test_a_judge_without_eyes_abstains_unless_there_is_a_caption(
    vision: bool | None, server: LoopbackServer, tmp_path: Path
) -> None:
    path = cases(tmp_path)
    told = {"path": "pictures/red.png", "caption": "A red ground."}
    row = {"id": "told", "question": "?", "response": "!", "images": [told]}
    path.write_text(path.read_text() + "\n" + json.dumps(row))
    spec = panel(server.base_url, vision=vision)
    found = asyncio.run(whole(spec, path, tmp_path / "run.dikast"))
    assert found["told"].criteria[0].score == 3
    (ballot,) = found["local"].transcript.ballots
    assert ballot.abstention is not None
    assert ballot.abstention.reason is Reason.NOT_APPLICABLE
    assert server.counts().requests == 1


def test_litellm_s_table_says_who_sees() -> None:
    assert sees(ModelSpec(model="openai/gpt-4o"))
    assert not sees(ModelSpec(model="openai/gpt-3.5-turbo"))
    assert not sees(ModelSpec(model="openai/gpt-4o", vision=False))


def test_addresses_pass_only_where_the_panel_lets_them(
    seer: Seer, server: LoopbackServer, tmp_path: Path
) -> None:
    path = tmp_path / "cases.jsonl"
    there = {"url": "https://pictures.example.org/red.png"}
    row = {"id": "c", "question": "?", "response": "!", "images": [there]}
    path.write_text(json.dumps(row))
    with pytest.raises(InputError, match="remote_images = true"):
        asyncio.run(whole(panel(server.base_url), path, tmp_path / "no.dikast"))
    open_ = panel(server.base_url, remote_images=True)
    found = asyncio.run(whole(open_, path, tmp_path / "yes.dikast"))
    assert found["c"].criteria[0].score == 4
    assert seer.urls == [there["url"]]
    for address in ("http://127.0.0.1/x", "http://169.254.169.254/x", "http://box.local/x"):
        path.write_text(json.dumps({**row, "images": [{"url": address}]}))
        with pytest.raises(InputError, match="private"):
            asyncio.run(whole(open_, path, tmp_path / "inside.dikast"))


def test_a_panel_in_code_reads_below_its_folder(server: LoopbackServer, tmp_path: Path) -> None:
    cases(tmp_path)
    spec = panel(server.base_url)
    given = {"question": "?", "response": "!", "images": ["pictures/red.png"]}
    there = Panel.from_spec(spec, images=tmp_path)
    assert there.judge(given).criteria[0].score == 5
    with pytest.raises(InputError, match="leads out of"):
        there.judge({**given, "images": ["../red.png"]})
    inline = "data:image/png;base64," + base64.b64encode(picture("red")).decode()
    graph = there.graph.invoke({"case": {"id": "c", **given, "images": [inline]}})
    assert graph["verdict"].criteria[0].score == 5


def marked(request: ChatRequest) -> str:
    """Marks every claim by the image of passage 1: red supports it, any other contradicts."""
    parts = [
        part["image_url"]["url"]
        for message in request.body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    score = _score(parts)
    mark = {5: "supported", 1: "contradicted"}.get(score, "absent")
    entry = {"claim": 1, "reasoning": "See it.", "mark": mark, "passage": 1, "quote": ""}
    return json.dumps({"marker": request.marker, "claims": [entry]})


FAITHFUL = Criterion(
    id="faithfulness",
    question="Does the passage bear it out?",
    scale=RealScale(low=0, high=1),
    measure="faithfulness",
)


@pytest.mark.parametrize(
    ("colour", "vision", "mark"),
    [
        pytest.param("red", True, "supported", id="an-image-supports"),
        pytest.param("blue", True, "contradicted", id="an-image-contradicts"),
        pytest.param("red", False, None, id="a-blind-judge-abstains"),
    ],
)
def test_claims_are_held_against_images_of_passages(
    colour: str, vision: bool, mark: str | None, tmp_path: Path
) -> None:
    (tmp_path / "ground.png").write_bytes(picture(colour))
    passage = {"id": "p", "text": "Figure 1.", "attachments": ["ground.png"]}
    with LoopbackServer(marked) as running:
        spec = panel(running.base_url, vision=vision).model_copy(
            update={
                "rubric": Rubric(id="claims", criteria=(FAITHFUL,)),
                "splitter": ModelSpec(model="embedded/clauses"),
            }
        )
        found = Panel.from_spec(spec, images=tmp_path).rag(
            question="Which colour is the ground?",
            response="The ground is red.",
            contexts=[passage],
        )
        asked = running.counts().requests
    (claim,) = found.claims
    assert claim.mark == mark
    (ballot,) = [b for b in found.ballots if b.criterion == claim.claim.id]
    if mark is None:
        assert ballot.abstention is not None
        assert ballot.abstention.reason is Reason.NOT_APPLICABLE
        assert asked == 0
    else:
        assert "seen_in_image" in ballot.flags
        assert not ballot.evidence


def test_a_caption_can_be_quoted(tmp_path: Path) -> None:
    (tmp_path / "ground.png").write_bytes(picture("red"))
    told = {"path": "ground.png", "caption": "A plain red ground."}
    passage = {"id": "p", "text": "Figure 1.", "attachments": [told]}

    def by_caption(request: ChatRequest) -> str:
        quote = "plain red ground"
        entry = {"claim": 1, "reasoning": ".", "mark": "supported", "passage": 1, "quote": quote}
        return json.dumps({"marker": request.marker, "claims": [entry]})

    with LoopbackServer(by_caption) as running:
        spec = panel(running.base_url, vision=False).model_copy(
            update={
                "rubric": Rubric(id="claims", criteria=(FAITHFUL,)),
                "splitter": ModelSpec(model="embedded/clauses"),
            }
        )
        found = Panel.from_spec(spec, images=tmp_path).rag(
            question="Which colour?", response="The ground is red.", contexts=[passage]
        )
    (claim,) = found.claims
    assert claim.mark == "supported"
    assert claim.evidence[0].quote == "plain red ground"
