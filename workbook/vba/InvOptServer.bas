Attribute VB_Name = "InvOptServer"
Option Explicit
Option Private Module
' The Python process that answers this Excel: found, started within a time limit, kept for every open workbook.
'
' The process is xlwings' COM server (xlwings is BSD-3-licensed). It is known by a class id made from Excel's own process id,
' so the name never changes while Excel runs, whatever workbook is active, and is found again if VBA loses its variables.
' Where a company forbids Office to start programs, a server started by hand under SHARED_CLASS is used instead.

Public Const SHARED_CLASS As String = "{6F1C2B52-8D0B-5D0E-9C6B-1A7E50C5D001}"
Private Const OWN_CLASS As String = "{6F1C2B52-8D0B-5D0E-9C6B-"
Private Const PYTHON_FOLDER As String = "python"
' After a failed start, cells do not wait again for this long [seconds]: a sheet of 5,000 functions must not wait 5,000 times.
Private Const REST_AFTER_FAILURE As Long = 60
' How long a start may take [seconds]; the setting Start / Seconds overrules it.
Private Const START_SECONDS As Long = 20
' Esc was pressed
Private Const CANCELLED As Long = 18
Private Const HOST_ERROR As Long = vbObjectError + 513

#If Mac Then
#Else
    #If Win64 Then
        Private Const BRIDGE As String = "xlwings64-0.37.8.dll"
        Private Declare PtrSafe Function ActivateServer Lib "xlwings64-0.37.8.dll" Alias "XLPyDLLActivateAuto" (ByRef found As Variant, ByVal classId As String, ByVal mode As Long) As Long
    #Else
        Private Const BRIDGE As String = "xlwings32-0.37.8.dll"
        Private Declare PtrSafe Function ActivateServer Lib "xlwings32-0.37.8.dll" Alias "XLPyDLLActivateAuto" (ByRef found As Variant, ByVal classId As String, ByVal mode As Long) As Long
    #End If
    Private Type ComId
        Data1 As Long
        Data2 As Integer
        Data3 As Integer
        Data4(0 To 7) As Byte
    End Type
    Private Const DISPATCH As String = "{00020400-0000-0000-C000-000000000046}"
    ' CLSCTX_LOCAL_SERVER: a process of its own
    Private Const OWN_PROCESS As Long = 4
    Private Declare PtrSafe Function CLSIDFromString Lib "ole32" (ByVal text As LongPtr, ByRef id As ComId) As Long
    Private Declare PtrSafe Function CoCreateInstance Lib "ole32" (ByRef classId As ComId, ByVal outer As LongPtr, ByVal context As Long, ByRef interfaceId As ComId, ByRef found As Object) As Long
    Private Declare PtrSafe Function LoadLibraryW Lib "kernel32" (ByVal fileName As LongPtr) As LongPtr
    Private Declare PtrSafe Function GetFileAttributesW Lib "kernel32" (ByVal fileName As LongPtr) As Long
    Private Declare PtrSafe Function GetCurrentProcessId Lib "kernel32" () As Long
    Private Declare PtrSafe Sub SleepFor Lib "kernel32" Alias "Sleep" (ByVal milliseconds As Long)
    Private Declare PtrSafe Function ShellExecuteW Lib "shell32" (ByVal window As LongPtr, ByVal verb As LongPtr, ByVal fileName As LongPtr, ByVal parameters As LongPtr, ByVal folder As LongPtr, ByVal show As Long) As LongPtr
#End If

Private mServer As Object
Private mHasBridge As Boolean
Private mProblem As String
Private mFailed As Boolean
Private mFailedAt As Date

' What the last failed call or start said, for INV_STATUS and Doctor; empty when all is well.
Public Property Get Problem() As String
    Problem = mProblem
End Property

Public Property Let Problem(ByVal text As String)
    mProblem = text
End Property

' Drops the server, so that the next call connects or starts anew at once.
Public Sub Forget()
    Set mServer = Nothing
    mFailed = False
    mProblem = ""
End Sub

' Returns the server, started if need be. Raises an error whose text says what to do.
Public Function Server() As Object
    If mServer Is Nothing Then Set mServer = NewServer()
    Set Server = mServer
End Function

' Calls a worksheet function in Python and returns its raw answer; a server that has died is started once more.
Public Function CallFunction(ByVal module As String, ByVal functionName As String, ByRef arguments As Variant) As Variant
    Dim again As Boolean
    Dim number As Long
    Dim reason As String
    On Error GoTo failed
retry:
    ' in brackets: by value, or COM would carry every array back again
    CallFunction = Server().CallUDF((module), (functionName), (arguments))
    mProblem = ""
    Exit Function
failed:
    number = Err.Number
    reason = Err.Description
    If IsServerGone(number) And Not again Then
        again = True
        Set mServer = Nothing
        Resume retry
    End If
    mProblem = reason
    Err.Raise HOST_ERROR, "InvOptXL", reason
End Function

' Calls a function of a Python module with texts and returns its reply as text. Nothing is called twice: what it does may
' not be repeatable. A server that died since its last answer is found out beforehand and, with mayStart, replaced.
Public Function CallText(ByVal module As String, ByVal functionName As String, ByRef arguments As Variant, ByVal mayStart As Boolean) As String
    Dim python As Object
    Dim given As Variant
    Dim reply As Variant
    Dim number As Long
    Dim reason As String
    On Error GoTo failed
    Set python = AnsweringServer(mayStart)
    Set given = python.TupleFromArray((arguments))
    Set reply = python.Call(python.Module((module)), (functionName), given)
    CallText = python.Str(reply)
    mProblem = ""
    Exit Function
failed:
    number = Err.Number
    reason = Err.Description
    If number = CANCELLED Then Err.Raise CANCELLED, "InvOptXL", reason
    If IsServerGone(number) Then
        Set mServer = Nothing
        reason = "Python ended before it had answered. Press the button again; if a sheet of InvOpt XL looks incomplete, press Restore first."
    End If
    mProblem = reason
    Err.Raise HOST_ERROR, "InvOptXL", reason
End Function

' Returns a server that has just answered a harmless call.
Private Function AnsweringServer(ByVal mayStart As Boolean) As Object
    Dim found As Object
    Dim again As Boolean
    Dim number As Long
    Dim reason As String
    On Error GoTo failed
retry:
    Set found = Server()
    If Len(found.Str("ready")) > 0 Then Set AnsweringServer = found
    Exit Function
failed:
    number = Err.Number
    reason = Err.Description
    If IsServerGone(number) And mayStart And Not again Then
        again = True
        Set mServer = Nothing
        Resume retry
    End If
    Err.Raise number, "InvOptXL", reason
End Function

' Waits without using the processor.
Public Sub Pause(ByVal milliseconds As Long)
    #If Mac Then
    #Else
        SleepFor milliseconds
    #End If
End Sub

' True for the COM errors that mean: the process at the other end is no more.
Private Function IsServerGone(ByVal number As Long) As Boolean
    Select Case number
        Case &H800706BA, &H800706BE, &H800706BF, &H80010007, &H80010108, &H80010012, 462
            IsServerGone = True
    End Select
End Function

Private Function NewServer() As Object
    #If Mac Then
        Err.Raise HOST_ERROR, "InvOptXL", "On a Mac the INV_ functions do not compute yet; the buttons of the Inventory tab do. Press Refresh recommendations: it writes the results to sheets."
    #Else
        Dim found As Object
        Dim number As Long
        If mFailed Then
            If DateDiff("s", mFailedAt, Now) < REST_AFTER_FAILURE Then Err.Raise HOST_ERROR, "InvOptXL", mProblem
        End If
        On Error GoTo failed
        LoadBridge
        Set found = Running(OwnClass())
        If found Is Nothing Then Set found = Running(SHARED_CLASS)
        If found Is Nothing Then Set found = Started()
        mFailed = False
        Set NewServer = found
        Exit Function
failed:
        number = Err.Number
        mProblem = Err.Description
        Resume told
told:
        On Error GoTo 0
        ShowWaiting -1, 0
        If number = CANCELLED Then mProblem = "The start of Python was stopped with Esc. Press the button again to start it."
        mFailed = (number <> CANCELLED)
        mFailedAt = Now
        Err.Raise HOST_ERROR, "InvOptXL", mProblem
    #End If
End Function

#If Mac Then
#Else
Private Function OwnClass() As String
    OwnClass = OWN_CLASS & Right$("000000000000" & Hex$(GetCurrentProcessId()), 12) & "}"
End Function

' Loads xlwings' bridge from beside our Python: its declaration above names the file only, not the folder. Where it is
' missing, is of another version or was blocked (antivirus software likes to), COM is asked without it.
Private Sub LoadBridge()
    mHasBridge = (LoadLibraryW(StrPtr(PythonHome() & "\" & BRIDGE)) <> 0)
End Sub

' Returns the server of a class if it runs, else Nothing. For the bridge, a class id as its command means: connect, start nothing.
Private Function Running(ByVal classId As String) As Object
    Dim found As Variant
    If Not mHasBridge Then
        Set Running = RunningByCom(classId)
    ElseIf ActivateServer(found, classId, 1) = 0 Then
        If IsObject(found) Then Set Running = found
    End If
End Function

' The same without the bridge. Classes of a running process are known to COM without being registered.
Private Function RunningByCom(ByVal classId As String) As Object
    Dim id As ComId
    Dim dispatchId As ComId
    Dim found As Object
    If CLSIDFromString(StrPtr(classId), id) <> 0 Then Exit Function
    If CLSIDFromString(StrPtr(DISPATCH), dispatchId) <> 0 Then Exit Function
    If CoCreateInstance(id, 0, OWN_PROCESS, dispatchId, found) = 0 Then Set RunningByCom = found
End Function

' Starts our Python without a window and waits for it, no longer than the time limit.
Private Function Started() As Object
    Dim interpreter As String
    Dim parameters As String
    Dim begin As Date
    Dim limit As Long
    Dim waited As Long
    Dim found As Object
    interpreter = PythonProgram()
    limit = CLng(Val(GetSetting("InvOptXL", "Start", "Seconds", CStr(START_SECONDS))))
    If limit < 1 Then limit = START_SECONDS
    parameters = "-I -X utf8 -m invopt_xl.adapters.addin.server " & OwnClass() & " --host " & CStr(GetCurrentProcessId())
    If ShellExecuteW(0, StrPtr("open"), StrPtr(interpreter), StrPtr(parameters), StrPtr(PythonHome()), 0) <= 32 Then
        Err.Raise HOST_ERROR, "InvOptXL", "Windows did not start " & interpreter & ". A company rule may forbid Office to start programs. Next step: start 'InvOpt XL server' from the Start menu, or ask IT (see the add-in's README)."
    End If
    begin = Now
    Do
        Set found = Running(OwnClass())
        If Not found Is Nothing Then Exit Do
        waited = DateDiff("s", begin, Now)
        If waited >= limit Then
            Err.Raise HOST_ERROR, "InvOptXL", "Python did not answer within " & limit & " seconds (" & interpreter & "). Antivirus software may hold it back. Next step: try again in a minute; if it stays so, send what Help, Doctor shows to IT. Details: " & LogFile()
        End If
        ShowWaiting waited, limit
        SleepFor 50
    Loop
    ShowWaiting -1, limit
    Set Started = found
End Function

' A cell's calculation may not be allowed to write to the status bar; then it just does not.
Private Sub ShowWaiting(ByVal waited As Long, ByVal limit As Long)
    On Error Resume Next
    If waited < 0 Then
        Application.StatusBar = False
    Else
        Application.StatusBar = "InvOpt XL: starting Python, " & waited & " s of at most " & limit & " s"
    End If
End Sub

' The folder of our private Python: the installer's note, then beside the add-in, then the usual place.
Public Function PythonHome() As String
    Dim folder As Variant
    For Each folder In Array(GetSetting("InvOptXL", "Install", "Python", ""), ThisWorkbook.Path & "\" & PYTHON_FOLDER, Environ$("LOCALAPPDATA") & "\InvOptXL\" & PYTHON_FOLDER)
        If Len(folder) > 0 Then
            If IsFile(folder & "\pythonw.exe") Or IsFile(folder & "\Scripts\pythonw.exe") Then
                PythonHome = folder
                Exit Function
            End If
        End If
    Next folder
    Err.Raise HOST_ERROR, "InvOptXL", "InvOpt XL's own Python was not found beside the add-in (" & ThisWorkbook.Path & "). Next step: run the InvOpt XL installer again."
End Function

' A virtual environment keeps its interpreter one folder lower.
Private Function PythonProgram() As String
    Dim folder As String
    folder = PythonHome()
    If IsFile(folder & "\pythonw.exe") Then
        PythonProgram = folder & "\pythonw.exe"
    Else
        PythonProgram = folder & "\Scripts\pythonw.exe"
    End If
End Function

' Dir$ knows only the letters of one code page; a user's folder may have any.
Private Function IsFile(ByVal path As String) As Boolean
    Dim attributes As Long
    attributes = GetFileAttributesW(StrPtr(path))
    IsFile = (attributes <> -1) And ((attributes And vbDirectory) = 0)
End Function
#End If

Public Function LogFile() As String
    #If Mac Then
        LogFile = "InvOptXL/logs/server.log in your Library/Logs folder"
    #Else
        LogFile = Environ$("LOCALAPPDATA") & "\InvOptXL\logs\server.log"
    #End If
End Function

' What can be said of the installation without Python: for Doctor when Python does not start.
Public Function Report() As String
    Report = "Excel " & Application.Version & " (" & Application.OperatingSystem & ")" & vbLf & "Add-in: " & ThisWorkbook.FullName
    #If Mac Then
    #Else
        Report = Report & vbLf & "Python: " & Told(True) & vbLf & "Bridge: " & Told(False)
    #End If
    Report = Report & vbLf & "Last problem: " & IIf(Len(mProblem) > 0, mProblem, "none") & vbLf & "Log: " & LogFile()
End Function

#If Mac Then
#Else
Private Function Told(ByVal program As Boolean) As String
    On Error GoTo failed
    If program Then
        Told = PythonProgram()
    ElseIf IsFile(PythonHome() & "\" & BRIDGE) Then
        Told = PythonHome() & "\" & BRIDGE
    Else
        Told = BRIDGE & " is missing in " & PythonHome() & " (works without it)"
    End If
    Exit Function
failed:
    Told = "not found"
End Function
#End If
