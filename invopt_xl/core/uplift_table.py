"""The estimated effects of promotions and prices as a table for the planner. Serves the drivers of demand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.uplift import Evidence, Uplift


def uplift_table(evidence: Evidence, uplift: Uplift, *, series: pd.DataFrame, category: np.ndarray) -> pd.DataFrame:
    """Return what was estimated: one row for all series, one per category, one per series with past promotions.

    Parameters
    ----------
    evidence : Evidence
    uplift : Uplift
        Estimated from it.
    series : DataFrame
        Columns sku and location, n rows.
    category : str array, shape (n,)

    Returns
    -------
    DataFrame
        scope ("all", "category", "series"), category, sku, location ("" where they do not apply), series (number with past promotions or
        price changes), promoted_periods, price_periods (periods with a price off the usual one, outside promotions), observed_uplift
        (demand over usual demand of the promoted days; NaN without any), uplift (of a promotion of average depth, as it is used: drawn
        towards the same item elsewhere, its category and all series; NaN where nothing is known), depth_elasticity and price_elasticity
        (rise of demand for a price 1 % lower, in %, within promotions and without one; 0 where prices say nothing). Those of groups are the mean of their series with evidence.
    """
    columns = ["scope", "category", "sku", "location", *_NUMBERS]
    if not len(evidence.series):
        texts = pd.DataFrame({name: pd.Series(dtype="str") for name in columns[:4]})
        return texts.assign(**{name: pd.Series(dtype=kind) for name, kind in _NUMBERS.items()})
    single = _per_series(evidence, uplift, len(series))
    named = single.assign(
        category=np.asarray(category, dtype=str), sku=series["sku"].to_numpy(), location=series["location"].to_numpy()
    )
    measured = named[(named["promoted_periods"] > 0) | (named["price_periods"] > 0)]
    parts = [_grouped(measured.assign(scope="all"), ["scope"]).assign(category="", sku="", location="")]
    if len(measured["category"].unique()) > 1:
        parts.append(_grouped(measured, ["category"]).assign(scope="category", sku="", location=""))
    own = measured[measured["promoted_periods"] > 0].assign(scope="series", series=1)
    table = pd.concat([*parts, own.assign(observed_uplift=_ratio(own))], ignore_index=True)[columns]
    return table.astype(dict.fromkeys(columns[:4], "str") | _NUMBERS)


#: Number columns and their types.
_NUMBERS = {
    "series": "int64",
    "promoted_periods": "int64",
    "price_periods": "int64",
    "observed_uplift": "float64",
    "uplift": "float64",
    "depth_elasticity": "float64",
    "price_elasticity": "float64",
}


def _per_series(evidence: Evidence, uplift: Uplift, n: int) -> pd.DataFrame:
    promoted = evidence.promotion
    at = evidence.series[promoted]
    sold, level, share = evidence.demand[promoted], evidence.level[promoted], evidence.share[promoted]
    # what was sold above usual counts for the days of the promotion alone
    extra = np.bincount(at, weights=sold - level * (1 - share), minlength=n)
    every = np.arange(n)
    average = uplift.of_promotion(every, np.full(n, uplift.usual_drop))
    return pd.DataFrame(
        {
            "promoted_periods": np.bincount(at, minlength=n),
            "price_periods": np.bincount(evidence.series[~promoted], minlength=n),
            "sold": extra,
            "usual": np.bincount(at, weights=level * share, minlength=n),
            "uplift": average if uplift.knows_promotions else np.nan,
            "depth_elasticity": uplift.depth_elasticity,
            "price_elasticity": uplift.cut_elasticity,
        }
    )


def _grouped(single: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    groups = single.groupby(by, sort=True)
    table = groups.agg(
        series=("uplift", "size"),
        promoted_periods=("promoted_periods", "sum"),
        price_periods=("price_periods", "sum"),
        sold=("sold", "sum"),
        usual=("usual", "sum"),
        uplift=("uplift", "mean"),
        depth_elasticity=("depth_elasticity", "mean"),
        price_elasticity=("price_elasticity", "mean"),
    ).reset_index()
    return table.assign(observed_uplift=_ratio(table))


def _ratio(table: pd.DataFrame) -> np.ndarray:
    usual = table["usual"].to_numpy(dtype=float)
    ratio: np.ndarray = np.divide(
        table["sold"].to_numpy(dtype=float), usual, out=np.full(len(usual), np.nan), where=usual > 0
    )
    return ratio
