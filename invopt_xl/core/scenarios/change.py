"""One change of a scenario: which items, which input, to what. Read from the words of a planner."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from invopt_xl.core.rules import parse_scope
from invopt_xl.core.scenarios.inputs import DISRUPTED, RUN_SETTINGS, UNITS, field_named, limits_of
from invopt_xl.core.stages import Stages
from invopt_xl.errors import SettingError

#: Words for every item.
_EVERYTHING = ("", "all", "everything", "*")

#: Where a bare word is looked for, first match wins.
_BARE_KEYS = ("sku", "supplier", "segment", "abc", "category", "location")

_TIMES = re.compile(r"^\s*(?:[x×*]\s*(?P<a>\d+(?:[.,]\d+)?)|(?P<b>\d+(?:[.,]\d+)?)\s*[x×])\s*$", re.IGNORECASE)
#: "+10", "-5 units", "10 more", "5 days less"
_MORE = re.compile(r"^\s*(?P<sign>[+\-−])\s*(?P<a>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-z][a-z ]*?)?\s*$", re.IGNORECASE)
_MORE_IN_WORDS = re.compile(
    r"^\s*(?P<a>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-z][a-z ]*?)??\s*(?P<word>more|less|fewer)\s*$", re.IGNORECASE
)
_PERCENT_MORE = re.compile(r"^\s*(?P<sign>[+\-−])\s*(?P<a>\d+(?:[.,]\d+)?)\s*%\s*$")
_PLAIN = re.compile(r"^\s*(?P<a>\d+(?:[.,]\d+)?)\s*(?:(?P<percent>%)|(?P<unit>[a-z][a-z ]*?))?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """A change of one input for some items.

    Parameters
    ----------
    scenario : str
        Name of the scenario that it belongs to.
    what : str
        Items in the planner's words: "all", "sku=A-100", "supplier=Acme; abc=A", or one bare name.
    field : str
        One of `inputs.FIELDS`.
    how : {"set", "times", "add", "until"}
        Set to `amount`, multiply by it, add it, or a day.
    amount : float
        In the unit of the field; NaN for a day. What is added to demand is in units per planning period.
    until : Timestamp or None
        For `disrupted_until`.
    """

    scenario: str
    what: str
    field: str
    how: Literal["set", "times", "add", "until"]
    amount: float = np.nan
    until: pd.Timestamp | None = None

    def in_words(self) -> str:
        """Return the change as a short text for the sheet.

        >>> read_change("high", "supplier=Acme", "demand", "x1.2").in_words()
        'supplier=Acme: demand x 1.2'
        """
        who = "all items" if self.what.casefold() in _EVERYTHING else self.what
        if self.until is not None:
            return f"{who}: {self.field} {self.until:%Y-%m-%d}"
        # what is multiplied is the demand itself
        field = "demand" if self.field == "demand_factor" else self.field
        if self.how == "add":
            return f"{who}: {field} {self._added()}"
        return f"{who}: {field} {'x ' if self.how == 'times' or field == 'demand' else 'set to '}{self.amount:,.10g}"

    def _added(self) -> str:
        word = "more" if self.amount >= 0 else "less"
        amount = abs(self.amount) * (100 if self.field == "service_level" else 1)
        each = "" if self.field in RUN_SETTINGS else " each"
        return f"{amount:,.10g} {UNITS[self.field][0]} {word}{each}"


def read_change(scenario: object, what: object, field: object, value: object, *, place: str = "") -> Change:
    """Return a change read from four cells.

    Parameters
    ----------
    scenario, what, field : text
    value : number, text or date
        "x1.2", "+20%" and "-20%" multiply; "+10", "-5 units" and "10 more" (for who types it into Excel, which takes +10 for 10) add to what
        each item has, in the unit of the field; a negative number takes away; any other number, also as "95%" or "12 days", sets; a date such
        as 2026-12-31 for `disrupted_until`.
    place : str
        Where it stands, for messages.

    Raises
    ------
    SettingError

    >>> change = read_change("late", "all", "lead time", "+50%")
    >>> change.field, change.how, change.amount
    ('lead_time_days', 'times', 1.5)
    >>> read_change("late", "supplier=Acme", "lead time", "+10 days").in_words()
    'supplier=Acme: lead_time_days 10 days more each'
    """
    at = f"{place}: " if place else ""
    name = _text(scenario)
    if not name:
        raise SettingError(f"{at}a scenario has no name. Give one in the column scenario.")
    try:
        known = field_named(_text(field))
        wanted = _text(what) or "all"
        _parts(wanted)
        if known in RUN_SETTINGS and wanted.casefold() not in _EVERYTHING:
            raise SettingError(f"{known} is shared by all items: write all instead of '{wanted}'.")
        if known == DISRUPTED:
            return Change(name, wanted, known, "until", until=_day(value))
        how, amount = _number(value, known)
    except SettingError as error:
        raise SettingError(f"{at}scenario '{name}': {error}") from None
    if how == "set":
        if known == "service_level" and 1 < amount < 100:
            amount /= 100
        low, high = limits_of(known)
        if not low <= amount <= high:
            raise SettingError(f"{at}scenario '{name}': {known} must be from {low:g} to {high:g}, got {amount:g}.")
    return Change(name, wanted, known, how, amount)


def read_changes(rows: pd.DataFrame | Iterable[Mapping[str, Any] | Change]) -> tuple[Change, ...]:
    """Return the changes of a table with the columns scenario, what, field and value, or of mappings with these keys."""
    if isinstance(rows, pd.DataFrame):
        missing = {"scenario", "what", "field", "value"} - set(rows.columns)
        if missing:
            raise SettingError(
                f"Scenarios: the column {', '.join(sorted(missing))} is missing; needed are scenario, what, field, value."
            )
        return read_changes([{str(name): value for name, value in row.items()} for row in rows.to_dict("records")])
    return tuple(
        each
        if isinstance(each, Change)
        else read_change(each.get("scenario"), each.get("what", "all"), each.get("field"), each.get("value"))
        for each in rows
    )


def matching(change: Change, keys: pd.DataFrame) -> np.ndarray:
    """Return which items a change is for, bool, shape (n,).

    Parameters
    ----------
    change : Change
    keys : DataFrame
        From `scope_keys`.

    Raises
    ------
    SettingError
        It is for none of them: most likely a misspelling.
    """
    parts = _parts(change.what)
    if parts is None:
        found = _bare(change.what, keys)
    else:
        found = np.ones(len(keys), dtype=bool)
        for key, allowed in parts:
            found &= keys[key].isin(allowed).to_numpy()
    if not found.any():
        raise SettingError(
            f"Scenario '{change.scenario}': no item matches '{change.what}'. Check the spelling, or write it as sku=..., supplier=..., segment=..."
        )
    return found


def scope_keys(stages: Stages) -> pd.DataFrame:
    """Return what items are matched by, casefolded: the columns `rules.SCOPE_KEYS`, n rows."""
    own = stages.segments.frame[["abc", "xyz", "segment", "demand_class", "life_cycle"]]
    bought = stages.terms.frame[["supplier", "category", "criticality"]]
    keys = pd.concat([own, bought, stages.history.series[["sku", "location"]]], axis=1)
    return pd.DataFrame({name: keys[name].astype("str").str.casefold() for name in keys})


def _parts(what: str) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """Return the parts of a scope; none for everything, None for a bare name."""
    if what.casefold() in _EVERYTHING:
        return ()
    return parse_scope(what) if "=" in what else None


def _bare(what: str, keys: pd.DataFrame) -> np.ndarray:
    wanted = what.casefold()
    for key in _BARE_KEYS:
        found: np.ndarray = (keys[key] == wanted).to_numpy()
        if found.any():
            return found
    return np.zeros(len(keys), dtype=bool)


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    # a sku that a sheet holds as a number
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value).strip()


def _number(value: object, field: str) -> tuple[Literal["set", "times", "add"], float]:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and np.isfinite(float(value)):
        number = float(value)
        # nothing can be set to less than 0, and a sheet holds "-5" as a number
        return ("add", _points(number, field)) if number < 0 else ("set", number)
    text = _text(value)
    if found := _TIMES.match(text):
        return "times", _parsed(found["a"] or found["b"])
    if found := _PERCENT_MORE.match(text):
        more = _parsed(found["a"]) / 100
        return "times", 1 + more if found["sign"] == "+" else 1 - more
    if found := _MORE.match(text) or _MORE_IN_WORDS.match(text):
        _check_unit(found["unit"], field, text)
        less = found["sign"] != "+" if "sign" in found.groupdict() else found["word"].casefold() != "more"
        amount = _points(_parsed(found["a"]), field, by_word=bool(found["unit"]))
        return "add", -amount if less else amount
    if found := _PLAIN.match(text):
        _check_unit(found["unit"], field, text)
        return "set", _parsed(found["a"]) / (100 if found["percent"] else 1)
    raise SettingError(f"expected a number, x1.2, +20%, +10 or -5, found '{text}'.")


def _points(amount: float, field: str, *, by_word: bool = False) -> float:
    """Return what is added in the unit of the field: two points of service are 0.02, also where only a 2 is written."""
    return amount / 100 if field == "service_level" and (by_word or abs(amount) >= 1) else amount


def _check_unit(unit: str | None, field: str, text: str) -> None:
    if unit and unit.casefold() not in UNITS[field]:
        raise SettingError(f"{field} is in {UNITS[field][0]}, found '{text}'. Leave the unit out, or write it so.")


def _parsed(text: str) -> float:
    return float(text.replace(",", "."))


def _day(value: object) -> pd.Timestamp:
    if isinstance(value, (pd.Timestamp, datetime.date)) and not pd.isna(value):
        return pd.Timestamp(value).normalize()
    text = _text(value)
    if re.match(r"^\d{4}-\d{2}-\d{2}( 00:00:00)?$", text):
        try:
            return pd.Timestamp(text).normalize()
        except ValueError:
            pass
    raise SettingError(f"{DISRUPTED} needs a day such as 2026-12-31, found '{text}'.")
