"""Collect: feedback, surveys, imports."""
