"""Makes docs/reference.md from the code, so that it is never wrong: commands, worksheet functions, settings, input and output tables, exceptions.

python docs/generate.py
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from invopt_xl.adapters.cli import build_parser
from invopt_xl.adapters.function_page import functions_section
from invopt_xl.core.contracts import INPUT_TABLES, MORE_OUTPUT, OUTPUT, Table
from invopt_xl.core.flags import CODES
from invopt_xl.settings import About, Settings

PAGE = Path(__file__).with_name("reference.md")


def page() -> str:
    """Return the text of the reference page."""
    parts = [
        "# Reference\n\nThis page is made from the code by `python docs/generate.py`; do not edit it.",
        "## Commands\n" + _commands(),
        "## Worksheet functions\n\n" + functions_section(),
        "## Settings\n\nOn a sheet `Settings` (columns `setting`, `value`, `scope`), in a call (`settings={...}`) or as `--set key=value`."
        " A setting marked with * may be given for a part of the range by a scope, such as `abc=A` or `supplier=Acme; category=Tea`;"
        " the first row that fits wins, and an item's own value wins over all.\n\n" + _settings(),
        "## Input tables\n\nNames of sheets and columns may differ; case, spaces and punctuation do not matter, and the synonyms listed are known.\n\n"
        + "\n".join(_input(table) for table in INPUT_TABLES),
        "## Output sheets\n\n" + "\n".join(_output(name) for name in OUTPUT),
        "## Tables that only some runs have\n\n" + _MORE + "\n" + "\n".join(_more_output(name) for name in MORE_OUTPUT),
        "## Exceptions\n\n| code | severity | what it means |\n|---|---|---|\n"
        + "\n".join(f"| {code} | {severity} | {text} |" for code, (severity, text) in CODES.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _commands() -> str:
    parser = build_parser()
    subparsers = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    texts = []
    for name, command in subparsers.choices.items():
        command.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
        texts.append(f"\n### invopt {name}\n\n```text\n{command.format_help().strip()}\n```")
    return "\n".join(texts) + f"\n\n{parser.epilog}"


def _settings() -> str:
    rows = ["| setting | default | unit | range | meaning |", "|---|---|---|---|---|"]
    for each in fields(Settings):
        about: About = each.metadata["about"]
        default = "; ".join(f"{part:g}" for part in each.default) if isinstance(each.default, tuple) else each.default
        star = " *" if about.scoped else ""
        rows.append(f"| `{each.name}`{star} | {default} | {about.unit} | {_range(about)} | {about.help} |")
    return "\n".join(rows)


def _range(about: About) -> str:
    if about.allowed:
        return ", ".join(about.allowed)
    low = "" if about.low is None else f"{'>' if about.open_low else '>='} {about.low:g}"
    high = "" if about.high is None else f"{'<' if about.open_high else '<='} {about.high:g}"
    return ", ".join(part for part in (low, high) if part)


def _input(table: Table) -> str:
    rows = [
        f"### {table.name}\n\nOne row is {table.row}. Also known as: {', '.join(table.synonyms) or '-'}.\n",
        "| column | type | unit | required | meaning | also known as |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| `{f.name}` | {f.kind} | {f.unit} | {'yes' if f.required else ''} | {f.note} | {', '.join(f.synonyms)} |"
        for f in table.fields
    ]
    return "\n".join(rows) + "\n"


def _output(name: str) -> str:
    title = {"findings": "Data Check"}.get(name, name.capitalize())
    rows = [f"### {title} (`plan.{name}`)\n", "| column | meaning |", "|---|---|"]
    rows += [f"| `{field.name}` | {field.note} |" for field in OUTPUT[name]]
    return "\n".join(rows) + "\n"


_MORE = (
    "With `--scenario`, from the second run on, or for the next run: sheets of the workbook, and files of these names with `--format csv` and "
    "`parquet` (`plan.more_tables`).\n"
)

_MORE_SHEETS = {"scenario_totals": "Scenarios", "basis": "Kept Inputs"}


def _more_output(name: str) -> str:
    title = _MORE_SHEETS.get(name, name.replace("_", " ").title())
    rows = [f"### {title} (`{name}`)\n", "| column | meaning |", "|---|---|"]
    rows += [f"| `{field.name}` | {field.note} |" for field in MORE_OUTPUT[name]]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
