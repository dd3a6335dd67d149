"""A mistake on the Settings sheet is a finding with its row; the same mistake in a call stops the run."""

import datetime as dt

import pytest

from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.reading import read_tables
from invopt_xl.errors import SettingError

SALES = [["date", "sku", "quantity", "cost"], [dt.date(2024, 1, 5), "A", 3, 2.5]]
WRONG = [
    ("map.Salse", "Sales", "no table 'Salse'"),
    ("map.Sales", "Nowhere", "no sheet or table 'Nowhere'"),
    ("map.Sales.qantity", "quantity", "no column or option 'qantity'"),
    ("map.Sales.price", "Listprice", "no column 'Listprice'"),
    ("map.Sales.header_row", "first", "expected a row number"),
    ("map.Sales.layout", "broad", "expected one of long, wide"),
    ("map.Sales.period_columns", "5", "expected columns such as"),
    ("map.Sales.period_start", "once", "expected a day"),
    ("map.Lanes", "Sales", "no column for"),
    ("date_order", "year first", "date_order"),
]


def settings_sheet(*rows):
    return [["setting", "value", "scope"], ["service_level", 0.95, None], *[[*row, None] for row in rows]]


@pytest.mark.parametrize(("key", "value", "message"), WRONG)
def test_a_wrong_row_is_an_error_with_its_place_and_the_rest_is_read(key, value, message) -> None:
    book = MemoryBook({"Sales": SALES, "Settings": settings_sheet((key, value))})
    tables = read_tables(book)
    assert tables.frames["Sales"]["quantity"].tolist() == [3]
    (error,) = [each for each in tables.findings if each.severity == "error"]
    assert (error.table, error.place) == ("Settings", "Sheet Settings, row 3")
    assert message in error.text
    assert "not used until it is corrected" in error.fix


@pytest.mark.parametrize(("key", "value", "message"), WRONG)
def test_a_wrong_key_in_a_call_stops(key, value, message) -> None:
    with pytest.raises(SettingError, match=message):
        read_tables(MemoryBook({"Sales": SALES, "Settings": settings_sheet()}), settings={key: value})


def test_every_wrong_row_is_said_and_right_ones_hold() -> None:
    rows = [("map.Sales", "Nowhere"), ("MAP.sales.Price", "cost"), ("map.Salse.sku", "x"), ("map.Sales.channel", "x")]
    tables = read_tables(MemoryBook({"Sales": SALES, "Settings": settings_sheet(*rows)}))
    assert tables.frames["Sales"]["price"].tolist() == [2.5]
    errors = [each.place for each in tables.findings if each.severity == "error"]
    assert sorted(errors) == ["Sheet Settings, row 3", "Sheet Settings, row 5", "Sheet Settings, row 6"]


def test_a_call_wins_over_a_wrong_row_however_it_is_written() -> None:
    book = MemoryBook({"Sales": SALES, "Settings": settings_sheet(("Map.sales.PRICE", "nothing"))})
    tables = read_tables(book, settings={"map.Sales.price": "cost"})
    assert tables.frames["Sales"]["price"].tolist() == [2.5]
    assert not tables.findings


def test_a_call_that_needs_what_the_sheet_lacks_stops() -> None:
    book = MemoryBook({"Sales": SALES, "Settings": settings_sheet(("map.Sales", "Sales"))})
    with pytest.raises(SettingError, match="no column 'nothing'"):
        read_tables(book, settings={"map.Sales.price": "nothing"})
