"""Backtest: what the forecasts of past days were worth, on demand that came afterwards. Beside the stages of a plan, not one of them.

Each round goes back to the end of a past period, plans from what was known then (`replay`), and compares what every method said of the
protection interval with the demand of that interval. Methods, their weights, quantiles and segments are all made anew in each round, so that
nothing is judged on data that it has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.checks.grouping import counted
from invopt_xl.core.contracts import OutField
from invopt_xl.core.findings import Finding
from invopt_xl.core.forecast.accuracy_table import accuracy_table
from invopt_xl.core.forecast.ahead import interval_scales
from invopt_xl.core.forecast.coverage_table import coverage_table
from invopt_xl.core.forecast.decision_cost import decision_cost, stock_for, window_costs
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried
from invopt_xl.core.lead_times import estimate_lead_times
from invopt_xl.core.replay import Known, Look, cut, known_today, look_ahead
from invopt_xl.core.segments import segment
from invopt_xl.core.series_index import final_successors, series_of
from invopt_xl.core.settings_sheet import day_of, settings_of
from invopt_xl.core.tables import Tables
from invopt_xl.core.terms import resolve_terms
from invopt_xl.errors import InputError, SettingError
from invopt_xl.settings import Settings

CHOSEN, BASELINE, NAIVE = "chosen", "moving average", "seasonal naive"

ROUNDS: tuple[OutField, ...] = (
    OutField("as_of", "date", "Day up to which sales were known."),
    OutField("series", "count", "Items x locations that were forecast."),
    OutField("windows", "count", "Intervals whose demand is known today."),
    OutField("with_stockouts", "count", "Of these, intervals with a stock-out: their demand is an estimate."),
    OutField("demand", "units", "Units that were wanted in these intervals."),
    OutField("forecast", "units", "Units that the chosen forecast expected."),
    OutField("moving_average", "units", "Units that the moving average expected."),
    OutField("wape", "share", "Absolute errors of the chosen forecast, relative to demand."),
    OutField("baseline_wape", "share", "The same of the moving average on the same intervals."),
    OutField("cost", "number", "Simulated cost of the chosen forecast per unit of demand, at unit cost."),
    OutField("baseline_cost", "number", "The same of the moving average on the same intervals."),
    OutField("value_added", "share", "Cost saved against the moving average; negative is worse."),
)

#: A round that is to be judged needs at least this share of the history before it.
_LEAST_BEFORE = 0.5

#: Share of items whose interval must have ended by today for the latest round.
_ENDED = 0.9


@dataclass(frozen=True)
class Backtest:
    """What came out.

    Parameters
    ----------
    accuracy : DataFrame
        contracts.ACCURACY, over all rounds.
    coverage : DataFrame
        `coverage_table.COVERAGE`.
    decisions : DataFrame
        `decision_cost.DECISION_COST`.
    rounds : DataFrame
        `ROUNDS`, oldest first.
    intervals : DataFrame
        One row per round, item and location with a known outcome: as_of, sku, location, segment, width_periods, service_target, demand,
        expected (by the chosen forecast), stock (its quantile at the service target), moving_average [units].
    period : {"day", "week", "month"}
    as_of : Timestamp
        Day up to which outcomes are known.
    findings : tuple of Finding
        Of the data, and of the backtest itself.
    settings : Settings
    source : str
    """

    accuracy: pd.DataFrame
    coverage: pd.DataFrame
    decisions: pd.DataFrame
    rounds: pd.DataFrame
    intervals: pd.DataFrame
    period: str
    as_of: pd.Timestamp
    findings: tuple[Finding, ...] = ()
    settings: Settings = field(default_factory=Settings)
    source: str = ""

    def __repr__(self) -> str:
        return f"Backtest({self.source!r}, {len(self.rounds)} rounds, {len(self.intervals)} intervals)"


def _silent(stage: str) -> None:
    """Tell nobody."""


def backtest(
    tables: Tables,
    *,
    rounds: int = 6,
    as_of: pd.Timestamp | str | None = None,
    settings: Mapping[str, object] | Settings | None = None,
    progress: Callable[[str], None] = _silent,
    look: Callable[..., Look] = look_ahead,
) -> Backtest:
    """Return how the forecasts of past days compare with the demand that came.

    Parameters
    ----------
    tables : Tables
        From `read_tables`.
    rounds : int
        How many past days to go back to. Fewer are taken where the history is short.
    as_of : date, optional
        Last day with known outcomes. Default: the last day with sales.
    settings : mapping or Settings, optional
        Wins over the workbook's own `Settings` sheet.
    progress : callable, optional
        Told what starts: "checking", then every round, then "comparing".
    look : callable
        Forecasts from cut tables (`replay.look_ahead`).

    Raises
    ------
    InputError
        No usable sales row is left, or the history is too short to hold anything back.
    SettingError
        A setting of the call, or the number of rounds, is out of range.
    """
    if rounds < 1:
        raise SettingError(f"Rounds: expected a whole number of at least 1, got {rounds}.")
    chosen, said = settings_of(tables, settings)
    progress("checking")
    known = known_today(tables, settings=chosen, as_of=day_of(as_of))
    # a shorter history must not be planned in other periods than today's
    fixed = replace(chosen, period=known.history.period)
    origins = round_origins(len(known.history.starts), _usual_widths(known, fixed), rounds=rounds)
    notes = [*_fewer(origins, rounds)]
    told, origins_used = [], []
    for number, origin in enumerate(origins, start=1):
        day = known.last_day(origin)
        progress(f"round {number} of {len(origins)}: {day:%Y-%m-%d}")
        one = look(cut(tables, known, period=origin), as_of=day, settings=fixed)
        if one.period != known.history.period or one.last_start != known.history.starts[origin]:
            notes.append(_other_periods(day, one))
            continue
        told.append(one)
        origins_used.append(origin)
    progress("comparing")
    judged = _judge(told, origins_used, known)
    return Backtest(
        **_tables(judged),
        rounds=_rounds_table(judged, told),
        intervals=_intervals(judged, told),
        period=known.history.period,
        as_of=known.history.as_of,
        findings=(*said, *known.checked.findings, *known.history.findings, *notes, *judged.findings),
        settings=chosen,
        source=tables.source,
    )


# which days ----------------------------------------------------------------------------------------------------------------------------


def round_origins(periods: int, widths: np.ndarray, *, rounds: int) -> list[int]:
    """Return the last known period of each round, oldest first: the latest ones possible, one usual interval apart.

    Parameters
    ----------
    periods : int
        Full periods of history.
    widths : int array, shape (n,)
        Lengths of the intervals [periods].
    rounds : int

    Notes
    -----
    At the latest origin nine of ten intervals have ended. At least half of the history lies before the oldest; where the rounds do not fit
    one interval apart they stand closer, and overlap; where they do not fit at all there are fewer.

    >>> round_origins(104, np.array([3, 3, 3]), rounds=4)
    [91, 94, 97, 100]
    """
    reach = int(np.ceil(np.quantile(widths, _ENDED)))
    latest, earliest = periods - 1 - reach, max(int(np.ceil(_LEAST_BEFORE * periods)) - 1, 0)
    if latest < earliest:
        raise InputError(
            f"The history has {counted(periods, 'period')}, and the interval to be forecast {reach}. A backtest needs at least {2 * reach + 1} periods. Add older sales."
        )
    apart = max(1, int(np.median(widths)))
    if rounds > 1:
        apart = max(1, min(apart, (latest - earliest) // (rounds - 1)))
    number = min(rounds, (latest - earliest) // apart + 1)
    return [latest - apart * back for back in reversed(range(number))]


def _usual_widths(known: Known, settings: Settings) -> np.ndarray:
    """Return the length of the protection interval of each series that was ever sold, as of today [periods]."""
    history, checked = known.history, known.checked
    terms = resolve_terms(checked, history, segment(history, checked, settings=settings), settings=settings)
    lead = estimate_lead_times(checked, history, terms, settings=settings).frame["mean_days"].to_numpy(dtype=float)
    days = lead + terms.frame["review_period_days"].to_numpy(dtype=float)
    width: np.ndarray = np.maximum(np.rint(days / history.days_per_period), 1).astype(np.int64)
    launched = history.series["launched"].to_numpy(dtype=bool)
    return width[launched] if launched.any() else width


def _fewer(origins: list[int], rounds: int) -> list[Finding]:
    if len(origins) == rounds:
        return []
    text = (
        f"Only {counted(len(origins), 'round')} instead of {rounds}: at least half of the history must lie before each."
    )
    return [Finding("info", "Sales", "column date", text, "Add older sales.")]


def _other_periods(day: pd.Timestamp, one: Look) -> Finding:
    text = (
        f"The round of {day:%Y-%m-%d} is left out: the sales known then look as if they were recorded by {one.period}."
    )
    return Finding("warning", "Sales", "column date", text, "Nothing; the other rounds are not touched by it.")


# what came -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judged:
    """All rounds side by side.

    `cells`: one row per series and round with an outcome: round, at (position in that round's series), row (of `held`), actual, restored.
    `held`, `tried`: rows are the different (series, segment, interval, target), columns are rounds.
    """

    cells: pd.DataFrame
    held: HeldBack
    tried: list[Tried]
    segment: np.ndarray
    target: np.ndarray
    unit_cost: np.ndarray
    findings: tuple[Finding, ...]


def _judge(looks: list[Look], origins: list[int], known: Known) -> _Judged:
    cells = pd.concat(
        [
            _outcomes(look, origin, known).assign(round=number)
            for number, (look, origin) in enumerate(zip(looks, origins, strict=True))
        ]
        or [_NO_CELLS],
        ignore_index=True,
    )
    keys = pd.MultiIndex.from_frame(cells[["series", "segment", "width", "target"]])
    row, _ = pd.factorize(keys)
    cells = cells.assign(row=row)
    first = cells.drop_duplicates("row")
    shape = (len(first), max(len(looks), 1))
    at = (cells["row"].to_numpy(), cells["round"].to_numpy(dtype=np.int64))
    actual = _placed(cells["actual"].to_numpy(), at, shape)
    scale, square = (first[name].to_numpy(dtype=float) for name in ("scale", "square_scale"))
    held = HeldBack(actual, scale, square, first["width"].to_numpy(dtype=np.int64))
    cost, note = _unit_costs(first["unit_cost"].to_numpy(dtype=float))
    return _Judged(
        cells=cells,
        held=held,
        tried=_said(looks, cells, at, shape),
        segment=first["segment"].to_numpy(dtype=object),
        target=first["target"].to_numpy(dtype=float),
        unit_cost=cost,
        findings=tuple(note),
    )


_NO_CELLS = pd.DataFrame(
    {
        name: np.zeros(0)
        for name in (
            "at",
            "series",
            "width",
            "target",
            "unit_cost",
            "scale",
            "square_scale",
            "actual",
            "restored",
            "round",
        )
    }
).assign(segment=pd.Series(dtype=object))


def _outcomes(look: Look, origin: int, known: Known) -> pd.DataFrame:
    """Return the series of a round whose interval has ended and lies within their life, with the demand that came."""
    history = known.history
    place = series_of(history.series, look.series)
    same = ~look.series["sku"].isin(_moved_since(look.as_of, known)).to_numpy()
    start, end = origin + 1, origin + 1 + look.width
    first = history.series["own_first_period"].to_numpy()[place]
    at = np.flatnonzero((place >= 0) & same & (end <= len(history.starts)) & (first <= start))
    scale, square = interval_scales(look.demand[at], look.width[at])
    return pd.DataFrame(
        {
            "at": at,
            "series": place[at],
            "segment": look.segment[at],
            "width": look.width[at],
            "target": look.service_level[at],
            "unit_cost": look.unit_cost[at],
            "scale": scale,
            "square_scale": square,
            "actual": _span(history.demand, place[at], start, end[at]),
            "restored": _span(history.censored.astype(float), place[at], start, end[at]) > 0,
        }
    )


def _span(values: np.ndarray, rows: np.ndarray, start: int, end: np.ndarray) -> np.ndarray:
    """Return the sum of columns start .. end - 1 of each row."""
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.nan_to_num(values), axis=1)], axis=1)
    result: np.ndarray = sums[rows, end] - sums[rows, start]
    return result


def _moved_since(day: pd.Timestamp, known: Known) -> set[str]:
    """Return skus whose history counts for another sku today than it did then: their outcome cannot be told apart."""
    items = known.checked.frames["Items"]
    then, now = final_successors(items, as_of=day), final_successors(items, as_of=known.checked.as_of)
    changed = {sku for sku in then.keys() | now.keys() if then.get(sku) != now.get(sku)}
    heirs = {heir for sku in changed for heir in (then.get(sku), now.get(sku)) if heir is not None}
    return changed | heirs


def _said(
    looks: list[Look], cells: pd.DataFrame, at: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]
) -> list[Tried]:
    """Return what every method said, in the rows and columns of the held-back windows."""
    names = list(dict.fromkeys(ahead.name for look in looks for ahead in look.aheads))
    number, position = cells["round"].to_numpy(dtype=np.int64), cells["at"].to_numpy(dtype=np.int64)
    made = []
    for name in names:
        total, quantiles = np.full(shape, np.nan), np.full((*shape, len(LEVELS)), np.nan)
        for each, look in enumerate(looks):
            found = next((ahead for ahead in look.aheads if ahead.name == name), None)
            if found is not None:
                mine = np.flatnonzero(number == each)
                cell = (at[0][mine], at[1][mine])
                total[cell], quantiles[cell] = found.total[position[mine]], found.quantiles[position[mine]]
        made.append(Tried(name, total, quantiles))
    return made


def _placed(values: np.ndarray, at: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    table = np.full(shape, np.nan)
    table[at] = values
    return table


def _unit_costs(given: np.ndarray) -> tuple[np.ndarray, list[Finding]]:
    """Return what a unit of each row counts in simulated costs: its cost, else the median one; 1 where none is known."""
    known = given > 0
    if known.all():
        return given, []
    if not known.any():
        text = "No unit cost is known; simulated costs count units."
        return np.ones(len(given)), [
            Finding("info", "Items", "column unit_cost", text, "Fill in unit_cost to weigh items by value.")
        ]
    text = f"{counted(int((~known).sum()), 'item')} without a unit cost count with the median one in simulated costs."
    filled = np.where(known, given, np.median(given[known]))
    return filled, [Finding("info", "Items", "column unit_cost", text, "Fill in unit_cost.")]


# tables --------------------------------------------------------------------------------------------------------------------------------


def _tables(judged: _Judged) -> dict[str, Any]:
    tried, held, segments = judged.tried, judged.held, judged.segment
    return {
        "accuracy": accuracy_table(tried, held, segment=segments, few_widths=0),
        "coverage": coverage_table(tried, held, segments),
        "decisions": decision_cost(tried, held, segment=segments, target=judged.target, unit_cost=judged.unit_cost),
    }


def _column(judged: _Judged, table: np.ndarray) -> np.ndarray:
    """Return the value of each cell from a table in the shape of the held-back windows."""
    column: np.ndarray = table[judged.cells["row"].to_numpy(), judged.cells["round"].to_numpy(dtype=np.int64)]
    return column


def _rounds_table(judged: _Judged, looks: list[Look]) -> pd.DataFrame:
    by_name = {each.name: each for each in judged.tried}
    frame = judged.cells[["round", "actual", "restored"]].copy()
    weight = judged.unit_cost[judged.cells["row"].to_numpy()]
    frame["money"] = frame["actual"] * weight
    for name, short in ((CHOSEN, "own"), (BASELINE, "base")):
        said = by_name.get(name)
        total = np.full(judged.held.actual.shape, np.nan) if said is None else said.total
        cost = total if said is None else window_costs(said, judged.held, judged.target)[..., 2]
        frame[short], frame[f"{short}_cost"] = _column(judged, total), _column(judged, cost) * weight
    both = frame["own_cost"].notna() & frame["base_cost"].notna()
    compared = frame.where(both)
    frame = frame.assign(
        error=(compared["own"] - compared["actual"]).abs(),
        base_error=(compared["base"] - compared["actual"]).abs(),
        compared=compared["actual"],
        compared_money=compared["money"],
        own_cost=compared["own_cost"],
        base_cost=compared["base_cost"],
    )
    sums = frame.groupby("round").sum().reindex(range(len(looks))).fillna(0.0)
    windows = frame.groupby("round").size().reindex(range(len(looks))).fillna(0)
    demand, money = (
        sums["compared"].where(sums["compared"] > 0),
        sums["compared_money"].where(sums["compared_money"] > 0),
    )
    table = pd.DataFrame(
        {
            "as_of": pd.Series([look.as_of for look in looks], dtype="datetime64[s]"),
            "series": [len(look.series) for look in looks],
            "windows": windows,
            "with_stockouts": sums["restored"],
            "demand": sums["actual"],
            "forecast": sums["own"],
            "moving_average": sums["base"],
            "wape": sums["error"] / demand,
            "baseline_wape": sums["base_error"] / demand,
            "cost": sums["own_cost"] / money,
            "baseline_cost": sums["base_cost"] / money,
        }
    )
    base = table["baseline_cost"].where(table["baseline_cost"] > 0)
    counts = dict.fromkeys([each.name for each in ROUNDS if each.role == "count"], "int64")
    return table.assign(value_added=1 - table["cost"] / base).astype(counts)


def _intervals(judged: _Judged, looks: list[Look]) -> pd.DataFrame:
    by_name = {each.name: each for each in judged.tried}
    cells = judged.cells
    number, at = cells["round"].to_numpy(dtype=np.int64), cells["at"].to_numpy(dtype=np.int64)
    size = np.cumsum([0, *(len(look.series) for look in looks)])
    series = pd.concat(
        [look.series for look in looks] or [pd.DataFrame(columns=["sku", "location"])], ignore_index=True
    )
    days = np.array([look.as_of for look in looks], dtype="datetime64[s]")
    frame = series.iloc[size[number] + at].reset_index(drop=True)
    frame.insert(0, "as_of", days[number])
    target = cells["target"].to_numpy(dtype=float)
    frame = frame.assign(
        segment=cells["segment"].astype("str"),
        width_periods=cells["width"].astype("int64"),
        service_target=target,
        demand=cells["actual"].astype("float64"),
    )
    row = (cells["row"].to_numpy(), number)
    unknown = np.full(len(frame), np.nan)
    chosen, base = by_name.get(CHOSEN), by_name.get(BASELINE)
    found: pd.DataFrame = frame.assign(
        expected=unknown if chosen is None else chosen.total[row],
        stock=unknown if chosen is None else stock_for(chosen.quantiles[row], target),
        moving_average=unknown if base is None else base.total[row],
    )
    return found
