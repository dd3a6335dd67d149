"""Public raw files are read with at most a Settings mapping, and equal the tidy tables beside them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from invopt_xl.adapters.reading import read_tables

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not beside the repository"),
]

MAN = {
    "map.Sales": "Data",
    "map.Sales.sku": "A",
    "map.Sales.first_row": 7,
    "map.Sales.period_columns": "J:FC",
    "map.Items": "Data",
    "map.Items.sku": "A",
    "map.Items.header_row": 1,
    "map.Items.first_row": 7,
    "map.Items.unit_cost": "cost price",
    "map.Items.moq": "min. order quantity",
    "map.Items.pack_size": "none",
}


def test_spare_parts_in_six_header_rows_equal_the_tidy_table() -> None:
    tables = read_tables(DATA / "spareparts_man" / "MAN.xlsx", settings=MAN)
    got = tables.frames["Sales"].sort_values(["sku", "date"], ignore_index=True)
    tidy = pd.read_parquet(DATA / "spareparts_man" / "demand.parquet")
    tidy["sku"] = tidy["sku"].astype("str")
    tidy = tidy.sort_values(["sku", "week_start"], ignore_index=True)
    assert got["sku"].tolist() == tidy["sku"].tolist()
    assert (got["date"] == pd.to_datetime(tidy["week_start"])).all()
    np.testing.assert_array_equal(got["quantity"], tidy["quantity"])


def test_spare_part_items_equal_the_tidy_table() -> None:
    items = read_tables(DATA / "spareparts_man" / "MAN.xlsx", settings=MAN).frames["Items"]
    tidy = pd.read_parquet(DATA / "spareparts_man" / "items.parquet")
    assert items["sku"].tolist() == tidy["sku"].astype("str").tolist()
    np.testing.assert_array_equal(items["unit_cost"], tidy["unit_cost_eur"])
    np.testing.assert_array_equal(items["moq"], tidy["moq_units"])


def test_newest_first_without_dates_equals_the_tidy_table() -> None:
    settings = {
        "map.Sales": "lumpdatp",
        "map.Sales.sku": "A",
        "map.Sales.period_start": "2020-01-01",
        "map.Sales.period": "month",
    }
    tables = read_tables(DATA / "spareparts_auto" / "EMPIRICAL DATA (IJF - Automotive).xls", settings=settings)
    got = tables.frames["Sales"].sort_values(["sku", "date"], ignore_index=True)
    tidy = pd.read_parquet(DATA / "spareparts_auto" / "demand.parquet").sort_values(
        ["sku", "period_index"], ignore_index=True
    )
    index = (got["date"].dt.year - 2020) * 12 + got["date"].dt.month
    assert got["sku"].tolist() == tidy["sku"].tolist()
    np.testing.assert_array_equal(index, tidy["period_index"])
    np.testing.assert_array_equal(got["quantity"], tidy["quantity"])


def test_receipts_with_two_date_styles_equal_the_tidy_table() -> None:
    settings = {"map.LeadTimes.sku": "Item Description"}
    tables = read_tables(DATA / "scms_lead_times" / "SCMS_Delivery_History_Dataset.csv", settings=settings)
    got = tables.frames["LeadTimes"]
    tidy = pd.read_parquet(DATA / "scms_lead_times" / "receipts.parquet")
    known = tidy[tidy["order_date"].notna()]
    columns = {
        "order_id": "po",
        "supplier": "vendor",
        "sku": "item",
        "order_date": "order_date",
        "promised_date": "promised_date",
        "receipt_date": "received_date",
        "quantity_ordered": "quantity",
    }
    mine = got[list(columns)].rename(columns=columns)
    theirs = known[list(columns.values())].copy()
    for frame in (mine, theirs):
        for name in ("order_date", "promised_date", "received_date"):
            frame[name] = pd.to_datetime(frame[name]).astype("str")
        frame["quantity"] = frame["quantity"].astype("float64")
        for name in ("po", "vendor", "item"):
            frame[name] = frame[name].str.strip().str.split().str.join(" ")
    by = list(mine.columns)
    pd.testing.assert_frame_equal(mine.sort_values(by, ignore_index=True), theirs.sort_values(by, ignore_index=True))
    (finding,) = [each for each in tables.findings if each.severity == "error"]
    assert finding.rows_kept_out == 4712


def test_day_first_invoices_are_decided_from_the_whole_column() -> None:
    path = DATA / "bibitor_invoices" / "InvoicePurchases12312016.csv"
    got = read_tables(path, settings={"map.LeadTimes.receipt_date": "InvoiceDate"}).frames["LeadTimes"]
    raw = pd.read_csv(path)
    for column, header in (("receipt_date", "InvoiceDate"), ("order_date", "PODate")):
        assert (got[column] == pd.to_datetime(raw[header], format="%d-%m-%Y").astype("datetime64[s]")).all()
    np.testing.assert_array_equal(got["quantity_ordered"], raw["Quantity"])
    assert got["supplier"].iloc[0] == "ALTAMAR BRANDS LLC"


@pytest.mark.parametrize(
    ("file", "tables"),
    [
        (
            "alternate-materials.xlsx",
            {"Sales": 4, "Items": 7, "Stock": 6, "Sources": 5, "Locations": 1, "Suppliers": 1},
        ),
        ("buffer.mfg.xlsx", {"Stock": 4}),
        ("forecast-method.xlsx", {"Sales": 549, "Items": 7, "Sources": 4, "Locations": 4, "Suppliers": 2}),
        ("forecast-netting.xlsx", {"Sales": 52, "Items": 3, "Sources": 1, "Locations": 1, "Suppliers": 1}),
        ("forecast-with-missing-data.xlsx", {"Sales": 59, "Items": 4, "Sources": 3, "Locations": 1, "Suppliers": 1}),
        ("itemsupplier.mfg.xlsx", {"Sources": 3}),
        ("make-to-order.xlsx", {"Sales": 12, "Items": 35, "Stock": 4, "Sources": 15, "Locations": 5, "Suppliers": 1}),
        ("middle-out-forecast.xlsx", {"Sales": 320, "Items": 27, "Sources": 18, "Locations": 3, "Suppliers": 1}),
        ("purchaseorder.mfg.xlsx", {"OpenOrders": 2}),
        ("salesorder.fcst.xlsx", {"Sales": 320}),
        ("supplier-capacity.xlsx", {"Sales": 4, "Items": 3, "Sources": 3, "Locations": 2, "Suppliers": 1}),
    ],
)
def test_example_workbooks_are_recognised(file: str, tables: dict[str, int]) -> None:
    got = read_tables(DATA / "frepple_examples" / file)
    assert {name: len(frame) for name, frame in got.frames.items()} == tables
