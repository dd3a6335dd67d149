"""Fills the private Python of one installed version, has Excel load its add-in, and removes former versions.

    python -I -X utf8 private_python.py --bundle FOLDER [--offline] [--dry-run] [--log FILE]

It is run by the installers, with the very Python that it fills, and needs nothing but its standard library. The folder of
that Python lies in the folder of its version; a file complete.json there says that everything is in place. Only after
that is Excel told of the new version, and only after that are former versions removed: whenever it is interrupted, the
old version works or the new one does.

Exit codes: 0 done; 2 cannot be done, the reason is told; 3 Excel is open.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

DONE, REFUSED, EXCEL_OPEN = 0, 2, 3
MANIFEST, PINS, REQUIREMENTS, WHEELS = "manifest.json", "pins.json", "requirements.txt", "wheels"
COMPLETE = "complete.json"
#: Loaded once after the installation: what is missing of Windows' own libraries, or was taken by antivirus software, shows here.
TRIED = ("numpy", "pandas", "scipy", "numba", "pyarrow", "lxml", "openpyxl", "python_calamine", "fastexcel", "xlwings")
#: Of Microsoft's C++ runtime: the standard library, and OpenMP.
RUNTIME = ("msvcp140.dll", "vcomp140.dll")


class Refused(Exception):
    """The installation cannot go on; the text says why and what to do."""

    def __init__(self, text: str, exit_code: int = REFUSED) -> None:
        super().__init__(text)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Private:
    """The Python to fill, and what it is filled from.

    Parameters
    ----------
    home : Path
        Its folder; the folder above is that of the version.
    program : Path
        Its interpreter.
    bundle : Path
        Folder with manifest.json, requirements.txt and wheels.
    offline : bool
        True: nothing but the bundle's wheels may be used.
    log : Path or None
        File to which every line goes too.
    """

    home: Path
    program: Path
    bundle: Path
    offline: bool
    log: Path | None

    @property
    def version_folder(self) -> Path:
        return self.home.parent

    @property
    def has_wheels(self) -> bool:
        """Whether the bundle holds the libraries, or only what no index has."""
        return len(list((self.bundle / WHEELS).glob("*.whl"))) > 2


@dataclass(frozen=True)
class Step:
    """One step: what it is called, and what it does."""

    name: str
    act: Callable[[], None]
    command: tuple[str, ...] = ()


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--bundle", type=Path, required=True, help="folder with manifest.json and wheels")
    parser.add_argument("--offline", action="store_true", help="use no network")
    parser.add_argument("--dry-run", action="store_true", help="print the steps as JSON and do none")
    parser.add_argument("--log", type=Path, help="file to which every line goes too")
    given = parser.parse_args(words)
    private = Private(Path(sys.prefix), Path(sys.executable), given.bundle.resolve(), given.offline, given.log)
    return carry_out(private, dry_run=given.dry_run)


def carry_out(private: Private, *, dry_run: bool = False) -> int:
    """Do all steps, or print them; return the exit code."""
    try:
        planned = steps(private)
        if dry_run:
            print(json.dumps([{"step": each.name, "command": list(each.command)} for each in planned], indent=1))
            return DONE
        for number, step in enumerate(planned, 1):
            say(private, f"[{number}/{len(planned)}] {step.name}")
            step.act()
    except Refused as error:
        say(private, str(error))
        return error.exit_code
    except OSError as error:
        say(
            private,
            f"The system refused a step: {error}. Next step: close Excel, let antivirus software finish, run the installer again.",
        )
        return REFUSED
    return DONE


def steps(private: Private) -> list[Step]:
    """Return the steps, in their order."""
    pip, package = _pip(private), _package(private)
    libraries = (*pip, "--require-hashes", "-r", str(private.bundle / REQUIREMENTS))
    ours = (*pip, "--no-index", str(package))
    tried = (*_python(private), "-c", f"import {', '.join(TRIED)}")
    ready = (*_python(private), "-m", "invopt_xl.adapters.cli", "--version")
    register = (*_python(private), "-m", "invopt_xl.adapters.cli", "addin", "install")
    return [
        Step("check the files of the installer", lambda: check_files(private.bundle)),
        Step("keep the user's own Python out", lambda: write_path_file(private.home)),
        Step("install the libraries", lambda: _run(private, libraries, _libraries_failed(private)), libraries),
        Step("lay the C++ runtime beside it where Windows has none", lambda: place_runtime(private)),
        Step(
            "install InvOpt XL",
            lambda: _run(private, ours, "InvOpt XL itself was not installed; see the lines above."),
            ours,
        ),
        Step("try the libraries", lambda: _run(private, tried, _trial_failed(private)), tried),
        Step("try InvOpt XL", lambda: _run(private, ready, _trial_failed(private)), ready),
        Step("note that this version is complete", lambda: mark_complete(private)),
        Step(
            "have Excel load it, and compile what plans compute with (a minute or two)",
            lambda: _run(private, register, "Excel was not told of the new version; the one before stays in use."),
            register,
        ),
        Step("remove former versions", lambda: remove_former(private)),
    ]


def check_files(bundle: Path) -> None:
    """Compare every file of the bundle with the hash that its manifest gives."""
    manifest = _json(bundle / MANIFEST)
    for name, expected in manifest["files"].items():
        path = bundle / name
        if not path.is_file():
            raise Refused(f"{name} is missing in {bundle}. Next step: unpack the installer again, completely.")
        if digest(path) != expected:
            raise Refused(
                f"{name} is not the file that was packed (SHA-256 {digest(path)}, expected {expected}). "
                "Next step: get the installer again; do not use this one."
            )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_path_file(home: Path) -> None:
    """Name what this Python may import from: with this file, it heeds neither the registry nor environment variables.

    Only the embeddable Python of Windows has such a file; a virtual environment has none.
    """
    for path in home.glob("python*._pth"):
        lines = (f"{path.stem}.zip", ".", "Lib\\site-packages", "import site")
        path.write_text("\n".join(lines) + "\n", encoding="ascii")


def place_runtime(private: Private) -> None:
    """Copy what Windows lacks of Microsoft's C++ runtime from scikit-learn's folder to beside python.exe, where it is found first.

    numba and lightgbm for Windows need these files and do not bring them (read from the files' import tables). What Windows
    has itself is newer or as new, and is left to be used.
    """
    if not any(private.home.glob("python*._pth")):
        return
    windows = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
    for name in RUNTIME:
        source, target = private.home / "Lib" / "site-packages" / "sklearn" / ".libs" / name, private.home / name
        if source.is_file() and not (windows / name).exists() and not target.exists():
            shutil.copy2(source, target)
            say(private, f"    {name} is not in {windows}; copied from scikit-learn")


def mark_complete(private: Private) -> None:
    """Write complete.json, in one step."""
    manifest = private.bundle / MANIFEST
    told = {
        "version": _json(manifest)["version"],
        "manifest_sha256": digest(manifest),
        "python": sys.version.split()[0],
        "installed": datetime.now().isoformat(timespec="seconds"),
    }
    path = private.version_folder / COMPLETE
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def remove_former(private: Private) -> None:
    """Remove the folders of other versions. One that is in use is renamed or left; the next installation tries again."""
    for folder in sorted(private.version_folder.parent.iterdir()):
        if folder == private.version_folder or not folder.is_dir():
            continue
        gone = folder.with_name(f"{folder.name}.removed")
        try:
            # all or nothing: a folder with a program running in it cannot be renamed on Windows
            if folder.suffix != ".removed":
                folder.rename(gone)
                folder = gone
            shutil.rmtree(folder)
        except OSError as error:
            say(
                private,
                f"{folder} is still in use and stays for now ({error.strerror or error}); the next installation removes it.",
            )


def say(private: Private, line: str) -> None:
    """Tell a line on the screen and in the log."""
    print(line, flush=True)
    if private.log is not None:
        private.log.parent.mkdir(parents=True, exist_ok=True)
        with private.log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {line}\n")


def _python(private: Private) -> tuple[str, ...]:
    return (str(private.program), "-I", "-X", "utf8")


def _pip(private: Private) -> tuple[str, ...]:
    """Return the start of a pip command; pip is run from its wheel, so nothing of it stays behind."""
    wheel = private.bundle / WHEELS / _json(private.bundle / PINS)["pip"]["file"]
    if not wheel.is_file():
        raise Refused(f"{wheel.name} is missing in {wheel.parent}. Next step: unpack the installer again, completely.")
    # offline: neither variables nor configuration files may lead elsewhere; online, a company's index and proxy are heeded
    offline = private.offline or private.has_wheels
    words = ["install", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--no-warn-script-location"]
    words += ["--only-binary", ":all:", "--no-deps", "--progress-bar", "off", "--quiet"]
    words += ["--isolated", "--no-index", "--find-links", str(private.bundle / WHEELS)] if offline else []
    return (*_python(private), str(wheel / "pip"), *words)


def _package(private: Private) -> Path:
    found = sorted((private.bundle / WHEELS).glob("invopt_xl-*.whl"))
    if len(found) != 1:
        raise Refused(
            f"{private.bundle / WHEELS} must hold one wheel of InvOpt XL, found {len(found)}. Next step: unpack the installer again, into an empty folder."
        )
    return found[0]


def _run(private: Private, command: tuple[str, ...], failed: str) -> None:
    """Run a command, its lines into ours; refuse with its exit code when it fails."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
        cwd=private.home,
    )
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        say(private, f"    {line}")
    if done.returncode:
        raise Refused(failed, EXCEL_OPEN if done.returncode == EXCEL_OPEN else REFUSED)


def _libraries_failed(private: Private) -> str:
    if private.offline or private.has_wheels:
        return "The libraries were not installed from the folder wheels; see the lines above. Next step: get the installer again, or ask IT."
    return (
        "The libraries were not installed; see the lines above. Is there a network? A proxy is taken from the variable HTTPS_PROXY. "
        "Next step: try again, or use the offline installer."
    )


def _trial_failed(private: Private) -> str:
    return (
        f"The new version does not start (see the lines above), so the one before stays in use. Antivirus software may hold files of {private.home} back, "
        "or the Microsoft Visual C++ Redistributable (x64) is missing. Next step: show IT these lines."
    )


def _json(path: Path) -> dict[str, dict[str, str]]:
    try:
        told: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}. Next step: unpack the installer again, completely.") from error
    return told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
