"""Excel on any machine: xlwings' own path for worksheet functions, with only Windows underneath it faked.

`fake_excel()` gives xlwings' real `XLPython.CallUDF`, `call_udf` and conversion a pywin32 that does what they ask of it: ranges with values
and addresses, workbooks with names. It is a context: outside of it xlwings and our modules are the ones that were there before. What it cannot
show: how COM carries a value (VARIANT types), apartments and threads, the DLL, and when Excel recalculates.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import sys
import types
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from invopt_xl.adapters.function_registry import ERROR_BASE, ERROR_MARK, ERROR_NUMBERS, HOST_MODULE, MISSING

#: What pywin32 hands over for an argument that was left out: DISP_E_PARAMNOTFOUND.
COM_MISSING = -2147352572
_RANGE_CLASS = "{00020846-0000-0000-C000-000000000046}"
#: Modules that are swapped while the fake is there.
_OURS = ("xlwings", "invopt_xl.adapters.functions", "pythoncom", "pywintypes", "win32")


class ComTime(datetime):
    """A date as pywin32 makes it: its own class of datetime, in UTC."""


class ComError(Exception):
    """What pywin32 raises for a failed call."""

    def __init__(self, hresult: int = 0, strerror: str = "", excepinfo: Any = None, argerror: Any = None) -> None:
        super().__init__(hresult, strerror, excepinfo, argerror)
        self.hresult, self.strerror, self.excepinfo = hresult, strerror, excepinfo


class _Dispatch:
    """Base of everything that stands for a COM object."""


class FakeRange(_Dispatch):
    """The members of a Range that xlwings' function path touches.

    Parameters
    ----------
    values : value or tuple of tuples
        What Range.Value gives: one value for one cell, rows for more.
    book : str
        Full name of its workbook.
    """

    CLSID = _RANGE_CLASS

    def __init__(self, values: Any, *, book: str = "Book1") -> None:
        self._oleobj_ = types.SimpleNamespace(GetTypeInfo=lambda: _TypeInfo())
        self.Value = self.Value2 = values
        rows = values if isinstance(values, tuple) else ((values,),)
        self.Row = self.Column = 1
        self.Rows = types.SimpleNamespace(Count=len(rows))
        self.Columns = types.SimpleNamespace(Count=len(rows[0]))
        self.Count = len(rows) * len(rows[0])
        self.Address = "$A$1"
        application = types.SimpleNamespace(Hwnd=1, Version="16.0")
        workbook = types.SimpleNamespace(Name=book.rsplit("\\", 1)[-1], FullName=book, Application=application)
        self.Worksheet = types.SimpleNamespace(Name="Sheet1", Parent=workbook)

    def GetAddress(self, *_: Any, **__: Any) -> str:
        return self.Address


class _TypeInfo:
    def GetTypeAttr(self) -> Any:
        return types.SimpleNamespace(iid=_RANGE_CLASS)

    def GetDocumentation(self, _: int) -> tuple[str]:
        return ("Range",)


class _Anything:
    """Stands for names that xlwings takes at import and never uses on this path."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()

    def __call__(self, *_: Any, **__: Any) -> int:
        return 0


class FakeExcel:
    """Calls worksheet functions as a VBA wrapper does, through xlwings."""

    def __init__(self, server: Any, functions: Any) -> None:
        self._server, self.functions = server, functions

    def call(self, name: str, arguments: Sequence[Any], *, book: str, as_ranges: bool = False) -> Any:
        """Return what the wrapper gets for host-independent arguments.

        With `as_ranges` every argument is a Range object, as with wrappers that xlwings makes; else they are values, as with ours.
        """
        sent = [
            FakeRange(com_value(each), book=book) if as_ranges and each != MISSING else com_value(each)
            for each in arguments
        ]
        return self.raw(name, (book, *sent))

    def raw(self, name: str, arguments: Sequence[Any]) -> Any:
        """Return what CallUDF returns for exactly these arguments."""
        found = self._server.CallUDF(HOST_MODULE, name, tuple(arguments))
        # what reaches VBA: pywin32 takes a tuple apart (PyGatewayBase.cpp, invoke_finish)
        return found[0] if isinstance(found, tuple) else found


def com_value(value: Any) -> Any:
    """Return a host-independent value as COM delivers it: error values as ints, dates in UTC, rows as tuples."""
    if isinstance(value, tuple):
        return tuple(tuple(com_value(cell) for cell in line) for line in value)
    if isinstance(value, str) and value[:1] == ERROR_MARK:
        return ERROR_BASE + ERROR_NUMBERS[value[1:]] if len(value) > 1 else COM_MISSING
    if isinstance(value, datetime):
        return ComTime(*value.timetuple()[:6], tzinfo=UTC)
    return value


def shown(answer: Any) -> Any:
    """Return an answer of CallUDF as rows: it gives a flat row for a single one, as VBA's one-dimensional array."""
    if isinstance(answer, (tuple, list)) and not isinstance(answer[0], (tuple, list)):
        return (tuple(answer),)
    return tuple(map(tuple, answer)) if isinstance(answer, (tuple, list)) else answer


@contextmanager
def fake_excel() -> Iterator[FakeExcel]:
    """Give xlwings a Windows, and take it away again."""
    before = {name: module for name, module in sys.modules.items() if name.startswith(_OURS)}
    for name in before:
        del sys.modules[name]
    patched = {name: getattr(ctypes, name, None) for name in ("oledll", "windll", "PyDLL")}
    try:
        yield _installed()
    finally:
        # xlwings opens an event loop when it is imported, and closes it when its process ends
        server = sys.modules.get("xlwings.com_server")
        if server is not None:
            server.loop.close()
        for name in [name for name in sys.modules if name.startswith(_OURS)]:
            del sys.modules[name]
        sys.modules.update(before)
        for name, value in patched.items():
            if value is None:
                if hasattr(ctypes, name):
                    delattr(ctypes, name)
            else:
                setattr(ctypes, name, value)


def _installed() -> FakeExcel:
    _fake_pywin32()
    ctypes.oledll = ctypes.windll = _Anything()  # type: ignore[attr-defined]
    ctypes.PyDLL = lambda *_: types.SimpleNamespace(PyCom_PyObjectFromIUnknown=types.SimpleNamespace())  # type: ignore[assignment,misc]
    with warnings.catch_warnings():
        # what xlwings warns of at import is not ours to mend
        warnings.simplefilter("ignore")
        xlwings = importlib.import_module("xlwings")
        engine = importlib.import_module("xlwings._xlwindows")
        atexit.unregister(engine.cleanup)
        xlwings._xlwindows = engine  # type: ignore[attr-defined]
        xlwings.engines.add(xlwings.Engine(impl=engine.engine))
        udfs = importlib.import_module("xlwings.udfs")
        server = importlib.import_module("xlwings.com_server")
    for public, own in {"func": "xlfunc", "arg": "xlarg", "ret": "xlret", "sub": "xlsub"}.items():
        setattr(xlwings, public, getattr(udfs, own))
    return FakeExcel(server.XLPython(), importlib.import_module(HOST_MODULE))


def _fake_pywin32() -> None:
    """Put in the modules of pywin32, as far as xlwings takes names from them."""

    def same(thing: Any, *_: Any, **__: Any) -> Any:
        return thing

    def unwrap(thing: Any) -> Any:
        raise TypeError("no Python object behind a COM one")

    class _PyIDispatch:
        pass

    anything = _Anything()
    _module("pywintypes", com_error=ComError, TimeType=ComTime, IID=same, error=OSError, Time=same)
    _module(
        "pythoncom",
        __file__=None,
        com_error=ComError,
        ole_error=ComError,
        CoInitialize=anything,
        CoUninitialize=anything,
        IID_IDispatch="IDispatch",
        IID_IEnumVARIANT="IEnumVARIANT",
        TypeIIDs={"IDispatch": _PyIDispatch},
        CoMarshalInterThreadInterfaceInStream=lambda _, thing: thing,
        CoGetInterfaceAndReleaseStream=same,
        DISPATCH_PROPERTYGET=2,
        DISPATCH_PROPERTYPUT=4,
    )
    _module("win32com", __path__=[])
    _module("win32com.gen_py", __path__=[])
    _module(
        "win32com.client",
        CDispatch=_Dispatch,
        CoClassBaseClass=type("CoClassBaseClass", (), {}),
        DispatchBaseClass=type("DispatchBaseClass", (), {}),
        Dispatch=same,
        DispatchEx=same,
        gencache=anything,
    )
    _module("win32com.server", __path__=[])
    _module("win32com.server.util", wrap=same, unwrap=unwrap)
    _module("win32com.server.dispatcher")
    _module("win32com.server.policy", DefaultPolicy=object)
    _module("win32com.server.exception", COMException=ComError)
    _module("win32timezone", TimeZoneInfo=types.SimpleNamespace(utc=lambda: UTC))
    for name in ("win32api", "win32con", "win32gui", "win32process", "win32event"):
        _module(name).__getattr__ = lambda _name: anything  # type: ignore[method-assign]
    sys.modules["win32process"].GetWindowThreadProcessId = lambda _window: (0, 1)  # type: ignore[attr-defined]


def _module(name: str, **members: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    if "." in name:
        parent, child = name.rsplit(".", 1)
        setattr(sys.modules[parent], child, module)
    return module
