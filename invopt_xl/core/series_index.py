"""Which sku-locations are planned, in one order for every stage, and which one each sales row belongs to. Serves history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.contracts import DEFAULT_LOCATION


@dataclass(frozen=True)
class SeriesIndex:
    """`series`: sku and location of each planned series, sorted, shape (n,). `row_series`: series of each sales row, shape (rows,).

    `moved`: sales rows of an item that has a successor, counted for the successor; bool, shape (rows,).
    """

    series: pd.DataFrame
    row_series: np.ndarray
    moved: np.ndarray


def index_series(checked: Checked) -> SeriesIndex:
    """Return the union of sku-locations in Sales and Stock, and items without either at the usual location."""
    sales, stock, items = (checked.frames[name] for name in ("Sales", "Stock", "Items"))
    successors = final_successors(items, as_of=checked.as_of)
    codes, skus = pd.factorize(sales["sku"])
    heirs = pd.Series(skus, dtype="str").map(successors).astype("str")
    moved = heirs.notna().to_numpy()[codes]
    heir_skus = heirs.fillna(pd.Series(skus, dtype="str")).to_numpy()
    places, locations = pd.factorize(sales["location"])
    pair = codes.astype(np.int64) * len(locations) + places
    pair_codes, pairs = pd.factorize(pair)
    sold = pd.DataFrame(
        {"sku": heir_skus[pairs // len(locations)], "location": np.asarray(locations)[pairs % len(locations)]}
    )
    plain = pd.DataFrame({"sku": np.asarray(skus)[pairs // len(locations)], "location": sold["location"]})
    known = pd.concat([sold, plain, stock[["sku", "location"]]], ignore_index=True).astype("str")
    rest = items.loc[~items["sku"].isin(known["sku"]), "sku"]
    usual = _usual_location(sold["location"])
    known = pd.concat([known, pd.DataFrame({"sku": rest, "location": usual})], ignore_index=True).astype("str")
    series = known.drop_duplicates().sort_values(["sku", "location"], kind="stable", ignore_index=True)
    return SeriesIndex(series=series, row_series=series_of(series, sold)[pair_codes], moved=moved)


def series_of(series: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Return the position in `series` of each row's sku and location, int64, -1 where it is no series.

    >>> series = pd.DataFrame({"sku": ["a", "b"], "location": ["MAIN", "MAIN"]})
    >>> series_of(series, pd.DataFrame({"sku": ["b", "c"], "location": ["MAIN", "MAIN"]}))
    array([ 1, -1])
    """
    wanted = pd.MultiIndex.from_arrays([rows["sku"].astype("object"), rows["location"].astype("object")])
    known = pd.MultiIndex.from_arrays([series["sku"].astype("object"), series["location"].astype("object")])
    return np.asarray(known.get_indexer(wanted), dtype=np.int64)


def of_sku(items: pd.DataFrame, column: str, skus: pd.Series) -> pd.Series:
    """Return the value of `column` of each sku, in the column's own type; missing where the sku has no row. The first row of a sku counts.

    >>> items = pd.DataFrame({"sku": ["a"], "moq": [12.0]})
    >>> of_sku(items, "moq", pd.Series(["b", "a"])).tolist()
    [nan, 12.0]
    """
    return looked_up(items, "sku", column, skus)


def looked_up(table: pd.DataFrame, key: str, column: str, wanted: pd.Series) -> pd.Series:
    """Return the value of `column` in the first row whose `key` is wanted, one for each of `wanted`; missing where there is none."""
    values = table.drop_duplicates(key).set_index(key)[column].reindex(wanted)
    return values.reset_index(drop=True)


def final_successors(items: pd.DataFrame, *, as_of: pd.Timestamp) -> dict[str, str]:
    """Return the last successor of each replaced sku. A successor that is launched after `as_of` does not replace yet.

    >>> items = pd.DataFrame({"sku": ["a", "b", "c"], "successor_sku": ["b", "c", None], "launch_date": pd.NaT})
    >>> final_successors(items, as_of=pd.Timestamp("2026-01-01"))
    {'a': 'c', 'b': 'c'}
    """
    later = set(items.loc[items["launch_date"] > as_of, "sku"])
    given = items.loc[items["successor_sku"].notna() & (items["successor_sku"] != items["sku"])]
    step = {sku: heir for sku, heir in zip(given["sku"], given["successor_sku"], strict=True) if heir not in later}
    final: dict[str, str] = {}
    for sku in step:
        seen = {sku}
        heir = step[sku]
        while heir in step and heir not in seen:
            seen.add(heir)
            heir = step[heir]
        if heir != sku:
            final[sku] = heir
    return final


def _usual_location(locations: pd.Series) -> str:
    different = locations.unique()
    return str(different[0]) if len(different) == 1 else DEFAULT_LOCATION
