"""What a scenario may change: the inputs by name, their limits, and which stages of the plan each one runs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from invopt_xl.core.whatif import LIMITS
from invopt_xl.errors import SettingError, near_names
from invopt_xl.settings import about

#: Columns of `Terms.frame` beyond those of a what-if of one item, with smallest and largest sensible value.
_MORE: Mapping[str, tuple[float, float]] = {"unit_price": (0.0, 1e12), "shelf_life_days": (0.0, 36600.0)}

DEMAND_FACTOR, LEAD_TIME, REVIEW, DISRUPTED = (
    "demand_factor",
    "lead_time_days",
    "review_period_days",
    "disrupted_until",
)

#: All inputs that are numbers, with limits in their own unit.
NUMBER_LIMITS: Mapping[str, tuple[float, float]] = {**LIMITS, **_MORE}

#: Settings of a whole run that a scenario may change: what all items share.
RUN_SETTINGS: tuple[str, ...] = (
    "order_budget",
    "working_capital_limit",
    "stock_budget",
    "supplier_order_cost",
    "container_fill",
    "pull_forward_days",
)

FIELDS: tuple[str, ...] = (*NUMBER_LIMITS, DISRUPTED, *RUN_SETTINGS)

#: Units of inputs, and the words that stand for them after a number, casefolded; the first is how it is said.
UNITS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("on_hand", "on_order", "reserved", "backorders", "moq", "pack_size", "min_stock", "max_stock"),
        ("units", "unit", "pieces", "pcs", "pc", "ea"),
    ),
    **dict.fromkeys((LEAD_TIME, REVIEW, "shelf_life_days"), ("days", "day", "d")),
    **dict.fromkeys(("unit_cost", "unit_price", "order_cost", *RUN_SETTINGS[:4]), ("money",)),
    "service_level": ("points", "point", "pp", "percentage points"),
    DEMAND_FACTOR: ("units per period", "units", "unit", "pieces", "pcs"),
    "holding_rate": ("per year",),
    "container_fill": ("share",),
    "pull_forward_days": ("days of demand", "days", "day"),
}

#: What planners call them.
_SYNONYMS: Mapping[str, str] = {
    "demand": DEMAND_FACTOR,
    "service": "service_level",
    "service_target": "service_level",
    "lead_time": LEAD_TIME,
    "review": REVIEW,
    "review_period": REVIEW,
    "stock": "on_hand",
    "cost": "unit_cost",
    "minimum_order": "moq",
    "pack": "pack_size",
    "disrupted": DISRUPTED,
    "budget": "order_budget",
    "working_capital": "working_capital_limit",
    "shelf_life": "shelf_life_days",
}

#: Stages that every scenario runs again.
_ALWAYS = ("policy", "orders")


@dataclass(frozen=True)
class Rerun:
    """Stages that a scenario runs again, in order; everything else is taken from the plan as it is."""

    stages: tuple[str, ...]

    def in_words(self) -> str:
        """Return one sentence for the sheet."""
        kept = "The forecast is not fitted again" + (
            "; its distribution is worked out anew over the changed interval or level."
            if "demand distribution" in self.stages
            else "."
        )
        return f"Run again: {', '.join(self.stages)}. {kept}"


def field_named(text: str) -> str:
    """Return the input of that name.

    Raises
    ------
    SettingError
        Nothing, or more than one thing, is called so.

    >>> field_named("Lead time"), field_named("demand")
    ('lead_time_days', 'demand_factor')
    """
    name = text.strip().casefold().replace(" ", "_").replace("-", "_")
    name = _SYNONYMS.get(name, name)
    if name == "price":
        raise SettingError(
            "'price' can be what you pay or what you ask: write unit_cost (purchase) or unit_price (sales)."
        )
    if name not in FIELDS:
        raise SettingError(
            f"'{text}' is nothing that a scenario can change.{near_names(name, FIELDS)} Known: {', '.join(FIELDS)}."
        )
    return name


def limits_of(field: str) -> tuple[float, float]:
    """Return smallest and largest value of an input that is a number, in its own unit."""
    if field in NUMBER_LIMITS:
        return NUMBER_LIMITS[field]
    info = about(field)
    return (0.0 if info.low is None else info.low, 1e12 if info.high is None else info.high)


def rerun(fields: frozenset[str] | set[str]) -> Rerun:
    """Return which stages run again when these inputs change.

    >>> rerun({"moq"}).stages
    ('terms', 'policy', 'orders')
    >>> rerun({"demand_factor"}).stages
    ('demand distribution', 'policy', 'orders')
    """
    stages = []
    if fields - {DEMAND_FACTOR, LEAD_TIME, *RUN_SETTINGS}:
        stages.append("terms")
    if fields & {LEAD_TIME, DISRUPTED}:
        stages.append("lead times")
    if fields & {DEMAND_FACTOR, LEAD_TIME, REVIEW, DISRUPTED}:
        stages.append("demand distribution")
    return Rerun((*stages, *_ALWAYS))
