"""Names of sheets and headers compared as planners mean them: case, spaces, underscores, punctuation and accents do not count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from invopt_xl.core.contracts import INPUT_TABLES, Table

_TABLES = {table.name: table for table in INPUT_TABLES}


def plain(name: object) -> str:
    """Return the letters and digits of a name, in lower case and without accents.

    >>> plain("  Item_No. "), plain("Référence"), plain("Lead time (days)")
    ('itemno', 'reference', 'leadtimedays')
    """
    text = unicodedata.normalize("NFKD", str(name)).casefold()
    return "".join(letter for letter in text if letter.isalnum())


@cache
def _field_ranks(table: str) -> dict[str, tuple[tuple[int, str], ...]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for field in _TABLES[table].fields:
        for rank, word in enumerate((field.name, *field.synonyms)):
            entries = found.setdefault(plain(word), [])
            if all(name != field.name for _, name in entries):
                entries.append((rank, field.name))
    return {word: tuple(entries) for word, entries in found.items()}


def match_headers(table: Table, headers: Mapping[int, object]) -> dict[str, int]:
    """Return the column of each field that the headers name; the name itself wins over synonyms, earlier synonyms over later ones.

    >>> from invopt_xl.core.contracts import INPUT_TABLES
    >>> match_headers(INPUT_TABLES[0], {0: "Item No.", 1: "Week", 2: "Qty"})
    {'sku': 0, 'date': 1, 'quantity': 2}
    """
    ranks = _field_ranks(table.name)
    offers = [
        (rank, column, field)
        for column, header in headers.items()
        for rank, field in ranks.get(plain(without_unit(header)), ranks.get(plain(header), ()))
    ]
    found: dict[str, int] = {}
    for _, column, field in sorted(offers):
        if field not in found and column not in found.values():
            found[field] = column
    order = [each.name for each in table.fields]
    return {field: found[field] for field in sorted(found, key=lambda name: (found[name], order.index(name)))}


@cache
def _known_words() -> frozenset[str]:
    return frozenset(word for name in _TABLES for word in _field_ranks(name))


def known_headers(cells: Sequence[object]) -> int:
    """Return how many cells are headers of some input table.

    >>> known_headers(["Item No.", 3.5, "milk", "Qty (pcs)"])
    2
    """
    words = _known_words()
    texts = [cell for cell in cells if isinstance(cell, str)]
    return sum(plain(without_unit(text)) in words or plain(text) in words for text in texts)


def without_unit(header: object) -> str:
    """Return a header without what stands in brackets at its end, its unit as a rule.

    >>> without_unit("Cost price [EUR]")
    'Cost price'
    """
    return re.sub(r"\s*[\[(][^\])]*[\])]\s*$", "", str(header)) or str(header)


@cache
def _sheet_words() -> dict[str, str]:
    words: dict[str, str] = {}
    for table in INPUT_TABLES:
        words.setdefault(plain(table.name), table.name)
    for table in INPUT_TABLES:
        for word in table.synonyms:
            words.setdefault(plain(word), table.name)
    return words


def table_of_name(name: str) -> str:
    """Return the table that a sheet or file name means, or "". Years and numbers beside the name do not count.

    >>> table_of_name("Sales 2024"), table_of_name("tblStock"), table_of_name("Notes")
    ('Sales', 'Stock', '')
    """
    words = _sheet_words()
    stem = re.sub(r"\.(csv|tsv|txt|parquet|pq)$", "", name, flags=re.IGNORECASE)
    bare = plain(stem)
    for candidate in (
        bare,
        bare.rstrip("0123456789"),
        bare.lstrip("0123456789"),
        re.sub(r"^(tbl|table|tab)|(tbl|table|list|data)$", "", bare.strip("0123456789")),
    ):
        if candidate in words:
            return words[candidate]
    # a longer name that begins with ours: "Sales EU", "Stock Berlin"
    first = plain(re.split(r"[\s_\-.]+", stem.strip())[0]) if stem.strip() else ""
    return first_table(first)


def first_table(word: str) -> str:
    """Return the table whose own name (not a synonym) a word is, or ""."""
    return next((name for name in _TABLES if plain(name) == word), "")
