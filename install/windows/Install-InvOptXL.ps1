<#
.SYNOPSIS
Installs InvOpt XL for the user who runs this; no administrator rights.
.DESCRIPTION
Planners double-click Install-InvOptXL.cmd. README.md tells IT about silent and offline use.
.PARAMETER Interpreter
The archive of Python that pins.json names, if it does not lie beside this file.
.PARAMETER ManifestHash
The SHA-256 that manifest.json must have, as whoever made the installer tells it.
.PARAMETER Log
Where to write the log; %LOCALAPPDATA%\InvOptXL\logs\install.log unless given.
.PARAMETER Offline
Use no network.
.PARAMETER Silent
Ask nothing. With Excel open the exit code is 3 and nothing is changed.
.PARAMETER DryRun
Print what would be done, as JSON, and do nothing.
#>
[CmdletBinding()]
param(
    [string]$Interpreter,
    [ValidatePattern('^([0-9A-Fa-f]{64})?$')][string]$ManifestHash,
    [string]$Log,
    [switch]$Offline,
    [switch]$Silent,
    [switch]$DryRun
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'InvOptXL.Install.psm1') -Force
$code = Install-InvOptXL -Folder $PSScriptRoot -Interpreter $Interpreter -ManifestHash $ManifestHash -Log $Log -Offline:$Offline -Silent:$Silent -DryRun:$DryRun
exit $code
