"""Order numbers that are never issued twice: a series of letters that belongs to one workbook in one place, and a number that only rises.

A workbook that is copied, renamed or opened by a colleague takes its register of issued orders along. So a series counts on only in the
place where it began; anywhere else a new one begins. A workbook that is put back from a backup has forgotten its last numbers; therefore the
place, too, keeps the highest number of each series outside of the workbook, and hands it in as `floor`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from invopt_xl.core.sheets import Column

#: Columns of the register, one row per ordered line.
REGISTER: tuple[Column, ...] = (
    Column("order_id", "text", "Order number; never issued twice.", 16),
    Column("issued", "text", "Day and time at which the order sheet was made.", 18),
    Column("supplier", "text", "Supplier."),
    Column("sku", "key", "Item number."),
    Column("location", "key", "Where it goes."),
    Column("quantity", "units", "Units ordered."),
    Column("value", "money", "Quantity x unit cost."),
    Column("decision", "text", "Your decision."),
    Column("reason", "text", "Your reason.", 36),
    Column(
        "place", "text", "Workbook and computer that the series of the order number belongs to; do not change it.", 12
    ),
)

#: Letters and digits of a series; those that are read as one another (0 O, 1 I L) are not among them.
SERIES_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
SERIES_LENGTH = 5
_ORDER_ID = re.compile(rf"^([{SERIES_LETTERS}]{{{SERIES_LENGTH}}})-(\d+)$")


def next_order_ids(
    register: pd.DataFrame, count: int, *, place: str, new_series: str, floor: Mapping[str, int]
) -> list[str]:
    """Return the next order numbers.

    Parameters
    ----------
    register : DataFrame
        All lines issued from this workbook or the one it was copied from; columns order_id and place are looked at.
    count : int
        How many orders.
    place : str
        Name of this workbook on this computer, as `register` has it.
    new_series : str
        `SERIES_LETTERS` drawn at random, for when no series began here.
    floor : mapping of str to int
        Highest number of each series issued in this place, as far as it is known outside of the workbook.

    Examples
    --------
    >>> register = pd.DataFrame({"order_id": ["K7Q2P-00009"], "place": ["here"]})
    >>> next_order_ids(register, 2, place="here", new_series="WWWWW", floor={})
    ['K7Q2P-00010', 'K7Q2P-00011']
    >>> next_order_ids(register, 1, place="a copy", new_series="WWWWW", floor={})
    ['WWWWW-00001']
    """
    known = [(match, str(where)) for match, where in _read(register)]
    mine = [match.group(1) for match, where in known if where == place]
    series = mine[-1] if mine else new_series
    issued = [int(match.group(2)) for match, _ in known if match.group(1) == series]
    last = max([*issued, floor.get(series, 0)], default=0)
    return [f"{series}-{number:05d}" for number in range(last + 1, last + 1 + count)]


def series_of(order_id: str) -> tuple[str, int]:
    """Return series and number of an order number; ("", 0) for a text that is none.

    >>> series_of("K7Q2P-00012"), series_of("20261115-001")
    (('K7Q2P', 12), ('', 0))
    """
    match = _ORDER_ID.match(order_id)
    return (match.group(1), int(match.group(2))) if match else ("", 0)


def _read(register: pd.DataFrame) -> list[tuple[re.Match[str], object]]:
    pairs = zip(register["order_id"].tolist(), register["place"].tolist(), strict=True)
    found = [(_ORDER_ID.match(str(order_id).strip()), where) for order_id, where in pairs]
    return [(match, where) for match, where in found if match]
