"""Makes the installer for planners: one folder, and a zip of it, with everything that a planner's computer needs.

    python install/run.py wheel
    python install/make_offline.py --interpreter python-3.11.9-embed-amd64.zip     for Windows x64, made on any system
    python install/make_offline.py --small                                         libraries come from the network later
    python install/make_offline.py --system macos                                  made on a Mac, for Macs like it

The libraries are those of requirements.txt, downloaded with pip as built files only and compared with their hashes. Python
for Windows is the file that pins.json names, from python.org; it is compared with the hash given there. Without
--interpreter the installer downloads it on the planner's computer. At the end the SHA-256 of manifest.json is printed: who
passes the installer on can give it to `Install-InvOptXL.ps1 -ManifestHash`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

INSTALL = Path(__file__).resolve().parent
_SHARED = ("private_python.py", "pins.json", "README.md")
_WINDOWS = (
    "Install-InvOptXL.cmd",
    "Install-InvOptXL.ps1",
    "InvOptXL.Install.psm1",
    "Uninstall-InvOptXL.cmd",
    "Uninstall-InvOptXL.ps1",
    "requirements.txt",
)
_MACOS = ("install.command", "uninstall.command", "requirements.txt")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--system", choices=("windows", "macos"), default="windows")
    parser.add_argument("--interpreter", type=Path, help="Python for Windows, the file that pins.json names")
    parser.add_argument("--wheel", type=Path, help="wheel of InvOpt XL (default: the only one in dist/)")
    parser.add_argument("--out", type=Path, default=Path("dist"), help="folder to write into (default: %(default)s)")
    parser.add_argument(
        "--small", action="store_true", help="leave out the libraries; the installer then needs a network"
    )
    given = parser.parse_args(words)
    if given.system == "macos" and not given.small and sys.platform != "darwin":
        return _stop(
            "Libraries for a Mac are collected on a Mac with the same processor and Python. Here, add --small."
        )
    wheel = given.wheel or _only_wheel(INSTALL.parent / "dist")
    if wheel is None:
        return _stop("There must be one wheel of InvOpt XL in dist/. Run: python install/run.py wheel")
    pins = json.loads((INSTALL / "pins.json").read_text(encoding="utf-8"))
    if given.interpreter is not None and digest(given.interpreter) != pins["interpreter"]["sha256"]:
        return _stop(
            f"{given.interpreter} is not {pins['interpreter']['file']} as pins.json knows it. Get it from {pins['interpreter']['url']}."
        )
    folder = given.out / f"InvOptXL-{_version(wheel)}-{given.system}"
    if folder.exists():
        shutil.rmtree(folder)
    copy_scripts(folder, given.system)
    shutil.copy2(wheel, folder / "wheels")
    if given.interpreter is not None and given.system == "windows":
        shutil.copy2(given.interpreter, folder / pins["interpreter"]["file"])
    download(folder, pins, system=given.system, libraries=not given.small)
    manifest = write_manifest(folder, version=_version(wheel), system=given.system)
    archive = shutil.make_archive(str(folder), "zip", folder.parent, folder.name)
    print(f"Written: {archive}")
    print(f"SHA-256 of manifest.json: {digest(manifest)}")
    return 0


def copy_scripts(folder: Path, system: str) -> None:
    """Copy what is no wheel, with the line ends that each system needs (the files here have them already)."""
    (folder / "wheels").mkdir(parents=True)
    for name in _SHARED:
        shutil.copy2(INSTALL / name, folder)
    for name in _WINDOWS if system == "windows" else _MACOS:
        shutil.copy2(INSTALL / system / name, folder)


def download(folder: Path, pins: dict[str, dict[str, str]], *, system: str, libraries: bool) -> None:
    """Have pip fetch its own wheel, and the libraries, each compared with its hash."""
    with tempfile.TemporaryDirectory() as scratch:
        own = Path(scratch) / "pip.txt"
        own.write_text(f"pip=={pins['pip']['version']} --hash=sha256:{pins['pip']['sha256']}\n", encoding="ascii")
        for requirements in [own, folder / "requirements.txt"] if libraries else [own]:
            subprocess.run(download_command(requirements, folder / "wheels", pins, system=system), check=True)


def download_command(requirements: Path, into: Path, pins: dict[str, dict[str, str]], *, system: str) -> list[str]:
    """Return the pip command that fetches built files for a system, whatever system this is."""
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    words += ["--require-hashes", "--only-binary", ":all:", "--dest", str(into), "--requirement", str(requirements)]
    if system == "windows":
        version = ".".join(pins["interpreter"]["version"].split(".")[:2])
        words += ["--platform", "win_amd64", "--python-version", version, "--implementation", "cp"]
    return words


def write_manifest(folder: Path, *, version: str, system: str) -> Path:
    """Write manifest.json: the SHA-256 of every file of the folder."""
    path = folder / "manifest.json"
    names = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file() and each != path)
    told = {
        "product": "InvOpt XL",
        "version": version,
        "system": system,
        "files": {name: digest(folder / name) for name in names},
    }
    path.write_bytes((json.dumps(told, indent=1) + "\n").encode("ascii"))
    return path


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _only_wheel(folder: Path) -> Path | None:
    found = sorted(folder.glob("invopt_xl-*.whl"))
    return found[0] if len(found) == 1 else None


def _version(wheel: Path) -> str:
    return wheel.name.split("-")[1]


def _stop(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
