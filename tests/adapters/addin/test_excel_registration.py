"""Excel's numbered list of what it opens, and its trusted locations: ours in and out, everybody else's left alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.adapters.addin.actions import Action, carry_out
from invopt_xl.adapters.addin.excel_registration import (
    ADD_IN_MANAGER,
    OPTIONS,
    TRUSTED_LOCATIONS,
    no_longer_trusted,
    opened,
    switched_off,
    switched_on,
    trusted,
)
from tests.adapters.addin.fake_registry import FakeRegistry

_NEW = PureWindowsPath(r"C:\Users\Ana\AppData\Local\InvOptXL\versions\2\InvOptXL.xlam")
_OLD = r'/R "C:\Users\Ana\AppData\Local\InvOptXL\versions\1\InvOptXL.xlam"'
_OURS = f'"{_NEW}"'


def _done(registry: FakeRegistry, actions: Sequence[Action]) -> dict[str, object]:
    carry_out(actions, registry=registry, write_shortcut=None)
    return registry.data(OPTIONS)


def _options(**values: str) -> FakeRegistry:
    return FakeRegistry({OPTIONS: {"Font": "Aptos,11", **values}})


def test_the_first_add_in_of_all_becomes_open() -> None:
    assert _done(_options(), switched_on(_options(), _NEW)) == {"Font": "Aptos,11", "OPEN": _OURS}


def test_an_excel_never_started_gets_its_key() -> None:
    registry = FakeRegistry()
    assert _done(registry, switched_on(registry, _NEW)) == {"OPEN": _OURS}


def test_the_next_number_is_taken_behind_others() -> None:
    registry = _options(OPEN='"solver.xlam"', OPEN1='/A "Some.Server"')
    assert _done(registry, switched_on(registry, _NEW))["OPEN2"] == _OURS


def test_a_gap_in_the_numbers_is_filled() -> None:
    registry = _options(OPEN='"solver.xlam"', OPEN2='"late.xlam"')
    assert _done(registry, switched_on(registry, _NEW))["OPEN1"] == _OURS


def test_an_upgrade_rewrites_one_value_only() -> None:
    registry = _options(OPEN='"solver.xlam"', OPEN1=_OLD, OPEN2='"late.xlam"')
    actions = switched_on(registry, _NEW)
    assert len(actions) == 1
    assert _done(registry, actions) == {
        "Font": "Aptos,11",
        "OPEN": '"solver.xlam"',
        "OPEN1": _OURS,
        "OPEN2": '"late.xlam"',
    }


@pytest.mark.parametrize("other", ["invoptxl.XLAM", r'"D:\Tools\InvOptXL.xlam"', r'/R /F "D:\InvOptXL.xlam"'])
def test_another_entry_of_our_file_name_is_taken_over(other: str) -> None:
    registry = _options(OPEN=other, OPEN1='"late.xlam"')
    assert _done(registry, switched_on(registry, _NEW)) == {
        "Font": "Aptos,11",
        "OPEN": _OURS,
        "OPEN1": '"late.xlam"',
    }


def test_doubled_entries_become_one_and_the_row_closes() -> None:
    registry = _options(OPEN=_OLD, OPEN1='"a.xlam"', OPEN2='"InvOptXL.xlam"', OPEN3='"b.xlam"')
    assert _done(registry, switched_on(registry, _NEW)) == {
        "Font": "Aptos,11",
        "OPEN": _OURS,
        "OPEN1": '"a.xlam"',
        "OPEN2": '"b.xlam"',
    }


def test_a_similar_name_is_none_of_ours() -> None:
    registry = _options(OPEN='"My InvOptXL.xlam"', OPEN1=r'"C:\InvOptXL\solver.xlam"')
    assert switched_off(registry) == []


def test_what_the_user_unticked_is_cleared_from_the_list_of_known_add_ins() -> None:
    registry = FakeRegistry({ADD_IN_MANAGER: {r"C:\old\InvOptXL.xlam": "", r"C:\x\solver.xlam": ""}})
    _done(registry, switched_on(registry, _NEW))
    assert registry.data(ADD_IN_MANAGER) == {r"C:\x\solver.xlam": ""}


_OTHERS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5)


@given(_OTHERS, st.lists(st.integers(0, 5), max_size=3), st.integers(0, 3))
def test_removal_keeps_all_others_in_their_order_without_a_gap(others: list[str], at: list[int], behind: int) -> None:
    row = [f'"{each}.xlam"' for each in others]
    for place in at:
        row.insert(min(place, len(row)), _OLD)
    registry = FakeRegistry({OPTIONS: {f"OPEN{number or ''}": each for number, each in enumerate(row)}})
    # an entry that stands behind a gap, which Excel may not reach
    stray = f"OPEN{len(row) + 1 + behind}"
    if row:
        registry.content[OPTIONS][stray] = FakeRegistry({"k": {"v": '"stray.xlam"'}}).values("k")["v"]
    found = _done(registry, switched_off(registry))
    expected = {f"OPEN{number or ''}": f'"{each}.xlam"' for number, each in enumerate(others)}
    assert found == expected | ({stray: '"stray.xlam"'} if row else {})


@given(_OTHERS, st.lists(st.integers(0, 5), min_size=1, max_size=3), st.integers(0, 8))
def test_a_removal_stopped_anywhere_loses_nobodys_entry(others: list[str], at: list[int], steps: int) -> None:
    row = [f'"{each}.xlam"' for each in others]
    for place in at:
        row.insert(min(place, len(row)), _OLD)
    registry = FakeRegistry({OPTIONS: {f"OPEN{number or ''}": each for number, each in enumerate(row)}})
    _done(registry, switched_off(registry)[:steps])
    assert {f'"{each}.xlam"' for each in others} <= {each.value.data for each in opened(registry)}
    _done(registry, switched_off(registry))
    # what was there twice for a moment may stay so; it is not lost, and the row has no gap
    assert [each.number for each in opened(registry)] == list(range(len(opened(registry))))


def test_a_trusted_location_is_made_once_and_taken_away_alone() -> None:
    folder = PureWindowsPath(r"C:\Users\Ana\AppData\Local\InvOptXL\versions")
    registry = FakeRegistry({TRUSTED_LOCATIONS + r"\Location2": {"Path": "C:\\Reports\\"}})
    before = registry.copy().content
    for _ in range(2):
        _done(registry, trusted(registry, folder))
    assert registry.data(TRUSTED_LOCATIONS + r"\Location20") == {
        "Path": f"{folder}\\",
        "AllowSubfolders": 1,
        "Description": "InvOpt XL",
    }
    assert len(registry.keys(TRUSTED_LOCATIONS)) == 2
    _done(registry, no_longer_trusted(registry, [folder]))
    assert registry.content == before


def test_a_number_in_use_is_not_taken_for_a_trusted_location() -> None:
    registry = FakeRegistry({TRUSTED_LOCATIONS + r"\location20": {"Path": "C:\\Reports\\"}})
    _done(registry, trusted(registry, PureWindowsPath(r"C:\x")))
    assert set(registry.keys(TRUSTED_LOCATIONS)) == {"location20", "Location21"}
