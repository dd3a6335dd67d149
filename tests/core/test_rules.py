from __future__ import annotations

import pytest

from invopt_xl.core.rules import parse_scope, read_rules
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings
from tests.sample_tables import checked, sold, staged

_SALES = sold("A", [10.0] * 20) + sold("B", [1.0] * 20)


def _terms(settings=None, **rows):
    past, _, terms, _ = staged(None, settings, Sales=_SALES, **rows)
    return terms.frame.assign(sku=past.series["sku"]).set_index("sku"), terms.findings


@pytest.mark.parametrize("joined", ["category=Tea; abc=A", "category = tea & ABC=a", "category=Tea and abc=A"])
def test_parts_are_joined_by_semicolon_ampersand_or_and(joined):
    assert parse_scope(joined) == (("category", ("tea",)), ("abc", ("a",)))


def test_and_within_a_name_is_no_joint():
    assert parse_scope("supplier=Sandy Anderson") == (("supplier", ("sandy anderson",)),)


def test_unknown_scope_key_names_the_nearest():
    with pytest.raises(SettingError, match=r"unknown key 'suplier'. Did you mean 'supplier'\?"):
        parse_scope("suplier=Acme")


def test_a_scope_without_value_is_an_error():
    with pytest.raises(SettingError, match="expected parts such as"):
        parse_scope("abc=")


def test_a_rule_that_cannot_be_read_is_a_finding_and_is_ignored():
    frame, findings = _terms(Settings=[{"setting": "service_level", "value": "99%", "scope": "colour=red"}])
    assert frame["service_level"].tolist() == [0.95, 0.95]
    assert [each.severity for each in findings] == ["error"]
    assert findings[0].place == "Sheet Settings, row 2, column scope"


def test_an_unscopable_setting_is_a_finding():
    good = checked(Sales=_SALES, Settings=[{"setting": "seed", "value": "3", "scope": "abc=A"}])
    rules, findings = read_rules(good.frames["Settings"])
    assert rules == ()
    assert len(findings) == 1


def test_the_first_matching_rule_wins():
    frame, _ = _terms(
        Settings=[
            {"setting": "service_level", "value": "98", "scope": "sku=A"},
            {"setting": "service_level", "value": "90%", "scope": "location=MAIN"},
        ]
    )
    assert frame["service_level"].to_dict() == {"A": 0.98, "B": 0.90}
    assert frame["service_level_from"].to_dict() == {"A": "rule sku=A", "B": "rule location=MAIN"}


def test_all_parts_of_a_scope_must_hold():
    frame, _ = _terms(
        Items=[{"sku": "A", "category": "Tea"}, {"sku": "B", "category": "Tea"}],
        Settings=[
            {"setting": "service_level", "value": "0.99", "scope": "category=tea; abc=A,B; demand_class=smooth; sku=B"}
        ],
    )
    assert frame["service_level"].to_dict() == {"A": 0.95, "B": 0.99}


def test_the_items_own_value_wins_and_the_rule_stays_visible():
    frame, _ = _terms(
        Items=[{"sku": "A", "service_level": 97}, {"sku": "B"}],
        Settings=[{"setting": "service_level", "value": "0.9", "scope": "location=MAIN"}],
    )
    assert frame["service_level"].to_dict() == {"A": 0.97, "B": 0.9}
    assert frame["service_level_rule"].to_dict() == {"A": 0.9, "B": 0.9}
    assert frame["service_level_from"]["A"] == "item"


def test_without_rules_the_setting_holds():
    frame, _ = _terms(Settings(service_level=0.9, service_measure="fill"))
    assert frame["service_level"].tolist() == [0.9, 0.9]
    assert frame["service_measure"].tolist() == ["fill", "fill"]
    assert frame["service_level_from"].tolist() == ["setting", "setting"]
