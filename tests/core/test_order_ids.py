"""Order numbers never come twice, wherever the workbook goes."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.core.order_ids import next_order_ids, series_of


def _register(*lines: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=["order_id", "place"])


def test_a_series_counts_on_where_it_began() -> None:
    register = _register(("AAAAA-00003", "here"), ("AAAAA-00007", "here"), ("BBBBB-00009", "elsewhere"))
    assert next_order_ids(register, 2, place="here", new_series="CCCCC", floor={}) == ["AAAAA-00008", "AAAAA-00009"]


def test_another_place_begins_a_new_series() -> None:
    assert next_order_ids(_register(("AAAAA-00003", "here")), 1, place="copy", new_series="CCCCC", floor={}) == [
        "CCCCC-00001"
    ]


def test_the_place_remembers_more_than_a_workbook_from_a_backup() -> None:
    register = _register(("AAAAA-00003", "here"))
    assert next_order_ids(register, 1, place="here", new_series="CCCCC", floor={"AAAAA": 12}) == ["AAAAA-00013"]


def test_texts_that_are_no_order_numbers_are_passed_over() -> None:
    register = _register(("20261115-001", "here"), ("", "here"), ("aaaaa-00001", "here"), ("AAAAA-x", "here"))
    assert next_order_ids(register, 1, place="here", new_series="CCCCC", floor={}) == ["CCCCC-00001"]
    assert series_of("AAAAA-100000") == ("AAAAA", 100000)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.booleans()), max_size=12))
def test_no_number_comes_twice_among_copies_and_backups(steps: list[tuple[int, int, bool]]) -> None:
    """Books at three places issue, are copied over one another, and are put back; each place keeps its own floor."""
    books = [_register() for _ in range(3)]
    floors: list[dict[str, int]] = [{} for _ in range(3)]
    issued: list[str] = []
    for number, (place, count, is_copied) in enumerate(steps):
        if is_copied:
            books[place] = books[(place + 1) % 3].copy()
            continue
        letters = f"AAAA{'BCDEFGHJKMNP'[number]}"
        new = next_order_ids(books[place], count, place=str(place), new_series=letters, floor=floors[place])
        for series, last in map(series_of, new):
            floors[place][series] = max(last, floors[place].get(series, 0))
        books[place] = pd.concat([books[place], _register(*((each, str(place)) for each in new))], ignore_index=True)
        issued += new
    assert len(issued) == len(set(issued))
