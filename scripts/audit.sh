#!/usr/bin/env bash
# pip-audit, but a database that was not reached is a failure, not a clean bill.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/runtime.txt --vulnerability-service osv -f json -o /tmp/servloop-audit.json
.venv/bin/python - <<'PY'
import json
report = json.load(open("/tmp/servloop-audit.json"))["dependencies"]
assert report and not any("skip_reason" in row for row in report), "the audit skipped packages: the database was not reached"
print(f"{len(report)} packages looked up")
PY
