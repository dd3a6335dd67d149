"""Public holidays per planning period. Serves the drivers of demand."""

from __future__ import annotations

from typing import Any

import numpy as np

from invopt_xl.core.findings import Finding
from invopt_xl.errors import SettingError, near_names

#: Stands between country and subdivision.
_MARK = "-"


def public_holidays(bounds: np.ndarray, *, country: str) -> tuple[np.ndarray, list[Finding]]:
    """Return the number of public holidays in each period, and a finding where they cannot be known.

    Parameters
    ----------
    bounds : datetime64[D] array, shape (width + 1,)
        First days of the periods, and the day after the last one.
    country : str
        Such as "DE" or "US-CA"; "" for none.

    Returns
    -------
    float array, shape (width,)
        Days; on whichever day of the week they fall.

    Raises
    ------
    SettingError
        The country or its subdivision is not known.

    >>> weeks = np.array(["2026-12-21", "2026-12-28", "2027-01-04"], dtype="datetime64[D]")
    >>> public_holidays(weeks, country="DE")[0].tolist()  # 25 and 26 December, 1 January
    [2.0, 1.0]
    """
    width = len(bounds) - 1
    if not country:
        return np.zeros(width), []
    try:
        import holidays
    except ImportError:
        text = (
            f"Setting country is {country}, but the package holidays is not installed: the forecast knows no holidays."
        )
        fix = "Install it with: pip install holidays (it is part of the extra 'learn'), or empty the setting country."
        return np.zeros(width), [Finding("warning", "Settings", "setting country", text, fix)]
    years = bounds.astype("datetime64[Y]").astype(np.int64) + 1970
    calendar = _calendar(holidays, country, range(int(years[0]), int(years[-1]) + 1))
    days = np.sort(np.array(list(calendar), dtype="datetime64[D]"))
    count: np.ndarray = np.diff(np.searchsorted(days, bounds)).astype(np.float64)
    return count, []


def _calendar(holidays: Any, country: str, years: range) -> Any:
    """Return the holidays of the country or its subdivision as a mapping of dates."""
    name, _, part = country.strip().partition(_MARK)
    known: dict[str, list[str]] = holidays.list_supported_countries(include_aliases=True)
    wanted = name.strip().casefold().replace(" ", "")
    codes = {each.casefold(): each for each in known} | _names()
    if wanted not in codes:
        near = near_names(wanted, codes)
        found = next((codes[each] for each in codes if f"'{each}'" in near), "")
        hint = f" Did you mean '{found}'?" if found else ""
        raise SettingError(f"Setting country: expected a country such as DE or US-CA, got '{country}'.{hint}")
    code = codes[wanted]
    if not part:
        return holidays.country_holidays(code, years=years)
    parts = {each.casefold(): each for each in known[code]}
    if part.strip().casefold() not in parts:
        some = f"; its parts are {', '.join(known[code])}" if known[code] else ", which has no parts with own holidays"
        hint = near_names(part.strip(), known[code])
        raise SettingError(f"Setting country: '{part}' is no part of {code}{some}.{hint}")
    return holidays.country_holidays(code, subdiv=parts[part.strip().casefold()], years=years)


def _names() -> dict[str, str]:
    """Return the code of each country by its English name without spaces, as a planner may write it: "germany", "unitedstates"."""
    from holidays.registry import COUNTRIES

    return {name.casefold(): code for name, code, *_ in COUNTRIES.values()}
