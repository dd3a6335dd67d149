"""The plan's decisions beside a planner's rule, simulated on public data sets.

    python tests/bench/decision_backtest.py [--sets carparts,hospital] [--rounds 12] [--sample 0] [--development] [--trees] [--ets] [--no-overtaking]

Every set becomes workbook tables and goes through `simulate_decisions`, the whole engine at every round. Nothing is chosen by looking at the
simulated periods; with --development the last simulated period lies before the first that is scored without. Choices, made before any result
was seen:

- Series: those of demand_sets.py (a seeded sample of 300 weekly or 500 monthly ones); --sample takes fewer.
- Review: once a period. Unmet demand waits.
- Lead times: spareparts_man has its own (7 or 16 weeks, certain), minimum orders, unit and order costs. Every other set gets a supplier per
  item, drawn with a seed from the vendors of scms_lead_times with at least 20 dated lines, whose receipts are spread over the set's calendar.
- Without unit costs stock is counted in units.
- Boosted trees are left out unless --trees is given.
- With --ets B3 is AutoETS of statsforecast (monthly season; none on weeks) with normal safety stock, where that is installed; "smoothing,
  normal" (our own smoothing, chosen per item by one-step errors) always runs.
- Lead times of different orders are independent, so later orders may overtake; with --no-overtaking they wait for those before them; with
  --hold N the orders of N periods share their draw. The plan and the tuned rule know which of the three it is. With --as-receipts nothing is told:
  the plan and the simulation take it from the receipts, each as far as they are known on the day.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from demand_sets import DATA, SEASON, Panel, load

import invopt_xl as iv
from invopt_xl.core.decision_backtest.origins import decision_rounds
from invopt_xl.core.decision_backtest.report import conclusions
from invopt_xl.core.decision_backtest.rules import Levels, Rule, normal_levels
from invopt_xl.core.decision_backtest.simulate_decisions import DecisionBacktest, simulate_decisions
from invopt_xl.core.decision_backtest.view import View
from invopt_xl.core.tables import Tables

SETS = (
    "carparts",
    "hospital",
    "stallion_beer",
    "jewelry",
    "orangejuice_dominicks",
    "spareparts_man",
    "spareparts_auto",
    "usaid_contraceptive",
)

#: Lines that a vendor needs to lend its lead times, and receipts per supplier and year of the set's calendar.
LEAST_LINES, RECEIPTS_A_YEAR = 20, 12


def tables_of(panel: Panel) -> Tables:
    """Return workbook tables of a panel."""
    rows, columns = np.nonzero(~np.isnan(panel.demand))
    sku, location = panel.items["sku"].to_numpy(), panel.items["location"].to_numpy()
    sales = pd.DataFrame(
        {
            "date": pd.to_datetime(panel.starts)[columns],
            "sku": sku[rows],
            "location": location[rows],
            "quantity": panel.demand[rows, columns],
        }
    )
    frames = {"Sales": sales}
    skus = pd.Series(pd.unique(panel.items["sku"]))
    category = panel.items.drop_duplicates("sku").set_index("sku")["category"].reindex(skus).to_numpy()
    items = pd.DataFrame({"sku": skus, "category": category})
    own = own_terms(items) if panel.name == "spareparts_man" else lent_lead_times(items, panel)
    return iv.read_tables({**frames, **own})


def own_terms(items: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return items and suppliers of spareparts_man."""
    of = pd.read_parquet(DATA / "spareparts_man" / "items.parquet").assign(sku=lambda frame: frame["sku"].astype(str))
    of = of.set_index("sku").reindex(items["sku"])
    items = items.assign(
        supplier="weeks " + of["lead_time_weeks"].astype(int).astype(str).to_numpy(),
        unit_cost=of["unit_cost_eur"].to_numpy(),
        moq=of["moq_units"].to_numpy(),
    )
    names = items["supplier"].unique()
    days = [7.0 * int(name.split()[1]) for name in names]
    return {"Items": items, "Suppliers": pd.DataFrame({"supplier": names, "lead_time_days": days, "order_cost": 5.0})}


def lent_lead_times(items: pd.DataFrame, panel: Panel) -> dict[str, pd.DataFrame]:
    """Return items with a supplier each, and receipts with lead times of the public set, spread over the panel's calendar."""
    rng = np.random.default_rng(7)
    lines = pd.read_parquet(DATA / "scms_lead_times" / "receipts.parquet")
    days = (pd.to_datetime(lines["received_date"]) - pd.to_datetime(lines["order_date"])).dt.days
    lines = lines.assign(days=days)[days > 0]
    usual = lines.groupby("vendor")["days"].agg(list)
    usual = usual[usual.map(len) >= LEAST_LINES].sort_index()
    vendor = rng.integers(0, len(usual), len(items))
    first, last = pd.Timestamp(panel.starts[0]), pd.Timestamp(panel.starts[-1])
    number = int((last - first).days / 365 * RECEIPTS_A_YEAR)
    parts = []
    for name, found in usual.items():
        ordered = first + pd.to_timedelta(rng.integers(0, (last - first).days, number), unit="D")
        received = ordered + pd.to_timedelta(rng.choice(np.array(found), number), unit="D")
        parts.append(pd.DataFrame({"supplier": name, "order_date": ordered, "receipt_date": received}))
    receipts = pd.concat(parts, ignore_index=True)
    receipts = receipts[receipts["receipt_date"] <= last]
    return {
        "Items": items.assign(supplier=usual.index.to_numpy()[vendor]),
        "Suppliers": pd.DataFrame({"supplier": usual.index}),
        "LeadTimes": receipts,
    }


def auto_ets(season: int, jobs: int) -> Rule | None:
    """Return B3, or None where statsforecast is not installed."""
    try:
        from statsforecast import StatsForecast
        from statsforecast.models import AutoETS
    except ImportError:
        return None

    def prepare(view: View) -> Levels:
        demand, cover = view.history.demand, view.cover_periods
        row, period = np.nonzero(~np.isnan(demand))
        frame = pd.DataFrame({"unique_id": row, "ds": period, "y": demand[row, period]})
        horizon = int(np.ceil(cover.max())) + 1
        model = StatsForecast([AutoETS(season_length=season)], freq=1, n_jobs=jobs)
        path = model.forecast(df=frame, h=horizon, fitted=True)
        fitted = model.forecast_fitted_values()
        expected = path["AutoETS"].to_numpy().reshape(-1, horizon)
        errors = fitted.assign(square=(fitted["y"] - fitted["AutoETS"]) ** 2).groupby("unique_id")["square"].mean()
        n = len(demand)
        mean, sd = np.zeros(n), np.zeros(n)
        present = np.unique(row)
        sums = np.concatenate([np.zeros((len(present), 1)), np.cumsum(np.maximum(expected, 0.0), axis=1)], axis=1)
        whole = np.floor(cover[present]).astype(int)
        at = np.arange(len(present))
        total = sums[at, whole] + (cover[present] - whole) * (sums[at, whole + 1] - sums[at, whole])
        mean[present], sd[present] = total / cover[present], np.sqrt(errors.reindex(present).to_numpy())
        return normal_levels(mean, sd, cover=cover, moq=np.nan_to_num(view.number("moq")))

    return Rule("AutoETS, normal", prepare, by_score=True)


def development(panel: Panel, rounds: int) -> Panel:
    """Return what anybody who develops may look at: everything before the oldest round that is scored, with as many rounds of its own as fit."""
    plan = decision_rounds(len(panel.starts), period=panel.period, rounds=rounds)  # type: ignore[arg-type]
    end = plan.origins[0] + 1
    lived = (~np.isnan(panel.demand[:, :end])).any(axis=1)
    return replace(
        panel,
        starts=panel.starts[:end],
        demand=panel.demand[lived, :end],
        scored=panel.scored[lived, :end],
        items=panel.items[lived].reset_index(drop=True),
        shift=panel.shift[lived],
        known={name: values[lived, :end] for name, values in panel.known.items()},
    )


def measured(panel: Panel, given: argparse.Namespace) -> DecisionBacktest:
    """Return the decision backtest of a panel."""
    settings: dict[str, object] = {
        "period": panel.period,
        "review_period_days": {"month": 30.4375, "week": 7.0}[panel.period],
        "boosted_trees": "auto" if given.trees else "off",
        **dict(each.split("=", 1) for each in given.set),
    }
    ets = auto_ets(SEASON[panel.period] if panel.period == "month" else 1, given.jobs) if given.ets else None
    return simulate_decisions(
        tables_of(panel),
        rounds=given.rounds,
        crossover=None if given.as_receipts else not given.no_overtaking,
        lead_hold_periods=given.hold,
        settings=settings,
        more_rules=() if ets is None else (ets,),
        progress=lambda stage: print(f"{time.strftime('%H:%M:%S')} {panel.name}: {stage}", file=sys.stderr),
    )


def worst_segment(made: DecisionBacktest) -> str:
    """Return the segment in which the plan costs most relative to the tuned rule."""
    rows = made.costs[(made.costs["rule"] == "rule, tuned") & made.costs["group"].isin(made.items["segment"].unique())]
    rows = rows.dropna(subset="saved").sort_values("saved")
    return "" if rows.empty else f"{rows['group'].iloc[0]} {-rows['saved'].iloc[0]:+.1%} ({rows['items'].iloc[0]})"


def shown(value: float, low: float = np.nan, high: float = np.nan) -> str:
    """Return a share with its interval."""
    if np.isnan(value):
        return "-"
    return f"{value:+.1%}" if np.isnan(low) else f"{value:+.1%} ({low:+.1%} to {high:+.1%})"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="carparts,hospital")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--sample", type=int, default=0, help="series at most; 0: those of demand_sets.py")
    parser.add_argument("--development", action="store_true", help="only what lies before the oldest scored round")
    parser.add_argument("--trees", action="store_true", help="let boosted trees compete")
    parser.add_argument("--ets", action="store_true", help="also AutoETS of statsforecast, if installed")
    parser.add_argument("--no-overtaking", action="store_true", help="later orders never arrive before earlier ones")
    parser.add_argument("--as-receipts", action="store_true", help="they overtake as the receipts show, or they do not")
    parser.add_argument("--hold", type=float, default=0.0, help="periods over which orders share a lead time")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], help="setting as key=value")
    given = parser.parse_args()
    names = SETS if given.sets == "all" else tuple(given.sets.split(","))
    service, costs, told = [], [], []
    for name in names:
        panel = load(name)
        panel = panel.sample(given.sample) if given.sample else panel
        panel = development(panel, given.rounds) if given.development else panel
        start = time.process_time()
        made = measured(panel, given)
        seconds = time.process_time() - start
        told.append(f"{name}: " + " ".join(conclusions(made)))
        every = made.equal_service.query("group == 'all' and fill_of == 'units'")
        for rule, rows in every.groupby("rule", sort=False):
            if rule == "demand known beforehand":
                continue
            less = [
                shown(row.less_stock, row.less_stock_low, row.less_stock_high)
                if np.isclose(row.fill_rate, 0.95)
                else shown(row.less_stock)
                for row in rows.itertuples()
            ]
            at = rows[np.isclose(rows["fill_rate"], 0.95)].iloc[0]
            fewer = shown(at["fewer_stockouts"], at["fewer_stockouts_low"], at["fewer_stockouts_high"])
            saved = made.costs[(made.costs["group"] == "all") & (made.costs["rule"] == rule)].iloc[0]
            cost = shown(saved["saved"], saved["saved_low"], saved["saved_high"])
            service.append(f"| {name} | {rule} | {' | '.join(less)} | {fewer} | {cost} |")
        kept = "; ".join(
            f"{row.group} {row.asked:.1%} -> {row.achieved:.1%}"
            for row in made.service.itertuples()
            if row.measure == "cycle"
        )
        costs.append(
            f"| {name} | {len(made.items)} | {len(made.rounds)} x {made.apart_periods} {made.period}s | "
            f"{made.tuned_window_periods} | {made.tuned_score:g} | {worst_segment(made)} | {kept} | {seconds:.0f} |"
        )
    print(
        "Stock the plan saves at equal fill rate (95 % interval over items), stock-outs at equal stock, cost as run.\n"
    )
    print("| set | against | 85 % | 90 % | 95 % | 98 % | fewer stock-outs | less cost |\n|" + "---|" * 8)
    print("\n".join(service))
    print("\n| set | items | rounds | tuned window | tuned z | dearest segment against tuned | cycle service | CPU s |")
    print("|" + "---|" * 8)
    print("\n".join(costs) + "\n")
    print("\n".join(told))


if __name__ == "__main__":
    main()
