<#
.SYNOPSIS
Removes InvOpt XL of the user who runs this.
.PARAMETER KeepLogs
Leave the folder of logs.
.PARAMETER Silent
Ask nothing. With Excel open the exit code is 3 and nothing is changed.
.PARAMETER DryRun
Print what would be done, as JSON, and do nothing.
#>
[CmdletBinding()]
param(
    [switch]$KeepLogs,
    [switch]$Silent,
    [switch]$DryRun
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'InvOptXL.Install.psm1') -Force
$code = Uninstall-InvOptXL -KeepLogs:$KeepLogs -Silent:$Silent -DryRun:$DryRun
exit $code
