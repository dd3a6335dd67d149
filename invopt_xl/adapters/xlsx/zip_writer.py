"""Writing a zip file from members that are already compressed, so that nothing is compressed twice.

Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.5.3 (zip64).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

_LIMIT = 0xFFFFFFFF
_DEFLATED = 8
_UTF8_NAME = 0x800
_DESCRIPTOR = 0x08
_ZIP64_EXTRA = 0x0001
#: 1980-01-01 00:00, the zero of the format: a refresh with equal content gives equal bytes.
_NO_TIME = (0, 0x21)


@dataclass(frozen=True)
class Member:
    """What the directory says of a member; sizes and position in bytes."""

    name: bytes
    method: int = _DEFLATED
    flags: int = 0
    time: int = _NO_TIME[0]
    date: int = _NO_TIME[1]
    crc: int = 0
    compressed: int = 0
    size: int = 0
    extra: bytes = b""
    comment: bytes = b""
    system: int = 0
    made_by: int = 20
    internal: int = 0
    external: int = 0


class ZipWriter:
    """Writes members one after another into `stream`, then the directory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._written: list[tuple[Member, int]] = []

    def copy(self, member: Member, chunks: Iterable[bytes]) -> None:
        """Add a member whose compressed bytes are given."""
        # sizes are known, so the descriptor that a streaming writer put after the data is not needed
        flags = member.flags & ~_DESCRIPTOR
        member = Member(**{**vars(member), "flags": flags, "extra": _without_zip64(member.extra)})
        offset = self._stream.tell()
        big = member.size >= _LIMIT or member.compressed >= _LIMIT
        extra = member.extra + (struct.pack("<HHQQ", _ZIP64_EXTRA, 16, member.size, member.compressed) if big else b"")
        sizes = (_LIMIT, _LIMIT) if big else (member.compressed, member.size)
        self._stream.write(
            struct.pack(
                "<4sHHHHHLLLHH",
                b"PK\3\4",
                45 if big else 20,
                flags,
                member.method,
                member.time,
                member.date,
                member.crc,
                *sizes,
                len(member.name),
                len(extra),
            )
        )
        self._stream.write(member.name + extra)
        for chunk in chunks:
            self._stream.write(chunk)
        self._written.append((member, offset))

    def add(self, name: str, data: bytes, *, level: int) -> None:
        """Compress `data` and add it as a new member."""
        packer = zlib.compressobj(level, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        member = Member(
            name.encode(),
            flags=_UTF8_NAME if not name.isascii() else 0,
            crc=zlib.crc32(data),
            compressed=len(packed),
            size=len(data),
        )
        self.copy(member, (packed,))

    def close(self, comment: bytes = b"") -> None:
        """Write the directory; the stream itself stays open."""
        start = self._stream.tell()
        for member, offset in self._written:
            self._stream.write(_directory_entry(member, offset))
        size, count = self._stream.tell() - start, len(self._written)
        if start >= _LIMIT or size >= _LIMIT or count >= 0xFFFF:
            end = self._stream.tell()
            self._stream.write(struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start))
            self._stream.write(struct.pack("<4sLQL", b"PK\6\7", 0, end, 1))
        short = min(count, 0xFFFF)
        self._stream.write(
            struct.pack(
                "<4sHHHHLLH", b"PK\5\6", 0, 0, short, short, min(size, _LIMIT), min(start, _LIMIT), len(comment)
            )
            + comment
        )


def _directory_entry(member: Member, offset: int) -> bytes:
    wide = [value for value in (member.size, member.compressed, offset) if value >= _LIMIT]
    extra = member.extra + (struct.pack(f"<HH{len(wide)}Q", _ZIP64_EXTRA, 8 * len(wide), *wide) if wide else b"")
    fixed = struct.pack(
        "<4sBBHHHHHLLLHHHHHLL",
        b"PK\1\2",
        max(member.made_by, 45) if wide else member.made_by,
        member.system,
        45 if wide else 20,
        member.flags,
        member.method,
        member.time,
        member.date,
        member.crc,
        min(member.compressed, _LIMIT),
        min(member.size, _LIMIT),
        len(member.name),
        len(extra),
        len(member.comment),
        0,
        member.internal,
        member.external,
        min(offset, _LIMIT),
    )
    return fixed + member.name + extra + member.comment


def _without_zip64(extra: bytes) -> bytes:
    kept, at = b"", 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind != _ZIP64_EXTRA:
            kept += extra[at : at + 4 + length]
        at += 4 + length
    return kept
