"""Rounds: as late as possible, evenly apart, all of their demand known, half of the history before them."""

from __future__ import annotations

import pytest

from invopt_xl.core.decision_backtest.origins import decision_rounds
from invopt_xl.errors import InputError


@pytest.mark.parametrize("periods", [3, 12, 51, 104, 400])
@pytest.mark.parametrize("rounds", [1, 4, 20])
@pytest.mark.parametrize("apart", [None, 1, 5, 1000])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_rounds_fit_into_the_second_half(periods: int, rounds: int, apart: int | None, period: str) -> None:
    found = decision_rounds(periods, period=period, rounds=rounds, apart=apart)  # type: ignore[arg-type]
    assert 1 <= len(found.origins) <= rounds
    assert found.origins[0] + 1 >= periods / 2
    assert found.end == periods - 1 == found.origins[-1] + found.apart
    assert [b - a for a, b in zip(found.origins, found.origins[1:], strict=False)] == [found.apart] * (
        len(found.origins) - 1
    )
    assert found.periods == len(found.origins) * found.apart
    # another round would reach into the first half
    assert len(found.origins) == rounds or found.origins[0] - found.apart + 1 < periods / 2


def test_levels_hold_for_a_month_at_most_unless_asked_for() -> None:
    assert decision_rounds(400, period="week", rounds=2).apart == 4
    assert decision_rounds(400, period="day", rounds=2).apart == 7
    assert decision_rounds(60, period="month", rounds=3).apart == 1
    assert decision_rounds(20, period="week", rounds=5).apart == 2
    assert decision_rounds(60, period="month", rounds=2, apart=6).origins == (47, 53)


def test_a_history_of_two_periods_is_refused() -> None:
    with pytest.raises(InputError, match="has 2 periods; a simulation of decisions needs 3"):
        decision_rounds(2, period="week", rounds=1)
