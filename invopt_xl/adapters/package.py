"""An .xlsx package edited without loss: replaced and new parts are written, every other part is copied as it is, compressed bytes and all.

A planner's workbook holds things that no library knows (macros, pivots, slicers, shapes, extensions). So nothing is re-saved: parts that
we do not touch never even get unpacked.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from lxml import etree

from invopt_xl.adapters.xlsx.xml_text import CONTENT_TYPES, RELATIONSHIPS, Element, new_element, parse, serialize
from invopt_xl.adapters.xlsx.zip_writer import Member, ZipWriter
from invopt_xl.errors import WorkbookError

#: Compression level of what we write: half the time of level 6 for a sixth more bytes, measured on a sheet of 10,000 x 30.
LEVEL = 3
_CHUNK = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: A part that we must read may unpack to this much [bytes]; a 1,048,576-row sheet of ours stays below.
_PART_LIMIT = 2 << 30
#: Packed XML rarely shrinks more than 100-fold; a bomb reaches 1000-fold.
_RATIO_LIMIT, _RATIO_FROM = 400, 50 << 20
_RELATIONSHIP = f"{{{RELATIONSHIPS}}}Relationship"
_OVERRIDE, _DEFAULT = f"{{{CONTENT_TYPES}}}Override", f"{{{CONTENT_TYPES}}}Default"
_REPAIR = "Open it in Excel, let it repair the file, and save it as .xlsx."


class Package:
    """The parts of a package by name (no leading slash, any case). Changes are kept in memory until `save`.

    Use it as a context manager: it keeps the source file open, from which unchanged parts are copied.
    """

    def __init__(self, stream: BinaryIO | None, name: str = "new workbook") -> None:
        self.name = name
        self._stream = stream
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._changed: dict[str, bytes] = {}
        self._names: dict[str, str] = {}
        self._dropped: set[str] = set()
        self._zip = None if stream is None else self._open(stream)

    @classmethod
    def open(cls, path: Path) -> Package:
        """Return the package of a file.

        Raises
        ------
        WorkbookError
            Not an .xlsx package, encrypted, damaged, or unsafe.
        """
        stream = path.open("rb")
        try:
            return cls(stream, path.name)
        except BaseException:
            stream.close()
            raise

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def _open(self, stream: BinaryIO) -> zipfile.ZipFile:
        if stream.read(8) == _OLE:
            raise WorkbookError(
                f"{self.name} is encrypted with a password or is an old .xls file. Save it in Excel as .xlsx without a password to open, or give --out copy.xlsx."
            )
        try:
            archive = zipfile.ZipFile(stream)
            for info in archive.infolist():
                self._take(info)
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, EOFError, OSError) as error:
            raise WorkbookError(f"{self.name} is not a workbook or is cut off ({error}). {_REPAIR}") from error
        stream.seek(0, 2)
        if sum(info.compress_size for info in archive.infolist()) > stream.tell():
            raise WorkbookError(f"{self.name} is not safe to open: its parts overlap. Ask where it came from.")
        if not self.has("[Content_Types].xml"):
            raise WorkbookError(f"{self.name} is a zip file but not a workbook. {_REPAIR}")
        return archive

    def _take(self, info: zipfile.ZipInfo) -> None:
        key = _key(info.orig_filename)
        if key in self._members:
            raise WorkbookError(f"{self.name} is damaged: it holds the part {info.orig_filename} twice. {_REPAIR}")
        if info.flag_bits & 0x1:
            raise WorkbookError(f"{self.name} is encrypted. Save it without a password, or give --out copy.xlsx.")
        self._members[key] = info
        self._names[key] = key_name(info.orig_filename)

    # parts ------------------------------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of all parts, as spelled."""
        return [name for key, name in self._names.items() if key not in self._dropped]

    def has(self, part: str) -> bool:
        return _key(part) in self._names and _key(part) not in self._dropped

    def spelled(self, part: str) -> str:
        """Return the name of a part as the package spells it."""
        return self._names.get(_key(part), part)

    def get(self, part: str) -> bytes:
        """Return the bytes of a part; WorkbookError when it is missing, damaged or unreasonably large."""
        key = _key(part)
        if key in self._changed:
            return self._changed[key]
        if key not in self._members or key in self._dropped or self._zip is None:
            raise WorkbookError(f"{self.name} is damaged: its part {part} is missing. {_REPAIR}")
        info = self._members[key]
        if info.file_size > _PART_LIMIT or (
            info.file_size > _RATIO_FROM and info.file_size > _RATIO_LIMIT * info.compress_size
        ):
            raise WorkbookError(
                f"{self.name} is not safe to open: its part {part} unpacks to {info.file_size:,} bytes. Ask where it came from."
            )
        try:
            return self._zip.read(info)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OSError,
            ValueError,
            zlib.error,
        ) as error:
            raise WorkbookError(
                f"{self.name} is damaged: its part {part} cannot be unpacked ({error}). {_REPAIR}"
            ) from error

    def xml(self, part: str) -> Element:
        return parse(self.get(part), f"{self.name}, part {part}")

    def put(self, part: str, data: bytes) -> None:
        """Replace a part, or add it at the end."""
        key = _key(part)
        self._names.setdefault(key, part)
        self._changed[key] = data
        self._dropped.discard(key)

    def drop(self, part: str) -> None:
        self._dropped.add(_key(part))
        self._changed.pop(_key(part), None)

    def free_name(self, pattern: str) -> str:
        """Return the first unused part name, such as "xl/tables/table%d.xml" with a number."""
        number = 1
        while _key(pattern % number) in self._names:
            number += 1
        return pattern % number

    # relationships and content types ------------------------------------------------------------------------------------------------

    def relations(self, part: str) -> Relations:
        """Return the relationships of a part ("" is the package itself); an empty list when it has none."""
        name = self.spelled(posixpath.join(posixpath.dirname(part), "_rels", posixpath.basename(part) + ".rels"))
        root = (
            self.xml(name)
            if self.has(name)
            else new_element(f"{{{RELATIONSHIPS}}}Relationships", {None: RELATIONSHIPS})
        )
        return Relations(part, name, root)

    def put_relations(self, relations: Relations) -> None:
        self.put(relations.name, serialize(relations.root))

    def set_content_type(self, part: str, content_type: str | None) -> None:
        """Declare the type of a part, or forget it (None)."""
        root = self.xml("[Content_Types].xml")
        for each in list(root.iterfind(_OVERRIDE)):
            if _key(each.get("PartName", "")) == _key(part):
                if each.get("ContentType") == content_type:
                    return
                root.remove(each)
        if content_type is not None:
            etree.SubElement(root, _OVERRIDE, PartName="/" + part, ContentType=content_type)
        self.put("[Content_Types].xml", serialize(root))

    def set_default_type(self, extension: str, content_type: str) -> None:
        """Declare the type of all parts with a file name extension, unless one is declared."""
        root = self.xml("[Content_Types].xml")
        if any(each.get("Extension", "").lower() == extension for each in root.iterfind(_DEFAULT)):
            return
        root.insert(0, etree.Element(_DEFAULT, Extension=extension, ContentType=content_type))
        self.put("[Content_Types].xml", serialize(root))

    def content_type(self, part: str) -> str:
        """Return the declared type of a part, or ""."""
        root = self.xml("[Content_Types].xml")
        for each in root.iterfind(_OVERRIDE):
            if _key(each.get("PartName", "")) == _key(part):
                return str(each.get("ContentType", ""))
        suffix = posixpath.splitext(part)[1].lstrip(".").lower()
        return next(
            (
                str(each.get("ContentType", ""))
                for each in root.iterfind(_DEFAULT)
                if each.get("Extension", "").lower() == suffix
            ),
            "",
        )

    # saving -------------------------------------------------------------------------------------------------------------------------

    def save(self, out: BinaryIO) -> None:
        """Write the package: unchanged members first in their old order and bytes, replaced ones in their place, new ones at the end."""
        writer = ZipWriter(out)
        rest = dict(self._changed)
        for key, info in self._members.items():
            if key in self._dropped:
                continue
            if key in rest:
                writer.add(info.orig_filename, rest.pop(key), level=LEVEL)
            else:
                writer.copy(_member(info), self._packed(info))
        for key, data in rest.items():
            writer.add(self._names[key], data, level=LEVEL)
        writer.close(self._zip.comment if self._zip else b"")

    def _packed(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Give the compressed bytes of a member in pieces."""
        stream = self._stream
        assert stream is not None  # a member comes from a stream
        stream.seek(info.header_offset)
        header = stream.read(30)
        if len(header) < 30 or header[:4] != b"PK\3\4":
            raise WorkbookError(f"{self.name} is damaged at part {info.orig_filename}. {_REPAIR}")
        name_length, extra_length = struct.unpack_from("<HH", header, 26)
        stream.seek(info.header_offset + 30 + name_length + extra_length)
        left = info.compress_size
        while left:
            chunk = stream.read(min(left, _CHUNK))
            if not chunk:
                raise WorkbookError(f"{self.name} is cut off at part {info.orig_filename}. {_REPAIR}")
            left -= len(chunk)
            yield chunk


class Relations:
    """The relationships of one part."""

    def __init__(self, part: str, name: str, root: Element) -> None:
        self.part, self.name, self.root = part, name, root

    def __iter__(self) -> Iterator[Element]:
        return self.root.iterfind(_RELATIONSHIP)

    def target(self, relation: Element) -> str:
        """Return the part that a relationship points to, as a package name; "" for a target outside."""
        if relation.get("TargetMode", "").lower() == "external":
            return ""
        target = relation.get("Target", "").replace("\\", "/")
        if target.startswith("/"):
            return target.lstrip("/")
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.part), target))

    def of_kind(self, kind: str) -> list[Element]:
        """Return the relationships whose type ends in `kind`, such as "worksheet"."""
        return [each for each in self if each.get("Type", "").rsplit("/", 1)[-1] == kind]

    def by_id(self, relation_id: str | None) -> Element | None:
        return next((each for each in self if each.get("Id") == relation_id), None)

    def add(self, kind: str, target: str) -> str:
        """Add a relationship of the full type `kind` to a part and return its new id."""
        taken = {each.get("Id") for each in self}
        number = 1
        while f"rIdInvOpt{number}" in taken:
            number += 1
        etree.SubElement(self.root, _RELATIONSHIP, Id=f"rIdInvOpt{number}", Type=kind, Target="/" + target)
        return f"rIdInvOpt{number}"

    def remove(self, relation: Element) -> None:
        self.root.remove(relation)


def key_name(name: str) -> str:
    """Return a part name with forward slashes and without the leading one."""
    return name.replace("\\", "/").lstrip("/")


def _key(name: str) -> str:
    return key_name(name).lower()


def _member(info: zipfile.ZipInfo) -> Member:
    year, month, day, hour, minute, second = info.date_time
    return Member(
        info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437"),
        method=info.compress_type,
        flags=info.flag_bits,
        time=hour << 11 | minute << 5 | second // 2,
        date=(year - 1980) << 9 | month << 5 | day,
        crc=info.CRC,
        compressed=info.compress_size,
        size=info.file_size,
        extra=info.extra,
        comment=info.comment,
        system=info.create_system,
        made_by=info.create_version,
        internal=info.internal_attr,
        external=info.external_attr,
    )
