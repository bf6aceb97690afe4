"""``python -m benchmarks [NAME …]``: run benchmarks and print their tables."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

SUITES = {
    "application": "benchmarks.application",
    "facts": "benchmarks.facts",
    "feedback": "benchmarks.feedback",
    "figures": "benchmarks.figures",
    "measure": "benchmarks.measure",
    "pages": "benchmarks.pages",
    "process": "benchmarks.process",
    "process-scale": "benchmarks.process_scale",
    "reports": "benchmarks.reports",
}


def main() -> int:
    """Run the suites asked for; 1 when a bar is missed and ``--check`` was given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="NAME", help=f"of {', '.join(SUITES)} (default: all)")
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000], help="sizes of the logs")
    parser.add_argument(
        "--peer-python", help="interpreter of an environment that holds the peer of the process benchmark"
    )
    parser.add_argument("--out", type=Path, help="also write the table to this file")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    options = parser.parse_args()
    unknown = set(options.suites) - set(SUITES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(SUITES)}")
    if options.peer_python:
        os.environ["SERVLOOP_BENCHMARK_PEER"] = options.peer_python
    held = True
    texts = []
    for name in options.suites or SUITES:
        suite = importlib.import_module(SUITES[name])
        with tempfile.TemporaryDirectory() as folder:
            rows = suite.run(Path(folder), options.events)
        held &= all(row.held for row in rows)
        texts.append(suite.table(rows))
        print(texts[-1], flush=True)
    if options.out:
        options.out.write_text("\n\n".join(texts) + "\n", encoding="utf-8")
    return 0 if held or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
