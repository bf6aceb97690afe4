#!/usr/bin/env bash
# Hashed requirement locks that name no registry host.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet "$@"; }
compile -o requirements/runtime.txt
compile --group dev -c requirements/runtime.txt -o requirements/dev.txt
compile --extra spark -c requirements/runtime.txt -o requirements/spark.txt
