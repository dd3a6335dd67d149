"""Which recommended lines may become orders: what the planner decided, and what is so large or so different that it needs a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import DECISIONS

#: States of a line. "open": waits for a decision. "held": decided, but something is missing; `why` says what.
APPROVED, OPEN, HELD, REJECTED, NOTHING = "approved", "open", "held", "rejected", "nothing"

#: A planner's quantity that differs from the recommended one by more than this share needs a reason; 0 or more.
CHANGE_LIMIT = 0.5
#: Quantities that differ by less are the same [units].
_SAME = 1e-6


def approvals(
    rows: pd.DataFrame, *, value_limit: float | None = None, change_limit: float | None = CHANGE_LIMIT
) -> pd.DataFrame:
    """Return for each recommendation whether it may become an order line, how much of it, and why not.

    Parameters
    ----------
    rows : DataFrame
        The Recommendations table with the planner's columns, n rows.
    value_limit : float, optional
        Value of a line above which its decision needs a reason [money of the workbook], as it does where the value is not known. None: no
        limit.
    change_limit : float, optional
        Share of the recommended quantity by which the planner's may differ without a reason. None: no limit.

    Returns
    -------
    DataFrame
        n rows with the index of `rows`: state (one of the names above), quantity [units; 0 unless approved or held], value [money; NaN
        where the cost of a unit is unknown], limit ("value", "change" or ""), why (a sentence, "" when there is nothing to say).

    Notes
    -----
    Nothing is approved without a word of the planner: an empty decision stays open, and a word that is none of the decisions is held.
    "Change" counts with a quantity only. The quantity beside "Approve" is what was approved: where something else is recommended meanwhile, the
    line is held, so that nobody orders 500 on the word given for 100. A line above a limit is held until its `reason` says who agreed to it,
    or why.

    Examples
    --------
    >>> rows = pd.DataFrame({"order_quantity": [10.0, 10.0, 10.0], "order_value": [50.0, 50.0, 50.0],
    ...     "decision": ["Approve", "Change", ""], "planner_quantity": [np.nan, 40.0, np.nan], "reason": ["", "", ""]})
    >>> approvals(rows)[["state", "quantity", "value"]].values.tolist()
    [['approved', 10.0, 50.0], ['held', 40.0, 200.0], ['open', 0.0, 0.0]]
    """
    words = _texts(rows["decision"]).str.casefold()
    said = _texts(rows["reason"]) != ""
    recommended = pd.to_numeric(rows["order_quantity"], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    own = pd.to_numeric(rows["planner_quantity"], errors="coerce").to_numpy(dtype=float)
    approve, change, reject = ((words == each.casefold()).to_numpy() for each in DECISIONS)
    unread = (words != "").to_numpy() & ~approve & ~change & ~reject
    usable = np.isfinite(own) & (own >= 0)
    outdated = approve & np.isfinite(own) & (np.abs(own - recommended) > _SAME)
    quantity = np.where(approve, recommended, np.where(change & usable, own, 0.0))
    value = quantity * _unit_value(rows, recommended)
    # a value that is not known may be above the limit
    large = np.zeros(len(rows), dtype=bool) if value_limit is None else (quantity > 0) & ~(value <= value_limit)
    moved = change & usable & (quantity > 0) & (np.abs(quantity - recommended) > _room(recommended, change_limit))
    unnamed = (approve | change) & (large | moved) & ~said.to_numpy()
    # the order of these lines is the order in which they win
    state = np.select(
        [reject, unread, change & ~usable, outdated, unnamed & (quantity > 0), quantity > 0, (words == "").to_numpy()],
        [REJECTED, HELD, HELD, HELD, HELD, APPROVED, np.where(recommended > 0, OPEN, NOTHING)],
        NOTHING,
    )
    over = np.where(large & unnamed, "value", np.where(moved & unnamed, "change", ""))
    limit = np.where((state == HELD) & ~outdated, over, "")
    frame = pd.DataFrame({"state": state, "quantity": quantity, "value": value, "limit": limit}, index=rows.index)
    why = np.full(len(rows), "", dtype=object)
    for at in np.flatnonzero(state == HELD):
        decision = str(rows["decision"].iloc[at]).strip()
        if outdated[at]:
            why[at] = _outdated(own[at], recommended[at])
            continue
        why[at] = _why(decision, str(limit[at]), value[at], quantity[at], recommended[at], value_limit)
    return frame.assign(why=pd.Series(why, index=rows.index, dtype="str"))


def _texts(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), "").astype("str").str.strip()


def _unit_value(rows: pd.DataFrame, recommended: np.ndarray) -> np.ndarray:
    """Return the cost of one unit, from a column of it where there is one, else from the recommended order; NaN where neither says."""
    value = pd.to_numeric(rows["order_value"], errors="coerce").to_numpy(dtype=float)
    implied = np.divide(value, recommended, out=np.full(len(rows), np.nan), where=recommended > 0)
    if "unit_cost" not in rows:
        return np.where(recommended > 0, implied, np.nan)
    given = pd.to_numeric(rows["unit_cost"], errors="coerce").to_numpy(dtype=float)
    return np.where(np.isfinite(given), given, implied)


def _room(recommended: np.ndarray, change_limit: float | None) -> np.ndarray:
    return np.full(len(recommended), np.inf) if change_limit is None else recommended * change_limit


def _outdated(approved: float, recommended: float) -> str:
    return (
        f"It is approved with a quantity of {approved:,.12g}, but {recommended:,.12g} is recommended now: "
        f"approve it again for {recommended:,.12g}, or choose Change for {approved:,.12g}."
    )


def _why(
    decision: str, limit: str, value: float, quantity: float, recommended: float, value_limit: float | None
) -> str:
    if limit == "value" and value != value:
        return "Its value is not known because no unit cost is, so it may be above the limit: write into reason who agreed to it, or why."
    if limit == "value":
        return f"Its value of {value:,.2f} is above the limit of {value_limit:,.2f}: write into reason who agreed to it, or why."
    if limit == "change":
        return f"Your {quantity:,.12g} is far from the recommended {recommended:,.12g}: write into reason why."
    if decision.casefold() == "change":
        return "The decision is Change, but planner_quantity holds no quantity: enter one, or choose Approve or Reject."
    return f"The decision '{decision}' is none of {', '.join(DECISIONS)}."
