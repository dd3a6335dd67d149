"""From tables to the terms of supplier orders, price breaks and shared limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.replenish.joint.supplier_terms import (
    SupplierOrderIndex,
    index_orders,
    money_limit,
    order_terms,
    price_breaks,
    shared_capacity,
    storage_limit,
)

SUPPLIERS = pd.DataFrame(
    {
        "supplier": ["Acme", "Bolt", "Acme"],
        "min_order_value": [500.0, np.nan, 9.0],
        "min_order_quantity": [20.0, 30.0, 9.0],
        "capacity": [100.0, 70.0, 9.0],
        "container_volume": [np.nan, 33.0, 9.0],
    }
)


def index() -> SupplierOrderIndex:
    """Return orders of Acme at two places, of Bolt at one, and of nobody."""
    return index_orders(
        np.array(["Bolt", "Acme", "", "Acme", "Acme"], dtype=object),
        np.array(["N", "S", "N", "N", "N"], dtype=object),
    )


def test_an_order_is_what_one_supplier_sends_to_one_place() -> None:
    found = index()
    assert found.names() == ("no supplier at N", "supplier Acme at N", "supplier Acme at S", "supplier Bolt at N")
    assert found.of_line.tolist() == [3, 2, 0, 1, 1]


def test_the_place_is_told_only_where_there_are_several() -> None:
    found = index_orders(np.array(["Acme", ""], dtype=object), np.array(["N", "N"], dtype=object))
    assert found.names() == ("no supplier", "supplier Acme")


def test_each_order_has_the_terms_of_its_supplier_and_what_is_not_given_asks_nothing() -> None:
    found = order_terms(index(), SUPPLIERS, order_cost=8.0, container_fill=0.75)
    assert found.min_value.tolist() == [0.0, 500.0, 500.0, 0.0]
    assert found.min_units.tolist() == [0.0, 20.0, 20.0, 30.0]
    assert found.container_volume.tolist() == [0.0, 0.0, 0.0, 33.0]
    # nothing is placed with nobody
    assert found.order_cost.tolist() == [0.0, 8.0, 8.0, 8.0]
    assert found.container_fill == 0.75


def test_a_capacity_is_the_order_s_own_or_shared_by_several() -> None:
    assert order_terms(index(), SUPPLIERS, order_cost=0.0, container_fill=0.9).max_units.tolist() == [np.inf] * 3 + [70]
    shared = shared_capacity(index(), SUPPLIERS)
    assert shared is not None
    assert (shared.name, shared.measure, shared.label) == (
        "supplier capacity",
        "units",
        ("capacity of supplier Acme",),
    )
    assert shared.part.tolist() == [-1, 0, -1, 0, 0]
    assert shared.most.tolist() == [100.0]


def test_capacities_that_are_unknown_or_of_single_orders_are_not_shared() -> None:
    one = index_orders(np.array(["Acme", "Bolt"], dtype=object), np.array(["N", "N"], dtype=object))
    assert shared_capacity(one, SUPPLIERS) is None
    assert shared_capacity(index(), SUPPLIERS.assign(capacity=np.nan)) is None


def test_storage_is_what_stock_leaves_when_the_order_arrives() -> None:
    found = storage_limit(
        np.array(["N", "S", "N", "X"], dtype=object),
        pd.DataFrame({"location": ["N", "S", "Z"], "storage_volume": [50.0, 4.0, 1.0]}),
        volume=np.array([2.0, 3.0, 1.0, 5.0]),
        on_arrival=np.array([10.0, 2.0, 5.0, 7.0]),
        part_of=np.array([3, 2, 1]),
    )
    assert found is not None
    assert found.label == ("storage at N", "storage at S")
    # 50 - 2 x 10 - 1 x 5; more stands at S than there is room for
    assert found.most.tolist() == [25.0, 0.0]
    assert found.part.tolist() == [-1, 0, 1]


def test_places_without_a_known_room_have_no_limit() -> None:
    none = pd.DataFrame({"location": ["N"], "storage_volume": [np.nan]})
    one = np.ones(1)
    place = np.array(["N"], dtype=object)
    assert storage_limit(place, none, volume=one, on_arrival=one, part_of=np.zeros(1, dtype=np.int64)) is None


def test_money_counts_every_line() -> None:
    found = money_limit("budget", 90.0, 3)
    assert (found.measure, found.part.tolist(), found.most.tolist()) == ("spend", [0, 0, 0], [90.0])


BREAKS = pd.DataFrame(
    {
        "sku": ["A", "A", "A", "A", "B", "B", "C", "C"],
        "min_quantity": [100.0, 10.0, 50.0, 60.0, 5.0, 7.0, np.nan, 9.0],
        "unit_cost": [6.0, 8.0, 1.0, 7.0, 3.0, 2.0, 1.0, np.nan],
        "supplier": [None, "", "Other", "", "Acme", "", "", ""],
    }
)


@pytest.mark.parametrize(
    ("sku", "quantity", "paid"),
    [
        ("A", 9.0, 10.0),
        ("A", 10.0, 8.0),
        ("A", 55.0, 8.0),
        ("A", 60.0, 7.0),
        ("A", 100.0, 6.0),
        # the supplier's own row wins over the one for any
        ("B", 7.0, 3.0),
        # incomplete rows do not count
        ("C", 20.0, 10.0),
    ],
)
def test_the_price_of_a_quantity_is_that_of_the_break_it_reaches(sku: str, quantity: float, paid: float) -> None:
    found = price_breaks(
        BREAKS,
        sku=np.array([sku, "A"], dtype=object),
        supplier=np.array(["Acme", "Bolt"], dtype=object),
        unit_cost=np.array([10.0, 10.0]),
        kind="all-units",
    )
    assert found.spend(np.array([quantity, 0.0]))[0] == pytest.approx(paid * quantity)
    assert found.min_quantity[1].tolist() == [10.0, 60.0, 100.0]


def test_the_last_of_equal_breaks_does_not_count() -> None:
    twice = pd.DataFrame({"sku": ["A", "A"], "min_quantity": [5.0, 5.0], "unit_cost": [4.0, 3.0], "supplier": ["", ""]})
    found = price_breaks(
        twice,
        sku=np.array(["A"], dtype=object),
        supplier=np.array([""], dtype=object),
        unit_cost=np.ones(1) * 9,
        kind="all-units",
    )
    assert found.min_quantity.shape == (1, 1)
    assert found.spend(np.array([5.0]))[0] == 20.0
