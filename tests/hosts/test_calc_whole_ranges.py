"""Whole columns and rows as arguments of the functions, in real cells of a headless Calc. Each costs the office more than a second."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.hosts.calc_answers import Key, answers
from tests.hosts.calc_cells import has_whole_range, shown_by_calc
from tests.hosts.calc_office import needs_calc
from tests.hosts.situations import SITUATIONS, differences

pytestmark = pytest.mark.libreoffice

_NUMBERS = tuple(number for number, each in enumerate(SITUATIONS) if has_whole_range(each))


@cache
def _answers() -> dict[Key, Any]:
    needs_calc()
    return answers(_NUMBERS)


@pytest.mark.parametrize("number", _NUMBERS, ids=lambda number: SITUATIONS[number].label)
def test_a_cell_shows_what_python_answers_for_a_whole_column_or_row(number: int) -> None:
    assert differences(_answers()[number, True], shown_by_calc(SITUATIONS[number])) == []
