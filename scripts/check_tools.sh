#!/usr/bin/env bash
# Says at once, in one sentence, what the machine lacks. Usage: scripts/check_tools.sh PYTHON
set -euo pipefail
python="${1:?the Python to use}"
lacking() { echo "$1" >&2; exit 1; }
command -v "$python" >/dev/null || lacking "Python 3.11 or newer is needed; '$python' was not found. Install it, or name it: make PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  lacking "Python 3.11 or newer is needed; $python is $("$python" -V 2>&1 | head -n 1). Name another one: make PYTHON=…"
"$python" -c 'import ensurepip, venv' 2>/dev/null || lacking "$python cannot make environments; on Debian install the package python3-venv."
command -v npm >/dev/null || lacking "Node.js 20 or newer with npm is needed to build the pages; neither was found."
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
  lacking "Node.js 20 or newer is needed to build the pages; here is $(node --version)."
