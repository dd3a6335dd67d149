"""Our forecast of interval demand beside other libraries, on rolling origins of public data sets.

    python tests/bench/demand_engine.py --cache DIR [--sets a,b] [--widths own,1,3] [--rounds N] [--set key=value ...] [--development]

DIR holds what demand_peers.py wrote; a peer that is not there is left out. Ours is always run anew. Prints markdown: a row per set and width,
then the same as a share of demand, then what it comes to and the CPU seconds. What the sets, rounds and widths are: demand_sets.py.

Loss: pinball of the TOTAL demand over the width, mean over .5 .8 .9 .95 .98; scaled per series by the mean absolute change from one such
total to the next in its past, then averaged over series (where that is above 0) and rounds. The second table: sum of pinball over sum of demand.

Every peer gets, per set, width and round, the best of its honest ways to a distribution of the total, judged on rounds that had passed
then (its errors on one half of the series judged on the other half): (a) its own intervals, steps independent and normal; (b) its own
past errors of the total, scaled per series by its mean absolute change from period to period and pooled; (c) the same, scaled by its own interval.
The moving average (13 weeks or 6 months) has normal quantiles, as planners compute them.
What is known ahead (price and deal of orangejuice_dominicks) goes to mlforecast as it is, and to ours as the prices of Sales and as Promotions.
"Worst" is how much of our scaled loss comes from its single largest: where series rest for long, the scale can be next to nothing.
"Best" is the best single peer on the very windows that are scored: a rival that nobody could have picked beforehand.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from demand_scores import LEVELS, SHOWN, covered, empirical, moving_average, naive_error, normal, pinball
from demand_sets import SETS, Panel, load

from invopt_xl.core.checks.checked import Checked, complete, fill_locations
from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.history import History
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

#: Window of the planner's moving average [periods].
WINDOW = {"week": 13, "month": 6}
MOVING = "moving average"
PEERS = ("SeasonalNaive", "CrostonSBA", "IMAPA", "AutoTheta", "AutoETS", "LightGBM", "LightGBM quantiles")

#: Members of the ensemble, the median; for parts that mostly pause CrostonSBA stands for AutoCES, which takes seconds per series there.
#: Where AutoCES was not run, the other two.
ENSEMBLE, ENSEMBLE_OF_COUNTS = ("AutoETS", "AutoTheta", "AutoCES"), ("AutoETS", "AutoTheta", "CrostonSBA")
#: Sets with a season or promotions, where a moving average should be beaten clearly.
MOVED = ("stallion_beer", "orangejuice_dominicks", "hospital", "jewelry", "m3", "tourism", "m4_weekly")
COUNTS = ("carparts", "spareparts_man", "spareparts_auto")


@dataclass(frozen=True)
class Window:
    """One origin and width of a panel: what came, and how losses are scaled."""

    panel: Panel
    origin: int
    width: int

    @cached_property
    def past(self) -> np.ndarray:
        """Demand known (n, origin)."""
        return self.panel.demand[:, : self.origin]

    @cached_property
    def actual(self) -> np.ndarray:
        """Total that came (n,); NaN where the series is not forecast or a period was not recorded."""
        to = slice(self.origin, self.origin + self.width)
        total: np.ndarray = np.where(self.panel.scored[:, to], self.panel.demand[:, to], np.nan).sum(axis=1)
        alive = np.zeros(len(total), dtype=bool)
        alive[self.panel.alive(self.origin)] = True
        return np.where(alive, total, np.nan)

    @cached_property
    def scale(self) -> np.ndarray:
        """Mean absolute change from total to total (n,); NaN or 0 where the loss of the series is not counted."""
        return naive_error(self.past, self.width)

    @cached_property
    def size(self) -> np.ndarray:
        """What peers' errors are scaled by (n,), above 0: the mean absolute change of single periods times the root of the width, which short
        pasts have as well; where there is no change, the usual total."""
        known = ~np.isnan(self.past)
        usual = self.width * np.where(known, self.past, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        usual = np.where(usual > 0, usual, 1.0)
        change = np.nan_to_num(naive_error(self.past, 1)) * np.sqrt(self.width)
        result: np.ndarray = np.where(change > 0, change, usual)
        return result

    @cached_property
    def deviation(self) -> np.ndarray:
        """Standard deviation of the total (n,) if demand per period were independent and steady."""
        known = ~np.isnan(self.past)
        count = np.maximum(known.sum(axis=1), 1)
        mean = np.where(known, self.past, 0.0).sum(axis=1) / count
        squares = np.where(known, (self.past - mean[:, None]) ** 2, 0.0).sum(axis=1)
        result: np.ndarray = np.sqrt(self.width * squares / np.maximum(count - 1, 1))
        return result


@dataclass(frozen=True)
class Said:
    """What a peer said for one window: quantiles by its own intervals (n, Q), a centre (n,) and its own spread (n,) or None."""

    window: Window
    own: np.ndarray
    centre: np.ndarray
    spread: np.ndarray | None

    def scales(self) -> list[np.ndarray]:
        """Return what errors may be scaled by."""
        by = [self.window.size]
        if self.spread is not None:
            floor = 1e-3 * self.window.size
            by.append(np.maximum(self.spread, floor))
        return by


@dataclass
class Sums:
    """Sums of one method over windows."""

    scaled: float = 0.0
    worst: float = 0.0
    series: int = 0
    loss: float = 0.0
    demand: float = 0.0
    windows: int = 0
    held: np.ndarray | int = 0

    def add(self, window: Window, quantiles: np.ndarray) -> None:
        """Count a window, quantiles (n, Q)."""
        known = ~np.isnan(window.actual)
        if np.isnan(quantiles[known]).any():
            raise ValueError(f"{window.panel.name}, origin {window.origin}: no quantiles for some series")
        loss = pinball(quantiles, window.actual)
        counted = known & (np.nan_to_num(window.scale) > 0)
        scaled = loss[counted] / window.scale[counted]
        self.scaled += float(scaled.sum())
        self.worst = max(self.worst, float(scaled.max(initial=0.0)))
        self.series += int(counted.sum())
        self.loss += float(loss[known].sum())
        self.demand += float(window.actual[known].sum())
        self.windows += int(known.sum())
        self.held = self.held + covered(quantiles[known], window.actual[known]).sum(axis=0)

    @property
    def score(self) -> float:
        """Mean scaled pinball."""
        return self.scaled / self.series

    @property
    def share(self) -> float:
        """Pinball as a share of demand."""
        return self.loss / self.demand

    @property
    def coverage(self) -> np.ndarray:
        """Share of windows at or below each quantile of SHOWN."""
        return np.asarray(self.held) / self.windows


class Cache:
    """What demand_peers.py kept of one panel."""

    def __init__(self, folder: Path, panel: Panel) -> None:
        self._panel = panel
        self._kept: dict[str, Mapping[str, np.ndarray]] = {}
        members = ENSEMBLE_OF_COUNTS if panel.name in COUNTS else ENSEMBLE
        for name in (*PEERS, *members):
            file = folder / f"{panel.name}__{name.replace(' ', '_')}.npz"
            if not file.exists():
                continue
            values = dict(np.load(file))
            if str(values["fingerprint"]) != panel.fingerprint():
                raise ValueError(f"{file} is of other data: remove it and run demand_peers.py again")
            self._kept[name] = values
        self._members = tuple(name for name in members if name in self._kept)

    @property
    def peers(self) -> list[str]:
        """Names of what can be scored."""
        found = [name for name in PEERS if name in self._kept]
        return [*found, "ensemble"] if len(self._members) >= 2 else found

    def seconds(self, name: str) -> float:
        """Return CPU seconds per round."""
        parts = self._members if name == "ensemble" else (name,)
        return sum(float(self._kept[each]["seconds"].mean()) for each in parts)

    def said(self, name: str, window: Window) -> Said:
        """Return what a peer said for a window."""
        at = self._panel.origins.index(window.origin)
        if name == "LightGBM quantiles":
            own = np.maximum(self._kept[name]["quantiles"][at, :, self._panel.widths.index(window.width)], 0.0)
            return Said(window, own, own[:, 0], None)
        parts = [self._kept[each] for each in (self._members if name == "ensemble" else (name,))]
        total = np.median([each["mean"][at] for each in parts], axis=0)[:, : window.width].sum(axis=1)
        centre = np.maximum(total, 0.0)
        if "sd" not in parts[0]:
            return Said(window, normal(centre, window.deviation), centre, None)
        given = [np.nan_to_num(each["sd"][at], nan=0.0, posinf=0.0) for each in parts if "sd" in each]
        steps = np.median(given, axis=0)
        spread = np.sqrt((steps[:, : window.width] ** 2).sum(axis=1))
        return Said(window, normal(centre, spread), centre, spread)


def peer_quantiles(now: Said, before: list[Said]) -> np.ndarray:
    """Return quantiles (n, Q) by the way that was best on the rounds that had passed, see the module."""
    ways = [now.own]
    losses = [np.mean([_loss(each.window, each.own) for each in before])] if before else [0.0]
    for way in range(len(now.scales()) if before else 0):
        errors = np.stack([(each.window.actual - each.centre) / each.scales()[way] for each in before])
        ways.append(empirical(now.centre, now.scales()[way], errors.ravel()))
        losses.append(_halves(before, way, errors))
    return ways[int(np.argmin(losses))]


def _halves(before: list[Said], way: int, errors: np.ndarray) -> float:
    """Return the mean loss of earlier errors, those of one half of the series judged on the other half."""
    half = np.arange(errors.shape[1]) % 2 == 0
    losses = []
    for each in before:
        first, second = (empirical(each.centre, each.scales()[way], errors[:, part].ravel()) for part in (half, ~half))
        losses.append(_loss(each.window, np.where(half[:, None], second, first)))
    return float(np.mean(losses))


def _loss(window: Window, quantiles: np.ndarray) -> float:
    known = ~np.isnan(window.actual)
    return float((pinball(quantiles, window.actual)[known] / window.size[known]).mean())


#: A price this far below the usual one of the last weeks is an offer, as a deal is [share; weeks].
OFFER, USUAL_WEEKS = 0.05, 9


def our_quantiles(window: Window, settings: Settings) -> tuple[np.ndarray, np.ndarray, float]:
    """Return quantiles (n, Q) of the forecast stage, the models it chose (n,), and its CPU seconds."""
    panel, rows = window.panel, window.panel.alive(window.origin)
    # stages keep series sorted by item and location
    rows = rows[np.lexsort((panel.items["location"].to_numpy()[rows], panel.items["sku"].to_numpy()[rows]))]
    past = window.past[rows]
    first = str(panel.starts[0])[: 7 if panel.period == "month" else 10]
    history = make_history(past, period=panel.period, first=first)
    items = panel.items.iloc[rows].reset_index(drop=True)
    history = replace(history, series=_named(history.series, items))
    # without planned promotions to add, past ones are left in base demand
    if panel.known and "drivers" in inspect.signature(forecast).parameters:
        history = replace(history, promoted=_offers(panel, rows, window.origin) & ~np.isnan(past))
    days = history.days_per_period
    terms = make_terms(len(rows), review_period_days=days, category=items["category"].to_numpy(dtype=str))
    lead = make_lead_times(len(rows), (window.width - 1) * days)
    start = time.process_time()
    known = _known_ahead(window, rows, history, terms, settings) if panel.known else {}
    found = forecast(history, make_segments(past, by_volume=True), terms, lead, settings=settings, **known)
    own = np.stack([found.protection.quantile(p) for p in LEVELS], axis=1)
    seconds = time.process_time() - start
    result = np.full((len(panel.demand), len(LEVELS)), np.nan)
    result[rows] = own
    models = np.full(len(panel.demand), "", dtype=object)
    models[rows] = found.model
    return result, models, seconds


def _named(series: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return the series of a history with the items' own names, and no stand-ins."""
    own = {"own_first_period": series["first_period"], "stand_in": pd.Series("", index=series.index, dtype="str")}
    return series.assign(sku=items["sku"].astype("str"), location=items["location"].astype("str"), **own)


def _offers(panel: Panel, rows: np.ndarray, to: int) -> np.ndarray:
    """Return the weeks before `to` with a deal or a price below the usual one."""
    price, deal = panel.known["price"][rows, :to], panel.known["deal"][rows, :to]
    usual = pd.DataFrame(price).T.rolling(USUAL_WEEKS, min_periods=1).median().shift(1).to_numpy().T
    result: np.ndarray = (deal > 0) | (price < (1 - OFFER) * usual)
    return result


def _known_ahead(
    window: Window, rows: np.ndarray, history: History, terms: Terms, settings: Settings
) -> dict[str, Any]:
    """Return the drivers of the series `rows` as a keyword of `forecast`, from the tables that a planner would have."""
    if "drivers" not in inspect.signature(forecast).parameters:
        return {}
    from invopt_xl.core.drivers import build_drivers

    frames = complete(_tables(window, rows))
    checked = Checked(fill_locations(frames), (), history.as_of)
    return {"drivers": build_drivers(checked, history, terms, settings=settings)}


def _tables(window: Window, rows: np.ndarray) -> dict[str, pd.DataFrame]:
    """Return Sales up to the origin with prices, and Promotions, planned ones included."""
    panel = window.panel
    price = panel.known["price"][rows]
    items = panel.items.iloc[rows]
    sku, location = (items[name].to_numpy(dtype=object) for name in ("sku", "location"))
    day = panel.starts.astype("datetime64[s]")
    at, when = np.nonzero(~np.isnan(window.past[rows]))
    sales = {
        "date": day[when],
        "sku": sku[at],
        "location": location[at],
        "quantity": window.past[rows][at, when],
        "price": price[at, when],
    }
    at, when = np.nonzero(_offers(panel, rows, window.origin + panel.horizon))
    promotions = {
        "sku": sku[at],
        "location": location[at],
        "start_date": day[when],
        "end_date": day[when] + np.timedelta64(6, "D"),
        "price": price[at, when],
    }
    return {"Sales": pd.DataFrame(sales), "Promotions": pd.DataFrame(promotions)}


@dataclass(frozen=True)
class Row:
    """All methods on one set and width."""

    name: str
    width: int
    methods: dict[str, Sums]
    seconds: float
    models: str

    @property
    def rivals(self) -> dict[str, Sums]:
        """All but ours."""
        return {name: sums for name, sums in self.methods.items() if name != "ours"}

    def best(self, by: str) -> str:
        """Return the peer with the lowest loss."""
        return min(self.rivals, key=lambda name: getattr(self.methods[name], by))

    def ratio(self, by: str) -> float:
        """Return our loss over that of the best peer."""
        return float(getattr(self.methods["ours"], by) / getattr(self.methods[self.best(by)], by))

    def gain(self, by: str) -> float:
        """Return by what share our loss is below that of the moving average."""
        return float(1 - getattr(self.methods["ours"], by) / getattr(self.methods[MOVING], by))


def compare(panel: Panel, cache: Cache, width: int, *, rounds: int, settings: Settings) -> Row:
    """Return all methods on one width of a panel."""
    methods = {name: Sums() for name in ("ours", MOVING, *cache.peers)}
    seconds, used = 0.0, pd.Series(dtype=int)
    windows = {origin: Window(panel, origin, width) for origin in panel.origins}
    for origin in panel.tests[:rounds]:
        window = windows[origin]
        quantiles, models, took = our_quantiles(window, settings)
        used = pd.Series(models[models != ""]).value_counts().head(4)
        seconds += took
        methods["ours"].add(window, quantiles)
        methods[MOVING].add(window, moving_average(window.past, width, window=WINDOW[panel.period]))
        for name in cache.peers:
            before = [cache.said(name, windows[o]) for o in panel.origins if o + width <= origin]
            methods[name].add(window, peer_quantiles(cache.said(name, window), before))
    most = ", ".join(f"{name} {count}" for name, count in used.items())
    return Row(panel.name, width, methods, seconds / min(rounds, len(panel.tests)), most)


def print_rows(rows: list[Row], by: str) -> None:
    """Print a row per set and width."""
    peers = [MOVING, *PEERS, "ensemble"]
    cover = [f"cover {level:g}" for level in SHOWN]
    print(
        f"| data | width | windows | ours | {' | '.join(peers)} | best | ours/best | gain on MA | {' | '.join(cover)} | worst |"
    )
    print("|" + "---|" * (len(peers) + len(cover) + 8))
    for row in rows:
        ours = row.methods["ours"]
        scores = [f"{getattr(row.methods[p], by):.4f}" if p in row.methods else "" for p in peers]
        held = [f"{x:.3f}" for x in ours.coverage]
        print(
            f"| {row.name} | {row.width} | {ours.windows} | {getattr(ours, by):.4f} | {' | '.join(scores)} | "
            f"{row.best(by)} | {row.ratio(by):.3f} | {row.gain(by):.1%} | {' | '.join(held)} | {ours.worst / ours.scaled:.0%} |"
        )
    print()


def print_summary(rows: list[Row], by: str) -> None:
    """Print what the rows come to; a set's ratio is the mean over its widths."""
    sets = list(dict.fromkeys(row.name for row in rows))
    ratio = {name: np.mean([row.ratio(by) for row in rows if row.name == name]) for name in sets}
    gain = {name: np.mean([row.gain(by) for row in rows if row.name == name]) for name in sets}
    best = min({p for row in rows for p in row.rivals}, key=lambda p: np.mean([_against(row, p, by) for row in rows]))
    off = [float(np.abs(row.methods["ours"].coverage - SHOWN).max()) for row in rows]
    print(
        f"- ours over the best single peer: mean of sets {np.mean(list(ratio.values())):.3f}; at least as good on ",
        end="",
    )
    print(
        f"{sum(r <= 1 for r in ratio.values())} of {len(sets)} sets, in {sum(r.ratio(by) <= 1 for r in rows)} of {len(rows)} rows"
    )
    print(
        f"- the peer that is best over all rows is {best}: ours over it {np.mean([_against(r, best, by) ** -1 for r in rows]):.3f}"
    )
    print("- per set: " + "; ".join(f"{name} {ratio[name]:.3f} (gain on MA {gain[name]:.1%})" for name in sets))
    moved = [name for name in sets if name in MOVED]
    if moved:
        mean, enough = np.mean([gain[name] for name in moved]), sum(gain[name] >= 0.15 for name in moved)
        print(
            f"- gain on MA where demand is seasonal or promoted {mean:.1%}; at least 15 % on {enough} of {len(moved)} sets"
        )
    print(
        f"- coverage within 2 points at .8 .9 .95 in {sum(o <= 0.02 for o in off)} of {len(rows)} rows; furthest off {max(off):.3f}"
    )
    print()


def _against(row: Row, peer: str, by: str) -> float:
    """Return a peer's loss over ours; a peer that is missing counts as our equal."""
    return float(getattr(row.methods[peer], by) / getattr(row.methods["ours"], by)) if peer in row.methods else 1.0


def print_seconds(rows: list[Row], caches: dict[str, Cache]) -> None:
    """Print CPU seconds per round, which other work on the machine leaves alone: ours for all widths together, as each is a forecast of its
    own; peers forecast all widths at once, in one thread."""
    print(f"| CPU seconds per round | ours | {' | '.join(PEERS)} | ensemble |")
    print("|" + "---|" * (len(PEERS) + 3))
    for name, cache in caches.items():
        ours = sum(row.seconds for row in rows if row.name == name)
        shown = [f"{cache.seconds(p):.1f}" if p in cache.peers else "" for p in (*PEERS, "ensemble")]
        print(f"| {name} | {ours:.1f} | {' | '.join(shown)} |")
    print()


def widths_of(panel: Panel, wanted: str) -> list[int]:
    """Return the widths of a panel that are wanted; "own" is its last."""
    if not wanted:
        return sorted(panel.widths)
    given = {panel.widths[-1] if each == "own" else int(each) for each in wanted.split(",")}
    return sorted(given & set(panel.widths))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--development", action="store_true", help="only look at what lies before every scored window")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--widths", default="", help='such as "own,1"; default all')
    parser.add_argument("--rounds", type=int, default=99, help="at most so many of the latest rounds")
    parser.add_argument("--set", action="append", default=[], help="a setting, key=value")
    given = parser.parse_args()
    settings = Settings.from_mapping(dict(each.split("=", 1) for each in given.set))
    rows: list[Row] = []
    caches: dict[str, Cache] = {}
    warm = load("spareparts_auto").sample(30)
    our_quantiles(Window(warm, warm.tests[0], 3), settings)
    for name in given.sets.split(","):
        panel = load(name).development() if given.development else load(name)
        caches[name] = Cache(given.cache, panel)
        for width in widths_of(panel, given.widths):
            rows.append(compare(panel, caches[name], width, rounds=given.rounds, settings=settings))
            last = rows[-1]
            print(
                f"{name} {width}: {last.ratio('score'):.3f} of {last.best('score')}, {last.seconds:.1f} CPU s a round; {last.models}",
                file=sys.stderr,
            )
    for title, by in (("Scaled pinball", "score"), ("Pinball as a share of demand", "share")):
        print(f"## {title}\n")
        print_rows(rows, by)
        print_summary(rows, by)
    print("## Time\n")
    print_seconds(rows, caches)


if __name__ == "__main__":
    main()
