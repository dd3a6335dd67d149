"""When suppliers take orders: on some days of the week only, and not while they are shut down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.errors import InputError, near_names

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: A supplier that takes no order for longer than this has no next order day [days].
_HORIZON = 730


@dataclass(frozen=True)
class OrderCalendar:
    """Order days of G suppliers.

    Parameters
    ----------
    weekdays : bool array, shape (G, 7)
        Days of the week, Monday first, on which orders are taken.
    closed : tuple of (int, date, date)
        Supplier, first and last day of each shut-down.
    """

    weekdays: np.ndarray
    closed: tuple[tuple[int, np.datetime64, np.datetime64], ...] = ()

    def open_days(self, first: np.datetime64, days: int) -> np.ndarray:
        """Return on which of `days` days from `first` on each supplier takes orders, bool (G, days)."""
        dates = first.astype("datetime64[D]") + np.arange(days)
        weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        open_ = self.weekdays[:, weekday]
        for supplier, start, end in self.closed:
            open_[supplier] &= (dates < start) | (dates > end)
        return open_

    def order_days(self, as_of: np.datetime64, review_days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the days from `as_of` until the order day of this plan and until the next one, float (G,) each.

        A plan serves until the next review, so its order day is the first one after `as_of` and not after the review; NaN if there is none.
        The next one is the first after the review.

        Parameters
        ----------
        as_of : datetime64[D]
            Last day with known sales.
        review_days : float array, shape (G,)
            [days]

        >>> mondays = OrderCalendar(np.array([[True] + [False] * 6]), ((0, np.datetime64("2026-11-23"), np.datetime64("2026-11-29")),))
        >>> mondays.order_days(np.datetime64("2026-11-15"), np.array([7.0]))  # a Sunday
        (array([1.]), array([15.]))
        """
        open_ = self.open_days(as_of, _HORIZON + 1)[:, 1:]
        until = np.arange(1, _HORIZON + 1)
        within = until <= np.maximum(np.floor(review_days), 1.0)[:, None]
        now, later = open_ & within, open_ & ~within
        first = np.where(now.any(axis=1), now.argmax(axis=1) + 1.0, np.nan)
        following = np.where(later.any(axis=1), later.argmax(axis=1) + 1.0, float(_HORIZON))
        return first, following

    def of(self, suppliers: np.ndarray) -> OrderCalendar:
        """Return the calendar with one row for each of `suppliers` (m,), positions in this one."""
        closed = [
            (int(at), start, end)
            for supplier, start, end in self.closed
            for at in np.flatnonzero(suppliers == supplier)
        ]
        return OrderCalendar(self.weekdays[suppliers], tuple(closed))


def read_weekdays(text: str) -> np.ndarray:
    """Return the days of the week that a text such as "Mon, Thu" names, bool (7,); all days for an empty text.

    >>> read_weekdays("Mon, Thursday").nonzero()[0]
    array([0, 3])

    Raises
    ------
    InputError
        A word is no day of the week.
    """
    words = text.replace(",", " ").replace(";", " ").replace("/", " ").split()
    days = np.zeros(7, dtype=bool)
    for word in words:
        short = word.strip(".").casefold()[:3]
        if short not in WEEKDAYS:
            raise InputError(
                f"Order days: expected days of the week such as 'Mon, Thu', found '{word}'.{near_names(short, WEEKDAYS)}"
            )
        days[WEEKDAYS.index(short)] = True
    return days if words else np.ones(7, dtype=bool)


def calendar_of(
    suppliers: list[str], order_days: dict[str, str], shutdowns: pd.DataFrame | None = None
) -> OrderCalendar:
    """Return the calendar of `suppliers`.

    Parameters
    ----------
    suppliers : list of str
    order_days : dict
        Supplier to days of the week in words; a supplier that is not there takes orders on all days.
    shutdowns : DataFrame, optional
        supplier, first_day, last_day (dates); a shut-down without a supplier closes all.
    """
    weekdays = np.array([read_weekdays(order_days.get(name, "")) for name in suppliers]).reshape(len(suppliers), 7)
    closed = []
    for row in () if shutdowns is None else shutdowns.itertuples():
        named = isinstance(row.supplier, str) and row.supplier != ""
        for at, name in enumerate(suppliers):
            if not named or name == row.supplier:
                closed.append((at, _day(row.first_day), _day(row.last_day)))
    return OrderCalendar(weekdays, tuple(closed))


def _day(value: Any) -> np.datetime64:
    day: np.datetime64 = np.datetime64(pd.Timestamp(value), "D")
    return day
