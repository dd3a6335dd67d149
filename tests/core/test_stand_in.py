"""Which new items borrow whose history."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.stand_in import StandIns, find_stand_ins

#: Periods of the record.
T = 40


def _found(lives: dict[tuple[str, str], tuple[int, float]], like: dict[str, str]) -> StandIns:
    """Return the stand-ins among series (sku, location) -> (first period, demand per period) with like items."""
    series = pd.DataFrame(list(lives), columns=["sku", "location"], dtype="str")
    first = np.array([at for at, _ in lives.values()])
    level = np.array([value for _, value in lives.values()])
    demand = np.where(np.arange(T) >= first[:, None], level[:, None], np.nan)
    skus = sorted({sku for sku, _ in lives})
    items = pd.DataFrame({"sku": skus, "like_sku": pd.Series([like.get(sku) for sku in skus], dtype="str")})
    return find_stand_ins(items, series=series, demand=demand, first_period=first, new_periods=13)


def test_a_new_item_borrows_from_its_like_item_at_the_same_location() -> None:
    found = _found({("A", "N"): (0, 10), ("A", "S"): (0, 99), ("B", "N"): (30, 5), ("B", "S"): (40, 0)}, {"B": "A"})
    assert found.series.tolist() == [2, 3]
    assert found.source.tolist() == [0, 1]
    assert found.scale.tolist() == [0.5, 1.0]


def test_an_established_item_borrows_nothing() -> None:
    assert not len(_found({("A", "N"): (0, 10), ("B", "N"): (20, 5)}, {"B": "A"}).series)


def test_the_like_item_of_a_new_like_item_is_borrowed() -> None:
    lives = {("A", "N"): (0, 10.0), ("B", "N"): (34, 20.0), ("C", "N"): (38, 30.0)}
    found = _found(lives, {"C": "B", "B": "A"})
    assert found.series.tolist() == [1, 2]
    assert found.source.tolist() == [0, 0]
    # C shares two periods with A: too few to scale by
    assert found.scale.tolist() == [2.0, 1.0]


def test_a_like_item_never_sold_passes_on_as_well() -> None:
    found = _found({("A", "N"): (0, 10), ("B", "N"): (T, 0), ("C", "N"): (36, 5)}, {"C": "B", "B": "A"})
    assert dict(zip(found.series.tolist(), found.source.tolist(), strict=True)) == {1: 0, 2: 0}


def test_an_established_like_item_is_the_end_of_the_chain() -> None:
    found = _found({("A", "N"): (0, 10), ("B", "N"): (5, 20), ("C", "N"): (34, 5)}, {"C": "B", "B": "A"})
    assert found.source.tolist() == [1]


def test_items_alike_in_a_circle_borrow_from_the_oldest() -> None:
    found = _found({("A", "N"): (36, 10), ("B", "N"): (32, 20), ("C", "N"): (34, 5)}, {"A": "B", "B": "C", "C": "A"})
    assert dict(zip(found.series.tolist(), found.source.tolist(), strict=True)) == {0: 1, 2: 1}


def test_an_item_like_itself_borrows_nothing() -> None:
    assert not len(_found({("A", "N"): (36, 10)}, {"A": "A"}).series)


def test_a_like_item_sold_elsewhere_is_scaled_by_what_both_locations_share() -> None:
    lives = {("A", "S"): (0, 100.0), ("B", "N"): (T, 0.0), ("X", "N"): (0, 2.0), ("X", "S"): (0, 8.0)}
    found = _found(lives, {"B": "A"})
    assert (found.series.tolist(), found.source.tolist(), found.scale.tolist()) == ([1], [0], [0.25])


def test_own_sales_beside_a_like_item_elsewhere_say_more_than_the_locations() -> None:
    lives = {("A", "S"): (0, 100.0), ("B", "N"): (34, 50.0), ("X", "N"): (0, 2.0), ("X", "S"): (0, 8.0)}
    assert _found(lives, {"B": "A"}).scale.tolist() == [0.5]


def test_locations_that_share_no_item_lend_nothing() -> None:
    lives = {("A", "S"): (0, 100.0), ("B", "N"): (T, 0.0), ("X", "N"): (0, 2.0), ("Y", "S"): (0, 8.0)}
    assert not len(_found(lives, {"B": "A"}).series)


def test_first_weeks_are_no_proof_of_more_than_ten_times_the_like_item() -> None:
    lives = {("A", "N"): (0, 1.0), ("B", "N"): (30, 500.0), ("C", "N"): (30, 0.001)}
    assert _found(lives, {"B": "A", "C": "A"}).scale.tolist() == [10.0, 0.1]


def test_without_like_items_nothing_is_borrowed() -> None:
    assert not len(_found({("A", "N"): (0, 10), ("B", "N"): (36, 5)}, {}).series)
