"""Settings: what a planner may write, and what is refused."""

from __future__ import annotations

from dataclasses import fields

import pytest

from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings, about, parse


@pytest.mark.parametrize(
    ("written", "meant"),
    [(0.95, 0.95), (95, 0.95), ("95", 0.95), ("95%", 0.95), ("95 %", 0.95), ("0,95", 0.95), ("97,5%", 0.975)],
)
def test_a_probability_may_be_written_as_percent(written: object, meant: float) -> None:
    assert parse("service_level", written) == pytest.approx(meant)


@pytest.mark.parametrize("written", [0, 1, "100%", "-5", "abc", None, float("nan"), float("inf"), True, [1]])
def test_a_service_level_outside_zero_and_one_is_refused(written: object) -> None:
    with pytest.raises(SettingError, match="service_level"):
        parse("service_level", written)


def test_an_unknown_setting_names_the_nearest_one() -> None:
    with pytest.raises(SettingError, match="Did you mean 'service_level'"):
        Settings.from_mapping({"service_levl": 0.9})


def test_a_choice_ignores_case_and_names_the_choices() -> None:
    assert parse("period", "WEEK") == "week"
    with pytest.raises(SettingError, match="auto, day, week, month"):
        parse("period", "fortnight")


def test_cuts_must_rise() -> None:
    with pytest.raises(SettingError, match="first cut must be below"):
        Settings.from_mapping({"abc_cuts": "95%; 80%"})


def test_a_whole_number_refuses_a_fraction() -> None:
    with pytest.raises(SettingError, match="whole number"):
        parse("forecast_periods", 2.5)


def test_every_setting_has_a_sentence_and_its_default_is_in_range() -> None:
    for each in fields(Settings):
        assert about(each.name).help.endswith(".")
        assert parse(each.name, each.default) == each.default
