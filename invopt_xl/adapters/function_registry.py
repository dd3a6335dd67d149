"""The worksheet functions, declared once: names, arguments, help, category, errors; and the texts that errors travel as.

From this list come the functions that hosts call (`functions.py`), the VBA wrappers, the function wizard's help, the Calc extension, the
reference page (`function_page.py`) and the tests. Nothing heavy is imported here: a host may read it at start.

How values travel between a host and Python (both ways, COM and pipe alike)
---------------------------------------------------------------------------
- Number: a float. Date: its serial number (days since 1899-12-30), which is what a cell holds. True or false: a bool. Text: a str.
- Range or array: a tuple (list in JSON) of rows, each a tuple of cells; a 1 x 1 range may be sent as its one cell.
- Empty cell, inwards: None or "". Outwards an empty result is "" (a VBA Empty would show as 0).
- Argument left out: the text `MISSING` (one character, U+0001), or nothing at the end of the list. An empty cell is not "left out":
  `=INV_REORDER(A2)` with an empty A2 is empty, `=INV_REORDER()` is the whole table.
- Error value: `ERROR_MARK` (U+0001) and the error's name, such as "\\x01#N/A"; alone or as a cell of an array, so the host maps cell by cell.
  The mark cannot be the text of a cell of a workbook file (XML does not allow the character), and passes a BSTR and JSON unchanged.
  `ERROR_NUMBERS` gives the number that VBA's CVErr takes. Inwards an error may also come as the int that COM makes of it.
- Nothing else comes out: no None, no NaN, no other object, no traceback.

How a host calls
----------------
- xlwings' COM server: `server.CallUDF(HOST_MODULE, name, Array(book, a, b, ...))`, without workbook and caller. `book` is the full name of the
  calling workbook as text, each argument a value (Range.Value2), a left-out one `MISSING`. The result is one value, a flat array for a
  single row, or a two-dimensional array.
- A worker process over a pipe: see `function_server.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Opens a text that stands for an error value; alone it stands for an argument that was left out.
ERROR_MARK = "\x01"
#: What a host sends for an optional argument that was left out.
MISSING = ERROR_MARK

#: Where xlwings' CallUDF finds the functions.
HOST_MODULE = "invopt_xl.adapters.functions"

#: The error values of a cell and the numbers that VBA's CVErr makes them from. COM delivers them as the int ERROR_BASE + number.
ERROR_NUMBERS: dict[str, int] = {
    "#NULL!": 2000,
    "#DIV/0!": 2007,
    "#VALUE!": 2015,
    "#REF!": 2023,
    "#NAME?": 2029,
    "#NUM!": 2036,
    "#N/A": 2042,
    "#GETTING_DATA": 2043,
    "#SPILL!": 2045,
    "#CONNECT!": 2046,
    "#BLOCKED!": 2047,
    "#UNKNOWN!": 2048,
    "#FIELD!": 2049,
    "#CALC!": 2050,
}
#: SCODE of error number 0: 0x800A0000 as a signed 32-bit number.
ERROR_BASE = -2146828288

CATEGORY_PLAN = "Inventory plan (InvOpt XL)"
CATEGORY_FORMULA = "Inventory formulas (InvOpt XL)"

#: What an argument takes. "keys": texts. "numbers": a number or a range of them. "history": one number, or past periods, one series per row
#: (a single row or column is one series). "share": a probability, 0.95, 95 or "95%". "choice": one of `allowed`. "any": what the field holds.
Kind = Literal["keys", "key", "number", "numbers", "history", "share", "choice", "any", "table"]


@dataclass(frozen=True)
class Argument:
    """One argument of a worksheet function.

    Parameters
    ----------
    name : str
        As the function wizard shows it.
    kind : str
        See `Kind`.
    help : str
        One sentence for the function wizard, with the unit; at most 250 characters.
    optional : bool
    default : str
        What is taken when it is left out, in words; "" for required arguments.
    allowed : tuple of str
        Of a "choice".
    """

    name: str
    kind: Kind
    help: str
    optional: bool = False
    default: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """One worksheet function.

    Parameters
    ----------
    name : str
    description : str
        For the function wizard; at most 250 characters.
    arguments : tuple of Argument
        Required ones first.
    returns : str
        What comes back, with unit and shape.
    category : str
    errors : tuple of (error, when)
    needs_plan : bool
        Whether it is answered from the plan of the calling workbook.
    spills : bool
        Whether the result may be larger than every argument.
    examples : tuple of (formula, meaning)
    """

    name: str
    description: str
    arguments: tuple[Argument, ...]
    returns: str
    category: str
    errors: tuple[tuple[str, str], ...]
    needs_plan: bool
    spills: bool = False
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def required(self) -> int:
        """Return how many arguments must be given."""
        return sum(not each.optional for each in self.arguments)

    @property
    def signature(self) -> str:
        """Return the function as it is typed, optional arguments in brackets."""
        named = (f"[{each.name}]" if each.optional else each.name for each in self.arguments)
        return f"{self.name}({', '.join(named)})"


_UNKNOWN = ("#N/A", "the sku is not in the plan, or there is no plan yet (INV_STATUS says why)")
_TYPE = ("#VALUE!", "an argument has the wrong type, or ranges do not fit together")
_RANGE = ("#NUM!", "a number is out of range")

_SKU = Argument("sku", "keys", "Item number, or a range of them; the result has the same shape.")
_ANY_SKU = Argument(
    "sku", "keys", "Item number, or a range of them; the result has the same shape.", True, "all items, as a table"
)
_LOCATION = Argument(
    "location",
    "keys",
    "Stocking place, or a range of them. Needed for items planned at several places.",
    True,
    "the item's only place",
)
_DEMAND = Argument(
    "demand",
    "history",
    "Past demand, one cell per period; several items: one per row. Or one number: expected demand per period, with the spread of a Poisson.",
)
_LEAD_TIME = Argument(
    "lead_time",
    "numbers",
    "Lead time [periods], or past lead times whose spread counts too. For several items: one row each.",
)
_SERVICE = Argument("service", "share", "Service target: 0.95, 95 or 95%.", True, "0.95")
_REVIEW = Argument(
    "review", "numbers", "Time between two order decisions [periods]; 0: continuous review.", True, "1 period"
)
_MEASURE = Argument(
    "measure",
    "choice",
    "cycle: chance of no stock-out per cycle. fill: share of units delivered from stock.",
    True,
    "cycle",
    ("cycle", "fill"),
)

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "INV_REORDER",
        "What to order now, from the plan of this workbook. Without arguments: the whole recommendation table.",
        (
            _ANY_SKU,
            _LOCATION,
            Argument(
                "field",
                "keys",
                "Column of the Recommendations table, such as reorder_point; or a range of column names.",
                True,
                "order_quantity",
            ),
        ),
        "Units to order, or the field asked for, in the shape of sku; without sku the table with headers. Dates are serial numbers.",
        CATEGORY_PLAN,
        (_UNKNOWN, ("#VALUE!", "unknown field, or the item is planned at several places and none is named")),
        needs_plan=True,
        spills=True,
        examples=(
            ("=INV_REORDER()", "the whole table, spilled"),
            ("=INV_REORDER(A2:A500)", "units to order now, beside the item numbers"),
            ('=INV_REORDER(A2,"LEEDS","reorder_point")', "the reorder point of one item at one place"),
        ),
    ),
    Function(
        "INV_FORECAST",
        "Expected demand in the next planning periods, or a quantile of it, from the plan of this workbook.",
        (
            _SKU,
            _LOCATION,
            Argument("periods", "number", "How many periods ahead, shown side by side.", True, "1"),
            Argument(
                "quantile",
                "share",
                "Chance that demand of the period stays below the result, from 0.05 to 0.98.",
                True,
                "expected demand",
            ),
        ),
        "Units per period: one row per item, one column per period. Quantiles of single periods must not be added up.",
        CATEGORY_PLAN,
        (_UNKNOWN, _TYPE, ("#NUM!", "more periods than were forecast, or a quantile outside 0.05 to 0.98")),
        needs_plan=True,
        spills=True,
        examples=(
            ("=INV_FORECAST(A2,,12)", "expected demand of the next 12 periods"),
            ("=INV_FORECAST(A2:A50,,4,90%)", "what demand stays below with 90% chance, 4 periods, 49 items"),
        ),
    ),
    Function(
        "INV_EXPLAIN",
        "Why the plan of this workbook orders this quantity, in one sentence.",
        (_SKU, _LOCATION),
        "Text in the shape of sku.",
        CATEGORY_PLAN,
        (_UNKNOWN, _TYPE),
        needs_plan=True,
        examples=(("=INV_EXPLAIN(A2)", "the reason behind the order quantity"),),
    ),
    Function(
        "INV_EXCEPTIONS",
        "What needs a look, from the plan of this workbook. Without arguments: the whole exception table.",
        (_ANY_SKU, _LOCATION),
        "Codes of the item's exceptions in the shape of sku, empty where all is well; without sku the table with headers.",
        CATEGORY_PLAN,
        (_UNKNOWN, _TYPE),
        needs_plan=True,
        spills=True,
        examples=(
            ("=INV_EXCEPTIONS()", "all exceptions, the most urgent first"),
            ("=INV_EXCEPTIONS(A2)", "the codes of one item"),
        ),
    ),
    Function(
        "INV_SAFETYSTOCK",
        "Safety stock for normal demand, from past demand and lead times; no plan needed.",
        (_DEMAND, _LEAD_TIME, _SERVICE, _REVIEW, _MEASURE),
        "Units; one per row of demand.",
        CATEGORY_FORMULA,
        (_TYPE, ("#NUM!", "a service outside 0 to 1, a negative time, too little demand, or fill with a review of 0")),
        needs_plan=False,
        examples=(
            ("=INV_SAFETYSTOCK(B2:M2,3,95%)", "12 past periods, lead time 3 periods, review every period"),
            ('=INV_SAFETYSTOCK(B2:M2,P2:P9,98%,1,"fill")', "past lead times, 98% of units from stock"),
        ),
    ),
    Function(
        "INV_REORDERPOINT",
        "Stock position at which to order, for normal demand, from past demand and lead times; no plan needed.",
        (_DEMAND, _LEAD_TIME, _SERVICE, _REVIEW, _MEASURE),
        "Units; one per row of demand: expected demand over lead time and review, plus safety stock.",
        CATEGORY_FORMULA,
        (_TYPE, ("#NUM!", "a service outside 0 to 1, a negative time, too little demand, or fill with a review of 0")),
        needs_plan=False,
        examples=(("=INV_REORDERPOINT(B2:M2,3,95%)", "order when the position is at or below this"),),
    ),
    Function(
        "INV_EOQ",
        "Order quantity with the lowest cost of buying, ordering and holding.",
        (
            Argument("annual_demand", "numbers", "Demand [units per year]."),
            Argument("order_cost", "numbers", "Cost of placing one order [money]."),
            Argument("unit_cost", "numbers", "Cost of one unit [money]."),
            Argument("holding_rate", "numbers", "Yearly cost of keeping stock as a share of its value: 0.2 or 20%."),
            Argument(
                "price_breaks",
                "table",
                "Two columns: from this quantity on, all units cost this much. unit_cost counts below the first.",
                True,
                "no breaks",
            ),
        ),
        "Units per order, in the shape of the arguments.",
        CATEGORY_FORMULA,
        (_TYPE, ("#NUM!", "a negative demand or cost, no cost of holding, or price breaks that do not fall")),
        needs_plan=False,
        examples=(
            ("=INV_EOQ(1300,8,1,22.5%)", "304.05"),
            ("=INV_EOQ(1000,200,500,20%,F2:G3)", "500, with breaks 200 at 475 and 500 at 450"),
        ),
    ),
    Function(
        "INV_NEWSVENDOR",
        "Best single order for one season, from demand, price and cost.",
        (
            Argument(
                "demand",
                "history",
                "Demand of past seasons, one series per row (normal demand); or one number: the mean of a Poisson.",
            ),
            Argument("price", "numbers", "Selling price of a unit [money]."),
            Argument("cost", "numbers", "Cost of a unit [money]."),
            Argument("salvage", "numbers", "What a left-over unit brings [money].", True, "0"),
        ),
        "Units; whole units for a Poisson mean. One per row of demand.",
        CATEGORY_FORMULA,
        (_TYPE, ("#NUM!", "the price is not above the cost, the cost not above salvage, or demand is negative")),
        needs_plan=False,
        examples=(("=INV_NEWSVENDOR(50,1,0.3,0.12)", "56"),),
    ),
    Function(
        "INV_FILLRATE",
        "Share of units delivered from stock that a stock level buys, for normal demand.",
        (
            _DEMAND,
            _LEAD_TIME,
            Argument("stock_level", "numbers", "Order-up-to level [units]; a range gives a result per cell."),
            _REVIEW,
        ),
        "Share from 0 to 1; one per row of demand, or in the shape of stock_level.",
        CATEGORY_FORMULA,
        (_TYPE, ("#NUM!", "a negative time, a review of 0, or no demand")),
        needs_plan=False,
        examples=(("=INV_FILLRATE(B2:M2,3,600)", "fill rate with an order-up-to level of 600"),),
    ),
    Function(
        "INV_ABC",
        "Value classes A, B and C by cumulated share of the total.",
        (
            Argument("values", "numbers", "Yearly value of each item, in any shape."),
            Argument(
                "cuts",
                "any",
                "Two shares at which A and B end, as two cells or as text such as 80%;95%.",
                True,
                "80%;95%",
            ),
        ),
        "A, B or C in the shape of values; empty for empty cells.",
        CATEGORY_FORMULA,
        (_TYPE, ("#NUM!", "cuts that are not rising or not between 0 and 1")),
        needs_plan=False,
        spills=True,
        examples=(("=INV_ABC(C2:C500)", "a class beside each value"),),
    ),
    Function(
        "INV_XYZ",
        "Steadiness classes X, Y and Z by the coefficient of variation of demand per period (cuts 0.5 and 1).",
        (Argument("demand", "history", "Past demand, one cell per period; several items: one per row."),),
        "X, Y or Z; one per row of demand. Z where there is too little demand to tell.",
        CATEGORY_FORMULA,
        (_TYPE,),
        needs_plan=False,
        spills=True,
        examples=(("=INV_XYZ(B2:BA500)", "a class for each row"),),
    ),
    Function(
        "INV_DEMANDCLASS",
        "Demand classes smooth, erratic, intermittent and lumpy (Syntetos, Boylan and Croston 2005).",
        (Argument("demand", "history", "Past demand, one cell per period; several items: one per row."),),
        "Text; one per row of demand. none without demand.",
        CATEGORY_FORMULA,
        (_TYPE,),
        needs_plan=False,
        spills=True,
        examples=(("=INV_DEMANDCLASS(B2:BA500)", "a class for each row"),),
    ),
    Function(
        "INV_LEADTIME",
        "Expected lead time of a supplier or of an item, or a quantile of it, from the plan of this workbook.",
        (
            Argument("supplier_or_sku", "keys", "Supplier or item number, or a range of them. A supplier wins."),
            Argument(
                "quantile",
                "share",
                "Chance that the goods take no longer than the result, strictly between 0 and 1.",
                True,
                "expected lead time",
            ),
        ),
        "Days, in the shape of supplier_or_sku.",
        CATEGORY_PLAN,
        (
            ("#N/A", "neither a supplier nor an item of the plan, or there is no plan yet (INV_STATUS says why)"),
            ("#VALUE!", "a wrong type, or the item is planned at several places with different lead times"),
            ("#NUM!", "a quantile outside 0 to 1"),
        ),
        needs_plan=True,
        examples=(('=INV_LEADTIME("Acme",90%)', "days that 9 of 10 receipts take at most"),),
    ),
    Function(
        "INV_WHATIF",
        "The recommendation of an item if one input were different, from the plan of this workbook.",
        (
            Argument("sku", "key", "Item number."),
            Argument("location", "key", "Stocking place; may be empty for an item planned at one place."),
            Argument(
                "field",
                "choice",
                "Input to change, such as on_hand, service_level, lead_time_days, moq; the reference page lists all.",
                allowed=(
                    "on_hand",
                    "on_order",
                    "reserved",
                    "backorders",
                    "service_level",
                    "review_period_days",
                    "lead_time_days",
                    "demand_factor",
                    "unit_cost",
                    "order_cost",
                    "holding_rate",
                    "moq",
                    "pack_size",
                    "min_stock",
                    "max_stock",
                ),
            ),
            Argument("value", "numbers", "Its value instead, in the field's unit, or a range of values to compare."),
            Argument(
                "result",
                "choice",
                "What to return.",
                True,
                "order_quantity",
                (
                    "order_quantity",
                    "order_value",
                    "reorder_point",
                    "order_up_to",
                    "safety_stock",
                    "inventory_position",
                    "forecast_protection",
                    "demand_per_period",
                    "lead_time_days",
                    "protection_periods",
                    "service_target",
                    "expected_service",
                    "stockout_risk",
                    "days_of_cover",
                ),
            ),
        ),
        "The figure asked for, in the shape of value. Orders are those of the item by itself, before limits that it shares with other items.",
        CATEGORY_PLAN,
        (_UNKNOWN, ("#VALUE!", "unknown field or result, or a value that is no number"), _RANGE),
        needs_plan=True,
        examples=(
            ('=INV_WHATIF(A2,"","service_level",98%)', "units to order for 98% service"),
            ('=INV_WHATIF(A2,"","lead_time_days",C1:H1,"reorder_point")', "reorder points for six lead times"),
        ),
    ),
    Function(
        "INV_STATUS",
        "When the plan of this workbook was computed, on what, with how many findings; or why there is none.",
        (),
        "One line of text; never an error.",
        CATEGORY_PLAN,
        (),
        needs_plan=False,
        examples=(("=INV_STATUS()", "the state of the plan"),),
    ),
)

#: The functions by name.
FUNCTION: dict[str, Function] = {each.name: each for each in FUNCTIONS}
