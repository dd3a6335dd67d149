"""Compiling in advance: after it no plan compiles anything, wherever the files are kept, and a failure stops no installation."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import invopt_xl
from invopt_xl.adapters import doctor, warming
from invopt_xl.adapters.cli import main
from invopt_xl.adapters.warming import Kernels, warm, warm_apart
from invopt_xl.errors import ComputeError

_PACKAGE = Path(invopt_xl.__file__).parent

#: What a process compiled, and the signatures of the kernels it used, whether compiled now or found in files.
_TELL = """
import json, sys
from numba.core import event
from invopt_xl.adapters.warming import kernels
compiled = []
class Listener(event.Listener):
    def on_start(self, happened): compiled.append(str(happened.data["dispatcher"]))
    def on_end(self, happened): pass
event.register("numba:compile", Listener())
{work}
used = [f"{{each.py_func.__module__}}.{{each.__name__}}{{one}}" for each in kernels() for one in each.signatures]
print(json.dumps({{"compiled": compiled, "used": used}}))
"""

_WARM = """
from invopt_xl.adapters.warming import warm
done = warm(lambda step: None)
assert not done.failures, done.failures
assert done.kept.missing == (), done.kept
"""

#: Other workbooks than the world of `warming`: days, months, few columns, limits that bind.
_PLANS = """
import numpy as np
import invopt_xl as iv
from invopt_xl.core.whatif import what_if
from tests.hosts import planner_book
off = {"boosted_trees": "off"}
made = planner_book.plan()
what_if(made.stages, row=1, field="service_level", values=np.array([0.9, 0.99]), settings=made.settings)
tables = iv.demo_tables(skus=60, locations=1, weeks=70, seed=5)
iv.plan(iv.read_tables(tables), settings={**off, "order_budget": 9000.0})
sales = tables["Sales"][["date", "sku", "quantity"]]
iv.plan(iv.read_tables({"Sales": sales}), settings={**off, "period": "month"})
few = sales[sales["sku"].isin(sales["sku"].unique()[:6])]
iv.plan(iv.read_tables({"Sales": few, "Stock": tables["Stock"]}), settings={**off, "period": "day"})
"""


def told(work: str) -> dict[str, Any]:
    """Return what a process of its own compiled and used."""
    done = subprocess.run(
        [sys.executable, "-c", _TELL.format(work=work)],
        capture_output=True,
        text=True,
        cwd=_PACKAGE.parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_after_it_plans_of_other_workbooks_in_another_process_compile_nothing() -> None:
    before, after = told(_WARM), told(_PLANS)
    assert after["compiled"] == []
    # what other runs have left in the files must not hide what it does not compile
    assert set(after["used"]) <= set(before["used"])
    assert len(after["used"]) > 5


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A folder with the package, in which no file can be kept: a file stands where each folder of compiled files would be."""
    copy = tmp_path / "site-packages" / "invopt_xl"
    shutil.copytree(_PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [copy, *(path for path in copy.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").write_text("")
    return copy.parent


def _asked(code: str, folder: Path, home: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    environment |= {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home), "PYTHONPATH": str(folder)}
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_where_our_folder_cannot_be_written_they_are_kept_in_the_profile(unwritable: Path, tmp_path: Path) -> None:
    code = "from invopt_xl.adapters.warming import kept_kernels as k; found = k(); print(found.folder, found.compiled)"
    folder, compiled = _asked(code, unwritable, tmp_path / "home").split()
    assert Path(folder).is_relative_to(tmp_path / "home")
    assert compiled == "0"


def test_where_nothing_can_be_written_the_doctor_says_so(unwritable: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, so nothing can be kept in it")
    code = "from invopt_xl.adapters.doctor import _compiled; found = _compiled(); print(found.ok, found.found)"
    said = _asked(code, unwritable, tmp_path / "home")
    assert said.startswith("False Compiled kernels can be kept nowhere")
    assert "NUMBA_CACHE_DIR" in said


def test_a_step_that_fails_is_told_and_the_others_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []

    def broken(world: object) -> None:
        raise ComputeError("no memory")

    monkeypatch.setattr(warming, "STEPS", {"first": broken, "second": done.append})
    steps: list[str] = []
    found = warm(steps.append)
    assert steps == ["first", "second"]
    assert len(done) == 1
    assert found.failures == ("first: no memory",)
    assert "no memory" in found.in_words()
    assert "invopt doctor" in found.in_words()


def test_an_installation_says_what_came_of_it_and_a_failure_does_not_stop_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from invopt_xl.adapters.calc_addin import command

    monkeypatch.setattr(command, "install", lambda: "It is in LibreOffice.")
    for told in ("Ready to compute.", "Not everything was compiled in advance."):
        monkeypatch.setattr(warming, "warm_apart", lambda step, told=told: told)
        assert main(["addin", "install", "--host", "calc"]) == 0
        said = capsys.readouterr().out
        assert "It is in LibreOffice." in said
        assert told in said


def _process(code: str) -> list[str]:
    return [sys.executable, "-c", f"import os, sys, time\n{code}"]


def test_the_process_tells_steps_and_outcome() -> None:
    steps: list[str] = []
    code = "print('step: plan'); print('step: what-if'); print('Ready to compute.')"
    assert warm_apart(steps.append, command=_process(code)) == "Ready to compute."
    assert steps == ["plan", "what-if"]


@pytest.mark.parametrize(
    ("code", "because"),
    [
        ("print('step: plan', flush=True); os._exit(3)", "code 3"),
        ("pass", "code 0"),
        ("print('step: plan', flush=True); time.sleep(60)", "stopped after"),
    ],
    ids=["a crash", "no word", "a standstill"],
)
def test_a_process_that_fails_is_told_of(code: str, because: str) -> None:
    said = warm_apart(lambda step: None, command=_process(code), limit_seconds=2.0)
    assert said.startswith("Not everything was compiled")
    assert because in said
    assert "invopt doctor" in said


def test_it_runs_as_a_process() -> None:
    code = (
        "from invopt_xl.adapters import warming\n"
        "warming.STEPS = {'one': lambda world: os.write(1, b'noise')}\n"
        "sys.exit(warming.main())"
    )
    steps: list[str] = []
    said = warm_apart(steps.append, command=_process(code), limit_seconds=60.0)
    assert said.startswith("Ready to compute")
    assert steps == ["one"]


def test_the_doctor_tells_which_kernels_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "kept_kernels", lambda: Kernels(4, ("law.one",), Path("kept")))
    found = doctor._compiled()
    assert found.ok
    assert "4 of 5" in found.found
    assert "addin install" in found.found
