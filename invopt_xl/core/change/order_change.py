"""Why an order differs from that of the run before: its change split exactly into the parts of `basis.PARTS`, and said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.change.basis import (
    BASIS,
    CONSTRAINTS,
    DAMPING,
    KEYS,
    LEAD_TIME,
    LEVEL,
    ORDER,
    PARTS,
    SERVICE,
    SPREAD,
    STOCK,
)
from invopt_xl.core.change.order_model import corrected_level, order_quantity
from invopt_xl.core.change.shapley import shapley_shares
from invopt_xl.core.explain import units
from invopt_xl.core.findings import Finding
from invopt_xl.errors import InputError

#: An item that was not planned before, or is not planned any more.
ARRIVED = "new or gone"

CHANGE_COLUMNS = (*KEYS, "order_before", "order_now", "change_units", *PARTS, ARRIVED, "text")

#: Shares are kept on this grid [units]: a power of two, so that sums of them are exact in binary arithmetic.
_GRID = 2.0**-12

#: Parts that the level depends on; with a fill rate the units per cycle do, too, and with them all but stock.
_LEVEL_PARTS = (LEVEL, SPREAD, LEAD_TIME, SERVICE, CONSTRAINTS)

#: Columns of the kept table that are compared.
_COMPARED = (*KEYS, ORDER, *(column.name for column in BASIS))

#: How a flag reads when it holds, casefolded.
_TRUE = ("true", "1", "1.0")

#: What is shown of each part: column, word, how it is written.
_SHOWN: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    LEVEL: (("demand_per_day", "demand a day", "units"),),
    SPREAD: (("demand_cv", "variation", "share"),),
    LEAD_TIME: (("lead_time_days", "days", "days"), ("lead_time_sd_days", "spread of days", "days")),
    SERVICE: (("service_level", "target", "share"),),
    DAMPING: (("damping_units", "safety stock beyond what is needed", "units"),),
    STOCK: (("on_hand", "on hand", "units"), ("on_order", "on order", "units")),
    CONSTRAINTS: (
        ("moq", "minimum order", "units"),
        ("pack_size", "pack", "units"),
        ("max_stock", "maximum stock", "units"),
        ("min_stock", "minimum stock", "units"),
    ),
}


@dataclass(frozen=True)
class OrderChange:
    """`frame`: CHANGE_COLUMNS, one row per item and location of either run whose order or split is not zero, largest change first. The parts of a row
    add up to its `change_units`: exactly for whole units, else to the last binary digit."""

    frame: pd.DataFrame


def order_change(before: pd.DataFrame, now: pd.DataFrame) -> OrderChange:
    """Return what changed the orders between two runs.

    Parameters
    ----------
    before, now : DataFrame
        `basis.order_basis` of the two runs. Rows are compared by sku and location.

    Notes
    -----
    Every subset of the parts in which an input differs takes its inputs from this run, the rest from the run before: for all seven parts, 128
    evaluations of policy and order as whole columns.
    What shared limits (supplier minimums, budgets) moved beyond that counts as constraints.

    Raises
    ------
    InputError
        A table lacks a column: it was kept by another version.
    """
    old, new = (_complete(frame, name) for name, frame in (("before", before), ("now", now)))
    keys = list(KEYS)
    both = new[keys].merge(old[keys], on=keys)
    first, second = (_rows(frame, both) for frame in (old, new))
    shares = _split(first, second)
    frame = both.assign(order_before=first[ORDER], order_now=second[ORDER])
    frame["change_units"] = frame["order_now"] - frame["order_before"]
    frame[list(PARTS)] = _exact(shares, frame["change_units"].to_numpy(dtype=float))
    frame[ARRIVED] = 0.0
    frame["text"] = _texts(frame, first, second)
    frame = pd.concat([frame, _alone(new, both, sign=1), _alone(old, both, sign=-1)], ignore_index=True)
    told = (frame[[*PARTS, ARRIVED]] != 0).any(axis=1) | (frame["change_units"] != 0)
    frame = frame[told]
    order = np.argsort(-frame["change_units"].abs().to_numpy(dtype=float), kind="stable")
    return OrderChange(frame.iloc[order][list(CHANGE_COLUMNS)].reset_index(drop=True))


def changed_since(before: pd.DataFrame | None, now: pd.DataFrame) -> tuple[OrderChange | None, tuple[Finding, ...]]:
    """Return what changed the orders since the last run, None where it kept nothing that can be compared; and what is to be said of that."""
    if before is None:
        return None, ()
    try:
        return order_change(before, now), ()
    except InputError as error:
        fix = "Nothing: the next run compares again."
        return None, (Finding("info", "", "Order Changes", str(error), fix),)


def _complete(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    missing = [column for column in _COMPARED if column not in frame]
    if missing:
        raise InputError(
            f"The inputs kept by a run ({name}) lack {', '.join(missing[:4])}: they were kept by another version."
        )
    typed = frame[list(_COMPARED)].drop_duplicates(list(KEYS), keep="last").reset_index(drop=True)
    for each in BASIS:
        if each.kind == "flag":
            # a sheet holds a flag as a text
            typed[each.name] = typed[each.name].astype("str").str.casefold().isin(_TRUE)
    kinds = {"number": "float64", "flag": "bool", "text": "str"}
    return typed.astype({**dict.fromkeys(KEYS, "str"), ORDER: "float64", **{c.name: kinds[c.kind] for c in BASIS}})


def _rows(frame: pd.DataFrame, keys: pd.DataFrame) -> dict[str, np.ndarray]:
    at = pd.MultiIndex.from_frame(frame[list(KEYS)]).get_indexer(pd.MultiIndex.from_frame(keys))
    return {str(name): frame[name].to_numpy()[at] for name in frame.columns}


def _split(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> np.ndarray:
    """Return the Shapley shares of the parts, shape (n, 7), of rows that are in both runs."""
    moving = [part for part in PARTS if _differs(first, second, part)]
    moved: list[np.ndarray] = [run[ORDER] - order_quantity(run) for run in (first, second)]
    levels: dict[tuple[bool, ...], np.ndarray] = {}

    def value_of(changed: tuple[bool, ...]) -> np.ndarray:
        is_new = dict.fromkeys(PARTS, False) | dict(zip(moving, changed, strict=True))
        mixed = {column.name: (second if is_new[column.part] else first)[column.name] for column in BASIS}
        key = tuple(is_new[part] for part in _LEVEL_PARTS)
        if key not in levels:
            levels[key] = corrected_level(mixed)
        value: np.ndarray = order_quantity(mixed, level=levels[key]) + moved[int(is_new[CONSTRAINTS])]
        return value

    shares = np.zeros((len(first[ORDER]), len(PARTS)))
    if moving:
        # a part in which no input differs gets nothing, and halves the work
        shares[:, [PARTS.index(part) for part in moving]] = shapley_shares(value_of, len(moving))
    return shares


def _differs(first: dict[str, np.ndarray], second: dict[str, np.ndarray], part: str) -> bool:
    """Return whether an input of a part differs in any row; what shared limits moved counts as one of the constraints."""
    if part == CONSTRAINTS:
        return True
    names = [column.name for column in BASIS if column.part == part]
    return any(not _same(first[name], second[name]) for name in names)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))


def _exact(shares: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return shares (n, parts) on the binary grid, what is left by rounding on the largest, so that rows sum to `change` (n,)."""
    exact: np.ndarray = np.round(shares / _GRID) * _GRID
    if not len(exact):
        return exact
    largest = np.argmax(np.abs(exact), axis=1)
    rows = np.arange(len(exact))
    others = exact.sum(axis=1) - exact[rows, largest]
    exact[rows, largest] = change - others
    return exact


def _alone(frame: pd.DataFrame, both: pd.DataFrame, *, sign: int) -> pd.DataFrame:
    """Return rows of items that only one of the runs has: its whole order is the change."""
    only = ~pd.MultiIndex.from_frame(frame[list(KEYS)]).isin(pd.MultiIndex.from_frame(both))
    rows = frame.loc[only, [*KEYS, ORDER]].reset_index(drop=True)
    quantity = rows[ORDER].to_numpy(dtype=float)
    zero = np.zeros(len(rows))
    text = "New in the plan: order {}." if sign > 0 else "No longer planned; {} were ordered last time."
    return rows[list(KEYS)].assign(
        order_before=zero if sign > 0 else quantity,
        order_now=quantity if sign > 0 else zero,
        change_units=sign * quantity,
        **dict.fromkeys(PARTS, 0.0),
        **{ARRIVED: sign * quantity},
        text=pd.Series([text.format(units(each)) for each in quantity], dtype="str"),
    )


def _texts(frame: pd.DataFrame, first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> np.ndarray:
    shares = frame[list(PARTS)].to_numpy(dtype=float)
    order = np.argsort(-np.abs(shares), axis=1, kind="stable")
    texts = np.empty(len(frame), dtype=object)
    before, now, change = (frame[name].to_numpy(dtype=float) for name in ("order_before", "order_now", "change_units"))
    for i in range(len(frame)):
        parts = [
            f"{_signed(shares[i, k])} {PARTS[k]}{_inputs(PARTS[k], first, second, i)}"
            for k in order[i]
            if abs(shares[i, k]) >= 0.005
        ]
        if not parts:
            texts[i] = f"Order {units(now[i])}, as last time."
        elif change[i] == 0:
            texts[i] = f"Order {units(now[i])}, as last time, although inputs changed: {', '.join(parts)}."
        else:
            word = "more" if change[i] > 0 else "less"
            texts[i] = (
                f"Order {units(now[i])}, {units(abs(change[i]))} {word} than last time ({units(before[i])}): {', '.join(parts)}."
            )
    return texts


def _inputs(part: str, first: dict[str, np.ndarray], second: dict[str, np.ndarray], row: int) -> str:
    """Return what changed of a part, old -> new, in brackets; empty where nothing that is shown did."""
    said = []
    for column, word, kind in _SHOWN[part]:
        old, new = float(first[column][row]), float(second[column][row])
        texts = _written(old, kind), _written(new, kind)
        if texts[0] != texts[1]:
            said.append(f"{word} {texts[0]} -> {texts[1]}")
    return f" ({', '.join(said)})" if said else ""


def _written(value: float, kind: str) -> str:
    if value != value:
        return "none"
    if kind == "share":
        return f"{value:.1%}".replace(".0%", "%")
    return (
        f"{value:.1f}".removesuffix(".0")
        if kind == "days"
        else f"{value:,.3g}"
        if abs(value) < 100
        else f"{value:,.0f}"
    )


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '-'}{units(round(abs(value), 2))}"
