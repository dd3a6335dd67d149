"""INV_ formulas in .xlsx files that a real Calc saves: read again by Calc and by openpyxl, and given their names by the next plan."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from invopt_xl.adapters.calc_addin.description import SERVICE, method_name
from invopt_xl.adapters.function_registry import FUNCTIONS
from invopt_xl.adapters.package import Package
from invopt_xl.adapters.writing import write_sheets
from invopt_xl.adapters.xlsx.calc_names import give_excel_names, with_excel_names
from invopt_xl.core.data_check_sheet import data_check_sheet
from invopt_xl.core.findings import findings_frame
from tests.hosts.calc_office import needs_calc, office

_EOQ = 304.0467800264368
_FORMULAS = {
    "A1": "=INV_EOQ(1300;8;1;0.225)",
    "A2": '="inv"&INV_ABC(B1)&"ORG.INVOPT.XL.FUNCTIONS.INVEOQ("',
    "A3": "=2*INV_EOQ(1300;8;1;0.225)+INV_SAFETYSTOCK(100;3)",
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_every_name_is_given_back(function: object) -> None:
    written = f"{SERVICE}.{method_name(function)}".upper()  # type: ignore[arg-type]
    part = f"<c><f>SUM({written} (A1),{written}(2))</f></c><formula1>{written}(A1)</formula1>".encode()
    name = function.name  # type: ignore[attr-defined]
    assert with_excel_names(part) == f"<c><f>SUM({name} (A1),{name}(2))</f></c><formula1>{name}(A1)</formula1>".encode()
    # what docs/calc.md tells a planner to do in Excel's Find and Replace
    assert written.replace("ORG.INVOPT.XL.FUNCTIONS.INV", "INV_") == name


@pytest.mark.parametrize(
    "part",
    [
        b"<v>ORG.INVOPT.XL.FUNCTIONS.INVEOQ(1)</v>",
        b'<f>"ORG.INVOPT.XL.FUNCTIONS.INVEOQ(1)"&amp;A1</f>',
        b"<f>&quot;ORG.INVOPT.XL.FUNCTIONS.INVEOQ(1)&quot;&amp;A1</f>",
        b"<f>MY.ORG.INVOPT.XL.FUNCTIONS.INVEOQ(1)</f>",
        b"<f>ORG.INVOPT.XL.FUNCTIONS.INVNOSUCH(1)</f>",
    ],
)
def test_texts_values_and_other_names_are_left_alone(part: bytes) -> None:
    assert with_excel_names(part) == part


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with INV_ formulas as Calc saves it."""
    needs_calc()
    calc, path = office(), tmp_path_factory.mktemp("calc") / "from_calc.xlsx"
    document = calc.do("open_document")
    calc.do("fill", document, "Sheet1", 1, 0, [[70.0]])
    for address, formula in _FORMULAS.items():
        calc.ask(document, formula, cell=address)
    calc.do("save", document, path.as_uri(), "Calc MS Excel 2007 XML")
    calc.do("close", document)
    return path


@pytest.mark.libreoffice
def test_openpyxl_keeps_formulas_and_values_of_a_workbook_that_calc_saved(saved: Path, tmp_path: Path) -> None:
    openpyxl.load_workbook(saved).save(tmp_path / "again.xlsx")
    for path in (saved, tmp_path / "again.xlsx"):
        sheet = openpyxl.load_workbook(path).active
        assert re.fullmatch(r"=(ORG\.INVOPT\.XL\.FUNCTIONS\.INVEOQ|INV_EOQ)\(1300,8,1,0\.225\)", sheet["A1"].value)
    assert openpyxl.load_workbook(saved, data_only=True).active["A1"].value == pytest.approx(_EOQ)


@pytest.mark.libreoffice
def test_the_next_plan_gives_the_names_that_excel_knows(saved: Path, tmp_path: Path) -> None:
    copy = tmp_path / "planned.xlsx"
    result = write_sheets([data_check_sheet(findings_frame([]))], saved, out=copy)
    formulas = [cell.value for cell in openpyxl.load_workbook(copy)["Sheet1"]["A"]]
    assert formulas[0] == "=INV_EOQ(1300,8,1,0.225)"
    assert formulas[1] == '="inv"&INV_ABC(B1)&"ORG.INVOPT.XL.FUNCTIONS.INVEOQ("'
    assert formulas[2] == "=2*INV_EOQ(1300,8,1,0.225)+INV_SAFETYSTOCK(100,3)"
    # an office that writes them itself leaves nothing to say
    said = [each.text for each in result.findings if "LibreOffice" in each.text]
    assert bool(said) == (b"ORG.INVOPT" in _formulas(saved).replace(b"&quot;ORG", b"").replace(b'"ORG', b""))
    document = office().do("open_document", copy.as_uri())
    shown = [value for ((_, value),) in office().do("read", document, "Sheet1", "A1:A3")]
    assert shown[0] == pytest.approx(_EOQ), "Calc reads them, too"
    assert shown[1].startswith("invA")
    office().do("close", document)


def _formulas(path: Path) -> bytes:
    with zipfile.ZipFile(path) as parts:
        return b"".join(re.findall(rb"<f[^>]*>[^<]*<", parts.read("xl/worksheets/sheet1.xml")))


def test_a_workbook_that_another_program_saved_is_not_looked_at(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "=ORG.INVOPT.XL.FUNCTIONS.INVEOQ(1300,8,1,0.225)"
    book.save(tmp_path / "book.xlsx")
    with Package.open(tmp_path / "book.xlsx") as package:
        assert give_excel_names(package) == 0
