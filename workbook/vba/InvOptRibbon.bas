Attribute VB_Name = "InvOptRibbon"
Option Explicit
' The callbacks that the ribbon calls by name. Their names are ours alone: Excel looks them up in all open workbooks.

Private mRibbon As IRibbonUI

Public Sub InvOptXL_OnLoad(ribbon As IRibbonUI)
    On Error GoTo failed
    Set mRibbon = ribbon
    Exit Sub
failed:
    InvOptServer.Problem = Err.Description
End Sub

' The tag of a button is the name of its action.
Public Sub InvOptXL_OnAction(control As IRibbonControl)
    On Error GoTo failed
    InvOptActions.Run control.Tag
    Exit Sub
failed:
    MsgBox Err.Description, vbExclamation, "InvOpt XL"
End Sub

Public Sub InvOptXL_GetEnabled(control As IRibbonControl, ByRef enabled)
    On Error GoTo failed
    enabled = InvOptActions.CanRun(control.Tag)
    Exit Sub
failed:
    enabled = False
End Sub

' Has Excel ask again which buttons can work. Without a ribbon (Excel forgets it when VBA is reset) buttons stay as they are.
Public Sub InvOptXL_Redraw()
    On Error GoTo failed
    If Not mRibbon Is Nothing Then mRibbon.Invalidate
    Exit Sub
failed:
    InvOptServer.Problem = Err.Description
End Sub

Public Sub InvOptXL_ClearStatusBar()
    On Error GoTo failed
    If Not InvOptActions.Busy Then Application.StatusBar = False
    Exit Sub
failed:
    InvOptServer.Problem = Err.Description
End Sub
