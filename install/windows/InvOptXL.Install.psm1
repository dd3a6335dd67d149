# Installs and removes InvOpt XL for the user who runs it; no administrator rights. Windows PowerShell 5.1 or newer.
#
# Everything lies below %LOCALAPPDATA%\InvOptXL: one folder per version, and logs. A version is built beside the one in
# use; private_python.py tells Excel of it at the very end, by one value of the registry. Only cmdlets are used and no
# code is made from text, so these files can be signed and run where PowerShell is restricted.
#
# Exit codes: 0 done; 2 cannot be done, the reason is told; 3 Excel is open; 70 internal error.

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$script:Done = 0
$script:Refused = 2
$script:ExcelOpen = 3
$script:InternalError = 70
# [bytes] free on the drive of the user's profile (3 GB): the new version lies beside the old one for a while
$script:SpaceNeeded = 3221225472
# [characters] the longest path inside a version, counted over the libraries of requirements.txt, with some to spare
$script:LongestInside = 175
$script:LogPath = $null

function Get-InstallFolder {
    # The folder of everything that is installed.
    Join-Path -Path $env:LOCALAPPDATA -ChildPath 'InvOptXL'
}

function Get-VersionsFolder {
    Join-Path -Path (Get-InstallFolder) -ChildPath 'versions'
}

function Get-DefaultLogPath {
    Join-Path -Path (Join-Path -Path (Get-InstallFolder) -ChildPath 'logs') -ChildPath 'install.log'
}

function Start-InstallLog {
    param([Parameter(Mandatory = $true)][string]$Path)
    $script:LogPath = $Path
    $folder = Split-Path -Path $Path -Parent
    if (-not (Test-Path -LiteralPath $folder)) {
        New-Item -Path $folder -ItemType Directory -Force | Out-Null
    }
}

function Write-InstallLine {
    # Tells a line on the screen and in the log.
    param([Parameter(Mandatory = $true)][string]$Text)
    Write-Host $Text
    if ($null -ne $script:LogPath) {
        $time = Get-Date -Format 'yyyy-MM-dd HH:mm:ss'
        Add-Content -LiteralPath $script:LogPath -Value ($time + ' ' + $Text) -Encoding UTF8
    }
}

function New-Refusal {
    # An error that the planner can do something about; everything else is an internal error.
    param(
        [Parameter(Mandatory = $true)][string]$Text,
        [int]$ExitCode = $script:Refused
    )
    New-Object -TypeName PSObject -Property @{ Text = $Text; ExitCode = $ExitCode }
}

function Read-JsonFile {
    param([Parameter(Mandatory = $true)][string]$Path)
    Get-Content -LiteralPath $Path -Raw -Encoding UTF8 | ConvertFrom-Json
}

function Test-FileHash {
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Expected
    )
    (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash -eq $Expected
}

function Test-ExcelRunning {
    # Whether Excel is open in this user's own session.
    $session = (Get-Process -Id $PID).SessionId
    $found = @(Get-Process -Name 'EXCEL' -ErrorAction SilentlyContinue | Where-Object { $_.SessionId -eq $session })
    $found.Count -gt 0
}

function Get-Prerequisite {
    # Returns a refusal for every reason why this computer cannot have it; nothing when all is well.
    if ($env:OS -ne 'Windows_NT') {
        New-Refusal -Text 'This installer is for Windows. On a Mac, use install.command.'
        return
    }
    $kind = $env:PROCESSOR_ARCHITECTURE
    if ($env:PROCESSOR_ARCHITEW6432) { $kind = $env:PROCESSOR_ARCHITEW6432 }
    if ($kind -ne 'AMD64' -and $kind -ne 'ARM64') {
        New-Refusal -Text ('This computer has a processor of kind ' + $kind + '; InvOpt XL needs 64-bit Windows.')
    }
    if (-not $env:LOCALAPPDATA) {
        New-Refusal -Text 'The variable LOCALAPPDATA is not set, so there is no place to install to. Next step: log on as an ordinary user and try again.'
        return
    }
    $length = (Get-VersionsFolder).Length + $script:LongestInside
    if ($length -gt 259) {
        New-Refusal -Text ('The path of your profile is too long for Windows (' + $length + ' characters with our files, 259 are allowed). Next step: ask IT to allow long paths.')
    }
    # a profile on a network share has no drive letter, and tells no free space
    if ($env:LOCALAPPDATA -notmatch '^[A-Za-z]:') { return }
    $drive = Get-PSDrive -Name (Split-Path -Path $env:LOCALAPPDATA -Qualifier).TrimEnd(':') -ErrorAction SilentlyContinue
    if ($null -ne $drive -and $null -ne $drive.Free -and $drive.Free -lt $script:SpaceNeeded) {
        New-Refusal -Text ('Too little space on drive ' + $drive.Name + ': 3 GB are needed. Next step: make room and try again.')
    }
}

function Get-BundleProblem {
    # Returns a refusal for every file of the installer that is missing or not as it was packed.
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [string]$ManifestHash
    )
    $path = Join-Path -Path $Folder -ChildPath 'manifest.json'
    if (-not (Test-Path -LiteralPath $path)) {
        New-Refusal -Text ('manifest.json is missing in ' + $Folder + '. Next step: right-click the downloaded zip, choose Extract All, and start Install-InvOptXL.cmd from the new folder.')
        return
    }
    if ($ManifestHash -and -not (Test-FileHash -Path $path -Expected $ManifestHash)) {
        New-Refusal -Text 'manifest.json does not have the SHA-256 that was given. Next step: get the installer again; do not use this one.'
        return
    }
    $manifest = Read-JsonFile -Path $path
    foreach ($entry in $manifest.files.PSObject.Properties) {
        $file = Join-Path -Path $Folder -ChildPath $entry.Name
        if (-not (Test-Path -LiteralPath $file)) {
            New-Refusal -Text ($entry.Name + ' is missing. Next step: extract the downloaded zip again, completely; antivirus software may have removed the file.')
        }
        elseif (-not (Test-FileHash -Path $file -Expected $entry.Value)) {
            New-Refusal -Text ($entry.Name + ' is not the file that was packed. Next step: get the installer again; do not use this one.')
        }
    }
}

function Get-InterpreterArchive {
    # Returns the path of the pinned Python archive: as given, from the installer's folder, or downloaded.
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)]$Pin,
        [string]$Given,
        [switch]$Offline,
        [Parameter(Mandatory = $true)][string]$DownloadTo
    )
    $beside = Join-Path -Path $Folder -ChildPath $Pin.file
    if ($Given) { return $Given }
    if (Test-Path -LiteralPath $beside) { return $beside }
    if ($Offline) { return $null }
    Write-InstallLine -Text ('Downloading Python ' + $Pin.version + ' from ' + $Pin.url)
    $target = Join-Path -Path $DownloadTo -ChildPath $Pin.file
    # without the progress display, which slows Windows PowerShell down manyfold
    $ProgressPreference = 'SilentlyContinue'
    Invoke-WebRequest -Uri $Pin.url -OutFile $target -UseBasicParsing
    $target
}

function New-VersionFolder {
    param([Parameter(Mandatory = $true)][string]$Version)
    $name = $Version + '-' + (Get-Date -Format 'yyMMddHHmmss')
    $path = Join-Path -Path (Get-VersionsFolder) -ChildPath $name
    New-Item -Path $path -ItemType Directory -Force | Out-Null
    $path
}

function Test-Below {
    # Whether a path lies below a folder, whatever their capitals.
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Path,
        [Parameter(Mandatory = $true)][string]$Folder
    )
    $Path.ToLower().StartsWith($Folder.ToLower() + '\')
}

function Remove-OwnFolder {
    # Removes a folder of ours; refuses any other.
    param([Parameter(Mandatory = $true)][string]$Path)
    $root = Get-InstallFolder
    if ($Path -ne $root -and -not (Test-Below -Path $Path -Folder $root)) {
        throw ('Not a folder of InvOpt XL: ' + $Path)
    }
    if (Test-Path -LiteralPath $Path) {
        Remove-Item -LiteralPath $Path -Recurse -Force
    }
}

function Remove-UnfinishedVersion {
    # Removes what an interrupted installation left; one that may still be running is younger than an hour and stays.
    $versions = Get-VersionsFolder
    if (-not (Test-Path -LiteralPath $versions)) { return }
    $limit = (Get-Date).AddHours(-1)
    foreach ($folder in @(Get-ChildItem -LiteralPath $versions -Directory)) {
        $complete = Join-Path -Path $folder.FullName -ChildPath 'complete.json'
        if (-not (Test-Path -LiteralPath $complete) -and $folder.LastWriteTime -lt $limit) {
            Write-InstallLine -Text ('Removing an unfinished installation: ' + $folder.Name)
            Remove-OwnFolder -Path $folder.FullName
        }
    }
}

function Expand-Interpreter {
    param(
        [Parameter(Mandatory = $true)][string]$Archive,
        [Parameter(Mandatory = $true)][string]$Destination
    )
    $ProgressPreference = 'SilentlyContinue'
    Expand-Archive -LiteralPath $Archive -DestinationPath $Destination -Force
}

function Copy-Uninstaller {
    # Puts the files for removal beside the version: Windows' list of installed apps starts them there.
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][string]$VersionFolder
    )
    $setup = Join-Path -Path $VersionFolder -ChildPath 'setup'
    New-Item -Path $setup -ItemType Directory -Force | Out-Null
    foreach ($name in @('Uninstall-InvOptXL.ps1', 'Uninstall-InvOptXL.cmd', 'InvOptXL.Install.psm1', 'README.md')) {
        Copy-Item -LiteralPath (Join-Path -Path $Folder -ChildPath $name) -Destination $setup
    }
    # what came through a browser carries a mark that would make Windows ask at removal
    Get-ChildItem -LiteralPath $setup -File | Unblock-File
}

function Invoke-Python {
    # Runs a Python of ours, its lines on the screen; returns its exit code, or 2 when Windows does not let it run.
    param(
        [Parameter(Mandatory = $true)][string]$Program,
        [Parameter(Mandatory = $true)][string[]]$Words
    )
    try {
        & $Program $Words | Out-Host
        return $LASTEXITCODE
    }
    catch {
        Write-InstallLine -Text ('Windows did not run ' + $Program + ': ' + $_.Exception.Message)
        Write-InstallLine -Text 'Next step: ask IT to allow this program (AppLocker or a similar rule); it is signed by the Python Software Foundation.'
        return $script:Refused
    }
}

function Get-InstallPlan {
    # Returns what an installation would do, in its order, without doing any of it.
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [string]$Interpreter,
        [switch]$Offline
    )
    $pins = Read-JsonFile -Path (Join-Path -Path $Folder -ChildPath 'pins.json')
    $manifest = Read-JsonFile -Path (Join-Path -Path $Folder -ChildPath 'manifest.json')
    $version = Join-Path -Path (Get-VersionsFolder) -ChildPath ($manifest.version + '-(time)')
    $source = $pins.interpreter.url
    $beside = Join-Path -Path $Folder -ChildPath $pins.interpreter.file
    if ($Interpreter) { $source = $Interpreter }
    elseif (Test-Path -LiteralPath $beside) { $source = $beside }
    elseif ($Offline) { $source = '(missing: ' + $pins.interpreter.file + ')' }
    $steps = @(
        @{ step = 'check the computer'; problems = @(Get-Prerequisite | ForEach-Object { $_.Text }) },
        @{ step = 'check the files of the installer'; count = @($manifest.files.PSObject.Properties).Count },
        @{ step = 'refuse while Excel is open'; open = (Test-ExcelRunning) },
        @{ step = 'get Python'; from = $source; sha256 = $pins.interpreter.sha256 },
        @{ step = 'unpack Python'; to = (Join-Path -Path $version -ChildPath 'python') },
        @{ step = 'fill it, tell Excel, remove former versions'; by = 'private_python.py (its own steps: --dry-run)' }
    )
    foreach ($step in $steps) { New-Object -TypeName PSObject -Property $step }
}

function Wait-ExcelClosed {
    # Returns true when Excel is closed; in silent mode it does not wait.
    param([switch]$Silent)
    while (Test-ExcelRunning) {
        Write-InstallLine -Text 'Excel is open. It would undo the change when it closes.'
        if ($Silent) { return $false }
        $answer = Read-Host -Prompt 'Save your work and close every Excel window, then press Enter (or type Q and Enter to stop)'
        if ($answer -eq 'Q') { return $false }
    }
    $true
}

function Install-InvOptXL {
    # Installs the version that the folder holds; returns the exit code.
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [string]$Interpreter,
        [string]$ManifestHash,
        [string]$Log,
        [switch]$Offline,
        [switch]$Silent,
        [switch]$DryRun
    )
    if (-not $Log) { $Log = Get-DefaultLogPath }
    $made = $null
    try {
        if ($DryRun) {
            Get-InstallPlan -Folder $Folder -Interpreter $Interpreter -Offline:$Offline | ConvertTo-Json -Depth 4 | Out-Host
            return $script:Done
        }
        $problems = @(Get-Prerequisite)
        if ($problems.Count -eq 0) {
            Start-InstallLog -Path $Log
            Write-InstallLine -Text ('Installing InvOpt XL from ' + $Folder)
            $problems = @(Get-BundleProblem -Folder $Folder -ManifestHash $ManifestHash)
        }
        if ($problems.Count -gt 0) { return Show-Refusal -Problems $problems }
        if (-not (Wait-ExcelClosed -Silent:$Silent)) {
            return Show-Refusal -Problems @(New-Refusal -Text 'Nothing was changed. Next step: close Excel and start the installer again.' -ExitCode $script:ExcelOpen)
        }
        Remove-UnfinishedVersion
        $manifest = Read-JsonFile -Path (Join-Path -Path $Folder -ChildPath 'manifest.json')
        $made = New-VersionFolder -Version $manifest.version
        $problems = @(Install-Interpreter -Folder $Folder -VersionFolder $made -Given $Interpreter -Offline:$Offline)
        if ($problems.Count -gt 0) { return Show-Refusal -Problems $problems }
        Copy-Uninstaller -Folder $Folder -VersionFolder $made
        $words = @('-I', '-X', 'utf8', (Join-Path -Path $Folder -ChildPath 'private_python.py'), '--bundle', $Folder, '--log', $Log)
        if ($Offline) { $words += '--offline' }
        $program = Join-Path -Path (Join-Path -Path $made -ChildPath 'python') -ChildPath 'python.exe'
        $code = Invoke-Python -Program $program -Words $words
        if ($code -ne $script:Done) {
            return Show-Refusal -Problems @(New-Refusal -Text ('InvOpt XL was not installed. What was there before is unchanged. Log: ' + $Log) -ExitCode $code)
        }
        Write-InstallLine -Text 'InvOpt XL is installed. Next step: start Excel; the tab Inventory is at the right end of the ribbon.'
        return $script:Done
    }
    catch {
        Write-InstallLine -Text ('Internal error: ' + $_.Exception.Message + ' (' + $_.InvocationInfo.PositionMessage + ')')
        Write-InstallLine -Text ('What was there before is unchanged. Next step: send the log to whoever gave you the installer: ' + $Log)
        return $script:InternalError
    }
    finally {
        Remove-IfUnfinished -VersionFolder $made
    }
}

function Install-Interpreter {
    # Unpacks the pinned Python into a version's folder; returns a refusal when it cannot be had.
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][string]$VersionFolder,
        [string]$Given,
        [switch]$Offline
    )
    $pin = (Read-JsonFile -Path (Join-Path -Path $Folder -ChildPath 'pins.json')).interpreter
    $where = 'Next step: download ' + $pin.url + ' in a browser, put the file into ' + $Folder + ', and start the installer again.'
    try {
        $archive = Get-InterpreterArchive -Folder $Folder -Pin $pin -Given $Given -Offline:$Offline -DownloadTo $VersionFolder
    }
    catch {
        New-Refusal -Text ('Python could not be downloaded: ' + $_.Exception.Message + ' ' + $where)
        return
    }
    if (-not $archive) {
        New-Refusal -Text ('This offline installer does not hold ' + $pin.file + '. ' + $where)
        return
    }
    if (-not (Test-Path -LiteralPath $archive)) {
        New-Refusal -Text ($archive + ' was not found. ' + $where)
        return
    }
    if (-not (Test-FileHash -Path $archive -Expected $pin.sha256)) {
        New-Refusal -Text ($archive + ' is not the file that was tested: its SHA-256 is not ' + $pin.sha256 + '. ' + $where)
        return
    }
    $pythonFolder = Join-Path -Path $VersionFolder -ChildPath 'python'
    Expand-Interpreter -Archive $archive -Destination $pythonFolder
    $signature = Get-AuthenticodeSignature -LiteralPath (Join-Path -Path $pythonFolder -ChildPath 'python.exe')
    Write-InstallLine -Text ('Signature of python.exe: ' + $signature.Status)
}

function Remove-IfUnfinished {
    # Takes back a version's folder when the installation did not come to its end.
    param([string]$VersionFolder)
    if (-not $VersionFolder) { return }
    if (Test-Path -LiteralPath (Join-Path -Path $VersionFolder -ChildPath 'complete.json')) { return }
    try {
        Remove-OwnFolder -Path $VersionFolder
    }
    catch {
        Write-InstallLine -Text ($VersionFolder + ' could not be removed; the next installation removes it.')
    }
}

function Show-Refusal {
    # Tells every problem and returns the exit code of the first.
    param([Parameter(Mandatory = $true)][object[]]$Problems)
    foreach ($problem in $Problems) { Write-InstallLine -Text $problem.Text }
    $Problems[0].ExitCode
}

function Get-InstalledPython {
    # Returns the Python of the newest complete version, or nothing.
    $versions = Get-VersionsFolder
    if (-not (Test-Path -LiteralPath $versions)) { return }
    $folders = @(Get-ChildItem -LiteralPath $versions -Directory | Sort-Object -Property LastWriteTime -Descending)
    foreach ($folder in $folders) {
        $program = Join-Path -Path (Join-Path -Path $folder.FullName -ChildPath 'python') -ChildPath 'python.exe'
        $complete = Join-Path -Path $folder.FullName -ChildPath 'complete.json'
        if ((Test-Path -LiteralPath $complete) -and (Test-Path -LiteralPath $program)) { return $program }
    }
}

function Stop-OwnProcess {
    # Ends programs that run from our folder, such as a server started from the Start menu.
    $root = Get-InstallFolder
    $running = @(Get-Process -Name 'python', 'pythonw' -ErrorAction SilentlyContinue | Where-Object { $_.Path -and (Test-Below -Path $_.Path -Folder $root) })
    foreach ($process in $running) {
        Write-InstallLine -Text ('Ending ' + $process.Name + ' (' + $process.Id + '), which runs from our folder.')
        Stop-Process -Id $process.Id -Force
        Wait-Process -Id $process.Id -Timeout 10 -ErrorAction SilentlyContinue
    }
}

function Get-ExcelEntry {
    # Returns what Excel opens when it starts, in its order: the number of the value OPEN, OPEN1, ... and its text.
    param([Parameter(Mandatory = $true)][string]$Key)
    if (-not (Test-Path -LiteralPath $Key)) { return }
    (Get-ItemProperty -LiteralPath $Key).PSObject.Properties |
        Where-Object { $_.Name -match '^OPEN\d*$' } |
        ForEach-Object {
            $number = 0
            if ($_.Name.Length -gt 4) { $number = [int]$_.Name.Substring(4) }
            New-Object -TypeName PSObject -Property @{ Name = $_.Name; Number = $number; Text = [string]$_.Value }
        } |
        Sort-Object -Property Number
}

function Remove-ExcelEntry {
    # Takes our add-in out of Excel's numbered list without Python: what stands behind it moves up, nothing is lost.
    $key = 'HKCU:\Software\Microsoft\Office\16.0\Excel\Options'
    $entries = @(Get-ExcelEntry -Key $key)
    $pattern = '(^|[\\"])InvOptXL\.xlam"?$'
    $ours = @($entries | Where-Object { $_.Text -match $pattern })
    if ($ours.Count -eq 0) { return }
    $row = @()
    $next = $ours[0].Number
    foreach ($entry in $entries) {
        if ($entry.Number -eq $next) {
            $row += $entry
            $next += 1
        }
    }
    $kept = @($row | Where-Object { $_.Text -notmatch $pattern })
    for ($index = 0; $index -lt $row.Count; $index += 1) {
        if ($index -lt $kept.Count) {
            Set-ItemProperty -LiteralPath $key -Name $row[$index].Name -Value $kept[$index].Text
        }
    }
    for ($index = $row.Count - 1; $index -ge $kept.Count; $index -= 1) {
        Remove-ItemProperty -LiteralPath $key -Name $row[$index].Name
    }
}

function Remove-Registration {
    # What 'invopt addin uninstall' does, for the case that our Python is gone or does not run.
    Remove-ExcelEntry
    $root = Get-InstallFolder
    $locations = 'HKCU:\Software\Microsoft\Office\16.0\Excel\Security\Trusted Locations'
    if (Test-Path -LiteralPath $locations) {
        foreach ($location in @(Get-ChildItem -LiteralPath $locations)) {
            $values = Get-ItemProperty -LiteralPath $location.PSPath
            $named = @($values.PSObject.Properties | Where-Object { $_.Name -eq 'Path' })
            if ($named.Count -eq 1 -and (Test-Below -Path ([string]$named[0].Value) -Folder $root)) {
                Remove-Item -LiteralPath $location.PSPath -Recurse
            }
        }
    }
    foreach ($key in @('HKCU:\Software\VB and VBA Program Settings\InvOptXL', 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\InvOptXL')) {
        if (Test-Path -LiteralPath $key) { Remove-Item -LiteralPath $key -Recurse }
    }
    $menu = Join-Path -Path $env:APPDATA -ChildPath 'Microsoft\Windows\Start Menu\Programs\InvOpt XL'
    foreach ($name in @('InvOpt XL server.lnk', 'InvOpt XL doctor.lnk')) {
        $shortcut = Join-Path -Path $menu -ChildPath $name
        if (Test-Path -LiteralPath $shortcut) { Remove-Item -LiteralPath $shortcut }
    }
    if ((Test-Path -LiteralPath $menu) -and @(Get-ChildItem -LiteralPath $menu).Count -eq 0) { Remove-Item -LiteralPath $menu }
}

function Get-UninstallPlan {
    # Returns what a removal would do, in its order, without doing any of it.
    param([switch]$KeepLogs)
    $root = Get-InstallFolder
    $steps = @(
        @{ step = 'refuse while Excel is open'; open = (Test-ExcelRunning) },
        @{ step = 'have Excel forget the add-in'; by = [string](Get-InstalledPython) },
        @{ step = 'end programs that run from our folder'; below = $root },
        @{ step = 'remove folders'; folders = @(Get-OwnFolder -KeepLogs:$KeepLogs) }
    )
    foreach ($step in $steps) { New-Object -TypeName PSObject -Property $step }
}

function Get-OwnFolder {
    # Returns the folders that an installation and its programs make.
    param([switch]$KeepLogs)
    $names = @('versions', 'addin')
    if (-not $KeepLogs) { $names += 'logs' }
    foreach ($name in $names) {
        $path = Join-Path -Path (Get-InstallFolder) -ChildPath $name
        if (Test-Path -LiteralPath $path) { $path }
    }
}

function Uninstall-InvOptXL {
    # Removes InvOpt XL of this user; returns the exit code. Its log lies in the folder for temporary files.
    param(
        [switch]$KeepLogs,
        [switch]$Silent,
        [switch]$DryRun
    )
    try {
        if ($DryRun) {
            Get-UninstallPlan -KeepLogs:$KeepLogs | ConvertTo-Json -Depth 4 | Out-Host
            return $script:Done
        }
        Start-InstallLog -Path (Join-Path -Path $env:TEMP -ChildPath 'InvOptXL-uninstall.log')
        if (-not (Wait-ExcelClosed -Silent:$Silent)) {
            return Show-Refusal -Problems @(New-Refusal -Text 'Nothing was removed. Next step: close Excel and try again.' -ExitCode $script:ExcelOpen)
        }
        # a folder that is somebody's current folder cannot be removed
        Set-Location -LiteralPath $env:TEMP
        $program = Get-InstalledPython
        $code = $script:Refused
        if ($program) {
            $code = Invoke-Python -Program $program -Words @('-I', '-X', 'utf8', '-m', 'invopt_xl.adapters.cli', 'addin', 'uninstall')
        }
        if ($code -ne $script:Done) {
            Write-InstallLine -Text 'Our Python did not do it, so the registry is cleaned without it.'
            Remove-Registration
        }
        Stop-OwnProcess
        foreach ($path in @(Get-OwnFolder -KeepLogs:$KeepLogs)) { Remove-OwnFolder -Path $path }
        $root = Get-InstallFolder
        if (Test-Path -LiteralPath $root) {
            $left = @(Get-ChildItem -LiteralPath $root -Force)
            if ($left.Count -eq 0) { Remove-OwnFolder -Path $root }
            else {
                Write-InstallLine -Text ('Left in ' + $root + ': ' + (($left | ForEach-Object { $_.Name }) -join ', '))
                Write-InstallLine -Text 'The folder state holds the order numbers already issued, so that none is issued twice after a new installation, and restore points. Delete it if InvOpt XL will never be used again.'
            }
        }
        Write-InstallLine -Text 'InvOpt XL is removed. Formulas INV_... in workbooks keep their last values.'
        return $script:Done
    }
    catch {
        Write-InstallLine -Text ('Not everything could be removed: ' + $_.Exception.Message)
        Write-InstallLine -Text 'Next step: restart the computer and try again; a program may still use our files.'
        return $script:Refused
    }
}

Export-ModuleMember -Function 'Install-InvOptXL', 'Uninstall-InvOptXL'
