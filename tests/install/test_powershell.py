"""The PowerShell of the Windows installer: parsed by a grammar of its own where one is installed, and read for its rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "install" / "windows"
_SCRIPTS = sorted(_FOLDER.glob("*.ps*1"))
_MODULE = _FOLDER / "InvOptXL.Install.psm1"
# learn.microsoft.com, "Approved Verbs for PowerShell Commands": those that this module uses
_VERBS = {"Copy", "Expand", "Get", "Install", "Invoke", "New", "Read", "Remove", "Show", "Start", "Stop", "Test"}
_VERBS |= {"Uninstall", "Wait", "Write"}
# every command of Windows PowerShell 5.1 that the scripts may call
_CMDLETS = """Add-Content ConvertFrom-Json ConvertTo-Json Copy-Item Expand-Archive Export-ModuleMember ForEach-Object
    Get-AuthenticodeSignature Get-ChildItem Get-Content Get-Date Get-FileHash Get-ItemProperty Get-Process Get-PSDrive
    Import-Module Invoke-WebRequest Join-Path New-Item New-Object Out-Host Out-Null Read-Host Remove-Item
    Remove-ItemProperty Set-ItemProperty Set-Location Set-StrictMode Sort-Object Split-Path Stop-Process Test-Path
    Unblock-File Wait-Process Where-Object Write-Host"""


def _text(path: Path) -> str:
    return path.read_bytes().decode("ascii").replace("\r\n", "\n")


def tokens(text: str) -> list[tuple[str, str]]:
    """Return (kind, text) of a script's parts: comment, string, word, variable, mark. Enough for scripts written as ours are."""
    pattern = re.compile(
        r"""(?P<comment><\#.*?\#>|\#[^\n]*)
        |(?P<string>'(?:[^']|'')*'|"(?:[^"`]|`.|"")*")
        |(?P<variable>\$[\w:]+|@\w+)
        |(?P<word>[A-Za-z_][\w-]*|-[A-Za-z]\w*|\d+)
        |(?P<mark>@\(|@\{|[][(){}|;,=+.&!:*%<>/-])
        |(?P<space>\s+)""",
        re.DOTALL | re.VERBOSE,
    )
    found, position = [], 0
    while position < len(text):
        match = pattern.match(text, position)
        assert match, f"no token at {text[position : position + 40]!r}"
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match[0]))
        position = match.end()
    return found


def _functions(text: str) -> list[str]:
    return re.findall(r"^function ([\w-]+) \{", text, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(_FOLDER.glob("*.[cp][ms]*")), ids=lambda path: path.name)
def test_a_script_is_ascii_with_the_line_ends_of_windows(path: Path) -> None:
    data = path.read_bytes()
    assert data.isascii()
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    assert data.endswith(b"\r\n")
    assert b"\t" not in data


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.name)
def test_a_script_parses_without_an_error(path: Path) -> None:
    grammar = pytest.importorskip("tree_sitter_powershell", reason="no grammar of PowerShell is installed")
    tree_sitter = pytest.importorskip("tree_sitter")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    todo, wrong = [parser.parse(path.read_bytes()).root_node], []
    while todo:
        node = todo.pop()
        todo += node.children
        if node.type == "ERROR" or node.is_missing:
            wrong.append((node.start_point, node.text))
    assert wrong == []


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.name)
def test_brackets_close_what_they_open(path: Path) -> None:
    pairs = {")": ("(", "@("), "}": ("{", "@{"), "]": ("[",)}
    opened: list[str] = []
    for kind, word in tokens(_text(path)):
        if kind == "mark" and word in ("(", "{", "[", "@(", "@{"):
            opened.append(word)
        elif kind == "mark" and word in pairs:
            assert opened, word
            assert opened.pop() in pairs[word]
    assert opened == []


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.name)
def test_only_known_cmdlets_and_own_functions_are_called(path: Path) -> None:
    """No alias either: an alias is no Verb-Noun."""
    known = set(_CMDLETS.split()) | set(_functions(_text(_MODULE)))
    called = {word for kind, word in tokens(_text(path)) if kind == "word" and re.fullmatch(r"[A-Z]\w*-\w+", word)}
    assert called - known == set()


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.name)
def test_every_command_word_is_a_cmdlet_or_a_keyword(path: Path) -> None:
    keywords = {"function", "param", "if", "elseif", "else", "foreach", "for", "while", "return", "try", "catch"}
    keywords |= {"finally", "throw", "exit", "CmdletBinding", "Parameter", "Mandatory"}
    parts = [each for each in tokens(_text(path)) if each[0] != "comment"]
    starts = ("{", "}", "(", "@(", "|", ";", "=", "&")
    for (_, before), (kind, word), (_, after) in zip(parts, parts[1:], parts[2:], strict=False):
        if kind == "word" and before in starts and word[0].isalpha() and after != "=":
            assert "-" in word or word in keywords, word


def test_functions_are_named_with_approved_verbs() -> None:
    names = _functions(_text(_MODULE))
    assert len(names) == len(set(names)) > 20
    assert {name.split("-")[0] for name in names} <= _VERBS


def test_every_function_is_called_somewhere() -> None:
    text = "\n".join(_text(path) for path in _SCRIPTS)
    for name in _functions(_text(_MODULE)):
        assert len(re.findall(rf"(?<![\w-]){name}(?![\w-])", text)) > 1, name


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.name)
def test_no_code_is_made_from_text_and_no_class_of_net_is_used(path: Path) -> None:
    code = "\n".join(word for kind, word in tokens(_text(path)) if kind != "comment")
    for forbidden in (
        "Invoke-Expression",
        "iex",
        "EncodedCommand",
        "Add-Type",
        "ScriptBlock",
        "DownloadString",
        "HKLM",
    ):
        assert not re.search(rf"(?i)(?<![\w-]){forbidden}", code), forbidden
    # constrained language mode, as companies set it, allows casts to plain types only
    types = set(re.findall(r"\[([A-Za-z.]+)(?:\[\])?\]", re.sub(r"(?m)#.*$", "", _text(path))))
    assert types <= {"string", "switch", "int", "object"}, types
    assert "::" not in code


def test_strict_mode_and_stop_on_error_are_set_first() -> None:
    for path in _SCRIPTS:
        assert "Set-StrictMode -Version 2\n$ErrorActionPreference = 'Stop'\n" in _text(path)


def test_every_folder_lies_below_the_users_profile() -> None:
    text = _text(_MODULE)
    # drive letters, program folders and the machine's registry are nowhere
    assert not re.search(r"(?i)['\"][a-z]:\\|ProgramFiles|ProgramData|SystemDrive|HKLM|windir", text)
    assert set(re.findall(r"\$env:(\w+)", text)) == {
        "APPDATA", "LOCALAPPDATA", "OS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432", "TEMP",
    }  # fmt: skip
    assert set(re.findall(r"'(HK\w\w):", text)) == {"HKCU"}


def test_a_recursive_removal_of_files_happens_in_one_guarded_place() -> None:
    text = _text(_MODULE)
    removals = [line for line in text.splitlines() if "Remove-Item " in line and "-Recurse" in line]
    files = [line for line in removals if "PSPath" not in line and "$key" not in line]
    assert [line.strip() for line in files] == ["Remove-Item -LiteralPath $Path -Recurse -Force"]
    guarded = text[text.index("function Remove-OwnFolder") :]
    assert guarded.index("throw") < guarded.index("Remove-Item")


def test_removal_keeps_the_order_numbers_already_issued() -> None:
    text = _text(_MODULE)
    body = text[text.index("function Get-OwnFolder") : text.index("function Uninstall-InvOptXL")]
    assert set(re.findall(r"'(\w+)'", body)) == {"versions", "addin", "logs"}
    # the whole folder goes only when nothing is left in it
    assert "if ($left.Count -eq 0) { Remove-OwnFolder -Path $root }" in text


def test_variables_are_set_before_they_are_read() -> None:
    """Strict mode stops at a name that was never set, such as a misspelt one."""
    given = {"$PSScriptRoot", "$PID", "$LASTEXITCODE", "$_", "$true", "$false", "$null", "$ErrorActionPreference"}
    for path in _SCRIPTS:
        parts = [word for kind, word in tokens(_text(path)) if kind != "comment"]
        known = set(given)
        for before, name, after in zip(parts, parts[1:], parts[2:], strict=False):
            if name.startswith("$") and (after in ("=", "in") or (before == "]" and after in (",", ")", "="))):
                known.add(name)
        read = {name for name in parts if name.startswith("$") and not name.startswith("$env:")}
        assert read - known == set()


def test_what_python_and_powershell_both_know_is_the_same() -> None:
    from invopt_xl.adapters.addin import excel_registration as ours
    from invopt_xl.adapters.addin import installing

    text = _text(_MODULE)
    for key in (ours.OPTIONS, ours.TRUSTED_LOCATIONS, ours.OWN_SETTINGS, ours.UNINSTALL):
        assert key.replace("HKCU\\", "HKCU:\\") in text
    for name in ("InvOpt XL server.lnk", "InvOpt XL doctor.lnk"):
        assert name in text
        assert name in Path(installing.__file__).read_text(encoding="utf-8")
    private = (_FOLDER.parent / "private_python.py").read_text(encoding="utf-8")
    for word in ("--bundle", "--log", "--offline", "complete.json"):
        assert word in text
        assert word in private


@pytest.mark.parametrize("name", ["Install", "Uninstall"])
def test_the_file_to_double_click_starts_its_script_for_this_process_only(name: str) -> None:
    text = _text(_FOLDER / f"{name}-InvOptXL.cmd")
    assert f'-NoProfile -ExecutionPolicy Bypass -File "%~dp0{name}-InvOptXL.ps1" %*' in text
    assert "Set-ExecutionPolicy" not in text
    assert "exit /b %CODE%" in text
