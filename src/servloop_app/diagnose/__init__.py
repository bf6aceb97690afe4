"""Diagnose: voice, process, journey, drivers on the organisation's facts."""
