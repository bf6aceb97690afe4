#!/usr/bin/env bash
# The environment in .venv from the hashed lock. uv is faster; pip reads settings of its own (mirrors, offline
# folders) that uv does not know, so it has the second try. Usage: scripts/install_python.sh PYTHON [spark]
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
"$python" -c '' 2>/dev/null || { rm -rf .venv; "${1:?the Python to use}" -m venv .venv; }
install() {
  if [ -x .venv/bin/uv ] || "$python" -m pip install --quiet uv; then
    .venv/bin/uv pip install --quiet --python "$python" "$@" && return
    echo "uv could not install; trying pip" >&2
  fi
  "$python" -m pip install --quiet "$@"
}
if [ "${2:-}" = spark ]; then
  # The lock agrees with that of the development environment: only Spark itself is added.
  install --require-hashes -r requirements/spark.txt
  exit
fi
install --require-hashes -r requirements/dev.txt
install --no-deps --no-build-isolation --editable .
