"""Monitor: alerts, boards, reports."""
