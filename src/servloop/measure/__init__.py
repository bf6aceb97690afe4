"""Measure: service-quality models, loyalty figures, scale quality, weighting, importance, agreement."""
