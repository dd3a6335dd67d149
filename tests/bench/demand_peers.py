"""Forecasts of other libraries for the rounds of demand_sets, kept in a folder for demand_engine.py to score.

    python -m venv peers && peers/bin/pip install -r tests/bench/peers.txt
    peers/bin/python tests/bench/demand_peers.py CACHE [data set ...] [--peers NAME,NAME] [--development]

Runs in the environment of the peers: they want other versions of pandas than we do. One thread. What is in the folder already stays.

- statsforecast: AutoETS, AutoTheta, AutoCES, SeasonalNaive, CrostonSBA, IMAPA; season 12 for months, 52 for weeks (AutoCES without season for
  weeks, AutoETS for orangejuice_dominicks). Paths with the spread of each step from their own 80 % intervals where they give any. AutoCES only
  serves the ensemble, the usual median of automatic methods less AutoARIMA, that would have taken hours; leave it out of carparts,
  spareparts_man and spareparts_auto, where it takes seconds per series.
- mlforecast "LightGBM": one model, recursive, on lags, rolling means and deviations, the calendar, item, location and category, and what is
  known ahead (price and deal of orangejuice_dominicks).
- mlforecast "LightGBM quantiles": quantile objective, one model per level and width, on the rolling total of the width
  with lags of at least that width, so without recursion.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from demand_scores import LEVELS
from demand_sets import SEASON, SETS, Panel, load
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean, RollingStd
from mlforecast.target_transforms import Differences, GlobalSklearnTransformer, LocalStandardScaler
from scipy.special import ndtri
from sklearn.preprocessing import FunctionTransformer
from statsforecast import StatsForecast
from statsforecast.models import IMAPA, AutoCES, AutoETS, AutoTheta, CrostonSBA, Naive, SeasonalNaive

#: Chosen by what the data are, not by results: how LightGBM sees the target.
COUNTS = ("carparts", "spareparts_man", "spareparts_auto")
SKEWED = ("orangejuice_dominicks", "jewelry")
GROWING = {"m3": 1, "m4_weekly": 1, "tourism": 12}

LAGS = {"month": (1, 2, 3, 4, 6, 12), "week": (1, 2, 3, 4, 8, 13, 26, 52)}
ROLLING = {"month": (3, 6, 12), "week": (4, 13, 26)}

_TREES = {"n_estimators": 200, "learning_rate": 0.05, "num_leaves": 31, "verbosity": -1, "n_jobs": 1, "random_state": 1}


def long(panel: Panel, origin: int, *, ahead: bool = False) -> pd.DataFrame:
    """Return the demand known at `origin`, or with `ahead` the coming periods without it, as a long table."""
    rows = panel.alive(origin)
    columns = np.arange(origin, origin + panel.horizon) if ahead else np.arange(origin)
    at = np.repeat(rows, len(columns)), np.tile(columns, len(rows))
    frame = pd.DataFrame({"unique_id": at[0], "ds": _dates(panel, *at)})
    for name, values in panel.known.items():
        frame[name] = values[at]
    if ahead:
        return frame
    for name in panel.items:
        # an item number that no other series shares tells a pooled model nothing
        if 1 < panel.items[name].nunique() < len(panel.items):
            frame[name] = panel.items[name].astype("category").array.take(at[0])
    frame["y"] = panel.demand[at]
    return frame[frame["y"].notna()].reset_index(drop=True)


def _dates(panel: Panel, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    if panel.period == "week":
        return panel.starts[columns].astype("datetime64[ns]")
    months = panel.starts.astype("datetime64[M]")
    return (months[columns] + panel.shift[rows]).astype("datetime64[ns]")


def _frequency(panel: Panel) -> str:
    return "MS" if panel.period == "month" else f"W-{pd.Timestamp(panel.starts[0]).day_name()[:3].upper()}"


def _automatic_ets(panel: Panel) -> AutoETS:
    # on two years of weeks driven by deals it takes deals for a season and forecasts wildly: without season it is the stronger rival
    return AutoETS(season_length=1 if panel.name == "orangejuice_dominicks" else SEASON[panel.period])


def statistical(make: Callable[[Panel], object], *, spread: bool) -> Callable[[Panel, int], dict[str, np.ndarray]]:
    """Return what runs a statsforecast model at an origin: mean and spread of each step (n, H); NaN where the series is too young."""

    def run(panel: Panel, origin: int) -> dict[str, np.ndarray]:
        model = StatsForecast([make(panel)], freq=_frequency(panel), n_jobs=1, fallback_model=Naive())
        found = model.forecast(
            df=long(panel, origin)[["unique_id", "ds", "y"]], h=panel.horizon, level=[80] if spread else None
        )
        found = found.sort_values(["unique_id", "ds"])
        name = next(c for c in found if c not in ("unique_id", "ds"))
        result = {"mean": _spread_out(panel, origin, found[name])}
        if spread:
            result["sd"] = (_spread_out(panel, origin, found[f"{name}-hi-80"]) - result["mean"]) / ndtri(0.9)
        return result

    return run


def _spread_out(panel: Panel, origin: int, values: pd.Series) -> np.ndarray:
    result = np.full((len(panel.demand), panel.horizon), np.nan)
    rows = panel.alive(origin)
    result[rows] = values.to_numpy().reshape(len(rows), panel.horizon)
    past = np.nanmean(panel.demand[rows, :origin], axis=1)
    # a model that gave up says what is usual
    result[rows] = np.where(np.isfinite(result[rows]), result[rows], past[:, None])
    return result


def _transforms(panel: Panel) -> list[object]:
    if panel.name in COUNTS:
        return []
    if panel.name in GROWING:
        return [Differences([GROWING[panel.name]]), LocalStandardScaler()]
    if panel.name in SKEWED:
        return [GlobalSklearnTransformer(FunctionTransformer(np.log1p, np.expm1)), LocalStandardScaler()]
    return [LocalStandardScaler()]


def _machine(panel: Panel, origin: int, models: dict[str, LGBMRegressor], *, total_of: int = 1) -> MLForecast:
    """Return an unfitted forecaster; targets are totals of `total_of` periods, and its lags are as old, so that no forecast feeds another."""
    longest = origin // 3
    lags = [lag + total_of - 1 for lag in LAGS[panel.period] if lag + total_of - 1 <= max(longest, total_of)]
    windows = [w for w in ROLLING[panel.period] if w <= longest]
    rolled = [t for w in windows for t in (RollingMean(w, min_samples=1), RollingStd(w, min_samples=2))]
    transforms = _transforms(panel)
    if panel.name in GROWING and total_of > GROWING[panel.name]:
        transforms[0] = Differences([total_of])
    return MLForecast(
        models=models,
        freq=_frequency(panel),
        lags=lags,
        lag_transforms={total_of: rolled},
        date_features=["month"] if panel.period == "month" else ["week"],
        target_transforms=transforms,
    )


def recursive(panel: Panel, origin: int) -> dict[str, np.ndarray]:
    """Return the path of one pooled model (n, H)."""
    learner = LGBMRegressor(objective="tweedie" if panel.name in COUNTS else "regression", **_TREES)
    past = long(panel, origin)
    machine = _machine(panel, origin, {"LightGBM": learner})
    static = [name for name in panel.items if name in past]
    machine.fit(past, static_features=static, dropna=panel.name in GROWING)
    ahead = long(panel, origin, ahead=True) if panel.known else None
    found = machine.predict(panel.horizon, X_df=ahead).sort_values(["unique_id", "ds"])
    return {"mean": _spread_out(panel, origin, found["LightGBM"])}


def quantiles(panel: Panel, origin: int) -> dict[str, np.ndarray]:
    """Return quantiles at LEVELS of the totals of each width (n, widths, Q)."""
    result = np.full((len(panel.demand), len(panel.widths), len(LEVELS)), np.nan)
    for j, width in enumerate(panel.widths):
        found = _totals(panel, origin, width)
        result[panel.alive(origin), j] = np.sort(found, axis=1)
    return {"quantiles": result}


def _totals(panel: Panel, origin: int, width: int) -> np.ndarray:
    """Return quantiles (alive series, Q) of the total of the next `width` periods."""
    past = long(panel, origin)
    group = past.groupby("unique_id", sort=False)
    for name in panel.known:
        past[name] = group[name].transform(lambda x: x.rolling(width, min_periods=1).mean())
    # in the first periods of life, where no total is whole, the mean so far stands for it
    past["y"] = group["y"].transform(lambda x: width * x.rolling(width, min_periods=1).mean())
    learners = {
        f"q{round(100 * p)}": LGBMRegressor(objective="quantile", alpha=p, **{**_TREES, "n_estimators": 100})
        for p in LEVELS
    }
    machine = _machine(panel, origin, learners, total_of=width)
    static = [name for name in panel.items if name in past]
    machine.fit(past, static_features=static, dropna=panel.name in GROWING)
    ahead = _averaged_ahead(panel, origin, width) if panel.known else None
    found = machine.predict(width, X_df=ahead).sort_values(["unique_id", "ds"])
    last = found.groupby("unique_id", sort=True).tail(1)
    return last[list(learners)].to_numpy()


def _averaged_ahead(panel: Panel, origin: int, width: int) -> pd.DataFrame:
    """Return what is known of the next `width` periods, each value the mean of the `width` periods that end there."""
    rows = np.repeat(panel.alive(origin), width)
    columns = np.tile(np.arange(origin, origin + width), len(rows) // width)
    frame = pd.DataFrame({"unique_id": rows, "ds": _dates(panel, rows, columns)})
    for name, values in panel.known.items():
        mean = pd.DataFrame(values).T.rolling(width, min_periods=1).mean().to_numpy().T
        frame[name] = mean[rows, columns]
    return frame


PEERS: dict[str, Callable[[Panel, int], dict[str, np.ndarray]]] = {
    "SeasonalNaive": statistical(lambda panel: SeasonalNaive(season_length=SEASON[panel.period]), spread=True),
    "CrostonSBA": statistical(lambda panel: CrostonSBA(), spread=False),
    "IMAPA": statistical(lambda panel: IMAPA(), spread=False),
    "AutoTheta": statistical(lambda panel: AutoTheta(season_length=SEASON[panel.period]), spread=True),
    "LightGBM": recursive,
    "AutoETS": statistical(_automatic_ets, spread=True),
    "LightGBM quantiles": quantiles,
    "AutoCES": statistical(lambda panel: AutoCES(season_length=12 if panel.period == "month" else 1), spread=True),
}


def rounds(panel: Panel, peer: str) -> Iterator[tuple[dict[str, np.ndarray], float]]:
    """Yield what the peer says at each origin, and the CPU seconds it took."""
    for origin in panel.origins:
        start = time.process_time()
        yield PEERS[peer](panel, origin), time.process_time() - start


def main() -> None:
    """Fill the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--development", action="store_true", help="the rounds before every scored window")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    given.cache.mkdir(parents=True, exist_ok=True)
    # the first call of each model compiles it
    small = load("spareparts_auto").sample(20)
    for name in given.peers.split(","):
        PEERS[name](small, small.origins[0])
    for name in given.sets:
        panel = load(name).development() if given.development else load(name)
        for peer in given.peers.split(","):
            file = given.cache / f"{name}__{peer.replace(' ', '_')}.npz"
            if file.exists() and str(np.load(file)["fingerprint"]) == panel.fingerprint():
                continue
            found, seconds = zip(*rounds(panel, peer), strict=True)
            values = {key: np.stack([each[key] for each in found]) for key in found[0]}
            np.savez_compressed(file, fingerprint=panel.fingerprint(), seconds=np.array(seconds), **values)
            print(f"{name:24s} {peer:20s} {sum(seconds):7.1f} s", flush=True)


if __name__ == "__main__":
    main()
