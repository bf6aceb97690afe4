#!/usr/bin/env bash
# The two tiers of tests. Usage: scripts/run_tests.sh fast|slow
# Each group runs even when an earlier one failed, so that one run shows everything; the exit code tells.
set -uo pipefail
cd "$(dirname "$0")/.."
tier="${1:?fast or slow}"
case "$tier" in
  fast) select=(-m "not slow") ;;
  slow) select=(-m "slow") ;;
  *) echo "unknown tier '$tier'; expected fast or slow" >&2; exit 2 ;;
esac
failed=()
group() {
  local name="$1"; shift
  echo "== $tier: $name"
  python -m pytest -q "${select[@]}" "$@"
  local code=$?
  # 5 means that this tier selected no test of the group.
  [ $code -eq 0 ] || [ $code -eq 5 ] || failed+=("$name")
}
group library -n 2 tests/library
group "application on SQLite" tests/app tests/api tests/reliability --database=sqlite
group "application on PostgreSQL" tests/app tests/api --database=postgres
group "browser" tests/browser
group "documentation and packaging" tests/docs
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}" >&2
  exit 1
fi
echo "all groups of the $tier tier passed"
