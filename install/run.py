"""Set everything up and run one job, on any system, with nothing but Python 3.11 or newer and a network.

    python install/run.py demo     generate the demo workbook, plan it, and say where the result is
    python install/run.py test     run all tests
    python install/run.py style    lint, format and types
    python install/run.py wheel    build the wheel into dist/
    python install/run.py setup    only set up

The set-up is a virtual environment in `.venv` beside this folder, filled from `install/lock.txt` (pinned versions with hashes).
It is made once and again only when the lock file changes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "install" / "lock.txt"
ENVIRONMENT = ROOT / ".venv"
MARK = ENVIRONMENT / "lock.sha256"
#: Set for every child: one process with many threads gains nothing on small machines, and results do not depend on it.
CHILD_ENVIRONMENT = {**os.environ, "PYTHONUTF8": "1"}


def main(words: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anything is installed
        print(
            f"InvOpt XL needs Python 3.11 or newer; this is {sys.version.split()[0]}. Install a newer one and try again."
        )
        return 2
    jobs = {"setup": [], "demo": [demo], "test": [test], "style": [lint, types], "wheel": [wheel]}
    if len(words) < 1 or words[0] not in jobs:
        print(__doc__)
        return 2
    set_up()
    for job in jobs[words[0]]:
        code = job(words[1:])
        if code:
            return code
    return 0


def python() -> str:
    folder = "Scripts" if os.name == "nt" else "bin"
    return str(ENVIRONMENT / folder / ("python.exe" if os.name == "nt" else "python"))


def run(*command: str) -> int:
    print("+", " ".join(Path(word).name if index == 0 else word for index, word in enumerate(command)), flush=True)
    return subprocess.call(command, cwd=ROOT, env=CHILD_ENVIRONMENT)


def set_up() -> None:
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if MARK.exists() and MARK.read_text() == wanted:
        return
    print(f"Setting up {ENVIRONMENT} (once, some minutes) ...", flush=True)
    if not Path(python()).exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=ENVIRONMENT.exists())
    steps = (
        ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCK)),
        (
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-build-isolation",
            "--editable",
            str(ROOT),
        ),
    )
    for step in steps:
        if run(python(), *step):
            sys.exit(
                "Setting up failed; see the lines above. Is there a network? A proxy is taken from the variable HTTPS_PROXY."
            )
    MARK.write_text(wanted)


def demo(words: list[str]) -> int:
    return run(python(), "-m", "invopt_xl.adapters.cli", "demo", *words)


def test(words: list[str]) -> int:
    # every test file runs on one processor, the files side by side
    return run(python(), "-m", "pytest", "-n", "auto", "--dist", "loadfile", *words)


def lint(_: list[str]) -> int:
    return run(python(), "-m", "ruff", "check", ".") or run(python(), "-m", "ruff", "format", "--check", ".")


def types(_: list[str]) -> int:
    return run(python(), "-m", "mypy")


def wheel(_: list[str]) -> int:
    return run(python(), "-m", "build", "--no-isolation", "--wheel", "--outdir", "dist")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
