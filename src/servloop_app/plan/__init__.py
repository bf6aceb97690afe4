"""Plan: opportunities, goals, standards, staffing."""
