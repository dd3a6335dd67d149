from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.core.segments import abc_classes, demand_classes, intervals_and_sizes, mean_and_cv, yearly_units
from invopt_xl.settings import Settings
from tests.reference.slow_history import interval_and_size
from tests.sample_tables import sold, staged

_DEMANDS = [0, 0, 3, 0, 0, 0, 5, 0, 2, 0, 0, 4, 0, 0, 0, 0, 6, 0, 3, 0]


def _classes(as_of=None, chosen=None, **rows):
    past, classes, _, _ = staged(as_of, chosen, **rows)
    return classes.frame.assign(sku=past.series["sku"]).set_index("sku")


def test_interval_and_size_of_the_worked_example():
    # Syntetos-Boylan worked series: ADI 3.3333, population CV2 .1229
    adi, cv2 = intervals_and_sizes(np.array([_DEMANDS], dtype=float))
    assert adi[0] == pytest.approx(3.3333, abs=5e-5)
    assert cv2[0] == pytest.approx(0.1229, abs=5e-5)
    assert demand_classes(adi, cv2, adi_cut=1.32, cv2_cut=0.49).tolist() == ["intermittent"]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30).filter(any))
@settings(max_examples=150, deadline=None)
def test_interval_and_size_agree_with_the_obvious_loop(demand):
    adi, cv2 = intervals_and_sizes(np.array([demand], dtype=float))
    assert (adi[0], cv2[0]) == pytest.approx(interval_and_size([float(value) for value in demand]))


def test_no_demand_has_no_class():
    adi, cv2 = intervals_and_sizes(np.array([[np.nan, np.nan], [0.0, 0.0]]))
    assert np.isnan(adi).all()
    assert demand_classes(adi, cv2, adi_cut=1.32, cv2_cut=0.49).tolist() == ["none", "none"]


@pytest.mark.parametrize(
    ("adi", "cv2", "expected"),
    [(1.32, 0.49, "smooth"), (1.32, 0.5, "erratic"), (1.33, 0.49, "intermittent"), (1.33, 0.5, "lumpy")],
)
def test_cuts_belong_to_the_smaller_class(adi, cv2, expected):
    assert demand_classes(np.array([adi]), np.array([cv2]), adi_cut=1.32, cv2_cut=0.49).tolist() == [expected]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=40))
@settings(max_examples=150, deadline=None)
def test_more_value_never_gives_a_worse_class(values):
    amount = np.array(values)
    classes = abc_classes(amount, cuts=(0.8, 0.95))
    assert (np.diff([ord(each) for each in classes[np.argsort(-amount, kind="stable")]]) >= 0).all()
    for value in set(values):
        assert len(set(classes[amount == value])) == 1


def test_the_largest_value_is_a_even_when_it_is_everything():
    assert abc_classes(np.array([100.0, 0.0]), cuts=(0.8, 0.95)).tolist() == ["A", "C"]


def test_abc_goes_by_price_then_cost_then_units():
    sales = sold("A", [10.0] * 20) + sold("B", [1.0] * 20)
    by_units = staged(Sales=sales)[1]
    assert by_units.frame["annual_value"].tolist() == by_units.frame["annual_units"].tolist()
    assert "by units" in str(by_units.findings[0])
    by_price = _classes(
        Sales=sales, Items=[{"sku": "A", "unit_price": 1, "unit_cost": 90}, {"sku": "B", "unit_cost": 50}]
    )
    assert by_price["annual_value"].to_numpy() == pytest.approx(by_price["annual_units"].to_numpy() * [1, 50])


def test_abc_takes_the_price_of_sales_where_the_item_has_none():
    rows = sold("A", [10.0] * 20, price=3.0)
    assert _classes(Sales=rows)["annual_value"]["A"] == pytest.approx(3 * 520)


def test_a_short_life_is_extrapolated_from_a_quarter_at_least():
    demand = np.full((1, 52), np.nan)
    demand[0, -2:] = 13.0
    assert yearly_units(demand, periods_per_year=52) == pytest.approx([26 / 13 * 52])


def test_variation_is_the_population_kind_and_leaves_out_what_is_unknown():
    mean, cv = mean_and_cv(np.array([[np.nan, 2.0, 4.0, 6.0], [0, 0, 0, 0]]))
    assert mean.tolist() == [4, 0]
    assert cv[0] == pytest.approx(np.std([2, 4, 6]) / 4)
    assert np.isnan(cv[1])


def test_steady_demand_is_x_and_wild_demand_is_z():
    frame = _classes(Sales=sold("A", [10.0, 11, 9, 10] * 6) + sold("B", [0.0, 0, 0, 50] * 6))
    assert frame["xyz"].to_dict() == {"A": "X", "B": "Z"}
    assert frame["segment"]["A"] == "AX"


def test_censored_periods_say_nothing_of_intervals():
    rows = sold("A", [10.0] * 30)
    for n in range(5, 15):
        rows[n] |= {"quantity": 0.0, "stockout": True}
    assert _classes(Sales=rows)["adi"]["A"] == 1


def test_life_cycles():
    weeks = 110
    steady = sold("M", [5.0] * weeks)
    young = sold("N", [0.0] * (weeks - 10) + [5.0] * 10)
    gone = sold("D", [5.0] * 40 + [0.0] * (weeks - 40))
    fading = sold("F", [5.0] * (weeks - 40) + [0.0] * 40)
    ending = sold("E", [5.0] * weeks)
    frame = _classes(
        Sales=steady + young + gone + fading + ending,
        Items=[{"sku": "E", "status": "ending"}, {"sku": "Z"}, {"sku": "M"}],
    )
    assert frame["life_cycle"].to_dict() == {
        "M": "mature",
        "N": "new",
        "D": "dead",
        "F": "ending",
        "E": "ending",
        "Z": "dead",
    }


def test_all_items_of_a_young_record_are_not_new():
    assert _classes(Sales=sold("A", [5.0] * 12))["life_cycle"]["A"] == "mature"


def test_cuts_come_from_the_settings():
    sales = sold("A", [60.0] * 8) + sold("B", [30.0] * 8) + sold("C", [10.0] * 8)
    assert _classes(Sales=sales)["abc"].tolist() == ["A", "A", "B"]
    assert _classes(None, Settings(abc_cuts=(0.5, 0.8)), Sales=sales)["abc"].tolist() == ["A", "B", "C"]
