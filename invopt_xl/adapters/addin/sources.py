"""The add-in's text sources: `workbook/` of a clone, or the copy that an installed package carries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from invopt_xl.errors import WorkbookError

_HERE = Path(__file__).resolve().parent
# in a wheel the build puts workbook/ here; in a clone it lies beside the package
_PLACES = (_HERE / "workbook", _HERE.parents[2] / "workbook")


@dataclass(frozen=True)
class Sources:
    """The text that an add-in is built from.

    Parameters
    ----------
    modules : dict of str to str
        File name, such as `InvOptServer.bas` or `ThisWorkbook.cls`, -> text.
    ribbon : dict of str to str
        File name, `customUI.xml` and `customUI14.xml`, -> text.
    """

    modules: dict[str, str]
    ribbon: dict[str, str]


def sources_folder() -> Path:
    """Return the folder that holds `vba` and `ribbon`.

    Raises
    ------
    WorkbookError
        If neither place has it.
    """
    for place in _PLACES:
        if (place / "vba").is_dir():
            return place
    raise WorkbookError(
        f"Add-in: its sources were found neither in {_PLACES[0]} nor in {_PLACES[1]}. "
        "Install InvOpt XL again, or build from a clone that has the folder workbook."
    )


def read_sources(folder: Path | None = None) -> Sources:
    """Return the add-in's sources as text, in the order of their names.

    Examples
    --------
    >>> sorted(read_sources().ribbon)
    ['customUI.xml', 'customUI14.xml']
    """
    folder = sources_folder() if folder is None else folder
    return Sources(
        modules={path.name: _text(path) for path in _files(folder / "vba", (".bas", ".cls"))},
        ribbon={path.name: _text(path) for path in _files(folder / "ribbon", (".xml",))},
    )


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    # by name, not as the folder lists them: that differs between systems, and the add-in must not
    return sorted((path for path in folder.iterdir() if path.suffix in suffixes), key=lambda path: path.name)


def _text(path: Path) -> str:
    try:
        # a checkout on Windows may have changed the line ends; the add-in must not
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise WorkbookError(
            f"Add-in source {path.name}, byte {error.start}: not UTF-8. Save the file as UTF-8."
        ) from error
