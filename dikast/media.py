"""Images: read from where they may lie, checked from the header, sent small and without metadata.

Whatever comes with a case is hostile: a header may announce more pixels than memory holds, a
path may lead elsewhere, a file may be something else than its name says. Nothing is decoded
before its header was checked, and what is sent is always encoded anew.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import hashlib
import io
import ipaddress
import os
import re
import threading
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from dikast.errors import InputError
from dikast.types import Attachment, Case

if TYPE_CHECKING:
    from PIL import Image

KINDS = ("PNG", "JPEG", "WEBP")
"""Formats that are read; everything else Pillow knows is refused."""
MOST_BYTES = 40 * 2**20
"""Largest file, in bytes."""
MOST_PIXELS = 60_000_000
"""Largest image, in pixels; one of this size takes 180 MB once decoded."""
LONG_SIDE = 1568
"""Longer side of what is sent, in pixels: providers scale larger images down themselves."""
HELD = 64
"""Prepared images kept at hand, least recently used first to go."""

_QUALITY = 88
_DATA_URL = re.compile(r"data:image/[a-z0-9.+-]{1,20};base64,")
_MISSING = "the file does not exist"


class BadImage(ValueError):
    """An image that is not used, and why, in words."""


class Header(NamedTuple):
    """What an image's header says."""

    kind: str
    width: int
    height: int


class Prepared(NamedTuple):
    """An image as it is sent."""

    data_url: str
    sha256: str
    """Digest of the original bytes."""
    sent: str
    """Digest of the bytes sent."""
    width: int
    height: int
    recipe: str
    """How the one became the other, the library's version included."""


def read_header(data: bytes) -> Header:
    """Check an image from its header alone.

    Raises:
        BadImage: It is none, is of another format, is animated, or has too many pixels.

    Examples:
        >>> read_header(b"GIF89a")
        Traceback (most recent call last):
        ...
        dikast.media.BadImage: it is no PNG, JPEG or WebP image
    """
    from PIL import Image, UnidentifiedImageError

    if len(data) > MOST_BYTES:
        raise BadImage(f"it has {len(data):,} bytes; {MOST_BYTES:,} are allowed")
    with warnings.catch_warnings():
        # Pillow only warns below twice its own limit; ours is lower and is checked first.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=KINDS) as image:
                frames = getattr(image, "n_frames", 1)
                header = Header(str(image.format), *image.size)
        except UnidentifiedImageError:
            raise BadImage("it is no PNG, JPEG or WebP image") from None
        except Image.DecompressionBombError:
            raise BadImage("its header tells of too many pixels") from None
        except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
            raise BadImage(f"its header cannot be read ({type(error).__name__})") from None
    if header.width * header.height > MOST_PIXELS:
        raise BadImage(
            f"it has {header.width:,} × {header.height:,} pixels; {MOST_PIXELS:,} are allowed"
        )
    if frames > 1:
        raise BadImage(f"it is animated ({frames} frames); give one frame")
    return header


def prepare(data: bytes, *, long_side: int = LONG_SIDE) -> Prepared:
    """Turn upright, put on white, scale down, and encode anew without metadata.

    The same bytes give the same result with one version of Pillow.

    Args:
        data: A PNG, JPEG or WebP file.
        long_side: Longer side of the result, in pixels; smaller images are not enlarged.

    Raises:
        BadImage: It cannot be used.
    """
    import PIL
    from PIL import Image, ImageOps

    header = read_header(data)
    try:
        with (
            warnings.catch_warnings(),
            Image.open(io.BytesIO(data), formats=KINDS) as opened,
        ):
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened.load()
            image: Image.Image = ImageOps.exif_transpose(opened)
            flat = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            image = _on_white(image) if flat else image.convert("RGB")
            image.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
            # A drawing or a screenshot stays sharp; a photograph stays small.
            lossy = header.kind == "JPEG" or image.width * image.height > 1_000_000
            out = io.BytesIO()
            if lossy:
                image.save(out, "JPEG", quality=_QUALITY)
            else:
                image.save(out, "PNG", optimize=False)
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise BadImage(f"it is broken ({type(error).__name__})") from None
    sent = out.getvalue()
    kind = "jpeg" if lossy else "png"
    return Prepared(
        f"data:image/{kind};base64,{base64.b64encode(sent).decode()}",
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(sent).hexdigest(),
        image.width,
        image.height,
        f"upright, on white, {long_side} px, {kind}, pillow {PIL.__version__}",
    )


def _on_white(image: Image.Image) -> Image.Image:
    """Put what is transparent on white: the hidden colour behind it may be any."""
    from PIL import Image

    clear = image.convert("RGBA")
    ground = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(ground, clear).convert("RGB")


# -- where images lie ----------------------------------------------------------------------------


class Images:
    """The images of a set of cases: local files below one folder, and images given inline.

    Bytes stay out of cases, state and journal: `admit` gives a case whose images are named by
    digest, and `load` finds them again when a request is sent.

    Args:
        root: Folder that local paths are relative to and must lie in; None refuses all paths.
        remote: Whether addresses are passed on to the provider, which then fetches them. dikast
            itself fetches nothing, so what was judged is not known by its digest.

    Examples:
        >>> from dikast.types import Candidate
        >>> pixel = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADEl"
        ...          "EQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
        >>> images = Images()
        >>> case = Case(id="c", candidates=(Candidate(text=""),),
        ...             attachments=(Attachment(id="a", data_url=pixel),))
        >>> (image,) = images.admit(case).attachments
        >>> image.data_url is None, len(image.sha256), image.path.startswith("sha256:")
        (True, 64, True)
        >>> asyncio.run(images.load(image)).startswith("data:image/png;base64,")
        True
    """

    def __init__(self, root: Path | None = None, *, remote: bool = False) -> None:
        self.root = None if root is None else Path(os.path.realpath(root))
        self.remote = remote
        self._inline: dict[str, bytes] = {}
        self._users: Counter[str] = Counter()
        self._ready: OrderedDict[str, Prepared] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}
        self._gate = threading.Lock()

    def hashed(self, case: Case) -> Case:
        """The case with every image checked from its header and its digest noted, for a record.

        Raises:
            InputError: An image cannot be used; the case, the image and the reason are named.
        """
        if not any(True for _ in attachments_of(case)):
            return case

        def noted(attachment: Attachment) -> Attachment:
            if attachment.url is not None:
                self._passed_on(case.id, attachment)
                return attachment
            return attachment.model_copy(update={"sha256": self._checked(case.id, attachment)[1]})

        return _mapped(case, noted)

    def dismiss(self, case: Case) -> None:
        """Let go of the bytes that an admitted case gave inline."""
        for attachment in attachments_of(case):
            path = attachment.path or ""
            if path.startswith(HELD_HERE):
                digest = path.removeprefix(HELD_HERE)
                self._users[digest] -= 1
                if self._users[digest] <= 0:
                    del self._users[digest]
                    self._inline.pop(digest, None)

    def admit(self, case: Case) -> Case:
        """The case with every image checked from its header, hashed, and named by its digest.

        Bytes given inline are held until `dismiss` is called with what this returned.

        Raises:
            InputError: An image cannot be used; the case, the image and the reason are named.
        """
        if not any(True for _ in attachments_of(case)):
            return case
        return _mapped(case, functools.partial(self._admitted, case.id))

    def _passed_on(self, case_id: str, attachment: Attachment) -> None:
        why = _no_address(attachment.url or "") if self.remote else "it is a remote address"
        if why:
            raise InputError(
                f"image `{attachment.id}` of case `{case_id}` cannot be used: {why}.",
                hint=""
                if self.remote
                else "Set `remote_images = true` in the panel to pass "
                "addresses on to the provider, or give a file.",
            )

    def _admitted(self, case_id: str, attachment: Attachment) -> Attachment:
        if attachment.url is not None:
            self._passed_on(case_id, attachment)
            return attachment
        data, digest = self._checked(case_id, attachment)
        if (attachment.path or "").startswith(HELD_HERE):
            self._users[digest] += 1
        if attachment.data_url is None:
            return attachment.model_copy(update={"sha256": digest})
        self._users[digest] += 1
        self._inline[digest] = data
        return attachment.model_copy(
            update={"data_url": None, "path": HELD_HERE + digest, "sha256": digest}
        )

    def _checked(self, case_id: str, attachment: Attachment) -> tuple[bytes, str]:
        """An image's bytes and their digest, the header checked."""
        try:
            data = self.read(attachment)
            read_header(data)
        except BadImage as error:
            raise InputError(
                f"image `{attachment.id}` of case `{case_id}` cannot be used: {error}."
            ) from None
        digest = hashlib.sha256(data).hexdigest()
        if attachment.sha256 not in (None, digest):
            raise InputError(
                f"image `{attachment.id}` of case `{case_id}` is not the one whose digest is given."
            )
        return data, digest

    def read(self, attachment: Attachment) -> bytes:
        """The original bytes of an image.

        Raises:
            BadImage: It lies outside the folder, is missing, too large, or no base64.
        """
        if attachment.data_url is not None:
            return _decoded(attachment.data_url)
        path = attachment.path or ""
        if path.startswith(HELD_HERE):
            held = self._inline.get(path.removeprefix(HELD_HERE))
            if held is None:
                raise BadImage("it is not among the images given inline")
            return held
        return _from_folder(path, self.root)

    async def load(self, attachment: Attachment) -> str:
        """The data URL to send; prepared once per image, off the event loop.

        Raises:
            BadImage: The image cannot be used, or is no longer the one that was admitted.
        """
        if attachment.url is not None:
            if not self.remote or _no_address(attachment.url):
                raise BadImage("it is a remote address")
            return attachment.url
        return (await asyncio.to_thread(self._prepared, attachment)).data_url

    def _prepared(self, attachment: Attachment) -> Prepared:
        data = self.read(attachment)
        digest = hashlib.sha256(data).hexdigest()
        if attachment.sha256 not in (None, digest):
            raise BadImage("it changed since it was admitted")
        with self._gate:
            making = self._making.setdefault(digest, threading.Lock())
        with making:  # the same image for several judges at once is prepared by the first
            if digest not in self._ready:
                self._ready[digest] = prepare(data)
            found = self._ready[digest]
        with self._gate:
            self._making.pop(digest, None)
            if digest in self._ready:
                self._ready.move_to_end(digest)
            while len(self._ready) > HELD:
                self._ready.popitem(last=False)
        return found


HELD_HERE = "sha256:"
"""Begins the `path` of an image that was given inline and is held by its digest."""


def attachments_of(case: Case) -> Iterable[Attachment]:
    """All images of a case: its own, its messages', passages' and candidates'."""
    yield from case.attachments
    for holders in (case.messages, case.contexts, case.candidates):
        for holder in holders:
            yield from holder.attachments


def _mapped(case: Case, change: Callable[[Attachment], Attachment]) -> Case:
    """The case with every image changed."""

    def of(part: Any) -> Any:  # whatever holds attachments
        changed = tuple(change(attachment) for attachment in part.attachments)
        return part.model_copy(update={"attachments": changed})

    return case.model_copy(
        update={
            "attachments": tuple(change(a) for a in case.attachments),
            "messages": tuple(of(message) for message in case.messages),
            "contexts": tuple(of(context) for context in case.contexts),
            "candidates": tuple(of(candidate) for candidate in case.candidates),
        }
    )


def _decoded(url: str) -> bytes:
    head = _DATA_URL.match(url)
    if head is None:
        raise BadImage("its data URL is not `data:image/…;base64,…`")
    if len(url) > 4 * MOST_BYTES // 3 + 100:
        raise BadImage(f"it has more than {MOST_BYTES:,} bytes")
    try:
        return base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise BadImage("its data URL holds no base64") from None


def _no_address(url: str) -> str:
    """Why an address is not passed on; empty if it is.

    The provider fetches it, and for some providers this machine does: never from inside a
    network that the case's author cannot reach.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").casefold()
    if parts.scheme not in ("http", "https") or not host:
        return "its address is not http or https"
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return "its address is private"
    try:
        return "" if ipaddress.ip_address(host).is_global else "its address is private"
    except ValueError:
        # Such as 0x7f.1 or 127.1, which some resolvers take for an address.
        return "its address is no name" if host.replace("x", "").replace(".", "").isdigit() else ""


def _from_folder(path: str, root: Path | None) -> bytes:
    """Read a file below a folder, links resolved before anything is opened."""
    if root is None:
        raise BadImage("it is a path, and no folder of images was named")
    if "\x00" in path or "://" in path:
        raise BadImage("its path is none")
    real = Path(os.path.realpath(root / path))
    if not real.is_relative_to(root):
        raise BadImage(f"its path leads out of `{root.name}`")
    try:
        if not real.is_file():
            raise BadImage(_MISSING)
        if real.stat().st_size > MOST_BYTES:
            raise BadImage(f"it has {real.stat().st_size:,} bytes; {MOST_BYTES:,} are allowed")
        return real.read_bytes()
    except OSError as error:
        raise BadImage(f"it cannot be read ({error.strerror})") from None
