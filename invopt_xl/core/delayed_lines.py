"""Open order lines of suppliers that deliver nothing until a day: they count from that day on. Serves terms and projected stock."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.checks.grouping import counted
from invopt_xl.core.findings import Finding


def delayed_lines(
    lines: pd.DataFrame, *, usual: pd.Series | str, suppliers: pd.DataFrame, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Return the lines with due dates that their suppliers can keep, and the old ones as `agreed_date`.

    Parameters
    ----------
    lines : DataFrame
        supplier, due_date. A line without a supplier is taken for one of the item's usual supplier.
    usual : Series like lines, or str
        "" where it is not known.
    suppliers : DataFrame
        supplier, disrupted_until.
    as_of : Timestamp
        A disruption that is over by then delays nothing.

    >>> day = pd.Timestamp
    >>> lines = pd.DataFrame({"supplier": ["Acme", "Bolt", None], "due_date": [day("2026-11-20")] * 3})
    >>> until = pd.DataFrame({"supplier": ["Acme"], "disrupted_until": [day("2027-01-31")]})
    >>> found = delayed_lines(lines, usual="Acme", suppliers=until, as_of=day("2026-11-15"))
    >>> found["due_date"].dt.strftime("%Y-%m-%d").tolist()
    ['2027-01-31', '2026-11-20', '2027-01-31']
    """
    until = suppliers.loc[suppliers["disrupted_until"] > as_of].drop_duplicates("supplier").set_index("supplier")
    named = lines["supplier"].astype(object).where(lines["supplier"].notna() & (lines["supplier"] != ""), usual)
    earliest = named.map(until["disrupted_until"]) if len(until) else pd.Series(pd.NaT, index=lines.index)
    due = lines["due_date"]
    late = earliest.notna() & ~(due >= earliest)
    moved = due.where(~late, earliest.astype(due.dtype))
    return lines.assign(agreed_date=due, due_date=moved, supplier=named.where(late, lines["supplier"]))


def delayed_findings(lines: pd.DataFrame) -> tuple[Finding, ...]:
    """Return what is to be said of delayed lines, one finding per supplier and day.

    Parameters
    ----------
    lines : DataFrame
        From `delayed_lines`, with quantity.
    """
    late = lines[lines["due_date"] != lines["agreed_date"]]
    fix = "If some are under way all the same, write another name into their column supplier; else look for other sources (a scenario with disrupted_until)."
    return tuple(
        Finding(
            "warning",
            "OpenOrders",
            f"lines of {supplier}",
            f"{supplier} delivers nothing before {day:%Y-%m-%d}: {counted(len(part), 'open line')} with {part['quantity'].sum():,.10g} units, "
            f"due earlier, {'counts' if len(part) == 1 else 'count'} from then.",
            fix,
        )
        for (supplier, day), part in late.groupby(["supplier", "due_date"], sort=True)
    )
