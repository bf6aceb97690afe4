#!/usr/bin/env bash
# Debian packages that Python cannot bring: a browser and fonts for the page tests, PostgreSQL, Pango for PDF.
# Installed when that is allowed without asking, named when it is not; the tests that need them say so, too.
# Usage: scripts/system_packages.sh [PACKAGE …], for these instead.
set -euo pipefail
packages=(chromium fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 poppler-utils postgresql)
[ $# -eq 0 ] || packages=("$@")
command -v dpkg-query >/dev/null || { echo "Not a Debian system; install the equivalents of: ${packages[*]}" >&2; exit 0; }
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
by_hand="install them with: sudo apt-get install ${missing[*]}"
if [ "$(id -u)" -eq 0 ]; then root=(); elif sudo -n true 2>/dev/null; then root=(sudo); else
  echo "Missing Debian packages; $by_hand" >&2
  exit 0
fi
apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=400 "$@" </dev/null >/dev/null; }
echo "installing Debian packages: ${missing[*]}" >&2
apt update || echo "the package lists could not be renewed; going on with those at hand" >&2
apt install -y --no-install-recommends "${missing[@]}" || echo "Debian packages could not be installed; $by_hand" >&2
