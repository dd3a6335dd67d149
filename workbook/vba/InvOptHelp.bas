Attribute VB_Name = "InvOptHelp"
Option Explicit
Option Private Module
' Texts and categories of the worksheet functions for Excel's function wizard. The texts themselves are in InvOptLists.

Private Const MOST_TRIES As Long = 5
Private mRegistered As Boolean
Private mTries As Long

' Excel refuses while no workbook is in front; then the next one that comes to the front tries again. The functions work either way.
Public Sub RegisterHelp()
    If mRegistered Or mTries >= MOST_TRIES Then Exit Sub
    mTries = mTries + 1
    On Error GoTo failed
    InvOptLists.DescribeAll
    mRegistered = True
    ' the texts count as a change, which nobody should be asked to save
    ThisWorkbook.Saved = True
    Exit Sub
failed:
    mRegistered = False
End Sub

Public Sub Describe(ByVal functionName As String, ByVal text As String, ByVal group As String, ByVal hints As Variant)
    Dim macroName As String
    macroName = "'" & ThisWorkbook.Name & "'!" & functionName
    If IsArray(hints) Then
        Application.MacroOptions Macro:=macroName, Description:=text, Category:=group, ArgumentDescriptions:=hints
    Else
        Application.MacroOptions Macro:=macroName, Description:=text, Category:=group
    End If
End Sub
