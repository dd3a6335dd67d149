"""The worksheet functions that work without a plan: arguments in, one core formula, cells out.

Each takes its arguments in the order of `function_registry` as a host sent them, `MISSING` for those left out. Several series stand one per
row; every other argument is one value, a column beside the series, or a row for which the result becomes a grid. An empty row or cell gives an
empty result, an error value gives itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from invopt_xl.adapters.cell_results import OUT_OF_RANGE, Result, number_cell, number_cells, text_cells
from invopt_xl.adapters.cell_values import (
    NumberBlock,
    choice,
    is_missing,
    numbers,
    out_of_range,
    share,
    text_of,
    wrong_type,
)
from invopt_xl.core.policy.observed_demand import lived_demand, mean_and_sd
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings, parse

_DEFAULTS = Settings()
#: Periods between two order decisions where none is given: the plan, too, looks once a period by default.
_REVIEW_PERIODS = 1.0
#: So many periods of demand, at least, make a steadiness class.
_STEADY_PERIODS = 3
#: Sound as demand, time, cost and service alike.
_HARMLESS = 0.5


@dataclass(frozen=True)
class _Series:
    """Moments per period of n series, each (n, 1), and the errors among their cells, (n, 1) or None."""

    mean: np.ndarray
    sd: np.ndarray
    errors: np.ndarray | None
    single: bool


def _moments(value: object) -> _Series:
    """Return the moments of past demand; one number is a mean with the spread of a Poisson."""
    given, history = _history(value)
    if given.single:
        mean = given.values
        return _Series(mean, np.sqrt(np.maximum(mean, 0.0)), given.errors, True)
    mean, sd = mean_and_sd(history)
    return _Series(mean[:, None], sd[:, None], _row_errors(given), False)


def _history(value: object) -> tuple[NumberBlock, np.ndarray]:
    """Return past demand as given, and with its empty cells read; a single column is one series."""
    given = numbers(value)
    rows, columns = given.values.shape
    if columns == 1 and rows > 1:
        given = NumberBlock(given.values.T, None if given.errors is None else given.errors.T, given.single)
    return given, lived_demand(given.values)


def _row_errors(given: NumberBlock) -> np.ndarray | None:
    """Return the first error of each row, (n, 1)."""
    if given.errors is None:
        return None
    first = (given.errors != "").argmax(axis=1)
    found: np.ndarray = given.errors[np.arange(len(first)), first][:, None]
    return found


def _lead_time(value: object, *, series: int) -> tuple[NumberBlock, np.ndarray]:
    """Return mean lead times as a block (1 or n, 1), and their standard deviations: past lead times of one series, or a row for each."""
    if is_missing(value):
        raise wrong_type("lead_time is left out")
    given = numbers(value)
    if given.values.size == 1:
        return given, np.zeros((1, 1))
    rows, columns = given.values.shape
    if series == 1 and columns == 1:
        given = NumberBlock(given.values.T, None if given.errors is None else given.errors.T)
    if len(given.values) not in (1, series):
        raise wrong_type(f"lead_time has {rows} rows for {series} series")
    mean, sd = mean_and_sd(given.values)
    # one lead time per row says nothing of its spread
    spread = np.where(np.isnan(sd), 0.0, sd)
    negative = (given.values < 0).any(axis=1)
    return NumberBlock(np.where(negative, -1.0, mean)[:, None], _row_errors(given)), spread[:, None]


def _parameter(value: object, default: float) -> NumberBlock:
    """Return an optional argument as a block; one that is left out, or one empty cell, is its default."""
    if is_missing(value):
        return NumberBlock(np.array([[default]]), None, True)
    given = numbers(value)
    if given.single and given.errors is None and np.isnan(given.values[0, 0]):
        return NumberBlock(np.array([[default]]), None, True)
    return given


def _required(value: object, name: str) -> NumberBlock:
    if is_missing(value):
        raise wrong_type(f"{name} is left out")
    return numbers(value)


@dataclass(frozen=True)
class _Grid:
    """Arguments in one shape: `values`, one array (n, m) per argument, and the names of the errors among them, (n, m) or None.

    Where every argument is one value without an error, as in most cells, `single`: the values are floats, for Python and numpy
    are both faster on these than on arrays of one number.
    """

    values: tuple[Any, ...]
    errors: np.ndarray | None = None
    single: bool = False

    def result(self, found: Any, *, sound: Any) -> Result:
        """Return the cells: `found`, empty where an argument is, #NUM! where not `sound`, errors where an argument has one."""
        if self.single:
            if any(map(math.isnan, self.values)):
                return ""
            return number_cell(float(found)) if sound else OUT_OF_RANGE
        empty = np.isnan(self.values).any(axis=0)
        if self.errors is None and sound.all() and not empty.any():
            return number_cells(found)
        named = np.where(sound | empty, "", "#NUM!").astype(object)
        if self.errors is not None:
            named = np.where(self.errors == "", named, self.errors)
        return number_cells(np.where(empty, np.nan, found), errors=named)

    def harmless(self, sound: Any, *values: Any) -> tuple[Any, ...]:
        """Return values with one that every formula takes where the result is an error anyway."""
        if self.single:
            return values if sound else (_HARMLESS,) * len(values)
        return values if sound.all() else tuple(np.where(sound, each, _HARMLESS) for each in values)

    def one_by_one(self, sound: Any, work: Callable[..., float], *more: Any) -> Any:
        """Return `work` of the arguments and `more` at each sound place, 0 elsewhere."""
        if self.single:
            return work(*self.values, *more) if sound else 0.0
        found = np.zeros(sound.shape)
        for place in zip(*np.nonzero(sound), strict=True):
            found[place] = work(*(float(each[place]) for each in (*self.values, *more)))
        return found


def _grid(*blocks: NumberBlock) -> _Grid:
    """Return blocks in one shape: one value fits all, a column and a row span a grid.

    Raises
    ------
    CellError
        Their shapes do not fit together.
    """
    if all(each.values.size == 1 and each.errors is None for each in blocks):
        return _Grid(tuple(each.values.item() for each in blocks), single=True)
    try:
        values = np.broadcast_arrays(*(each.values for each in blocks))
    except ValueError as error:
        raise wrong_type("ranges of shapes that do not fit together") from error
    errors = None
    for each in blocks:
        if each.errors is not None:
            mine = np.broadcast_to(each.errors, values[0].shape)
            errors = mine if errors is None else np.where(errors == "", mine, errors)
    return _Grid(tuple(values), errors)


def _protected(demand: object, lead_time: object, review: object, *more: NumberBlock) -> tuple[_Grid, Any, Any]:
    """Return the grid of mean, lead time, review and `more`, and sd of demand and of lead time in its shape."""
    series = _moments(_given(demand, "demand"))
    lead, lead_sd = _lead_time(lead_time, series=len(series.mean))
    mean = NumberBlock(series.mean, series.errors, series.single)
    grid = _grid(mean, lead, _parameter(review, _REVIEW_PERIODS), *more)
    return grid, _in_shape_of(grid, series.sd), _in_shape_of(grid, lead_sd)


def _in_shape_of(grid: _Grid, column: np.ndarray) -> Any:
    """Return one value per series, (n, 1), in the shape of the grid's arguments."""
    return column.item() if grid.single else np.broadcast_to(column, grid.values[0].shape)


def _given(value: object, name: str) -> object:
    if is_missing(value):
        raise wrong_type(f"{name} is left out")
    return value


def safety_stock_cells(*arguments: object) -> Result:
    """INV_SAFETYSTOCK."""
    return _stock_cells(*arguments, with_mean=False)


def reorder_point_cells(*arguments: object) -> Result:
    """INV_REORDERPOINT."""
    return _stock_cells(*arguments, with_mean=True)


def _stock_cells(
    demand: object, lead_time: object, service: object, review: object, measure: object, *, with_mean: bool
) -> Result:
    from invopt_xl.core.policy.safety_stock import protection_demand, safety_stock

    fill = choice(measure, ("cycle", "fill"), default="cycle") == "fill"
    target = _parameter(service, _DEFAULTS.service_level)
    grid, sd, lead_sd = _protected(demand, lead_time, review, target)
    mean, lead, between, wanted = grid.values
    wanted = share(wanted)
    sound = (wanted > 0) & (wanted < 1) & (mean >= 0) & (sd >= 0) & (lead >= 0) & (between >= 0)
    if fill:
        sound &= mean * between > 0
    mean, sd, lead, between, wanted = grid.harmless(sound, mean, sd, lead, between, wanted)
    needed = protection_demand(mean=mean, sd=sd, lead_time=lead, lead_time_sd=lead_sd, review=between)
    stock = safety_stock(needed, service_level=wanted, fill=fill)
    return grid.result(stock + needed.mean if with_mean else stock, sound=sound)


def fill_rate_cells(demand: object, lead_time: object, stock_level: object, review: object) -> Result:
    """INV_FILLRATE."""
    from invopt_xl.core.policy.safety_stock import fill_rate_of_level, protection_demand

    grid, sd, lead_sd = _protected(demand, lead_time, review, _required(stock_level, "stock_level"))
    mean, lead, between, level = grid.values
    sound = (mean > 0) & (lead >= 0) & (between > 0) & (sd >= 0) & (abs(level) < math.inf)
    mean, sd, lead, between, level = grid.harmless(sound, mean, sd, lead, between, level)
    needed = protection_demand(mean=mean, sd=sd, lead_time=lead, lead_time_sd=lead_sd, review=between)
    return grid.result(fill_rate_of_level(level, needed), sound=sound)


def eoq_cells(
    annual_demand: object, order_cost: object, unit_cost: object, holding_rate: object, price_breaks: object
) -> Result:
    """INV_EOQ."""
    from invopt_xl.core.policy.eoq import all_units_discount, economic_order_quantity

    grid = _grid(
        _required(annual_demand, "annual_demand"),
        _required(order_cost, "order_cost"),
        _required(unit_cost, "unit_cost"),
        _required(holding_rate, "holding_rate"),
    )
    demand, order, cost, rate = grid.values
    sound = (demand >= 0) & (order >= 0) & (cost > 0) & (rate > 0) & (demand + order + cost + rate < math.inf)
    if is_missing(price_breaks):
        demand, order, holding = grid.harmless(sound, demand, order, cost * rate)
        return grid.result(economic_order_quantity(demand, order_cost=order, holding_cost=holding), sound=sound)
    breaks = _breaks(price_breaks)

    def discounted(demand: float, order: float, cost: float, rate: float) -> float:
        if demand == 0:
            return 0.0
        offers = [(0.0, cost), *((lowest, price) for lowest, price in breaks if lowest > 0)]
        offers[0] = next(((0.0, price) for lowest, price in breaks if lowest <= 0), offers[0])
        if any(later[1] >= earlier[1] for earlier, later in pairwise(offers)):
            return math.nan
        return all_units_discount(demand, order_cost=order, holding_rate=rate, breaks=offers).quantity

    found = grid.one_by_one(sound, discounted)
    # breaks that do not fall give no number
    return grid.result(found, sound=sound & (found >= 0))


def _breaks(value: object) -> list[tuple[float, float]]:
    """Return (minimum quantity, unit cost) in rising order of quantity; rows without any entry are left out."""
    given = numbers(value)
    if given.errors is not None:
        raise wrong_type("price_breaks holds a text or an error value")
    if given.single and np.isnan(given.values[0, 0]):
        return []
    if given.values.shape[1] != 2:
        raise wrong_type("price_breaks needs two columns, quantity and unit cost")
    rows = given.values[~np.isnan(given.values).all(axis=1)]
    if np.isnan(rows).any():
        raise wrong_type("a row of price_breaks is incomplete")
    if (rows[:, 0] < 0).any() or (rows[:, 1] <= 0).any() or len(np.unique(rows[:, 0])) < len(rows):
        raise out_of_range("price_breaks holds a negative quantity, a cost of nothing, or a quantity twice")
    return [(float(lowest), float(cost)) for lowest, cost in rows[np.argsort(rows[:, 0])]]


def newsvendor_cells(demand: object, price: object, cost: object, salvage: object) -> Result:
    """INV_NEWSVENDOR."""
    from invopt_xl.core.policy.newsvendor import margin_costs, normal_newsvendor, poisson_newsvendor

    series = _moments(_given(demand, "demand"))
    grid = _grid(
        NumberBlock(series.mean, series.errors, series.single),
        _required(price, "price"),
        _required(cost, "cost"),
        _parameter(salvage, 0.0),
    )
    mean, selling, buying, rest = grid.values
    sd = _in_shape_of(grid, series.sd)
    sound = (mean >= 0) & (sd >= 0) & (selling > buying) & (buying > rest) & (mean + selling + buying < math.inf)

    def best(mean: float, selling: float, buying: float, rest: float, sd: float) -> float:
        under, over = margin_costs(price=selling, cost=buying, salvage=rest)
        if not series.single:
            return normal_newsvendor(mean=mean, sd=sd, underage_cost=under, overage_cost=over)
        return poisson_newsvendor(mean=mean, underage_cost=under, overage_cost=over) if mean > 0 else 0.0

    return grid.result(grid.one_by_one(sound, best, sd), sound=sound)


def abc_cells(values: object, cuts: object) -> Result:
    """INV_ABC."""
    from invopt_xl.core.segments import abc_classes

    given = _required(values, "values")
    known = ~np.isnan(given.values)
    classes = np.full(given.values.shape, "", dtype=object)
    classes[known] = abc_classes(given.values[known], cuts=_cuts(cuts))
    return text_cells(classes, errors=given.errors)


def _cuts(value: object) -> tuple[float, float]:
    """Return the cuts of classes A and B, from two cells or from a text such as "80%;95%"."""
    if is_missing(value):
        return _DEFAULTS.abc_cuts
    if isinstance(value, str) and value.strip():
        try:
            return Settings.from_mapping({"abc_cuts": parse("abc_cuts", text_of(value))}).abc_cuts
        except SettingError as error:
            # two numbers that make no cuts, or no two numbers
            raise _cut_error(value, error) from error
    given = numbers(value)
    if given.errors is not None:
        raise wrong_type("cuts holds a text or an error value")
    if np.isnan(given.values).all():
        return _DEFAULTS.abc_cuts
    if given.values.size != 2 or np.isnan(given.values).any():
        raise wrong_type("cuts needs two cells")
    low, high = share(given.values.ravel()).tolist()
    if not 0 < low < high <= 1:
        raise out_of_range(f"cuts {low:g} and {high:g} do not rise between 0 and 1")
    return low, high


def _cut_error(value: str, error: SettingError) -> Exception:
    parts = value.replace(";", " ").split()
    readable = len(parts) == 2 and numbers((tuple(parts),)).errors is None
    return out_of_range(str(error)) if readable else wrong_type(str(error))


def xyz_cells(demand: object) -> Result:
    """INV_XYZ."""
    from invopt_xl.core.segments import mean_and_cv, xyz_classes

    def classes(history: np.ndarray) -> np.ndarray:
        if history.shape[1] < _STEADY_PERIODS:
            # one or two periods say nothing of steadiness, also where there are no more
            history = np.pad(history, ((0, 0), (_STEADY_PERIODS, 0)), constant_values=np.nan)
        _, cv = mean_and_cv(history)
        return xyz_classes(cv, cuts=_DEFAULTS.xyz_cuts)

    return _class_cells(demand, classes)


def demand_class_cells(demand: object) -> Result:
    """INV_DEMANDCLASS."""
    from invopt_xl.core.segments import demand_classes, intervals_and_sizes

    def classes(history: np.ndarray) -> np.ndarray:
        adi, cv2 = intervals_and_sizes(history)
        return demand_classes(adi, cv2, adi_cut=_DEFAULTS.adi_cut, cv2_cut=_DEFAULTS.cv2_cut)

    return _class_cells(demand, classes)


def _class_cells(demand: object, classes: Callable[[np.ndarray], np.ndarray]) -> Result:
    """Return one class per series; an empty row has none."""
    given, history = _history(_given(demand, "demand"))
    if not history.shape[1]:
        return text_cells(np.full((len(history), 1), "", dtype=object), errors=_row_errors(given))
    # after the first entry of a series nothing is empty
    some = ~np.isnan(history[:, -1])
    found = np.full((len(some), 1), "", dtype=object)
    if some.any():
        found[some, 0] = classes(history[some])
    return text_cells(found, errors=_row_errors(given))
