"""What a SOURCE word of the command line means: a workbook, a folder of table files, or a folder of workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from invopt_xl.errors import InputError

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls")
TABLE_FILES = (".csv", ".tsv", ".txt", ".parquet")


@dataclass(frozen=True)
class Source:
    """One thing to plan."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name or str(self.path)

    @property
    def is_folder(self) -> bool:
        return self.path.is_dir()

    @property
    def is_writable_workbook(self) -> bool:
        """Whether a plan can be written into it: not the old and the binary formats, not table files."""
        return self.path.suffix.lower() in (".xlsx", ".xlsm")


def find_sources(paths: Sequence[Path]) -> list[Source]:
    """Return the sources behind the given paths; a folder of workbooks stands for each of them.

    Raises
    ------
    InputError
        A path does not exist, or a folder holds nothing to read.
    """
    found: list[Source] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder. Check the spelling.")
        found += _in_folder(path) if path.is_dir() else [Source(path)]
    return found


def _in_folder(folder: Path) -> list[Source]:
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith(("~$", "."))]
    workbooks = [file for file in files if file.suffix.lower() in WORKBOOKS and not _ours(file.name)]
    tables = [file for file in files if file.suffix.lower() in TABLE_FILES]
    if workbooks and tables:
        raise InputError(
            f"{folder} holds both workbooks and table files ({workbooks[0].name}, {tables[0].name} ...). Name the one to plan, or move the others."
        )
    if workbooks:
        return [Source(file) for file in workbooks]
    if tables:
        return [Source(folder)]
    raise InputError(f"{folder} holds no workbook and no CSV or Parquet file. Name a folder that does.")


def _ours(name: str) -> bool:
    """Return whether a workbook of that name is a backup or a backtest that we wrote."""
    return ".bak." in name or name.lower().endswith(".backtest.xlsx")
