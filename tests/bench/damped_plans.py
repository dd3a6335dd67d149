"""What damping of safety stock saves and costs in plans: the whole engine plans week after week from what was known, with and without it.

    python tests/bench/damped_plans.py [--set demo] [--skus 60] [--periods 26] [--seed 1] [--apart 1]

Demo data (two years and a half of weekly sales, receipts, promotions), or a public set as in decision_backtest.py. Every `apart` periods the engine plans from tables cut at that day (`replay.cut`), once
as it is and once following the safety stock that its own last run kept; the levels of each hold until the next run, and orders meet the demand that came,
with lead times drawn from the receipts. Columns: mean absolute change of safety stock from run to run relative to its mean, at unit cost ("flutter"), and of the order-up-to level ("levels"); share of
item-runs whose reorder point in whole units moved, and whose reorder point moved by more than a fifth ("alarms": flagged CHANGED); nervousness of
orders, orders placed, fill rate and cycle service of the simulation; average stock at unit cost; the lowest chance, over all item-runs, that a cycle is served
with the damped level, less the target ("worst"), and the mean of it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

import invopt_xl as iv
from invopt_xl.core.decision_backtest.ground import complete_costs, ground_of
from invopt_xl.core.decision_backtest.view import View, view_of
from invopt_xl.core.demo import demo_tables
from invopt_xl.core.policy.aim import aim
from invopt_xl.core.policy.damped_policy import damped_policy
from invopt_xl.core.policy.last_stock import last_stock
from invopt_xl.core.replay import cut, known_today
from invopt_xl.core.series_index import series_of
from invopt_xl.core.tables import Tables
from invopt_xl.settings import Settings


@dataclass
class Track:
    """One way to plan: its settings, what its last run kept, and its levels and services by run."""

    settings: Settings
    kept: pd.DataFrame | None = None
    frames: list[pd.DataFrame] = field(default_factory=list)

    def run(self, view: View) -> None:
        words = (view.forecast, view.terms, view.lead_times, view.history)
        aimed = aim(*words, settings=self.settings)
        series = view.history.series[["sku", "location"]]
        last = last_stock(self.kept, series, as_of=view.history.as_of)
        made = damped_policy(
            aimed.policy,
            view.forecast,
            aimed.terms,
            view.lead_times,
            view.history,
            asked=view.terms,
            last=last,
            settings=self.settings,
        )
        self.kept = pd.concat([series, made.damping.state], axis=1)
        s = made.policy.frame["reorder_point"].to_numpy(dtype=float)
        served = view.forecast.protection.cdf_at(s) - view.own_target
        self.frames.append(pd.concat([series, made.policy.frame], axis=1).assign(served=served))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--set", default="demo")
    words.add_argument("--skus", type=int, default=60)
    words.add_argument("--periods", type=int, default=26)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--apart", type=int, default=1)
    words.add_argument("--service", type=float, default=0.95)
    asked = words.parse_args()
    tables = _tables(asked.set, asked.skus, asked.seed)
    plain = Settings(boosted_trees="off", service_level=asked.service)
    known = known_today(tables, settings=plain, as_of=None)
    plain = replace(plain, period=known.history.period)
    end = len(known.history.starts) - 1
    origins = list(range(end - asked.periods, end, asked.apart))
    ways = {
        "as needed": replace(plain, damp_safety_stock="off"),
        "damped (default)": plain,
        "damped, no slack": replace(plain, damping_slack=0.0),
        "damped, slack 5 points": replace(plain, damping_slack=0.05),
    }
    tracks = {name: Track(settings) for name, settings in ways.items()}
    views = []
    for origin in origins:
        view = view_of(cut(tables, known, period=origin), as_of=known.last_day(origin), settings=plain)
        for track in tracks.values():
            track.run(view)
        views.append(view)
        print(f"{known.last_day(origin):%Y-%m-%d}: {len(view.history.series)} items", file=sys.stderr, flush=True)
    keys = views[0].history.series[["sku", "location"]]
    usable = np.all([series_of(view.history.series, keys) >= 0 for view in views], axis=0)
    usable &= ~views[0].terms.frame["blocked"].to_numpy(dtype=bool)
    today = series_of(known.history.series, keys)
    usable &= today >= 0
    rows = np.flatnonzero(usable)
    keys = keys.iloc[rows].reset_index(drop=True)
    print(
        f"{len(rows)} items, {len(origins)} runs {asked.apart} {plain.period}(s) apart, target {asked.service:.0%}, seed {asked.seed}"
    )
    print(
        "way                     flutter levels  moved  alarms  nervous  orders  fill    cycle   stock     mean   worst"
    )
    ground = _ground(views[0], known, rows, today[rows])
    for name, track in tracks.items():
        places = [series_of(frame[["sku", "location"]], keys) for frame in track.frames]
        safety, s, up_to, served = (
            np.stack([f[c].to_numpy(dtype=float)[p] for f, p in zip(track.frames, places, strict=True)], axis=1)
            for c in ("safety_stock", "reorder_point", "order_up_to", "served")
        )
        hold = [asked.apart] * (len(origins) - 1) + [end - origins[-1]]
        found = ground.run(
            np.repeat(s, hold, axis=1), np.repeat(np.maximum(up_to, s), hold, axis=1), first=origins[0] + 1, end=end
        )
        cost = ground.unit_cost
        flutter = (np.abs(np.diff(safety, axis=1)) * cost[:, None]).mean() / (np.abs(safety) * cost[:, None]).mean()
        levels = (np.abs(np.diff(up_to, axis=1)) * cost[:, None]).mean() / (up_to * cost[:, None]).mean()
        moved = (np.abs(np.diff(np.ceil(s - 1e-9), axis=1)) > 0).mean()
        before, after = s[:, :-1], s[:, 1:]
        alarms = (np.abs(after - before) > np.maximum(0.2 * np.maximum(before, after), 1.0)).mean()
        weight = found["demand"] * cost
        fill = 1 - (found["short"] * cost).sum() / weight.sum()
        print(
            f"{name:<23} {flutter:7.2%} {levels:6.2%} {moved:6.1%} {alarms:6.2%} {np.average(found['nervousness'], weights=weight):8.3f} "
            f"{found['orders'].sum():7.0f} {fill:6.2%} {np.average(found['cycle_service'], weights=found['cycles']):7.2%} "
            f"{found['average_value'].sum():9,.0f} {served.mean():+7.2%} {served[s > 0].min():+7.2%}"
        )


def _tables(name: str, skus: int, seed: int) -> Tables:
    if name == "demo":
        return iv.read_tables(demo_tables(skus=skus, locations=1, weeks=130, seed=seed))
    from decision_backtest import tables_of
    from demand_sets import load

    panel = load(name)
    rows = np.sort(np.random.default_rng(seed).permutation(len(panel.items))[:skus])
    return tables_of(replace(panel, items=panel.items.iloc[rows].reset_index(drop=True), demand=panel.demand[rows]))


def _ground(view: View, known: object, rows: np.ndarray, today: np.ndarray) -> object:
    history = known.history  # type: ignore[attr-defined]
    own = replace(
        history,
        series=history.series.iloc[today].reset_index(drop=True),
        **{name: getattr(history, name)[today] for name in ("sales", "demand", "censored")},
    )
    first = replace(view, terms=replace(view.terms, frame=view.terms.frame.iloc[rows].reset_index(drop=True)))
    atoms = view.lead_times.atoms[rows]
    cost = complete_costs(first.number("unit_cost"))
    return ground_of(first, own, atoms, cost, lost_sales=False, crossover=True, replications=20)


if __name__ == "__main__":
    main()
