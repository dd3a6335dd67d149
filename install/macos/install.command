#!/bin/bash
# Installs InvOpt XL for the user who runs it. Double-click in Finder, or run: bash install.command [--silent] [--offline] [--dry-run]
# Exit codes: 0 done; 2 cannot be done, the reason is told; 3 Excel is open.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root="$HOME/Library/Application Support/InvOpt XL"
log="$HOME/Library/Logs/InvOptXL/install.log"
silent=no
dry_run=no
offline=()
for word in "$@"; do
  case "$word" in
    --silent) silent=yes ;;
    --offline) offline=(--offline) ;;
    --dry-run) dry_run=yes ;;
    *) echo "Unknown option $word. Known: --silent, --offline, --dry-run."; exit 2 ;;
  esac
done

say() {
  echo "$1"
  if [ "$dry_run" = no ]; then
    mkdir -p "$(dirname "$log")"
    echo "$(date '+%Y-%m-%d %H:%M:%S') $1" >> "$log"
  fi
}

refuse() {
  say "$1"
  exit "${2:-2}"
}

# A Python that the planner or IT has installed; it is only read. Apple's own /usr/bin/python3 is too old, and asks to install tools.
find_python() {
  local candidate
  for candidate in \
    /Library/Frameworks/Python.framework/Versions/3.1{4,3,2,1}/bin/python3 \
    /opt/homebrew/bin/python3.1{4,3,2,1} /usr/local/bin/python3.1{4,3,2,1} "$(command -v python3 || true)"; do
    if [ -x "$candidate" ] && [ "$candidate" != /usr/bin/python3 ] \
      && "$candidate" -I -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
}

excel_is_open() {
  pgrep -x -U "$(id -u)" "Microsoft Excel" >/dev/null 2>&1
}

[ "$(uname)" = Darwin ] || refuse "This installer is for a Mac. On Windows, use Install-InvOptXL.cmd."
[ -f "$here/manifest.json" ] || refuse "manifest.json is missing in $here. Next step: unpack the downloaded zip and start install.command from the new folder."
python=$(find_python)
[ -n "$python" ] || refuse "No Python 3.11 or newer was found. Next step: install it from https://www.python.org/downloads/macos/ and start this again."
version=$("$python" -I -c 'import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8"))["version"])' "$here/manifest.json")
folder="$root/versions/$version-$(date '+%y%m%d%H%M%S')"

if [ "$dry_run" = yes ]; then
  "$python" -I -c 'import json, sys; print(json.dumps([{"step": "make a virtual environment", "of": sys.argv[1], "in": sys.argv[2]}, {"step": "fill it, tell Excel, remove former versions", "by": sys.argv[3]}], indent=1))' \
    "$python" "$folder/python" "$here/private_python.py"
  exit 0
fi

while excel_is_open; do
  [ "$silent" = no ] || refuse "Excel is open; nothing was changed. Next step: quit Excel and start this again." 3
  say "Excel is open."
  read -r -p "Save your work and quit Excel, then press Return (or type q and Return to stop): " answer
  [ "$answer" != q ] || refuse "Nothing was changed." 3
done

take_back() {
  if [ ! -f "$folder/complete.json" ]; then
    rm -rf "$folder"
  fi
}
trap take_back EXIT

say "Installing InvOpt XL $version with $python"
mkdir -p "$folder"
"$python" -I -m venv --without-pip "$folder/python"
mkdir -p "$folder/setup"
cp "$here/uninstall.command" "$here/README.md" "$folder/setup/"
code=0
# an empty list is spelt so that the bash of macOS, 3.2, takes it
"$folder/python/bin/python3" -I -X utf8 "$here/private_python.py" --bundle "$here" --log "$log" ${offline[@]+"${offline[@]}"} || code=$?
[ "$code" = 0 ] || refuse "InvOpt XL was not installed. What was there before is unchanged. Log: $log" "$code"
say "InvOpt XL is installed. Next step: start Excel; the tab Inventory is at the right end of the ribbon."
