"""A plan as cells, ready to be looked up: what the worksheet functions answer from. Columns are turned into cells once, on first use."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from invopt_xl.adapters.cell_results import NOT_AVAILABLE, Result, column_cells
from invopt_xl.adapters.cell_values import wrong_type
from invopt_xl.core.contracts import FORECAST_LEVELS, RECOMMENDATIONS
from invopt_xl.core.plan import Plan

#: Columns that hold numbers or dates: where one is asked for and there is none, the answer is #N/A, never a text.
_NUMERIC = frozenset(
    each.name for each in RECOMMENDATIONS if each.role not in ("key", "text", "sentence", "severity", "input")
) | {"planner_quantity"}

FIELDS = tuple(each.name for each in RECOMMENDATIONS)

UNKNOWN, SEVERAL = -1, -2


class PlanCells:
    """The tables of a plan as cells.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        rows = plan.recommendations
        self._frames = {"recommendations": rows, "exceptions": plan.exceptions}
        self._columns: dict[tuple[str, str], list[object]] = {}
        self._answers: dict[str, list[object]] = {}
        self._tables: dict[str, Result] = {}
        self._row: dict[tuple[str, str], int] = {}
        self._rows_of: dict[str, list[int]] = {}
        pairs = zip(rows["sku"].astype(str).tolist(), rows["location"].astype(str).tolist(), strict=True)
        for place, (sku, location) in enumerate(pairs):
            self._row[sku, location] = place
            self._rows_of.setdefault(sku, []).append(place)
        self.locations = frozenset(location for _, location in self._row)
        self._aliases: dict[str, str] | None = None

    def row(self, sku: str, location: str = "") -> int:
        """Return the row of an item at a place; without a place, the row of its only one. `UNKNOWN` or `SEVERAL` otherwise.

        An item that is not found as written is found by its number without leading zeros, or without regard to case, if only one fits.
        """
        if not location:
            rows = self.rows_of(sku)
            return rows[0] if len(rows) == 1 else SEVERAL if rows else UNKNOWN
        found = self._row.get((sku, location))
        if found is None:
            found = self._row.get((self._alias(sku), self._place(location)), UNKNOWN)
        return found

    def rows_of(self, sku: str) -> Sequence[int]:
        """Return the rows of an item at all places."""
        rows = self._rows_of.get(sku)
        return rows if rows is not None else self._rows_of.get(self._alias(sku), [])

    def place_name(self, location: str) -> str:
        """Return a place as the plan writes it, or "" for an unknown one."""
        return location if location in self.locations else self._place(location)

    def _place(self, location: str) -> str:
        near = [each for each in self.locations if each.casefold() == location.casefold()]
        return near[0] if len(near) == 1 else ""

    def _alias(self, sku: str) -> str:
        """Return the sku that is meant by another way to write it, or ""."""
        if self._aliases is None:
            aliases: dict[str, str] = {}
            for known in self._rows_of:
                for way in {_plain(known), known.casefold()}:
                    aliases[way] = known if aliases.get(way, known) == known else ""
            self._aliases = aliases
        return self._aliases.get(sku.casefold()) or self._aliases.get(_plain(sku), "")

    def answers(self, field: str) -> list[object]:
        """Return a column of the recommendations for looking up: a number that is not there is #N/A."""
        found = self._answers.get(field)
        if found is None:
            found = self._column("recommendations", field)
            if field in _NUMERIC:
                found = [NOT_AVAILABLE if cell == "" else cell for cell in found]
            self._answers[field] = found
        return found

    def _column(self, table: str, field: str) -> list[object]:
        cells = self._columns.get((table, field))
        if cells is None:
            cells = column_cells(self._frames[table][field])
            self._columns[table, field] = cells
        return cells

    def table(self, name: str, *, locations: Collection[str] = (), fields: Sequence[str] = ()) -> Result:
        """Return a table with headers: all of it, or some places and fields only; a number that is not there is an empty cell."""
        if not locations and not fields:
            if name not in self._tables:
                self._tables[name] = self._built(name, tuple(self._frames[name].columns))
            return self._tables[name]
        chosen = self._built(name, tuple(fields) or tuple(self._frames[name].columns))
        if not locations:
            return chosen
        keep = ["location", *self._column(name, "location")]
        return tuple(
            row for row, location in zip(chosen, keep, strict=True) if location in locations or row is chosen[0]
        )

    def _built(self, name: str, fields: Sequence[str]) -> Result:
        columns = [self._column(name, field) for field in fields]
        return (tuple(fields), *zip(*columns, strict=True))

    def forecast(self, *, quantile: float | None = None) -> np.ndarray:
        """Return the forecast of all rows, shape (n, H): expected demand, or a quantile of each period [units].

        Between the levels that the plan has, quantiles are straight in the normal score.
        """
        frame = self.plan.forecast
        n = len(self.plan.recommendations)
        periods = len(frame) // n if n else 0
        if quantile is None:
            mean: np.ndarray = frame["mean"].to_numpy(dtype=float).reshape(n, periods)
            return mean
        from scipy import special

        levels = np.array(list(FORECAST_LEVELS.values()))
        at = float(np.interp(special.ndtri(quantile), special.ndtri(levels), np.arange(len(levels))))
        names = list(FORECAST_LEVELS)
        low = min(int(at), len(names) - 2)
        below, above = (frame[names[place]].to_numpy(dtype=float) for place in (low, low + 1))
        found: np.ndarray = (below + (at - low) * (above - below)).reshape(n, periods)
        return found


def _plain(sku: str) -> str:
    """Return a number without its leading zeros, as a cell that holds a number shows it."""
    return sku.lstrip("0") or "0" if sku.isascii() and sku.isdigit() else sku.casefold()


def field_named(text: str) -> str:
    """Return the column of the recommendations that a text names; CellError for an unknown one."""
    name = text.casefold().replace(" ", "_").replace("-", "_")
    if name not in FIELDS:
        raise wrong_type(f"'{text}' is no column of the recommendations")
    return name
