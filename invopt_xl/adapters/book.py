"""The Book protocol: what reading asks of a source of sheets; and `MemoryBook`, a source without any file, which ships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from invopt_xl.core.intake.grid import HEAD_ROWS, Area, Grid


class Book(Protocol):
    """A workbook, a folder or anything else that has sheets of cells."""

    @property
    def name(self) -> str:
        """Name for messages."""

    @property
    def fingerprint(self) -> str:
        """Digest of the content as read, or ""."""

    def grids(self) -> Sequence[Grid]:
        """Return the sheets in order, without our own output sheets."""


class MemoryBook:
    """Sheets given as rows of raw cells, or as frames.

    >>> book = MemoryBook({"Sales": [["date", "sku", "qty"], ["2024-01-05", "A", 3]]})
    >>> [grid.sheet for grid in book.grids()]
    ['Sales']
    """

    fingerprint = ""

    def __init__(
        self,
        sheets: Mapping[str, Sequence[Sequence[object]] | pd.DataFrame],
        *,
        name: str = "memory",
        areas: Mapping[str, tuple[Area, ...]] | None = None,
    ) -> None:
        self.name = name
        self._sheets = dict(sheets)
        self._areas = dict(areas or {})

    def grids(self) -> list[Grid]:
        """Return one grid per sheet."""
        return [
            grid_of_frame(name, cells)
            if isinstance(cells, pd.DataFrame)
            else grid_of_rows(name, cells, areas=self._areas.get(name, ()))
            for name, cells in self._sheets.items()
        ]


def grid_of_frame(name: str, frame: pd.DataFrame, *, kind: str = "frame") -> Grid:
    """Return a frame as a grid: its column names are the header in row 1, its first row is row 2."""
    plain = frame if isinstance(frame.index, pd.RangeIndex) else _with_index(frame)
    columns = tuple(_raw(plain.iloc[:, position]) for position in range(plain.shape[1]))
    above = tuple(
        str(column) if not isinstance(column, tuple) else " ".join(str(part) for part in column)
        for column in plain.columns
    )
    return Grid(name, (above,), columns, body=1, kind="file" if kind == "file" else "frame")


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """A named index holds data (dates, skus); an unnamed one is row labels."""
    named = any(name is not None for name in frame.index.names)
    return frame.reset_index() if named else frame.reset_index(drop=True)


def _raw(column: pd.Series) -> pd.Series:
    values = column.reset_index(drop=True)
    if isinstance(values.dtype, (pd.CategoricalDtype, pd.PeriodDtype)):
        values = (
            values.dt.start_time
            if isinstance(values.dtype, pd.PeriodDtype)
            else values.astype(values.cat.categories.dtype)
        )
    if isinstance(values.dtype, pd.ArrowDtype):
        values = values.convert_dtypes(dtype_backend="numpy_nullable")
    if (
        pd.api.types.is_extension_array_dtype(values.dtype)
        and pd.api.types.is_numeric_dtype(values.dtype)
        and not pd.api.types.is_bool_dtype(values.dtype)
    ):
        return values.astype("float64")
    if (
        pd.api.types.is_numeric_dtype(values.dtype)
        and not pd.api.types.is_bool_dtype(values.dtype)
        and not pd.api.types.is_complex_dtype(values.dtype)
    ):
        return values.astype("float64")
    return values


def grid_of_rows(
    name: str,
    rows: Sequence[Sequence[object]],
    *,
    top: int = 1,
    left: int = 1,
    areas: tuple[Area, ...] = (),
    kind: str = "sheet",
    **about: object,
) -> Grid:
    """Return rows of raw cells as a grid; short rows are filled with empty cells."""
    width = max(map(len, rows), default=0)
    padded = rows if min(map(len, rows), default=0) == width else [(*row, *[None] * (width - len(row))) for row in rows]
    columns = tuple(pd.Series(list(cells), dtype=object) for cells in zip(*padded, strict=True)) if width else ()
    head = tuple(tuple(row) for row in padded[:HEAD_ROWS])
    return Grid(name, head, columns, 0, top, left, areas, "file" if kind == "file" else "sheet", **about)  # type: ignore[arg-type]
