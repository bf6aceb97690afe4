"""Measure: figures and models on the organisation's facts."""
