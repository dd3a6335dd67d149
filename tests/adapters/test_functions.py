"""The worksheet functions called as plain Python, over the situations that every host is tested with."""

from __future__ import annotations

from collections import Counter

import pytest

from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.function_registry import FUNCTIONS
from invopt_xl.adapters.plan_cache import PLANS
from tests.hosts import planner_book
from tests.hosts.planner_book import BOOK
from tests.hosts.situations import SITUATIONS, Situation, differences


@pytest.fixture(scope="module", autouse=True)
def _planned() -> object:
    PLANS.keep(BOOK, planner_book.plan(), tables=planner_book.tables())
    yield
    PLANS.forget(BOOK)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.label)
def test_python_answers_as_the_situation_says(situation: Situation) -> None:
    answer = call(situation.function, situation.arguments, situation.book)
    assert differences(answer, situation.wanted) == []


def test_every_function_has_twenty_situations() -> None:
    counted = Counter(each.function for each in SITUATIONS)
    assert {each.name: counted[each.name] for each in FUNCTIONS if counted[each.name] < 20} == {}
