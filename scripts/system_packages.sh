#!/usr/bin/env bash
# Debian packages that Python cannot bring: a browser and fonts for the page tests, PostgreSQL, Pango for PDF.
set -euo pipefail
packages=(chromium fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 poppler-utils postgresql)
command -v dpkg-query >/dev/null || { echo "Not a Debian system; install the equivalents of: ${packages[*]}" >&2; exit 0; }
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo"; else
  echo "Missing Debian packages; install them with: sudo apt-get install ${missing[*]}" >&2
  exit 0
fi
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get -o DPkg::Lock::Timeout=400 install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
