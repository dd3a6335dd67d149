"""One table of situations for every worksheet function, the same for every host: what the cells hold, and what comes back.

Arguments are plain values: a range is a tuple of rows, `LEFT_OUT` an argument that was left out, `error("#N/A")` an error value in a cell, None
an empty cell. A host turns them into its own form and its answer back into this one. Expected numbers are literal where a book gives them or
a line of arithmetic does; figures of a plan are looked up in the plan that Python makes of the same workbook (`planner_book`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from scipy import stats

from invopt_xl.adapters.function_registry import ERROR_MARK, ERROR_NUMBERS, FUNCTIONS, MISSING
from tests.hosts.planner_book import BOOK, figure, plan

LEFT_OUT = MISSING


def error(name: str) -> str:
    """Return an error value as a cell holds it, in a host-independent form."""
    assert name in ERROR_NUMBERS
    return ERROR_MARK + name


NA, VALUE, NUM = error("#N/A"), error("#VALUE!"), error("#NUM!")


@dataclass(frozen=True)
class Situation:
    """One call. `expected` is a value, a tuple of rows, or a function that gives it once the plan is there."""

    function: str
    arguments: tuple[Any, ...]
    expected: Any
    book: str = BOOK

    @property
    def wanted(self) -> Any:
        return self.expected() if callable(self.expected) else self.expected

    @property
    def label(self) -> str:
        told = ", ".join(_short(each) for each in self.arguments)
        return f"{self.function}({told})"[:120]


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{len(value)}x{len(value[0])}]"
    return {LEFT_OUT: "", None: "empty"}.get(value, repr(value))


def column(*cells: Any) -> tuple[tuple[Any, ...], ...]:
    """Return cells below each other."""
    return tuple((cell,) for cell in cells)


def row(*cells: Any) -> tuple[tuple[Any, ...], ...]:
    """Return cells beside each other."""
    return (cells,)


def _f(sku: str, location: str, field: str = "order_quantity") -> Callable[[], Any]:
    return lambda: figure(sku, location, field)


def _serial(sku: str, location: str, field: str) -> Callable[[], float]:
    return lambda: float((figure(sku, location, field) - datetime(1899, 12, 30)).days)


def _table(name: str, keep: Callable[[Any], Any] | None = None, fields: tuple[str, ...] = ()) -> Callable[[], Any]:
    """Return a table of the plan as cells, worked out cell by cell."""

    def cells() -> Any:
        frame = getattr(plan(), name)
        frame = frame if keep is None else frame[keep(frame)]
        frame = frame[list(fields)] if fields else frame
        return (
            tuple(frame.columns),
            *(tuple(_shown(value) for value in line) for line in frame.itertuples(index=False)),
        )

    return cells


def _shown(value: Any) -> Any:
    if value is None or value != value:
        return ""
    return float((value - datetime(1899, 12, 30)).days) if isinstance(value, datetime) else value


def _ahead(sku: str, location: str, periods: int, field: str = "mean") -> tuple[float, ...]:
    frame = plan().forecast
    rows = frame[(frame["sku"] == sku) & (frame["location"] == location)]
    return tuple(rows[field].iloc[:periods].tolist())


def _between(sku: str, location: str, chance: float, low: tuple[str, float], high: tuple[str, float]) -> float:
    """Return a quantile between two that the plan has, straight in the normal score."""
    below, above = (_ahead(sku, location, 1, name)[0] for name, _ in (low, high))
    z, z_low, z_high = (stats.norm.ppf(each) for each in (chance, low[1], high[1]))
    return float(below + (above - below) * (z - z_low) / (z_high - z_low))


#: A year of demand whose mean is 110 and whose standard deviation (sample) is 12.
STEADY = (98.0, 122.0) * 6
_SD = 12.0 * math.sqrt(12 / 11)
#: What a planner keeps for an intermittent item; average interval 3.33, squared coefficient of variation 0.1229 (notes: reference cases).
PAUSES = (0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 5.0, 0.0, 2.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 6.0, 0.0, 3.0, 0.0)
#: Two past periods with mean 250 and standard deviation 150 (Chopra & Meindl); with mean 2500 and 500.
CHOPRA = (250 - 150 / math.sqrt(2), 250 + 150 / math.sqrt(2))
SPREAD = (2500 - 500 / math.sqrt(2), 2500 + 500 / math.sqrt(2))
#: Past lead times with mean 7 and standard deviation 1.
SEVEN = (7 - 1 / math.sqrt(2), 7 + 1 / math.sqrt(2))
Z90, Z95, Z98 = 1.2815515655446004, 1.6448536269514722, 2.053748910631823
_TWO_SKUS = column("A-1", "007")


def _reorder() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield (), _table("recommendations")
    yield (LEFT_OUT, "YORK"), _table("recommendations", lambda frame: frame["location"] == "YORK")
    yield (LEFT_OUT, "york"), _table("recommendations", lambda frame: frame["location"] == "YORK")
    yield (LEFT_OUT, LEFT_OUT, "reorder_point"), _table("recommendations", None, ("sku", "location", "reorder_point"))
    yield (
        (LEFT_OUT, row("YORK", None), row("why", "model")),
        _table("recommendations", lambda frame: frame["location"] == "YORK", ("sku", "location", "why", "model")),
    )
    yield (LEFT_OUT, "Atlantis"), NA
    yield (LEFT_OUT, LEFT_OUT, "colour"), VALUE
    yield ("A-1",), _f("A-1", "LEEDS")
    yield (" a-1 ",), _f("A-1", "LEEDS")
    yield (7.0,), _f("007", "LEEDS")
    yield (1001.0,), _f("1001", "LEEDS")
    yield ("1001",), _f("1001", "LEEDS")
    yield (Decimal("1001"),), _f("1001", "LEEDS")
    yield ("Tee Ø 5",), _f("Tee Ø 5", "LEEDS")
    yield ("B",), VALUE
    yield ("B", "YORK"), _f("B", "YORK")
    yield ("B", "York"), _f("B", "YORK")
    yield ("B", "Atlantis"), NA
    yield ("A-1", "YORK"), NA
    yield ("none such",), NA
    yield (None,), ""
    yield ("",), ""
    yield (True,), NA
    yield (datetime(2024, 1, 1),), NA
    yield ("A-1", LEFT_OUT, "Reorder Point"), _f("A-1", "LEEDS", "reorder_point")
    yield ("A-1", None, None), _f("A-1", "LEEDS")
    yield ("A-1", LEFT_OUT, "order_by"), _serial("A-1", "LEEDS", "order_by")
    yield ("No stock", LEFT_OUT, "inventory_position"), NA
    yield ("No stock", LEFT_OUT, "order_by"), NA
    yield ("No stock", LEFT_OUT, "decision"), ""
    yield ("A-1", LEFT_OUT, "colour"), VALUE
    yield ("A-1", LEFT_OUT, 5.0), VALUE
    yield (
        (column("A-1", None, "none such", 7.0),),
        lambda: column(figure("A-1", "LEEDS", "order_quantity"), "", NA, figure("007", "LEEDS", "order_quantity")),
    )
    yield (
        (row("A-1", "007"),),
        lambda: row(figure("A-1", "LEEDS", "order_quantity"), figure("007", "LEEDS", "order_quantity")),
    )
    yield (
        ((("A-1", "007"), ("1001", None)),),
        lambda: (
            (figure("A-1", "LEEDS", "order_quantity"), figure("007", "LEEDS", "order_quantity")),
            (figure("1001", "LEEDS", "order_quantity"), ""),
        ),
    )
    yield (
        (column("B", "B"), column("LEEDS", "YORK")),
        lambda: column(figure("B", "LEEDS", "order_quantity"), figure("B", "YORK", "order_quantity")),
    )
    yield (
        (column("A-1", "007"), LEFT_OUT, row("safety_stock", "supplier")),
        lambda: tuple((figure(sku, "LEEDS", "safety_stock"), "Acme") for sku in ("A-1", "007")),
    )
    yield (column("A-1", "007"), column("LEEDS", "LEEDS", "LEEDS")), VALUE
    yield (
        (column("A-1", error("#SPILL!"), error("#GETTING_DATA")),),
        lambda: column(figure("A-1", "LEEDS", "order_quantity"), error("#SPILL!"), error("#GETTING_DATA")),
    )
    whole = (("sku",), ("A-1",), (None,), ("007",), *((None,),) * 65533)
    yield (
        (whole,),
        lambda: column(NA, figure("A-1", "LEEDS", "order_quantity"), "", figure("007", "LEEDS", "order_quantity")),
    )
    yield ("A-1", "LEEDS", "why", "more"), VALUE


def _forecast() -> Iterator[tuple[tuple[Any, ...], Any]]:
    one = lambda: _ahead("A-1", "LEEDS", 1)[0]  # noqa: E731
    yield ("A-1",), one
    yield ("a-1",), one
    yield ("A-1", "LEEDS"), one
    yield ("A-1", None, None, None), one
    yield ("A-1", LEFT_OUT, 3.0), lambda: (_ahead("A-1", "LEEDS", 3),)
    yield ("A-1", LEFT_OUT, "3"), lambda: (_ahead("A-1", "LEEDS", 3),)
    yield ("A-1", LEFT_OUT, True), one
    yield ("A-1", LEFT_OUT, Decimal("2")), lambda: (_ahead("A-1", "LEEDS", 2),)
    yield ("A-1", LEFT_OUT, 13.0), lambda: (_ahead("A-1", "LEEDS", 13),)
    yield ("A-1", LEFT_OUT, 14.0), NUM
    yield ("A-1", LEFT_OUT, 0.0), NUM
    yield ("A-1", LEFT_OUT, 1.5), NUM
    yield ("A-1", LEFT_OUT, -1.0), NUM
    yield ("A-1", LEFT_OUT, "many"), VALUE
    yield ("A-1", LEFT_OUT, row(1.0, 2.0)), VALUE
    yield ("A-1", LEFT_OUT, 2.0, 0.95), lambda: (_ahead("A-1", "LEEDS", 2, "q95"),)
    yield ("A-1", LEFT_OUT, 2.0, 95.0), lambda: (_ahead("A-1", "LEEDS", 2, "q95"),)
    yield ("A-1", LEFT_OUT, 2.0, "95%"), lambda: (_ahead("A-1", "LEEDS", 2, "q95"),)
    yield ("A-1", LEFT_OUT, 1.0, 0.05), lambda: _ahead("A-1", "LEEDS", 1, "q05")[0]
    yield ("A-1", LEFT_OUT, 1.0, 0.98), lambda: _ahead("A-1", "LEEDS", 1, "q98")[0]
    yield ("A-1", LEFT_OUT, 1.0, 0.925), lambda: _between("A-1", "LEEDS", 0.925, ("q90", 0.90), ("q95", 0.95))
    yield ("A-1", LEFT_OUT, 1.0, 0.99), NUM
    yield ("A-1", LEFT_OUT, 1.0, 0.0), NUM
    yield ("A-1", LEFT_OUT, 1.0, "often"), VALUE
    yield (_TWO_SKUS, LEFT_OUT, 2.0), lambda: (_ahead("A-1", "LEEDS", 2), _ahead("007", "LEEDS", 2))
    yield (column("A-1", None, "zz"), LEFT_OUT, 2.0), lambda: (_ahead("A-1", "LEEDS", 2), ("", ""), (NA, NA))
    yield (row("A-1", "007"),), lambda: (_ahead("A-1", "LEEDS", 1) + _ahead("007", "LEEDS", 1),)
    yield (row("A-1", "007"), LEFT_OUT, 2.0), VALUE
    yield (column("B", "B"), column("LEEDS", "YORK")), lambda: (_ahead("B", "LEEDS", 1), _ahead("B", "YORK", 1))
    yield ("B",), VALUE
    yield ("none such",), NA
    yield (None,), ""
    yield (error("#CALC!"),), error("#CALC!")


def _explain() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield from _by_text("why")


def _by_text(field: str) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give situations of a function that answers with a text column of the recommendations."""
    yield ("A-1",), _f("A-1", "LEEDS", field)
    yield ("a-1",), _f("A-1", "LEEDS", field)
    yield (" A-1",), _f("A-1", "LEEDS", field)
    yield ("A-1", "LEEDS"), _f("A-1", "LEEDS", field)
    yield ("A-1", None), _f("A-1", "LEEDS", field)
    yield (7.0,), _f("007", "LEEDS", field)
    yield ("7",), _f("007", "LEEDS", field)
    yield ("0007",), _f("007", "LEEDS", field)
    yield (1001.0,), _f("1001", "LEEDS", field)
    yield ("tee ø 5",), _f("Tee Ø 5", "LEEDS", field)
    yield ("No stock",), _f("No stock", "YORK", field)
    yield ("Slow",), _f("Slow", "YORK", field)
    yield ("B",), VALUE
    yield ("B", "LEEDS"), _f("B", "LEEDS", field)
    yield ("B", "leeds"), _f("B", "LEEDS", field)
    yield ("B", 5.0), NA
    yield ("none such",), NA
    yield (False,), NA
    yield (None,), ""
    yield (column("A-1", None), "LEEDS"), lambda: column(figure("A-1", "LEEDS", field), "")
    yield (row("A-1", "zz", "Slow"),), lambda: row(figure("A-1", "LEEDS", field), NA, figure("Slow", "YORK", field))
    yield ("B", row("LEEDS", "YORK")), lambda: row(figure("B", "LEEDS", field), figure("B", "YORK", field))
    yield (
        (column("A-1", "007"), row("LEEDS", "YORK")),
        lambda: tuple((figure(sku, "LEEDS", field), NA) for sku in ("A-1", "007")),
    )
    yield (column("A-1", "B", "B"), column("LEEDS", "LEEDS")), VALUE
    yield (error("#REF!"),), error("#REF!")
    yield ("A-1", error("#NAME?")), error("#NAME?")
    yield (column(error("#DIV/0!"), "A-1"),), lambda: column(error("#DIV/0!"), figure("A-1", "LEEDS", field))


def _exceptions() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield (), _table("exceptions")
    yield (LEFT_OUT, LEFT_OUT), _table("exceptions")
    yield (LEFT_OUT, "YORK"), _table("exceptions", lambda frame: frame["location"] == "YORK")
    yield (LEFT_OUT, column("YORK", "LEEDS")), _table("exceptions")
    yield (LEFT_OUT, None), _table("exceptions")
    yield (LEFT_OUT, "Atlantis"), NA
    yield (LEFT_OUT, error("#N/A")), NA
    yield from _by_text("exceptions")


def _stock(with_mean: bool) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give situations of safety stock, or of the reorder point, which is that and expected demand."""

    def units(safety: float, mean: float, periods: float) -> float:
        return safety + (mean * periods if with_mean else 0.0)

    sd4 = _SD * 2  # lead time 3 and one period of review
    yield (row(*STEADY), 3.0), units(Z95 * sd4, 110, 4)
    yield (column(*STEADY), 3.0), units(Z95 * sd4, 110, 4)
    yield (row(*STEADY), "3"), units(Z95 * sd4, 110, 4)
    yield (row(*STEADY), 3.0, 0.95), units(Z95 * sd4, 110, 4)
    yield (row(*STEADY), 3.0, 95.0), units(Z95 * sd4, 110, 4)
    yield (row(*STEADY), 3.0, "95 %"), units(Z95 * sd4, 110, 4)
    yield (row(*STEADY), 3.0, "98,0%"), units(Z98 * sd4, 110, 4)
    yield (row(*STEADY), 3.0, None, None, None), units(Z95 * sd4, 110, 4)
    yield (row(*STEADY), 4.0, LEFT_OUT, 0.0), units(Z95 * sd4, 110, 4)
    yield (row(*STEADY), 3.0, 0.5), units(0.0, 110, 4)
    # Chopra & Meindl (2016), ch. 12: service 0.6813 for a reorder point of 600; lead-time spread
    yield (row(*CHOPRA), 2.0, 0.681324078, 0.0), units(100.0, 250, 2)
    yield (row(*SPREAD), 7.0, 0.9, 0.0), units(Z90 * 500 * math.sqrt(7), 2500, 7)
    yield (row(*SPREAD), row(*SEVEN), 0.9, 0.0), units(Z90 * math.sqrt(7 * 500**2 + 2500**2), 2500, 7)
    yield (row(*SPREAD), column(*SEVEN), 90.0, 0.0), units(Z90 * math.sqrt(7 * 500**2 + 2500**2), 2500, 7)
    # fill rate 0.956139 for a safety stock of 100 with 1000 units a cycle (same source): review of 4 periods, lead time 0, would be other
    yield (25.0, 3.0), units(Z95 * 10.0, 25, 4)
    yield (Decimal("25"), 3.0), units(Z95 * 10.0, 25, 4)
    yield (0.0, 3.0), 0.0
    # an empty cell before the first entry was before the item's time, a later one a period without demand, one at the end is still to come
    yield (row(None, None, 98.0, 122.0, None, None), 3.0), units(Z95 * 2 * math.sqrt(288), 110, 4)
    yield (row(6.0, None, 0.0, 2.0), 3.0), units(Z95 * 2 * math.sqrt(8), 2, 4)
    yield (row("98", "122"), 3.0), units(Z95 * 2 * math.sqrt(288), 110, 4)
    yield (
        ((CHOPRA, (5.0, 5.0), (None, None)), 2.0, 0.681324078, 0.0),
        column(units(100.0, 250, 2), units(0.0, 5, 2), ""),
    )
    yield ((CHOPRA, (5.0, 5.0)), column(2.0, 8.0), 0.681324078, 0.0), column(units(100.0, 250, 2), units(0.0, 5, 8))
    yield (row(*STEADY), 3.0, row(0.5, 0.95)), row(units(0.0, 110, 4), units(Z95 * sd4, 110, 4))
    yield (
        (row(*STEADY), 3.0, column(0.5, "x", 2.0, 0.0)),
        column(units(0.0, 110, 4), VALUE, units(-Z98 * sd4, 110, 4), NUM),
    )
    yield (row(*STEADY), 3.0, 100.0), NUM
    yield (row(*STEADY), 3.0, 0.0), NUM
    yield (row(*STEADY), -1.0), NUM
    yield (row(*STEADY), row(-1.0, 7.0)), NUM
    yield (row(*STEADY), 3.0, 0.9, -1.0), NUM
    yield (row(*STEADY), 3.0, 0.9, 0.0, "fill"), NUM
    yield (row(5.0, None), 3.0), NUM
    yield (row(None, None), 3.0), ""
    yield (None, 3.0), ""
    yield (row(*STEADY), None), ""
    yield (row(*STEADY),), VALUE
    yield ("many", 3.0), VALUE
    yield (row(98.0, "sold out", 122.0), 3.0), VALUE
    yield (row(*STEADY), 3.0, 0.9, 1.0, "both"), VALUE
    yield (row(98.0, error("#SPILL!"), error("#N/A")), 3.0), error("#SPILL!")
    yield ((CHOPRA, (5.0, error("#CALC!"))), 2.0, 0.681324078, 0.0), column(units(100.0, 250, 2), error("#CALC!"))
    yield (row(*STEADY), error("#DIV/0!")), error("#DIV/0!")
    yield (row(*STEADY), 3.0, error("#NULL!")), error("#NULL!")
    # a whole column: heading, entries, and many cells below them, or cut at the last used row
    yield (column("sold", *STEADY), 3.0), units(Z95 * sd4, 110, 4)
    yield (column("12 pcs", *STEADY), 3.0), VALUE
    yield (column("sold", error("#N/A"), *STEADY), 3.0), NA
    yield ((("sold",), *column(*STEADY), *((None,),) * 65536), 3.0), units(Z95 * sd4, 110, 4)


def _safety_stock() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield from _stock(with_mean=False)


def _reorder_point() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield from _stock(with_mean=True)


def _eoq() -> Iterator[tuple[tuple[Any, ...], Any]]:
    snyder = 304.0467800264368  # Snyder & Shen (2019), ex. 3.1
    breaks = ((200.0, 475.0), (500.0, 450.0))
    yield (1300.0, 8.0, 1.0, 0.225), snyder
    yield ("1,300", "8", "1", "22.5%"), snyder
    yield ("1.300,0", 8.0, True, "0,225"), snyder
    yield (Decimal("1300"), Decimal("8"), 1.0, Decimal("0.225")), snyder
    yield (1300.0, 8.0, 1.0, 0.225, None), snyder
    yield (1300.0, 8.0, 1.0, 0.225, LEFT_OUT), snyder
    yield (0.0, 8.0, 1.0, 0.225), 0.0
    yield (1300.0, 0.0, 1.0, 0.225), 0.0
    # all-units discount: reference cases
    yield (1000.0, 200.0, 500.0, 0.2, breaks), 500.0
    yield (1000.0, 200.0, 999.0, 0.2, ((0.0, 500.0), *breaks)), 500.0
    yield (1000.0, 200.0, 500.0, 0.2, (breaks[1], (None, None), breaks[0])), 500.0
    yield (0.0, 200.0, 500.0, 0.2, breaks), 0.0
    yield (column(1300.0, None, 5200.0), 8.0, 1.0, 0.225), column(snyder, "", 2 * snyder)
    yield (1300.0, row(8.0, 32.0), 1.0, 0.225), row(snyder, 2 * snyder)
    yield (column(1300.0, 5200.0), row(8.0, 32.0), 1.0, 0.225), ((snyder, 2 * snyder), (2 * snyder, 4 * snyder))
    yield (column(1000.0, 10.0), 200.0, 500.0, 0.2, breaks), column(500.0, math.sqrt(2 * 10 * 200 / 100))
    yield (column(1300.0, "x", error("#CALC!"), -1.0), 8.0, 1.0, 0.225), column(snyder, VALUE, error("#CALC!"), NUM)
    yield (None, 8.0, 1.0, 0.225), ""
    yield (1300.0, 8.0, 0.0, 0.225), NUM
    yield (1300.0, 8.0, 1.0, 0.0), NUM
    yield (1300.0, -8.0, 1.0, 0.225), NUM
    yield (1000.0, 200.0, 500.0, 0.2, ((200.0, 505.0),)), NUM
    yield (1000.0, 200.0, 500.0, 0.2, ((200.0, 475.0), (200.0, 450.0))), NUM
    yield (1000.0, 200.0, 500.0, 0.2, ((200.0, None),)), VALUE
    yield (1000.0, 200.0, 500.0, 0.2, column(200.0, 475.0)), VALUE
    yield (1000.0, 200.0, 500.0, 0.2, (("from", "cost"),)), VALUE
    yield (1000.0, 200.0, 500.0, 0.2, (("from", "cost"), *breaks)), 500.0
    yield (1000.0, 200.0, 500.0, 0.2, ((200.0, error("#N/A")),)), VALUE
    yield ("many", 8.0, 1.0, 0.225), VALUE
    yield (1300.0, 8.0, 1.0), VALUE
    yield (column(1300.0, 1.0), column(8.0, 8.0, 8.0), 1.0, 0.225), VALUE
    yield (error("#BLOCKED!"), 8.0, 1.0, 0.225), error("#BLOCKED!")


def _newsvendor() -> Iterator[tuple[tuple[Any, ...], Any]]:
    # Snyder & Shen (2019), sec. 4.3: normal with mean 50 and standard deviation 8, Poisson with mean 50
    normal = 56.60395592743389
    fifty = (50 - 8 / math.sqrt(2), 50 + 8 / math.sqrt(2))
    yield (50.0, 1.0, 0.3, 0.12), 56.0
    yield ("50", "1", "0.30", "0,12"), 56.0
    yield (Decimal("50"), 1.0, 0.3, Decimal("0.12")), 56.0
    yield (row(*fifty), 1.0, 0.3, 0.12), normal
    yield (column(*fifty), 1.0, 0.3, 0.12), normal
    yield (row(*fifty, None), 1.0, 0.3, 0.12), normal
    yield (row(None, *fifty), 1.0, 0.3, 0.12), normal
    yield ((fifty, (None, None), (20.0, 20.0)), 1.0, 0.3, 0.12), column(normal, "", 20.0)
    yield (row(*fifty), 1.0, 0.5), 50.0
    yield (row(*fifty), 1.0, 0.5, None), 50.0
    yield (row(*fifty), 1.0, row(0.5, 0.3), row(0.0, 0.12)), row(50.0, normal)
    yield (0.0, 1.0, 0.3), 0.0
    yield (None, 1.0, 0.3), ""
    yield (50.0, None, 0.3), ""
    yield (50.0, 0.3, 0.3), NUM
    yield (50.0, 0.2, 0.3), NUM
    yield (50.0, 1.0, 0.3, 0.3), NUM
    yield (-1.0, 1.0, 0.3), NUM
    yield (50.0, 1.0), VALUE
    yield ("many", 1.0, 0.3), VALUE
    yield (50.0, "one", 0.3), VALUE
    yield (50.0, 1.0, column(0.3, "x", 2.0), 0.12), column(56.0, VALUE, NUM)
    yield (row(50.0, error("#SPILL!")), 1.0, 0.3), error("#SPILL!")
    yield (50.0, 1.0, 0.3, error("#N/A")), NA
    yield (error("#VALUE!"), error("#N/A"), 0.3), VALUE


def _fill_rate() -> Iterator[tuple[tuple[Any, ...], Any]]:
    certain = (10.0, 10.0)
    sd4 = _SD * 2
    # at the mean the shortage of a normal is sd / sqrt(2 pi)
    at_mean = 1 - sd4 / math.sqrt(2 * math.pi) / 110
    yield (row(*STEADY), 3.0, 440.0), at_mean
    yield (column(*STEADY), 3.0, "440"), at_mean
    yield (row(*STEADY), 3.0, 440.0, 1.0), at_mean
    yield (row(*STEADY), 3.0, 440.0, None), at_mean
    yield (row(*STEADY), 2.0, 440.0, 2.0), 1 - sd4 / math.sqrt(2 * math.pi) / 220
    yield (row(*certain), 1.0, 20.0), 1.0
    yield (row(*certain), 1.0, 15.0), 0.5
    yield (row(*certain), 1.0, 0.0), 0.0
    yield (row(*certain), 1.0, -5.0), 0.0
    yield (row(*certain), row(1.0, 1.0), 15.0), 0.5
    yield (25.0, 3.0, 100.0), 1 - 10 / math.sqrt(2 * math.pi) / 25
    yield (row(*certain), 1.0, row(20.0, 15.0, None)), row(1.0, 0.5, "")
    yield (row(*certain), 1.0, column(20.0, "x", error("#N/A"))), column(1.0, VALUE, NA)
    yield ((certain, (5.0, 5.0)), 1.0, 10.0), column(0.0, 1.0)
    yield ((certain, (5.0, 5.0)), 1.0, column(15.0, 7.5)), column(0.5, 0.5)
    yield ((certain, (5.0, 5.0)), 1.0, row(10.0, 20.0)), ((0.0, 1.0), (1.0, 1.0))
    yield (row(*certain), 1.0, 15.0, 0.0), NUM
    yield (row(*certain), -1.0, 15.0), NUM
    yield (row(0.0, 0.0), 1.0, 15.0), NUM
    yield (row(10.0, None), 1.0, 15.0), NUM
    yield (row(None, None), 1.0, 15.0), ""
    yield (row(*certain), 1.0), VALUE
    yield (row(*certain), 1.0, "full"), VALUE
    yield (row("x", 5.0), 1.0, 15.0), VALUE
    yield (row(*certain), 1.0, 15.0, error("#GETTING_DATA")), error("#GETTING_DATA")


def _abc() -> Iterator[tuple[tuple[Any, ...], Any]]:
    four = column(70.0, 20.0, 10.0, 0.0)
    classes = column("A", "A", "B", "C")
    yield (four,), classes
    yield (row(70.0, 20.0, 10.0, 0.0),), row("A", "A", "B", "C")
    yield (((70.0, 20.0), (10.0, 0.0)),), (("A", "A"), ("B", "C"))
    yield (column("70", "20,0", Decimal("10"), False),), classes
    yield (four, "80%;95%"), classes
    yield (four, "0.8 0.95"), classes
    yield (four, row(0.8, 0.95)), classes
    yield (four, column(80.0, 95.0)), classes
    yield (four, None), classes
    yield (four, "50%;80%"), column("A", "B", "C", "C")
    yield (four, row(0.5, 1.0)), column("A", "B", "B", "C")
    yield (column(70.0, None, 30.0, -5.0),), column("A", "", "A", "C")
    yield (column(1.0, 1.0),), column("A", "A")
    yield ((("value", "cost"), (70.0, 20.0), (10.0, 0.0)),), (("", ""), ("A", "A"), ("B", "C"))
    yield (column(0.0, 0.0),), column("C", "C")
    yield (5.0,), "A"
    yield (None,), ""
    yield (column(70.0, "x", error("#SPILL!"), 30.0),), column("A", VALUE, error("#SPILL!"), "A")
    yield (four, "95%;80%"), NUM
    yield (four, row(0.9, 0.9)), NUM
    yield (four, row(0.0, 0.9)), NUM
    yield (four, "some"), VALUE
    yield (four, 0.8), VALUE
    yield (four, row(0.8, "x")), VALUE
    yield (), VALUE
    yield (error("#REF!"),), error("#REF!")
    yield ((("value",), *four, *((None,),) * 65536),), column("", "A", "A", "B", "C")


def _series_class(steady: str, wild: str, nothing: str, *, few: str) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give situations of a function that puts series into classes."""
    rising = (8.0, 10.0, 12.0, 9.0, 11.0, 10.0)
    lumpy = (0.0, 0.0, 90.0, 0.0, 0.0, 1.0)
    yield (row(*rising),), steady
    yield (column(*rising),), steady
    yield (row(*map(str, rising)),), steady
    yield (row(*map(Decimal, (8, 10, 12, 9, 11, 10))),), steady
    yield (row(None, None, *rising),), steady
    yield (row(*rising, None, None),), steady
    yield (row(*lumpy),), wild
    yield (row(None, None, 90.0, None, None, 1.0, 0.0, None, 1.0),), wild
    yield ((rising, lumpy),), column(steady, wild)
    yield ((rising, (None,) * 6, lumpy),), column(steady, "", wild)
    yield ((rising, (0.0,) * 6),), column(steady, nothing)
    yield (row(0.0, 0.0, 0.0),), nothing
    yield (row(0.0, -3.0, 0.0),), nothing
    yield (5.0,), few
    yield ("5",), few
    yield (row(5.0, 5.0),), few
    yield (row(True, True, True),), steady
    yield (None,), ""
    yield (row(None, None),), ""
    yield (), VALUE
    yield ("much",), VALUE
    yield (row(1.0, "x", 2.0),), VALUE
    yield ((rising, (1.0, "x", 2.0, 3.0, 4.0, error("#N/A"))),), column(steady, VALUE)
    yield (row(1.0, error("#CALC!"), 2.0),), error("#CALC!")
    yield (error("#NUM!"),), NUM
    yield (row(1.0), 2.0), VALUE
    yield ((("sold",), *column(*rising), *((None,),) * 65536),), steady
    yield (column("sold", *rising),), steady
    yield ((("Jan", "Feb", "Mar", "Apr", "May", "Jun"), rising, lumpy),), column("", steady, wild)
    whole_rows = tuple((*each, *(None,) * 16384) for each in (rising, lumpy))
    yield (whole_rows,), column(steady, wild)


def _xyz() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield from _series_class("X", "Z", "Z", few="Z")
    # coefficient of variation 0.5 exactly is X still
    yield (row(5.0, 15.0, 5.0, 15.0),), "X"
    yield (row(4.0, 16.0, 4.0, 16.0),), "Y"


def _demand_class() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield from _series_class("smooth", "lumpy", "none", few="smooth")
    yield (row(*PAUSES),), "intermittent"
    yield (row(1.0, 90.0, 2.0, 80.0, 1.0, 3.0),), "erratic"


def _lead_time() -> Iterator[tuple[tuple[Any, ...], Any]]:
    # eight receipts of Acme: 12 14 15 13 18 14 16 12 days
    mean, sd = 14.25, math.sqrt(4.214285714285714)
    nine_of_ten = float(stats.gamma.ppf(0.9, (mean / sd) ** 2, scale=sd**2 / mean))
    yield ("Acme",), mean
    yield (" Acme ",), mean
    yield ("Acme", None), mean
    yield ("Acme", LEFT_OUT), mean
    yield ("Slowboat",), 35.0
    yield ("Slowboat", 0.9), 35.0
    yield ("Acme", 0.9), nine_of_ten
    yield ("Acme", 90.0), nine_of_ten
    yield ("Acme", "90%"), nine_of_ten
    yield ("A-1",), _f("A-1", "LEEDS", "lead_time_days")
    yield ("a-1",), _f("A-1", "LEEDS", "lead_time_days")
    yield (7.0,), _f("007", "LEEDS", "lead_time_days")
    yield (1001.0,), _f("1001", "LEEDS", "lead_time_days")
    yield ("B",), 35.0
    yield ("B", 0.5), 35.0
    yield (column("Acme", None, "zz", "B"),), column(mean, "", NA, 35.0)
    yield (row("Acme", "Slowboat"),), row(mean, 35.0)
    yield ((("Acme", "B"), ("zz", None)),), ((mean, 35.0), (NA, ""))
    yield (column("Acme", error("#SPILL!")),), column(mean, error("#SPILL!"))
    yield ("none such",), NA
    yield (None,), ""
    yield (True,), NA
    yield ("Acme", 1.0), NUM
    yield ("Acme", 0.0), NUM
    yield ("Acme", 150.0), NUM
    yield ("Acme", "soon"), VALUE
    yield ("Acme", row(0.5, 0.9)), VALUE
    yield (), VALUE
    yield ("Acme", error("#FIELD!")), error("#FIELD!")
    yield ("Acme", 0.9, 1.0), VALUE


def _what_if() -> Iterator[tuple[tuple[Any, ...], Any]]:
    sku, place = "A-1", "LEEDS"
    same = _f(sku, place)
    point = _f(sku, place, "reorder_point")
    yield (sku, place, "on_hand", 0.0), same
    yield (sku, None, "on_hand", 0.0), same
    yield (sku, LEFT_OUT, "On Hand", "0"), same
    yield (sku, place, "service_level", 0.95), same
    yield (sku, place, "service_level", "95%", "reorder_point"), point
    yield (sku, place, "service_level", 95.0, "Reorder Point"), point
    yield (sku, place, "demand_factor", 1.0, "reorder_point"), point
    yield (sku, place, "review_period_days", 7.0, "reorder_point"), point
    yield (sku, place, "moq", 5.0, None), same
    # on hand 0, on order 4, order up to 103.2 in packs of 5
    yield (sku, place, "on_hand", row(0.0, 50.0, 200.0)), row(100.0, 50.0, 0.0)
    yield (sku, place, "on_hand", column(0.0, None, "x", error("#CALC!"))), column(100.0, "", VALUE, error("#CALC!"))
    yield (sku, place, "pack_size", Decimal("40")), 120.0
    yield (sku, place, "moq", 1000.0), 1000.0
    yield (sku, place, "max_stock", 54.0), 50.0
    yield (sku, place, "unit_cost", 3.0, "order_value"), 300.0
    yield (sku, place, "lead_time_days", 28.0, "lead_time_days"), 28.0
    yield (sku, place, "lead_time_days", 28.0, "protection_periods"), 5.0
    yield (sku, place, "demand_factor", 0.0), 0.0
    yield (sku, place, "on_hand", 0.0, "why"), VALUE
    yield (sku, place, "colour", 0.0), VALUE
    yield (sku, place, 5.0, 0.0), VALUE
    yield (sku, place, "on_hand", "many"), VALUE
    yield (sku, place, "on_hand"), VALUE
    yield (sku, place, "on_hand", None), ""
    yield (sku, place, "service_level", 100.0), NUM
    yield (sku, place, "lead_time_days", -1.0), NUM
    yield (sku, place, "moq", -1.0), NUM
    yield ("B", None, "on_hand", 0.0), VALUE
    yield ("none such", None, "on_hand", 0.0), NA
    yield (None, None, "on_hand", 0.0), ""
    yield (_TWO_SKUS, None, "on_hand", 0.0), VALUE
    yield ("No stock", None, "service_level", 0.95, "inventory_position"), NA
    yield ("No stock", None, "service_level", 0.95, "safety_stock"), _f("No stock", "YORK", "safety_stock")
    yield (error("#N/A"), None, "on_hand", 0.0), NA
    yield (sku, place, "on_hand", error("#SPILL!")), error("#SPILL!")


_TABLES: dict[str, Callable[[], Iterator[tuple[tuple[Any, ...], Any]]]] = {
    "INV_REORDER": _reorder,
    "INV_FORECAST": _forecast,
    "INV_EXPLAIN": _explain,
    "INV_EXCEPTIONS": _exceptions,
    "INV_SAFETYSTOCK": _safety_stock,
    "INV_REORDERPOINT": _reorder_point,
    "INV_EOQ": _eoq,
    "INV_NEWSVENDOR": _newsvendor,
    "INV_FILLRATE": _fill_rate,
    "INV_ABC": _abc,
    "INV_XYZ": _xyz,
    "INV_DEMANDCLASS": _demand_class,
    "INV_LEADTIME": _lead_time,
    "INV_WHATIF": _what_if,
}

#: The functions that answer from a plan, and arguments that they answer to.
_OF_A_PLAN: dict[str, tuple[Any, ...]] = {
    "INV_REORDER": (),
    "INV_FORECAST": ("A-1",),
    "INV_EXPLAIN": ("A-1",),
    "INV_EXCEPTIONS": (),
    "INV_LEADTIME": ("Acme",),
    "INV_WHATIF": ("A-1", None, "on_hand", 0.0),
}


def _all() -> Iterator[Situation]:
    for name, table in _TABLES.items():
        for arguments, expected in table():
            yield Situation(name, arguments, expected)
    for name, arguments in _OF_A_PLAN.items():
        for book in ("", "Book1", "https://firm.sharepoint.com/Planner.xlsx"):
            yield Situation(name, arguments, NA, book)
    # INV_STATUS takes nothing; whatever else it is given is one argument too many
    for each in (None, "", "A-1", 5.0, -1.0, True, Decimal("1"), datetime(2024, 1, 1), NA, VALUE, NUM):
        yield Situation("INV_STATUS", (each,), VALUE)
    for many in (row(1.0, 2.0), column("a", "b"), ((None, 1.0), ("x", True)), row(error("#SPILL!"))):
        yield Situation("INV_STATUS", (many,), VALUE)
    for name in ("#NULL!", "#DIV/0!", "#REF!", "#NAME?", "#CALC!", "#GETTING_DATA"):
        yield Situation("INV_STATUS", (error(name),), VALUE)
    yield Situation("INV_STATUS", ("A-1", "LEEDS"), VALUE)


SITUATIONS: tuple[Situation, ...] = tuple(_all())

assert {each.function for each in SITUATIONS} == {each.name for each in FUNCTIONS}


def differences(answer: Any, wanted: Any) -> list[str]:
    """Return where an answer is not what was wanted; numbers may differ in the last digits, as a plan made twice may."""
    if isinstance(wanted, tuple) != isinstance(answer, tuple):
        return [f"{answer!r} instead of {wanted!r}"]
    if not isinstance(wanted, tuple):
        return [] if _same(answer, wanted) else [f"{answer!r} instead of {wanted!r}"]
    if [len(line) for line in answer] != [len(line) for line in wanted]:
        return [f"{len(answer)} x {len(answer[0])} instead of {len(wanted)} x {len(wanted[0])}"]
    return [
        f"row {i + 1}, column {j + 1}: {got!r} instead of {want!r}"
        for i, (line, should) in enumerate(zip(answer, wanted, strict=True))
        for j, (got, want) in enumerate(zip(line, should, strict=True))
        if not _same(got, want)
    ]


def _same(got: Any, want: Any) -> bool:
    if isinstance(want, (int, float)) and not isinstance(want, bool):
        # what a cell function adds to a plan's rounded figures is below six decimals
        return type(got) is float and math.isclose(got, want, rel_tol=1e-6, abs_tol=2e-6)
    return type(got) is type(want) and got == want
