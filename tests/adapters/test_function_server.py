"""The worksheet functions answered by a worker process over a pipe."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from invopt_xl.adapters.function_server import serve
from tests.hosts.planner_book import BOOK, sheets
from tests.hosts.situations import SITUATIONS, Situation, differences


class Worker:
    """The process, and one request after the other."""

    def __init__(self, log: Path) -> None:
        command = [sys.executable, "-m", "invopt_xl.adapters.function_server", "--log", str(log)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._asked = 0

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the reply to a request."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._asked += 1
        self.process.stdin.write(json.dumps({"id": self._asked, **request}).encode() + b"\n")
        self.process.stdin.flush()
        reply: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert reply.pop("id") == self._asked
        return reply


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    log = tmp_path_factory.mktemp("worker") / "functions.log"
    started = Worker(log)
    assert started.ask(sheets=sheets(), book=BOOK, stamp="1", name="Planner.xlsx") == {"result": True}
    yield started
    assert started.process.stdin is not None
    started.process.stdin.close()
    assert started.process.wait(timeout=10) == 0
    assert started.process.stdout is not None
    started.process.stdout.close()
    assert log.read_text(encoding="utf-8") == "", "nothing went wrong inside"


def as_json(value: Any) -> Any:
    """Return a host-independent value as a host writes it into JSON: dates are serial numbers there, Decimals numbers."""
    if isinstance(value, tuple):
        return [[as_json(cell) for cell in line] for line in value]
    if isinstance(value, datetime):
        return (value - datetime(1899, 12, 30)).days
    return float(value) if isinstance(value, Decimal) else value


def from_json(value: Any) -> Any:
    """Return an answer with its rows as tuples."""
    return tuple(map(tuple, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.label)
def test_the_worker_answers_as_the_situation_says(worker: Worker, situation: Situation) -> None:
    reply = worker.ask(
        call=situation.function, arguments=[as_json(each) for each in situation.arguments], book=situation.book
    )
    assert differences(from_json(reply["result"]), situation.wanted) == []


def test_the_worker_tells_the_state_of_the_plan(worker: Worker) -> None:
    worker.ask(call="INV_EXPLAIN", arguments=["A-1"], book=BOOK)
    told = worker.ask(call="INV_STATUS", arguments=[], book=BOOK)["result"]
    assert "from Planner.xlsx, sales up to 2026-04-1" in told
    assert "8 items x places" in told


def test_other_sheets_make_another_plan(worker: Worker) -> None:
    few = {name: rows for name, rows in sheets().items() if name in ("Sales", "Settings")}
    worker.ask(sheets=few, book="few", stamp="1")
    assert worker.ask(call="INV_REORDER", arguments=["A-1"], book="few") == {"result": 0.0}
    worker.ask(sheets={**few, "Stock": [["sku", "location", "on_hand"], ["A-1", "LEEDS", 0.0]]}, book="few", stamp="2")
    assert worker.ask(call="INV_REORDER", arguments=["A-1"], book="few")["result"] > 0
    assert worker.ask(forget=True, book="few") == {"result": True}
    assert worker.ask(call="INV_REORDER", arguments=["A-1"], book="few") == {"result": "\x01#N/A"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"nonsense\n", "Expecting value"),
        (b"[]\n", "an object with call, sheets or forget"),
        (b'{"id": 7}\n', "needs call, sheets or forget"),
        (b'{"id": 7, "call": "INV_EOQ", "arguments": 5}\n', "arguments must be a list"),
        (b'{"id": 7, "call": "INV_EOQ", "book": 5}\n', "book must be a text"),
        (b'{"id": 7, "sheets": 5}\n', "sheets must be an object"),
        (b"\xff\xfe\n", "decode"),
    ],
)
def test_a_request_that_cannot_be_read_is_answered_and_the_next_one_too(line: bytes, said: str) -> None:
    answers = io.BytesIO()
    serve(io.BytesIO(line + b'\n{"id": 8, "call": "INV_NONE"}\n'), answers)
    bad, good = map(json.loads, answers.getvalue().splitlines())
    assert said in bad["error"]
    assert bad["id"] in (None, 7)
    assert good == {"id": 8, "result": "\x01#NAME?"}
