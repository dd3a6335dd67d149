"""Terms: what every series is bought, kept and served under, and where each value comes from. Fifth stage.

Strongest first: a standing decision of the planner, the item's own value, the supplier's (or location's) own value, the first matching
rule, the setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.decisions import Decisions, standing_decisions
from invopt_xl.core.delayed_lines import delayed_findings, delayed_lines
from invopt_xl.core.findings import Finding
from invopt_xl.core.history import History
from invopt_xl.core.prices import unit_prices
from invopt_xl.core.rules import Rule, apply_rules, read_rules
from invopt_xl.core.segments import Segments
from invopt_xl.core.series_index import final_successors, looked_up, of_sku, series_of
from invopt_xl.core.sources import choose_sources, unavailable
from invopt_xl.settings import Settings

#: Override columns of the frame that are numbers.
_OVERRIDES = ("safety_stock", "reorder_point", "order_up_to", "lead_time_days", "demand_per_period")


@dataclass(frozen=True)
class Terms:
    """Terms of n series.

    Parameters
    ----------
    frame : DataFrame
        n rows. Texts ("" if unknown): description, category, criticality, supplier, service_measure, order_days, shutdown, order_crossing, override_note, and `<name>_from` for
        supplier, unit_cost, service_level, review_period_days, order_cost. Numbers: unit_cost, unit_price (NaN if unknown), moq, pack_size
        (0: none), unit_volume, shelf_life_days (NaN), service_level, service_level_rule (what a rule gives, also where the item's own
        wins), review_period_days, order_cost, holding_rate, min_stock, max_stock (NaN), excess_cover_days, default_lead_time_days, on_hand
        (NaN without a Stock row), on_order, reserved, backorders, source_lead_time_days, source_capacity (NaN), override_* (NaN if none).
        Flag: blocked. Date: disrupted_until.
    open_orders : DataFrame
        One row per open line of a series: series (position), quantity, due_date (when it can arrive), supplier, order_id, agreed_date.
    findings : tuple of Finding
    """

    frame: pd.DataFrame
    open_orders: pd.DataFrame
    findings: tuple[Finding, ...] = ()


def resolve_terms(checked: Checked, history: History, segments: Segments, *, settings: Settings) -> Terms:
    """Return the terms of all series.

    Parameters
    ----------
    checked : Checked
    history : History
    segments : Segments
    settings : Settings
    """
    series = history.series[["sku", "location"]]
    decisions = standing_decisions(checked, series)
    frame = pd.concat(
        [_item_columns(checked, series), choose_sources(checked, series, wanted=decisions.supplier)], axis=1
    )
    frame = _bought(frame, checked, series, decisions)
    rules, said = read_rules(checked.frames["Settings"])
    keys = _scope_keys(frame, series, segments)
    frame = frame.assign(**_ruled(frame, keys, rules, settings, checked, series, decisions))
    lines = open_lines(checked, series, supplier=frame["supplier"])
    frame = frame.assign(**_stock(checked, series, lines))
    frame = frame.assign(blocked=_blocked(frame, checked, series), disrupted_until=_disrupted(frame, checked))
    frame = frame.assign(**{f"override_{name}": decisions.numbers[name] for name in _OVERRIDES})
    frame["override_note"] = pd.Series(decisions.note, dtype="str")
    return Terms(
        frame=frame.drop(columns=["own_service_level"]),
        open_orders=lines,
        findings=(*decisions.findings, *said, *delayed_findings(lines)),
    )


def _item_columns(checked: Checked, series: pd.DataFrame) -> pd.DataFrame:
    items, skus = checked.frames["Items"], series["sku"]
    texts = {
        name: of_sku(items, name, skus).fillna("").astype("str") for name in ("description", "category", "criticality")
    }
    numbers = {name: of_sku(items, name, skus) for name in ("unit_volume", "shelf_life_days", "min_stock", "max_stock")}
    own = of_sku(items, "service_level", skus)
    return pd.DataFrame({**texts, **numbers, "unit_price": unit_prices(checked, skus), "own_service_level": own})


def _bought(frame: pd.DataFrame, checked: Checked, series: pd.DataFrame, decisions: Decisions) -> pd.DataFrame:
    """Return the frame with cost, minimum and pack of the source, else of the item; the planner's decision first."""
    items, skus = checked.frames["Items"], series["sku"]
    own_cost = of_sku(items, "unit_cost", skus).to_numpy(dtype=float)
    listed = _first_break(checked.frames["PriceBreaks"], skus)
    cost = frame["unit_cost"].to_numpy(dtype=float)
    known = [cost > 0, own_cost > 0, listed > 0, own_cost == 0]
    source = ("source " + frame["supplier"]).to_numpy(dtype=object)
    columns: dict[str, Any] = {
        "unit_cost": np.select(known, [cost, own_cost, listed, own_cost], np.nan),
        "unit_cost_from": pd.Series(np.select(known, [source, "item", "price break", "item"], ""), dtype="str"),
    }
    for name in ("moq", "pack_size"):
        item = of_sku(items, name, skus).to_numpy(dtype=float)
        values = [decisions.numbers[name], frame[name].to_numpy(dtype=float), item]
        columns[name] = np.select([np.isfinite(each) for each in values], values, 0.0)
    return frame.assign(**columns)


def _first_break(breaks: pd.DataFrame, skus: pd.Series) -> np.ndarray:
    """Return the unit cost of each sku's smallest quantity; NaN where no price break is listed."""
    ordered = breaks.sort_values("min_quantity", kind="stable")
    cost: np.ndarray = of_sku(ordered, "unit_cost", skus).to_numpy(dtype=float)
    return cost


def _scope_keys(frame: pd.DataFrame, series: pd.DataFrame, segments: Segments) -> pd.DataFrame:
    own = segments.frame[["abc", "xyz", "segment", "demand_class", "life_cycle"]]
    return pd.concat([own, frame[["supplier", "category", "criticality"]], series], axis=1)


def _ruled(
    frame: pd.DataFrame,
    keys: pd.DataFrame,
    rules: tuple[Rule, ...],
    settings: Settings,
    checked: Checked,
    series: pd.DataFrame,
    decisions: Decisions,
) -> dict[str, Any]:
    """Return the columns that rules and settings give where nothing stronger does."""
    columns: dict[str, Any] = {}
    suppliers = checked.frames["Suppliers"]
    named = ("supplier " + frame["supplier"]).to_numpy(dtype=object)
    for name in ("review_period_days", "order_cost"):
        by_rule, source = apply_rules(name, rules, keys, settings=settings)
        own = looked_up(suppliers, "supplier", name, frame["supplier"]).to_numpy(dtype=float)
        columns[name] = np.where(np.isfinite(own), own, by_rule)
        columns[f"{name}_from"] = pd.Series(np.where(np.isfinite(own), named, source), dtype="str")
    service, source = apply_rules("service_level", rules, keys, settings=settings)
    item, decided = _probability(frame["own_service_level"].to_numpy(dtype=float)), decisions.numbers["service_level"]
    known = [np.isfinite(decided), np.isfinite(item)]
    columns["service_level"] = np.select(known, [decided, item], service)
    columns["service_level_from"] = pd.Series(np.select(known, ["override", "item"], source), dtype="str")
    columns["service_level_rule"] = service
    columns["service_measure"] = pd.Series(
        apply_rules("service_measure", rules, keys, settings=settings)[0], dtype="str"
    )
    rate, _ = apply_rules("holding_rate", rules, keys, settings=settings)
    own = looked_up(checked.frames["Locations"], "location", "holding_rate", series["location"]).to_numpy(dtype=float)
    columns["holding_rate"] = np.where(np.isfinite(own), own, rate)
    for name in ("excess_cover_days", "default_lead_time_days"):
        columns[name], _ = apply_rules(name, rules, keys, settings=settings)
    for name in ("order_days", "shutdown", "order_crossing"):
        columns[name] = pd.Series(apply_rules(name, rules, keys, settings=settings)[0], dtype="str")
    return columns


def _probability(values: np.ndarray) -> np.ndarray:
    """Return service levels as probabilities: 95 means 0.95; NaN outside (0, 1).

    >>> _probability(np.array([0.95, 95.0, 100.0, 0.0]))
    array([0.95, 0.95,  nan,  nan])
    """
    known = np.where(values > 1, values / 100, values)
    return np.where((known > 0) & (known < 1), known, np.nan)


def open_lines(checked: Checked, series: pd.DataFrame, *, supplier: pd.Series) -> pd.DataFrame:
    """Return the open order lines of the series: series (position), quantity, due_date, supplier, order_id, agreed_date.

    Lines of a disrupted supplier are due when it delivers again (`delayed_lines`); `supplier` (n,) is who else the items are bought from.
    """
    lines = checked.frames["OpenOrders"]
    at = series_of(series, lines)
    due = lines["due_date"].fillna(checked.as_of)
    frame = lines[["quantity", "supplier", "order_id"]].assign(series=at, due_date=due)
    frame = frame[(at >= 0) & (frame["quantity"] > 0)].reset_index(drop=True)
    own = of_sku(checked.frames["Items"], "supplier", series["sku"]).astype(object)
    usual = own.where(own.notna() & (own != ""), supplier.to_numpy(dtype=object)).iloc[frame["series"]]
    frame = delayed_lines(
        frame, usual=usual.reset_index(drop=True), suppliers=checked.frames["Suppliers"], as_of=checked.as_of
    )
    return frame[["series", "quantity", "due_date", "supplier", "order_id", "agreed_date"]]


def _stock(checked: Checked, series: pd.DataFrame, lines: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the stock columns. Open lines win over the sum on the Stock sheet, so that an order counts once."""
    stock, n = checked.frames["Stock"], len(series)
    at = series_of(series, stock)
    seen = np.bincount(at, minlength=n) > 0
    columns = {}
    for name in ("on_hand", "on_order", "reserved", "backorders"):
        columns[name] = np.bincount(at, weights=stock[name].fillna(0.0), minlength=n).astype(np.float64)
    columns["on_hand"] = np.where(seen, columns["on_hand"], np.nan)
    listed = lines["series"].to_numpy(dtype=np.int64)
    total = np.bincount(listed, weights=lines["quantity"].to_numpy(dtype=float), minlength=n)
    columns["on_order"] = np.where(np.bincount(listed, minlength=n) > 0, total, columns["on_order"])
    return columns


def _blocked(frame: pd.DataFrame, checked: Checked, series: pd.DataFrame) -> np.ndarray:
    """Return series not to be ordered: item blocked, ending or replaced, or supplier blocked."""
    items = checked.frames["Items"]
    status = of_sku(items, "status", series["sku"]).isin(["blocked", "ending"])
    replaced = series["sku"].isin(final_successors(items, as_of=checked.as_of))
    suppliers, _ = unavailable(checked.frames["Suppliers"], as_of=checked.as_of)
    blocked: np.ndarray = (status | replaced | frame["supplier"].isin(suppliers)).to_numpy()
    return blocked


def _disrupted(frame: pd.DataFrame, checked: Checked) -> np.ndarray:
    until: np.ndarray = looked_up(
        checked.frames["Suppliers"], "supplier", "disrupted_until", frame["supplier"]
    ).to_numpy()
    return until
