"""One service target for all items together, through the whole plan."""

from __future__ import annotations

import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.plan import Plan
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings


@pytest.fixture(scope="module")
def tables() -> object:
    return iv.read_tables(iv.demo_tables(skus=25, locations=1, weeks=80))


def planned(tables: object, **settings: object) -> Plan:
    return iv.plan(tables, settings={"boosted_trees": "off", **settings})


def said(plan: Plan) -> pd.Series:
    return plan.findings.loc[plan.findings["place"] == "Service targets", "text"]


def test_items_keep_their_own_target_unless_asked(tables: object) -> None:
    plain = planned(tables)
    assert said(plain).empty
    assert set(plain.recommendations["service_target"]) == {0.9, 0.95, 0.98}


def test_one_target_for_all_gives_every_item_its_own_fill_rate_with_less_stock(tables: object) -> None:
    together = planned(tables, service_aim="units")
    target = together.recommendations["service_target"]
    assert target.between(0.5, 0.999).all()
    assert target.nunique() > 10
    assert not said(together).empty
    for text in said(together):
        aimed, equal = (
            float(part.rstrip(".,").replace(",", ""))
            for part in text.split()
            if part[:1].isdigit() and "%" not in part and len(part) > 3
        )
        assert aimed <= equal


def test_a_larger_budget_never_buys_less_service(tables: object) -> None:
    service = []
    for budget in (2_000, 6_000, 20_000):
        (text,) = said(planned(tables, service_aim="value", stock_budget=budget))
        service.append(float(text.split("gives ")[1].split("%")[0]))
    assert service == sorted(service)
    assert service[0] < service[-1]


def test_the_least_service_must_be_below_the_most() -> None:
    with pytest.raises(SettingError, match="least_item_service"):
        Settings(least_item_service=0.99, most_item_service=0.9)


def test_the_next_money_buys_most_service_first_and_is_not_overspent(tables: object) -> None:
    bought = planned(tables, next_money=500.0, service_level=0.8).priorities
    assert len(bought) > 1
    assert bought["money"].sum() <= 500.0
    worth = bought["service_gained"] / bought["money"]
    assert (worth.diff().dropna() <= 1e-12).all()
    assert bought["rank"].tolist() == list(range(1, len(bought) + 1))
    assert not bought.duplicated(["sku", "location"]).any()
    more = planned(tables, next_money=2000.0, service_level=0.8).priorities
    assert more["service_gained"].sum() > bought["service_gained"].sum()
