"""Pages of the improve stage."""
