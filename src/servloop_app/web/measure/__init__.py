"""Pages of the measure stage, and home: how good service is now, what changed, why, and what to do first."""
