"""Where the uniform rows of a large sheet begin, so that its columns can be read whole, each of one type."""

from __future__ import annotations

from collections.abc import Sequence

from invopt_xl.core.intake.cells import DATE, FLAG, NUMBER, TEXT, kind_of_cell


def body_start(head: Sequence[Sequence[object]]) -> int:
    """Return the first row (0-based) below which no column changes its kind, looking at the first rows of a sheet.

    A header stands above it in every sheet with at least one column of numbers or dates.

    >>> body_start([["Sales", ""], ["sku", "qty"], ["A", 1.0], ["B", 2.0]])
    2
    """
    kinds: dict[int, int] = {}
    for row in range(len(head) - 1, -1, -1):
        here = {
            at: kind for at, cell in enumerate(head[row]) if (kind := kind_of_cell(cell)) in (NUMBER, FLAG, TEXT, DATE)
        }
        if any(kinds.get(at, kind) != kind for at, kind in here.items()):
            return row + 1
        kinds.update(here)
    return 0


def is_mixed(head: Sequence[Sequence[object]], start: int) -> bool:
    """Return whether a column holds several kinds of cells from row `start` on; such a column cannot be read as one type.

    >>> is_mixed([["sku"], ["A"], [7.0]], 1)
    True
    """
    seen: dict[int, int] = {}
    for row in head[start:]:
        for at, cell in enumerate(row):
            kind = kind_of_cell(cell)
            if kind in (NUMBER, FLAG, TEXT, DATE) and seen.setdefault(at, kind) != kind:
                return True
    return False
