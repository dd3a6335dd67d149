"""Slow, obvious counterparts of the add-in's writers: VBA decompression and compression, and a compound file reader.

Written from the text of the formats (MS-OVBA 2.4.1, MS-CFB 2), step by step, without looking at the fast ones.
"""

from __future__ import annotations

import struct


def decompress(container: bytes) -> bytes:
    """Return what a CompressedContainer holds (MS-OVBA 2.4.1.3.1)."""
    assert container[0] == 1, "signature byte"
    out = bytearray()
    at = 1
    while at < len(container):
        (header,) = struct.unpack_from("<H", container, at)
        size = (header & 0x0FFF) + 3
        assert header >> 12 & 0b111 == 0b011, "chunk signature"
        chunk = container[at + 2 : at + size]
        assert len(chunk) == size - 2, "chunk is cut off"
        out += _decompressed_chunk(chunk) if header & 0x8000 else chunk
        at += size
    return bytes(out)


def _decompressed_chunk(chunk: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(chunk):
        flags = chunk[at]
        at += 1
        for bit in range(8):
            if at >= len(chunk):
                break
            if not flags >> bit & 1:
                out.append(chunk[at])
                at += 1
                continue
            (token,) = struct.unpack_from("<H", chunk, at)
            at += 2
            bits = offset_bits(len(out))
            offset = (token >> (16 - bits)) + 1
            length = (token & (0xFFFF >> bits)) + 3
            for _ in range(length):
                out.append(out[-offset])
    return bytes(out)


def offset_bits(position: int) -> int:
    """Return how many bits of a copy token are its offset: enough for any earlier place, at least four."""
    bits = 4
    while 2**bits < position:
        bits += 1
    return bits


def compress(data: bytes) -> bytes:
    """Return a CompressedContainer by trying every earlier place for every copy, the nearest first."""
    out = b"\x01"
    for start in range(0, len(data), 4096):
        chunk = data[start : start + 4096]
        body = _compressed_chunk(chunk)
        out += struct.pack("<H", 0x8000 | 0x3000 | (len(body) + 2 - 3)) + body
    return out


def _compressed_chunk(chunk: bytes) -> bytes:
    tokens: list[tuple[int, bytes]] = []
    at = 0
    while at < len(chunk):
        bits = offset_bits(at)
        longest = (0xFFFF >> bits) + 3
        best_length, best_place = 0, 0
        for place in range(at - 1, -1, -1):
            length = 0
            while length < longest and at + length < len(chunk) and chunk[place + length] == chunk[at + length]:
                length += 1
            if length > best_length:
                best_length, best_place = length, place
        if best_length >= 3:
            token = (at - best_place - 1) << (16 - bits) | (best_length - 3)
            tokens.append((1, struct.pack("<H", token)))
            at += best_length
        else:
            tokens.append((0, chunk[at : at + 1]))
            at += 1
    out = b""
    for first in range(0, len(tokens), 8):
        group = tokens[first : first + 8]
        out += bytes([sum(flag << bit for bit, (flag, _) in enumerate(group))]) + b"".join(text for _, text in group)
    return out


def read_compound(data: bytes) -> dict[str, bytes]:
    """Return the streams of a compound file by path, such as VBA/dir, checking what the format demands on the way."""
    assert data[:8] == bytes.fromhex("d0cf11e0a1b11ae1")
    assert len(data) % 512 == 0
    major, order, sector_shift, mini_shift = struct.unpack_from("<HHHH", data, 26)
    assert (major, order, sector_shift, mini_shift) == (3, 0xFFFE, 9, 6)
    fat_count, directory_start = struct.unpack_from("<II", data, 44)
    cutoff, mini_fat_start, mini_fat_count, difat_start, difat_count = struct.unpack_from("<IIIII", data, 56)
    assert (cutoff, difat_start, difat_count) == (4096, 0xFFFFFFFE, 0)
    fat_sectors = struct.unpack_from("<109I", data, 76)
    assert set(fat_sectors[fat_count:]) <= {0xFFFFFFFF}

    def sector(number: int) -> bytes:
        return data[512 * (number + 1) : 512 * (number + 2)]

    fat = [value for number in fat_sectors[:fat_count] for value in struct.unpack("<128I", sector(number))]
    assert all(fat[number] == 0xFFFFFFFD for number in fat_sectors[:fat_count])
    used: set[int] = set(fat_sectors[:fat_count])

    def chain(start: int) -> bytes:
        out, number = b"", start
        while number != 0xFFFFFFFE:
            assert number not in used, "a sector belongs to two chains"
            used.add(number)
            out += sector(number)
            number = fat[number]
        return out

    directory = chain(directory_start)
    mini_fat_bytes = chain(mini_fat_start)
    assert len(mini_fat_bytes) == 512 * mini_fat_count
    mini_fat = struct.unpack(f"<{len(mini_fat_bytes) // 4}I", mini_fat_bytes)
    root_start, root_size = struct.unpack_from("<IQ", directory, 116)
    mini_stream = chain(root_start)[:root_size]

    def content(start: int, size: int) -> bytes:
        if size >= cutoff:
            return chain(start)[:size]
        out, number = b"", start
        while number != 0xFFFFFFFE:
            out += mini_stream[64 * number : 64 * number + 64]
            number = mini_fat[number]
        assert len(out) == -(-size // 64) * 64
        return out[:size]

    streams: dict[str, bytes] = {}

    def walk(number: int, folder: str) -> tuple[list[tuple[int, str]], int]:
        """Visit a tree in order; return its sort keys and its count of black entries per path."""
        if number == 0xFFFFFFFF:
            return [], 0
        entry = directory[128 * number : 128 * number + 128]
        (name_size,) = struct.unpack_from("<H", entry, 64)
        name = entry[: name_size - 2].decode("utf-16-le")
        kind, colour = entry[66], entry[67]
        left, right, child = struct.unpack_from("<III", entry, 68)
        start, size = struct.unpack_from("<IQ", entry, 116)
        for other in (left, right):
            if other != 0xFFFFFFFF:
                assert colour == 1 or directory[128 * other + 67] == 1, "a red entry below a red one"
        keys_left, black_left = walk(left, folder)
        keys_right, black_right = walk(right, folder)
        assert black_left == black_right, "paths with different counts of black entries"
        if kind == 1:
            keys, _ = walk(child, f"{folder}{name}/")
            assert keys == sorted(set(keys))
        else:
            assert kind == 2
            streams[folder + name] = content(start, size)
        return [*keys_left, (len(name), name.upper()), *keys_right], black_left + colour

    (top,) = struct.unpack_from("<I", directory, 76)
    keys, _ = walk(top, "")
    assert keys == sorted(set(keys))
    assert top == 0xFFFFFFFF or directory[128 * top + 67] == 1, "the top of a tree is black"
    free = {number for number, value in enumerate(fat) if value == 0xFFFFFFFF}
    assert free | used == set(range(len(fat))), "sectors that are neither used nor free"
    assert not free & used
    return streams
