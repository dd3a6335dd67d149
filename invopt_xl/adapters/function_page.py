"""The declarations of the worksheet functions -> the section of the reference page on them, in Markdown."""

from __future__ import annotations

from invopt_xl.adapters.function_registry import CATEGORY_FORMULA, CATEGORY_PLAN, FUNCTIONS, Argument, Function

_RULES = f"""The functions work in Excel with the add-in, and in LibreOffice Calc with its extension. Those of the category "{CATEGORY_PLAN}" answer from the
plan of the workbook that calls: the one that Refresh computed, else one computed in the same way from the saved workbook by the first function that
needs it, and again when input sheets were changed and saved. Those of "{CATEGORY_FORMULA}" need no plan.
[What Calc does differently](calc.md) has a page of its own.

- Ranges in, the same shape out: one value fits all cells of another range, a column and a row span a grid. Larger answers spill.
- A whole column may be given: only its used part counts, and headings above the numbers are left out if they hold no digit.
- Past demand stands in one row per item, or in one row or column for one item. An empty cell before the first entry was before the item's
  time, later it is a period without demand; periods at the end that are empty for all items are still to come.
- Numbers kept as text, percentages, true and false count as numbers; dates as their serial numbers. Shares are written 0.95, 95 or 95%. An
  optional argument that is an empty cell counts as left out. Item numbers are found with or without leading zeros, in capitals or not, as long
  as only one fits.
- An empty cell gives an empty result, an error value gives itself, each in its own cell.
- Dates come back as serial numbers (1900 date system): give the cells a date format.
- Nothing is volatile, writes to the workbook or uses the network. After Refresh the functions are calculated again."""


def functions_section() -> str:
    """Return the Markdown of the section, without its heading.

    >>> functions_section().count("### INV_")
    15
    """
    summary = ["| function | returns |", "|---|---|"]
    summary += [f"| [`{each.signature}`](#{each.name.lower()}) | {_plain(each.description)} |" for each in FUNCTIONS]
    return "\n\n".join([_RULES, "\n".join(summary), *map(_function, FUNCTIONS)])


def _function(function: Function) -> str:
    parts = [f"### {function.name}", function.description, f"`={function.signature}`"]
    if function.arguments:
        rows = ["| argument | meaning | left out |", "|---|---|---|"]
        parts.append("\n".join(rows + list(map(_argument, function.arguments))))
    parts.append(f"Returns: {function.returns}")
    if function.errors:
        parts.append("\n".join(f"- `{name}`: {when}." for name, when in function.errors))
    parts.append("\n".join(f"- `{formula}`: {meaning}." for formula, meaning in function.examples))
    return "\n\n".join(parts)


def _argument(argument: Argument) -> str:
    help_text = argument.help
    if argument.allowed:
        help_text += f" One of {', '.join(f'`{each}`' for each in argument.allowed)}."
    return f"| `{argument.name}` | {_plain(help_text)} | {argument.default if argument.optional else 'required'} |"


def _plain(text: str) -> str:
    """Return a text that does not break a table."""
    return text.replace("|", "\\|")
