"""A plan of some items only: their rows are new, those of all others stay as they stand on the sheets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from invopt_xl.core.plan import Plan

#: Tables of a plan with rows per item.
ITEM_TABLES = ("recommendations", "exceptions", "orders", "forecast", "explanations")


def partly_refreshed(plan: Plan, before: Mapping[str, pd.DataFrame], items: Collection[tuple[str, str]]) -> Plan:
    """Return the plan with the rows of `items` from `plan`, and all others from `before`.

    Parameters
    ----------
    plan : Plan
        Of all items, as they are now.
    before : mapping of str to DataFrame
        The tables (`ITEM_TABLES`) as they stand on the sheets; one that is missing is taken from `plan` as a whole.
    items : collection of (sku, location)
    """
    merged = {
        name: _merged(before[name], getattr(plan, name), frozenset(items)) for name in ITEM_TABLES if name in before
    }
    return replace(plan, **merged)  # type: ignore[arg-type]


def _merged(old: pd.DataFrame, new: pd.DataFrame, items: frozenset[tuple[str, str]]) -> pd.DataFrame:
    kept = pd.DataFrame({name: _like(old.get(name), new[name], len(old)) for name in new.columns})
    kept = kept[[pair not in items and pair[0] != "" for pair in _pairs(kept)]]
    fresh = new[[pair in items for pair in _pairs(new)]]
    both = pd.concat([kept, fresh], ignore_index=True) if len(kept) else fresh.reset_index(drop=True)
    rank = {pair: at for at, pair in enumerate(dict.fromkeys(_pairs(new)))}
    order = pd.Series([rank.get(pair, len(rank)) for pair in _pairs(both)], dtype="int64").sort_values(kind="stable")
    return both.loc[order.index].reset_index(drop=True).astype(new.dtypes.to_dict())


def _pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["sku"].astype("str").tolist(), frame["location"].astype("str").tolist(), strict=True))


def _like(old: pd.Series | None, new: pd.Series, count: int) -> pd.Series:
    """Return a column of cells in the type that the plan has it in."""
    if old is None:
        return pd.Series([None] * count, dtype=object).astype(new.dtype)
    cells = old.reset_index(drop=True)
    if new.dtype.kind == "M":
        return pd.to_datetime(cells, errors="coerce").astype(new.dtype)
    if new.dtype.kind in "fiu":
        return pd.to_numeric(cells, errors="coerce").astype("float64")
    texts = [_text(cell) for cell in cells]
    return pd.Series(texts, dtype="str")


def _text(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
