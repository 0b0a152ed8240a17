"""Images: what is refused from the header, what is sent, and what stays out of case and state."""

from __future__ import annotations

import asyncio
import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dikast.errors import InputError
from dikast.media import (
    HELD_HERE,
    LONG_SIDE,
    BadImage,
    Images,
    Prepared,
    attachments_of,
    prepare,
    read_header,
)
from dikast.types import Attachment, Candidate, Case, Context, Message


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def decoded(data_url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2])))


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds no pixels."""
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [b"IHDR" + body, b"IDAT", b"IEND"]
    chunks = b"".join(
        struct.pack(">I", len(p) - 4) + p + struct.pack(">I", zlib.crc32(p)) for p in parts
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


RED = Image.new("RGB", (40, 20), "red")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "no PNG, JPEG or WebP", id="empty"),
        pytest.param(b"<svg onload=alert(1)>", "no PNG, JPEG or WebP", id="markup"),
        pytest.param(encoded(RED, "GIF"), "no PNG, JPEG or WebP", id="another-format"),
        pytest.param(encoded(RED, "TIFF"), "no PNG, JPEG or WebP", id="a-format-of-many-faults"),
        pytest.param(png_header(60_000, 60_000), "pixels", id="a-huge-header"),
        pytest.param(png_header(10_000, 9_000), "pixels", id="above-our-limit-only"),
        pytest.param(
            encoded(RED, "WEBP", save_all=True, append_images=[Image.new("RGB", (40, 20))]),
            "animated",
            id="many-frames",
        ),
        pytest.param(encoded(RED)[:20], "header|no PNG", id="cut-in-the-header"),
    ],
)
def test_refused_from_the_header(data: bytes, message: str) -> None:
    with pytest.raises(BadImage, match=message):
        read_header(data)


def test_a_file_cut_short_is_refused_when_prepared() -> None:
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    whole = encoded(noise, "JPEG")
    assert read_header(whole).width == 300
    with pytest.raises(BadImage, match="broken"):
        prepare(whole[: len(whole) // 2])


def test_what_is_sent_is_upright_small_and_bare() -> None:
    """The secret in the metadata stays here; the tall picture that lies on its side stands up."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at a secret place"
    ready = prepare(encoded(Image.new("RGB", (4000, 2000), "blue"), "JPEG", exif=exif))
    image = decoded(ready.data_url)
    assert image.size == (LONG_SIDE // 2, LONG_SIDE) == (ready.width, ready.height)
    assert not image.getexif()
    assert b"secret" not in base64.b64decode(ready.data_url.partition(",")[2])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    """The colour hidden behind full transparency would else come out."""
    clear = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    if mode == "P":
        palette = Image.new("P", (10, 10), 0)
        palette.putpalette([255, 0, 0] * 256)
        data = encoded(palette, transparency=0)
    else:
        data = encoded(clear.convert(mode))
    assert decoded(prepare(data).data_url).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_small_images_are_not_enlarged_and_bytes_repeat() -> None:
    data = encoded(RED)
    ready = prepare(data)
    assert (ready.width, ready.height) == (40, 20)
    assert ready == prepare(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats(kind: str) -> None:
    assert read_header(encoded(RED, kind)).kind == kind
    assert decoded(prepare(encoded(RED, kind)).data_url).size == (40, 20)


def test_sixteen_bits_and_palettes_are_read() -> None:
    for image in (Image.new("I;16", (5, 5), 30_000), Image.new("1", (5, 5), 1)):
        assert decoded(prepare(encoded(image)).data_url).mode == "RGB"


def case(*attachments: Attachment) -> Case:
    return Case(
        id="c",
        candidates=(Candidate(text="A red square.", attachments=attachments[:1]),),
        contexts=(Context(id="p", text="", attachments=attachments[1:2]),),
        messages=(Message(role="user", content="?", attachments=attachments[2:3]),),
        attachments=attachments[3:],
    )


def test_bytes_stay_out_of_the_case(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(encoded(RED))
    inline = Attachment(id="a", data_url=url(encoded(Image.new("RGB", (9, 9), "green"))))
    local = Attachment(id="b", path="red.png")
    images = Images(tmp_path)
    admitted = images.admit(case(inline, local, inline, local))
    found = list(attachments_of(admitted))
    assert len(found) == 4
    assert all(a.data_url is None and a.sha256 for a in found)
    assert "base64" not in admitted.to_json()
    assert sorted({str(a.path).partition(":")[0] for a in found}) == ["red.png", "sha256"]
    sent = [decoded(asyncio.run(images.load(a))).size for a in found]
    assert sorted(sent) == [(9, 9), (9, 9), (40, 20), (40, 20)]
    assert images.admit(admitted) == admitted


@pytest.mark.parametrize(
    ("attachment", "message"),
    [
        pytest.param(Attachment(id="x", path="../out.png"), "leads out", id="up-and-out"),
        pytest.param(Attachment(id="x", path="/etc/hostname"), "leads out", id="absolute"),
        pytest.param(Attachment(id="x", path="link.png"), "leads out", id="through-a-link"),
        pytest.param(Attachment(id="x", path="none.png"), "does not exist", id="missing"),
        pytest.param(Attachment(id="x", path="."), "does not exist", id="a-folder"),
        pytest.param(Attachment(id="x", path="http://h/x.png"), "its path is none", id="remote"),
        pytest.param(Attachment(id="x", path=HELD_HERE + "0" * 64), "not among", id="digest"),
        pytest.param(Attachment(id="x", data_url="data:text/html,x"), "data URL", id="no-image"),
        pytest.param(
            Attachment(id="x", data_url="data:image/png;base64,$$"), "no base64", id="no-base64"
        ),
        pytest.param(
            Attachment(id="x", data_url=url(encoded(RED)), sha256="0" * 64), "digest", id="digest"
        ),
    ],
)
def test_refused_where_it_lies(attachment: Attachment, message: str, tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "out.png").write_bytes(encoded(RED))
    (inside / "link.png").symlink_to(tmp_path / "out.png")
    with pytest.raises(InputError, match=f"image `x` of case `c`.*{message}"):
        Images(inside).admit(case(attachment))


def test_without_a_folder_no_path_is_read() -> None:
    with pytest.raises(InputError, match="no folder of images"):
        Images().admit(case(Attachment(id="x", path="red.png")))


def test_a_file_that_changed_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(encoded(RED))
    images = Images(tmp_path)
    (attachment,) = images.admit(case(Attachment(id="a", path="red.png"))).response.attachments
    (tmp_path / "red.png").write_bytes(encoded(Image.new("RGB", (3, 3))))
    with pytest.raises(BadImage, match="changed"):
        asyncio.run(images.load(attachment))


def test_prepared_once_for_all_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def counted(data: bytes) -> Prepared:
        made.append(data)
        return prepare(data)

    monkeypatch.setattr("dikast.media.prepare", counted)
    images = Images()
    (attachment,) = images.admit(
        case(Attachment(id="a", data_url=url(encoded(RED))))
    ).response.attachments

    async def twelve() -> set[str]:
        return set(await asyncio.gather(*(images.load(attachment) for _ in range(12))))

    assert len(asyncio.run(twelve())) == 1
    assert len(made) == 1
    asyncio.run(twelve())
    assert len(made) == 1
