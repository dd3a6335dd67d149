"""A written workbook is the old one or the new one, and nobody else's work is overwritten."""

from __future__ import annotations

import errno
import os
import random
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from invopt_xl.adapters import atomic
from invopt_xl.adapters.writing import fingerprint, write_sheets
from invopt_xl.core.sheets import Block, Column, SheetSpec
from invopt_xl.errors import WorkbookBusyError, WorkbookError
from invopt_xl.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 15, 14, 30)


def spec(value: float = 1.0, rows: int = 2) -> SheetSpec:
    frame = pd.DataFrame({"sku": [str(at) for at in range(rows)], "quantity": [value] * rows})
    return SheetSpec(
        "Plan", blocks=(Block("Plan", frame, (Column("sku", "key"), Column("quantity", "units")), key=("sku",)),)
    )


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "plan.xlsx"
    openpyxl.Workbook().save(path)
    return path


def temporary(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir() if each.name.endswith(".invopt-tmp")]


@pytest.mark.parametrize("step", ["os.replace", "os.fsync", "tempfile.mkstemp", "Package.save"])
def test_a_failure_at_any_step_leaves_the_old_file(book: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    names = {"Package.save": "invopt_xl.adapters.package.Package.save"}
    monkeypatch.setattr(names.get(step, f"invopt_xl.adapters.atomic.{step}"), fail)
    with pytest.raises(WorkbookError, match="disk is full"):
        write_sheets([spec()], book)
    assert book.read_bytes() == before
    assert temporary(book.parent) == []


def test_an_unexpected_failure_leaves_no_temporary_file(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("invopt_xl.adapters.package.Package.save", fail)
    with pytest.raises(KeyboardInterrupt):
        write_sheets([spec()], book)
    assert temporary(book.parent) == []


#: Where a run may die, and whether the new workbook is in place by then.
DEATHS = {
    "before anything is written": ("tempfile.mkstemp", "before", False),
    "with an empty temporary file": ("tempfile.mkstemp", "after", False),
    "within the content": ("content", "within", False),
    "before the content is on disk": ("os.fsync", "before", False),
    "when the content is on disk": ("os.fsync", "after", False),
    "before the replacement": ("os.replace", "before", False),
    "after the replacement": ("os.replace", "after", True),
    "before the folder is on disk": ("_sync_folder", "before", True),
}

#: A process that starts runs in copies of itself: each dies by its own hand at a step, or writes until it is killed.
HOST = """
import importlib, os, signal, sys
sys.path[:0] = [{root!r}, {here!r}]
from test_write_atomic import spec
from invopt_xl.adapters import atomic
from invopt_xl.adapters.writing import write_sheets
from invopt_xl.adapters.xlsx.zip_writer import ZipWriter

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def arm(step, moment):
    owner, name = (ZipWriter, "add") if step == "content" else (atomic, step)
    if "." in step:
        owner, name = getattr(atomic, step.split(".")[0]), step.split(".")[1]
    original = getattr(owner, name)
    def dying(*words, **named):
        if moment == "before":
            die()
        result = original(*words, **named)
        if moment == "within":
            words[0]._stream.flush()
        die()
    setattr(owner, name, dying)

def run(words):
    if words[0] == "endless":
        for value in range(1, 1000):
            write_sheets([spec(float(value), 400)], {path!r})
    arm(*words)
    write_sheets([spec(-1.0, 400)], {path!r})

print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            run(line.split())
        finally:
            os._exit(1)
    print(child, flush=True)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def host(book: Path) -> Iterator[subprocess.Popen[str]]:
    code = HOST.format(root=str(ROOT), here=str(Path(__file__).parent), path=str(book))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.kill()


def killed(host: subprocess.Popen[str], words: str, *, after: float | None = None) -> None:
    """Have the host start a run and wait until it is dead; `after` seconds it is killed from outside."""
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdin.write(words + "\n")
    host.stdin.flush()
    child = int(host.stdout.readline())
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    assert int(host.stdout.readline()) == signal.SIGKILL


def whole_value(book: Path) -> float:
    """Return the one value of a workbook that is whole."""
    with zipfile.ZipFile(book) as archive:
        assert archive.testzip() is None
    rows = openpyxl.load_workbook(book)["Plan"].iter_rows(min_row=2, min_col=2, values_only=True)
    (value,) = {row[0] for row in rows}
    return float(value)


@pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL")
def test_a_run_killed_at_any_step_leaves_the_old_or_the_new_workbook(book: Path, host: subprocess.Popen[str]) -> None:
    for name, (step, moment, is_new) in DEATHS.items():
        write_sheets([spec(0.0, 400)], book)
        before = book.read_bytes()
        killed(host, f"{step} {moment}")
        assert (whole_value(book) == -1.0) is is_new, name
        assert is_new or book.read_bytes() == before, name
        assert len(temporary(book.parent)) == (0 if is_new or name == "before anything is written" else 1), name
    write_sheets([spec()], book)
    assert temporary(book.parent) == []


@pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL")
def test_a_run_killed_at_any_moment_leaves_a_whole_workbook(book: Path, host: subprocess.Popen[str]) -> None:
    write_sheets([spec(0.0, 400)], book)
    draw = random.Random(5)
    seen = set()
    for _ in range(4):
        killed(host, "endless", after=draw.uniform(0.02, 0.15))
        seen.add(whole_value(book))
    assert len(seen) > 1
    write_sheets([spec()], book)
    assert temporary(book.parent) == []


def test_a_temporary_file_of_a_killed_run_is_cleaned_up(book: Path) -> None:
    book.with_name(".plan.xlsx.abc.invopt-tmp").write_bytes(b"half")
    book.with_name(".other.xlsx.abc.invopt-tmp").write_bytes(b"half")
    write_sheets([spec()], book)
    assert temporary(book.parent) == [".other.xlsx.abc.invopt-tmp"]


@pytest.mark.parametrize(
    ("owner", "content", "who"),
    [
        (
            "~$plan.xlsx",
            b"\x08Ann Blue" + b" " * 46 + b"\x08\0" + "Ann Blue".encode("utf-16-le"),
            "Excel \\(by Ann Blue\\)",
        ),
        (".~lock.plan.xlsx#", b",bob,machine,21.11.2026 07:00,file:///home/bob;", "LibreOffice \\(by bob\\)"),
        ("~$plan.xlsx", b"", "Excel\\."),
    ],
)
def test_a_workbook_open_elsewhere_is_refused(book: Path, owner: str, content: bytes, who: str) -> None:
    before = book.read_bytes()
    book.with_name(owner).write_bytes(content)
    with pytest.raises(WorkbookBusyError, match=f"open in {who}") as caught:
        write_sheets([spec()], book)
    assert caught.value.exit_code == 3
    assert owner in str(caught.value)
    assert book.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
def test_two_runs_do_not_write_the_same_workbook(book: Path) -> None:
    with atomic.locked(book), pytest.raises(WorkbookBusyError, match="being written"):
        write_sheets([spec()], book)
    write_sheets([spec()], book)


def test_a_workbook_changed_since_it_was_read_is_refused(book: Path) -> None:
    read = fingerprint(book)
    write_sheets([spec()], book, unchanged_since=read)
    for since in (read, read.sha256):
        with pytest.raises(WorkbookBusyError, match="changed after it was read"):
            write_sheets([spec()], book, unchanged_since=since)
    write_sheets([spec()], book, unchanged_since=fingerprint(book).sha256)


def test_a_workbook_changed_while_we_write_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from invopt_xl.adapters.package import Package

    save = Package.save

    def meanwhile(self: Package, out: object) -> None:
        save(self, out)  # type: ignore[arg-type]
        other = openpyxl.Workbook()
        other.active.title = "Theirs"
        other.save(book)

    monkeypatch.setattr(Package, "save", meanwhile)
    with pytest.raises(WorkbookBusyError, match="changed after it was read"):
        write_sheets([spec()], book)
    assert openpyxl.load_workbook(book).sheetnames == ["Theirs"]


def test_the_dated_backup_is_the_old_workbook(book: Path) -> None:
    before = book.read_bytes()
    settings = Settings(backup="dated")
    result = write_sheets([spec()], book, settings=settings, now=NOW)
    assert result.backup == book.with_name("plan.2026-11-15_143000.bak.xlsx")
    assert result.backup.read_bytes() == before
    again = write_sheets([spec()], book, settings=settings, now=NOW)
    assert again.backup is not None
    assert again.backup != result.backup
    assert again.backup.suffix == ".xlsx"
    assert result.backup.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
def test_permissions_and_links_are_kept(book: Path, tmp_path: Path) -> None:
    book.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(book)
    result = write_sheets([spec()], link)
    assert link.is_symlink()
    assert result.path == book
    assert stat.S_IMODE(book.stat().st_mode) == 0o640
    assert "Plan" in openpyxl.load_workbook(book).sheetnames
    new = write_sheets([spec()], None, out=tmp_path / "new.xlsx").path
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(new.stat().st_mode) == 0o666 & ~mask


def test_a_read_only_workbook_is_refused(book: Path) -> None:
    before = book.read_bytes()
    book.chmod(0o444)
    with pytest.raises(WorkbookBusyError, match="read-only"):
        write_sheets([spec()], book)
    assert book.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "message"), [("plan.xlsm", "no macros"), ("plan.ods", "only .xlsx"), ("plan", "only .xlsx")]
)
def test_a_name_that_excel_would_refuse_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(WorkbookError, match=message):
        write_sheets([spec()], None, out=tmp_path / name)


def test_a_copy_must_keep_the_kind_of_the_workbook(book: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"must end in \.xlsx"):
        write_sheets([spec()], book, out=tmp_path / "copy.xlsm")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="folder"):
        write_sheets([spec()], None, out=tmp_path / "none" / "new.xlsx")
