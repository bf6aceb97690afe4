"""Verify: did it help? Experiments, before and after, comparison units, return on investment, verdicts."""
