"""The worksheet functions called through xlwings' own conversion and `call_udf`, over faked COM ranges."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from invopt_xl.adapters.function_registry import FUNCTIONS
from invopt_xl.adapters.plan_cache import PLANS
from tests.hosts import planner_book
from tests.hosts.fake_excel import COM_MISSING, FakeExcel, FakeRange, fake_excel, shown
from tests.hosts.planner_book import BOOK
from tests.hosts.situations import SITUATIONS, Situation, differences

pytest.importorskip("xlwings", reason="xlwings is not installed (extra 'excel')")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has its own pywin32; the fake is for other systems"
)


@pytest.fixture(scope="module")
def excel() -> Iterator[FakeExcel]:
    PLANS.keep(BOOK, planner_book.plan(), tables=planner_book.tables())
    with fake_excel() as faked:
        yield faked
    PLANS.forget(BOOK)


def _too_many(situation: Situation) -> bool:
    """Excel itself refuses a formula with too many arguments."""
    return len(situation.arguments) > len(next(each.arguments for each in FUNCTIONS if each.name == situation.function))


def _required_left_out(situation: Situation) -> bool:
    """Excel itself refuses a formula with too few arguments."""
    return len(situation.arguments) < next(each.required for each in FUNCTIONS if each.name == situation.function)


_POSSIBLE = [each for each in SITUATIONS if not _too_many(each) and not _required_left_out(each)]


@pytest.mark.parametrize("situation", _POSSIBLE, ids=lambda each: each.label)
def test_values_sent_by_our_wrapper_are_answered_as_the_situation_says(excel: FakeExcel, situation: Situation) -> None:
    answer = shown(excel.call(situation.function, situation.arguments, book=situation.book))
    assert differences(answer, situation.wanted) == []


@pytest.mark.parametrize("situation", _POSSIBLE, ids=lambda each: each.label)
def test_ranges_read_by_xlwings_are_answered_as_the_situation_says(excel: FakeExcel, situation: Situation) -> None:
    answer = shown(excel.call(situation.function, situation.arguments, book=situation.book, as_ranges=True))
    assert differences(answer, situation.wanted) == []


def test_a_left_out_argument_is_not_an_empty_cell(excel: FakeExcel) -> None:
    assert len(excel.raw("INV_REORDER", (BOOK, COM_MISSING, COM_MISSING, COM_MISSING))) == 9
    assert excel.raw("INV_REORDER", (BOOK, FakeRange(None), COM_MISSING, COM_MISSING)) == ""


def test_no_function_is_volatile_or_writes(excel: FakeExcel) -> None:
    for each in FUNCTIONS:
        marked: dict[str, Any] = getattr(excel.functions, each.name).__xlfunc__
        assert not marked["volatile"]
        assert not marked["sub"]
        assert marked["async_mode"] is None
        assert marked["category"] == each.category
        assert [one["name"] for one in marked["args"]] == ["book", *(one.name for one in each.arguments)]
        assert [one["doc"] for one in marked["args"][1:]] == [one.help for one in each.arguments]
