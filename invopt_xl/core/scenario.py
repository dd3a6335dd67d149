"""One input different: which input a planner named, and planned and changed figures of some items side by side, as a sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from invopt_xl.core.plan import Plan
from invopt_xl.core.sheets import Alert, Block, Column, SheetSpec, Text
from invopt_xl.core.stages import Stages
from invopt_xl.core.whatif import LIMITS, RESULTS, what_if
from invopt_xl.errors import InputError, near_names

SCENARIO_SHEET = "Scenario"
_SHARES = ("service_level",)
#: A change of demand as scenario files and people write it: "demand x1.2", "demand = +20%".
_DEMAND = re.compile(r"\s*demand\s*[=:]?\s*([x*×+\-\d].*?)\s*$", re.IGNORECASE)
_COLUMNS: tuple[Column, ...] = (
    Column("sku", "key", "Item number."),
    Column("location", "key", "Stocking place."),
    Column("description", "text", "Name of the item."),
    Column("figure", "text", "What is compared; the notes on the Recommendations sheet say what each figure is.", 22),
    Column("planned", "number", "As planned.", 14),
    Column("scenario", "number", "With the one input changed.", 14),
    Column("difference", "number", "Scenario minus planned.", 14),
)


def read_change(text: str) -> tuple[str, float]:
    """Return input and value of what a planner typed.

    Raises
    ------
    InputError
        It is no "name = value", the name is unknown, or the value is out of range.

    Examples
    --------
    >>> read_change("Lead time days = 21"), read_change("service_level: 98%"), read_change("demand_factor=1,2")
    (('lead_time_days', 21.0), ('service_level', 0.98), ('demand_factor', 1.2))
    >>> read_change("demand x1.2"), read_change("demand = +20%"), read_change("Demand -10 %")
    (('demand_factor', 1.2), ('demand_factor', 1.2), ('demand_factor', 0.9))
    """
    demand = _DEMAND.match(text)
    if demand:
        name, value = "demand_factor", _factor(demand.group(1), text)
    else:
        name, sign, value = (text if "=" in text else text.replace(":", "=", 1)).partition("=")
        if not sign:
            raise InputError(f"'{text.strip()}' names no value. Write it as lead_time_days = 21, or as demand x1.2.")
    field = name.strip().casefold().replace(" ", "_").replace("-", "_")
    if field not in LIMITS:
        raise InputError(
            f"'{name.strip()}' is no input of a scenario.{near_names(field, LIMITS)} Known: {', '.join(LIMITS)}."
        )
    number = _number(value, field)
    low, high = LIMITS[field]
    if not low <= number <= high:
        raise InputError(f"{field}: expected a number from {low:g} to {high:g}, found {value.strip()}.")
    return field, number


def _factor(said: str, text: str) -> str:
    """Return what demand is multiplied by, as a number in text."""
    value = said.replace(" ", "")
    if value.startswith(("+", "-")) and value.endswith("%"):
        return f"{1 + _number(value, 'demand'):.10g}"
    if value[0] in "x*×":
        return value[1:]
    raise InputError(f"'{text.strip()}': write a change of demand as demand x1.2, or as demand +20%.")


def _number(value: str, field: str) -> float:
    text = value.strip().replace(" ", "")
    percent = text.endswith("%")
    text = text.rstrip("%")
    text = text.replace(",", ".") if "," in text and "." not in text else text
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{field}: expected a number, found '{value.strip()}'.") from None
    # a service level may be written 95 or 95%
    return number / 100 if percent or (field in _SHARES and 1 < number <= 100) else number


def scenario(plan: Plan, stages: Stages, *, rows: Sequence[int], field: str, value: float) -> pd.DataFrame:
    """Return planned and changed figures: one row per item and figure, with sku, location, description, figure, planned, scenario, difference.

    Parameters
    ----------
    plan : Plan
    stages : Stages
        Behind `plan`.
    rows : sequence of int
        Rows of the recommendations.
    field, value
        From `read_change`.
    """
    parts = []
    for row in rows:
        about = plan.recommendations.iloc[row]
        changed = what_if(stages, row=row, field=field, values=np.array([value]), settings=plan.settings).iloc[0]
        planned = [_planned(about, name) for name in RESULTS]
        parts.append(
            pd.DataFrame(
                {
                    "sku": about["sku"],
                    "location": about["location"],
                    "description": about["description"],
                    "figure": list(RESULTS),
                    "planned": planned,
                    "scenario": changed[list(RESULTS)].to_numpy(dtype=float).round(6),
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(difference=frame["scenario"] - frame["planned"])


def _planned(about: pd.Series, name: str) -> float:
    number = pd.to_numeric(about[name], errors="coerce")
    return float(number)


def scenario_sheet(frame: pd.DataFrame, *, field: str, value: float) -> SheetSpec:
    """Return the sheet of a scenario."""
    texts = (
        Text("Scenario", 1, 1, "heading"),
        Text(
            f"What if {field.replace('_', ' ')} were {value:,.6g}? Everything else is as planned. No recommendation was changed.",
            2,
            1,
            "note",
        ),
    )
    block = Block(
        "Scenario",
        frame[[each.name for each in _COLUMNS]],
        _COLUMNS,
        row=4,
        key=("sku", "location", "figure"),
        alerts=(Alert("difference", ">", 0.0, "watch"), Alert("difference", "<", 0.0, "watch")),
    )
    return SheetSpec(SCENARIO_SHEET, blocks=(block,), texts=texts, freeze=(4, 0), tab="watch")
