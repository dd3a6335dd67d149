"""Numbers as their number format shows them: an item number kept as 123 and shown as 00123 is 00123 to its planner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Columns whose numbers are names: what is shown is what other sheets and systems call it.
NAMING = frozenset(
    (
        "sku",
        "like_sku",
        "successor_sku",
        "location",
        "from_location",
        "to_location",
        "parent",
        "supplier",
        "order_id",
    )
)
_TOKEN = re.compile(r'(0)|"([^"]*)"|\\(.)|([- ()])|(;.*)|(.)', re.DOTALL)


@dataclass(frozen=True)
class Padding:
    """A number format of zeros and fixed letters: `letters` stand before each digit, and after the last one."""

    letters: tuple[str, ...]

    def show(self, number: float) -> str:
        """Return a whole number as it is shown; more digits than the format has stand in front.

        >>> Padding(("A-", "", "", "")).show(7), Padding(("", "", "")).show(1234)
        ('A-007', '1234')
        """
        places = len(self.letters) - 1
        digits = str(int(number)).zfill(places)
        front = len(digits) - places + 1
        parts = [digits[:front], *digits[front:]]
        return "".join(before + digit for before, digit in zip(self.letters, parts, strict=False)) + self.letters[-1]


@dataclass(frozen=True, eq=False)
class Shown:
    """Cells of one column (1-based) whose number format pads them; `rows` are 1-based rows of the sheet, ascending."""

    column: int
    rows: np.ndarray
    padding: Padding


def padding_of(number_format: str) -> Padding | None:
    """Return the padding of a number format, or None if it is none.

    >>> padding_of("00000").show(123), padding_of("000-000").show(4711), padding_of('"A"00').show(5)
    ('00123', '004-711', 'A05')
    >>> padding_of("0"), padding_of("0.00"), padding_of("yyyy-mm-dd"), padding_of("# ##0")
    (None, None, None, None)
    """
    letters = [""]
    for zero, quoted, escaped, plain, rest, other in _TOKEN.findall(number_format):
        if other:
            return None
        if rest:
            break
        if zero:
            letters.append("")
        else:
            letters[-1] += quoted + escaped + plain
    pads = len(letters) > 2 or (len(letters) == 2 and letters[0].strip())
    return Padding(tuple(letters)) if pads else None


def as_shown(values: pd.Series, rows: np.ndarray, shown: Sequence[Shown]) -> tuple[pd.Series, np.ndarray]:
    """Return a column with its padded numbers as texts, and which cells were changed.

    `rows` (n,) are the sheet rows of `values`, without gaps. Only whole numbers from 0 on are shown digit by digit.

    >>> five = Shown(1, np.array([2]), Padding(("", "", "")))
    >>> as_shown(pd.Series([7.0, 7.0]), np.array([2, 3]), [five])[0].tolist()
    ['07', 7.0]
    """
    changed = np.zeros(len(values), dtype=bool)
    result = values.astype(object).to_numpy(copy=True)
    for each in shown:
        at = each.rows - rows[0]
        at = at[(at >= 0) & (at < len(rows))]
        numbers = np.array([_number(cell) for cell in result[at]], dtype=np.float64)
        whole = np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers))
        codes, distinct = pd.factorize(numbers[whole])
        texts = np.array([each.padding.show(number) for number in distinct], dtype=object)
        if len(texts):
            result[at[whole]] = texts[codes]
            changed[at[whole]] = True
    return pd.Series(result, dtype=object), changed


def _number(cell: object) -> float:
    return float(cell) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else np.nan
