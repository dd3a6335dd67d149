"""LibreOffice on this machine: where its `unopkg` is, and what that does with extensions of this user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from invopt_xl.errors import WorkbookBusyError, WorkbookError

IDENTIFIER = "org.invopt.xl"
# [s]; the first start of an office makes its profile
_LIMIT_SECONDS = 180.0


@dataclass(frozen=True)
class Office:
    """One LibreOffice.

    Parameters
    ----------
    unopkg : Path
        Its program for extensions.
    profile : Path, optional
        Folder of the user profile; LibreOffice's own unless given.
    """

    unopkg: Path
    profile: Path | None = None

    def add(self, path: Path) -> None:
        """Put in an extension; one of the same identifier is replaced.

        Raises
        ------
        WorkbookError
            If LibreOffice refuses it, or is running.
        """
        self._run("add", "--force", "--suppress-license", str(path))

    def remove(self, identifier: str) -> None:
        """Take out an extension.

        Raises
        ------
        WorkbookError
            If LibreOffice does not let go of it, or is running.
        """
        self._run("remove", identifier)

    def has(self, identifier: str) -> bool:
        """Return whether an extension of this identifier is there."""
        listed = self._run("list")
        return any(line.partition(":")[2].strip() == identifier for line in listed.splitlines() if "Identifier" in line)

    def _run(self, *words: str) -> str:
        command = [str(self.unopkg), *words]
        if self.profile is not None:
            command.append(f"-env:UserInstallation={self.profile.resolve().as_uri()}")
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_LIMIT_SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
                env=for_office(os.environ, system=sys.platform),
            )
        except subprocess.TimeoutExpired as error:
            raise WorkbookBusyError(
                f"LibreOffice: {self.unopkg.name} {words[0]} did not end within {_LIMIT_SECONDS:.0f} seconds. "
                "Close LibreOffice (also the quick starter) and try again."
            ) from error
        except OSError as error:
            raise WorkbookError(f"LibreOffice: {self.unopkg} cannot be started ({error.strerror or error}).") from error
        said = (done.stdout + done.stderr).strip()
        if done.returncode:
            raise _refused(words[0], said)
        return said


def _refused(act: str, said: str) -> WorkbookError:
    last = said.splitlines()[-1].strip() if said else "no reason given"
    if "another instance" in said.lower() or "concurrent" in said.lower() or "lock" in said.lower():
        return WorkbookBusyError(
            f"LibreOffice is running, so extensions cannot be changed ({last}). Close it (also the quick starter) and try again."
        )
    return WorkbookError(
        f"LibreOffice: unopkg {act} failed: {last}. Where LibreOffice's Python is a package of its own "
        "(python3-uno on Debian and Ubuntu), install it."
    )


def for_office(environment: Mapping[str, str], *, system: str) -> dict[str, str]:
    """Return an environment in which the office's Python is not led astray by ours.

    Where the office uses the system's Python, that looks for its library beside the first `python3` on the PATH: with an activated environment, or
    one chosen by a version manager, in front it finds that one's and misses `uno`.
    """
    kept = {
        name: value for name, value in environment.items() if not name.startswith(("PYTHON", "PYENV", "VIRTUAL_ENV"))
    }
    if system not in ("win32", "darwin"):
        kept["PATH"] = os.pathsep.join(["/usr/bin", "/bin", environment.get("PATH", "")])
    return kept


def find_office() -> Office:
    """Return the LibreOffice of this machine.

    Raises
    ------
    WorkbookError
        If there is none in the places where installers put it, nor on the PATH.
    """
    places = list(_places(sys.platform, os.environ))
    for place in places:
        if place.is_file():
            return Office(place)
    raise WorkbookError(
        "LibreOffice was not found: unopkg is neither on the PATH nor in "
        f"{', '.join(str(place.parent) for place in places) or 'any usual place'}. "
        "Install LibreOffice, or set the variable INVOPT_UNOPKG to its unopkg."
    )


def _places(system: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where `unopkg` may be, the most particular place first."""
    if environment.get("INVOPT_UNOPKG"):
        yield Path(environment["INVOPT_UNOPKG"])
    if system == "win32":
        # unopkg.com waits and writes to the console; unopkg.exe does neither
        folders = [environment.get(name) for name in ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)")]
        yield from (Path(folder) / "LibreOffice" / "program" / "unopkg.com" for folder in folders if folder)
    elif system == "darwin":
        bundle = Path("Applications/LibreOffice.app/Contents/MacOS/unopkg")
        yield from (Path("/") / bundle, Path.home() / bundle)
    found = shutil.which("unopkg", path=environment.get("PATH"))
    if found:
        yield Path(found)
    if system not in ("win32", "darwin"):
        yield from (Path("/usr/lib/libreoffice/program/unopkg"), Path("/usr/lib64/libreoffice/program/unopkg"))
        yield from sorted(Path("/opt").glob("libreoffice*/program/unopkg"), reverse=True)
        yield Path("/snap/bin/libreoffice.unopkg")
