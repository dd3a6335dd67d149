Attribute VB_Name = "InvOptLinks"
Option Explicit
Option Private Module
' A workbook remembers in which folder the add-in of its functions was. On another planner's computer that folder has another
' name, and =INV_REORDER() becomes ='C:\Users\...\InvOptXL.xlam'!INV_REORDER() and asks where the file is. So when a workbook
' opens, such links are pointed to this add-in. No cell is written, and the workbook does not count as changed.

Public Sub Mend(ByVal book As Object)
    Dim links As Variant
    Dim link As Variant
    Dim alerts As Boolean
    Dim wasSaved As Boolean
    alerts = Application.DisplayAlerts
    On Error GoTo failed
    links = book.LinkSources(xlExcelLinks)
    If Not IsArray(links) Then Exit Sub
    wasSaved = book.Saved
    Application.DisplayAlerts = False
    For Each link In links
        If IsMoved(CStr(link)) Then book.ChangeLink CStr(link), ThisWorkbook.FullName, xlLinkTypeExcelLinks
    Next link
    Application.DisplayAlerts = alerts
    book.Saved = wasSaved
    Exit Sub
failed:
    InvOptServer.Problem = "The INV_ formulas of " & book.Name & " could not be pointed to this add-in: " & Err.Description & " Next step: Data, Edit Links, Change Source, " & ThisWorkbook.FullName
    Application.DisplayAlerts = alerts
End Sub

Public Sub MendAll()
    Dim book As Object
    For Each book In Application.Workbooks
        Mend book
    Next book
End Sub

' Whether a link leads to an add-in of our name in another place.
Private Function IsMoved(ByVal link As String) As Boolean
    Dim fileName As String
    fileName = LCase$(ThisWorkbook.Name)
    If LCase$(link) = LCase$(ThisWorkbook.FullName) Or Len(link) <= Len(fileName) Then Exit Function
    IsMoved = LCase$(Right$(link, Len(fileName))) = fileName And InStr("\/:", Mid$(link, Len(link) - Len(fileName), 1)) > 0
End Function
