"""Where the uniform rows of a large sheet begin, so that its columns can be read whole, each of one type."""

from __future__ import annotations

from collections.abc import Sequence

from invopt_xl.core.intake.cells import DATE, FLAG, NUMBER, TEXT, kind_of_cell


def uniform_rows(head: Sequence[Sequence[object]], *, latest: int) -> tuple[int, frozenset[int]]:
    """Return the first row (0-based) below which no column changes its kind, and the columns that do so nevertheless.

    A column that changes its kind in row `latest` or below it holds several kinds of cells (item numbers as numbers and as texts,
    say) and has no say in the row. A header stands above the row in every sheet with a column of numbers or dates.

    >>> uniform_rows([["Sales", ""], ["sku", "qty"], ["A", 1.0], ["B", 2.0]], latest=3)
    (2, frozenset())
    >>> uniform_rows([["sku", "qty"], ["A", 1.0], [7.0, 2.0], ["B", 3.0]], latest=2)
    (1, frozenset({0}))
    """
    kinds: dict[int, int] = {}
    changes: dict[int, int] = {}
    for row in range(len(head) - 1, -1, -1):
        for at, cell in enumerate(head[row]):
            kind = kind_of_cell(cell)
            if kind in (NUMBER, FLAG, TEXT, DATE) and kinds.setdefault(at, kind) != kind:
                changes.setdefault(at, row + 1)
    mixed = frozenset(at for at, row in changes.items() if row > latest)
    return max((row for row in changes.values() if row <= latest), default=0), mixed
