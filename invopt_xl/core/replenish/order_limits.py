"""What limits the orders of a run: settings, and the order calendars of suppliers from rules such as supplier=Acme."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from invopt_xl.core.replenish.joint.calendar import OrderCalendar, read_weekdays
from invopt_xl.core.replenish.joint.limit_orders import OrderLimits
from invopt_xl.core.replenish.joint.price_breaks import DiscountKind
from invopt_xl.core.terms import Terms
from invopt_xl.errors import InputError, SettingError
from invopt_xl.settings import Settings


def order_limits(terms: Terms, *, settings: Settings) -> OrderLimits:
    """Return the limits of one run.

    Parameters
    ----------
    terms : Terms
        supplier, order_days and shutdown are used; a supplier's calendar is that of its first series.
    settings : Settings

    Raises
    ------
    SettingError
        order_days names no day of the week, or shutdown no days.
    """
    calendar, suppliers = _calendar(terms.frame)
    return OrderLimits(
        budget=settings.order_budget,
        working_capital=settings.working_capital_limit,
        container_fill=settings.container_fill,
        pull_forward_days=settings.pull_forward_days,
        supplier_order_cost=settings.supplier_order_cost,
        price_breaks=cast(DiscountKind, settings.price_break_kind),
        gap=settings.order_gap,
        calendar=calendar,
        calendar_suppliers=suppliers,
    )


def _calendar(t: pd.DataFrame) -> tuple[OrderCalendar | None, tuple[str, ...]]:
    told = t.loc[(t["order_days"] != "") | (t["shutdown"] != ""), ["supplier", "order_days", "shutdown"]]
    told = told[told["supplier"] != ""].drop_duplicates("supplier")
    if told.empty:
        return None, ()
    try:
        weekdays = np.stack([read_weekdays(text) for text in told["order_days"]])
    except InputError as error:
        raise SettingError(f"Setting order_days: {error}") from error
    closed = [(at, first, last) for at, text in enumerate(told["shutdown"]) for first, last in closed_days(text)]
    return OrderCalendar(weekdays, tuple(closed)), tuple(told["supplier"])


def closed_days(text: str) -> list[tuple[np.datetime64, np.datetime64]]:
    """Return the first and last day of each shut-down that a text names.

    >>> closed_days("2026-12-24 to 2026-12-31; 2027-04-02")
    [(np.datetime64('2026-12-24'), np.datetime64('2026-12-31')), (np.datetime64('2027-04-02'), np.datetime64('2027-04-02'))]

    Raises
    ------
    SettingError
        A part is no date, or ends before it begins.
    """
    found: list[tuple[np.datetime64, np.datetime64]] = []
    for part in (each.strip() for each in text.split(";")):
        if not part:
            continue
        first, _, last = part.partition(" to ")
        try:
            days = np.datetime64(first.strip(), "D"), np.datetime64((last or first).strip(), "D")
        except ValueError:
            raise SettingError(
                f"Setting shutdown: expected days such as '2026-12-24 to 2027-01-06', found '{part}'."
            ) from None
        if days[1] < days[0]:
            raise SettingError(f"Setting shutdown: '{part}' ends before it begins.")
        found.append(days)
    return found
