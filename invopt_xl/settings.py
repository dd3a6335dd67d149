"""Every setting with its default, unit, range and source. The only place where a default lives.

A setting comes from, weakest first: the default here; the workbook's `Settings` sheet; the call (`settings={...}`, `--set key=value`).
A setting marked `scoped` may also be given for a part of the range by a rule with a scope ("abc=A", "supplier=Acme", "segment=AX;category=Tea");
see `invopt_xl.core.terms`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from invopt_xl.errors import SettingError, near_names


@dataclass(frozen=True)
class About:
    """What is known of one setting: unit, range, allowed texts, whether a rule may scope it, and the sentence for the reference page."""

    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False
    allowed: tuple[str, ...] = ()
    scoped: bool = False


def _setting(default: Any, help: str, **about: Any) -> Any:
    return field(default=default, metadata={"about": About(help, **about)})


@dataclass(frozen=True)
class Settings:
    """All settings of a run.

    >>> Settings().service_level
    0.95
    >>> Settings.from_mapping({"service_level": "98%", "period": "Week"}).service_level
    0.98
    """

    # time
    period: str = _setting(
        "auto",
        "Planning bucket. 'auto' takes months for monthly data, days for items planned at least daily, else weeks.",
        allowed=("auto", "day", "week", "month"),
    )
    date_order: str = _setting(
        "auto",
        "Order of day and month in text dates such as 3/4/2025. 'auto' looks at all dates of the column.",
        allowed=("auto", "day first", "month first"),
    )
    decimal_mark: str = _setting(
        "auto",
        "Decimal mark of numbers kept as text. 'auto' looks at all numbers of the column.",
        allowed=("auto", "point", "comma"),
    )
    # lead time and review
    default_lead_time_days: float = _setting(
        14.0, "Lead time where neither a receipt nor an entry is known.", unit="days", low=0, high=1500, scoped=True
    )
    review_period_days: float = _setting(
        7.0,
        "Time between two ordering decisions. 0 means continuous review.",
        unit="days",
        low=0,
        high=366,
        scoped=True,
    )
    lead_time_shrinkage: float = _setting(
        5.0,
        "Receipts of the wider group (supplier, all) that the own receipts are blended with.",
        unit="receipts",
        low=0,
        high=1000,
    )
    order_crossing: str = _setting(
        "auto",
        "Whether later orders arrive before earlier ones. 'yes': every order has a lead time of its own, so late orders are partly made up for by others. 'no': orders wait for those before them, and lead times are those of an order that has not to wait. 'held': a delay lasts, so that all orders under way are late together. 'auto': as receipts show, between 'yes' and 'held'; 'held' where there are none.",
        allowed=("auto", "yes", "no", "held"),
        scoped=True,
    )
    max_lead_time_days: float = _setting(
        730.0, "Longer lead times are taken for mistakes and left out.", unit="days", low=1, high=3660
    )
    # service and cost
    service_level: float = _setting(
        0.95, "Service target.", unit="probability", low=0, high=1, open_low=True, open_high=True, scoped=True
    )
    service_measure: str = _setting(
        "cycle",
        "'cycle': chance of no stock-out per cycle. 'fill': share of units delivered from stock.",
        allowed=("cycle", "fill"),
        scoped=True,
    )
    order_cost: float = _setting(
        0.0,
        "Cost of placing one order line. 0 means unknown: order quantities then cover one review period.",
        unit="money per order line",
        low=0,
        scoped=True,
    )
    holding_rate: float = _setting(
        0.20, "Yearly cost of keeping stock, as a share of its value.", unit="per year", low=0, high=5, scoped=True
    )
    service_aim: str = _setting(
        "item",
        "'item': every item keeps its own service target. 'units', 'value' or 'margin': the target holds for all items together (of a rule: for its part of the range), as the share of units, sales value or margin delivered from stock, and each item gets the fill rate that reaches it with the least stock.",
        allowed=("item", "units", "value", "margin"),
    )
    service_least_stock: str = _setting(
        "stock value",
        "What is kept small where the service target holds for all items together: the value of average stock, or what keeping it costs.",
        allowed=("stock value", "holding cost"),
    )
    stock_budget: float = _setting(
        0.0,
        "Average stock (or its yearly cost, see service_least_stock) that may be held where service_aim is not 'item': the best service it buys. 0: the service target decides.",
        unit="money",
        low=0,
    )
    least_item_service: float = _setting(
        0.50,
        "Fill rate that no item falls below where the target holds for all items together.",
        unit="probability",
        low=0,
        high=1,
        open_low=True,
        open_high=True,
    )
    most_item_service: float = _setting(
        0.999,
        "Fill rate that no item rises above where the target holds for all items together.",
        unit="probability",
        low=0,
        high=1,
        open_low=True,
        open_high=True,
    )
    # how safety stock follows what is needed from run to run: core/policy/damping.py, measured with tests/bench/damping.py
    damp_safety_stock: str = _setting(
        "auto",
        "'auto': a change of safety stock since the last run is followed as far as it is more than chance, and then in steps, so that orders do not flutter. 'off': at once.",
        allowed=("auto", "off"),
    )
    # Shares: fractional adjustment as in Dejonckheere, Disney, Lambrecht & Towill (2003), EJOR 147, 567-590; a rise is followed faster than a fall
    safety_stock_rise: float = _setting(
        0.5,
        "Share of a rise of safety stock, beyond what may be chance, that is followed in a week. Critical items and those whose lead time became longer follow at once.",
        unit="share per week",
        low=0,
        high=1,
        open_low=True,
    )
    safety_stock_fall: float = _setting(
        0.25,
        "Share of a fall of safety stock, beyond what may be chance, that is followed in a week; less of it for critical items and for suppliers that are often late.",
        unit="share per week",
        low=0,
        high=1,
        open_low=True,
    )
    damping_slack: float = _setting(
        0.01,
        "Service that damped safety stock may give away for the time being; at most half of what the service target leaves.",
        unit="probability",
        low=0,
        high=0.5,
    )
    next_money: float = _setting(
        1000.0, "Money that the sheet Priorities spends beyond the orders of the plan.", unit="money", low=0
    )
    # what limits orders; suppliers' minimum orders, capacity and containers and locations' storage stand on their sheets
    order_budget: float = _setting(0.0, "Most that all orders of one run may cost. 0: no limit.", unit="money", low=0)
    working_capital_limit: float = _setting(
        0.0,
        "Most that stock, goods on order and the orders of this run may be worth together. 0: no limit.",
        unit="money",
        low=0,
    )
    supplier_order_cost: float = _setting(
        0.0,
        "Cost of placing one order with a supplier, whatever is in it: items are ordered together where it pays.",
        unit="money per supplier order",
        low=0,
    )
    container_fill: float = _setting(
        0.90,
        "Least share of a supplier's containers that goods must fill.",
        unit="share",
        low=0,
        high=1,
        open_low=True,
    )
    pull_forward_days: float = _setting(
        90.0,
        "How far beyond the order-up-to level an order may go to reach a supplier's minimum, a full container or a price break.",
        unit="days of demand",
        low=0,
        high=3660,
    )
    price_break_kind: str = _setting(
        "all-units",
        "'all-units': the price of the quantity reached holds for the whole order. 'incremental': only for the units beyond it.",
        allowed=("all-units", "incremental"),
    )
    order_gap: float = _setting(
        0.01,
        "Orders under limits are searched until no better plan can be cheaper by more than this.",
        unit="share of cost",
        low=0,
        high=1,
    )
    order_days: str = _setting(
        "",
        "Days of the week on which orders are taken, such as 'Mon, Thu'; give it a scope supplier=NAME. Empty: every day.",
        scoped=True,
    )
    shutdown: str = _setting(
        "",
        "Days on which no orders are taken, such as '2026-12-24 to 2027-01-06; 2027-04-02'; give it a scope supplier=NAME. Empty: none.",
        scoped=True,
    )
    # segments; ABC cuts: Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, 4th ed., sec. 2.5
    abc_cuts: tuple[float, float] = _setting(
        (0.80, 0.95), "Cumulated share of yearly value at which class A and class B end.", unit="share", low=0, high=1
    )
    xyz_cuts: tuple[float, float] = _setting(
        (0.50, 1.00),
        "Coefficient of variation of demand per period at which class X and class Y end.",
        unit="ratio",
        low=0,
        high=100,
    )
    # Syntetos, Boylan & Croston (2005), JORS 56, 495-503
    adi_cut: float = _setting(
        1.32,
        "Average inter-demand interval above which demand is intermittent or lumpy.",
        unit="periods",
        low=1,
        high=1000,
    )
    cv2_cut: float = _setting(
        0.49,
        "Squared coefficient of variation (population) of non-zero demands above which demand is erratic or lumpy.",
        unit="ratio",
        low=0,
        high=100,
    )
    new_days: float = _setting(
        180.0, "An item first sold less than this long ago is new.", unit="days", low=0, high=3660
    )
    dead_days: float = _setting(365.0, "An item without demand for this long is dead.", unit="days", low=1, high=3660)
    # data checks
    missing_share_limit: float = _setting(
        0.05, "Share of missing values of a column above which the data check warns.", unit="share", low=0, high=1
    )
    min_history_months: float = _setting(
        18.0, "The data check warns when the sales history is shorter.", unit="months", low=0, high=240
    )
    # Robust z-score against the local median; Iglewicz & Hoaglin (1993) propose 3.5 on normal data, demand is skewed
    outlier_cut: float = _setting(
        6.0,
        "A period further than this many robust standard deviations from its neighbours is marked as an outlier.",
        unit="standard deviations",
        low=2,
        high=100,
    )
    # forecast
    forecast_periods: int = _setting(
        0, "Periods on the Forecast sheet. 0: a quarter of a year.", unit="periods", low=0, high=732
    )
    min_gain: float = _setting(
        0.01,
        "The combination of statistical methods replaces the moving average in a segment only if its simulated cost on held-back windows is lower by this share.",
        unit="share",
        low=0,
        high=1,
    )
    challenger_margin: tuple[float, float, float] = _setting(
        (0.03, 0.08, 0.15),
        "Share by which boosted trees must lower the simulated cost on held-back windows to replace the statistical forecast: of A, B and C items. Half of it for half trees.",
        unit="share",
        low=0,
        high=1,
    )
    boosted_trees: str = _setting(
        "auto",
        "Whether boosted trees compete. 'auto': when they are installed (extra 'learn') and there is enough history.",
        allowed=("auto", "off"),
    )
    retrain_days: float = _setting(
        28.0, "Saved boosted trees older than this are fitted anew.", unit="days", low=0, high=3660
    )
    drift_limit: float = _setting(
        0.25,
        "Saved boosted trees are fitted anew when their loss on the latest windows rose by more than this share.",
        unit="share",
        low=0,
        high=100,
    )
    country: str = _setting(
        "",
        "Country (or country-subdivision) whose public holidays the forecast knows, such as DE or US-CA. Empty: none.",
    )
    seed: int = _setting(1, "Seed of everything random; the same seed gives the same plan.", low=0, high=2147483647)
    # exceptions
    change_limit: float = _setting(
        0.20,
        "A reorder point or order that moved by more than this share since the last plan is flagged.",
        unit="share",
        low=0,
        high=100,
    )
    excess_cover_days: float = _setting(
        180.0,
        "Stock beyond the order-up-to level counts as excess when it covers more than this.",
        unit="days",
        low=0,
        high=3660,
        scoped=True,
    )
    moq_months_limit: float = _setting(
        6.0, "Flag when the minimum order covers more than this.", unit="months", low=0, high=240
    )
    # decisions
    approval_value_limit: float = _setting(
        0.0, "Order lines above this value need a reason before they become orders. 0: no limit.", unit="money", low=0
    )
    approval_change_limit: float = _setting(
        0.50,
        "A quantity of yours that differs from the recommended one by more than this needs a reason before it becomes an order.",
        unit="share",
        low=0,
        high=100,
    )
    # writing
    backup: str = _setting(
        "none",
        "'dated' keeps a copy of the workbook, with date and time in its name, before it is written.",
        allowed=("none", "dated"),
    )
    currency: str = _setting("", "Currency shown in money columns, such as EUR. Empty: none.")

    def __post_init__(self) -> None:
        for each in fields(self):
            _check(each.name, getattr(self, each.name), each.metadata["about"])
        for name in ("abc_cuts", "xyz_cuts"):
            low, high = getattr(self, name)
            if not low < high:
                raise SettingError(f"Setting {name}: the first cut must be below the second, got {low} and {high}.")
        if not self.least_item_service < self.most_item_service:
            raise SettingError(
                f"Setting least_item_service: expected less than most_item_service ({self.most_item_service:g}), got {self.least_item_service:g}."
            )

    @classmethod
    def from_mapping(cls, given: Mapping[str, object], base: Settings | None = None) -> Settings:
        """Return settings with `given` values over `base` (default: the defaults).

        Values may be texts as a planner writes them: "95%", "0,95", "A" ...

        Raises
        ------
        SettingError
            Unknown name (with the nearest known one), wrong type, or out of range.
        """
        changes: dict[str, Any] = {name: parse(name, value) for name, value in given.items()}
        return dataclasses.replace(base or cls(), **changes)


def about(name: str) -> About:
    """Return what is known of a setting; SettingError for an unknown name."""
    known = {each.name: each for each in fields(Settings)}
    if name not in known:
        raise SettingError(f"Unknown setting '{name}'.{near_names(name, known)} docs/reference.md lists all of them.")
    found: About = known[name].metadata["about"]
    return found


def parse(name: str, value: object) -> object:
    """Return `value` in the setting's own type and unit, checked.

    >>> parse("service_level", 95)
    0.95
    >>> parse("abc_cuts", "70%; 90%")
    (0.7, 0.9)
    """
    info = about(name)
    default = {each.name: each.default for each in fields(Settings)}[name]
    if isinstance(default, tuple):
        parts = value.replace(";", " ").split() if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)) or len(parts) != len(default):
            raise SettingError(f"Setting {name}: expected {len(default)} numbers such as {default}, got {value!r}.")
        result: object = tuple(_number(name, part, info) for part in parts)
    elif isinstance(default, str):
        result = _text(name, value, info)
    elif isinstance(default, int) and not isinstance(default, bool):
        number = _number(name, value, info)
        if number != int(number):
            raise SettingError(f"Setting {name}: expected a whole number, got {value!r}.")
        result = int(number)
    else:
        result = _number(name, value, info)
    _check(name, result, info)
    return result


def _text(name: str, value: object, info: About) -> str:
    text = str(value).strip()
    if not info.allowed:
        return text
    wanted = {option.casefold(): option for option in info.allowed}
    if text.casefold() not in wanted:
        raise SettingError(
            f"Setting {name}: expected one of {', '.join(info.allowed)}, got '{text}'.{near_names(text, info.allowed)}"
        )
    return wanted[text.casefold()]


def _number(name: str, value: object, info: About) -> float:
    percent = False
    if isinstance(value, str):
        text = value.strip()
        percent = text.endswith("%")
        text = text.rstrip("%").strip()
        if "," in text and "." not in text:
            text = text.replace(",", ".")
        try:
            number = float(text)
        except ValueError:
            raise SettingError(f"Setting {name}: expected a number{_range(info)}, got '{value}'.") from None
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    else:
        raise SettingError(f"Setting {name}: expected a number{_range(info)}, got {value!r}.")
    # a planner writes a probability as 95 or 95 %
    if percent or (info.unit == "probability" and 1 < number <= 100):
        number /= 100
    return number


def _check(name: str, value: object, info: About) -> None:
    if info.allowed and value not in info.allowed:
        raise SettingError(f"Setting {name}: expected one of {', '.join(info.allowed)}, got {value!r}.")
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, str):
            continue
        if not isinstance(number, (int, float)) or not _inside(float(number), info):
            raise SettingError(f"Setting {name}: expected a number{_range(info)}, got {number!r}.")


def _inside(number: float, info: About) -> bool:
    if number != number or number in (float("inf"), float("-inf")):
        return False
    if info.low is not None and (number < info.low or (info.open_low and number == info.low)):
        return False
    return not (info.high is not None and (number > info.high or (info.open_high and number == info.high)))


def _range(info: About) -> str:
    unit = f" [{info.unit}]" if info.unit else ""
    if info.low is None and info.high is None:
        return unit
    if info.high is None:
        return f" of at least {info.low:g}{unit}"
    between = "strictly between" if info.open_low and info.open_high else "from"
    return f" {between} {info.low:g} {'and' if info.open_low else 'to'} {info.high:g}{unit}"
