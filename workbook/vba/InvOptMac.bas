Attribute VB_Name = "InvOptMac"
Option Explicit
Option Private Module
' Buttons on a Mac: Office runs in a sandbox there and may start nothing but a script that the installer has put in its folder.
' Python then works beside Excel, and shows progress and the answer itself.

#If Mac Then
Private Const SCRIPT As String = "InvOptXL.applescript"

' Starts an action and returns at once; its texts travel as lines, none of which the script takes for commands.
Public Function RunAction(ByVal action As String, ByRef arguments As Variant) As String
    Dim lines As String
    Dim position As Long
    Dim answer As String
    On Error GoTo failed
    lines = action
    For position = LBound(arguments) To UBound(arguments)
        lines = lines & vbLf & Replace(CStr(arguments(position)), vbLf, " ")
    Next position
    answer = AppleScriptTask(SCRIPT, "RunAction", lines)
    If Len(answer) > 0 Then
        RunAction = "warn" & vbLf & answer
    Else
        RunAction = "done" & vbLf & "working; Excel shows the answer when it is there"
    End If
    Exit Function
failed:
    RunAction = "warn" & vbLf & "The script " & SCRIPT & " is not in its folder, so Excel may not start Python. Next step: run the InvOpt XL installer again, then restart Excel."
End Function
#End If
