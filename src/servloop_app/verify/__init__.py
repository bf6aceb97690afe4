"""Verify: declared effect checks and verdicts."""
