"""The other side of the process benchmark: ``PEER_PYTHON -m benchmarks.process_peer SOURCE FILE``.

Carried out by the interpreter of an environment of its own, which holds the peer; nothing of the peer is needed, or
used, anywhere else.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from benchmarks.measuring import measure, print_cost

REPEAT = 2


def answer(frame: Any) -> dict[str, Any]:
    """Map, times per edge and variants as its manual says, in figures that both sides have."""
    peer = importlib.import_module("pm4py")
    log = peer.format_dataframe(frame, case_id="case_id", activity_key="activity", timestamp_key="time")
    edges, _starts, _ends = peer.discover_dfg(log)
    times, _, _ = peer.discover_performance_dfg(log, perf_aggregation_key="all")
    paths = peer.get_variants(log)
    counts = sorted((len(v) if hasattr(v, "__len__") else int(v) for v in paths.values()), reverse=True)
    return {
        "edges": len(edges),
        "succession": int(sum(edges.values())),
        "medians": round(sum(figures["median"] for figures in times.values()), 3),
        "variants": len(paths),
        "largest": counts[:20],
    }


def main(source: str, path: str) -> None:
    import pandas as pd

    importlib.import_module("pm4py")  # imports are not what is measured
    columns = ["case_id", "activity", "time"]
    if source == "csv":
        print_cost(measure(lambda: answer(pd.read_csv(path, parse_dates=["time"]))))
        return
    frame = pd.read_parquet(path, columns=columns)
    print_cost(measure(lambda: answer(frame.copy()), repeat=REPEAT))


if __name__ == "__main__":
    main(*sys.argv[1:])
