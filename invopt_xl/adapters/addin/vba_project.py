"""Modules as text -> vbaProject.bin, source only: Excel compiles it when it opens the add-in (MS-OVBA 2.2, 2.3)."""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from invopt_xl.adapters.addin.cfb import compound_file
from invopt_xl.adapters.addin.name_lint import module_name_problems
from invopt_xl.adapters.addin.ovba import compress, obfuscate
from invopt_xl.errors import ComputeError

Kind = Literal["standard", "class", "workbook", "sheet"]

# the editor breaks longer lines, and a broken line is other code
_LONGEST_LINE = 1023
# what every Windows in the West has; a character outside it would become another one
_CODE_PAGE, _ENCODING = 1252, "cp1252"
# class ids that VBA gives an Excel workbook, an Excel sheet and a class module
_BASES: dict[Kind, str] = {
    "workbook": "0{00020819-0000-0000-C000-000000000046}",
    "sheet": "0{00020820-0000-0000-C000-000000000046}",
    "class": "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}",
}
# The type libraries an add-in needs besides VBA's and Excel's own, which are implied. Office is where IRibbonUI lives.
# Paths are hints: VBA finds a library by its id.
_REFERENCES = (
    ("stdole", r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\Windows\System32\stdole2.tlb#OLE Automation"),
    (
        "Office",
        r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#C:\Program Files\Common Files\Microsoft Shared"
        r"\OFFICE16\MSO.DLL#Microsoft Office 16.0 Object Library",
    ),
)
# MS-OVBA 2.3.4.1: signature, version "any", no performance cache; a cache made elsewhere would be another compiler's
_NO_CACHE = bytes.fromhex("cc61ffff000100")
# MS-OVBA 2.3.4.2.1.1: 64-bit Windows; 32-bit Office and Macs load it too, since nothing is compiled
_SYSTEM_KIND = 3
_ENGLISH_US = 0x0409
_PROJECT_VERSION = (1, 1)
_PREAMBLE = re.compile(r"VERSION .*?^END\s*?\n", re.DOTALL | re.MULTILINE)
_MODULE_ATTRIBUTE = re.compile(
    r"Attribute VB_(Name|Base|GlobalNameSpace|Creatable|PredeclaredId|Exposed|TemplateDerived|Customizable) = .*\n"
)


@dataclass(frozen=True)
class Module:
    """One module as the project stores it.

    Parameters
    ----------
    name : str
    kind : str
        `standard`, `class`, or the document that belongs to the workbook or to a sheet.
    text : str
        With its attributes, lines ended by CR LF.
    """

    name: str
    kind: Kind
    text: str

    @property
    def code(self) -> str:
        """Return the text without the attributes that the editor hides."""
        return _MODULE_ATTRIBUTE.sub("", self.text.replace("\r\n", "\n"))


def module(name: str, kind: Kind, text: str) -> Module:
    """Return a module from its text as the VBA editor exports it, or from its code alone.

    Raises
    ------
    ComputeError
        If a line is too long for the editor, or a character is not in code page 1252.

    Examples
    --------
    >>> module("Sums", "standard", "Option Explicit\\n").text
    'Attribute VB_Name = "Sums"\\r\\nOption Explicit\\r\\n'
    """
    code = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind != "standard":
        code = _PREAMBLE.sub("", code, count=1) if code.startswith("VERSION ") else code
    while found := _MODULE_ATTRIBUTE.match(code):
        code = code[found.end() :]
    lines = (_attributes(name, kind) + code.rstrip("\n")).split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST_LINE:
            raise ComputeError(
                f"Module {name}, line {number} as stored: {len(line)} characters; VBA takes {_LONGEST_LINE}. Break it with _."
            )
        try:
            line.encode(_ENCODING)
        except UnicodeEncodeError as error:
            raise ComputeError(
                f"Module {name}, line {number} as stored: {line[error.start]!r} is not in code page {_CODE_PAGE}. "
                f"Write it as ChrW$({ord(line[error.start])})."
            ) from error
    return Module(name, kind, "\r\n".join(lines) + "\r\n")


def _attributes(name: str, kind: Kind) -> str:
    if kind == "standard":
        return f'Attribute VB_Name = "{name}"\n'
    is_document = kind != "class"
    values = {
        "Name": f'"{name}"',
        "Base": f'"{_BASES[kind]}"',
        "GlobalNameSpace": "False",
        "Creatable": "False",
        "PredeclaredId": str(is_document),
        "Exposed": str(is_document),
        "TemplateDerived": "False",
        "Customizable": str(is_document),
    }
    return "".join(f"Attribute VB_{key} = {value}\n" for key, value in values.items())


def vba_project(name: str, modules: Sequence[Module]) -> bytes:
    """Return the bytes of vbaProject.bin.

    Parameters
    ----------
    name : str
        Of the project; no module may have it.
    modules : sequence of Module
        With exactly one of kind `workbook`.

    Raises
    ------
    ComputeError
        If a name cannot be used or clashes.

    References
    ----------
    MS-OVBA 2.2 (file structure), 2.3.1 (PROJECT), 2.3.3 (PROJECTwm), 2.3.4 (VBA storage).
    """
    problems = module_name_problems(name, [each.name for each in modules])
    if sum(each.kind == "workbook" for each in modules) != 1:
        problems.append(f"{name}: exactly one module must belong to the workbook.")
    if problems:
        raise ComputeError("VBA project: " + " ".join(problems))
    storage = {
        "_VBA_PROJECT": _NO_CACHE,
        "dir": compress(_directory(name, modules)),
        **{each.name: compress(each.text.encode(_ENCODING)) for each in modules},
    }
    return compound_file(
        {"VBA": storage, "PROJECT": _project(name, modules).encode(_ENCODING), "PROJECTwm": _names(modules)}
    )


def _project(name: str, modules: Sequence[Module]) -> str:
    """Return the PROJECT stream (MS-OVBA 2.3.1): not protected, no password, visible."""
    project_id = f"{{{uuid.uuid5(uuid.NAMESPACE_DNS, name.lower() + '.vba')}}}".upper()
    not_protected, no_password, visible = bytes(4), bytes(1), bytes([0xFF])
    declared = {"standard": "Module={}", "class": "Class={}"}
    lines = [
        f'ID="{project_id}"',
        *(declared.get(each.kind, "Document={}/&H00000000").format(each.name) for each in modules),
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{obfuscate(not_protected, project_id=project_id)}"',
        f'DPB="{obfuscate(no_password, project_id=project_id)}"',
        f'GC="{obfuscate(visible, project_id=project_id)}"',
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{each.name}=0, 0, 0, 0, C" for each in modules),
    ]
    return "\r\n".join(lines) + "\r\n"


def _names(modules: Sequence[Module]) -> bytes:
    """Return the PROJECTwm stream (MS-OVBA 2.3.3): each name in the code page and in UTF-16."""
    pairs = (each.name.encode(_ENCODING) + b"\0" + each.name.encode("utf-16-le") + b"\0\0" for each in modules)
    return b"".join(pairs) + b"\0\0"


def _directory(name: str, modules: Sequence[Module]) -> bytes:
    """Return the dir stream before compression (MS-OVBA 2.3.4.2): project, references, modules."""
    out = [
        _record(0x01, struct.pack("<I", _SYSTEM_KIND)),
        _record(0x02, struct.pack("<I", _ENGLISH_US)),
        _record(0x14, struct.pack("<I", _ENGLISH_US)),
        _record(0x03, struct.pack("<H", _CODE_PAGE)),
        _record(0x04, name.encode(_ENCODING)),
        _twice(0x05, 0x40, ""),  # description
        _record(0x06, b"") + _record(0x3D, b""),  # help file
        _record(0x07, bytes(4)),  # help context
        _record(0x08, bytes(4)),  # flags
        struct.pack("<HIIH", 0x09, 4, *_PROJECT_VERSION),
        _twice(0x0C, 0x3C, ""),  # conditional compilation constants
    ]
    for reference, library in _REFERENCES:
        encoded = library.encode(_ENCODING)
        out.append(_twice(0x16, 0x3E, reference))
        out.append(_record(0x0D, struct.pack("<I", len(encoded)) + encoded + bytes(6)))
    out += [_record(0x0F, struct.pack("<H", len(modules))), _record(0x13, b"\xff\xff")]
    for each in modules:
        out += [
            _twice(0x19, 0x47, each.name),
            _twice(0x1A, 0x32, each.name),  # name of its stream
            _twice(0x1C, 0x48, ""),  # description
            _record(0x31, bytes(4)),  # where the source starts in the stream: at once, without a cache before it
            _record(0x1E, bytes(4)),  # help context
            _record(0x2C, b"\xff\xff"),
            _record(0x21 if each.kind == "standard" else 0x22, b""),
            _record(0x2B, b""),
        ]
    return b"".join([*out, _record(0x10, b"")])


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HI", number, len(data)) + data


def _twice(number: int, unicode_number: int, text: str) -> bytes:
    return _record(number, text.encode(_ENCODING)) + _record(unicode_number, text.encode("utf-16-le"))
