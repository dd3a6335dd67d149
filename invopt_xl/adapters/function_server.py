"""A worker process that answers the worksheet functions over a pipe: for hosts whose own Python is not ours, such as LibreOffice Calc.

    python -m invopt_xl.adapters.function_server [--log FILE]

One line of JSON in, one line out, in order, in UTF-8; cells have the form of `function_registry`, with lists for rows and null for an empty cell.

    {"id": 1, "call": "INV_EOQ", "arguments": [1300, 8, 1, 0.225], "book": "file name"}   ->  {"id": 1, "result": 304.0467800264368}
    {"id": 2, "sheets": {"Sales": [["date", "sku", "quantity"], ...]}, "book": "...", "stamp": "7"}   ->  {"id": 2, "result": true}
    {"id": 3, "forget": true, "book": "..."}   ->  {"id": 3, "result": true}

"sheets" gives the workbook's input sheets as they are now, before any save; "stamp" is another text whenever they have changed. A request that
cannot be read is answered with {"id": ..., "error": "..."}, and the next one is waited for. The process ends when its input does.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

from invopt_xl.adapters.function_calls import call
from invopt_xl.adapters.host_words import CALC
from invopt_xl.adapters.plan_cache import PLANS
from invopt_xl.errors import InputError, InvOptError

LOG = logging.getLogger("invopt_xl.functions")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every line of `requests` with a line to `answers`, until there are no more."""
    for line in iter(requests.readline, b""):
        if not line.strip():
            continue
        answers.write(json.dumps(_reply(line), ensure_ascii=False, allow_nan=False).encode() + b"\n")
        answers.flush()


def _reply(line: bytes) -> dict[str, Any]:
    number = None
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise InputError("a request is an object with call, sheets or forget")
        number = request.get("id")
        return {"id": number, "result": _answer(request)}
    except (ValueError, InvOptError) as error:
        return {"id": number, "error": str(error)}
    except Exception as error:
        LOG.exception("a request failed")
        return {"id": number, "error": f"internal error: {type(error).__name__}"}


def _answer(request: dict[str, Any]) -> Any:
    book = request.get("book", "")
    if not isinstance(book, str):
        raise InputError("book must be a text")
    if "call" in request:
        arguments = request.get("arguments", [])
        if not isinstance(arguments, list):
            raise InputError("arguments must be a list")
        return call(str(request["call"]), arguments, book)
    if "sheets" in request:
        from invopt_xl.adapters.book import MemoryBook

        if not isinstance(request["sheets"], dict):
            raise InputError("sheets must be an object of sheet name and rows")
        sheets = MemoryBook(request["sheets"], name=str(request.get("name", book)))
        PLANS.offer(book, sheets, stamp=str(request.get("stamp", "")))
        return True
    if "forget" in request:
        PLANS.forget(book)
        return True
    raise InputError("a request needs call, sheets or forget")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve standard input and output."""
    parser = argparse.ArgumentParser(prog="python -m invopt_xl.adapters.function_server", description=__doc__)
    parser.add_argument("--log", help="file for what went wrong (default: the error stream)")
    given = parser.parse_args(arguments)
    # Calc is the host that asks through a pipe; Excel has a server of its own
    PLANS.words = CALC
    logging.basicConfig(filename=given.log, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    # what a library prints, in Python or in C, must not end up among the answers
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        serve(sys.stdin.buffer, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
