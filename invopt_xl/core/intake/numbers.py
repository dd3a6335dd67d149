"""Numbers kept as text: thousands separators, decimal comma, brackets and trailing minus, currency signs and percent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SPACES = str.maketrans("", "", " \t\u00a0\u202f\u2009\u2007'’`")
_CURRENCY = re.compile(
    r"^(?:[$€£¥₹₽₺₩₫฿]|(?:US|AU|CA|A|C)\$|R\$|kr\.?|zł|CHF|EUR|USD|GBP|JPY|CNY|SEK|NOK|DKK|PLN|INR|BRL|Fr\.?)+|(?:[$€£¥₹₽₺₩₫฿]|kr\.?|zł|CHF|EUR|USD|GBP|JPY|CNY|SEK|NOK|DKK|PLN|INR|BRL|Fr\.?|,-|,--)+$",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"^\d*\.?\d+(?:e[+-]?\d+)?$|^\d+\.$", re.IGNORECASE)
_GROUPS = {",": re.compile(r"^\d{1,3}(?:,\d{2,3})*,\d{3}$"), ".": re.compile(r"^\d{1,3}(?:\.\d{3})+$")}

#: Texts that stand for no value where a number, date or flag belongs (plain lower case).
NO_VALUE = frozenset(
    (
        "",
        "-",
        "--",
        "—",
        "–",
        "?",
        "na",
        "n/a",
        "n.a.",
        "nan",
        "null",
        "none",
        "nil",
        "missing",
        "unknown",
        "tbd",
        "k.a.",
        "#n/a n/a",
        "<na>",
        "nat",
    )
)


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers of distinct texts: `series` NaN where missing or unreadable, `bad` where unreadable; `doubtful` texts could mean two numbers."""

    series: np.ndarray
    bad: np.ndarray
    doubtful: tuple[str, ...]


def parse_numbers(texts: Sequence[str], *, decimal_mark: str = "auto") -> Numbers:
    """Return the numbers that distinct texts of one column mean.

    A text with both marks says which one is decimal; so does a single mark not followed by three digits. The others follow the
    column. Without any such evidence "1,234" is a thousand and "1.234" is a little more than one, and both are called doubtful.

    >>> parse_numbers(["1.234,50", "2.500", "(12)", "7-", "95%"]).series.tolist()
    [1234.5, 2500.0, -12.0, -7.0, 0.95]
    >>> parse_numbers(["1,234.5", "abc"]).bad.tolist()
    [False, True]
    """
    cores = [_core(text) for text in texts]
    votes = [_decimal_of(core.digits) for core in cores]
    mark = {"point": ".", "comma": ","}.get(decimal_mark) or _majority(votes)
    values = np.full(len(cores), np.nan)
    bad = np.zeros(len(cores), dtype=bool)
    doubtful: list[str] = []
    for position, (core, vote) in enumerate(zip(cores, votes, strict=True)):
        if core.digits.casefold() in NO_VALUE or texts[position].strip().casefold() in NO_VALUE:
            continue
        own = vote if decimal_mark == "auto" and vote in (".", ",") else mark
        if vote == "?" and not mark:
            doubtful.append(texts[position])
        number = _number(core.digits, own or ".")
        if number is None or not np.isfinite(number):
            bad[position] = True
            continue
        values[position] = number * core.sign / core.divisor
    return Numbers(values, bad, tuple(doubtful))


@dataclass(frozen=True)
class _Core:
    digits: str
    sign: float
    divisor: float


def _core(text: str) -> _Core:
    """Take sign, brackets, percent and currency off."""
    digits, sign, divisor = text.translate(_SPACES), 1.0, 1.0
    digits = digits.replace("−", "-").replace("–", "-") if len(digits) > 1 else digits
    signed = False
    for _ in range(4):
        before = digits
        if len(digits) > 2 and digits[0] == "(" and digits[-1] == ")":
            digits, sign = digits[1:-1], -sign
        if len(digits) > 1 and digits[-1] == "%":
            digits, divisor = digits[:-1], divisor * 100
        if len(digits) > 1 and digits[-1] == "-" and digits[-2] != "," and not signed:
            digits, sign, signed = digits[:-1], -sign, True
        if len(digits) > 1 and digits[0] in "+-" and not signed:
            digits, sign, signed = digits[1:], (-sign if digits[0] == "-" else sign), True
        shorter = _CURRENCY.sub("", digits)
        digits = shorter if any(letter.isdigit() for letter in shorter) else digits
        if digits == before:
            break
    return _Core(digits, sign, divisor)


def _decimal_of(digits: str) -> str:
    """Return the decimal mark that a text proves, "?" if it could be either, "" if it says nothing."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    if comma < 0 and point < 0:
        return ""
    mark = "," if comma >= 0 else "."
    if digits.count(mark) > 1:
        return "." if mark == "," else ","
    before, _, after = digits.partition(mark)
    if len(after) == 3 and after.isdigit() and 1 <= len(before) <= 3 and before.isdigit() and before[0] != "0":
        return "?"
    return mark


def _majority(votes: Sequence[str]) -> str:
    points, commas = votes.count("."), votes.count(",")
    return "" if points == commas else "." if points > commas else ","


def _number(digits: str, mark: str) -> float | None:
    if not digits.isascii():
        return None
    other = "," if mark == "." else "."
    head, _, tail = digits.partition(mark)
    if other in head and _GROUPS[other].match(head):
        digits = head.replace(other, "") + (mark + tail if mark in digits else "")
    # without evidence "1,234" is a thousand
    digits = digits.replace(mark, ".") if other not in digits else digits
    return float(digits) if _PLAIN.match(digits) else None
