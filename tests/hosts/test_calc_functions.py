"""Every worksheet function called from real cells of a headless Calc, over the table of situations that all hosts share.

Whole columns are in `test_calc_whole_ranges.py`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.hosts.calc_answers import Key, answers
from tests.hosts.calc_cells import has_whole_range, shown_by_calc
from tests.hosts.calc_office import needs_calc
from tests.hosts.situations import SITUATIONS, differences

pytestmark = pytest.mark.libreoffice

_NUMBERS = tuple(number for number, each in enumerate(SITUATIONS) if not has_whole_range(each))


@cache
def _answers() -> dict[Key, Any]:
    needs_calc()
    return answers(_NUMBERS)


@pytest.mark.parametrize("number", _NUMBERS, ids=lambda number: SITUATIONS[number].label)
def test_a_cell_shows_what_python_answers(number: int) -> None:
    found, wanted = _answers(), shown_by_calc(SITUATIONS[number])
    assert differences(found[number, True], wanted) == []
    if (number, False) in found:
        assert differences(found[number, False], wanted) == [], "typed into the formula"
