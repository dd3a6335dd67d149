"""Damped safety stock: worked by hand, and what must hold whatever comes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.core.policy.damping import (
    AT_ONCE,
    CHANCE,
    FALLING,
    FIRST,
    FLOOR,
    RISING,
    SAME,
    Damped,
    DampingTerms,
    damped_safety_stock,
    damping_terms,
)
from invopt_xl.errors import SettingError


def _terms(noise: float = 4.0, rise: float = 0.5, fall: float = 0.25) -> DampingTerms:
    why = np.array(["the item is critical" if rise == 1 else ""], dtype=object)
    return DampingTerms(np.array([noise]), np.array([rise]), np.array([fall]), why)


def _damped(previous: float, needed: float, least: float = -np.inf, **terms: float) -> Damped:
    return damped_safety_stock(np.array([previous]), np.array([needed]), least=np.array([least]), terms=_terms(**terms))


@pytest.mark.parametrize(
    ("previous", "needed", "least", "kept", "cause"),
    [
        (40.0, 60.0, 0.0, 48.0, RISING),
        (40.0, 43.0, 0.0, 40.0, CHANCE),
        (40.0, 37.0, 0.0, 40.0, CHANCE),
        (40.0, 40.0, 0.0, 40.0, SAME),
        (40.0, 20.0, 0.0, 36.0, FALLING),
        (40.0, 60.0, 55.0, 55.0, FLOOR),
        (40.0, 43.0, 42.0, 42.0, FLOOR),
        (np.nan, 60.0, 0.0, 60.0, FIRST),
        (10.0, -10.0, -20.0, 6.0, FALLING),
    ],
)
def test_by_hand(previous: float, needed: float, least: float, kept: float, cause: int) -> None:
    """Noise 4, half of a rise and a quarter of a fall beyond it."""
    made = _damped(previous, needed, least)
    assert made.safety_stock[0] == pytest.approx(kept)
    assert made.cause[0] == cause


def test_the_rise_of_a_critical_item_is_followed_at_once() -> None:
    made = _damped(40.0, 60.0, rise=1.0)
    assert (made.safety_stock[0], made.cause[0]) == (56.0, AT_ONCE)
    assert "critical" in made.reason[0]


_AMOUNT = st.floats(-200, 200)
_SHARE = st.floats(0.01, 1.0)


@settings(max_examples=200, deadline=None)
@given(
    previous=_AMOUNT,
    needed=_AMOUNT,
    least=_AMOUNT,
    more=st.floats(0, 50),
    noise=st.floats(0, 30),
    rise=_SHARE,
    fall=_SHARE,
)
def test_kept_stock_lies_between_and_never_falls_when_an_input_rises(
    previous: float, needed: float, least: float, more: float, noise: float, rise: float, fall: float
) -> None:
    kept = _damped(previous, needed, least, noise=noise, rise=rise, fall=fall).safety_stock[0]
    assert min(previous, needed) - 1e-9 <= kept <= max(previous, needed) + 1e-9
    assert kept >= min(least, needed) - 1e-9
    for other in (
        _damped(previous + more, needed, least, noise=noise, rise=rise, fall=fall),
        _damped(previous, needed + more, least, noise=noise, rise=rise, fall=fall),
        _damped(previous, needed, least + more, noise=noise, rise=rise, fall=fall),
    ):
        assert other.safety_stock[0] >= kept - 1e-9


@settings(max_examples=50, deadline=None)
@given(previous=_AMOUNT, needed=_AMOUNT, noise=st.floats(0, 30))
def test_where_the_need_stays_kept_stock_comes_to_within_its_noise(
    previous: float, needed: float, noise: float
) -> None:
    kept = previous
    for _ in range(60):
        kept = float(_damped(kept, needed, noise=noise).safety_stock[0])
    assert abs(kept - needed) <= noise + 1e-3


def test_a_small_change_never_makes_a_jump() -> None:
    needed = np.linspace(-50, 150, 4001)
    n = len(needed)
    terms = damping_terms(
        needed,
        observations=np.full(n, 20.0),
        on_time_share=np.full(n, 0.9),
        critical=np.zeros(n, dtype=bool),
        lead_time_longer=np.zeros(n, dtype=bool),
    )
    kept = damped_safety_stock(np.full(n, 40.0), needed, least=0.8 * needed, terms=terms).safety_stock
    steps = np.diff(kept)
    assert (steps >= -1e-9).all()
    assert (steps <= np.diff(needed) + 1e-9).all()


def test_surer_forecasts_and_better_suppliers_are_followed_faster() -> None:
    terms = damping_terms(
        np.full(5, 100.0),
        observations=np.array([8.0, 200.0, 8.0, 8.0, np.nan]),
        on_time_share=np.array([0.9, 0.9, 0.4, np.nan, 0.9]),
        critical=np.array([False, False, False, True, False]),
        lead_time_longer=np.array([False, True, False, False, False]),
    )
    assert terms.noise.tolist() == pytest.approx([25.0, 5.0, 25.0, 25.0, 100 / np.sqrt(2)])
    assert terms.rise.tolist() == [0.5, 1.0, 0.5, 1.0, 0.5]
    assert terms.fall.tolist() == pytest.approx([0.225, 0.225, 0.1, 0.1, 0.225])
    assert terms.why.tolist() == [
        "",
        "its lead time became longer",
        "its supplier is on time with 40% of deliveries",
        "the item is critical",
        "",
    ]


@pytest.mark.parametrize(("rise", "fall"), [(0.5, 0.25), (1.0, 1.0), (0.05, 0.9)])
def test_who_plans_daily_follows_as_fast_as_who_plans_weekly(rise: float, fall: float) -> None:
    def followed(previous: float, needed: float, *, weeks: float, runs: int) -> float:
        for _ in range(runs):
            terms = damping_terms(
                np.array([needed]),
                observations=np.array([50.0]),
                on_time_share=np.array([0.9]),
                critical=np.array([False]),
                lead_time_longer=np.array([False]),
                weeks=weeks,
                rise=rise,
                fall=fall,
            )
            made = damped_safety_stock(np.array([previous]), np.array([needed]), least=np.array([-np.inf]), terms=terms)
            previous = float(made.safety_stock[0])
        return previous

    for previous, needed in ((40.0, 80.0), (40.0, 15.0)):
        weekly = followed(previous, needed, weeks=1, runs=1)
        assert followed(previous, needed, weeks=1 / 7, runs=7) == pytest.approx(weekly)
        assert followed(previous, needed, weeks=4, runs=1) == pytest.approx(followed(previous, needed, weeks=1, runs=4))


def test_reasons_say_how_far_and_why() -> None:
    assert _damped(40.0, 43.0).reason[0] == "kept: a change of 3 is no more than chance moves it (4)"
    assert _damped(40.0, 20.0).reason[0].startswith("lowered by 4 of 20")
    assert _damped(40.0, 20.0, rise=1.0).reason[0].endswith(", slowly because the item is critical")
    assert "service target" in _damped(40.0, 60.0, 55.0).reason[0]


@pytest.mark.parametrize("wrong", [{"rise": 0.0}, {"fall": 1.5}])
def test_shares_out_of_range_are_told(wrong: dict[str, float]) -> None:
    one = np.ones(1)
    with pytest.raises(SettingError, match="above 0 and at most 1"):
        damping_terms(one, observations=one, on_time_share=one, critical=one > 2, lead_time_longer=one > 2, **wrong)


def test_no_items_give_nothing() -> None:
    empty = np.zeros(0)
    made = damped_safety_stock(empty, empty, least=empty, terms=DampingTerms(empty, empty, empty, empty))
    assert made.safety_stock.shape == (0,)
