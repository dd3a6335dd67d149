"""Exception flags: what needs a planner's look, with severity, money at stake and what to do. Serves the `Exceptions` sheet.

Each rule looks at whole columns and returns its own rows. A rule whose input is missing returns nothing: a missing figure never raises
a false alarm. Money at stake is sales at risk (at unit price, else cost) or the value of stock that need not be there (at unit cost);
it is empty where no price or cost is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import DECISIONS, EXCEPTIONS
from invopt_xl.core.explain import PERIOD_DAYS, units
from invopt_xl.core.findings import SEVERITIES, Severity
from invopt_xl.core.history import History
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings

#: Every code with its severity and meaning, for the reference page and the tests.
CODES: dict[str, tuple[Severity, str]] = {
    "STOCKED OUT": ("error", "Nothing in stock while there is demand."),
    "WILL STOCK OUT": ("error", "More likely than not to run out before an order placed today arrives."),
    "ORDER LATE": ("warning", "Open order lines are past their due date."),
    "ORDER DELAYED": ("warning", "Open order lines wait for a supplier that delivers nothing until a later day."),
    "CHANGED": (
        "warning",
        "The reorder point, or an order that still stands, moved by more than change_limit since the last plan; or an order changed at all after "
        "it was approved.",
    ),
    "EXCESS": ("warning", "Stock covers more than excess_cover_days beyond the order-up-to level."),
    "DEAD STOCK": ("warning", "Stock of an item without demand for dead_days or more."),
    "ORDER NOT NEEDED": ("warning", "Units are on order although stock on hand alone is above the order-up-to level."),
    "LEAD TIME DRIFT": ("info", "The latest receipts took clearly longer or shorter than those before."),
    "DEMAND JUMP": ("info", "Demand of the latest periods differs clearly from before, the season considered."),
    "POOR DATA": ("info", "Too short a history, or out of stock too often, to trust the numbers."),
    "LARGE MINIMUM": ("warning", "The minimum order covers more than moq_months_limit."),
    "EXPIRY RISK": ("warning", "Stock that will not sell within the shelf life."),
    "HELD BACK": ("info", "Below the reorder point, but an order is not allowed (blocked, ending, maximum stock)."),
    "NO STOCK FIGURE": ("info", "An item with demand is missing from the Stock sheet."),
}

#: Orders that differ by less are the same [units].
_SAME = 1e-6

#: Periods whose mean is compared with what came before, for the demand jump.
_RECENT = {"day": 14, "week": 6, "month": 3}
_BEFORE = {"day": 84, "week": 26, "month": 12}
#: Fewer periods of life than this are too few to trust any number.
_SHORT_LIFE = {"day": 28, "week": 8, "month": 4}
#: A jump must be both unlikely (standard errors) and large (ratio).
_JUMP_ERRORS, _JUMP_RATIO = 3.5, 1.5


@dataclass(frozen=True)
class Flags:
    """`frame`: the Exceptions table, most serious and most money first. `codes`: codes per series, shape (n,), joined by ", "."""

    frame: pd.DataFrame
    codes: np.ndarray


@dataclass(frozen=True)
class _Facts:
    """All columns that rules look at, one row per series, and the few values that hold for all."""

    row: pd.DataFrame
    history: History
    terms: Terms
    settings: Settings
    previous: pd.DataFrame | None

    @property
    def days(self) -> float:
        return PERIOD_DAYS[self.history.period]


def raise_flags(stages: Stages, *, settings: Settings, previous: pd.DataFrame | None = None) -> Flags:
    """Return the exceptions of all series.

    Parameters
    ----------
    previous : DataFrame, optional
        Recommendations of the plan before (at least sku, location, reorder_point), for the change rule.
    """
    history = stages.history
    facts = _Facts(_facts(stages), history, stages.terms, settings, previous)
    found = [rule(facts) for rule in _RULES]
    rows = pd.concat([frame for frame in found if len(frame)] or [found[0]], ignore_index=True)
    rows["rank"] = rows["severity"].map({name: n for n, name in enumerate(SEVERITIES)})
    rows = rows.sort_values(["rank", "money_at_stake", "series"], ascending=[True, False, True], kind="stable")
    codes = np.full(len(history.series), "", dtype=object)
    joined = rows.groupby("series", sort=False)["code"].agg(", ".join)
    codes[joined.index.to_numpy(dtype=int)] = joined.to_numpy()
    series = history.series.iloc[rows["series"].to_numpy(dtype=int)]
    frame = rows.assign(sku=series["sku"].to_numpy(), location=series["location"].to_numpy())
    return Flags(frame=frame[[field.name for field in EXCEPTIONS]].reset_index(drop=True), codes=codes)


def _facts(stages: Stages) -> pd.DataFrame:
    own = (stages.orders.frame, stages.policy.frame, stages.terms.frame, stages.segments.frame)
    parts = [*own, stages.lead_times.frame.add_prefix("lt_")]
    row = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    row = row.loc[:, ~row.columns.duplicated()]
    for name in ("on_order", "reserved", "backorders"):
        row[name] = row[name].fillna(0.0)
    price = row["unit_price"].where(row["unit_price"] > 0, row["unit_cost"])
    return row.assign(
        per_day=stages.forecast.demand_per_period / PERIOD_DAYS[stages.history.period],
        price=price,
        lead_demand=stages.forecast.lead.mean(),
        sku=stages.history.series["sku"].to_numpy(),
        location=stages.history.series["location"].to_numpy(),
    )


def _rows(
    facts: _Facts,
    mask: np.ndarray,
    *,
    code: str,
    money: np.ndarray,
    message: Callable[[Any], str],
    action: str | Callable[[Any], str],
) -> pd.DataFrame:
    """Return one row per series in `mask`; texts are written for those rows only."""
    at = np.flatnonzero(np.asarray(mask, dtype=bool))
    chosen = facts.row.iloc[at]
    records = list(chosen.itertuples(index=False))
    return pd.DataFrame(
        {
            "series": at,
            "severity": CODES[code][0],
            "code": code,
            "money_at_stake": np.asarray(money, dtype=float)[at],
            "message": [message(row) for row in records],
            "action": [action if isinstance(action, str) else action(row) for row in records],
        }
    )


def _column(facts: _Facts, name: str) -> np.ndarray:
    values: np.ndarray = facts.row[name].to_numpy(dtype=float)
    return values


def _stocked_out(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    mask = (row["on_hand"] <= 0) & (row["per_day"] > 0) & ~row["blocked"]
    return _rows(
        facts,
        mask.to_numpy(),
        code="STOCKED OUT",
        money=_column(facts, "per_day") * _column(facts, "lt_mean_days") * _column(facts, "price"),
        message=lambda r: (
            f"Nothing in stock; {units(r.per_day * 7)} a week are asked for. "
            + (f"{units(r.on_order)} are on order." if r.on_order > 0 else "Nothing is on order.")
        ),
        action=_act_now,
    )


def _act_now(r: Any) -> str:
    press = f"Press {r.supplier or 'the supplier'} for the open orders" if r.on_order > 0 else ""
    if r.order_quantity > 0:
        order = f"rder {units(r.order_quantity)} today"
        return f"{press}; o{order}." if press else f"O{order}; look for a faster source or a substitute."
    return f"{press}." if press else "Look for a substitute, or end the item."


def _will_stock_out(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    mask = (row["on_hand"] > 0) & (row["stockout_risk"] > 0.5) & (row["per_day"] > 0) & ~row["blocked"]
    short = np.maximum(_column(facts, "lead_demand") - _column(facts, "on_hand"), 0)
    return _rows(
        facts,
        mask.to_numpy(),
        code="WILL STOCK OUT",
        money=short * _column(facts, "price"),
        message=lambda r: (
            f"Stock of {units(r.on_hand)} lasts {_about(r.days_of_cover)}; an order placed today arrives in "
            f"{_about(r.lt_mean_days)}. Chance of running out before: {_chance(r.stockout_risk)}."
        ),
        action=_act_now,
    )


def _about(days: float) -> str:
    """Return a stretch of days in words.

    >>> _about(0.4), _about(1.2), _about(21.6)
    ('less than a day', 'about 1 day', 'about 22 days')
    """
    return "less than a day" if days < 0.5 else f"about {days:,.0f} day{'' if round(days) == 1 else 's'}"


def _chance(probability: float) -> str:
    """Return a chance in whole percent; nothing is certain.

    >>> _chance(0.85), _chance(0.9999)
    ('85%', 'over 99%')
    """
    return "over 99%" if probability > 0.99 else f"{probability:.0%}"


def _order_late(facts: _Facts) -> pd.DataFrame:
    lines = facts.terms.open_orders
    as_of = facts.history.as_of
    late = lines[lines["due_date"] < as_of] if len(lines) else lines
    n = len(facts.row)
    if not len(late):
        return _rows(
            facts,
            np.zeros(n, dtype=bool),
            code="ORDER LATE",
            money=np.zeros(n),
            message=str,
            action="",
        )
    overdue = (
        late.assign(days=(as_of - late["due_date"]).dt.days)
        .groupby("series")
        .agg(quantity=("quantity", "sum"), days=("days", "max"))
    )
    quantity, days = np.zeros(n), np.zeros(n)
    quantity[overdue.index.to_numpy(dtype=int)], days[overdue.index.to_numpy(dtype=int)] = (
        overdue["quantity"],
        overdue["days"],
    )
    with_late = _Facts(
        facts.row.assign(late_units=quantity, late_days=days),
        facts.history,
        facts.terms,
        facts.settings,
        facts.previous,
    )
    return _rows(
        with_late,
        quantity > 0,
        code="ORDER LATE",
        money=quantity * _column(facts, "unit_cost"),
        message=lambda r: (
            f"{units(r.late_units)} on order are overdue, the oldest line by {r.late_days:.0f} day{'' if round(r.late_days) == 1 else 's'}."
        ),
        action=lambda r: f"Ask {r.supplier or 'the supplier'} for a new date, or close the line if it has arrived.",
    )


def _order_delayed(facts: _Facts) -> pd.DataFrame:
    lines = facts.terms.open_orders
    late = lines[lines["due_date"] != lines["agreed_date"]] if "agreed_date" in lines else lines.iloc[:0]
    n = len(facts.row)
    quantity, until = np.zeros(n), np.full(n, np.datetime64("NaT", "s"))
    found = late.groupby("series").agg(quantity=("quantity", "sum"), until=("due_date", "max"))
    at = found.index.to_numpy(dtype=int)
    quantity[at], until[at] = found["quantity"], found["until"].to_numpy(dtype="datetime64[s]")
    names = np.full(n, "", dtype=object)
    names[at] = late.groupby("series")["supplier"].first().to_numpy(dtype=object)
    known = _Facts(
        facts.row.assign(waiting=quantity, until=until, waits_for=names),
        facts.history,
        facts.terms,
        facts.settings,
        facts.previous,
    )
    return _rows(
        known,
        quantity > 0,
        code="ORDER DELAYED",
        money=quantity * _column(facts, "unit_cost"),
        message=lambda r: (
            f"{units(r.waiting)} on order arrive on {r.until:%Y-%m-%d} at the earliest: {r.waits_for} delivers nothing before."
        ),
        action="Look for another source until then, or ask for a part delivery.",
    )


def _changed(facts: _Facts) -> pd.DataFrame:
    old, old_order = _before(facts, "reorder_point"), _before(facts, "order_quantity")
    new, order = _column(facts, "reorder_point"), _column(facts, "order_quantity")
    limit = facts.settings.change_limit
    with np.errstate(invalid="ignore"):
        moved = np.abs(new - old) > np.maximum(limit * np.maximum(old, new), 1.0)
        # an order that comes or goes is the plan's daily work; one that stands and changes is news
        reordered = (old_order > 0) & (order > 0) & (np.abs(order - old_order) > np.maximum(limit * old_order, 1.0))
        # a word given for one quantity is not a word for another
        approved = _approved(facts) & (np.abs(order - old_order) > _SAME)
    known = _Facts(
        facts.row.assign(old=old, old_order=old_order, moved=moved, was_approved=approved),
        facts.history,
        facts.terms,
        facts.settings,
        facts.previous,
    )
    units_moved = np.where(moved & ~approved, np.abs(new - old), np.abs(order - old_order))
    return _rows(
        known,
        moved | reordered | approved,
        code="CHANGED",
        money=units_moved * _column(facts, "unit_cost"),
        message=_change_in_words,
        action=lambda r: (
            "Approve it again or clear the decision: as it stands, your word would hold for the new quantity."
            if r.was_approved
            else "Check what changed: demand, stock, lead time or a setting (see Explanations)."
        ),
    )


def _change_in_words(r: Any) -> str:
    if r.was_approved:
        return f"Approved when {units(r.old_order)} was recommended; {units(r.order_quantity)} is recommended now."
    if r.moved:
        return f"The reorder point moved from {units(r.old)} to {units(r.reorder_point)} since the last plan."
    return f"The order moved from {units(r.old_order)} to {units(r.order_quantity)} since the last plan."


def _approved(facts: _Facts) -> np.ndarray:
    """Return where the previous plan's line bears the planner's approval and no quantity of its own, bool (n,).

    With a quantity beside it the line waits for a new word anyway (`approvals`).
    """
    wanted = ["sku", "location", "decision", "planner_quantity"]
    if facts.previous is None or not set(wanted) <= set(facts.previous.columns):
        return np.zeros(len(facts.row), dtype=bool)
    before = facts.previous[wanted].drop_duplicates(["sku", "location"], keep="last")
    typed = before.astype({"sku": "str", "location": "str"})
    merged = facts.row[["sku", "location"]].merge(typed, how="left", on=["sku", "location"])
    word = merged["decision"].astype(object).where(merged["decision"].notna(), "").astype("str").str.strip()
    noted = pd.to_numeric(merged["planner_quantity"], errors="coerce").notna().to_numpy()
    found: np.ndarray = (word.str.casefold() == DECISIONS[0].casefold()).to_numpy() & ~noted
    return found


def _before(facts: _Facts, column: str) -> np.ndarray:
    """Return a column of the previous plan for each series, NaN where it is not known, shape (n,)."""
    if facts.previous is not None and {"sku", "location", column} <= set(facts.previous.columns):
        before = facts.previous[["sku", "location", column]].drop_duplicates(["sku", "location"], keep="last")
        typed = before.astype({"sku": "str", "location": "str"})
        merged = facts.row[["sku", "location"]].merge(typed, how="left", on=["sku", "location"])
        found: np.ndarray = pd.to_numeric(merged[column], errors="coerce").to_numpy(dtype=float)
        return found
    return np.full(len(facts.row), np.nan)


def _excess(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    target = row["order_up_to"] + row["per_day"] * row["excess_cover_days"]
    mask = (row["life_cycle"] != "dead") & (row["on_hand"] > target) & (row["per_day"] > 0)
    return _rows(
        facts,
        mask.to_numpy(),
        code="EXCESS",
        money=(_column(facts, "on_hand") - _column(facts, "order_up_to")) * _column(facts, "unit_cost"),
        message=lambda r: (
            f"{units(r.on_hand)} in stock cover {_days(r.days_of_cover)}; {units(r.on_hand - r.order_up_to)} are more than needed."
        ),
        action="Stop ordering; move to another location, promote or return.",
    )


def _days(cover: float) -> str:
    return "more than ten years" if cover > 3650 else f"{cover:,.0f} days"


def _dead(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    mask = (row["life_cycle"] == "dead") & (row["on_hand"] > 0)
    return _rows(
        facts,
        mask.to_numpy(),
        code="DEAD STOCK",
        money=_column(facts, "on_hand") * _column(facts, "unit_cost"),
        message=lambda r: f"{units(r.on_hand)} in stock and no demand for {facts.settings.dead_days:.0f} days or more.",
        action="Clear, return or write off; set the status to blocked.",
    )


def _not_needed(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    surplus = np.minimum(
        _column(facts, "inventory_position") - _column(facts, "order_up_to"), _column(facts, "on_order")
    )
    mask = (row["on_order"] > 0) & (row["on_hand"] - row["reserved"] - row["backorders"] > row["order_up_to"])
    return _rows(
        facts,
        mask.to_numpy(),
        code="ORDER NOT NEEDED",
        money=surplus * _column(facts, "unit_cost"),
        message=lambda r: (
            f"{units(r.on_order)} are on order while stock of {units(r.on_hand)} is above the order-up-to level of {units(r.order_up_to)}."
        ),
        action="Cancel or postpone the open order.",
    )


def _lead_time_drift(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    more = np.maximum(_column(facts, "lt_recent_mean_days") - _column(facts, "lt_earlier_mean_days"), 0)
    return _rows(
        facts,
        row["lt_drift"].to_numpy(dtype=bool) & (row["per_day"] > 0).to_numpy(),
        code="LEAD TIME DRIFT",
        money=more * _column(facts, "per_day") * _column(facts, "unit_cost"),
        message=lambda r: (
            f"Lead time moved from {r.lt_earlier_mean_days:.0f} to {r.lt_recent_mean_days:.0f} days in the latest receipts."
        ),
        action=lambda r: f"Talk to {r.supplier or 'the supplier'}; the plan follows the receipts.",
    )


def _demand_jump(facts: _Facts) -> pd.DataFrame:
    recent, expected, error = _jump(facts.history)
    with np.errstate(invalid="ignore", divide="ignore"):
        unlikely = np.abs(recent - expected) > _JUMP_ERRORS * error
        large = (recent > _JUMP_RATIO * expected) | (recent * _JUMP_RATIO < expected)
    mask = unlikely & large & (np.abs(recent - expected) * _RECENT[facts.history.period] >= 3)
    known = _Facts(
        facts.row.assign(recent=recent, expected=expected), facts.history, facts.terms, facts.settings, facts.previous
    )
    word = facts.history.period
    return _rows(
        known,
        mask,
        code="DEMAND JUMP",
        money=np.abs(recent - expected) * _RECENT[word] * _column(facts, "price"),
        message=lambda r: (
            f"Demand of the last {_RECENT[word]} {word}s is {units(r.recent)} a {word}; before and at this season it was {units(r.expected)}."
        ),
        action="Find out why: a new customer, a lost one, a promotion? Override the demand if it will not last.",
    )


def _jump(history: History) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean of the recent periods, what was expected of it, and its standard error, shapes (n,); NaN where too short.

    The expectation is the mean before, times last year's ratio of the same two windows where a year more is known.
    """
    demand, (n, width) = history.demand, history.demand.shape
    recent_width, before_width = _RECENT[history.period], _BEFORE[history.period]
    nothing = np.full(n, np.nan)
    if width < recent_width + before_width:
        return nothing, nothing, nothing
    recent = demand[:, -recent_width:].mean(axis=1)
    before = demand[:, -recent_width - before_width : -recent_width]
    base = before.mean(axis=1)
    error = before.std(axis=1) / np.sqrt(recent_width)
    year = round(365.25 / PERIOD_DAYS[history.period])
    if width >= year + recent_width + before_width:
        then = demand[:, -year - recent_width : -year].mean(axis=1)
        then_before = demand[:, -year - recent_width - before_width : -year - recent_width].mean(axis=1)
        ratio = np.divide(then, then_before, out=np.ones(n), where=then_before > 0)
        ratio = np.where(np.isfinite(ratio), np.clip(ratio, 0.25, 4), 1.0)
        base, error = base * ratio, error * np.maximum(ratio, 1.0)
    return recent, base, error


def _poor_data(facts: _Facts) -> pd.DataFrame:
    history = facts.history
    life = history.sales.shape[1] - history.series["own_first_period"].to_numpy(dtype=float)
    share = history.censored.sum(axis=1) / np.maximum(life, 1)
    short = (life > 0) & (life < _SHORT_LIFE[history.period])
    known = _Facts(facts.row.assign(life=life, hidden=share), history, facts.terms, facts.settings, facts.previous)
    return _rows(
        known,
        (short | (share > 0.4)) & (facts.row["life_cycle"] != "dead").to_numpy(),
        code="POOR DATA",
        money=_column(facts, "order_value"),
        message=lambda r: (
            f"Only {r.life:.0f} {history.period}s of sales are known."
            if r.life < _SHORT_LIFE[history.period]
            else f"Out of stock in {r.hidden:.0%} of all {history.period}s: true demand is an estimate."
        ),
        action="Do not trust the numbers blindly; name a like_sku or set an override.",
    )


def _large_minimum(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    months = np.divide(
        _column(facts, "moq"),
        _column(facts, "per_day") * 30.4375,
        out=np.full(len(row), np.nan),
        where=_column(facts, "per_day") > 0,
    )
    mask = (months > facts.settings.moq_months_limit) & (row["order_quantity"] > 0).to_numpy()
    known = _Facts(row.assign(months=months), facts.history, facts.terms, facts.settings, facts.previous)
    return _rows(
        known,
        np.asarray(mask),
        code="LARGE MINIMUM",
        money=_column(facts, "moq_extra_units") * _column(facts, "unit_cost"),
        message=lambda r: f"The minimum order of {units(r.moq)} covers {r.months:.0f} months of demand.",
        action=lambda r: (
            f"Negotiate a smaller minimum with {r.supplier or 'the supplier'}, or make it a customer-order item."
        ),
    )


def _expiry(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    left = row["on_hand"] - row["per_day"] * row["shelf_life_days"]
    mask = row["shelf_life_days"].notna() & (left > 0) & (row["life_cycle"] != "dead")
    known = _Facts(row.assign(left=left), facts.history, facts.terms, facts.settings, facts.previous)
    return _rows(
        known,
        mask.to_numpy(),
        code="EXPIRY RISK",
        money=left.to_numpy(dtype=float) * _column(facts, "unit_cost"),
        message=lambda r: (
            f"About {units(r.left)} of {units(r.on_hand)} will not sell within the shelf life of {r.shelf_life_days:.0f} days, even if all is fresh."
        ),
        action="Promote or move stock; order less.",
    )


def _held_back(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    mask = (row["held_back"].fillna("") != "") & row["on_hand"].notna() & (row["per_day"] > 0)
    return _rows(
        facts,
        mask.to_numpy(),
        code="HELD BACK",
        money=np.full(len(row), np.nan),
        message=lambda r: f"Below the reorder point, but not ordered: {r.held_back}.",
        action="Check that this is still wanted.",
    )


def _no_stock_figure(facts: _Facts) -> pd.DataFrame:
    row = facts.row
    some_known = bool(row["on_hand"].notna().any())
    mask = row["on_hand"].isna() & (row["per_day"] > 0) & some_known
    return _rows(
        facts,
        mask.to_numpy(),
        code="NO STOCK FIGURE",
        money=np.full(len(row), np.nan),
        message=lambda r: f"{units(r.per_day * 7)} a week are sold, but the Stock sheet has no row for it.",
        action="Add it to the Stock sheet, with 0 if there is none.",
    )


_RULES: tuple[Callable[[_Facts], pd.DataFrame], ...] = (
    _stocked_out,
    _will_stock_out,
    _order_late,
    _order_delayed,
    _changed,
    _excess,
    _dead,
    _not_needed,
    _lead_time_drift,
    _demand_jump,
    _poor_data,
    _large_minimum,
    _expiry,
    _held_back,
    _no_stock_figure,
)
