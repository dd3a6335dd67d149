"""Which workbook asks, and when its sheets are read from the screen; with stand-ins for the office."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import tests.adapters.calc_addin.calc_sources  # noqa: F401 - makes invopt_calc known


class FakeDocument:
    """An open document."""

    Title = "Untitled 1"
    NullDate = SimpleNamespace(Year=1899, Month=12, Day=30)

    def __init__(self, url: str = "", uid: str = "1", *, modified: bool = False) -> None:
        self.url, self.RuntimeUID, self.modified = url, uid, modified
        self.rows: dict[str, Any] = {"Sales": (("date",),)}
        self.listeners: list[Any] = []

    def getURL(self) -> str:
        return self.url

    def isModified(self) -> bool:
        return self.modified

    def addModifyListener(self, listener: Any) -> None:
        self.listeners.append(listener)

    def change(self, **rows: Any) -> None:
        self.rows = {**self.rows, **rows}
        self.modified = True
        for each in self.listeners:
            each.modified(None)


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the module, loaded with stand-ins for the office's own modules."""
    office: dict[str, dict[str, Any]] = {
        "uno": {"fileUrlToSystemPath": lambda url: url.removeprefix("file://").replace("%20", " ")},
        "unohelper": {"Base": type("Base", (), {})},
        "com": {},
        "com.sun": {},
        "com.sun.star": {},
        "com.sun.star.util": {"XModifyListener": type("XModifyListener", (), {})},
    }
    for name, inside in office.items():
        module = ModuleType(name)
        vars(module).update(inside)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "invopt_calc.documents", raising=False)
    import invopt_calc.documents as loaded

    monkeypatch.setattr(loaded, "read_sheets", lambda document: document.rows)
    yield loaded
    sys.modules.pop("invopt_calc.documents", None)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


Make = Callable[[], tuple[Any, list[str], Clock]]


@pytest.fixture
def desk(documents: ModuleType) -> tuple[Any, list[str], Clock]:
    closed: list[str] = []
    clock = Clock()
    return documents.Documents(closed.append, clock), closed, clock


def test_a_workbook_is_known_by_its_file(desk: tuple[Any, list[str], Clock]) -> None:
    of = desk[0].of
    assert of(FakeDocument("file:///home/a%20b/Plan.xlsx"), True).book == "/home/a b/Plan.xlsx"
    assert (
        of(FakeDocument("https://firm.sharepoint.com/Plan.xlsx", "2"), False).book
        == "https://firm.sharepoint.com/Plan.xlsx"
    )
    unsaved = [of(FakeDocument("", uid), False).book for uid in ("3", "4")]
    assert len(set(unsaved)) == 2
    assert all(unsaved)
    assert of(None, True).book == ""


def test_a_saved_workbook_is_left_to_its_file(desk: tuple[Any, list[str], Clock]) -> None:
    assert desk[0].of(FakeDocument("file:///a/Plan.xlsx"), True).sheets is None


@pytest.mark.parametrize("url", ["", "file:///a/Plan.ods", "https://firm.sharepoint.com/Plan.ods"])
def test_a_workbook_whose_file_cannot_be_read_is_read_from_the_screen(
    desk: tuple[Any, list[str], Clock], url: str
) -> None:
    document = FakeDocument(url)
    assert desk[0].of(document, True).sheets[2] == document.rows
    assert desk[0].of(document, False).sheets is None, "functions without a plan need no sheets"


def test_another_state_has_another_stamp_and_the_same_one_the_same(desk: tuple[Any, list[str], Clock]) -> None:
    asked, _, clock = desk
    document = FakeDocument("file:///a/Plan.xlsx", modified=True)
    first = asked.of(document, True).sheets
    clock.now += 10
    document.change(Mine=((1.0,),))
    second = asked.of(document, True).sheets
    clock.now += 10
    document.change()
    third = asked.of(document, True).sheets
    assert first[0] != second[0] == third[0]
    assert second[1] == "Plan.xlsx"


def test_looking_at_large_sheets_takes_a_share_of_the_time(
    desk: tuple[Any, list[str], Clock], documents: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, _, clock = desk
    looks = []

    def slowly(document: FakeDocument) -> Any:
        looks.append(clock.now)
        clock.now += 0.5
        return document.rows

    monkeypatch.setattr(documents, "read_sheets", slowly)
    document = FakeDocument(modified=True)
    for _ in range(40):
        document.change()
        asked.of(document, True)
        clock.now += 0.1
    assert len(looks) < 6
    clock.now += documents.LOOK_SECONDS
    before = len(looks)
    asked.of(document, True)
    assert len(looks) == before + 1


def test_reading_that_asks_again_is_stopped(
    desk: tuple[Any, list[str], Clock], documents: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = desk[0]
    document = FakeDocument(modified=True)
    monkeypatch.setattr(documents, "read_sheets", lambda each: asked.of(each, True).sheets)
    with pytest.raises(documents.Unavailable, match="circle"):
        asked.of(document, True)
    monkeypatch.setattr(documents, "read_sheets", lambda each: each.rows)
    assert asked.of(document, True).sheets[2] == document.rows, "and may be asked again"


def test_a_workbook_whose_days_count_from_1904_is_left_to_its_file_and_says_so(
    desk: tuple[Any, list[str], Clock], documents: ModuleType
) -> None:
    asked = desk[0]
    document = FakeDocument("file:///a/Plan.xlsx")
    document.NullDate = SimpleNamespace(Year=1904, Month=1, Day=1)
    assert asked.of(document, True).sheets is None
    document.change()
    with pytest.raises(documents.Unavailable, match="1904"):
        asked.of(document, True)
    assert "1904" in asked.of(document, False).problem
    document.modified = False
    assert asked.of(document, True).sheets is None
    assert asked.of(document, False).problem == ""


def test_a_closed_workbook_is_forgotten_and_so_is_its_old_name(desk: tuple[Any, list[str], Clock]) -> None:
    asked, closed, _ = desk
    document = FakeDocument("file:///a/Plan.xlsx")
    asked.of(document, True)
    document.url = "file:///a/Other.xlsx"
    asked.of(document, True)
    assert closed == ["/a/Plan.xlsx"]
    document.listeners[0].disposing(None)
    assert closed == ["/a/Plan.xlsx", "/a/Other.xlsx"]
    assert len(document.listeners) == 1
