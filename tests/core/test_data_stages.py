"""Any small workbook passes through checks, history, segments, terms and lead times without an error or a warning."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from invopt_xl.core.lead_times import NODES
from invopt_xl.settings import Settings
from tests.sample_tables import staged

_SKUS = ["A", "B", "007", "é"]
_PLACES = ["X", "Y", None]


def _maybe(random, value, chance=0.2):
    return None if random.random() < chance else value


def _day(random, spread=900):
    return dt.date(2023, 1, 1) + dt.timedelta(days=int(random.integers(0, spread)))


def _workbook(seed):
    random = np.random.default_rng(seed)

    def some(most, make):
        return [make() for _ in range(int(random.integers(0, most)))]

    def pick(values):
        return values[int(random.integers(0, len(values)))]

    amount = lambda: _maybe(random, round(float(random.normal(20, 20)), 1))  # noqa: E731
    sku, place, supplier = (lambda: pick(_SKUS)), (lambda: pick(_PLACES)), (lambda: pick(["P", "Q", "R", None]))
    rows = {
        "Sales": [
            {
                "date": _maybe(random, _day(random), 0.02),
                "sku": sku(),
                "quantity": amount(),
                "location": place(),
                "price": amount(),
            }
            | {"on_hand": amount(), "stockout": bool(random.random() < 0.1), "promotion": bool(random.random() < 0.1)}
            for _ in range(int(random.integers(1, 60)))
        ],
        "Items": some(
            6,
            lambda: {
                "sku": sku(),
                "supplier": supplier(),
                "unit_cost": amount(),
                "unit_price": amount(),
                "moq": amount(),
                "pack_size": amount(),
                "service_level": amount(),
                "status": pick(["new", "blocked", "ending", "odd", None]),
                "like_sku": _maybe(random, sku(), 0.5),
                "successor_sku": _maybe(random, sku(), 0.6),
                "launch_date": _maybe(random, _day(random), 0.5),
            },
        ),
        "Stock": some(5, lambda: {"sku": sku(), "on_hand": amount(), "location": place(), "on_order": amount()}),
        "OpenOrders": some(4, lambda: {"sku": sku(), "quantity": amount(), "due_date": _maybe(random, _day(random))}),
        "LeadTimes": some(
            30,
            lambda: {
                "sku": _maybe(random, sku()),
                "supplier": supplier(),
                "order_date": _day(random),
                "receipt_date": _day(random),
                "promised_date": _maybe(random, _day(random), 0.5),
                "order_id": _maybe(random, pick(["1", "2"]), 0.5),
                "quantity_received": amount(),
                "location": place(),
            },
        ),
        "Suppliers": some(
            4,
            lambda: {
                "supplier": pick(["P", "Q"]),
                "lead_time_days": amount(),
                "lead_time_sd_days": amount(),
                "status": pick(["blocked", None]),
                "disrupted_until": _maybe(random, _day(random), 0.6),
            },
        ),
        "Sources": some(
            5,
            lambda: {"sku": sku(), "supplier": pick(["P", "Q", "R"]), "priority": amount(), "lead_time_days": amount()},
        ),
        "Promotions": some(
            3, lambda: {"sku": sku(), "start_date": _day(random), "end_date": _day(random), "location": place()}
        ),
        "Overrides": some(
            3,
            lambda: {
                "sku": sku(),
                "field": pick(["moq", "supplier", "odd", "lead_time_days"]),
                "value": pick(["5", "P", "x"]),
            },
        ),
        "Settings": some(
            3, lambda: {"setting": "service_level", "value": pick(["0.9", "x"]), "scope": pick(["abc=A", "odd", None])}
        ),
    }
    return {name: given for name, given in rows.items() if given}


@pytest.mark.parametrize("seed", range(25))
def test_any_small_workbook_gives_whole_columns(seed):
    period = ["auto", "day", "week", "month"][seed % 4]
    past, segments, terms, lead = staged(None, Settings(period=period), **_workbook(seed))
    n, width = past.sales.shape
    assert len(past.series) == len(segments.frame) == len(terms.frame) == len(lead.frame) == n
    assert width == len(past.starts) >= 1
    first = past.series["first_period"].to_numpy()
    life = np.arange(width) >= first[:, None]
    assert (np.isfinite(past.demand) == life).all()
    assert (past.demand[life] >= 0).all()
    own = np.isfinite(past.sales)
    assert (past.demand[own] >= past.sales[own]).all()
    assert lead.atoms.shape == (n, NODES)
    assert (np.diff(lead.atoms, axis=1) >= 0).all()
    assert (lead.atoms >= 0).all()
    # rounded to a millionth of a day
    assert lead.atoms.mean(axis=1) == pytest.approx(lead.frame["mean_days"].to_numpy(), abs=1e-5)
    assert terms.frame["service_level"].between(0, 1, inclusive="neither").all()
    assert terms.frame[["moq", "pack_size", "on_order"]].ge(0).all(axis=None)
    assert set(segments.frame["abc"]) <= set("ABC")
    assert past.series[["sku", "location"]].duplicated().sum() == 0
