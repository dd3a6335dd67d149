"""`invopt addin build | install | uninstall --host calc`: one file, the same bytes everywhere; LibreOffice found, and its refusals told."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

import invopt_xl
from invopt_xl.adapters.calc_addin import office as office_module
from invopt_xl.adapters.calc_addin import sources as sources_module
from invopt_xl.adapters.calc_addin.command import build, extension_bytes, install, uninstall
from invopt_xl.adapters.calc_addin.office import IDENTIFIER, Office, find_office
from invopt_xl.adapters.calc_addin.sources import read_sources, sources_folder
from invopt_xl.errors import WorkbookBusyError, WorkbookError

_ROOT = Path(invopt_xl.__file__).resolve().parent.parent
_MANIFEST = "{http://openoffice.org/2001/manifest}"


def test_the_file_is_written_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = build(tmp_path / "new" / "Other.oxt")
    assert asked == tmp_path / "new" / "Other.oxt"
    assert build(tmp_path) == tmp_path / "InvOptXL.oxt"
    monkeypatch.chdir(tmp_path / "new")
    assert build(None).resolve() == (tmp_path / "new" / "InvOptXL.oxt").resolve()
    assert asked.read_bytes() == (tmp_path / "InvOptXL.oxt").read_bytes()


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"ending \.oxt"):
        build(tmp_path / "InvOptXL.zip")


def test_time_zone_folder_hash_seed_and_line_endings_change_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(sources_folder(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.rglob("*.*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
            os.utime(path, (0, 0))
    code = (
        "import hashlib, pathlib, sys; from invopt_xl.adapters.calc_addin.command import extension_bytes;"
        "from invopt_xl.adapters.calc_addin.sources import read_sources;"
        "print(hashlib.sha256(extension_bytes(read_sources(pathlib.Path(sys.argv[1])))).hexdigest())"
    )
    environment = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(copy)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(extension_bytes(read_sources())).hexdigest()


def test_the_manifest_names_every_part_that_the_office_must_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as package:
        names = set(package.namelist())
        manifest = ElementTree.fromstring(package.read("META-INF/manifest.xml"))
        description = package.read("description.xml").decode()
        assert package.testzip() is None
    listed = {each.get(_MANIFEST + "full-path") for each in manifest}
    assert listed <= names
    assert {name for name in names if name.endswith((".xcu", ".idl"))} <= listed
    assert "interpreter.txt" not in names, "an extension that is handed on names no computer's Python"
    assert f'value="{invopt_xl.__version__}"' in description
    assert "@" not in description
    assert not [name for name in names if "__pycache__" in name]


def test_missing_sources_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources_module, "_PLACES", (tmp_path / "none",))
    with pytest.raises(WorkbookError, match="Install InvOpt XL again"):
        read_sources()


def test_sources_in_another_encoding_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# \xff")
    with pytest.raises(WorkbookError, match=r"a\.py, byte 2: not UTF-8"):
        read_sources(tmp_path)


def _stand_in(folder: Path, body: str) -> Path:
    """Return a program in the place of unopkg, that notes its words."""
    script = folder / "unopkg"
    script.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/words"\n{body}\n')
    script.chmod(0o755)
    return script


_needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-in for unopkg is a shell script")


@_needs_scripts
def test_install_puts_in_an_extension_that_names_this_python(tmp_path: Path) -> None:
    kept = tmp_path / "kept.oxt"
    unopkg = _stand_in(tmp_path, f'for word in "$@"; do case "$word" in *.oxt) cp "$word" "{kept}";; esac; done')
    said = install(office=Office(unopkg))
    assert "=INV_STATUS()" in said
    with zipfile.ZipFile(kept) as package:
        assert package.read("interpreter.txt").decode().strip() == sys.executable
    words = (tmp_path / "words").read_text().split()
    assert words[:3] == ["add", "--force", "--suppress-license"]
    assert Path(words[3]).name == "InvOptXL.oxt"


@_needs_scripts
def test_uninstall_removes_what_is_there_and_says_when_there_is_nothing(tmp_path: Path) -> None:
    unopkg = _stand_in(tmp_path, f'[ "$1" = list ] && echo "Identifier: {IDENTIFIER}"; true')
    assert "no longer" in uninstall(office=Office(unopkg, tmp_path / "a profile"))
    words = (tmp_path / "words").read_text().splitlines()
    assert [line.split()[:2] for line in words][1] == ["remove", IDENTIFIER]
    assert "a%20profile" in words[0]
    assert "nothing to remove" in uninstall(
        office=Office(_stand_in(tmp_path, f"echo 'Identifier: {IDENTIFIER}.other'"))
    )


@_needs_scripts
def test_a_refusal_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"no such media type.*python3-uno"):
        install(office=Office(_stand_in(tmp_path, "echo 'ERROR: no such media type' >&2; exit 1")))
    with pytest.raises(WorkbookBusyError, match="Close it"):
        install(
            office=Office(
                _stand_in(tmp_path, "echo 'unopkg: could not acquire lock, is another instance running?'; exit 1")
            )
        )
    with pytest.raises(WorkbookError, match="cannot be started"):
        install(office=Office(tmp_path / "none"))


@pytest.mark.parametrize(
    ("system", "environment", "place"),
    [
        ("win32", {"ProgramW6432": "C:\\Program Files"}, "LibreOffice/program/unopkg.com"),
        ("darwin", {}, "LibreOffice.app/Contents/MacOS/unopkg"),
        ("linux", {}, "/usr/lib/libreoffice/program/unopkg"),
        ("linux", {"INVOPT_UNOPKG": "/mine/unopkg"}, "/mine/unopkg"),
    ],
)
def test_libreoffice_is_looked_for_where_installers_put_it(
    system: str, environment: dict[str, str], place: str
) -> None:
    places = [path.as_posix() for path in office_module._places(system, {"PATH": "", **environment})]
    assert any(each.endswith(place) for each in places)


def test_without_libreoffice_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(office_module, "_places", lambda *_: iter([tmp_path / "program" / "unopkg"]))
    with pytest.raises(WorkbookError, match="Install LibreOffice"):
        find_office()
