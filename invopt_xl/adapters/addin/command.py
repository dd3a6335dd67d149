"""`invopt addin build`: the add-in as one file, from the text in `workbook/` and the list of worksheet functions."""

from __future__ import annotations

from pathlib import Path

from invopt_xl import __version__
from invopt_xl.adapters.addin.sources import Sources, read_sources
from invopt_xl.adapters.addin.vba_project import Kind, Module, module, vba_project
from invopt_xl.adapters.addin.wrappers import FUNCTIONS_MODULE, LISTS_MODULE, functions_module, lists_module
from invopt_xl.adapters.addin.xlam import xlam
from invopt_xl.adapters.built_file import BuiltFile
from invopt_xl.adapters.function_registry import ERROR_NUMBERS, FUNCTIONS

FILE_NAME = "InvOptXL.xlam"
_FILE = BuiltFile(FILE_NAME, "Excel loads an add-in of this kind")
PROJECT_NAME = "InvOptXL"
_WORKBOOK_MODULE, _SHEET_MODULE = "ThisWorkbook", "InvOptSheet"
_DOCUMENTS: dict[str, Kind] = {_WORKBOOK_MODULE: "workbook", _SHEET_MODULE: "sheet"}


def build(out: Path | None) -> Path:
    """Write the add-in and return where it is.

    Parameters
    ----------
    out : Path or None
        The file to write, or a folder for `InvOptXL.xlam`; None: the current folder.

    Raises
    ------
    WorkbookError
        If the sources are missing or the file cannot be written.
    """
    return _FILE.write(out, lambda: addin_bytes(read_sources()))


def addin_bytes(sources: Sources) -> bytes:
    """Return the add-in: the same bytes for the same sources, on every system and at any time."""
    return xlam(
        vba_project(PROJECT_NAME, modules(sources)),
        ribbon=sources.ribbon,
        title="InvOpt XL",
        version=__version__,
        workbook=_WORKBOOK_MODULE,
        sheet=_SHEET_MODULE,
    )


def modules(sources: Sources) -> list[Module]:
    """Return all modules of the add-in: those kept as text, and the two made from the list of worksheet functions."""
    kept = [_module(name, text) for name, text in sorted(sources.modules.items())]
    made = [
        module(FUNCTIONS_MODULE, "standard", functions_module(FUNCTIONS)),
        module(LISTS_MODULE, "standard", lists_module(FUNCTIONS, error_numbers=ERROR_NUMBERS)),
    ]
    # documents first, as Excel itself orders them
    return sorted(
        [*kept, *made], key=lambda each: (each.kind not in ("workbook", "sheet"), each.kind == "sheet", each.name)
    )


def _module(file_name: str, text: str) -> Module:
    name, _, ending = file_name.rpartition(".")
    kind = "standard" if ending == "bas" else _DOCUMENTS.get(name, "class")
    return module(name, kind, text)
