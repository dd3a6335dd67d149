Attribute VB_Name = "InvOptActions"
Option Explicit
Option Private Module
' What the buttons do: say to Python which button, which workbook, which cells; show progress; show the answer.
'
' Every action is a function of the Python module ACTION_MODULE. It takes texts and returns a text whose first line is one of
'     done      shown in the status bar        tell      shown in a box
'     warn      shown in a box with a warning  ask       shown as a question; Yes calls the action again with "yes" at the end
'     working   not ready yet: shown in the status bar, then progress(workbook) is called until another word comes
'     stopped   the work was cancelled; shown in a box
' and whose other lines are for the planner.

Private Const ACTION_MODULE As String = "invopt_xl.adapters.ribbon"
Private Const PLANNED_SHEET As String = "Recommendations"
Private Const TITLE As String = "InvOpt XL"
' Between two looks at running work [milliseconds]
Private Const LOOK_EVERY As Long = 150
' A message box shows no more [characters]
Private Const BOX_LENGTH As Long = 1000
Private Const CANCELLED As Long = 18

Private mBusy As Boolean

' Whether an action runs; no other may start meanwhile.
Public Property Get Busy() As Boolean
    Busy = mBusy
End Property

' Whether a button can work now. Looks only at Excel: it must be quick, and must not start Python.
Public Function CanRun(ByVal action As String) As Boolean
    On Error GoTo failed
    If mBusy Then Exit Function
    Select Case action
        Case "doctor", "template", "help"
            CanRun = True
        Case "check_data", "refresh", "refresh_selection", "settings"
            CanRun = HasBook()
        Case Else
            CanRun = HasPlan()
    End Select
    Exit Function
failed:
    CanRun = False
End Function

' A workbook is open for editing and in front; in protected view there is none.
Private Function HasBook() As Boolean
    If ActiveWorkbook Is Nothing Then Exit Function
    HasBook = Not InProtectedView()
End Function

Private Function InProtectedView() As Boolean
    #If Mac Then
    #Else
        InProtectedView = Not Application.ActiveProtectedViewWindow Is Nothing
    #End If
End Function

Private Function HasPlan() As Boolean
    Dim sheet As Object
    If Not HasBook() Then Exit Function
    For Each sheet In ActiveWorkbook.Worksheets
        If sheet.Name = PLANNED_SHEET Then
            HasPlan = True
            Exit Function
        End If
    Next sheet
End Function

' Runs the action of a button from beginning to end.
Public Sub Run(ByVal action As String)
    Dim arguments As Variant
    Dim reply As String
    Dim guard As InvOptGuard
    Dim reason As String
    If mBusy Then Exit Sub
    On Error GoTo failed
    If Not CanRun(action) Then
        MsgBox WhyNot(action), vbInformation, TITLE
        Exit Sub
    End If
    If action = "help" Then
        MsgBox HelpText(), vbInformation, TITLE
        Exit Sub
    End If
    arguments = ArgumentsOf(action)
    If IsEmpty(arguments) Then Exit Sub
    mBusy = True
    InvOptRibbon.InvOptXL_Redraw
    Set guard = New InvOptGuard
    #If Mac Then
        reply = InvOptMac.RunAction(action, arguments)
    #Else
        guard.Hold
        reply = Finished(action, arguments)
        guard.Release
        Do While Word(reply) = "ask"
            If MsgBox(Box(Rest(reply)), vbQuestion + vbYesNo + vbDefaultButton2, TITLE) <> vbYes Then
                reply = "done"
            Else
                guard.Hold
                reply = Finished(action, WithYes(arguments))
                guard.Release
            End If
        Loop
    #End If
    mBusy = False
    Tell reply
    InvOptRibbon.InvOptXL_Redraw
    Exit Sub
failed:
    reason = Err.Description
    mBusy = False
    If Not guard Is Nothing Then guard.Release
    ShowFailure action, reason
    InvOptRibbon.InvOptXL_Redraw
End Sub

' Starts an action and looks at it until it is done. Esc asks Python to stop, once, and then waits for its answer.
Private Function Finished(ByVal action As String, ByRef arguments As Variant) As String
    Dim book As Variant
    Dim reply As String
    Dim stopping As Boolean
    Dim number As Long
    Dim reason As String
    book = Array(arguments(0))
    On Error GoTo failed
    Application.StatusBar = "InvOpt XL: working; Esc stops"
    reply = InvOptServer.CallText(ACTION_MODULE, action, arguments, True)
    Do While Word(reply) = "working"
        Application.StatusBar = "InvOpt XL: " & Left$(Rest(reply), 200) & IIf(stopping, "; stopping", "; Esc stops")
        InvOptServer.Pause LOOK_EVERY
        reply = InvOptServer.CallText(ACTION_MODULE, "progress", book, False)
    Loop
    Finished = reply
    Exit Function
failed:
    number = Err.Number
    reason = Err.Description
    If number = CANCELLED And Not stopping Then
        stopping = True
        Application.EnableCancelKey = xlDisabled
        reply = "working" & vbLf & Rest(InvOptServer.CallText(ACTION_MODULE, "cancel", book, False))
        Resume Next
    End If
    Err.Raise number, "InvOptXL", reason
End Function

' The texts that an action takes: the workbook's full name, then the selection, then what was asked for. Empty: the planner gave up.
Private Function ArgumentsOf(ByVal action As String) As Variant
    Dim change As Variant
    Select Case action
        Case "refresh_selection", "explain_row", "projected_stock", "approve", "clear_decisions"
            ArgumentsOf = Array(BookName(), SelectedSheet(), SelectedCells())
        Case "scenario"
            change = Application.InputBox("What if one input were different? Write its name and value for the selected rows, for example" & vbLf & "lead_time_days = 21" & vbLf & "service_level = 98%" & vbLf & "demand x1.2", TITLE, "service_level = 0.98", , , , , 2)
            If VarType(change) <> vbBoolean Then ArgumentsOf = Array(BookName(), SelectedSheet(), SelectedCells(), CStr(change))
        Case Else
            ArgumentsOf = Array(BookName())
    End Select
End Function

Private Function WithYes(ByRef arguments As Variant) As Variant
    Dim longer() As Variant
    Dim position As Long
    ReDim longer(0 To UBound(arguments) + 1)
    For position = 0 To UBound(arguments)
        longer(position) = arguments(position)
    Next position
    longer(UBound(longer)) = "yes"
    WithYes = longer
End Function

Private Function BookName() As String
    If Not ActiveWorkbook Is Nothing Then BookName = ActiveWorkbook.FullName
End Function

Private Function SelectedSheet() As String
    If TypeName(Selection) = "Range" Then SelectedSheet = Selection.Worksheet.Name
End Function

' The selected cells, cut at the used part of the sheet: whole rows and columns are selected by a click.
Private Function SelectedCells() As String
    Dim used As Object
    If TypeName(Selection) <> "Range" Then Exit Function
    Set used = Application.Intersect(Selection, Selection.Worksheet.UsedRange)
    If used Is Nothing Then
        SelectedCells = Selection.Cells(1, 1).Address(False, False)
    Else
        SelectedCells = used.Address(False, False)
    End If
End Function

Private Function Word(ByVal reply As String) As String
    Word = Split(reply & vbLf, vbLf)(0)
End Function

Private Function Rest(ByVal reply As String) As String
    If InStr(reply, vbLf) > 0 Then Rest = Mid$(reply, InStr(reply, vbLf) + 1)
End Function

Private Function Box(ByVal text As String) As String
    If Len(text) > BOX_LENGTH Then
        Box = Left$(text, BOX_LENGTH) & "..."
    Else
        Box = text
    End If
End Function

Private Sub Tell(ByVal reply As String)
    Dim text As String
    text = Rest(reply)
    If Len(text) = 0 Then Exit Sub
    Select Case Word(reply)
        Case "done"
            Application.StatusBar = Left$("InvOpt XL: " & Replace(text, vbLf, " "), 250)
            Application.OnTime Now + TimeSerial(0, 0, 10), "'" & ThisWorkbook.Name & "'!InvOptXL_ClearStatusBar"
        Case "tell"
            MsgBox Box(text), vbInformation, TITLE
        Case "warn", "stopped"
            MsgBox Box(text), vbExclamation, TITLE
        Case Else
            MsgBox Box(reply), vbInformation, TITLE
    End Select
End Sub

Private Sub ShowFailure(ByVal action As String, ByVal reason As String)
    If action = "doctor" Then
        MsgBox Box("Doctor could not ask Python, so this is what Excel knows:" & vbLf & vbLf & InvOptServer.Report()), vbExclamation, TITLE
    Else
        MsgBox Box(reason) & vbLf & vbLf & "Details: " & InvOptServer.LogFile(), vbExclamation, TITLE
    End If
End Sub

Private Function WhyNot(ByVal action As String) As String
    If InProtectedView() Then
        WhyNot = "This workbook is in protected view. Press Enable Editing first."
    ElseIf ActiveWorkbook Is Nothing Then
        WhyNot = "Open the workbook with your sales and stock first, or press Template for an empty one."
    Else
        WhyNot = "This workbook has no plan yet. Press Refresh recommendations first."
    End If
End Function

Private Function HelpText() As String
    HelpText = "1. Keep sales and stock on sheets of this workbook (Template shows how)." & vbLf & _
        "2. Check data says what is missing or odd, and changes nothing." & vbLf & _
        "3. Refresh recommendations writes what to order to the sheet Recommendations." & vbLf & _
        "4. Approve, change or reject there, then press Create order sheets." & vbLf & _
        "In cells: =INV_REORDER() gives the whole table; =INV_STATUS() says how old it is. All functions: Formulas, Insert Function, category Inventory." & vbLf & _
        "If something does not work: Help, Doctor."
End Function
