"""`invopt addin build | install | uninstall --host calc`: the Calc extension as one file, and into LibreOffice with it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from invopt_xl import __version__
from invopt_xl.adapters.built_file import BuiltFile
from invopt_xl.adapters.calc_addin.description import configuration_text, interface_text, list_text
from invopt_xl.adapters.calc_addin.office import IDENTIFIER, Office, find_office
from invopt_xl.adapters.calc_addin.oxt import oxt
from invopt_xl.adapters.calc_addin.sources import read_sources
from invopt_xl.adapters.function_registry import FUNCTIONS

FILE_NAME = "InvOptXL.oxt"
_FILE = BuiltFile(FILE_NAME, "LibreOffice takes an extension")
#: Part of the extension that names the Python interpreter of this machine; only `install` puts it in.
_INTERPRETER = "interpreter.txt"


def build(out: Path | None) -> Path:
    """Write the extension and return where it is.

    Parameters
    ----------
    out : Path or None
        The file to write, or a folder for `InvOptXL.oxt`; None: the current folder.

    Raises
    ------
    WorkbookError
        If the sources are missing or the file cannot be written.
    """
    return _FILE.write(out, lambda: extension_bytes(read_sources()))


def extension_bytes(sources: Mapping[str, str], *, interpreter: str = "") -> bytes:
    """Return the extension: the same bytes for the same sources, on every system and at any time.

    Parameters
    ----------
    sources : mapping of str to str
        See `read_sources`.
    interpreter : str
        Python that answers the functions; "": the extension looks for it (see `workbook/calc/README.md`).
    """
    parts = {
        name: text.replace("@VERSION@", __version__).replace("@IDENTIFIER@", IDENTIFIER)
        for name, text in sources.items()
    }
    parts["XInvFunctions.idl"] = interface_text(FUNCTIONS)
    parts["CalcAddIns.xcu"] = configuration_text(FUNCTIONS)
    parts["functions.json"] = list_text(FUNCTIONS)
    if interpreter:
        parts[_INTERPRETER] = interpreter + "\n"
    return oxt(parts)


def install(*, office: Office | None = None, interpreter: str | None = None) -> str:
    """Build the extension, put it into this user's LibreOffice, and return a sentence that says so.

    Parameters
    ----------
    office : Office, optional
        Looked for unless given.
    interpreter : str, optional
        Python that answers the functions; this one unless given.

    Raises
    ------
    WorkbookError
        If LibreOffice is not found, or refuses the extension.
    """
    office = find_office() if office is None else office
    data = extension_bytes(read_sources(), interpreter=sys.executable if interpreter is None else interpreter)
    with tempfile.TemporaryDirectory() as folder:
        # LibreOffice lists the extension under its file's name
        path = Path(folder) / FILE_NAME
        path.write_bytes(data)
        office.add(path)
    return f"{FILE_NAME} {__version__} is in LibreOffice ({office.unopkg}). Close LibreOffice, open it again and type =INV_STATUS()."


def uninstall(*, office: Office | None = None) -> str:
    """Take the extension out of this user's LibreOffice, and return a sentence that says so.

    Raises
    ------
    WorkbookError
        If LibreOffice is not found, or does not let go of the extension.
    """
    office = find_office() if office is None else office
    if not office.has(IDENTIFIER):
        return f"{FILE_NAME} is not in LibreOffice ({office.unopkg}); there is nothing to remove."
    office.remove(IDENTIFIER)
    return f"{FILE_NAME} is no longer in LibreOffice ({office.unopkg}). Formulas keep their last values."
