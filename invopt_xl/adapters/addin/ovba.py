"""VBA's own compression, and the obfuscation of three project properties (MS-OVBA 2.4)."""

from __future__ import annotations

import struct
from collections import defaultdict

from invopt_xl.errors import ComputeError

# MS-OVBA 2.4.1.1: source bytes per chunk, and the most bytes of a compressed one
_CHUNK = 4096
# MS-OVBA 2.4.1.3.19: a copy token never covers less
_SHORTEST_COPY = 3
_COMPRESSED_CHUNK, _RAW_CHUNK = 0xB000, 0x3000


def compress(data: bytes) -> bytes:
    """Return a CompressedContainer that decompresses to exactly `data`.

    Parameters
    ----------
    data : bytes
        Module text in the project's code page, or the `dir` stream.

    Raises
    ------
    ComputeError
        If the last chunk is random noise of 3,641 to 4,095 bytes: the format could only store it with zeros added.

    References
    ----------
    MS-OVBA 2.4.1.3.6, 2.4.1.3.7.

    Examples
    --------
    A flag byte (bit 2 set: the third token is a copy), `a`, `b`, and "nine more from two back" in two bytes:

    >>> compress(b"abababababa").hex(" ")
    '01 04 b0 04 61 62 06 10'
    """
    out = bytearray(b"\x01")
    for start in range(0, len(data), _CHUNK):
        chunk = data[start : start + _CHUNK]
        tokens = _tokens(chunk)
        if len(tokens) <= _CHUNK:
            # the size field counts the two header bytes too, less three
            out += struct.pack("<H", _COMPRESSED_CHUNK | (len(tokens) - 1)) + tokens
        elif len(chunk) == _CHUNK:
            out += struct.pack("<H", _RAW_CHUNK | (_CHUNK - 1)) + chunk
        else:
            raise ComputeError(
                f"VBA compression: the last {len(chunk):,} bytes do not compress, and storing them as they are would "
                "add zeros. A module text never looks like this: check that it is text."
            )
    return bytes(out)


def _tokens(chunk: bytes) -> bytes:
    """Return the token sequences of one chunk: a flag byte, then eight literals or copies, and so on."""
    out = bytearray()
    places: defaultdict[bytes, list[int]] = defaultdict(list)
    at = 0
    while at < len(chunk):
        flags, body = 0, bytearray()
        for bit in range(8):
            if at >= len(chunk):
                break
            # MS-OVBA 2.4.1.3.19.1: the further into the chunk, the more bits an offset needs and the fewer a length has
            offset_bits = max((at - 1).bit_length(), 4)
            longest = min((0xFFFF >> offset_bits) + _SHORTEST_COPY, len(chunk) - at)
            length, offset = _longest_match(chunk, at, longest, places[chunk[at : at + _SHORTEST_COPY]])
            if length:
                flags |= 1 << bit
                body += struct.pack("<H", (offset - 1) << (16 - offset_bits) | (length - _SHORTEST_COPY))
            else:
                body.append(chunk[at])
            for passed in range(at, at + max(length, 1)):
                places[chunk[passed : passed + _SHORTEST_COPY]].append(passed)
            at += max(length, 1)
        out.append(flags)
        out += body
    return bytes(out)


def _longest_match(chunk: bytes, at: int, longest: int, places: list[int]) -> tuple[int, int]:
    """Return (length, offset) of the longest earlier match, the nearest of equals; (0, 0) without one."""
    length = offset = 0
    if longest < _SHORTEST_COPY:
        return 0, 0
    for place in reversed(places):
        found = _SHORTEST_COPY
        while found < longest and chunk[place + found] == chunk[at + found]:
            found += 1
        if found > length:
            length, offset = found, at - place
            if length == longest:
                break
    return length, offset


def obfuscate(data: bytes, *, project_id: str, seed: int = 0x5D) -> str:
    """Return a project property (CMG, DPB or GC) in the form that the PROJECT stream holds.

    Parameters
    ----------
    data : bytes
        The property: four zero bytes = not protected, one zero byte = no password, 0xFF = visible.
    project_id : str
        The project's id as written in the stream, braces included.
    seed : int in [0, 255]
        Any value will do; a constant keeps builds equal.

    References
    ----------
    MS-OVBA 2.4.3.2 (Data Encryption).

    Examples
    --------
    >>> obfuscate(b"\\xff", project_id="{00000000-0000-0000-0000-000000000000}")
    '5D5FF10CFF12001200ED'
    """
    key = sum(project_id.encode("ascii")) & 0xFF
    out = [seed, seed ^ 2, seed ^ key]  # 2: the version of the scheme
    last_plain, last, before_last = key, out[2], out[1]
    # the count of filler bytes follows from the seed; their value is free
    for byte in b"\x07" * ((seed & 6) // 2) + struct.pack("<I", len(data)) + data:
        cipher = byte ^ ((before_last + last_plain) & 0xFF)
        out.append(cipher)
        before_last, last, last_plain = last, cipher, byte
    return "".join(f"{byte:02X}" for byte in out)
