"""Writing a file so that it is the old one or the new one at every moment, and refusing while somebody else has it open."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from invopt_xl.errors import WorkbookBusyError, WorkbookError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_TEMP_SUFFIX = ".invopt-tmp"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Fingerprint:
    """What a file was when it was read: size [bytes], time of change [ns], digest of its bytes."""

    size: int
    mtime_ns: int
    sha256: str


def fingerprint(path: str | os.PathLike[str]) -> Fingerprint:
    """Return the fingerprint of a file.

    Raises
    ------
    WorkbookError
        The file cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            about = os.fstat(stream.fileno())
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _mapped(error, Path(path), "read") from error
    return Fingerprint(about.st_size, about.st_mtime_ns, digest)


def check_unchanged(path: Path, since: Fingerprint | str | None) -> None:
    """Raise WorkbookBusyError when the file differs from the fingerprint, or from the SHA-256 digest, that it had when read."""
    if not since:
        return
    now = fingerprint(path)
    if now.sha256 != (since if isinstance(since, str) else since.sha256):
        raise WorkbookBusyError(
            f"{path.name} was changed after it was read, so nothing was written. Run the plan again."
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file for writing; refuse when it is open elsewhere.

    Raises
    ------
    WorkbookBusyError
        An owner file of Excel or LibreOffice lies beside it, the operating system says it is in use, or another run writes it.
    WorkbookError
        The file is read-only or cannot be opened.
    """
    _refuse_owner_files(path)
    try:
        if not path.stat().st_mode & 0o222:  # also for a superuser, who may write anything
            raise PermissionError(errno.EACCES, "read-only", str(path))
        stream = path.open("r+b")
    except OSError as error:
        raise _mapped(error, path, "write") from error
    with stream:
        _lock(stream, path)
        yield


def _lock(stream: BinaryIO, path: Path) -> None:
    try:
        if sys.platform == "win32":
            # an open handle would block the replacement; Excel's own lock has shown when opening
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
            msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)
            stream.close()
        else:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOLCK, errno.EINVAL):
            return  # a network drive without locks: owner files and the fingerprint still protect
        raise WorkbookBusyError(
            f"{path.name} is being written by another program. Wait until it is done, then run again."
        ) from error


def _refuse_owner_files(path: Path) -> None:
    for owner, program in (
        (path.with_name("~$" + path.name), "Excel"),
        (path.with_name("~$" + path.name[2:]), "Excel"),
        (path.with_name(f".~lock.{path.name}#"), "LibreOffice"),
    ):
        if owner.exists():
            who = _owner(owner, program)
            raise WorkbookBusyError(
                f"{path.name} is open in {program}{who}. Close it there and run again. If nobody has it open, delete the leftover file {owner.name}."
            )


def _owner(owner: Path, program: str) -> str:
    """Return " (by somebody)" as the owner file says, or "" when it cannot be read."""
    try:
        data = owner.read_bytes()
    except OSError:
        return ""
    if program == "LibreOffice":
        fields = data.decode("utf-8", "replace").split(",")
        name = next((each.strip() for each in fields[:2] if each.strip()), "")
    else:
        # a length byte, then the name; from byte 55 the same in UTF-16
        name = data[1 : 1 + data[0]].decode("latin-1").strip("\0 ") if data else ""
    return f" (by {name})" if name.isprintable() and name else ""


def backup_name(path: Path, now: datetime) -> Path:
    """Return the name of a dated copy.

    >>> backup_name(Path("plan.xlsx"), datetime(2026, 11, 15, 14, 30)).name
    'plan.2026-11-15_143000.bak.xlsx'
    """
    return path.with_name(f"{path.stem}.{now:%Y-%m-%d_%H%M%S}.bak{path.suffix}")


def back_up(path: Path, now: datetime) -> Path:
    """Copy a file beside itself under a dated name that is free."""
    target, number = backup_name(path, now), 2
    while target.exists():
        target, number = backup_name(path, now).with_suffix(f".{number}{path.suffix}"), number + 1
    replace_file(target, lambda stream: _copy_into(path, stream))
    return target


def _copy_into(path: Path, stream: BinaryIO) -> None:
    with path.open("rb") as source:
        shutil.copyfileobj(source, stream, _CHUNK)


def replace_file(
    path: Path, write: Callable[[BinaryIO], None], *, before_replace: Callable[[], None] | None = None
) -> None:
    """Write a file beside `path` and put it in its place in one step.

    Parameters
    ----------
    path : Path
        May be a link: the file that it points to is replaced, the link stays.
    write : callable
        Writes the content into the stream.
    before_replace : callable, optional
        A last check; when it raises, nothing has happened.

    Raises
    ------
    WorkbookBusyError
        The file is in use.
    WorkbookError
        The folder cannot be written, the disk is full, and so on.
    """
    path = Path(os.path.realpath(path))
    remove_stale(path)
    temporary: Path | None = None
    try:
        number, name = tempfile.mkstemp(_TEMP_SUFFIX, f".{path.name}.", path.parent)
        temporary = Path(name)
        with os.fdopen(number, "w+b") as stream:
            _hold(stream)
            write(stream)
            stream.flush()
            _same_mode(path, temporary)
            os.fsync(stream.fileno())
        if before_replace is not None:
            before_replace()
        os.replace(temporary, path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise _mapped(error, path, "write") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def remove_stale(path: Path) -> None:
    """Remove temporary files that killed runs left beside `path`; those of running ones are locked and stay."""
    for stale in path.parent.glob(f".{_glob_escaped(path.name)}.*{_TEMP_SUFFIX}"):
        # it may vanish or be in use: then it is not ours to remove
        with contextlib.suppress(OSError):
            if sys.platform != "win32":
                with stale.open("r+b") as stream:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    stale.unlink()
            else:
                stale.unlink()


def _glob_escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _hold(stream: BinaryIO) -> None:
    if sys.platform != "win32":
        # no locks on this drive: the file is only less protected against clean-up by another run
        with contextlib.suppress(OSError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _same_mode(path: Path, temporary: Path) -> None:
    """Give the temporary file the permissions of the old file, or those of any new file."""
    if path.exists():
        mode = stat.S_IMODE(path.stat().st_mode)
    else:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    temporary.chmod(mode)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    # some network drives cannot sync a folder; the file itself is on disk
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _mapped(error: OSError, path: Path, act: str) -> WorkbookError:
    """Return our error for one of the operating system, with what to do."""
    if isinstance(error, FileNotFoundError):
        return WorkbookError(f"{path} was not found. Check the name and the folder.")
    if isinstance(error, IsADirectoryError):
        return WorkbookError(f"{path} is a folder, not a workbook.")
    if isinstance(error, PermissionError):
        if act == "write" and path.exists():
            return WorkbookBusyError(
                f"{path.name} is read-only or open elsewhere. Close it or take the read-only mark off, or give --out with another name."
            )
        return WorkbookBusyError(
            f"{path.name} cannot be {'written' if act == 'write' else 'read'}: no permission, or it is open elsewhere. Close it, or give --out with another folder."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WorkbookError(
            f"{path.name} was not written: the disk is full. The old file is unchanged; make room and run again."
        )
    return WorkbookError(
        f"{path.name} cannot be {'written' if act == 'write' else 'read'}: {error.strerror or error}. The old file is unchanged."
    )
