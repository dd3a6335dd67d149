"""`invopt`: the command line. Parses words, calls one function, prints what a person or a script needs to know.

Exit codes: 0 done; 1 done with findings of severity error that kept rows out; 2 bad input or usage; 3 the workbook is locked or changed
meanwhile; 70 internal error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from invopt_xl import __version__
from invopt_xl.adapters.commands import COMMANDS, Outcome
from invopt_xl.errors import InvOptError, SettingError

INTERNAL_ERROR = 70
USAGE = 2


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; the reference page is made from it too."""
    parser = argparse.ArgumentParser(
        prog="invopt",
        description="Inventory planning inside the workbook: what to order, how much, when, from whom and why.",
        epilog="Exit codes: 0 done; 1 done, but rows were kept out; 2 bad input or usage; 3 workbook locked or changed; 70 internal error.",
    )
    parser.add_argument("--version", action="version", version=f"invopt {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _with_sources(commands, "plan", "Plan workbooks or folders and write the plan back.")
    _with_sources(commands, "check", "Check the data and say what is wrong; write nothing.")
    _with_sources(commands, "backtest", "Replay past days and compare the forecasts of then with the demand that came.")
    _with_sources(commands, "simulate", "Let past plans' orders run on the demand that came, beside a planner's rule.")
    template = _command(commands, "template", "Write a blank planner workbook, one sheet per input table.")
    template.add_argument(
        "--out", type=Path, default=Path("invopt_template.xlsx"), help="where to write it (default: %(default)s)"
    )
    demo = _command(commands, "demo", "Generate a demo workbook and plan it.")
    demo.add_argument("--out", type=Path, default=Path("demo"), help="folder to write to (default: %(default)s)")
    demo.add_argument("--seed", type=int, default=7, help="seed of the generated data (default: %(default)s)")
    addin = _command(
        commands, "addin", "Build, install or remove the add-in for Excel, or the extension for LibreOffice Calc."
    )
    addin.add_argument(
        "action",
        choices=("build", "install", "uninstall"),
        help="build: write the file; install, uninstall: into this user's program, and out of it",
    )
    addin.add_argument(
        "--host", choices=("excel", "calc"), default="excel", help="which program (default: %(default)s)"
    )
    addin.add_argument(
        "--out",
        type=Path,
        help="build: file or folder to write to (default: InvOptXL.xlam or InvOptXL.oxt in the current folder)",
    )
    addin.add_argument("--dry-run", action="store_true", help="Excel: only say what would be done")
    _command(commands, "doctor", "Check this installation and say what to do.")
    return parser


def _command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    return parser


def _with_sources(commands: Any, name: str, text: str) -> None:
    parser = _command(commands, name, text)
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="SOURCE",
        help="workbook, folder of CSV or Parquet files, or folder of workbooks",
    )
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        help="last day with known sales, such as 2026-11-15 (default: the last day with sales)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="a setting, such as service_level=0.98; may be repeated",
    )
    if name == "plan":
        parser.add_argument("--out", type=Path, help="write to this workbook or folder and leave the source as it is")
        parser.add_argument(
            "--format", choices=("xlsx", "csv", "parquet"), default="xlsx", help="what to write (default: %(default)s)"
        )
        parser.add_argument(
            "--scenario",
            type=Path,
            metavar="FILE",
            help="plan what-ifs beside it: a .csv or .xlsx with the columns scenario, what, field and value",
        )
        parser.add_argument(
            "--models",
            type=Path,
            metavar="PATH",
            help="file, or folder, of fitted boosted trees: used again while they are fresh, else fitted anew and saved there",
        )
        parser.add_argument(
            "--pictures",
            type=Path,
            metavar="DIR",
            help="draw what moves the boosted trees: summary.png, and one picture per --picture-sku",
        )
        parser.add_argument(
            "--picture-sku",
            action="append",
            default=[],
            metavar="SKU[@LOCATION]",
            dest="picture_skus",
            help="an item to draw; may be repeated (with --pictures)",
        )
    if name == "simulate":
        parser.add_argument(
            "--rounds", type=int, default=12, help="how often it is planned anew (default: %(default)s)"
        )
        parser.add_argument(
            "--replications", type=int, default=5, help="runs with other lead times (default: %(default)s)"
        )
        parser.add_argument(
            "--apart",
            type=int,
            metavar="PERIODS",
            help="periods from one plan to the next (default: a month, so far as the history allows)",
        )
        parser.add_argument(
            "--overtaking",
            action=argparse.BooleanOptionalAction,
            default=None,
            help="later orders may arrive before earlier ones, or never do (default: as the setting order_crossing says, or the receipts show)",
        )
        parser.add_argument(
            "--lead-hold",
            type=float,
            default=0.0,
            metavar="PERIODS",
            help="periods for which a drawn lead time holds for all orders of an item (default: each order draws its own; a year where receipts show that delays last)",
        )
        parser.add_argument(
            "--lost-sales", action="store_true", help="demand that cannot be met at once is lost (default: it waits)"
        )
        parser.add_argument(
            "--out", type=Path, help="workbook or folder to write to (default: NAME.simulation.xlsx beside the source)"
        )
        parser.add_argument("--seed", type=int, help="seed of everything random, as --set seed=N")
    if name == "backtest":
        parser.add_argument(
            "--rounds", type=int, default=6, help="how many past days to go back to (default: %(default)s)"
        )
        parser.add_argument(
            "--out", type=Path, help="workbook or folder to write to (default: NAME.backtest.xlsx beside the source)"
        )
        parser.add_argument("--seed", type=int, help="seed of everything random, as --set seed=N")


def parse_settings(pairs: Sequence[str]) -> dict[str, object]:
    """Return `--set` words as a mapping.

    >>> parse_settings(["service_level=0.98"])
    {'service_level': '0.98'}
    """
    settings: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise SettingError(f"--set {pair}: expected KEY=VALUE, such as --set service_level=0.98.")
        settings[name.strip()] = value.strip()
    return settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = build_parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        if hasattr(arguments, "settings"):
            arguments.settings = parse_settings(arguments.settings)
        command: Callable[[argparse.Namespace], Outcome] = COMMANDS[arguments.command]
        with _libraries_on_error_stream():
            outcome = command(arguments)
    except InvOptError as error:
        outcome = Outcome(error.exit_code, {"error": str(error), "kind": type(error).__name__}, (), (str(error),))
    except KeyboardInterrupt:
        outcome = Outcome(
            130, {"error": "stopped by the user"}, (), ("Stopped. Nothing was written for the source at work.",)
        )
    except Exception as error:  # noqa: BLE001 - the last resort: told in one line, the traceback for whoever mends it
        outcome = Outcome(INTERNAL_ERROR, {"error": str(error), "kind": type(error).__name__}, (), (_internal(error),))
    _say(outcome, as_json=arguments.json, quiet=arguments.quiet)
    return outcome.exit_code


@contextlib.contextmanager
def _libraries_on_error_stream() -> Iterator[None]:
    """Send what libraries written in C print to the error stream: standard output belongs to the answer, which scripts read."""
    try:
        kept = os.dup(1)
    except OSError:  # no standard output at all, as under pythonw
        yield
        return
    try:
        sys.stdout.flush()
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _internal(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"Internal error ({type(error).__name__} in {Path(where.filename).name}, line {where.lineno}): {error}. Nothing was damaged; please report this line."


def _say(outcome: Outcome, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        sys.stdout.write(
            json.dumps({"exit_code": outcome.exit_code, **outcome.data}, ensure_ascii=False, default=str, indent=1)
            + "\n"
        )
    elif not quiet and outcome.lines:
        sys.stdout.write("\n".join(outcome.lines) + "\n")
    for line in outcome.errors:
        sys.stderr.write(f"invopt: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
