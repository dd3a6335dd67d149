"""Rules: settings that hold for a part of the range, written as a scope on the Settings sheet. Serves terms and lead times.

A scope is one or more `key=value` parts joined by ";", "&" or "and"; all must hold: "category=Tea; abc=A". Several values of one key
are separated by ",": "abc=A,B". The first matching row of the sheet wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.findings import Finding
from invopt_xl.core.tables import place
from invopt_xl.errors import SettingError, near_names
from invopt_xl.settings import Settings, about, parse

#: What a scope may name: columns of the frame that rules are matched against.
SCOPE_KEYS = (
    "abc",
    "xyz",
    "segment",
    "demand_class",
    "life_cycle",
    "supplier",
    "category",
    "sku",
    "location",
    "criticality",
)

_JOINED = re.compile(r"\s*(?:;|&|\band\b)\s*", re.IGNORECASE)
_MAP_PREFIX = "map."


@dataclass(frozen=True)
class Rule:
    """One row of the Settings sheet with a scope: setting, its value, and which values of which keys it holds for (casefolded)."""

    setting: str
    value: object
    scope: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


def parse_scope(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the parts of a scope: key and allowed values, casefolded.

    Raises
    ------
    SettingError
        A part is no `key=value`, or the key is unknown.

    >>> parse_scope("category=Tea; ABC = A, B")
    (('category', ('tea',)), ('abc', ('a', 'b')))
    """
    parts = []
    for part in _JOINED.split(text.strip()):
        key, equals, values = part.partition("=")
        name = key.strip().casefold().replace(" ", "_")
        allowed = tuple(value.strip().casefold() for value in values.split(",") if value.strip())
        if not equals or not allowed:
            raise SettingError(
                f"Scope '{text}': expected parts such as abc=A or supplier=Acme, joined by ;, got '{part}'."
            )
        if name not in SCOPE_KEYS:
            known = ", ".join(SCOPE_KEYS)
            raise SettingError(
                f"Scope '{text}': unknown key '{key.strip()}'.{near_names(name, SCOPE_KEYS)} Known: {known}."
            )
        parts.append((name, allowed))
    return tuple(parts)


def read_rules(sheet: pd.DataFrame) -> tuple[tuple[Rule, ...], list[Finding]]:
    """Return the rules of the checked Settings table, and findings for rows that are no rule (they are ignored)."""
    rules: list[Rule] = []
    findings: list[Finding] = []
    for position, (name, value, scope) in enumerate(zip(sheet["setting"], sheet["value"], sheet["scope"], strict=True)):
        if scope != scope or str(name).casefold().startswith(_MAP_PREFIX):
            continue
        try:
            rules.append(_rule(str(name), value, str(scope)))
        except SettingError as error:
            where = place(sheet, position, "scope")
            findings.append(
                Finding("error", "Settings", where, str(error), "The rule is ignored until it is corrected.", 1)
            )
    return tuple(rules), findings


def _rule(name: str, value: object, scope: str) -> Rule:
    setting = name.strip().casefold().replace(" ", "_")
    parts = parse_scope(scope)
    if not about(setting).scoped:
        raise SettingError(f"Setting {setting} holds for the whole run and takes no scope, got '{scope}'.")
    return Rule(setting, parse(setting, value), scope, parts)


def apply_rules(
    name: str, rules: tuple[Rule, ...], keys: pd.DataFrame, *, settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    """Return a setting for each series, and where it comes from.

    Parameters
    ----------
    name : str
        A scoped setting.
    rules : tuple of Rule
    keys : DataFrame
        n rows with the columns `SCOPE_KEYS`.
    settings : Settings
        Holds where no rule does.

    Returns
    -------
    values : array, shape (n,)
        float or object.
    source : object array, shape (n,)
        "rule abc=A", "setting" or "default".
    """
    usual = getattr(settings, name)
    values = np.full(len(keys), usual, dtype=object if isinstance(usual, str) else float)
    source = np.full(len(keys), "default" if usual == getattr(Settings(), name) else "setting", dtype=object)
    open_rows = np.ones(len(keys), dtype=bool)
    for rule in rules:
        if rule.setting != name:
            continue
        match = open_rows.copy()
        for key, allowed in rule.parts:
            match &= keys[key].str.casefold().isin(allowed).to_numpy()
        values[match], source[match] = rule.value, f"rule {rule.scope}"
        open_rows &= ~match
    return values, source
