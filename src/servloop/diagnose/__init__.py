"""Diagnose: text, processes, journeys, segments, root causes, predictions."""
