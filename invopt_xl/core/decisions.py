"""The planner's standing decisions (Overrides) that hold on the day of the plan. Serves terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.findings import Finding
from invopt_xl.core.tables import place
from invopt_xl.errors import SettingError, near_names
from invopt_xl.settings import parse

#: Fields of a decision that are a number, and the smallest sensible value.
_NUMBERS = {
    "safety_stock": 0.0,
    "reorder_point": 0.0,
    "order_up_to": 0.0,
    "lead_time_days": 0.0,
    "demand_per_period": 0.0,
    "moq": 0.0,
    "pack_size": 0.0,
}
FIELDS = ("service_level", *_NUMBERS, "supplier")


@dataclass(frozen=True)
class Decisions:
    """`numbers`: float array (n,) by field, NaN where there is no decision. `supplier`, `note`: object arrays (n,), "" where none."""

    numbers: dict[str, np.ndarray]
    supplier: np.ndarray
    note: np.ndarray
    findings: tuple[Finding, ...]


def standing_decisions(checked: Checked, series: pd.DataFrame) -> Decisions:
    """Return the decisions that hold on `as_of` for each series.

    A decision for a location wins over one for all locations, a later row over an earlier one. One that cannot be read is a finding.
    """
    sheet = checked.frames["Overrides"]
    holds = (sheet["until"].isna() | (sheet["until"] >= checked.as_of)).to_numpy()
    at = np.flatnonzero(holds)
    # rows for all locations first, so that a row for one location writes over them
    at = at[np.argsort(sheet["location"].notna().to_numpy()[at], kind="stable")]
    n = len(series)
    values = {name: np.full(n, np.nan) for name in FIELDS if name != "supplier"}
    supplier, note = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    by_sku = series.groupby("sku", sort=False).indices
    locations = series["location"].to_numpy()
    texts: dict[int, dict[str, str]] = {}
    findings: list[Finding] = []
    # one turn per decision that a person typed in
    for position in at:
        row = sheet.iloc[position]
        rows = by_sku.get(row["sku"], np.empty(0, dtype=np.int64))
        if isinstance(row["location"], str):
            rows = rows[locations[rows] == row["location"]]
        try:
            field, value = _read(str(row["field"]), str(row["value"]))
        except SettingError as error:
            findings.append(
                Finding(
                    "error",
                    "Overrides",
                    place(sheet, int(position), "field"),
                    str(error),
                    "The decision is ignored until it is corrected.",
                    1,
                )
            )
            continue
        if field == "supplier":
            supplier[rows] = value
        else:
            values[field][rows] = value
        for each in rows:
            texts.setdefault(int(each), {})[field] = _note(field, row)
    for each, said in texts.items():
        note[each] = "; ".join(said.values())
    return Decisions(values, supplier, note, tuple(findings))


def _read(field: str, value: str) -> tuple[str, object]:
    """Return field and value of a decision.

    >>> _read("Safety Stock", "1,5")
    ('safety_stock', 1.5)
    """
    name = field.strip().casefold().replace(" ", "_")
    if name not in FIELDS:
        raise SettingError(f"Unknown field '{field}'.{near_names(name, FIELDS)} Known: {', '.join(FIELDS)}.")
    if name == "supplier":
        return name, value
    if name == "service_level":
        return name, parse("service_level", value)
    text = value.replace(" ", "")
    text = text.replace(",", ".") if "," in text and "." not in text else text
    try:
        number = float(text)
    except ValueError:
        raise SettingError(f"Field {name}: expected a number, got '{value}'.") from None
    if not np.isfinite(number) or number < _NUMBERS[name]:
        raise SettingError(f"Field {name}: expected a number of at least {_NUMBERS[name]:g}, got '{value}'.")
    return name, number


def _note(field: str, row: pd.Series) -> str:
    told = [str(row[name]) for name in ("author", "reason") if isinstance(row[name], str)]
    if not pd.isna(row["until"]):
        told.append(f"until {row['until']:%Y-%m-%d}")
    return f"{field} {row['value']}" + (f" ({', '.join(told)})" if told else "")
