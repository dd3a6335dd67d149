"""The extension's text sources: `workbook/calc` of a clone, or the copy that an installed package carries."""

from __future__ import annotations

from pathlib import Path

from invopt_xl.errors import WorkbookError

_HERE = Path(__file__).resolve().parent
# in a wheel the build puts workbook/ beside the Excel add-in's package; in a clone it lies beside the package
_PLACES = (_HERE.parent / "addin" / "workbook" / "calc", _HERE.parents[2] / "workbook" / "calc")
_ENDINGS = (".py", ".xml", ".xcu")


def sources_folder() -> Path:
    """Return the folder that holds the extension's sources.

    Raises
    ------
    WorkbookError
        If neither place has it.
    """
    for place in _PLACES:
        if place.is_dir():
            return place
    raise WorkbookError(
        f"Calc extension: its sources were found neither in {' nor in '.join(map(str, _PLACES))}. "
        "Install InvOpt XL again, or build from a clone that has the folder workbook."
    )


def read_sources(folder: Path | None = None) -> dict[str, str]:
    """Return the sources: path inside the extension -> text, in the order of the paths.

    Examples
    --------
    >>> "META-INF/manifest.xml" in read_sources()
    True
    """
    folder = sources_folder() if folder is None else folder
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in _ENDINGS}
    # by name, not as the folder lists them: that differs between systems, and the extension must not
    return {name: _text(found[name]) for name in sorted(found)}


def _text(path: Path) -> str:
    try:
        # a checkout on Windows may have changed the line ends; the extension must not
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise WorkbookError(
            f"Calc extension source {path.name}, byte {error.start}: not UTF-8. Save the file as UTF-8."
        ) from error
