"""Cells of .xlsb sheets in their full form. Excel writes each cell with its column; other programs leave it out after the first cell
of a run, and readers made for Excel's files do not see such cells.

The records are those of [MS-XLSB] 2.4: BrtRowHdr 0, BrtCellBlank to BrtCellIsst 1 to 7, their short forms 12 to 18.
"""

from __future__ import annotations

from collections.abc import Iterator

_ROW, _FULL, _SHORT, _TO_FULL = 0, range(1, 12), range(12, 19), 11


def full_cells(sheet: bytes) -> bytes:
    """Return the part of a sheet with its short cells written in full; the same bytes when it has none.

    >>> row, first, second = bytes([0, 0]), bytes([3, 8, 2, 0, 0, 0, 9, 9, 9, 9]), bytes([14, 4, 8, 8, 8, 8])
    >>> full_cells(row + first + second)[-10:].hex(" ")
    '03 08 03 00 00 00 08 08 08 08'
    """
    if not any(kind in _SHORT for kind, _, _, _ in _records(sheet)):
        return sheet
    out, column = bytearray(), -1
    for kind, begin, data, end in _records(sheet):
        if kind in _SHORT:
            column += 1
            out.append(kind - _TO_FULL)
            out += _varying(end - data + 4)
            out += column.to_bytes(4, "little") + sheet[data:end]
            continue
        if kind == _ROW:
            column = -1
        elif kind in _FULL:
            column = int.from_bytes(sheet[data : data + 4], "little")
        out += sheet[begin:end]
    return bytes(out)


def _records(part: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield kind, begin, begin of the data, and end of each record; a record that is cut off ends them."""
    at, length = 0, len(part)
    while at < length:
        begin = at
        kind = part[at]
        at += 1
        if kind & 0x80 and at < length:
            kind = (kind & 0x7F) | (part[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while at < length and shift < 28:
            byte = part[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, begin, at, min(at + size, length)
        at += size


def _varying(size: int) -> bytes:
    """Return a size in groups of seven bits, lowest first."""
    out = bytearray()
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out)
