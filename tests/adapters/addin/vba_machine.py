"""Runs the add-in's VBA in pyOpenVBA's interpreter, with Excel's Application, Windows and Python played by VBA of our own.

The interpreter knows neither `Module.Procedure` nor attributes of procedures, and only part of `Application`. So the
text it gets differs from the add-in's in these points, and in no other: attributes and module names before a dot are
left out, and `Application.`, `Now` and Windows' functions are played by the stand-ins below.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

from invopt_xl.adapters.addin.command import modules
from invopt_xl.adapters.addin.sources import read_sources
from tests.adapters.addin.readers import python_reader

_APPLICATION = """
Option Explicit
Public Calculation As Long
Public ScreenUpdating As Boolean
Public EnableEvents As Boolean
Public EnableCancelKey As Long
Public Cursor As Long
Public StatusBar As Variant
Public ActiveProtectedViewWindow As Object
Public Planned As String
Public DisplayAlerts As Boolean
Public Workbooks As Collection
Public Version As String
Public OperatingSystem As String
Public Asked As Variant

Public Function Caller() As Variant
    Set Caller = Range("Z1")
End Function

Public Function InputBox(ByVal text As Variant, ByVal title As Variant, ByVal preset As Variant, Optional ByVal left As Variant, Optional ByVal top As Variant, Optional ByVal helpFile As Variant, Optional ByVal helpContext As Variant, Optional ByVal kind As Variant) As Variant
    InputBox = Asked
End Function

Public Refuses As Boolean
Public Described As String
Public Tries As Long

Public Sub MacroOptions(ByVal Macro As Variant, ByVal Description As Variant, ByVal Category As Variant, Optional ByVal ArgumentDescriptions As Variant)
    Tries = Tries + 1
    If Refuses Then Err.Raise 1004, "stage", "Cannot edit a macro on a hidden workbook."
    Described = Described & Macro & "|" & Category & "|"
    If Not IsMissing(ArgumentDescriptions) Then Described = Described & (UBound(ArgumentDescriptions) + 1)
    Described = Described & vbLf
End Sub

Public Sub OnTime(ByVal moment As Variant, ByVal macro As Variant)
    Planned = macro
End Sub

Public Function Intersect(ByVal one As Variant, ByVal other As Variant) As Variant
    Set Intersect = one
End Function
"""

_STAGE = """
Option Explicit
Public Host As New StandInApplication
' What Python answers, one text per call; "raise 18" raises that error instead
Public Replies As Variant
Public Turn As Long
Public Log As String
Public Answered As Variant
Public Clock As Date

Public Function StandInNow() As Date
    StandInNow = Clock
End Function

Public Function NextReply() As String
    NextReply = Replies(Turn)
    Turn = Turn + 1
    If Left$(NextReply, 6) = "raise " Then Err.Raise CLng(Mid$(NextReply, 7)), "stage", "planted fault"
End Function
"""

_PYTHON = """
Option Explicit
' A button that the planner presses while Python is being called
Public Pressed As String
Public Redrawn As Long

Public Sub InvOptXL_Redraw()
    Redrawn = Redrawn + 1
End Sub

Public Problem As String
Public Sent As Variant

Public Function CallText(ByVal module As String, ByVal functionName As String, ByRef arguments As Variant, ByVal mayStart As Boolean) As String
    Log = Log & module & "." & functionName & "(" & Join(arguments, ";") & ")" & vbLf
    If Host.Calculation <> xlCalculationManual Then Log = Log & "calculating!" & vbLf
    If functionName = "cancel" And Host.EnableCancelKey <> 0 Then Log = Log & "can be interrupted!" & vbLf
    If Pressed <> "" Then
        Log = Log & "can " & CanRun(Pressed) & vbLf
        Run Pressed
        Pressed = ""
    End If
    CallText = NextReply()
End Function

Public Function CallFunction(ByVal module As String, ByVal functionName As String, ByRef arguments As Variant) As Variant
    Dim position As Long
    Log = Log & module & "." & functionName & "("
    For position = 0 To UBound(arguments)
        Log = Log & IIf(position > 0, ";", "") & Told(arguments(position))
    Next position
    Log = Log & ")" & vbLf
    If VarType(Answered) = vbString Then
        If Answered = "fail" Then Err.Raise vbObjectError + 513, "stage", "Python is not there."
    End If
    CallFunction = Answered
End Function

Private Function Told(ByRef value As Variant) As String
    If IsArray(value) Then
        Told = TypeName(value) & " " & LBound(value, 1) & ":" & UBound(value, 1) & "x" & LBound(value, 2) & ":" & UBound(value, 2)
    ElseIf IsError(value) Then
        Told = "error"
    ElseIf VarType(value) = vbString Then
        Told = "'" & Replace(value, ChrW$(1), "<1>") & "'"
    ElseIf IsEmpty(value) Then
        Told = "empty"
    Else
        Told = TypeName(value) & " " & CStr(value)
    End If
End Function

Public Sub Pause(ByVal milliseconds As Long)
End Sub

Public Function LogFile() As String
    LogFile = "server.log"
End Function

Public Function Report() As String
    Report = "Excel 16.0"
End Function
"""

_BRIDGE = """
Option Explicit
Public Python As Object

Public Function CallFunction(ByVal module As String, ByVal functionName As String, ByRef arguments As Variant) As Variant
    CallFunction = Python.CallUDF(module, functionName, arguments)
End Function
"""

_WINDOWS = r"""
Option Explicit
Public ReadyAfter As Long
Public Died As Boolean
Public AskedByCom As String
Public ByCom As Long
Public Interrupts As Boolean
Public Started As Long
Public StartWorks As Boolean
Public SharedRuns As Boolean
Public Files As String
Public Blocked As Boolean
Public Connections As Long

Public Function StandInStrPtr(ByVal text As String) As String
    StandInStrPtr = text
End Function

Public Function StandInGetSetting(ByVal program As String, ByVal section As String, ByVal key As String, ByVal preset As String) As String
    StandInGetSetting = preset
End Function

Public Function StandInEnviron(ByVal key As String) As String
    StandInEnviron = "C:\Users\me\AppData\Local"
End Function

Public Function LoadLibraryW(ByVal fileName As String) As Long
    If Not Blocked Then LoadLibraryW = 1
End Function

Public Function GetFileAttributesW(ByVal fileName As String) As Long
    GetFileAttributesW = IIf(InStr(Files, "<" & fileName & ">") > 0, 32, -1)
End Function

Public Function GetCurrentProcessId() As Long
    GetCurrentProcessId = 4711
End Function

Public Sub SleepFor(ByVal milliseconds As Long)
    If Interrupts Then Interrupts = False: Err.Raise 18, "stage", "User interrupt occurred"
    Clock = DateAdd("s", 1, Clock)
End Sub

Public Function ShellExecuteW(ByVal window As Long, ByVal verb As String, ByVal fileName As String, ByVal parameters As String, ByVal folder As String, ByVal show As Long) As Long
    Log = Log & "start " & fileName & " " & parameters & vbLf
    Started = Started + 1
    ShellExecuteW = IIf(StartWorks, 42, 5)
End Function

Public Function CLSIDFromString(ByVal text As String, ByRef id As Variant) As Long
    AskedByCom = text
End Function

Public Function CoCreateInstance(ByRef classId As Variant, ByVal outer As Long, ByVal context As Long, ByRef interfaceId As Variant, ByRef found As Object) As Long
    Dim answered As Variant
    CoCreateInstance = -2147221164
    If context <> 4 Then Exit Function
    If ActivateServer(answered, IIf(SharedRuns, SHARED_CLASS, ""), 1) = 0 Then
        Set found = answered
        CoCreateInstance = 0
        ByCom = ByCom + 1
    End If
End Function

Public Function ActivateServer(ByRef found As Variant, ByVal classId As String, ByVal mode As Long) As Long
    Dim python As StandInPython
    ActivateServer = 1
    If classId = SHARED_CLASS Then
        If Not SharedRuns Then Exit Function
    Else
        If Started = 0 Then Exit Function
        ReadyAfter = ReadyAfter - 1
        If ReadyAfter > 0 Then Exit Function
    End If
    Set python = New StandInPython
    Connections = Connections + 1
    Set found = python
    ActivateServer = 0
End Function
"""

_BOOK = """
Option Explicit
Public Name As String
Public Saved As Boolean
Public Links As Variant
Public Changed As String
Public Protects As Boolean

Public Function LinkSources(ByVal kind As Variant) As Variant
    LinkSources = Links
End Function

Public Sub ChangeLink(ByVal oldName As String, ByVal newName As String, ByVal kind As Variant)
    If Protects Then Err.Raise 1004, "stage", "The sheet is protected."
    If Host.DisplayAlerts Then Err.Raise 1004, "stage", "Excel asks."
    Saved = False
    Changed = Changed & oldName & " -> " & newName & vbLf
End Sub
"""

_CONTROL = """
Option Explicit
Public Tag As String
Public Drawn As Long
Public Gone As Boolean

Public Sub Invalidate()
    If Gone Then Err.Raise -2147467259, "stage", "The ribbon is gone."
    Drawn = Drawn + 1
End Sub
"""

_ACTIONS = """
Option Explicit
Public Problem As String
Public Busy As Boolean

Public Function CanRun(ByVal action As String) As Boolean
    If action = "broken" Then Err.Raise 91, "stage", "planted fault"
    CanRun = (action = "refresh")
End Function

Public Sub Run(ByVal action As String)
    If action = "broken" Then Err.Raise 91, "stage", "planted fault"
    Log = Log & "run " & action & vbLf
End Sub
"""

_SERVER = """
Option Explicit
Public Function CallUDF(ByVal module As Variant, ByVal functionName As Variant, ByVal arguments As Variant) As Variant
    CallUDF = NextReply()
End Function

Public Function Str(ByVal thing As Variant) As String
    If IsObject(thing) Then
        Str = thing.Kept
    Else
        Str = thing
        If Died Then Died = False: Err.Raise -2147023174, "stage", "The RPC server is unavailable."
    End If
End Function

Public Function Module(ByVal moduleName As Variant) As Object
    Set Module = Made(moduleName)
End Function

Public Function TupleFromArray(ByVal items As Variant) As Object
    Set TupleFromArray = Made(Join(items, ";"))
End Function

Public Function Call_(ByVal thing As Variant, ByVal functionName As Variant, ByVal given As Variant) As Object
    Log = Log & thing.Kept & "." & functionName & "(" & given.Kept & ")" & vbLf
    Set Call_ = Made(NextReply())
End Function

Private Function Made(ByVal text As String) As StandInThing
    Set Made = New StandInThing
    Made.Kept = text
End Function
"""


class Machine:
    """An Excel in memory with some of the add-in's modules in it.

    Parameters
    ----------
    names : str
        Modules of the add-in to load.
    stand_ins : sequence of str
        Further modules: "python" and "bridge" play `InvOptServer`, "windows" plays what that calls, "ribbon" plays
        the ribbon and `InvOptActions`.
    """

    def __init__(self, *names: str, stand_ins: tuple[str, ...] = ()) -> None:
        excel = python_reader("pyopenvba.apps.excel", package="pyopenvba")
        self._app = self._quietly(excel.ExcelApplication)
        self._app.add_workbook()
        self._scripts = 0
        ours = {each.name: each for each in modules(read_sources())}
        self._add("StandInApplication", _APPLICATION, "class")
        self._add("Stage", _STAGE)
        for name, text in (("python", _PYTHON), ("windows", _WINDOWS), ("bridge", _BRIDGE)):
            if name in stand_ins:
                self._add(f"StandIn{name.title()}Module", text)
        if "book" in stand_ins:
            self._add("StandInBook", _BOOK, "class")
        if "ribbon" in stand_ins:
            self._add("StandInControl", _CONTROL, "class")
            self._add("StandInActions", _ACTIONS)
        if "windows" in stand_ins:
            self._add("StandInThing", "Public Kept As String\n", "class")
            self._add("StandInPython", _SERVER, "class")
        for name in names:
            self._add(name, _runnable(ours[name].text), "class" if ours[name].kind == "class" else "standard")

    def run(self, body: str, *, answers: tuple[str, ...] = ()) -> list[str]:
        """Run statements and return what they print; `answers` are the buttons pressed in message boxes."""
        self._scripts += 1
        name = f"Script{self._scripts}"
        self._add(name, f"Public Sub Play{name}()\n{body}\nEnd Sub\n")
        if answers:
            self._app.answer_dialogs(*({"OK": 1, "Yes": 6, "No": 7}[answer] for answer in answers))
        before = len(self._app.console)
        self._quietly(lambda: self._app.run(f"Play{name}"))
        printed: list[str] = list(self._app.console[before:])
        return printed

    def plays(self, server: object) -> None:
        """Let an object written in Python play the COM server; VBA knows it as `Python`."""
        self._app.interpreter.create_com = lambda _name: server
        self.run('Set Python = CreateObject("InvOptXL.Server")')

    @property
    def dialogs(self) -> list[Any]:
        """Return the message boxes that were shown."""
        return list(self._app.dialogs)

    def fill(self, address: str, value: object) -> None:
        """Put a value into a cell of the first sheet."""
        self._app.sheet(1).set_value(address, value)

    def value(self, formula_call: str) -> str:
        """Return type and value of a call, as VBA tells them."""
        body = f'Dim found As Variant\nfound = {formula_call}\nDebug.Print TypeName(found) & " " & CStr(found)'
        return self.run(body)[-1]

    def _add(self, name: str, text: str, kind: str = "standard") -> None:
        self._quietly(lambda: self._app.add_module(text, name=name, kind=kind))

    @staticmethod
    def _quietly(work: Callable[[], Any]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()


def _runnable(text: str) -> str:
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if not line.startswith("Attribute ")]
    code = "\n".join(line for line in lines if "Declare PtrSafe" not in line)
    code = re.sub(r"\bInvOpt(Cells|Server|Help|Lists|Links|Actions|Ribbon|Mac|Functions)\.", "", code)
    code = re.sub(r"\bApplication\.", "Host.", code)
    code = re.sub(r"As IRibbon(UI|Control)", "As Object", code)
    code = code.replace("python.Call(", "python.Call_(")  # Call is a word of VBA's own, in Python it is a method's name
    # intrinsics that reach for the machine
    for name in ("Environ$", "GetSetting", "StrPtr"):
        code = code.replace(f"{name}(", f"StandIn{name.rstrip('$')}(")
    return re.sub(r"\bNow\b", "StandInNow()", code)
