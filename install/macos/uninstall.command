#!/bin/bash
# Removes InvOpt XL of the user who runs it. Double-click in Finder, or run: bash uninstall.command [--silent] [--keep-logs]
# Exit codes: 0 done; 2 unknown option; 3 Excel is open.
set -euo pipefail

root="$HOME/Library/Application Support/InvOpt XL"
link="$HOME/Library/InvOptXL/python"
addin="$HOME/Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/InvOptXL.xlam"
script="$HOME/Library/Application Scripts/com.microsoft.Excel/InvOptXL.applescript"
logs="$HOME/Library/Logs/InvOptXL"
silent=no
keep_logs=no
for word in "$@"; do
  case "$word" in
    --silent) silent=yes ;;
    --keep-logs) keep_logs=yes ;;
    *) echo "Unknown option $word. Known: --silent, --keep-logs."; exit 2 ;;
  esac
done

while pgrep -x -U "$(id -u)" "Microsoft Excel" >/dev/null 2>&1; do
  if [ "$silent" = yes ]; then
    echo "Excel is open; nothing was removed. Next step: quit Excel and start this again."
    exit 3
  fi
  read -r -p "Excel is open. Quit it, then press Return (or type q and Return to stop): " answer
  [ "$answer" != q ] || exit 3
done

cd /
# what is left if the Python is damaged is removed by hand
"$link/bin/python3" -I -X utf8 -m invopt_xl.adapters.cli addin uninstall 2>/dev/null || true
rm -f "$addin" "$script"
[ ! -L "$link" ] || rm "$link"
rmdir "$(dirname "$link")" 2>/dev/null || true
rm -rf "$root/versions"
rmdir "$root" 2>/dev/null || [ ! -d "$root" ] || echo "Left in $root, because the installer did not make it: $(ls -A "$root")"
[ "$keep_logs" = yes ] || rm -rf "$logs"
state="$HOME/Library/Application Support/InvOptXL"
[ ! -d "$state" ] || echo "Kept: $state, with the order numbers already issued (none is issued twice after a new installation) and restore points. Delete it if InvOpt XL will never be used again."
echo "InvOpt XL is removed. Formulas INV_... in workbooks keep their last values."
