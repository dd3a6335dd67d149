"""Work on several things at the same time."""

from __future__ import annotations

import threading
import time

import pytest

from invopt_xl.core.forecast.boosted.side_by_side import side_by_side


def test_results_come_in_the_order_of_the_items_whoever_is_done_first() -> None:
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 1:
            assert second_is_done.wait(timeout=30)
        else:
            second_is_done.set()
        return 10 * item

    assert list(side_by_side(work, [1, 2], threads=2)) == [10, 20]


def test_a_failure_is_raised_and_what_has_not_begun_never_does() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 0:
            raise ValueError("planted")
        time.sleep(0.02)

    with pytest.raises(ValueError, match="planted"):
        list(side_by_side(work, range(1000), threads=1))
    assert len(begun) < 1000


def test_who_stops_listening_ends_the_work() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        time.sleep(0.02)

    running = side_by_side(work, range(1000), threads=1)
    next(running)
    running.close()
    assert len(begun) < 1000
