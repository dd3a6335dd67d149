"""Work on several things at the same time, one thread each. Serves the boosted trees, whose models are fitted independently of each other.

LightGBM's own threads share one tree and wait for each other at every split, so another program on one core stalls all of them. Models that are
fitted side by side never wait, and the answer cannot depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from numba import get_num_threads

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Item], Result], items: Sequence[Item], *, threads: int
) -> Generator[Result, None, None]:
    """Yield the result of each item in their order, as soon as it and those before it are there.

    Parameters
    ----------
    work : callable
        Gains from threads only where it leaves Python, as LightGBM does.
    items : sequence
        The longest work first, so that no thread is left with it at the end.
    threads : int
        0 for as many as compiled loops use.

    >>> list(side_by_side(lambda n: n * n, [3, 2, 1], threads=2))
    [9, 4, 1]
    """
    with ThreadPoolExecutor(threads or get_num_threads()) as pool:
        waiting = [pool.submit(work, item) for item in items]
        try:
            for each in waiting:
                yield each.result()
        finally:
            # whoever stops listening, or a failure, ends what has not begun
            for each in waiting:
                each.cancel()
