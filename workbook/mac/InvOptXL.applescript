-- Started by the add-in's buttons on a Mac (Excel's sandbox allows nothing else). The installer puts it into
-- ~/Library/Application Scripts/com.microsoft.Excel/. Lines in: the action, the workbook's full name, further texts.
-- Nothing of it is run as a command: every text is quoted. Returns an empty text once Python has been started.

on RunAction(parameterLines)
	set homeFolder to POSIX path of (path to home folder)
	set pythonProgram to homeFolder & "Library/InvOptXL/python/bin/python3"
	set logFolder to homeFolder & "Library/Logs/InvOptXL"
	try
		do shell script "test -x " & quoted form of pythonProgram
	on error
		return "InvOpt XL's own Python was not found (" & pythonProgram & "). Next step: run the InvOpt XL installer again."
	end try
	set quotedTexts to ""
	repeat with eachLine in paragraphs of parameterLines
		set quotedTexts to quotedTexts & " " & quoted form of (eachLine as text)
	end repeat
	do shell script "mkdir -p " & quoted form of logFolder & "; " & quoted form of pythonProgram & " -I -X utf8 -m invopt_xl.adapters.ribbon" & quotedTexts & " > /dev/null 2>> " & quoted form of (logFolder & "/ribbon.log") & " &"
	return ""
end RunAction
