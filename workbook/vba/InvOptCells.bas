Attribute VB_Name = "InvOptCells"
Option Explicit
Option Private Module
' What travels between cells and Python: values in, values and real error values out.

' The functions live in this Python module.
Private Const FUNCTION_MODULE As String = "invopt_xl.adapters.functions"
Private Const BAD_ARGUMENT As Long = vbObjectError + 514

' Opens a text that stands for an error value; alone it stands for an argument that was left out.
Public Function Mark() As String
    Mark = ChrW$(1)
End Function

' Returns the values of an argument: of a range its cells, of an array its items as rows, else the value itself.
Public Function Given(ByRef argument As Variant) As Variant
    If IsObject(argument) Then
        Given = RangeValues(argument)
    ElseIf IsArray(argument) Then
        Given = AsRows(argument)
    Else
        Given = argument
    End If
End Function

' Value2 in one piece: no cell by cell calls, dates as serial numbers. A whole column ends with the sheet's last used row.
Private Function RangeValues(ByVal source As Object) As Variant
    Dim used As Object
    If TypeName(source) <> "Range" Then Err.Raise BAD_ARGUMENT, "InvOptXL", "An argument is neither a value nor a range."
    If source.Areas.Count > 1 Then Err.Raise BAD_ARGUMENT, "InvOptXL", "An argument has several areas; give one range."
    If source.Rows.Count = source.Worksheet.Rows.Count Then
        Set used = source.Worksheet.UsedRange
        RangeValues = source.Resize(used.Row + used.Rows.Count - 1).Value2
    Else
        RangeValues = source.Value2
    End If
End Function

' A one-dimensional array, such as {1,2,3}, is one row.
Private Function AsRows(ByRef items As Variant) As Variant
    Dim oneRow() As Variant
    Dim position As Long
    If Dimensions(items) <> 1 Then
        AsRows = items
        Exit Function
    End If
    ReDim oneRow(1 To 1, 1 To UBound(items) - LBound(items) + 1)
    For position = LBound(items) To UBound(items)
        oneRow(1, position - LBound(items) + 1) = items(position)
    Next position
    AsRows = oneRow
End Function

Private Function Dimensions(ByRef items As Variant) As Long
    Dim counted As Long
    On Error GoTo past
    Do While UBound(items, counted + 1) >= LBound(items, counted + 1) - 1
        counted = counted + 1
    Loop
past:
    Dimensions = counted
End Function

' Returns what Python answers to a function, ready for a cell. A failed call is #N/A; INV_STATUS tells the reason in words.
Public Function Answer(ByVal functionName As String, ByRef arguments As Variant) As Variant
    Dim found As Variant
    On Error GoTo failed
    found = InvOptServer.CallFunction(FUNCTION_MODULE, functionName, arguments)
    ShowErrors found
    Answer = found
    Exit Function
failed:
    Answer = Failed(functionName, Err.Number, Err.Description)
End Function

' Returns what a cell shows when a call failed: #VALUE! for an argument that no cell can hold, #N/A when Python did not answer.
Public Function Failed(ByVal functionName As String, ByVal number As Long, ByVal reason As String) As Variant
    If functionName = "INV_STATUS" Then
        Failed = "InvOpt XL does not answer. " & reason
    ElseIf number = BAD_ARGUMENT Then
        Failed = CVErr(xlErrValue)
    Else
        Failed = CVErr(xlErrNA)
    End If
End Function

' Makes real error values of the marked texts, cell by cell and in place: a spilled table is not copied once more.
Private Sub ShowErrors(ByRef found As Variant)
    Dim rowAt As Long
    Dim position As Long
    If Not IsArray(found) Then
        found = ShownCell(found)
    ElseIf Dimensions(found) = 1 Then
        For position = LBound(found) To UBound(found)
            If VarType(found(position)) = vbString Then found(position) = ShownCell(found(position))
        Next position
    Else
        For rowAt = LBound(found, 1) To UBound(found, 1)
            For position = LBound(found, 2) To UBound(found, 2)
                If VarType(found(rowAt, position)) = vbString Then found(rowAt, position) = ShownCell(found(rowAt, position))
            Next position
        Next rowAt
    End If
End Sub

Private Function ShownCell(ByVal found As Variant) As Variant
    ShownCell = found
    If VarType(found) = vbString Then
        If Left$(found, 1) = ChrW$(1) Then ShownCell = CVErr(InvOptLists.ErrorNumber(Mid$(found, 2)))
    End If
End Function

' The workbook that calls, by its full name: a formula must not be answered from whatever workbook happens to be in front.
Public Function CallingBook() As String
    On Error Resume Next
    If TypeName(Application.Caller) = "Range" Then CallingBook = Application.Caller.Worksheet.Parent.FullName
    If Len(CallingBook) = 0 Then CallingBook = ActiveWorkbook.FullName
End Function
