from __future__ import annotations

import sys

import numpy as np
import pytest

from invopt_xl.core.public_holidays import public_holidays
from invopt_xl.errors import SettingError

DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2027-01-02"))
MONTHS = np.arange(np.datetime64("2026-01"), np.datetime64("2027-02")).astype("datetime64[D]")


def _days(country):
    found, said = public_holidays(DAYS, country=country)
    assert not said
    return {str(day) for day in DAYS[:-1][found > 0]}


def test_without_a_country_there_are_no_holidays():
    found, said = public_holidays(MONTHS, country="")
    assert found.tolist() == [0.0] * 12
    assert said == []


def test_days_of_a_country_are_those_of_its_law():
    german = _days("DE")
    assert {"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-10-03", "2026-12-25"} <= german
    assert "2026-01-06" not in german


def test_a_part_of_a_country_has_its_own_days():
    assert "2026-01-06" in _days("DE-BY")
    assert _days("de-by") == _days("DE-BY")


def test_months_count_the_days_within_them():
    found, _ = public_holidays(MONTHS, country="DE")
    assert found.sum() == len(_days("DE"))
    assert found[11] == 2


@pytest.mark.parametrize("name", ["Germany", "germany", "DEU", " de "])
def test_a_country_may_be_written_in_several_ways(name):
    assert _days(name) == _days("DE")


def test_an_unknown_country_names_the_nearest():
    with pytest.raises(SettingError, match=r"Setting country: expected a country .* got 'Germny'. Did you mean 'DE'\?"):
        public_holidays(MONTHS, country="Germny")


def test_an_unknown_part_names_the_known_ones():
    with pytest.raises(SettingError, match=r"Setting country: 'XX' is no part of US; its parts are .*CA"):
        public_holidays(MONTHS, country="US-XX")


def test_a_missing_package_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    found, said = public_holidays(MONTHS, country="DE")
    assert found.tolist() == [0.0] * 12
    assert said[0].severity == "warning"
    assert "pip install holidays" in said[0].fix
