"""A compound file (MS-CFB version 3) from nested dictionaries: the container of vbaProject.bin.

Written once and never changed in place, which is all that a build needs: no free sectors, no time stamps, no class
ids, so that equal input gives equal bytes.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from invopt_xl.errors import ComputeError

Storage: TypeAlias = Mapping[str, "bytes | Storage"]
_T = TypeVar("_T")

# MS-CFB 2.1: reserved sector numbers
_FREE, _END_OF_CHAIN, _FAT_SECTOR, _NO_ENTRY = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
# MS-CFB 2.2, version 3: sector and mini sector size, and the stream size from which a stream has its own sectors [bytes]
_SECTOR, _MINI_SECTOR, _MINI_CUTOFF = 512, 64, 4096
_ENTRIES_PER_SECTOR = _SECTOR // 128
_NUMBERS_PER_SECTOR = _SECTOR // 4
# MS-CFB 2.2: FAT sectors that the header itself can list; more would need DIFAT sectors
_FAT_SECTORS_IN_HEADER = 109
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1


@dataclass
class _Entry:
    """One directory entry; its place in the file is filled in while the file is laid out."""

    name: str
    kind: int
    data: bytes = b""
    left: int = _NO_ENTRY
    right: int = _NO_ENTRY
    child: int = _NO_ENTRY
    colour: int = _BLACK
    start: int = 0
    size: int = 0

    def packed(self) -> bytes:
        """Return the 128 bytes of the entry (MS-CFB 2.6.1)."""
        name = self.name.encode("utf-16-le")
        return struct.pack(
            "<64sHBBIII16sIQQIQ",
            name,
            len(name) + 2 if name else 0,
            self.kind,
            self.colour if self.kind else 0,
            self.left,
            self.right,
            self.child,
            bytes(16),
            0,
            0,
            0,
            self.start,
            self.size,
        )


def compound_file(root: Storage) -> bytes:
    """Return the bytes of a compound file that holds the given storages and streams.

    Parameters
    ----------
    root : mapping
        Name -> bytes (a stream) or another mapping (a storage). Names have 1 to 31 UTF-16 units, none of / \\ : !

    Raises
    ------
    ComputeError
        If a name cannot be stored, two names differ in case only, or the content exceeds about 6.8 MB.

    References
    ----------
    MS-CFB, Compound File Binary File Format.

    Examples
    --------
    >>> compound_file({"VBA": {"dir": b"..."}, "PROJECT": b"ID"})[:8].hex()
    'd0cf11e0a1b11ae1'
    """
    entries = [_Entry("Root Entry", _ROOT)]
    _add(entries, 0, root)
    mini_stream, mini_fat = _mini_streams(entries)

    file = _Sectors()
    directory_sectors = -(-len(entries) // _ENTRIES_PER_SECTOR)
    file.chain(bytes(directory_sectors * _SECTOR))  # its entries are known only after everything else has its place
    mini_fat_start = file.chain(struct.pack(f"<{len(mini_fat)}I", *mini_fat), b"\xff")
    entries[0].start, entries[0].size = file.chain(mini_stream), len(mini_stream)
    for entry in entries:
        if entry.kind == _STREAM and entry.size >= _MINI_CUTOFF:
            entry.start = file.chain(entry.data)
    fat_numbers = file.allocate()

    entries += [_Entry("", 0)] * (directory_sectors * _ENTRIES_PER_SECTOR - len(entries))
    file.sectors[:directory_sectors] = [
        b"".join(entry.packed() for entry in part) for part in _parts(entries, _ENTRIES_PER_SECTOR)
    ]
    header = _header(fat_numbers, mini_fat_start, mini_fat_sectors=-(-len(mini_fat) // _NUMBERS_PER_SECTOR))
    return header + b"".join(file.sectors)


class _Sectors:
    """The sectors of a file behind its header, and the table (FAT) that says which follows which."""

    def __init__(self) -> None:
        self.sectors: list[bytes] = []
        self._fat: list[int] = []

    def chain(self, data: bytes, fill: bytes = b"\0") -> int:
        """Append data in sectors of their own; return the first."""
        if not data:
            return _END_OF_CHAIN
        first, count = len(self.sectors), -(-len(data) // _SECTOR)
        padded = data.ljust(count * _SECTOR, fill)
        self.sectors.extend(padded[at : at + _SECTOR] for at in range(0, len(padded), _SECTOR))
        self._fat.extend([*range(first + 1, first + count), _END_OF_CHAIN])
        return first

    def allocate(self) -> list[int]:
        """Append the table itself and return the sectors it takes."""
        count = 1
        while len(self.sectors) + count > count * _NUMBERS_PER_SECTOR:
            count += 1
        if count > _FAT_SECTORS_IN_HEADER:
            raise ComputeError(
                f"Compound file: {len(self.sectors) * _SECTOR:,} bytes of content are more than one can hold here "
                f"({_FAT_SECTORS_IN_HEADER * _NUMBERS_PER_SECTOR * _SECTOR:,}). Make the VBA modules smaller."
            )
        numbers = [*range(len(self.sectors), len(self.sectors) + count)]
        table = [*self._fat, *[_FAT_SECTOR] * count]
        table += [_FREE] * (count * _NUMBERS_PER_SECTOR - len(table))
        self.sectors += [struct.pack(f"<{_NUMBERS_PER_SECTOR}I", *part) for part in _parts(table, _NUMBERS_PER_SECTOR)]
        return numbers


def _header(fat_numbers: list[int], mini_fat_start: int, *, mini_fat_sectors: int) -> bytes:
    """Return the 512 bytes before the first sector (MS-CFB 2.2)."""
    fixed = struct.pack(
        "<8s16sHHHHH6s9I",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        bytes(16),
        0x3E,  # minor version
        3,  # major version: 512-byte sectors
        0xFFFE,  # little endian
        9,  # log2 of the sector size
        6,  # log2 of the mini sector size
        bytes(6),
        0,  # directory sectors: not counted in version 3
        len(fat_numbers),
        0,  # the directory starts in the first sector
        0,  # transaction number
        _MINI_CUTOFF,
        mini_fat_start,
        mini_fat_sectors,
        _END_OF_CHAIN,  # no DIFAT sectors
        0,
    )
    listed = [*fat_numbers, *[_FREE] * (_FAT_SECTORS_IN_HEADER - len(fat_numbers))]
    return fixed + struct.pack(f"<{_FAT_SECTORS_IN_HEADER}I", *listed)


def _add(entries: list[_Entry], parent: int, storage: Storage) -> None:
    """Append the entries of a storage, depth first, and hang them under their parent as a tree."""
    ids = []
    for name, content in storage.items():
        if not 0 < len(name.encode("utf-16-le")) <= 62 or set(name) & set("/\\:!"):
            raise ComputeError(
                f"Compound file: {name!r} is no name for a stream (1 to 31 characters, none of / \\ : !)."
            )
        ids.append(len(entries))
        if isinstance(content, bytes):
            entries.append(_Entry(name, _STREAM, content, size=len(content)))
        else:
            entries.append(_Entry(name, _STORAGE))
            _add(entries, ids[-1], content)
    ids.sort(key=lambda at: _sort_key(entries[at].name))
    for one, other in itertools.pairwise(ids):
        if _sort_key(entries[one].name) == _sort_key(entries[other].name):
            raise ComputeError(f"Compound file: the names {entries[one].name!r} and {entries[other].name!r} clash.")
    entries[parent].child = _tree(entries, ids)


def _sort_key(name: str) -> tuple[int, str]:
    # MS-CFB 2.6.4: shorter names first, then upper case by UTF-16 unit
    return len(name.encode("utf-16-le")), name.upper()


def _tree(entries: list[_Entry], ids: list[int]) -> int:
    """Link sorted entries as a balanced red-black tree and return its root (MS-CFB 2.6.4).

    Halving keeps every leaf on the last two levels. Painting the last level red when it is not full gives every path
    the same number of black entries, and no red one a red child.
    """
    last_level = len(ids).bit_length() - 1
    last_is_full = len(ids) == (1 << (last_level + 1)) - 1

    def link(low: int, high: int, level: int) -> int:
        if low >= high:
            return _NO_ENTRY
        middle = (low + high) // 2
        entry = entries[ids[middle]]
        entry.colour = _RED if level == last_level and level > 0 and not last_is_full else _BLACK
        entry.left, entry.right = link(low, middle, level + 1), link(middle + 1, high, level + 1)
        return ids[middle]

    return link(0, len(ids), 0)


def _mini_streams(entries: list[_Entry]) -> tuple[bytes, list[int]]:
    """Place the streams below the cut-off; return the mini stream and its allocation table."""
    stream, table = bytearray(), list[int]()
    for entry in entries:
        if entry.kind != _STREAM or entry.size >= _MINI_CUTOFF:
            continue
        if entry.size == 0:
            entry.start = _END_OF_CHAIN
            continue
        count = -(-entry.size // _MINI_SECTOR)
        entry.start = len(table)
        table += [*range(len(table) + 1, len(table) + count), _END_OF_CHAIN]
        stream += entry.data.ljust(count * _MINI_SECTOR, b"\0")
    return bytes(stream), table


def _parts(values: Sequence[_T], size: int) -> Iterable[Sequence[_T]]:
    return (values[at : at + size] for at in range(0, len(values), size))
