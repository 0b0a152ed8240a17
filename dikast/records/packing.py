"""How long values lie in a run file: compressed where that helps, checked when read.

A packed value is one kind byte, the CRC-32 of the rest, and the rest: the bytes themselves or
their zlib stream. Nothing but bytes comes out, so a hostile run file can build no object, and
an upper bound on the size keeps a small compressed blob from filling the memory.
"""

from __future__ import annotations

import zlib

_PLAIN, _ZLIB = b"\x00", b"\x01"
_HEAD = 5
_WORTH_IT = 160
"""Shorter values grow under zlib, or shrink by less than the time is worth."""

MAX_UNPACKED = 512 * 1024 * 1024
"""Largest value that `unpack` gives back, in bytes."""


class Damaged(ValueError):
    """The bytes are not what `pack` wrote."""


def pack(data: bytes) -> bytes:
    """The bytes as they are stored.

    Examples:
        >>> unpack(pack(b"a reply")) == b"a reply"
        True
        >>> len(pack(b"word " * 1000)) < 100
        True
    """
    kind, rest = _PLAIN, data
    if len(data) >= _WORTH_IT:
        squeezed = zlib.compress(data, 3)
        if len(squeezed) < len(data):
            kind, rest = _ZLIB, squeezed
    return kind + zlib.crc32(rest).to_bytes(4, "big") + rest


def unpack(stored: bytes) -> bytes:
    r"""The bytes that `pack` was given.

    Raises:
        Damaged: A byte changed, something was cut off, or the value is larger than
            `MAX_UNPACKED`.

    Examples:
        >>> unpack(b"\x00\x00\x00\x00\x00a")
        Traceback (most recent call last):
        dikast.records.packing.Damaged: checksum does not fit
    """
    kind, rest = stored[:1], stored[_HEAD:]
    if zlib.crc32(rest) != int.from_bytes(stored[1:_HEAD], "big") or len(stored) < _HEAD:
        raise Damaged("checksum does not fit")
    if kind == _PLAIN:
        return rest
    if kind != _ZLIB:
        raise Damaged("unknown kind of packing")
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(rest, MAX_UNPACKED)
    except zlib.error as error:
        raise Damaged(str(error)) from None
    if not stream.eof:
        raise Damaged("cut short, or too large when unpacked")
    return data
