"""Sheet specs -> a workbook: into the planner's own without loss, or a new one through the very same code."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from invopt_xl.adapters.atomic import Fingerprint, back_up, check_unchanged, fingerprint, locked, replace_file
from invopt_xl.adapters.kept import with_entries
from invopt_xl.adapters.package import Package
from invopt_xl.adapters.xlsx.calc_names import give_excel_names
from invopt_xl.adapters.xlsx.look import Look
from invopt_xl.adapters.xlsx.new_workbook import new_package
from invopt_xl.adapters.xlsx.old_sheet import OldSheet, OldTable, SharedStrings
from invopt_xl.adapters.xlsx.own_sheet import Canvas, SheetDrawer, TableRegistry, mark_name
from invopt_xl.adapters.xlsx.styles_xml import Styles
from invopt_xl.adapters.xlsx.workbook_part import Workbook
from invopt_xl.core.contracts import PLANNER_COLUMNS, RECOMMENDATION_KEY
from invopt_xl.core.findings import Finding
from invopt_xl.core.sheets import SheetSpec
from invopt_xl.errors import WorkbookError
from invopt_xl.settings import Settings

__all__ = ["Fingerprint", "WriteResult", "fingerprint", "read_kept", "read_own_table", "write_sheets"]

#: Kinds of files whose sheets can be edited in place.
EDITABLE = (".xlsx", ".xlsm", ".xltx", ".xltm")
_BINARY = (".xls", ".xlsb", ".ods", ".csv")


@dataclass(frozen=True)
class WriteResult:
    """What was written.

    Parameters
    ----------
    path : Path
        The workbook.
    backup : Path or None
        Dated copy of the workbook as it was before.
    sheets : tuple of str
        Names that our sheets have in the workbook, in the order of the specs that were drawn.
    findings : tuple of Finding
        What a planner should know of the writing.
    """

    path: Path
    backup: Path | None
    sheets: tuple[str, ...]
    findings: tuple[Finding, ...]


def write_sheets(
    specs: Sequence[SheetSpec],
    path: str | os.PathLike[str] | None,
    *,
    out: str | os.PathLike[str] | None = None,
    settings: Settings | None = None,
    unchanged_since: Fingerprint | str | None = None,
    owned: bool = True,
    now: datetime | None = None,
) -> WriteResult:
    """Add our sheets to a workbook, or refresh them; everything else in it stays byte for byte (but for INV_ formulas that LibreOffice wrote
    under names of its own: `xlsx.calc_names`).

    Parameters
    ----------
    specs : sequence of SheetSpec
        Those that are `only_refreshed` are left out where the workbook does not have them.
    path : path or None
        The planner's workbook. When it does not exist, or is None, a new workbook is made.
    out : path, optional
        Write to this copy and leave `path` as it is.
    settings : Settings, optional
        `backup` says whether a dated copy of what is replaced is kept.
    unchanged_since : Fingerprint or str, optional
        Of the workbook when it was read (or its SHA-256 digest); refuse when it has changed since.
    owned : bool
        Mark the sheets as ours, so that the next plan refreshes them. False for sheets that the planner is to fill in.
    now : datetime, optional
        Time in the name of the backup; default: the clock.

    Returns
    -------
    WriteResult

    Raises
    ------
    WorkbookBusyError
        Open elsewhere, locked, read-only, or changed since it was read. Nothing was written.
    WorkbookError
        Cannot be edited without harm; the message says what to do. Nothing was written.
    """
    source = None if path is None else Path(os.path.realpath(path))
    target = Path(os.path.realpath(out)) if out is not None else source
    if target is None:
        raise WorkbookError("No file to write to. Give a path, or --out copy.xlsx.")
    if source is not None and not source.exists():
        source = None
    findings: list[Finding] = []
    if source is not None and source != target and source.suffix.lower() in _BINARY:
        findings.append(
            Finding(
                "info",
                "",
                source.name,
                "This kind of file cannot be edited without loss.",
                f"The plan is in {target.name}; your file is unchanged.",
            )
        )
        source = None
    _check_suffix(source, target)
    backup = settings is not None and settings.backup == "dated"
    job = _Job(specs, source, target, owned, backup, now, unchanged_since, findings)
    return job.run()


@dataclass
class _Job:
    specs: Sequence[SheetSpec]
    source: Path | None
    target: Path
    owned: bool
    backup: bool
    now: datetime | None
    unchanged_since: Fingerprint | str | None
    findings: list[Finding]

    def run(self) -> WriteResult:
        if self.target.exists():
            with locked(self.target):
                return self._write()
        return self._write()

    def _write(self) -> WriteResult:
        if self.source is not None:
            check_unchanged(self.source, self.unchanged_since)
        before = fingerprint(self.target) if self.target.exists() else None
        with new_package() if self.source is None else Package.open(self.source) as package:
            names = self._draw(package)
            self._mend(package)
            copies: list[Path] = []

            def last_check() -> None:
                check_unchanged(self.target, before)
                if self._needs_backup(before):
                    copies.append(back_up(self.target, self.now or datetime.now()))

            replace_file(self.target, package.save, before_replace=last_check)
        return WriteResult(self.target, copies[0] if copies else None, tuple(names), tuple(self.findings))

    def _mend(self, package: Package) -> None:
        """Give INV_ formulas that LibreOffice wrote under names of its own the names that Excel knows, too."""
        if give_excel_names(package):
            self.findings.append(
                Finding(
                    "info",
                    "",
                    self.target.name,
                    "LibreOffice had saved INV_ formulas under names that Excel does not know.",
                    "They have their names again; nothing to do.",
                )
            )

    def _draw(self, package: Package) -> list[str]:
        workbook = Workbook(package)
        styles = Styles(workbook)
        specs, entries_first = self._specs()
        there = workbook.owned() if self.owned else {}
        specs = [spec for spec in specs if not spec.only_refreshed or mark_name(spec.name) in there]
        canvas = Canvas(
            package,
            workbook,
            styles,
            Look(styles),
            TableRegistry.of(package, workbook),
            SharedStrings(workbook),
            self.findings,
            entries_first,
        )
        empty = not workbook.sheets()
        names = [
            SheetDrawer(canvas, spec, owned=self.owned, active=empty and at == 0).draw()
            for at, spec in enumerate(specs)
        ]
        styles.save()
        workbook.save()
        return names

    def _specs(self) -> tuple[Sequence[SheetSpec], bool]:
        """Return the specs with what the planner entered in the workbook that a copy is about to replace, and whether there was any."""
        if not self.owned or self.source == self.target or not self.target.exists():
            return self.specs, False
        entries = read_kept(self.target)
        filled = [with_entries(spec, entries.get(mark_name(spec.name)), self.findings) for spec in self.specs]
        return filled, any(len(frame) for frame in entries.values())

    def _needs_backup(self, before: Fingerprint | None) -> bool:
        """Return whether to copy what is replaced: when asked to, and always when another workbook with the planner's entries goes."""
        if before is None:
            return False
        return self.backup or (
            self.source != self.target and self.owned and any(len(frame) for frame in read_kept(self.target).values())
        )


def _check_suffix(source: Path | None, target: Path) -> None:
    suffix = target.suffix.lower()
    if suffix in _BINARY or suffix not in EDITABLE:
        raise WorkbookError(
            f"{target.name} cannot be written: only .xlsx and .xlsm can be edited without loss. Save it in Excel as .xlsx, or give --out copy.xlsx."
        )
    if source is None and suffix != ".xlsx":
        raise WorkbookError(f"{target.name}: a new workbook holds no macros. Give a name that ends in .xlsx.")
    if source is not None and source.suffix.lower() != suffix:
        raise WorkbookError(
            f"{target.name}: a copy of {source.name} must end in {source.suffix} too, else Excel refuses to open it."
        )


# reading back -----------------------------------------------------------------------------------------------------------------------


def read_own_table(
    path: str | os.PathLike[str], name: str, *, columns: Collection[str] | None = None
) -> pd.DataFrame | None:
    """Return a table of ours as it stands in a workbook, whatever the planner named or moved its sheet to; None when there is none.

    Parameters
    ----------
    path : path
    name : str
        Name of the sheet's spec, such as "Recommendations".
    columns : collection of str, optional
        Only these columns, as far as they are there; reading few of many is much faster.

    Returns
    -------
    DataFrame or None
        One column per header, the planner's own columns included; values as the cells hold them (text, float, bool, Timestamp, None).

    Raises
    ------
    WorkbookError
        The workbook cannot be read.
    """
    return _own_tables(Path(path), (name,), columns).get(name)


def read_kept(path: str | os.PathLike[str]) -> dict[str, pd.DataFrame]:
    """Return what the planner entered on our sheets: by sheet, the rows of the table in which a planner's column is filled.

    Raises
    ------
    WorkbookError
        The workbook cannot be read.
    """
    result = {}
    for name, frame in _own_tables(Path(path), None, (*RECOMMENDATION_KEY, *PLANNER_COLUMNS)).items():
        columns = [each for each in PLANNER_COLUMNS if each in frame.columns]
        if columns and set(RECOMMENDATION_KEY) <= set(frame.columns):
            result[name] = frame[frame[columns].notna().any(axis=1)].reset_index(drop=True)
    return result


def _own_tables(
    path: Path, names: Sequence[str] | None, columns: Collection[str] | None = None
) -> dict[str, pd.DataFrame]:
    if path.suffix.lower() not in EDITABLE or not path.is_file():
        return {}
    with Package.open(path) as package:
        workbook = Workbook(package, for_writing=False)
        styles, strings = Styles(workbook), SharedStrings(workbook)
        owned = workbook.owned()
        wanted = {mark_name(name): name for name in names} if names is not None else {mark: mark for mark in owned}
        found = {}
        for mark, name in wanted.items():
            if mark in owned:
                sheet = OldSheet(workbook, owned[mark], strings, styles)
                if sheet.tables:
                    found[name] = _frame(sheet, sheet.tables[0], columns)
        return found


def _frame(sheet: OldSheet, table: OldTable, wanted: Collection[str] | None) -> pd.DataFrame:
    places = {
        name: table.first_column + at for at, name in enumerate(table.headers) if wanted is None or name in wanted
    }
    sheet.leave_out(table, [name for name in table.headers if name not in places])
    rows = [sheet.cells[row] for row in sorted(sheet.cells) if table.first_row < row <= table.last_row]
    data = [[sheet.value(cells[at]) if at in cells else None for at in places.values()] for cells in rows]
    frame = pd.DataFrame(data, columns=list(places), dtype=object)
    return frame[frame.notna().any(axis=1)].reset_index(drop=True)
