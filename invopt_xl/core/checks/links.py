"""Names that lead nowhere, in circles, or in two directions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.checks.grouping import examples, grouped
from invopt_xl.core.findings import Finding

#: Column -> table and column that should know its values.
_LINKS = (
    ("Sales", "sku", "Items", "sku", "planned without item data"),
    ("Stock", "sku", "Items", "sku", "planned without item data"),
    ("OpenOrders", "sku", "Items", "sku", "planned without item data"),
    ("Sources", "sku", "Items", "sku", "not used"),
    ("Overrides", "sku", "Items", "sku", "not used unless it is sold or stocked"),
    ("Items", "supplier", "Suppliers", "supplier", "planned without supplier data"),
    ("Sources", "supplier", "Suppliers", "supplier", "planned without supplier data"),
    ("Items", "like_sku", "Items", "sku", "used if it has sales"),
    ("Items", "successor_sku", "Items", "sku", "used all the same"),
    ("Sales", "location", "Locations", "location", "planned all the same"),
    ("Stock", "location", "Locations", "location", "planned all the same"),
    ("Lanes", "from_location", "Locations", "location", "not used"),
    ("Lanes", "to_location", "Locations", "location", "not used"),
    ("Locations", "parent", "Locations", "location", "taken as supplied from outside"),
)


def find_unknown_names(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return one warning per column with names that the other table does not know. A table that is not given knows nothing and finds nothing."""
    findings: list[Finding] = []
    for table, column, other, key, effect in _LINKS:
        frame, known = frames[table], frames[other][key]
        if not len(frame) or not len(known):
            continue
        names = frame[column]
        unknown = (names.notna() & ~names.isin(known)).to_numpy()
        if not unknown.any():
            continue
        number = int(names[unknown].nunique())
        word = {"sku": "skus", "supplier": "suppliers"}.get(key, "locations")
        word = word if number != 1 else word[:-1]
        text = f"{number:,} {word} unknown in {other}: {examples(names[unknown])}; {effect}."
        fix = f"Add {'it' if number == 1 else 'them'} to {other}, or correct the spelling."
        findings += grouped(frame, unknown, table=table, column=column, severity="warning", text=text, fix=fix)
    return findings


def find_circles(frames: dict[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Return the tables without successors and parents that lead back to themselves, and an error for each kind of circle."""
    kept, findings = dict(frames), []
    for table, key, column, fix in (
        ("Items", "sku", "successor_sku", "Say which item replaces which, in one direction."),
        ("Locations", "location", "parent", "Say which location supplies which, in one direction."),
    ):
        frame = frames[table]
        circular = in_circle(frame[key], frame[column])
        text = f"{{rows}} whose {column} leads back to itself: {examples(frame[key][circular])}; it is ignored."
        findings += grouped(frame, circular, table=table, column=column, severity="error", text=text, fix=fix)
        kept[table] = frame.assign(**{column: frame[column].mask(circular)})
    return kept, findings


def in_circle(name: pd.Series, following: pd.Series) -> np.ndarray:
    """Return the mask of rows from which following the names leads back to the row.

    >>> in_circle(pd.Series(["a", "b", "c", "d"]), pd.Series(["b", "a", "a", None])).tolist()
    [True, True, False, False]
    """
    step = dict(zip(name, following, strict=True))
    circular: set[str] = set()
    done: set[str] = set()
    for start in step:
        path: list[str] = []
        at = start
        while isinstance(at, str) and at in step and at not in done and at not in path:
            path.append(at)
            at = step[at]
        if at in path:
            circular.update(path[path.index(at) :])
        done.update(path)
    return name.isin(circular).to_numpy()


def find_contradictions(items: pd.DataFrame) -> list[Finding]:
    """Return findings for values of one item that contradict each other."""
    findings: list[Finding] = []
    moq, pack = items["moq"].to_numpy(), items["pack_size"].to_numpy()
    both = (moq > 0) & (pack > 0)
    rest = np.where(both, np.mod(moq, np.where(both, pack, 1.0)), 0.0)
    # packs of a tenth leave binary dust
    uneven = both & (rest > 1e-9 * np.maximum(moq, 1)) & (np.where(both, pack, 1.0) - rest > 1e-9 * np.maximum(moq, 1))
    text = "{rows} whose moq ({values}) is no multiple of pack_size; orders are rounded up to whole packs above it."
    findings += grouped(
        items, uneven, table="Items", column="moq", severity="info", text=text, fix="Nothing, if both are right."
    )
    below = (items["unit_price"] < items["unit_cost"]).to_numpy() & (items["unit_price"] > 0).to_numpy()
    text = "{rows} whose unit_price ({values}) is below unit_cost."
    findings += grouped(
        items,
        below,
        table="Items",
        column="unit_price",
        severity="warning",
        text=text,
        fix="Check price and cost, and that both are for one unit in one currency.",
    )
    swapped = (items["min_stock"] > items["max_stock"]).to_numpy()
    text = "{rows} whose min_stock ({values}) is above max_stock; max_stock wins."
    findings += grouped(
        items, swapped, table="Items", column="min_stock", severity="warning", text=text, fix="Correct one of them."
    )
    level = items["service_level"]
    wrong = (level.notna() & ((level <= 0) | (level == 1) | (level >= 100))).to_numpy()
    text = "{rows} with a service_level of {values}: expected a chance strictly between 0 and 100 %; the rule or setting is used."
    findings += grouped(
        items, wrong, table="Items", column="service_level", severity="warning", text=text, fix="Write 0.95, 95 or 95%."
    )
    return findings
