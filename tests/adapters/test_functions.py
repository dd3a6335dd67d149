"""The worksheet functions called as plain Python, over the situations that every host is tested with."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.function_registry import FUNCTION, FUNCTIONS
from invopt_xl.adapters.plan_cache import PLANS
from invopt_xl.core.whatif import LIMITS, RESULTS
from tests.hosts import planner_book
from tests.hosts.planner_book import BOOK
from tests.hosts.situations import SITUATIONS, Situation, differences


@pytest.fixture(scope="module", autouse=True)
def _planned() -> object:
    PLANS.keep(BOOK, planner_book.plan(), tables=planner_book.tables())
    yield
    PLANS.forget(BOOK)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.label)
def test_python_answers_as_the_situation_says(situation: Situation, caplog: pytest.LogCaptureFixture) -> None:
    answer = call(situation.function, situation.arguments, situation.book)
    assert differences(answer, situation.wanted) == []
    assert caplog.text == "", "an error value was meant, not an accident"


def test_every_function_has_twenty_situations() -> None:
    counted = Counter(each.function for each in SITUATIONS)
    assert {each.name: counted[each.name] for each in FUNCTIONS if counted[each.name] < 20} == {}


def test_the_declared_fields_of_a_what_if_are_those_that_there_are() -> None:
    declared = {each.name: each.allowed for each in FUNCTION["INV_WHATIF"].arguments}
    assert set(declared["field"]) == set(LIMITS)
    assert declared["result"] == RESULTS


def test_the_declared_errors_are_those_that_come() -> None:
    # an argument may hold any error value; these are the ones that a function makes itself
    made = {
        (each.function, cell[1:])
        for each in SITUATIONS
        if not any(_has_error(value) for value in each.arguments)
        and len(each.arguments) <= len(FUNCTION[each.function].arguments)
        for cell in _cells(each.wanted)
        if isinstance(cell, str) and cell[:1] == "\x01"
    }
    declared = {(each.name, name) for each in FUNCTIONS for name, _ in each.errors}
    assert made == declared


def _cells(value: object) -> list[object]:
    return [cell for line in value for cell in line] if isinstance(value, tuple) else [value]


def _has_error(value: object) -> bool:
    return any(isinstance(cell, str) and cell[:1] == "\x01" and len(cell) > 1 for cell in _cells(value))


def test_a_mistake_of_ours_is_a_value_error_and_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from invopt_xl.adapters import function_calls

    def fails(*_: object) -> object:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setitem(function_calls._found, "INV_XYZ", (fails, False, 1))
    assert call("INV_XYZ", (5.0,)) == "\x01#VALUE!"
    assert "a mistake of ours" in caplog.text
    assert "INV_XYZ failed" in caplog.text


def test_a_function_of_that_name_must_be_there() -> None:
    assert call("INV_NONE", ()) == "\x01#NAME?"


def test_an_item_with_different_lead_times_at_its_places_has_no_single_one() -> None:
    plan = planner_book.plan()
    days = plan.recommendations["lead_time_days"].where(plan.recommendations["location"] != "YORK", 20.0)
    PLANS.keep("other", dataclasses.replace(plan, recommendations=plan.recommendations.assign(lead_time_days=days)))
    assert call("INV_LEADTIME", ("B",), "other") == "\x01#VALUE!"
    assert call("INV_LEADTIME", ("Slow",), "other") == 20.0
    PLANS.forget("other")
