"""Recommendations with one changed input, kept for as long as their plan: what INV_WHATIF answers from.

Planning one row anew costs milliseconds, mostly for setting up tables, and many rows at once little more. A what-if seldom stands alone: other
cells ask for other figures of it, or the formula was filled down a column of items. So all figures of a change are kept. And where a change that
was planned for one item is asked for another, as many rows ahead are planned with it as were planned before, in the direction in which the
host works through the column: at most twice what is asked for, in few steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from invopt_xl.core.stages import Stages
from invopt_xl.core.whatif import RESULTS, what_if
from invopt_xl.settings import Settings

#: Rows planned ahead for a second item: they take as long as the one alone, or twice as long where the interval changes.
_FIRST_AHEAD, _GROWTH = 16, 4
#: Rows planned in one call of a function: a host waits for it, up to half a second where the interval changes.
_MOST_AT_ONCE = 512
#: Rows kept, some 200 bytes each; with more, all are forgotten.
_MOST_KEPT = 50_000

_PLACE = {name: place for place, name in enumerate(RESULTS)}


class WhatIfResults:
    """The what-ifs of one plan.

    Parameters
    ----------
    stages : Stages
        Of the plan, n series.
    settings : Settings
        Of the plan.
    """

    def __init__(self, stages: Stages, settings: Settings) -> None:
        self._stages, self._settings = stages, settings
        self._known: dict[tuple[str, float], dict[int, np.ndarray]] = {}
        self._kept = 0

    def figures(self, row: int, field: str, values: Sequence[float], *, result: str) -> list[float]:
        """Return one figure of the recommendation of a row at each value of an input, NaN where the plan has none.

        Parameters
        ----------
        row : int
            Of the plan.
        field : str
            One of `core.whatif.LIMITS`; `values` are within its limits.
        values : sequence of float
        result : str
            One of `core.whatif.RESULTS`.
        """
        known, nothing = self._known, dict[int, np.ndarray]()
        new = [value for value in dict.fromkeys(values) if row not in known.get((field, value), nothing)]
        if new:
            before = known.get((field, new[0]), nothing)
            known = self._planned(self._ahead(row, before, most=_MOST_AT_ONCE // len(new)), field, new)
        place = _PLACE[result]
        return [known[field, value][row].item(place) for value in values]

    def _ahead(self, row: int, before: dict[int, np.ndarray], *, most: int) -> list[int]:
        """Return a row, and those that will be asked for after it."""
        if not before:
            return [row]
        step = 1 if row > next(reversed(before)) else -1
        rows = range(row, row + step * max(1, min(max(_FIRST_AHEAD, _GROWTH * len(before)), most)), step)
        return [each for each in rows if 0 <= each < len(self._stages.history.series) and each not in before]

    def _planned(
        self, rows: list[int], field: str, values: list[float]
    ) -> dict[tuple[str, float], dict[int, np.ndarray]]:
        """Plan some rows with each value, and return all that is known."""
        made = what_if(
            self._stages,
            row=np.tile(rows, len(values)),
            field=field,
            values=np.repeat(values, len(rows)),
            settings=self._settings,
        )
        figures = made[list(RESULTS)].to_numpy(dtype=float)
        self._kept += len(figures)
        if self._kept > _MOST_KEPT:
            # another dictionary: a call in another thread may still read the old one
            self._known, self._kept = {}, len(figures)
        known = self._known
        for place, value in enumerate(values):
            found = figures[place * len(rows) : (place + 1) * len(rows)]
            known.setdefault((field, value), {}).update(zip(rows, found, strict=True))
        return known
