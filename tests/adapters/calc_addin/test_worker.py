"""How the Calc extension talks with its worker process: answers, time limits, a process that ends, one that cannot be started."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tests.adapters.calc_addin.calc_sources  # noqa: F401 - makes invopt_calc known

# isort: split
from invopt_calc import worker as worker_module
from invopt_calc.worker import HANGING_SECONDS, PAUSE_SECONDS, Unavailable, Worker, find_interpreter

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="the stand-ins for the interpreter are scripts with a first line that names theirs"
)


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    workers = []

    def make(interpreter: str | Path, *, seconds: float = 20.0, clock: Callable[[], float] = time.monotonic) -> Worker:
        workers.append(Worker(lambda: str(interpreter), lambda: str(tmp_path / "functions.log"), clock, seconds))
        return workers[-1]

    yield make
    for each in workers:
        each.close()


def stand_in(folder: Path, body: str) -> Path:
    """Return a program in the place of our Python; it notes each start, and `reply(request)` of `body` answers, or ends it."""
    script = folder / "python"
    script.write_text(
        f"#!{sys.executable}\nimport json, os, sys, time\n"
        f"open({str(folder / 'starts')!r}, 'a').write('x')\n"
        f"starts = len(open({str(folder / 'starts')!r}).read())\n"
        f"{body}\n"
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        "    print(json.dumps(dict(reply(request), id=request['id'])), flush=True)\n"
    )
    script.chmod(0o755)
    return script


def starts(folder: Path) -> int:
    return len((folder / "starts").read_text())


def test_our_python_answers(made: Callable[..., Worker]) -> None:
    assert made(sys.executable).call("INV_EOQ", [1300.0, 8.0, 1.0, 0.225], "") == pytest.approx(304.0467800264368)


def test_letters_of_any_language_arrive(made: Callable[..., Worker], tmp_path: Path) -> None:
    echo = stand_in(tmp_path, "def reply(request): return {'result': request['arguments'][0] + request['book']}")
    assert made(echo).call("INV_EXPLAIN", ["Tee Ø\U0001f375"], "/Pläne/日本.ods") == "Tee Ø\U0001f375/Pläne/日本.ods"


def test_the_office_s_python_settings_do_not_reach_ours(
    made: Callable[..., Worker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "URE_BOOTSTRAP", "UNO_PATH"):
        monkeypatch.setenv(name, "/office")
    shows = stand_in(
        tmp_path, "def reply(request): return {'result': [k for k, v in os.environ.items() if v == '/office']}"
    )
    # the script's own interpreter would not start with PYTHONHOME
    assert made(shows).call("INV_STATUS", [], "") == []


def test_a_process_that_ends_is_started_once_more(made: Callable[..., Worker], tmp_path: Path) -> None:
    once = stand_in(tmp_path, "def reply(request): return {'result': 7.0} if starts > 1 else sys.exit(1)")
    assert made(once).call("INV_EOQ", [], "") == 7.0
    assert starts(tmp_path) == 2


def test_after_ending_twice_cells_do_not_wait_again_for_a_while(made: Callable[..., Worker], tmp_path: Path) -> None:
    clock = Clock()
    worker = made(stand_in(tmp_path, "def reply(request): sys.exit(1)"), clock=clock)
    with pytest.raises(Unavailable, match=r"ended twice.*functions\.log"):
        worker.call("INV_EOQ", [], "")
    with pytest.raises(Unavailable, match="ended twice"):
        worker.call("INV_EOQ", [], "")
    assert starts(tmp_path) == 2, "not tried again so soon"
    clock.now += PAUSE_SECONDS + 1
    with pytest.raises(Unavailable):
        worker.call("INV_EOQ", [], "")
    assert starts(tmp_path) == 4


def test_half_an_answer_is_an_end(made: Callable[..., Worker], tmp_path: Path) -> None:
    half = stand_in(
        tmp_path,
        "def reply(request):\n    if starts > 1: return {'result': 1.0}\n    print('{\"id\": 1, \"res', flush=True); sys.exit(0)",
    )
    assert made(half).call("INV_EOQ", [], "") == 1.0


def test_a_slow_answer_holds_up_the_office_only_once(made: Callable[..., Worker], tmp_path: Path) -> None:
    slow = stand_in(
        tmp_path,
        "def reply(request):\n    time.sleep(1.5 if request['call'] == 'slow' else 0)\n    return {'result': request['call']}",
    )
    worker = made(slow, seconds=0.3)
    # a start may itself take longer than that
    _until_answered(worker, "quick")
    with pytest.raises(Unavailable, match="still being worked on"):
        worker.call("slow", [], "")
    before = time.monotonic()
    with pytest.raises(Unavailable, match="still being worked on"):
        worker.call("quick", [], "")
    assert time.monotonic() - before < 0.3, "refused at once"
    assert _until_answered(worker, "quick") == "quick", "not the late answer to another question"
    assert starts(tmp_path) == 1


def _until_answered(worker: Worker, name: str) -> Any:
    for _ in range(200):
        try:
            return worker.call(name, [], "")
        except Unavailable:
            time.sleep(0.05)
    raise AssertionError("no answer")


def test_a_process_that_hangs_is_replaced_in_the_end(made: Callable[..., Worker], tmp_path: Path) -> None:
    clock = Clock()
    hangs = stand_in(
        tmp_path, "def reply(request):\n    time.sleep(0 if starts > 1 else 600)\n    return {'result': 5.0}"
    )
    worker = made(hangs, seconds=2.0, clock=clock)
    with pytest.raises(Unavailable):
        worker.call("INV_REORDER", [], "")
    clock.now += HANGING_SECONDS + 1
    assert worker.call("INV_REORDER", [], "") == 5.0
    assert starts(tmp_path) == 2


def test_a_process_that_reads_nothing_holds_up_nobody(made: Callable[..., Worker], tmp_path: Path) -> None:
    deaf = stand_in(tmp_path, "time.sleep(600)")
    with pytest.raises(Unavailable, match="still being worked on"):
        made(deaf, seconds=0.2).call("INV_ABC", [[[1.0]] * 200_000], "")


def test_sheets_are_sent_once_for_each_state_and_withdrawn(made: Callable[..., Worker], tmp_path: Path) -> None:
    notes = stand_in(
        tmp_path,
        "said = []\ndef reply(request):\n"
        "    said.append('sheets ' + request['stamp'] if 'sheets' in request else 'forget' if 'forget' in request else request['call'])\n"
        "    return {'result': list(said)}",
    )
    worker = made(notes)
    sheets = {"Sales": (("date", "sku"), (45712.0, "A"))}
    for stamp in ("1", "1", "2"):
        said = worker.call("INV_REORDER", [], "book", True, (stamp, "Book", sheets))
    worker.call("INV_EOQ", [], "book")
    said = worker.call("INV_REORDER", [], "book", True, None)
    assert said == [
        "sheets 1",
        "INV_REORDER",
        "INV_REORDER",
        "sheets 2",
        "INV_REORDER",
        "INV_EOQ",
        "forget",
        "INV_REORDER",
    ]
    worker.forget("other")
    assert worker.call("INV_STATUS", [], "")[-2:] == ["forget", "INV_STATUS"]


def test_a_new_process_is_sent_the_sheets_again(made: Callable[..., Worker], tmp_path: Path) -> None:
    forgets = stand_in(
        tmp_path,
        "said = []\ndef reply(request):\n"
        "    said.append('sheets' if 'sheets' in request else request['call'])\n"
        "    if starts == 1 and len(said) == 3: sys.exit(1)\n"
        "    return {'result': list(said)}",
    )
    worker = made(forgets)
    for _ in range(2):
        said = worker.call("INV_REORDER", [], "book", True, ("1", "Book", {}))
    assert (said, starts(tmp_path)) == (["sheets", "INV_REORDER"], 2)


def test_a_workbook_may_be_closed_after_the_process_ended(made: Callable[..., Worker], tmp_path: Path) -> None:
    ends = stand_in(tmp_path, "def reply(request): return sys.exit(1) if 'forget' in request else {'result': 7.0}")
    worker = made(ends)
    assert worker.call("INV_EOQ", [], "") == 7.0
    worker.forget("book")
    before = time.monotonic()
    assert worker.call("INV_EOQ", [], "") == 7.0
    assert time.monotonic() - before < 15, "no waiting for the one that is gone"


def test_a_missing_interpreter_is_said_with_what_to_do(made: Callable[..., Worker], tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="invopt addin install --host calc"):
        made(tmp_path / "none").call("INV_EOQ", [], "")


def test_the_interpreter_is_looked_for_where_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INVOPT_PYTHON", raising=False)
    monkeypatch.setattr(worker_module, "_usual_places", lambda: [str(tmp_path / "usual")])
    with pytest.raises(Unavailable, match=r"not found\. Run InvOpt XL's installer"):
        find_interpreter(str(tmp_path))
    (tmp_path / "interpreter.txt").write_text(str(tmp_path / "written") + "\n", encoding="utf-8")
    with pytest.raises(Unavailable, match=r"not found at .*written"):
        find_interpreter(str(tmp_path))
    (tmp_path / "usual").touch()
    assert find_interpreter(str(tmp_path)) == str(tmp_path / "usual")
    (tmp_path / "written").touch()
    assert find_interpreter(str(tmp_path)) == str(tmp_path / "written")
    monkeypatch.setenv("INVOPT_PYTHON", "/mine")
    assert find_interpreter(str(tmp_path)) == "/mine"
