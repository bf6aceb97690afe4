#!/usr/bin/env bash
# The two tiers of tests. Usage: scripts/run_tests.sh fast|slow
# Each group runs even when an earlier one failed, so that one run shows everything; the exit code tells. The
# closing lines of all groups stand together at the end.
set -uo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
tier="${1:?fast or slow}"
case "$tier" in
  fast) select=(-m "not slow") ;;
  slow) select=(-m "slow") ;;
  *) echo "unknown tier '$tier'; expected fast or slow" >&2; exit 2 ;;
esac
output="$(mktemp)"
trap 'rm -f "$output"' EXIT
closing=()
failed=()
group() {
  local name="$1"; shift
  echo "== $tier: $name"
  python -m pytest -q "${select[@]}" "$@" </dev/null | tee "$output"
  local code=${PIPESTATUS[0]}
  closing+=("$name: $(tail -n 1 "$output")")
  # 5 means that this tier selected no test of the group.
  [ "$code" -eq 0 ] || [ "$code" -eq 5 ] || failed+=("$name")
}
group "library" -n 2 tests/library
# Two at a time, each with a data folder and a database of its own; the tests of a file stay together.
group "application on SQLite" -n 2 --dist loadfile tests/app tests/api tests/reliability --database=sqlite
group "application on PostgreSQL" -n 2 --dist loadfile tests/app tests/api --database=postgres
group "browser" tests/browser
group "documentation and packaging" -n 2 --dist loadfile tests/docs
[ ${#failed[@]} -eq 0 ] || echo "== $tier: failed: ${failed[*]}" >&2
echo "== $tier: all groups"
printf '%s\n' "${closing[@]}"
[ ${#failed[@]} -eq 0 ]
