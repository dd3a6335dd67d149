"""Where each series is bought: the best source that can deliver. Serves terms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.series_index import of_sku

#: Columns of `choose_sources`.
SOURCE_COLUMNS = (
    "supplier",
    "supplier_from",
    "unit_cost",
    "moq",
    "pack_size",
    "source_lead_time_days",
    "source_capacity",
)


def choose_sources(checked: Checked, series: pd.DataFrame, *, wanted: np.ndarray) -> pd.DataFrame:
    """Return the source of each series.

    Parameters
    ----------
    checked : Checked
    series : DataFrame
        sku and location, n rows.
    wanted : object array, shape (n,)
        Supplier that the planner has decided on; "" leaves the choice.

    Returns
    -------
    DataFrame
        n rows, `SOURCE_COLUMNS`: supplier and supplier_from are texts ("" if none), numbers NaN where the source says nothing.

    Notes
    -----
    A source whose supplier is blocked, or disrupted beyond `as_of`, is passed over while there is another. Then priority decides (a
    source without one comes after those with one), then the supplier of the item row, cost, a source for this very location, the order
    of the sheet.
    """
    items = checked.frames["Items"]
    own = of_sku(items, "supplier", series["sku"]).astype("str")
    ranked = _ranked(checked, series, own, pd.Series(wanted, dtype="str"))
    best = ranked.drop_duplicates("series").set_index("series").reindex(range(len(series)))
    listed = best["supplier"].notna().to_numpy()
    received = _last_supplier(checked.frames["LeadTimes"], series["sku"])
    decided = wanted != ""
    item = own.notna().to_numpy()
    supplier = np.select(
        [decided, listed, item], [wanted, best["supplier"].fillna(""), own.fillna("")], received.fillna("")
    )
    passed = best["passed_over"].fillna("").to_numpy(dtype=object)
    from_source = np.where(passed != "", "source, instead of " + passed, "source")
    origin = np.select([decided, listed, item, received.notna()], ["override", from_source, "item", "receipts"], "")
    numbers = {name: np.where(listed, best[column], np.nan) for name, column in _NUMBERS.items()}
    frame = pd.DataFrame({"supplier": supplier, "supplier_from": origin}).astype("str")
    return frame.assign(**numbers)[list(SOURCE_COLUMNS)]


_NUMBERS = {
    "unit_cost": "unit_cost",
    "moq": "moq",
    "pack_size": "pack_size",
    "source_lead_time_days": "lead_time_days",
    "source_capacity": "capacity",
}


def unavailable(suppliers: pd.DataFrame, *, as_of: pd.Timestamp) -> tuple[set[str], set[str]]:
    """Return the names of blocked suppliers, and of those disrupted beyond `as_of`."""
    blocked = set(suppliers.loc[suppliers["status"] == "blocked", "supplier"])
    disrupted = set(suppliers.loc[suppliers["disrupted_until"] > as_of, "supplier"])
    return blocked, disrupted


def _ranked(checked: Checked, series: pd.DataFrame, own: pd.Series, wanted: pd.Series) -> pd.DataFrame:
    """Return sources of each series, best first; with a decided supplier only its sources."""
    keys = series[["sku", "location"]].assign(
        series=np.arange(len(series)), own=own.to_numpy(), wanted=wanted.to_numpy()
    )
    rows = checked.frames["Sources"].merge(keys, on="sku", suffixes=("", "_of_series"))
    here = rows["location"].isna() | (rows["location"] == rows["location_of_series"])
    rows = rows[here & ((rows["wanted"] == "") | (rows["wanted"] == rows["supplier"]))]
    blocked, disrupted = unavailable(checked.frames["Suppliers"], as_of=checked.as_of)
    rows = rows.assign(
        trouble=np.where(rows["supplier"].isin(blocked), 2, np.where(rows["supplier"].isin(disrupted), 1, 0)),
        rank=rows["priority"].fillna(np.inf),
        usual=rows["supplier"] != rows["own"],
        cost=rows["unit_cost"].fillna(np.inf),
        general=rows["location"].isna(),
    )
    plain = rows.sort_values(["series", "rank", "usual", "cost", "general"], kind="stable")
    first = plain.drop_duplicates("series").set_index("series")["supplier"]
    ranked = plain.sort_values(["series", "trouble"], kind="stable")
    usual = first.reindex(ranked["series"]).to_numpy()
    return ranked.assign(
        passed_over=pd.Series(usual, index=ranked.index).where(usual != ranked["supplier"]).astype("str")
    )


def _last_supplier(receipts: pd.DataFrame, skus: pd.Series) -> pd.Series:
    """Return the supplier of the latest receipt of each sku."""
    named = receipts.dropna(subset=["sku", "supplier"]).sort_values("receipt_date", ascending=False, kind="stable")
    return of_sku(named, "supplier", skus).astype("str")
