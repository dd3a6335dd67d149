@echo off
rem Double-click this file. It starts Install-InvOptXL.ps1 with an execution policy for this one process only.
setlocal
if not exist "%~dp0Install-InvOptXL.ps1" (
  echo Install-InvOptXL.ps1 is not beside this file. Right-click the downloaded zip, choose Extract All, and start this file from the new folder.
  pause
  exit /b 2
)
"%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe" -NoProfile -ExecutionPolicy Bypass -File "%~dp0Install-InvOptXL.ps1" %*
set "CODE=%ERRORLEVEL%"
if /i not "%~1"=="-Silent" pause
exit /b %CODE%
