"""Pages of the collect stage: imports, feedback, data dictionary."""
